"""Importing the module of a plugin: the one moment of a build at which code runs that is not ours."""

import importlib
import importlib.util
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, EntryPoint
from pathlib import Path, PurePosixPath
from types import ModuleType
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


def imported_file(name: str, path: Path, where: str) -> ModuleType:
    """The module *name* in the file at *path*, for messages *where*. Raises BuildError when it cannot be imported."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise UsageProblem(f"--plugin-file {where}: this file cannot be loaded as Python.")
    module = importlib.util.module_from_spec(spec)
    try:
        with _no_sudden_end():
            spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise BuildError(f"{path}: it cannot be imported: {cause(error)} Correct the file.") from error
    return module


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
