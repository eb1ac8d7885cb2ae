"""Fields that nobody declared: allowed, warned of, refused or left out, as the table or the build says."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.mimic import Mimic
from connector_build.api.world import World
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import URL, Run
from connector_core import (
    Aggregate,
    CursorPaginator,
    Parent,
    PluginError,
    Table,
    Transform,
    UnexpectedAnswer,
    count,
    flatten,
    hookimpl,
)
from connector_core.engine.records import RowMaker
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from sinks import Log

WORDS = ("allow", "warn", "fail", "drop")
COLUMNS = {"id": "LONG", "name": "STRING"}


def plugin(undeclared: Any = None, build: Any = None, transforms: tuple[Any, ...] = (), **more: Any) -> Assembly:
    class Jobs:
        @hookimpl
        def connector_tables(self) -> list[Table]:
            return [
                Table("jobs", "/jobs", "items", ["id"], {**COLUMNS, **more}, undeclared=undeclared),
                Table(
                    "parts",
                    "/jobs/{parent.not_declared}/parts",
                    "items",
                    ["job", "id"],
                    {"job": "LONG", **COLUMNS},
                    parent=PARENT,
                ),
            ]

        @hookimpl
        def connector_paginator(self, table: Table) -> CursorPaginator:
            return CursorPaginator()

        @hookimpl
        def connector_transforms(self, table: Table) -> list[Any]:
            return list(transforms) if table.name == "jobs" else []

        @hookimpl
        def connector_extra_tables(self, table: Table) -> list[Aggregate]:
            return [Aggregate("jobs_names", ["name"], {"jobs": count()})] if table.name == "jobs" else []

    return assemble([Plugin("jobs", Jobs())], undeclared=build)


PARENT = Parent("jobs", adds={"job": "id"})


def rows(records: list[dict[str, Any]], undeclared: Any = None, **more: Any) -> tuple[list[dict[str, Any]], Log]:
    log = Log()
    maker = RowMaker.of(plugin(undeclared, **more).tables[0], log)
    made = [row for page in (records[:1], records[1:]) for _, row in maker.rows(page, "jobs: GET /jobs")]
    return made, log  # type: ignore[return-value]  # nothing leaves a record out


RECORDS: list[dict[str, Any]] = [{"id": 1, "name": "a", "shoe": 41}, {"id": 2, "shoe": 42, "hat": None}, {"id": 3, "name": "c"}]


def test_by_default_they_arrive() -> None:
    made, log = rows(RECORDS)
    assert made == RECORDS
    assert log.lines == []


def test_a_warning_names_each_once() -> None:
    made, log = rows(RECORDS * 3, "warn")
    assert made == RECORDS * 3
    assert log.warnings == [
        'jobs: field shoe is not declared (41). Add "shoe": "LONG" to the table\'s columns, or drop it with a transform.',
        'jobs: field hat is not declared (None). Add "hat": "STRING" to the table\'s columns, or drop it with a transform.',
    ]
    _, log = rows([{"id": 1, "x": 0.1}], "warn")
    assert len(log.warnings) == 1  # and none about digits beside it


def test_a_failure_names_field_record_and_remedy() -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        rows(RECORDS, "fail")
    assert str(caught.value) == (
        'jobs: GET /jobs: record 1 (1) has the field shoe, which is not declared, and undeclared is "fail". '
        'Add "shoe": "LONG" to the table\'s columns, or drop it with a transform; or say undeclared="warn" in the table, or '
        "when it is built: --undeclared warn."
    )
    assert rows(RECORDS[2:], "fail")[0] == RECORDS[2:]


def test_they_are_left_out() -> None:
    made, log = rows(RECORDS * 2, "drop")
    assert made == [{"id": 1, "name": "a"}, {"id": 2}, {"id": 3, "name": "c"}] * 2
    assert log.lines == [
        'info: jobs: field shoe is not declared and is left out, as undeclared is "drop".',
        'info: jobs: field hat is not declared and is left out, as undeclared is "drop".',
    ]
    assert RECORDS[0] == {"id": 1, "name": "a", "shoe": 41}  # what came stays as it came


def test_what_is_left_out_is_in_nobodys_way() -> None:
    made, _ = rows([{"id": 1, "shoeSize": 1, "shoe_size": 2, "_fivetran_synced": 3}], "drop")
    assert made == [{"id": 1}]


def test_what_a_transform_takes_away_or_declares_is_no_stranger() -> None:
    made, _ = rows(
        [{"id": 1, "at": {"x": 1, "y": 2}}], "drop", transforms=(Transform("flat", flatten("at"), columns={"at_x": "LONG"}),)
    )
    assert made == [{"id": 1, "at_x": 1}]


@pytest.mark.parametrize(("table", "build", "wanted"), [(None, None, "allow"), (None, "drop", "drop"), ("warn", "fail", "warn")])
def test_the_table_has_the_last_word(table: Any, build: Any, wanted: str) -> None:
    found = plugin(table, build)
    assert found.tables[0].undeclared == wanted
    assert found.tables[1].undeclared == (build or "allow")


@pytest.mark.parametrize(("table", "build"), [("ignore", None), (None, "ignore"), (True, None)])
def test_another_word_is_refused(table: Any, build: Any) -> None:
    with pytest.raises(PluginError, match="undeclared"):
        plugin(table, build)


NAMES = st.sampled_from(["name", "shoe", "hat", "size"])
ANY = st.none() | st.integers(-9, 9) | st.text(max_size=2) | st.floats(-1, 1)


@given(st.lists(st.dictionaries(NAMES, ANY), max_size=5), st.sampled_from(WORDS))
def test_declared_columns_are_the_same_whatever_the_word(records: list[dict[str, Any]], word: str) -> None:
    given = [{"id": number, **record} for number, record in enumerate(records)]
    allowed, _ = rows(given)
    strangers = {name for record in given for name in record} - COLUMNS.keys()
    if word == "fail" and strangers:
        with pytest.raises(UnexpectedAnswer, match='undeclared is "fail"'):
            rows(given, word)
        return
    made, log = rows(given, word)
    assert [{name: row[name] for name in row if name in COLUMNS} for row in made] == [
        {name: row[name] for name in row if name in COLUMNS} for row in allowed
    ]
    assert word == "drop" or made == allowed
    if word in ("warn", "drop"):
        assert len(log.lines) == len(strangers)


@pytest.mark.parametrize("word", ["allow", "warn", "drop"])
def test_a_sync_with_extra_and_child_tables(word: str) -> None:
    """The children are asked for by a field of the parent that is not declared: it is what the API sent that counts."""
    assembly = plugin(build=word)
    world = World(assembly, count_of=7)
    warehouse = Warehouse(assembly)
    run = Run(page_size=3, threads=1)
    for _ in range(2):
        run.sync(assembly, warehouse, Mimic(assembly, world, URL).reply)
        assert_exact(assembly, warehouse)
        assert len(warehouse.live("jobs")) == 7
        assert warehouse.live("parts")
        for table in ("jobs", "parts"):
            assert all(("not_declared" in row) == (word != "drop") for row in warehouse.live(table).values())
        world.change(assembly.tables[0], 2)
