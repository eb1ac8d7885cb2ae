"""The walls: what ships imports nothing that does not, one room knows the SDK, and the plugins stay small."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import connector_core
import connector_fts
import connector_mso
from places import ROOT

CORE = ROOT / "core/src/connector_core"
MODULES = sorted(CORE.glob("**/*.py"))
SCRIPTS = CORE / "runtime/scripts"
KNOWS_THE_SDK = CORE / "runtime"
SKIPPED = {".git", ".tox", ".venv", "build", "dist", "node_modules"}
SDK = "fivetran_connector_sdk"
THIRD_PARTY = {"attrs", "pluggy", "requests"}

PUBLIC = [
    "Aggregate",
    "ApiKeyHeader",
    "ApiKeyPath",
    "ApiKeyQuery",
    "AuthChoice",
    "AuthFactory",
    "BasicAuth",
    "BearerToken",
    "Budget",
    "ClientCertificate",
    "Column",
    "Configuration",
    "ConfigurationError",
    "ConnectorError",
    "Csv",
    "CursorPaginator",
    "DeletedBy",
    "DeliveryError",
    "DerivedField",
    "DigestAuth",
    "Dimension",
    "Each",
    "ErrorRule",
    "FullRead",
    "FunctionPaginator",
    "Job",
    "Json",
    "JsonLines",
    "JwtBearer",
    "KeysetPaginator",
    "LinkHeaderPaginator",
    "ListedIn",
    "Measure",
    "Nested",
    "NextLinkPaginator",
    "NoAuth",
    "OAuth2ClientCredentials",
    "OAuth2RefreshToken",
    "OffsetPaginator",
    "Page",
    "PageNumberPaginator",
    "Paginator",
    "Parent",
    "PluginError",
    "Record",
    "Request",
    "SessionLogin",
    "Setting",
    "SinglePage",
    "SourceError",
    "Table",
    "Transform",
    "UnexpectedAnswer",
    "UntilKnown",
    "UpdatedSince",
    "Windows",
    "Xml",
    "Zip",
    "average",
    "base_url",
    "ca_certificate",
    "coalesce",
    "columns_to_rows",
    "concat",
    "count",
    "count_distinct",
    "count_if",
    "dataset",
    "date_part",
    "difference",
    "drop",
    "empty",
    "empty_page",
    "exploded",
    "fail",
    "field_is",
    "flatten",
    "hard_limit",
    "hashed",
    "header_is",
    "hookimpl",
    "ignore",
    "key_of",
    "keyed",
    "last_page",
    "link_is",
    "lower",
    "maximum",
    "minimum",
    "no_more",
    "only_if",
    "page_size",
    "product",
    "ratio",
    "rename",
    "renew",
    "repeated_page",
    "request_param",
    "retry",
    "short_page",
    "stamped",
    "start_over",
    "sum_of",
    "tombstones",
    "total",
    "total_reached",
    "trim",
    "upper",
    "values",
    "wait_until",
]


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, wherever in it, by its full name."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relative to itself"
            yield node.module or ""
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("__import__", "importlib.import_module", "import_module"):
            yield ast.unparse(node.args[0]).strip("'\"") if node.args else ""


def packages(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


def of_the_repository() -> list[Path]:
    found = ROOT.rglob("*.py")
    return sorted(path for path in found if not SKIPPED & set(path.relative_to(ROOT).parts))


def test_there_is_something_to_look_at() -> None:
    assert {"client.py", "sync.py", "fivetran.py"} <= {path.name for path in MODULES}
    assert Path(__file__) in of_the_repository()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_what_ships_imports_only_what_ships(path: Path) -> None:
    allowed = THIRD_PARTY | {"connector_core"} | set(sys.stdlib_module_names)
    if path.parent == KNOWS_THE_SDK:
        allowed.add(SDK)
    if path == SCRIPTS / "warehouse.py":
        allowed.add("duckdb")  # comes with the SDK's command; imported when it is used, which is never on Fivetran
    if path == CORE / "auth/jwt_bearer.py":
        allowed.add("jwt")  # imported when it is used, and declared by the plugin that uses it
    if path == CORE / "basics/paths.py":
        allowed.add("jmespath")  # the same
    assert packages(path) <= allowed


APP = ROOT / "core/src/connector_app"
APP_ROOMS = {
    "data": {"duckdb"},
    "asking": set(),
    "reports": set(),
    "page": {"streamlit", "altair"},
    "start": {"duckdb", "module"},
}
"""Room of the app kit → what it may import beside the standard library, attrs and pandas; `module` is the app."""


@pytest.mark.parametrize("path", sorted(APP.glob("**/*.py")), ids=lambda path: str(path.relative_to(APP)))
def test_the_app_kit_needs_little(path: Path) -> None:
    """It runs in Snowflake, where neither the other packages nor DuckDB are: the two that import that do not go there."""
    room = path.relative_to(APP).parts[0]
    allowed = {"attrs", "pandas", "connector_app", *sys.stdlib_module_names} | APP_ROOMS.get(room, set())
    if path not in (APP / "data/duck.py", APP / "start/snowpark.py"):
        allowed -= {"duckdb"}
    assert packages(path) <= allowed


def floors(package: str) -> list[list[str]]:
    """The rooms of each floor, from the ground up, as import-linter is told them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = [contract["layers"] for contract in contracts if contract.get("containers") == [package]]
    return [floor.split(" | ") for floor in reversed(layers)]


@pytest.mark.parametrize(
    ("package", "outside"),
    [("connector_core", False), ("connector_build", True), ("connector_app", False), ("connector_spark", False)],
)
def test_the_rooms_are_those_that_the_docs_show(package: str, outside: bool) -> None:
    """Modules beside the rooms of connector_build are on floors of their own: one below the first, one above the last."""
    inside = floors(package)[1:-1] if package == "connector_build" else floors(package)
    shown = [(number, room, f"{package}/{room}") for number, floor in enumerate(inside, 1) for room in floor]
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ") and f"](../core/src/{package}/" in line]
    assert rows == [f"| {number} | [{room}](../core/src/{path}) | {sentence(path)} |" for number, room, path in shown]


def sentence(path: str) -> str:
    """The first line of what a room says of itself, without its full stop."""
    return (import_module(path.replace("/", ".")).__doc__ or "").partition("\n")[0].removesuffix(".")


def test_the_docs_name_modules_that_are_there() -> None:
    named = {
        name
        for page in ("docs/architecture.md", "CONTRIBUTING.md", "docs/decisions/0007-rooms.md")
        for name in re.findall(r"`([a-z_]+/[a-z_]+\.py)`", (ROOT / page).read_text(encoding="utf-8"))
    }
    assert len(named) > 30
    places = [
        ROOT,
        *(
            ROOT / "core/src" / package
            for package in ("", "connector_core", "connector_build", "connector_app", "connector_spark")
        ),
    ]
    before = {"auth/auth.py", "project/project.py", "cli/cli.py"}
    assert [name for name in sorted(named - before) if not any((place / name).is_file() for place in places)] == []


def test_one_room_knows_the_sdk() -> None:
    assert {path.parent for path in MODULES if SDK in packages(path)} == {KNOWS_THE_SDK}


@pytest.mark.parametrize("plugin", ["fts", "mso"])
def test_a_plugin_imports_nothing_but_the_core(plugin: str) -> None:
    package = ROOT / f"plugins/{plugin}/src/connector_{plugin}"
    assert packages(package / "__init__.py") == {"connector_core", f"connector_{plugin}"}
    assert packages(package / "columns.py") - {"typing"} == {"connector_core"}


@pytest.mark.parametrize("plugin", ["fts", "mso"])
def test_a_plugin_stays_short(plugin: str) -> None:
    text = (ROOT / f"plugins/{plugin}/src/connector_{plugin}/__init__.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 60


def test_nothing_imports_the_proprietary_part_of_the_sdk() -> None:
    assert [path.name for path in of_the_repository() if f"{SDK}_core" in packages(path)] == []


FORBIDDEN = {
    "print",
    "exit",
    "quit",
    "input",
    "breakpoint",
    "sys.exit",
    "os._exit",
    "os.abort",
    "signal.signal",
    "SystemExit",
    "import signal",
}
MAY = {SCRIPTS / "__main__.py": {"sys.exit"}, SCRIPTS / "endings.py": {"signal.signal", "import signal"}}
"""Of the scripts of a project: the entry ends the process, and one module hears that it is to end. No sync imports them."""


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_what_ships_neither_exits_nor_prints_nor_handles_signals(path: Path) -> None:
    used = {ast.unparse(node) for node in ast.walk(parsed(path)) if isinstance(node, ast.Name | ast.Attribute)}
    used |= {f"import {name}" for name in packages(path)}
    assert used & FORBIDDEN == MAY.get(path, set())


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(CORE)))
def test_no_sync_imports_the_scripts(path: Path) -> None:
    if path.parent != SCRIPTS:
        assert not any(name.startswith("connector_core.runtime.scripts") for name in imports(path))


@pytest.mark.parametrize("path", [path for path in MODULES if path.parent == SCRIPTS], ids=lambda path: path.name)
def test_the_scripts_stand_on_the_ground_floor(path: Path) -> None:
    """What they need of the core needs nothing else, so a broken plugin or API keeps none of them from saying so."""
    ours = [name for name in imports(path) if name.startswith("connector_core")]
    assert all(name.startswith(("connector_core.runtime.scripts.", "connector_core.basics.")) for name in ours)


def test_the_public_names() -> None:
    assert connector_core.__all__ == PUBLIC
    assert sorted(PUBLIC) == PUBLIC
    assert all(hasattr(connector_core, name) for name in PUBLIC)


@pytest.mark.parametrize("plugin", ["fts", "mso"])
def test_a_plugin_stays_small(plugin: str) -> None:
    text = (ROOT / f"plugins/{plugin}/src/connector_{plugin}/__init__.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 60


def test_the_columns_of_the_datasets() -> None:
    assert len(connector_fts.RECORDS.columns) == 15
    assert len(connector_mso.RECORDS.columns) == 32
