"""Importing the module of a plugin: the one moment of a build at which code runs that is not ours."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder, SourceFileLoader
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path, PurePosixPath
from types import CodeType, ModuleType
from typing import Any, NoReturn

from connector_build.errors import BuildError, UsageProblem
from connector_core.basics.blame import cause
from connector_core.basics.names import did_you_mean, one_line


def imported(module: str, name: str, distribution: Distribution | None) -> ModuleType:
    """The module of a plugin of the distribution *name*. Raises BuildError, with the plugin's own line, when that fails."""
    try:
        with _no_sudden_end():
            return importlib.import_module(module)
    except (Exception, SystemExit) as error:
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            remedy = (
                f"Its entry point names it{_near(module, distribution)}: correct that in its pyproject.toml, install it again"
            )
        else:
            remedy = "Correct the plugin"
        raise BuildError(
            f"{name}: its module {one_line(module, 100)} cannot be imported: {cause(error)} "
            f"{remedy}, or uninstall {name}; other datasets are not touched by it."
        ) from error


def _near(module: str, distribution: Distribution | None) -> str:
    """The module of *distribution* that an entry point may have meant."""
    files = distribution.files or () if distribution else ()
    tops = {PurePosixPath(file).parts[0].removesuffix(".py") for file in files if file.suffix == ".py"}
    return did_you_mean(module, sorted(tops))


def loaded(point: EntryPoint, what: str) -> Any:
    """What an entry point names; *what* it is. Raises BuildError when it cannot be imported."""
    try:
        with _no_sudden_end():
            return point.load()
    except (Exception, SystemExit) as error:
        raise BuildError(f"{what} ({point.value}) cannot be imported: {cause(error)} Correct the plugin.") from error


class _AsItIsNow(SourceFileLoader):
    """Leaves nothing beside the file, and takes nothing from there: an edit within a second may not be told by its time."""

    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002  (the loader's signature)
        return self.source_to_code(self.get_data(self.path), self.path)


def imported_file(name: str, path: Path, where: str) -> ModuleType:
    """The module *name* in the file at *path*, for messages *where*. Raises BuildError when it cannot be imported."""
    spec = importlib.util.spec_from_file_location(name, path, loader=_AsItIsNow(name, str(path)))
    if spec is None or spec.loader is None:
        raise UsageProblem(f"{where}: this file cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    try:
        with _no_sudden_end(), _known_by_name(name, path, module):
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise BuildError(f"{path}: it cannot be imported: {cause(error)} {_remedy(path, error)}") from error
    return module


@contextmanager
def _known_by_name(name: str, path: Path, module: ModuleType) -> Iterator[None]:
    """Let the code of *module* find it among the modules, as dataclasses do; but never in place of one that is installed."""
    installed = PathFinder.find_spec(name)
    if installed is not None and installed.origin != str(path.absolute()):
        yield
        return
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        yield
    except BaseException:
        sys.modules.pop(name, None)
        if before is not None:
            sys.modules[name] = before
        raise


def _remedy(path: Path, error: BaseException) -> str:
    """What to do about a file that cannot be imported."""
    wanted = str(error.name).partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if wanted and wanted != path.stem and (path.with_name(f"{wanted}.py").is_file() or path.with_name(wanted).is_dir()):
        return (
            f"{wanted} lies beside it, and of a local file that file alone ships: put what it needs of {wanted} into it, or make "
            f"a distribution of both (connector-build new --package {path} begins one)."
        )
    return "Correct the file."


@contextmanager
def _no_sudden_end() -> Iterator[None]:
    """Let a plugin that ends its process at once fail like one that raises: with ``os._exit(0)`` the command would look done."""
    end, process = os._exit, os.getpid()

    def refuse(status: int) -> NoReturn:
        if os.getpid() != process:  # a process that the plugin started may end as it likes
            end(status)
        raise SystemExit(f"os._exit({status})")

    os._exit = refuse
    try:
        yield
    finally:
        os._exit = end
