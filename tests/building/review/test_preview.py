"""`connector-build preview`: the first page of each table, with types, from the real API or from recorded pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector_build.api.messages import Asked, Reply, json_reply
from connector_build.api.server import ApiServer
from connector_build.cli.main import main
from connector_build.review.preview import Column
from connector_build.review.preview_shown import cell
from distributions import install_dataset

PLUGIN = """
from connector_core import ApiKeyHeader, DerivedField, Each, Parent, Setting, SinglePage, Table, hookimpl, lower


@hookimpl
def connector_tables():
    return [
        Table("seen_ships", "/ships", "ships", ["id"], {"id": "LONG", "tons": "DOUBLE", "flag": "STRING", "name": "STRING"}),
        Table(
            "seen_trips", "/ships/{parent.id}/trips", "trips", ["ship", "no"], {"ship": "LONG", "no": "LONG"},
            parent=Parent("seen_ships", {"ship": "id"}),
        ),
        Table(
            "seen_ports", "/ports/{each.value}", "ports", ["id"], {"id": "STRING", "country": "STRING"},
            each=Each("countries", {"country": "value"}),
        ),
        Table("seen_none", "/none", "none", ["id"], {"id": "LONG"}),
    ]


@hookimpl
def connector_auth():
    return ApiKeyHeader("X-Key")


@hookimpl
def connector_settings():
    return [Setting("countries", kind="list")]


@hookimpl
def connector_transforms(table):
    return [DerivedField("kind", lower("name"))] if table.name == "seen_ships" else []


@hookimpl
def connector_paginator(table):
    return SinglePage()
"""
KEY = "c4nary-key-of-preview"
SHIPS = [{"id": 1, "tons": 2.5, "name": "ANNA", "built": {"year": 1990, "by": None}, "crew": ["a", "b"]}, {"id": 2, "name": KEY}]


def answer(asked: Asked) -> Reply:
    assert asked.headers["x-key"] == KEY
    found: dict[str, Any] = {
        "/ships": {"ships": SHIPS},
        "/ships/1/trips": {"trips": [{"no": 7, "left": "2026-01-01"}]},
        "/ports/BE": {"ports": [{"id": "ANR"}]},
        "/ships/2/trips": {"trips": []},
        "/ports/NL": {"ports": []},
        "/none": {"none": []},
    }
    return json_reply(found[asked.path]) if asked.path in found else Reply(404)


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    install_dataset(tmp_path, "seen", PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    with ApiServer(answer) as server:
        Path("c.json").write_text(json.dumps({"base_url": server.url, "api_key": KEY, "countries": "BE, NL"}))
        yield server
        assert server.errors == []


def preview(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["preview", "seen", *arguments])


def test_each_table_is_shown_with_its_types(api: ApiServer) -> None:
    done = preview("--configuration", "c.json")
    assert done.exit_code == 0, done.output
    assert KEY not in done.output
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    for wanted in (
        "seen_ships: 2 of 2 records of GET /ships",
        "id LONG key 1 2",
        "tons DOUBLE 2.5",
        "flag STRING (in no record)",
        "kind STRING anna ***",
        "built JSON (not declared) year: 1990",
        "by: null",
        "crew JSON (not declared) - a",
        "seen_trips: 1 of 1 record of GET /ships/1/trips",
        "ship LONG key 1",
        "left NAIVE_DATE (not declared) 2026-01-01",
        "seen_ports: 1 of 1 record of GET /ports/BE",
        "country STRING BE",
        "seen_none",
        "no rows: no records came (GET /none)",
    ):
        assert wanted in lines
    assert [request.path for request in api.requests] == ["/ships", "/ships", "/ships/1/trips", "/ports/BE", "/none"]


def test_one_table_as_json(api: ApiServer) -> None:
    done = preview("seen_ships", "--configuration", "c.json", "--json", "--rows", "1")
    [found] = json.loads(done.stdout)
    assert found["rows"] == [{**SHIPS[0], "kind": "anna"}]
    assert (found["records"], found["more"], found["request"]) == (2, False, "GET /ships")
    assert {"name": "crew", "type": "JSON", "declared": False, "key": False, "found": True} in found["columns"]


def test_recorded_pages_stand_in_for_the_api(api: ApiServer) -> None:
    assert CliRunner().invoke(main, ["record", "seen", "--configuration", "c.json", "--output", "p.json"]).exit_code == 0
    asked = len(api.requests)
    done = preview("seen_ports", "--pages", "p.json")
    assert done.exit_code == 0, done.output
    assert "seen_ports: 1 of 1 record of GET /ports/BE" in done.output
    assert len(api.requests) == asked


def test_a_table_that_cannot_be_read_does_not_hide_the_others(api: ApiServer) -> None:
    api.respond("/ships", status=403, json={"why": KEY}, times=None)
    done = preview("--configuration", "c.json")
    assert done.exit_code == 1
    assert "no rows: seen_ships: GET /ships: 403" in done.output
    assert "seen_ports: 1 of 1 record" in done.output
    assert KEY not in done.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Say where pages come from"),
        (["--pages", "p.json", "--configuration", "c.json"], "Say where pages come from"),
        (["--pages", "p.json"], "p.json is no recording that can be read"),
        (["--configuration", "d.json"], "d.json: cannot be read"),
        (
            ["seen_ship", "--configuration", "c.json"],
            "'seen_ship' is no table (did you mean seen_ships?). Tables with pages: seen_ships",
        ),
        (["--rows", "0", "--configuration", "c.json"], "0 is not in the range"),
    ],
)
def test_wrong_use_is_one_message(arguments: list[str], message: str, api: ApiServer) -> None:
    done = preview(*arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert api.requests == ()


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        ("a\x1b[31m\nb", "a [31m b"),
        ("x" * 60, "x" * 39 + "…"),
        ({}, "{}"),
        ({"a": 1, "b": {"c": [1, {"d": None}]}}, "a: 1\nb:\n  c:\n    - 1\n    - d: null"),
        (list(range(9)), "- 0\n- 1\n- 2\n- 3\n- 4\n… 4 more lines"),
    ],
)
def test_a_value_is_readable(value: Any, shown: str) -> None:
    assert cell({"it": value}, Column("it", "", declared=True)) == shown
