"""The examples of docs/sources.md about settings, lists, chains, rows, keys and deletes, against a small server."""

import re
from types import ModuleType
from typing import Any

import pytest

import connector_core
from cases.support import Api, Call, Connection, serving
from connector_build.api.mimic import Mimic
from connector_build.api.world import World
from connector_build.testing.contract.check_syncs import assert_sources
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import URL, Run, signed
from connector_core import Table, hookimpl
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.source.pagination import Page, Request
from places import ROOT

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
EXAMPLES = dict(re.findall(r"^### ([^\n]+)\n\n(?:(?!^##).)*?^```python\n(.*?)^```$", SOURCES, re.M | re.S))


def connected(title: str, api: Api, **configuration: str) -> Connection:
    module = ModuleType("connector_example")
    exec(compile(EXAMPLES[title], "sources.md", "exec"), module.__dict__)  # noqa: S102  (our own page)
    assembly = assemble([Plugin("connector-example", module)])
    return Connection(assembly, api, Warehouse(assembly), configuration)


def test_children_of_children() -> None:
    said: dict[str, dict[str, Any]] = {
        "/guilds": {"guilds": [{"id": "g"}]},
        "/guilds/g/channels": {"channels": [{"id": "c"}, {"id": "d"}]},
        "/guilds/g/channels/c/messages": {"messages": [{"id": "m", "text": "hello"}]},
        "/guilds/g/channels/d/messages": {"messages": []},
    }
    with serving(lambda call: {**said[call.path], "next_cursor": None}) as api:
        connection = connected("Children of children", api)
        connection.sync()
        assert connection.rows("messages") == [{"guild_id": "g", "channel_id": "c", "id": "m", "text": "hello"}]


def test_one_feed_for_each_value_of_a_list() -> None:
    with serving(lambda _: {"issues": [{"number": 1, "title": "t"}], "next_cursor": None}) as api:
        connection = connected("One feed for each value of a list", api, owner="us", repositories="core, plugins")
        connection.sync()
        assert {call.path for call in api.calls} == {"/repos/us/core/issues", "/repos/us/plugins/issues"}
        assert {row["repository"] for row in connection.rows("issues")} == {"core", "plugins"}


@pytest.mark.parametrize("site", ["", "north"])
def test_settings_in_requests(site: str) -> None:
    with serving(lambda _: {"shifts": [], "next_cursor": None}) as api:
        connected("Settings in requests", api, account="a b", site=site, start_date="2024-01-31").sync()
        [call] = api.calls
        assert call.path == "/accounts/a%20b/shifts"
        assert call.query.get("since") == "2024-01-31"
        assert call.query.get("site") == (site or None)


def test_rows_made_of_an_answer() -> None:
    with serving(lambda _: {"date": "2026-01-02", "rates": {"EUR": 1.1, "USD": 1.2}}) as api:
        connection = connected("Rows made of an answer", api)
        connection.sync()
        rows = connection.rows("rates")
        assert [(row["base"], row["currency"], row["rate"]) for row in rows if row["currency"] == "EUR"] == [("CHF", "EUR", 1.1)]
        assert len(rows) == 2


STEPS = re.findall(r"^\| `((?:exploded|columns_to_rows|keyed|values)\(.*?\))` \| `(.*?)` → (.*?) \|$", SOURCES, re.M)


@pytest.mark.parametrize(("step", "record", "made"), STEPS, ids=[step[0][:30] for step in STEPS])
def test_what_the_steps_make(step: str, record: str, made: str) -> None:
    call = eval(step, vars(connector_core))  # noqa: S307  (our own page)
    found = list(call(Page({}, [eval(record)]), Request("/")))  # noqa: S307
    assert found == [eval(each) for each in re.findall(r"`(.*?)`", made)]  # noqa: S307


def test_there_are_steps_to_try() -> None:
    assert len(STEPS) == 5


def test_a_table_without_a_key() -> None:
    readings = [{"sensor": "a", "at": "2026-01-01T00:00:00Z", "value": 1.5}] * 2
    with serving(lambda _: {"readings": readings, "next_cursor": None}) as api:
        connection = connected("A table without a key", api)
        connection.sync()
        assert len(connection.rows("readings")) == 1


def test_deletes_that_another_table_tells_of() -> None:
    crews: list[dict[str, Any]] = [{"id": "a", "at": 1}, {"id": "b", "at": 2}]
    events: list[dict[str, Any]] = []

    def answer(call: Call) -> Any:
        return {"events": events, "crews": crews, "next_cursor": None}

    with serving(answer) as api:
        connection = connected("Deletes that another table tells of", api)
        connection.sync()
        crews.pop()
        events.append({"id": "e", "at": 3, "type": "crew.merged", "data": {"object": {"id": "b"}}})
        connection.sync()
        assert connection.ids("crews") == ["a"]


def test_rows_that_are_no_longer_there() -> None:
    crews: list[dict[str, Any]] = [{"id": "a", "at": 1}, {"id": "b", "at": 2}]
    with serving(lambda _: {"crews": crews[-1:], "ids": crews, "next_cursor": None}) as api:
        connection = connected("Rows that are no longer there", api)
        connection.sync()
        crews.insert(0, {"id": "c", "at": 3})
        crews.pop(1)
        connection.sync()
        assert connection.ids("crews") == ["b"]


WANTED = {
    "rows made of an answer": ["Rows made of an answer", "A table without a key"],
    "configuration in requests": ["Settings in requests", "One feed for each value of a list"],
    "a nested list as a table of its own": ["A nested list as a table of its own"],
    "a position or filter elsewhere": ["Where a position stands", "A filter around the time", "Times in another notation"],
    "data at another origin": ["Links to another host, without credentials", "Export jobs"],
    "children of children": ["Children of children"],
    "a feed that is read until what is known": ["Newest first"],
    "deletes by comparing": ["Deletes that another table tells of", "Rows that are no longer there"],
    "an export job": ["Export jobs"],
    "formats": ["Form-encoded requests", "XML", "Zip archives"],
}
"""What is missing from a connector framework, by the connectors that people write, and the sections that are about it."""


@pytest.mark.parametrize("title", dict.fromkeys(title for titles in WANTED.values() for title in titles))
def test_the_example_runs(title: str) -> None:
    """Three syncs from an API that is simulated, with changes between."""
    module = ModuleType("connector_example")
    exec(compile(EXAMPLES[title], "sources.md", "exec"), module.__dict__)  # noqa: S102  (our own page)
    if not hasattr(module, "connector_tables"):
        columns = {"id": "STRING", "updatedAt": "UTC_DATETIME"}
        vars(module)["connector_tables"] = hookimpl(lambda: [Table("shifts", "/shifts", "shifts", ["id"], columns)])
    assembly = signed(assemble([Plugin("connector-example", module)]))
    world = World(assembly)
    api, warehouse = Mimic(assembly, world, URL), Warehouse(assembly)
    for _ in range(3):
        Run().sync(assembly, warehouse, api.reply)
        assert_sources(assembly, world, warehouse)
        assert_exact(assembly, warehouse)
        assert world.move_on(3, 2, 1)[0]
