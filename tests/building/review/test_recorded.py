"""`connector-build record`: the file, what has drifted from it, and its exit codes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector_build.api.server import ApiServer
from connector_build.cli.main import main
from distributions import install_dataset

PLUGIN = """
from connector_core import ApiKeyHeader, NextLinkPaginator, Table, hookimpl


@hookimpl
def connector_tables():
    return [Table("drifting_items", "/items", "data.items", ["id"], {"id": "LONG"})]


@hookimpl
def connector_auth():
    return ApiKeyHeader("X-Key")


@hookimpl
def connector_paginator(table):
    return NextLinkPaginator("paging.next")
"""
ITEM = {"id": 1, "price": 2, "on": "2026-01-01", "to": {"city": "Ghent", "zip": None}, "tags": ["a"]}
PAGE: dict[str, Any] = {"data": {"items": [ITEM, {**ITEM, "id": 2}]}, "paging": {"next": None}}


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    install_dataset(tmp_path, "drifting", PLUGIN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    with ApiServer() as server:
        Path("c.json").write_text(json.dumps({"base_url": server.url, "api_key": "c4nary-key"}))
        yield server


def record(*more: str) -> Result:
    return CliRunner().invoke(main, ["record", "drifting", "--configuration", "c.json", *more])


def answers(api: ApiServer, **changes: Any) -> None:
    """The one page, with *changes* of its two records; a change to ... leaves the field out."""
    kept = {name: value for name, value in {**ITEM, **changes}.items() if value is not ...}
    page = {**PAGE, "data": {"items": [kept, {**kept, "id": 2}]}}
    api.answering = None
    api.respond("/items", json=page, times=1)


def drift(api: ApiServer, **changes: Any) -> tuple[int, list[tuple[str, str, str]]]:
    answers(api)
    assert record("--force").exit_code == 0
    before = Path("drifting.pages.json").read_bytes()
    answers(api, **changes)
    done = record("--again", "--json")
    assert Path("drifting.pages.json").read_bytes() == before
    found = json.loads(done.stdout)
    return done.exit_code, [(each["level"], each["what"], each["message"]) for each in found["drift"]]


def test_it_writes_a_file_and_says_what_to_do_with_it(api: ApiServer) -> None:
    answers(api)
    done = record()
    assert done.exit_code == 0, done.output
    assert "Wrote drifting.pages.json: 1 answer (1 for drifting_items)." in done.output
    assert "connector-build demo drifting --pages drifting.pages.json" in done.output
    assert "c4nary" not in Path("drifting.pages.json").read_text()


def test_a_recording_is_not_replaced_unless_it_is_said(api: ApiServer) -> None:
    Path("drifting.pages.json").write_text("mine")
    done = record()
    assert done.exit_code == 2
    assert "drifting.pages.json is there already. Write --again" in done.output
    assert Path("drifting.pages.json").read_text() == "mine"
    assert api.requests == ()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--update"], "--update is for --again"),
        (["--again", "--force"], "Leave one of them out"),
        (["--again"], "is not there, so nothing can have drifted from it"),
        (["--output", "nowhere/pages.json"], "nowhere/pages.json cannot be written: No such file or directory"),
        (["--configuration", "none.json"], "none.json: cannot be read"),
        (["--max-requests", "0"], "0 is not in the range"),
    ],
)
def test_wrong_use_is_one_message(arguments: list[str], message: str, api: ApiServer) -> None:
    answers(api)
    done = record(*arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert not Path("drifting.pages.json").exists()


def test_a_recording_that_cannot_be_read_is_no_base(api: ApiServer) -> None:
    Path("drifting.pages.json").write_text("{}")
    done = record("--again")
    assert done.exit_code == 2
    assert "drifting.pages.json is no recording that can be read" in done.output
    assert "connector-build record NAME" in done.output
    assert api.requests == ()


def test_an_api_that_refuses_leaves_nothing_behind(api: ApiServer) -> None:
    api.respond("/items", status=401, times=None)
    done = record()
    assert done.exit_code == 2  # as a configuration that cannot be used
    assert "c4nary" not in done.output
    assert not Path("drifting.pages.json").exists()


@pytest.mark.parametrize(
    ("changes", "code", "found"),
    [
        ({}, 0, []),
        ({"price": 3, "on": "2026-02-02"}, 0, []),
        ({"tags": []}, 0, []),
        ({"price": 2.5}, 10, [("look", "price", "was whole number and is float")]),
        ({"price": "2"}, 20, [("breaks", "price", "was whole number and is text")]),
        ({"price": None}, 10, [("look", "price", "is null in 2 of 2, and never was before")]),
        ({"on": "soon"}, 20, [("breaks", "on", "was date and is text")]),
        ({"on": "2026-01-01T10:00:00Z"}, 10, [("look", "on", "was date and is time")]),
        ({"on": ...}, 20, [("breaks", "on", "is gone")]),
        ({"new": True}, 10, [("look", "new", "is new: boolean")]),
        ({"to": {"city": "Ghent"}}, 20, [("breaks", "to.zip", "is gone")]),
        ({"to": {"city": "Ghent", "zip": 9000}}, 0, []),
    ],
    ids=repr,
)
def test_what_has_drifted_is_told_by_its_weight(changes: Any, code: int, found: Any, api: ApiServer) -> None:
    assert drift(api, **changes) == (code, found)


@pytest.mark.parametrize(
    ("page", "what", "level"),
    [
        ({"data": PAGE["data"], "paging": {"next": None, "total": 2}}, "paging.total beside the records", "look"),
        ({"data": {**PAGE["data"], "count": 5}, "paging": {"next": None}}, "data.count beside the records", "look"),
        ({"data": {"items": []}, "paging": {"next": None}}, "records", "breaks"),
    ],
)
def test_what_stands_beside_the_records_is_compared_too(page: Any, what: str, level: str, api: ApiServer) -> None:
    answers(api)
    assert record().exit_code == 0
    api.respond("/items", json=page)
    done = record("--again", "--json")
    assert [(each["level"], each["what"]) for each in json.loads(done.stdout)["drift"]] == [(level, what)]


def test_another_setting_is_told_before_what_may_come_from_it(api: ApiServer) -> None:
    answers(api)
    assert record().exit_code == 0
    given = json.loads(Path("c.json").read_text())
    Path("c.json").write_text(json.dumps({**given, "page_size": "7"}))
    answers(api)
    done = record("--again", "--json")
    assert done.exit_code == 10
    [found] = json.loads(done.stdout)["drift"]
    assert (found["what"], found["message"]) == ("setting page_size", "was 100 and is 7 in this recording")


def test_an_update_accepts_what_has_drifted(api: ApiServer) -> None:
    answers(api)
    assert record().exit_code == 0
    answers(api, price="2")
    refused = record("--again")
    assert refused.exit_code == 20
    assert "breaks" in refused.output
    assert "drifting.pages.json stays as it is. Accept what has drifted with --again --update." in refused.output
    answers(api, price="2")
    accepted = record("--again", "--update")
    assert accepted.exit_code == 0
    assert "was whole number and is text" in accepted.output
    answers(api, price="2")
    assert record("--again").output.startswith("Nothing has drifted.")
