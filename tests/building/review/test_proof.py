"""Rows of two connectors held against a recording: what differs, and which of them is right. No connector runs here."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.messages import Asked
from connector_build.api.recording import Recorded, Recording
from connector_build.local.fivetran import TableRows
from connector_build.review.diff import compare
from connector_build.review.proof.answering import Routed
from connector_build.review.proof.differences import differences
from connector_build.review.proof.proof import paired
from connector_build.review.proof.truth import Truth, key_of, truths
from connector_build.review.proof.values import SDK_TYPES, fault, single
from connector_build.review.retyped import retyped
from connector_core import ApiKeyQuery, Each, OAuth2ClientCredentials, OffsetPaginator, Setting, Table, hookimpl
from connector_core.plugin.assembly import Plugin, assemble

ROWS = [
    {"id": "1", "price": 0.1, "on": date(2026, 1, 1), "name": "a"},
    {"id": "2", "price": 0.2, "on": date(2026, 1, 2), "name": None},
    {"id": "3", "price": 0.5, "on": None, "name": "c"},
]
COLUMNS = {"id": "STRING", "price": "DOUBLE", "on": "NAIVE_DATE", "name": "STRING"}
TYPES = {"id": "VARCHAR", "price": "DOUBLE", "on": "DATE", "name": "VARCHAR"}
KEYS = [(str(row["id"]),) for row in ROWS]


def truth(rows: Sequence[Mapping[str, Any]] = ROWS, **more: Any) -> Truth:
    pages = [frozenset({KEYS[0]}), frozenset({KEYS[1], KEYS[2]})]
    fields = frozenset({"id", "price", "on", "name", "extra"})
    return Truth("it", ("id",), COLUMNS, {key_of(row, ["id"]): dict(row) for row in rows}, 3, pages, fields, **more)


def stored(rows: Sequence[Mapping[str, Any]] = ROWS, **types: str) -> TableRows:
    kinds = {name: kind for name, kind in {**TYPES, **types}.items() if kind}
    return TableRows("it", kinds, [tuple(row.get(name) for name in kinds) for row in rows], len(rows), 0, "tester.it")


def changed(number: int, **values: Any) -> list[dict[str, Any]]:
    return [{**row, **values} if at == number else dict(row) for at, row in enumerate(ROWS)]


NOTHING = TableRows("it", {}, (), 0)


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        (stored(), stored(), []),
        (NOTHING, stored(), [("", "missing table", 3, "new")]),
        (stored(), NOTHING, [("", "missing table", 3, "unknown")]),
        (stored(ROWS[:1]), stored(), [("", "missing rows", 2, "new")]),
        (stored(ROWS[1:]), stored(ROWS[1:]), [("", "missing rows", 1, "neither")]),
        (stored(), stored(ROWS[:2]), [("", "missing rows", 1, "old")]),
        (stored([*ROWS, {"id": "4"}]), stored(), [("", "other rows", 1, "new")]),
        (stored(), stored([*ROWS, {"id": "4"}]), [("", "other rows", 1, "unknown")]),
        (stored(changed(0, price=single(0.1)), price="FLOAT"), stored(), [("price", "32-bit float", 1, "new")]),
        (stored(changed(0, name=None)), stored(), [("name", "null", 1, "new")]),
        (stored(), stored(changed(0, name=None)), [("name", "null", 1, "old")]),
        (stored(changed(0, name="z")), stored(changed(0, name="y")), [("name", "value", 1, "neither")]),
        (stored(name=""), stored(), [("name", "missing column", 3, "new")]),
        (stored(), stored(name=""), [("name", "missing column", 3, "old")]),
        (stored(changed(0, on="2026-01-01"), on="VARCHAR"), stored(), [("on", "date as text", 3, "new")]),
        (stored([{**row, "made": 1} for row in ROWS], made="BIGINT"), stored(), [("made", "own column", 3, "unknown")]),
        (stored([{**row, "extra": 1} for row in ROWS], extra="BIGINT"), stored(), [("extra", "missing column", 3, "old")]),
        (stored(made="BIGINT"), stored(), [("made", "empty column", 3, "new")]),
    ],
)
def test_what_differs_and_who_is_right(old: TableRows, new: TableRows, found: list[tuple[str, str, int, str]]) -> None:
    made = differences(truth(), old, new, ["id"])
    assert [(each.column, each.kind, each.rows, each.right) for each in made] == found
    assert all(each.meaning.endswith(".") for each in made)


def test_whole_pages_that_are_missing_are_told_as_such() -> None:
    [found] = differences(truth(), stored(ROWS[:1]), stored(), ["id"])
    assert "They are all of page 2 of 2: it does not read on where the feed does." in found.meaning
    [found] = differences(truth(), stored(ROWS[:2]), stored(), ["id"])
    assert "page" not in found.meaning


def test_an_example_shows_all_three() -> None:
    [found] = differences(truth(), stored(changed(0, name=None)), stored(), ["id"])
    assert found.example == {"row": "1", "recording": "a", "old": "null", "new": "a"}


def test_another_key_is_weighed_by_what_it_loses() -> None:
    alike = [{**row, "name": "same"} for row in ROWS]
    [found] = differences(truth(alike), stored(alike), stored(alike), ["name"])
    assert (found.kind, found.rows, found.right) == ("key", 2, "new")
    assert "By the old one 2 of 3 records overwrite others." in found.meaning
    [found] = differences(truth(), stored(), stored(), ["price"])
    assert (found.kind, found.rows, found.right) == ("key", 0, "unknown")
    [found] = differences(truth(doubled=2), stored(), stored(), ["id"])
    assert (found.column, found.rows, found.right) == ("id", 2, "unknown")


CAMEL: list[dict[str, Any]] = [{"orderId": 1, "shipTo2": {"a": 1}}, {"orderId": 2, "shipTo2": None}]
"""Rows whose names are stored as order_id and ship_to_2."""
CAMEL_TRUTH = Truth("it", ("orderId",), {}, {key_of(row, ["orderId"]): row for row in CAMEL}, 2, [], frozenset({"order_id"}))
CAMEL_LOCK: Mapping[str, Any] = {
    "dataset": "it",
    "settings": {},
    "sources": [],
    "enabled": [],
    "disabled": [],
    "tables": {"it": {"primary_key": ["orderId"], "columns": {"orderId": "LONG", "shipTo2": "JSON"}}},
}


def camel(kind: str) -> TableRows:
    types = {"order_id": "BIGINT", "ship_to_2": kind}
    return TableRows("it", types, [(1, '{"a": 1}'), (2, None)], 2, 0, "tester.it")


def test_names_are_those_of_the_destination_in_rows_and_in_the_lock() -> None:
    assert differences(CAMEL_TRUTH, camel("JSON"), camel("JSON"), ["order_id"]) == []
    made = {"primary_key": ["order_id"], "columns": {"order_id": "LONG", "ship_to_2": "JSON"}}
    assert compare({**CAMEL_LOCK, "tables": {"it": made}}, CAMEL_LOCK) == []


def test_a_column_without_its_underscore_is_another_one() -> None:
    rows = TableRows("it", {"orderid": "BIGINT"}, [(1,), (2,)], 2, 0, "tester.it")
    [found] = [each for each in differences(CAMEL_TRUTH, rows, camel("JSON"), ["orderid"]) if each.kind == "key"]
    assert found.column == "orderid"


def test_both_parts_say_the_same_of_a_type() -> None:
    [found] = differences(CAMEL_TRUTH, camel("VARCHAR"), camel("JSON"), ["order_id"])
    assert (found.kind, found.right) == ("JSON as text", "new")
    assert "widens" not in found.meaning
    made = {"primary_key": ["order_id"], "columns": {"order_id": "LONG", "ship_to_2": "STRING"}}
    [change] = compare({**CAMEL_LOCK, "tables": {"it": made}}, CAMEL_LOCK)
    assert (change.level, change.what) == ("breaks", "it.shipTo2")
    assert "a column that is text stays text" in change.message


@pytest.mark.parametrize("before", [*SDK_TYPES.values(), "DECIMAL(10,2)"])
@pytest.mark.parametrize("after", [*SDK_TYPES.values(), "DECIMAL(10, 2)"])
def test_one_rule_for_each_change_of_a_type(before: str, after: str) -> None:
    found = retyped(before, after)
    assert (found is None) is (before == after or before.replace(" ", "") == after.replace(" ", ""))
    if found and found.level != "breaks":
        assert "Fivetran widens the column" in found.meaning


@pytest.mark.parametrize(
    ("wanted", "found", "kind"),
    [
        (1, 1.0, ""),
        (Decimal("1.50"), 1.5, ""),
        (True, True, ""),
        (1, True, "value"),
        ("a", "a", ""),
        (date(2026, 1, 1), "2026-01-01", ""),
        (datetime(2026, 1, 1, 10, tzinfo=UTC), "2026-01-01 11:00:00+01", ""),
        ({"a": [1]}, '{"a": [1]}', ""),
        (None, None, ""),
        ("a", None, "null"),
        (None, "a", "value"),
        (0.1, single(0.1), "32 bits"),
        (16777217, 16777216.0, "32 bits"),
        (9007199254740993, 9007199254740992, "32 bits"),
        (5, "5", "text"),
        (True, "True", "text"),
        (5, "6", "value"),
        (5, 6, "value"),
        ("a", "b", "value"),
    ],
)
def test_a_value_is_held_against_what_is_stored(wanted: Any, found: Any, kind: str) -> None:
    assert fault(wanted, found) == kind


@given(st.floats(allow_nan=False, allow_infinity=False, width=64))
def test_a_float_is_itself_or_cut(value: float) -> None:
    assert fault(value, value) == ""
    cut = single(value)
    if cut is not None and cut != value:
        assert fault(value, cut) == "32 bits"


def test_tables_are_paired_by_name_or_because_one_is_left() -> None:
    assert paired(["a_rows2", "b"], ["b", "a_rows_2"]) == {"a_rows2": "a_rows_2", "b": "b"}
    assert paired(["a"], ["records"]) == {"a": "records"}
    assert paired(["a", "b"], ["records"]) == {}


# The recording as the truth, and as what a hand-written connector asks

TOWNS = Table(
    "it_towns", "/v1/towns/{each.value}", "towns", ["id"], {"id": "LONG", "land": "STRING"}, each=Each("lands", {"land": "value"})
)
ASKED = {"limit": "2", "offset": "0"}
PAGES = Recording(
    2,
    tuple(
        Recorded(
            Asked("GET", f"/v1/towns/{land}", {**ASKED, "offset": str(at)}), 200, {}, f'{{"towns": [{towns}]}}', table="it_towns"
        )
        for land, at, towns in (
            ("BE", 0, '{"id": 1}, {"id": 2}'),
            ("BE", 2, '{"id": 3}'),
            ("BE", 3, ""),
            ("NL", 0, '{"id": 1}'),
            ("NL", 1, ""),
        )
    ),
    {"lands": "BE, NL"},
)


def dataset(auth: Any) -> Any:
    @hookimpl
    def connector_tables() -> list[Table]:
        return [TOWNS]

    @hookimpl
    def connector_auth() -> Any:
        return auth

    @hookimpl
    def connector_settings() -> list[Setting]:
        return [Setting("lands", kind="list")]

    @hookimpl
    def connector_paginator(table: Table) -> OffsetPaginator:
        return OffsetPaginator()

    return assemble([Plugin("it", SimpleNamespace(**{name: value for name, value in locals().items() if "connector_" in name}))])


def test_the_truth_is_what_the_pages_have_and_knows_what_a_key_loses() -> None:
    found = truths(dataset(ApiKeyQuery("k")), PAGES)["it_towns"]
    assert found.rows == {("1",): {"id": 1, "land": "NL"}, ("2",): {"id": 2, "land": "BE"}, ("3",): {"id": 3, "land": "BE"}}
    assert (found.records, found.doubled, len(found.pages)) == (4, 1, 5)


@pytest.mark.parametrize(
    "asked",
    [
        Asked("GET", "/v1/towns/BE", ASKED),
        Asked("GET", "/api/rest/v1/towns/BE", ASKED),
        Asked("GET", "/v1/towns/BE", {**ASKED, "apikey": "its-own-key"}),
        Asked("GET", "/v1/towns/BE", {**ASKED, "k": "whatever"}),
    ],
)
def test_a_hand_written_connector_may_ask_in_its_own_way(asked: Asked) -> None:
    with Routed(PAGES, dataset(ApiKeyQuery("k")), "any", ["its-own-key"]) as api:
        assert api.reply(asked).body == b'{"towns": [{"id": 1}, {"id": 2}]}'
        assert api.missed == []


def test_what_it_asks_beyond_the_recording_is_noted() -> None:
    with Routed(PAGES, dataset(ApiKeyQuery("k")), "any", []) as api:
        assert api.reply(Asked("GET", "/v1/towns/BE", {**ASKED, "limit": "5"})).status == 421
        assert api.missed[0].startswith("GET /v1/towns/BE?limit=5&offset=0 is not in the recording.")


def test_it_is_given_a_token_where_the_plugin_asks_for_one() -> None:
    with Routed(PAGES, dataset(OAuth2ClientCredentials(token_url="/oauth/token")), "any", []) as api:
        assert b"recorded-token" in api.reply(Asked("POST", "/oauth/token", json={"client_id": "own"})).body


def answered(target: str, body: str) -> Recorded:
    path, _, query = target.partition("?")
    return Recorded(Asked("GET", path, dict(parse_qsl(query))), 200, {}, body, table="it_towns")


def asking(target: str) -> Asked:
    path, _, query = target.partition("?")
    return Asked("GET", path, dict(parse_qsl(query)))


def test_the_nearest_request_is_of_the_same_page_and_the_page_size_helps() -> None:
    pages = tuple(answered(f"/v1/towns/BE?page={page}&limit=100", "{}") for page in (4, 2, 1, 3))
    with Routed(Recording(100, pages), dataset(ApiKeyQuery("k")), "any", []) as api:
        assert api.reply(asking("/api/v1/towns/BE?page=1&limit=50")).status == 421
        assert "The nearest of the 4 requests in it is GET /v1/towns/BE?page=1&limit=100." in api.missed[0]
        assert "set page_size to 50 in the configuration of the new connector and record again" in api.missed[0]
        assert api.reply(asking("/v1/towns/BE?page=2&limit=100&since=4")).status == 421
        assert api.missed[1].endswith("record with the page size and the filters that the old one asks with.")


@pytest.mark.parametrize(
    ("recorded", "asked", "body"),
    [
        (["/t?per_page=9", "/t?page=2&per_page=9"], "/t?page=1&per_page=9", "/t?per_page=9"),
        (["/t?per_page=9", "/t?page=2&per_page=9"], "/api/t?page=1&per_page=9&apikey=own", "/t?per_page=9"),
        (["/t?per_page=9"], "/t?page=1&per_page=9", "/t?per_page=9"),
        (["/t?per_page=9", "/t?page=1&per_page=9"], "/t?page=1&per_page=9", "/t?page=1&per_page=9"),
        (["/t?per_page=9", "/t?page=1&per_page=9"], "/t?page=0&per_page=9", "/t?per_page=9"),
        (["/t", "/t?offset=9"], "/t?offset=0", "/t"),
        (["/t", "/t?page=2"], "/t?page=3", None),
        (["/t", "/t?page=2"], "/t?page=0", None),
        (["/t?per_page=9"], "/t?page=1&per_page=5", None),
        (["/t", "/t?cursor=b"], "/t?cursor=1", None),
    ],
)
def test_a_first_page_may_be_asked_for_by_its_number(recorded: list[str], asked: str, body: str | None) -> None:
    recording = Recording(9, tuple(answered(each, each) for each in recorded))
    with Routed(recording, dataset(ApiKeyQuery("k")), "any", ["own"]) as api:
        reply = api.reply(asking(asked))
    assert (reply.body.decode() if reply.status == 200 else None) == body
