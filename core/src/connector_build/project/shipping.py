"""What of a source ships: its files, the packages that it needs, and whether it could run on Fivetran at all.

Fivetran's packaging drops some names without a word, and nothing that is not in ``requirements.txt`` or in the project is
there in production. Both are found here, at build time.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from connector_build.errors import BuildError
from connector_build.plugins.discovery import Source

DROPPED_FOLDERS = frozenset({"lib", "include", "files", "crash-reports"})
DROPPED_FILES = frozenset({"configuration.json", "destination.json", "options.toml"})
COMPILED = frozenset({".so", ".pyd", ".dll", ".dylib"})
PREINSTALLED = frozenset({"requests", "fivetran-connector-sdk"})
"""Distributions that Fivetran installs itself and that must not be listed in ``requirements.txt``."""

PREINSTALLED_IMPORTS = frozenset({"requests", "urllib3", "certifi", "idna", "charset_normalizer", "fivetran_connector_sdk"})
CORE_NEEDS = ("attrs", "pluggy")
"""What ``connector_core`` needs beyond what Fivetran installs."""


def source_files(source: Source) -> dict[str, bytes]:
    """Path in the project → contents, for every file of *source* that ships.

    Raises BuildError for a file that Fivetran's packaging would drop or could not run.
    """
    if source.root.is_file():
        return {source.root.name: source.root.read_bytes()}
    left_out = {_module_path(module) for module in source.left_out}
    files = {}
    for path in sorted(source.root.rglob("*")):
        relative = PurePosixPath(source.root.name, *path.relative_to(source.root).parts)
        if (
            (path.is_dir() and not path.is_symlink())
            or "__pycache__" in relative.parts
            or relative.suffix == ".pyc"
            or _is_left_out(relative, left_out)
        ):
            continue
        _check_ships(source, relative, path)
        files[str(relative)] = path.read_bytes()
    return files


def requirements(sources: Iterable[Source]) -> dict[str, str]:
    """Distribution → exact version, for all that has to be installed beside the project, in the order of the names.

    They are the versions installed here, with which the plugins were tried. Raises BuildError when one is not installed.
    """
    sources = list(sources)
    in_project = {canonicalize_name(source.name) for source in sources} | {"connector-core"}
    wanted = dict.fromkeys(CORE_NEEDS, "connector-core")
    for source in sources:
        if source.distribution is not None:
            wanted |= dict.fromkeys(_needs(source.distribution) - in_project - PREINSTALLED, source.name)
    pins: dict[str, str] = {}
    while wanted:
        name, needed_by = wanted.popitem()
        distribution = _distribution(name, needed_by)
        pins[canonicalize_name(distribution.name)] = distribution.version
        wanted |= dict.fromkeys(_needs(distribution) - in_project - PREINSTALLED - pins.keys(), name)
    return dict(sorted(pins.items()))


def check_imports(files: Mapping[str, bytes], pins: Iterable[str]) -> None:
    """Raise BuildError when a module imports what would not be there on Fivetran, with its file and line."""
    own = {PurePosixPath(path).parts[0].removesuffix(".py") for path in files}
    provided = {name for pin in pins for name in _provides(Distribution.from_name(pin))}
    if clash := sorted(own & (provided | PREINSTALLED_IMPORTS)):
        raise BuildError(
            f"The project would hold a file or package named {clash[0]}, which hides the package of that name. Rename it."
        )
    known = own | provided | PREINSTALLED_IMPORTS | sys.stdlib_module_names
    for path, contents in files.items():
        if path.endswith(".py"):
            for name, line in imports_of(path, contents):
                if name not in known:
                    raise BuildError(
                        f"{path}, line {line}, imports {name}, which would not be there on Fivetran. {_remedy(name, path)}"
                    )


def check_needs(needs: Iterable[str], pins: Iterable[str]) -> None:
    """Raise BuildError when a package that the plugins use through the core is none of those that get installed there."""
    provided = {name for pin in pins for name in _provides(Distribution.from_name(pin))}
    for name in needs:
        if name not in provided:
            raise BuildError(f"This connector needs the package {name}, which would not be there on Fivetran. {_DECLARE}")


_DECLARE = "Add the distribution that provides it to the plugin's dependencies, and install the plugin again."


def _remedy(name: str, path: str) -> str:
    if name == "connector_build":
        return "connector_build never ships: keep what needs it in the module that describes the sample records."
    if "/" not in path:
        return "A local file can use the standard library, requests and what the plugin needs; for more, make a distribution."
    return _DECLARE


def _is_left_out(path: PurePosixPath, left_out: set[PurePosixPath]) -> bool:
    return any(module in (path.with_suffix(""), *path.parents) for module in left_out)


def _module_path(module: str) -> PurePosixPath:
    return PurePosixPath(*module.split("."))


def _check_ships(source: Source, relative: PurePosixPath, path: Path) -> None:
    *folders, name = relative.parts
    dropped = [part for part in folders if part in DROPPED_FOLDERS] + [part for part in relative.parts if part.startswith(".")]
    if name in DROPPED_FILES:
        dropped.append(name)
    if dropped:
        raise BuildError(
            f"{source.name}: {relative} would be dropped by Fivetran's packaging, because of the name {dropped[0]}. Rename it."
        )
    if "drivers" in folders:
        raise BuildError(
            f"{source.name}: {relative}: a folder named drivers makes Fivetran look for an installation script. Rename it."
        )
    if path.is_symlink():
        raise BuildError(f"{source.name}: {relative} is a symbolic link. Put the file itself there.")
    if path.suffix in COMPILED:
        raise BuildError(
            f"{source.name}: {relative} is compiled for this machine and may not run on Fivetran. "
            "Depend on a distribution instead."
        )


def _needs(distribution: Distribution) -> set[str]:
    found = (Requirement(text) for text in distribution.requires or ())
    return {canonicalize_name(need.name) for need in found if need.marker is None or need.marker.evaluate({"extra": ""})}


def _distribution(name: str, needed_by: str) -> Distribution:
    try:
        return Distribution.from_name(name)
    except PackageNotFoundError:
        raise BuildError(
            f"{needed_by} needs {name}, which is not installed here. Install {needed_by} again, from where you have it: "
            "pip brings along what it needs. Then build again."
        ) from None


def _provides(distribution: Distribution) -> set[str]:
    """The top-level names that an installed distribution can be imported by."""
    listed = (distribution.read_text("top_level.txt") or "").split()
    if listed:
        return set(listed)
    tops = (PurePosixPath(file).parts[0] for file in distribution.files or () if file.suffix == ".py")
    return {top.removesuffix(".py") for top in tops if not top.endswith(".dist-info") and top != ".."}


@cache
def imports_of(path: str, contents: bytes) -> tuple[tuple[str, int], ...]:
    """Top-level name and line of each import of a module that runs unconditionally or inside a function."""
    return tuple(_imports(path, contents))


def _imports(path: str, contents: bytes) -> Iterator[tuple[str, int]]:
    try:
        tree = ast.parse(contents, path)
    except SyntaxError as error:
        raise BuildError(f"{path}, line {error.lineno}, is not valid Python: {error.msg}. Correct the plugin.") from None
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0], node.lineno


def _statements(block: ast.AST) -> Iterator[ast.AST]:
    """The statements of *block*, at any depth, but for those that are optional. No import stands in an expression, and there
    are ten times as many of those."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in getattr(block, part, ()):
            if not _is_optional(node):
                yield node
                yield from _statements(node)


def _is_optional(node: ast.AST) -> bool:
    """Whether *node* is ``if TYPE_CHECKING:``, or a ``try`` that provides for a failing import."""
    if isinstance(node, ast.If):
        return "TYPE_CHECKING" in ast.unparse(node.test)
    if isinstance(node, ast.Try):
        return any(
            word in ast.unparse(handler.type or ast.Name(""))
            for handler in node.handlers
            for word in ("ImportError", "ModuleNotFound")
        )
    return False
