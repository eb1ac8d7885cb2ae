"""A built project as a value: every file of it, from an assembly and its sources. Same inputs, same bytes."""

import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from attrs import field, frozen

from connector_build.errors import BuildError
from connector_build.plugins.discovery import Source
from connector_build.project.definitions import definition, how_read
from connector_build.project.literals import check_no_secrets
from connector_build.project.lock import SEAL, seal_of
from connector_build.project.pyproject import pyproject
from connector_build.project.readme import readme
from connector_build.project.requirements import Helper, requirements
from connector_build.project.shipping import check_imports, check_needs, helper_files, source_files
from connector_build.project.templating import rendered
from connector_core.engine.identity import identity
from connector_core.plugin.assembly import Assembly
from connector_core.runtime.scripts.asked import DEFAULT_ACCOUNT
from connector_core.runtime.scripts.deploying import DEFAULT_CONNECTION, DEFAULT_DESTINATION
from connector_core.runtime.scripts.pythons import DEFAULT_PYTHON_VERSION
from connector_core.source.settings import Setting

LOCK = "connector.lock.json"
CONFIGURATION = "configuration.json"
CONNECTOR = "connector.py"
SCRIPTS = ("debug_and_reset.sh", "deploy.sh")
PYPROJECT = "pyproject.toml"
WRITTEN = frozenset({CONNECTOR, "requirements.txt", PYPROJECT, ".gitignore", "README.md", *SCRIPTS})
"""The files of a project, beside the lock, that come from no source; every one has all but PYPROJECT."""


@frozen(hash=False)
class Project:
    """Everything that is written for one connector.

    files:         path → contents, the lock included, configuration.json not.
    configuration: what configuration.json holds when there is none yet: placeholders and defaults.
    requirements:  what pip is to install there → exact version.
    helpers:       distributions that no index is known to have, and whose source ships: name and version.
    """

    dataset: str
    files: Mapping[str, bytes] = field(repr=False)
    configuration: Mapping[str, str]
    requirements: Mapping[str, str]
    assembly: Assembly = field(repr=False)
    helpers: Sequence[str] = ()

    @property
    def tables(self) -> list[str]:
        """Every table that the connector writes, source tables first in their order, each followed by its extra tables."""
        return [table["table"] for table in self.assembly.schema]


def make_project(
    dataset: str, assembly: Assembly, core: Source, sources: Sequence[Source], *, described: str | None = None
) -> Project:
    """The project of *dataset*, assembled from *sources* on top of *core*.

    described: what the dataset is, to be said in a ``pyproject.toml``; None for none.

    Raises BuildError for anything that Fivetran's packaging would drop or that could not run there.
    """
    needed = requirements(core, sources)
    made_from = [(source, source_files(source)) for source in (core, *sources)]
    helpers = [(helper, helper_files(helper)) for helper in needed.helpers]
    for _, contents in (*made_from[1:], *((helper, contents) for helper, contents in helpers if helper.base)):
        check_no_secrets(contents)
    files: dict[str, bytes] = {}
    brought = [*((each.name, contents) for each, contents in made_from), *((each.name, contents) for each, contents in helpers)]
    for name, contents in brought:
        if both := sorted(files.keys() & contents.keys()):
            raise BuildError(f"{name} and another source both bring the file {both[0]}. Rename one of the packages.")
        files |= contents
    pins = needed.pins
    check_imports(files, pins)
    check_needs(assembly.needs, pins)
    configuration = {setting.name: setting.placeholder for setting in assembly.settings}
    tables = " ".join(table["table"] for table in assembly.schema)
    files[CONNECTOR] = _connector_py(dataset, assembly, sources, needed.pythons[0])
    files["requirements.txt"] = "".join(f"{name}=={version}\n" for name, version in pins.items()).encode()
    if described is not None:
        files[PYPROJECT] = pyproject(dataset, sources[0].version, described, pins)
    for script in SCRIPTS:
        files[script] = script_of(script, dataset, tables, needed.pythons[0])
    files[".gitignore"] = rendered("gitignore").encode()
    files["README.md"] = readme(dataset, assembly, needed.pythons[0]).encode()
    files[LOCK] = lock_bytes(dataset, assembly, made_from, files, helpers, needed.pythons)
    along = dict.fromkeys(f"{helper.name} {helper.version}" for helper in needed.helpers)
    return Project(dataset, dict(sorted(files.items())), configuration, pins, assembly, list(along))


def script_of(name: str, dataset: str, tables: str, python_version: str = DEFAULT_PYTHON_VERSION) -> bytes:
    """One of SCRIPTS for *dataset*, which writes *tables* (names with spaces between them) and runs on that Python at least."""
    return rendered(
        f"{name}.jinja",
        script=name.removesuffix(".sh"),
        dataset=dataset,
        tables=tables,
        account=DEFAULT_ACCOUNT,
        destination=DEFAULT_DESTINATION,
        connection=DEFAULT_CONNECTION.format(dataset=dataset),
        python_version=python_version,
    ).encode()


def _connector_py(dataset: str, assembly: Assembly, sources: Sequence[Source], python_version: str) -> bytes:
    changed = [option for option in assembly.options if option.enabled != option.value.default]
    return rendered(
        "connector.py.jinja",
        dataset=dataset,
        minimum=tuple(map(int, python_version.split("."))),
        modules=list(dict.fromkeys(source.module.__name__ for source in sources)),
        plugins={f"{source.name} {source.version}".strip(): source.expression for source in sources},
        enable=[option.name for option in changed if option.enabled],
        disable=[option.name for option in changed if not option.enabled],
        undeclared=assembly.undeclared,
    ).encode()


def lock_bytes(
    dataset: str,
    assembly: Assembly,
    made_from: Sequence[tuple[Source, Mapping[str, bytes]]],
    files: Mapping[str, bytes],
    helpers: Sequence[tuple[Helper, Mapping[str, bytes]]] = (),
    pythons: Sequence[str] = (),
) -> bytes:
    """The lock of a project: what it is made from, what it does to rows, and the hash of each of its *files*."""
    lock: dict[str, Any] = {
        "dataset": dataset,
        "sources": [_made_from(*each) for each in made_from],
        "helpers": [_made_from(*each) for each in helpers],
        "pythons": list(pythons),
        "tables": {entry["table"]: _table(entry) for entry in assembly.schema},
        "settings": {setting.name: _setting(setting) for setting in assembly.settings},
        "enabled": [option.name for option in assembly.options if option.enabled],
        "disabled": [option.name for option in assembly.options if not option.enabled],
        **({"undeclared": assembly.undeclared} if assembly.undeclared else {}),
        "undeclared_fields": {plan.table.name: plan.undeclared for plan in assembly.tables},
        "feeds": {plan.table.name: identity(plan) for plan in assembly.tables},
        "reads": {plan.table.name: how_read(plan) for plan in assembly.tables},
        "options": {option.name: definition(option) for option in assembly.options},
        "files": {path: digest(data) for path, data in sorted(files.items())},
    }
    lock[SEAL] = seal_of(lock)
    return (json.dumps(lock, indent=2) + "\n").encode()


def _made_from(source: Source | Helper, contents: Mapping[str, bytes]) -> dict[str, str]:
    return {"name": source.name, "version": source.version, "sha256": tree_hash(contents)}


def _table(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "primary_key": entry.get("primary_key", []),
        "columns": {name: _type(kind) for name, kind in entry["columns"].items()},
    }


def _type(kind: str | Mapping[str, Any]) -> str:
    return kind if isinstance(kind, str) else f"{kind['type']}({kind['precision']},{kind['scale']})"


def _setting(setting: Setting) -> dict[str, Any]:
    return {"kind": setting.kind, "required": setting.required and setting.when is None, "secret": setting.secret}


def digest(data: bytes) -> str:
    """SHA-256 of *data* in hexadecimal."""
    return sha256(data).hexdigest()


def tree_hash(files: Mapping[str, bytes]) -> str:
    """SHA-256 over the paths and hashes of several files, in the order of the paths; the lock's hash of one source."""
    return digest("".join(f"{digest(data)}  {path}\n" for path, data in sorted(files.items())).encode())
