"""Finding plugins: installed ones by their entry points or as modules, and files by their text, which travels."""

import importlib
from functools import lru_cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import field, frozen

from connector_core.basics.blame import cause
from connector_core.basics.errors import PluginError
from connector_core.basics.names import did_you_mean, one_line
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.plugin.family import datasets_in
from connector_core.source.tables import Undeclared

DATASETS, EXTENSIONS = "connector_core", "connector_core_extensions"
"""The groups of entry points under which datasets and extensions are installed."""


@frozen
class File:
    """A plugin in one file: executors need not have it, because its text goes with what they are to do."""

    path: str
    text: str = field(repr=False)
    attribute: str = ""
    """Which of the datasets in it, where it holds several."""

    @classmethod
    def at(cls, path: str) -> "File":
        """The file at *path*, or a dataset in it: ``ferry.py:ships``. Raises PluginError where it cannot be read."""
        before, colon, attribute = path.partition(".py:")
        path = f"{before}.py" if colon else path
        try:
            return cls(path, Path(path).read_text(encoding="utf-8"), attribute)
        except (OSError, UnicodeDecodeError) as error:
            raise PluginError(
                f"{one_line(path, 200)} cannot be read: {one_line(error, 200)}. Give the path of a Python file."
            ) from None

    def plugin(self) -> Plugin:
        """Its plugin: its hooks, or the one dataset in it that is a value. Raises PluginError where it cannot be run."""
        module = ModuleType(Path(self.path).stem)
        module.__file__ = self.path
        try:
            exec(compile(self.text, self.path, "exec"), module.__dict__)  # noqa: S102  (the plugin that was asked for)
        except Exception as error:  # noqa: BLE001  (whatever a plugin raises)
            raise PluginError(f"{self.path} cannot be run: {cause(error)} Correct the plugin.") from None
        values = datasets_in(vars(module))
        if self.attribute and self.attribute not in values:
            has = f"It holds {', '.join(values)}." if values else "Name the file alone."
            raise PluginError(f"{self.path} holds no dataset {one_line(self.attribute, 60)}. {has}")
        if len(values) > 1 and not self.attribute:
            raise PluginError(f"{self.path} holds {len(values)} datasets. Name one: {self.path}:{next(iter(values))}.")
        return Plugin(self.path, values[self.attribute] if self.attribute else next(iter(values.values()), module))


@frozen
class Choice:
    """Which connector is read: a dataset, what joins it, and what is switched on and off. It is what executors assemble anew."""

    dataset: str | File
    extensions: tuple[str, ...] = ()
    files: tuple[File, ...] = ()
    enable: tuple[str, ...] = ()
    disable: tuple[str, ...] = ()
    undeclared: Undeclared | None = None

    @property
    def assembly(self) -> Assembly:
        """The connector. Raises PluginError where a plugin is not there, or cannot be used."""
        return _assembled(self)


@lru_cache(maxsize=16)
def _assembled(choice: Choice) -> Assembly:
    own = choice.dataset.plugin() if isinstance(choice.dataset, File) else _dataset(choice.dataset)
    plugins = [own, *map(_extension, choice.extensions), *(file.plugin() for file in choice.files)]
    return assemble(plugins, choice.enable, choice.disable, choice.undeclared)


def _dataset(name: str) -> Plugin:
    points = entry_points(group=DATASETS)
    for point in points:
        if point.name == name:
            return _loaded(point)
    if "." in name or name.startswith("connector_"):
        return Plugin(name, _module(name))
    known = sorted({point.name for point in points})
    raise PluginError(
        f"There is no dataset {one_line(name, 60)!r} here{did_you_mean(name, known)}. Installed: {', '.join(known) or 'none'}. "
        "Install its plugin on the driver and on the executors, or give its module (connector_fts) or its file (crew.py) as the "
        "option dataset."
    )


def _extension(name: str) -> Plugin:
    points = entry_points(group=EXTENSIONS)
    for point in points:
        if name in (point.name, point.dist.name if point.dist else ""):
            return _loaded(point)
    known = sorted({point.name for point in points})
    raise PluginError(
        f"There is no extension {one_line(name, 60)!r} here{did_you_mean(name, known)}. Installed: {', '.join(known) or 'none'}. "
        "Install it on the driver and on the executors."
    )


def _loaded(point: EntryPoint) -> Plugin:
    name, version = (point.dist.name, point.dist.version) if point.dist else (point.name, "")
    try:
        return Plugin(name, point.load(), version)
    except Exception as error:  # noqa: BLE001  (whatever a plugin raises)
        raise PluginError(
            f"{name}: {point.value} cannot be imported: {cause(error)} Correct the plugin, or install it again."
        ) from None


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except Exception as error:  # noqa: BLE001  (whatever a plugin raises)
        raise PluginError(
            f"The module {one_line(name, 60)} cannot be imported: {cause(error)} Install it on driver and executors."
        ) from None
