"""Singer messages say what the operations did, whatever these are, and each is as the specification has it."""

import json
from io import StringIO
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector_build.destinations.layout import layouts
from connector_build.destinations.singer import Singer
from connector_build.destinations.singer_types import schema_of
from connector_build.testing.warehouse.memory import Warehouse
from histories import OPERATIONS, assembled
from landed import Together
from singer_support import Landed


@settings(max_examples=40)
@given(st.lists(OPERATIONS, max_size=25))
def test_any_history(history: list[tuple[Any, ...]]) -> None:
    """A run ends where the history says crash; whatever it has said has landed."""
    assembly = assembled(full_refresh=True)
    warehouse, target = Warehouse(assembly), Landed(layouts(assembly))
    for run in _runs(history):
        with target.told(StringIO()) as singer:
            both = Together(warehouse, singer)
            for kind, *arguments in run:
                getattr(both, kind)(*(arguments or [{"said": kind}]))
            both.checkpoint({})
        target.assert_same(warehouse)


def _runs(history: list[tuple[Any, ...]]) -> list[list[tuple[Any, ...]]]:
    runs: list[list[tuple[Any, ...]]] = [[]]
    for operation in history:
        if operation[0] == "crash":
            runs.append([])
        else:
            runs[-1].append(operation)
    return runs


def test_everything_anew_leaves_what_was_there_behind() -> None:
    assembly = assembled()
    warehouse, target = Warehouse(assembly), Landed(layouts(assembly))
    with target.told(StringIO()) as singer:
        singer.upsert("crew_notes", {"note": "old", "size": 1})
        singer.checkpoint({"at": 1})
    with target.told(StringIO(), fresh=True) as singer:
        assert singer.state == {}
        Together(warehouse, singer).upsert("crew_notes", {"note": "new", "size": 1})
        singer.checkpoint({"at": 2})
    target.assert_same(warehouse)


def test_a_state_as_fivetran_keeps_it_is_taken_over() -> None:
    singer = Singer(StringIO(), layouts(assembled()), {"next_cursor": "abc"})
    singer.open()
    assert singer.state == {"next_cursor": "abc"}


def test_a_column_that_came_and_widened_is_said_before_its_record() -> None:
    out = StringIO()
    singer = Singer(out, layouts(assembled({"id": "LONG"}, ["id"])))
    singer.open()
    for value in (1, 2.5, None, "text", 5):
        singer.upsert("crew_items", {"id": 1, "someThing": value})
    told = [json.loads(line) for line in out.getvalue().splitlines()][2:]
    assert [each["type"] for each in told] == ["SCHEMA", "RECORD", "SCHEMA", "RECORD", "RECORD", "SCHEMA", "RECORD", "RECORD"]
    schemas = [each["schema"]["properties"]["some_thing"]["type"][0] for each in told if each["type"] == "SCHEMA"]
    assert schemas == ["integer", "number", "string"]
    assert [each["record"]["some_thing"] for each in told if each["type"] == "RECORD"] == [1, 2.5, None, "text", "5"]


def test_decimals() -> None:
    layout = layouts(assembled({"id": "LONG", "a": "DECIMAL(5,2)", "b": "DECIMAL(38,9)"}, ["id"]))["crew_items"]
    properties = schema_of(layout)["properties"]
    assert properties["id"] == {"type": "integer"}
    assert properties["a"] == {"type": ["number", "null"], "multipleOf": 0.01}
    assert properties["b"] == {"type": ["number", "null"]}
