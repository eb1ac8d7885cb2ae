"""A dbt package as a value: its files, what stands in them, and how they are written. tests/dbt_package runs it."""

import re
from io import StringIO
from pathlib import Path
from typing import Any

import jinja2
import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from cases.support import plugin_of
from connector_build.catalog.dbt.package import Package, make_package
from connector_build.catalog.dbt.sql_types import in_yaml, sql_type
from connector_build.catalog.dbt.tables import short_names
from connector_build.catalog.dbt.writing import LOCK, told, write_package
from connector_build.catalog.dbt.yaml_text import undone, yaml_text
from connector_build.catalog.dictionary import dictionary_of
from connector_build.cli.main import main
from connector_build.errors import BuildError
from connector_core import Aggregate, Column, Dimension, Parent, Table, count, hashed, only_if, total
from connector_core.basics.names import COLUMN_TYPES
from connector_core.derived.transforms import Transform
from connector_core.plugin.assembly import assemble

ORDERS = Table(
    "orders", "/orders", "@", ["orderId"], {"orderId": "STRING", "cost": "DOUBLE", "paid": "DECIMAL(9,2)", "at": "LONG"}
)
CHILD = {"id": "STRING", "order": "STRING"}


def lines(columns: Any = CHILD, **parts: Any) -> Table:
    return Table("order_lines", "/orders/{parent.orderId}/lines", "@", ["id", "order"], columns, **parts)


LINES = lines(parent=Parent("orders", adds={"order": "orderId"}))


def package_of(*tables: Table, dataset: str = "shop", **parts: Any) -> Package:
    assembly = assemble([plugin_of(*(tables or (ORDERS,)), **parts)])
    shrinking = [plan.table.name for plan in assembly.tables if plan.deletes]
    return make_package(dictionary_of(assembly, dataset, version="1.2.3"), shrinking)


def parsed(text: str) -> Any:
    """YAML 1.1, which dbt reads."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 1)
    return yaml.load(StringIO(text))


def sources(package: Package) -> dict[str, Any]:
    """Table → what the sources say of it."""
    text = package.files[f"models/staging/src_{package.dataset}.yml"].decode()
    return {table["name"]: table for table in parsed(text)["sources"][0]["tables"]}


def promised(package: Package) -> dict[str, Any]:
    """Name of a test → its kind and what is said of it."""
    tables = sources(package).values()
    places = [place for table in tables for place in (table, *table["columns"])]
    tests = [pair for place in places for test in place.get("data_tests", []) for pair in test.items()]
    return {said["name"]: {"kind": kind, **said} for kind, said in tests}


# The files


def test_the_same_connector_gives_the_same_bytes() -> None:
    assert package_of(ORDERS, LINES).files == package_of(ORDERS, LINES).files


def test_it_looks_like_a_package_of_fivetrans() -> None:
    files = package_of(extra_tables=[Aggregate("shop_totals", ["at"], {"n": count()})]).files
    assert {
        "dbt_project.yml",
        "packages.yml",
        "README.md",
        "integration_tests/dbt_project.yml",
        "macros/staging/get_orders_columns.sql",
        "macros/staging/get_shop_totals_columns.sql",
        "models/staging/src_shop.yml",
        "models/staging/stg_shop.yml",
        "models/staging/stg_shop__orders.sql",
        "models/staging/stg_shop__totals.sql",
        "models/staging/tmp/stg_shop__orders_tmp.sql",
        "tests/generic/live_aggregate.sql",
    } <= files.keys()
    project = parsed(files["dbt_project.yml"].decode())
    assert (project["name"], project["version"]) == ("shop", "1.2.3")
    assert project["vars"] == {"shop": {"shop_orders_identifier": "orders", "shop_totals_identifier": "shop_totals"}}


def test_every_yaml_is_yaml() -> None:
    files = package_of(ORDERS, LINES).files
    found = {path: parsed(data.decode()) for path, data in files.items() if path.endswith(".yml")}
    assert len(found) == 7
    assert all(isinstance(value, dict) for value in found.values())


def test_the_readme_tells_every_test_and_every_model() -> None:
    package = package_of(ORDERS, LINES)
    readme = package.files["README.md"].decode()
    for name in promised(package):
        assert f"| `{name}` |" in readme
    assert "| `stg_shop__order_lines` | `order_lines` |" in readme
    assert package.tests == len(promised(package))


@pytest.mark.parametrize("kind", [*sorted(COLUMN_TYPES), "DECIMAL(15,2)", "DECIMAL(38,2)", "DECIMAL(38, 30)"])
def test_each_type_has_a_name_in_each_warehouse(kind: str) -> None:
    for target in ("snowflake", "bigquery", "databricks", "spark", "duckdb"):
        named: Any = jinja2.Environment(autoescape=True).compile_expression(sql_type(kind))(target={"type": target})
        assert re.fullmatch(r"[a-z]\w*(\(\d+,\d+\))?", named), named
        assert jinja2.Template(in_yaml(kind)).render(target={"type": target}) == named
        assert not (target == "bigquery" and "double" in named)
        assert not (target == "bigquery" and named in ("numeric(38,2)", "numeric(38,30)"))
        assert kind != "DOUBLE" or named in ("double", "float64")


def test_short_names() -> None:
    assert short_names(["fts_records", "fts_", "other"], "fts") == {"fts_records": "records", "fts_": "fts_", "other": "other"}
    assert short_names(["fts_records", "records"], "fts") == {"fts_records": "fts_records", "records": "records"}
    assert short_names(["records", "records_tmp"], "fts") == {"records": "records", "records_tmp": "records_tmp_"}


@given(st.lists(st.from_regex(r"(fts_){0,2}[ab]?(_tmp){0,2}_{0,2}", fullmatch=True).filter(bool), unique=True))
def test_no_two_models_have_one_name(names: list[str]) -> None:
    short = short_names(names, "fts")
    assert short.keys() == set(names)
    models = [model for each in short.values() for model in (each, f"{each}_tmp")]
    assert len(set(models)) == 2 * len(names)


# Texts


@given(st.text())
@example("it's {{ 1 / 0 }} {% endraw %} {# {{{ }}} ~ \x85 \ud800 \ue000 \U0001f600")
@example("{{% raw %}}")
@example("yes")
@example("1e3: [x]")
def test_a_description_arrives_as_it_is(text: str) -> None:
    read = parsed(yaml_text({"description": undone(text)}))["description"]
    # dbt puts a text through Jinja only where it looks like one; what it is left with has to be the same.
    rendered = jinja2.Environment(keep_trailing_newline=True, autoescape=False).from_string(read).render()  # noqa: S701  (YAML)
    wanted = re.sub("[\ud800-\udfff]", "\ufffd", text)
    assert rendered == re.sub("\r\n|\r", "\n", wanted)
    assert read == wanted or "{{" in read


NAMES = st.text("abcxyz_+-019 ", min_size=1, max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])) | NAMES,
    lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner),
)


@given(st.dictionaries(NAMES, VALUES))
@example({"a": ["on", "off"], "b": [[], {}, [["y"]]], "c": [{"d": [{"e": None}]}], "no": "NO"})
@example({"+_": "_", "_": "+_"})
@example({"long": "b c " * 500 + "!"})
def test_yaml_says_what_it_was_given(value: dict[str, Any]) -> None:
    assert parsed(yaml_text(value)) == value


# The tests


def test_a_key_of_two_columns() -> None:
    tests = promised(package_of(ORDERS, LINES))
    assert tests["order_lines__key__unique"]["arguments"] == {"columns": ["id", "order"]}
    assert {"order_lines__id__not_null", "order_lines__order__not_null", "orders__order_id__not_null"} <= tests.keys()


def test_a_child_has_its_parent() -> None:
    test = promised(package_of(ORDERS, LINES))["order_lines__has_its__orders"]
    assert test["arguments"] == {"columns": ["order"], "to": "source('shop', 'orders')", "to_columns": ["order_id"]}
    assert "config" not in test


def test_a_parent_that_may_go_is_a_warning() -> None:
    left_out = Transform("kept", only_if("cost", [1, 2]))
    test = promised(package_of(ORDERS, LINES, transforms=[left_out]))["order_lines__has_its__orders"]
    assert test["config"] == {"severity": "warn"}


@pytest.mark.parametrize(
    "parts",
    [
        {"columns": {"id": "STRING", "order": "LONG"}},
        {"parent": Parent("orders", adds={"order": "nested.id"})},
    ],
)
def test_what_cannot_be_compared_is_not(parts: Any) -> None:
    child = lines(**{"parent": Parent("orders", adds={"order": "orderId"}), **parts})
    assert "order_lines__has_its__orders" not in promised(package_of(ORDERS, child))


def test_what_only_a_hash_of_arrives_is_not_compared() -> None:
    hashing = Transform("hiding", hashed("orderId", salt="s"))
    assert "order_lines__has_its__orders" not in promised(package_of(ORDERS, LINES, transforms=[hashing]))


def test_only_sums_of_floats_are_approximate() -> None:
    measures = {"n": count(), "cost": total("cost"), "paid": total("paid")}
    tests = promised(package_of(extra_tables=[Aggregate("totals", ["at"], measures)]))
    found = {name: test["arguments"].get("approximate", False) for name, test in tests.items() if name.endswith("__holds")}
    assert found == {"totals__n__holds": False, "totals__cost__holds": True, "totals__paid__holds": False}


def test_a_dimension_is_of_the_newest_record() -> None:
    tests = promised(package_of(extra_tables=[Dimension("costs", ["cost"], ["paid"], newest="at")]))
    assert tests["costs__paid__holds"]["arguments"] == {
        "source_table": "source('shop', 'orders')",
        "by": ["cost"],
        "newest": "at",
        "ties": ["order_id"],
    }
    assert {"costs__has_its__orders", "orders__has_its__costs"} <= tests.keys()


def test_extra_tables_have_no_freshness() -> None:
    found = sources(package_of(extra_tables=[Aggregate("totals", ["at"], {"n": count()})]))
    assert found["totals"]["config"] == {"freshness": None}
    assert "config" not in found["orders"]


def test_personal_data_is_marked() -> None:
    table = Table("people", "/people", "@", ["id"], {"id": "STRING", "mail": Column("STRING", pii=True)})
    columns = {column["name"]: column for column in sources(package_of(table))["people"]["columns"]}
    assert columns["mail"]["config"] == {"meta": {"pii": True}}
    assert "config" not in columns["id"]


# The folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_is_written_and_written_again_beside_what_is_not_its_own(tmp_path: Path) -> None:
    folder = tmp_path / "dbt_shop"
    larger, smaller = package_of(ORDERS, LINES), package_of()
    write_package(larger, folder)
    assert contents(folder).keys() == {*larger.files, LOCK}
    for own in ("models/marts/ours.sql", "target/manifest.json", "logs/dbt.log"):
        (folder / own).parent.mkdir(parents=True)
        (folder / own).write_text("ours")
    write_package(smaller, folder)
    assert contents(folder).keys() == {*smaller.files, LOCK, "models/marts/ours.sql", "target/manifest.json", "logs/dbt.log"}


def test_what_was_changed_by_hand_stays_unless_forced(tmp_path: Path) -> None:
    write_package(package_of(), tmp_path)
    changed = tmp_path / "models/staging/stg_shop.yml"
    changed.write_text("mine")
    before = contents(tmp_path)
    with pytest.raises(BuildError, match=r"changed by hand since it was written: models/staging/stg_shop\.yml\. Put"):
        write_package(package_of(), tmp_path)
    assert contents(tmp_path) == before
    write_package(package_of(), tmp_path, force=True)
    assert changed.read_bytes() == package_of().files["models/staging/stg_shop.yml"]


@pytest.mark.parametrize("force", [False, True])
def test_a_file_of_somebody_else_is_never_written_over(tmp_path: Path, force: bool) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: theirs")
    with pytest.raises(BuildError, match=r"did not write, where it would write its own \(dbt_project\.yml\)\. Move"):
        write_package(package_of(), tmp_path, force=force)
    assert contents(tmp_path) == {"dbt_project.yml": b"name: theirs"}


@pytest.mark.parametrize("force", [False, True])
def test_the_package_of_another_dataset_stays(tmp_path: Path, force: bool) -> None:
    write_package(package_of(dataset="other"), tmp_path)
    with pytest.raises(BuildError, match="holds the dbt package of other, not of shop"):
        write_package(package_of(), tmp_path, force=force)


def test_nothing_is_written_or_taken_away_outside_of_the_folder(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "dbt_shop"
    outside.mkdir()
    folder.mkdir()
    (folder / "models").symlink_to(outside)
    with pytest.raises(BuildError, match="would lead out of it"):
        write_package(package_of(), folder)
    (folder / "models").unlink()
    (outside / "kept").write_text("kept")
    (folder / LOCK).write_text('{"dataset": "shop", "files": {"../outside/kept": ""}}')
    with pytest.raises(BuildError, match=r"\.\./outside/kept would lead out of it"):
        write_package(package_of(), folder, force=True)
    assert contents(outside) == {"kept": b"kept"}


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BuildError, match="is no folder of its own"):
        write_package(package_of(), tmp_path / "file")


def test_what_was_written_is_told(tmp_path: Path) -> None:
    text = told(package_of(ORDERS, LINES), tmp_path)
    assert "2 tables (orders, order_lines), 6 tests." in text
    assert "dbt build" in text


# The command


def test_the_command_writes_what_is_switched_on(tmp_path: Path) -> None:
    output = tmp_path / "package"
    done = CliRunner().invoke(main, ["dbt", "mso", "--enable", "mso_products", "--output", str(output)], catch_exceptions=False)
    assert (done.exit_code, done.stderr) == (0, "")
    assert "2 tables (mso_records, mso_products), 10 tests" in done.output
    assert (output / "models/staging/stg_mso__products.sql").exists()
    done = CliRunner().invoke(main, ["dbt", "mso", "--output", str(output)], catch_exceptions=False)
    assert "1 table (mso_records), 2 tests" in done.output
    assert not (output / "models/staging/stg_mso__products.sql").exists()


def test_a_wrong_name_is_a_message(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["dbt", "mso", "--enable", "mso_product", "--output", str(tmp_path / "package")])
    assert done.exit_code == 2
    assert "mso_products" in done.stderr
    assert not (tmp_path / "package").exists()


def test_the_readme_says_how_it_was_made(tmp_path: Path) -> None:
    CliRunner().invoke(main, ["dbt", "fts", "--enable", "cost_per_hour,fts_technicians", "--output", str(tmp_path)])
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "again: `connector-build dbt fts --enable cost_per_hour,fts_technicians`\n" in text
