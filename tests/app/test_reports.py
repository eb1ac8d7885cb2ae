"""The AI section without its page: facts, prompts, plain reports, citations and the store."""

import json
from pathlib import Path

import pytest

from app_support import Row, warehouse
from connector_app.asking.measures import mean, summed
from connector_app.asking.rows import Rows
from connector_app.data.dictionary import Column, as_dictionary, read_dictionary
from connector_app.reports.facts import Fact, fact, facts_of_top, usable
from connector_app.reports.store import Report, changes, forget, keep, kept_reports
from connector_app.reports.writing import NO_MODEL, CortexModel, PlainModel, cited, prompt
from connector_build.catalog.dictionary import dictionary_of
from connector_build.project.making import assembled

TASKS: list[Row] = [(str(n), "AB"[n % 2], "k", 100.0 * n, n, None, "a secret note", False) for n in range(1, 5)]


A = {"type": "LONG", "description": "x"}
B = {"name": "B", "type": "STRING"}


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return Rows(warehouse(tmp_path, TASKS), "tasks")


def gathered(rows: Rows) -> list[Fact]:
    return [fact(rows, summed("cost", "total cost", "USD")), *facts_of_top(rows, "crew", mean("cost", "average cost", "USD"), 1)]


def test_a_fact_names_the_query_that_gave_it(rows: Rows) -> None:
    total = fact(rows.only("crew", "A"), summed("cost", "total cost", "USD"))
    assert (total.value, total.line(1)) == (600.0, "[1] total cost: 600 USD")
    assert total.query.startswith("SELECT SUM(cost) AS value FROM")
    assert total.query.endswith("-- bound: 'A'")


def test_a_prompt_holds_the_facts_and_nothing_else_of_the_data(rows: Rows) -> None:
    asked = prompt("Tasks", "Financial impact", "no filter", gathered(rows))
    assert "[1] total cost: 1,000 USD\n[2] average cost, crew A (2 records): 300 USD" in asked
    assert "secret note" not in asked


def test_a_report_without_a_model_says_so_and_cites_every_fact(rows: Rows) -> None:
    facts = gathered(rows)
    text = CortexModel(rows.session, "llama3.1-8b").complete(prompt("Tasks", "Financial impact", "crew: A", facts))
    assert text == PlainModel().complete(prompt("Tasks", "Financial impact", "crew: A", facts))
    assert text.startswith("### Financial impact\n\nFilters: crew: A.\n\n- total cost: 1,000 USD [1]\n")
    assert NO_MODEL in text
    found = cited(text, facts)
    assert (found.known, found.unknown, found.uncited, found.foreign, found.sound) == ((1, 2, 3), (), (), (), True)


@pytest.mark.parametrize(
    ("text", "known", "unknown", "foreign"),
    [
        ("All is well.", (), (), ()),
        ("It cost 1,000 USD [1], or 1000 [1].", (1,), (), ()),
        ("See [1, 3] and [2-3].", (1, 2, 3), (), ()),
        ("As [7] says, [0].", (), (0, 7), ()),
        ("Savings of 4,321 USD [2] in 2026.", (2,), (), ("4,321", "2026")),
        ("A list [1]; [2].", (1, 2), (), ()),
    ],
)
def test_what_a_report_cites(
    rows: Rows, text: str, known: tuple[int, ...], unknown: tuple[int, ...], foreign: tuple[str, ...]
) -> None:
    found = cited(text, gathered(rows))
    assert (found.known, found.unknown, found.foreign) == (known, unknown, foreign)
    assert found.sound is (bool(known) and not unknown)
    assert ("read it with care" in found.words(3)) is (not known)


def test_facts_without_a_value_are_not_told(rows: Rows) -> None:
    none = fact(rows.where("cost > 9999"), mean("cost"))
    assert none.value is None
    assert usable([none, Fact("a", 1.0)]) == [Fact("a", 1.0)]


def test_reports_are_kept_beside_the_warehouse_read_compared_and_removed(rows: Rows, tmp_path: Path) -> None:
    first = keep(rows.session, Report("Tasks", "Financial impact", "no filter", "none", gathered(rows), "O'Brien says ?"))
    second = keep(rows.session, Report("Tasks", "Financial impact", "crew: A", "none", [Fact("total cost", 600.0, "USD")], "b"))
    keep(rows.session, Report("Other", "f", "no filter", "none", [], "c"))
    assert (tmp_path / "app_reports.sqlite").is_file()
    found = {report.id: report for report in kept_reports(rows.session, "Tasks")}
    assert found == {first.id: first, second.id: second}
    assert changes(first, second)[0] == ("total cost", first.facts[0], second.facts[0])
    assert "## Facts\n\n[1] total cost: 1,000 USD" in first.markdown()
    forget(rows.session, first)
    assert [report.id for report in kept_reports(rows.session, "Tasks")] == [second.id]


def test_a_debug_run_that_rewrites_the_warehouse_leaves_the_reports(rows: Rows, tmp_path: Path) -> None:
    kept = keep(rows.session, Report("Tasks", "f", "no filter", "none", [], "text"))
    (tmp_path / "warehouse.db").unlink()
    assert kept_reports(rows.session, "Tasks") == [kept]


@pytest.mark.parametrize(
    "value",
    [
        {"tables": {"T": {"description": "d", "primary_key": ["ID"], "columns": {"A": A, "B": "STRING"}}}},
        {"tables": [{"name": "T", "description": "d", "primary_key": ["ID"], "columns": [{"name": "A", **A}, B]}]},
        [{"name": "t", "description": "d", "primary_key": "id", "columns": {"a": A, "b": "STRING"}}],
    ],
)
def test_a_dictionary_of_any_known_shape(value: object, tmp_path: Path) -> None:
    file = tmp_path / "dictionary.json"
    file.write_text(json.dumps(value))
    found = read_dictionary(file)
    assert found.column("t", "a") == Column("LONG", "x")
    assert found.column("T", "B") == Column("STRING", "")
    assert (found.table("t").description, list(found.table("t").primary_key)) == ("d", ["id"])
    assert found.describe("t", "unit_price") == "unit price"


@pytest.mark.parametrize("text", ["", "[", "3", '{"tables": 3}', '[["a"]]', '{"tables": {"t": {"columns": [3]}}}'])
def test_a_dictionary_that_is_none_knows_nothing(text: str, tmp_path: Path) -> None:
    file = tmp_path / "dictionary.json"
    file.write_text(text)
    assert read_dictionary(file).column("t", "a") == Column()
    assert as_dictionary(None) == read_dictionary(tmp_path / "none.json")


def test_the_dictionary_of_a_dataset_is_read_whole() -> None:
    """What `connector_build` makes is what the app kit reads, although neither imports the other."""
    assembly, _ = assembled("mso", enable=["mso_products"])
    made = dictionary_of(assembly, "mso")
    found = as_dictionary(json.loads(json.dumps(made.as_json())))
    assert {(table, name, column.type) for table, each in found.tables.items() for name, column in each.columns.items()} == {
        (table.stored_name, column.stored_name, column.type) for table in made.tables for column in table.columns
    }
    assert "cost of the material" in found.describe("mso_records", "material_cost")
    assert list(found.table("mso_products").primary_key) == ["product_id"]
    (relation,) = found.relations
    assert (relation.child, relation.parent, relation.columns) == ("mso_records", "mso_products", ("product_id",))
