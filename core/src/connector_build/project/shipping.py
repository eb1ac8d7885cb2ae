"""What of a source ships: its files, and whether they could run on Fivetran at all.

Fivetran's packaging drops some names without a word, and nothing that is not in ``requirements.txt`` or in the project is
there in production. Both are found here, at build time.
"""

import sys
from collections.abc import Iterable, Mapping
from importlib.metadata import Distribution
from pathlib import Path, PurePosixPath

from packaging.requirements import Requirement

from connector_build.errors import BuildError
from connector_build.plugins.cutting import without_sample
from connector_build.plugins.discovery import Source
from connector_build.plugins.imports import imports_of
from connector_build.plugins.reading import imported, tree_of
from connector_build.project.requirements import Helper, no_way, provides

DROPPED_FOLDERS = frozenset({"lib", "include", "files", "crash-reports"})
DROPPED_FILES = frozenset({"configuration.json", "destination.json", "options.toml"})
COMPILED = frozenset({".so", ".pyd", ".dll", ".dylib"})
PREINSTALLED_IMPORTS = frozenset({"requests", "urllib3", "certifi", "idna", "charset_normalizer", "fivetran_connector_sdk"})


def source_files(source: Source) -> dict[str, bytes]:
    """Path in the project → contents, for every file of *source* that ships.

    Raises BuildError for a file that Fivetran's packaging would drop or could not run.
    """
    files = _files(source.name, source.root, {_module_path(module) for module in source.left_out})
    if source.distribution is not None:
        return files
    files = {path: without_sample(path, contents, source.attribute, source.sisters) for path, contents in files.items()}
    for path, contents in files.items():
        for name, line in imports_of(path, contents):
            if path == f"{name}.py":
                raise BuildError(f"{path}, line {line}, imports {name}, which is this file itself there. Rename the file.")
    return files


def helper_files(helper: Helper) -> dict[str, bytes]:
    """The same of a distribution that no index is known to have. Raises BuildError, with what to do, where it cannot ship."""
    try:
        files = _files(helper.name, helper.root, {_module_path(module) for module in helper.left_out})
        return _without_what_never_ships(files) if helper.base else files
    except BuildError as error:
        raise BuildError(no_way(helper.name, helper.needed_by, str(error).rstrip("."), base=helper.base)) from None


def _without_what_never_ships(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """What several datasets share, without the modules with which they make up records. Raises BuildError where one of those that
    ship needs one of these."""
    modules = {path: module_of(path) for path in files if path.endswith(".py")}
    gone = {path for path in modules if "connector_build" in [name for name, _ in imports_of(path, files[path])]}
    names = {modules[path] for path in gone}
    for path in sorted(modules.keys() - gone):
        package = modules[path] if path.endswith("/__init__.py") else modules[path].rpartition(".")[0]
        if wanted := sorted(names.intersection(imported(tree_of(files[path]), package, modules.values()))):
            raise BuildError(f"{path} imports {wanted[0]}, which needs connector_build, and that never ships")
    return {path: contents for path, contents in files.items() if path not in gone}


def module_of(path: str) -> str:
    """What the module at a path of a project is called."""
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def _files(name: str, root: Path, left_out: set[PurePosixPath]) -> dict[str, bytes]:
    if root.is_file():
        return {root.name: root.read_bytes()}
    files = {}
    for path in sorted(root.rglob("*")):
        relative = PurePosixPath(root.name, *path.relative_to(root).parts)
        if (
            (path.is_dir() and not path.is_symlink())
            or "__pycache__" in relative.parts
            or relative.suffix == ".pyc"
            or _is_left_out(relative, left_out)
        ):
            continue
        _check_ships(name, relative, path)
        files[str(relative)] = path.read_bytes()
    return files


def check_imports(files: Mapping[str, bytes], pins: Iterable[str]) -> None:
    """Raise BuildError when a module imports what would not be there on Fivetran, with its file and line."""
    own = {PurePosixPath(path).parts[0].removesuffix(".py") for path in files}
    provided = _provided(pins)
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
    provided = _provided(pins)
    for name in needs:
        if name not in provided:
            raise BuildError(f"This connector needs the package {name}, which would not be there on Fivetran. {_DECLARE}")


def _provided(pins: Iterable[str]) -> set[str]:
    return {name for pin in pins for name in provides(Distribution.from_name(Requirement(pin).name))}


_DECLARE = "Add the distribution that provides it to the plugin's dependencies, and install the plugin again."


def _remedy(name: str, path: str) -> str:
    if name == "connector_build":
        return "connector_build never ships: keep what needs it in the module that describes the sample records."
    if "/" not in path:
        return (
            "A local file can use the standard library, requests and what the plugin needs. For more, name the distribution at "
            f'the top of the file, as comments: # /// script, # dependencies = ["{name}"], # ///.'
        )
    return _DECLARE


def _is_left_out(path: PurePosixPath, left_out: set[PurePosixPath]) -> bool:
    return any(module in (path.with_suffix(""), *path.parents) for module in left_out)


def _module_path(module: str) -> PurePosixPath:
    return PurePosixPath(*module.split("."))


def _check_ships(name: str, relative: PurePosixPath, path: Path) -> None:
    *folders, last = relative.parts
    dropped = [part for part in folders if part in DROPPED_FOLDERS] + [part for part in relative.parts if part.startswith(".")]
    if last in DROPPED_FILES:
        dropped.append(last)
    if dropped:
        raise BuildError(
            f"{name}: {relative} would be dropped by Fivetran's packaging, because of the name {dropped[0]}. Rename it."
        )
    if "drivers" in folders:
        raise BuildError(f"{name}: {relative}: a folder named drivers makes Fivetran look for an installation script. Rename it.")
    if path.is_symlink():
        raise BuildError(f"{name}: {relative} is a symbolic link. Put the file itself there.")
    if path.suffix in COMPILED:
        raise BuildError(
            f"{name}: {relative} is compiled for this machine and may not run on Fivetran. Depend on a distribution instead."
        )
