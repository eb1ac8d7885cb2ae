"""What `connector-build check --live` says of an API that no longer sends what the plugin declares."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

import connector_fts
from connector_build.api.faults import Fault
from connector_build.api.simulation import Simulation
from connector_build.cli.main import main
from connector_build.review import live, live_shown
from connector_build.review.column_types import unfit
from connector_build.review.drift import EXAMPLE, Drift, FieldDrift, drift
from connector_build.review.live import Compared
from connector_build.review.live_finding import Finding
from connector_core import Column, CursorPaginator, DerivedField, Parent, Table, Transform, UnexpectedAnswer, ratio, rename
from connector_core.basics.names import COLUMN_TYPES
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, TablePlan, assemble
from connector_core.source.configuration import read_configuration
from distributions import connector_build, install_dataset
from simulated import simulated
from sinks import Log
from support import plugin

KEY = "canary-7f3a"
COLUMNS = {"id": "STRING", "cost": "DOUBLE", "count": "LONG", "day": "NAIVE_DATE"}
GOOD = {"id": "a", "cost": 1.5, "count": 2, "day": "2024-02-29"}


def plan(columns: Mapping[str, str] = COLUMNS, transforms: Sequence[Transform | DerivedField] = (), key: str = "id") -> TablePlan:
    table = Table("shifts", "/shifts", "shifts", (key,), columns)
    return assemble([plugin(table, transforms=transforms)]).tables[0]


def fields(found: Drift) -> dict[str, tuple[str, str, str]]:
    """Field → kind, what was found, an example."""
    return {each.name: (each.kind, each.found, each.example) for each in found.fields}


# Drift


def test_as_declared() -> None:
    found = drift(plan(), [GOOD, {**GOOD, "cost": 3, "count": None, "day": None}])
    assert found == Drift((), 2)
    assert not found.breaks


def test_new_missing_and_of_another_type() -> None:
    record = {"id": 5, "cost": "1.5", "count": 2.0, "more": {"a": [1]}}
    found = drift(plan(), [record])
    assert found.fields == (
        FieldDrift("day", "missing", "NAIVE_DATE", "nothing", ""),
        FieldDrift("id", "converted", "STRING", "whole number", "5", "id 5", "LONG"),
        FieldDrift("cost", "converted", "DOUBLE", "text", "'1.5'", "id 5", "STRING"),
        FieldDrift("count", "converted", "LONG", "float", "2.0", "id 5", "DOUBLE"),
        FieldDrift("more", "new", "", "object", "{'a': [1]}", "id 5", "JSON"),
    )
    assert found.breaks


def test_what_a_sync_refuses_breaks_and_what_it_converts_does_not() -> None:
    found = drift(plan(), [GOOD, {**GOOD, "id": "b", "cost": "5", "count": 2.5, "day": ""}])
    assert fields(found) == {
        "count": ("type", "float (1 of 2)", "2.5"),
        "day": ("type", "text not like 2024-12-31 (1 of 2)", "''"),
        "cost": ("converted", "text (1 of 2)", "'5'"),
    }
    assert [(each.record, each.fits, each.nulls) for each in found.fields] == [
        ("id b", "DOUBLE", ()),
        ("id b", "STRING", ("",)),
        ("id b", "STRING", ()),
    ]
    assert not drift(plan(), [{**GOOD, "cost": "5"}]).breaks


def test_a_value_that_the_plugin_says_stands_for_null() -> None:
    columns: dict[str, Any] = {**COLUMNS, "day": Column("NAIVE_DATE", null=["", "0000-00-00"])}
    found = drift(plan(columns), [{**GOOD, "day": ""}, {**GOOD, "day": "0000-00-00"}])
    assert (found.fields, found.empty) == ((), ("day",))


def test_names_that_become_one_in_the_destination() -> None:
    found = drift(plan(), [{**GOOD, "userId": 1, "user_id": 2}])
    assert found.meeting == ("userId", "user_id")
    assert found.breaks


def test_new_fields_alone_break_nothing() -> None:
    found = drift(plan(), [{**GOOD, "more": None}, {**GOOD, "more": 1}])
    assert fields(found) == {"more": ("new", "null (1 of 2), whole number (1 of 2)", "1")}
    assert not found.breaks


def test_a_field_is_missing_only_where_no_record_has_it() -> None:
    without = {name: value for name, value in GOOD.items() if name != "cost"}
    assert drift(plan(), [without, {**GOOD, "cost": None}]).fields == ()
    assert fields(drift(plan(), [without, without])) == {"cost": ("missing", "nothing", "")}


def test_a_renamed_field_is_recognized() -> None:
    record = {"id": "a", "totalCost": 1.5, "count": 2, "day": "2024-02-29"}
    columns = {"id": "STRING", "total_cost": "DOUBLE", "count": "LONG", "day": "NAIVE_DATE"}
    assert fields(drift(plan(columns), [record]))["total_cost"] == ("missing", "nothing, or is it totalCost now?", "")


def test_a_key_that_is_null_or_absent_somewhere() -> None:
    without = {name: value for name, value in GOOD.items() if name != "id"}
    found = drift(plan(), [GOOD, {**GOOD, "id": None}, without])
    assert fields(found) == {"id": ("type", "null in a key (1 of 3), nothing in a key (1 of 3)", "")}
    assert found.breaks


def test_how_many_records_hold_it_and_the_first_example() -> None:
    found = drift(plan(), [GOOD, {**GOOD, "day": "31.12.2024"}, {**GOOD, "day": "1.1.2025"}, {**GOOD, "day": 5}])
    assert fields(found) == {"day": ("type", "text not like 2024-12-31 (2 of 4), whole number (1 of 4)", "'31.12.2024'")}


def test_no_record_is_nothing_to_compare() -> None:
    assert drift(plan(), []) == Drift((), 0)


@pytest.mark.parametrize("record", ["text", 5, None, [1]])
def test_a_record_that_is_no_object(record: object) -> None:
    with pytest.raises(UnexpectedAnswer, match=r"shifts: record 2 is .*, not an object. Ask the API's owner, or change"):
        drift(plan(), [GOOD, record])


DECLARED: Sequence[tuple[str, Sequence[object], Sequence[tuple[object, str]]]] = [
    ("BOOLEAN", [True, False], [(1, "whole number"), ("true", "text")]),
    ("SHORT", [-(2**15), 2**15 - 1], [(2**15, "whole number beyond 16 bits"), (True, "boolean")]),
    ("INT", [-(2**31), 2**31 - 1], [(-(2**31) - 1, "whole number beyond 32 bits"), (1.0, "float")]),
    ("LONG", [-(2**63), 2**63 - 1], [(2**63, "whole number beyond 64 bits"), ("5", "text"), (5.5, "float"), (False, "boolean")]),
    ("FLOAT", [1, 1.5], [("1.5", "text")]),
    ("DOUBLE", [1, 1.5, 10**30], [("1.5", "text"), (True, "boolean")]),
    (
        "DECIMAL(15,2)",
        ["12.50", "1e5", "-3"],
        [
            (7, "whole number"),
            (Decimal("1.5"), "Decimal"),
            (1.5, "float"),
            *((text, "text not like 12.50") for text in ("1,5", "", "NaN")),
        ],
    ),
    ("STRING", ["", "text"], [(1, "whole number"), (1.5, "float"), (True, "boolean"), ({}, "object"), ([], "list")]),
    ("XML", ["<a/>"], [({}, "object")]),
    ("BINARY", [b"x"], [("aGFzaA==", "text")]),
    (
        "NAIVE_DATE",
        ["2024-02-29", date(2024, 2, 29)],
        [
            (text, "text not like 2024-12-31")
            for text in ("2023-02-29", "2024-2-9", "20240229", "2024-02-29T00:00:00", "29.2.2024", "", "2024-W01-1", "٢٠٢٤-02-29")
        ],
    ),
    (
        "NAIVE_DATETIME",
        ["2024-02-29T23:59:59", "2024-02-29 23:59:59.123456", datetime(2024, 2, 29)],
        [
            (f"2024-02-29{text}", "text not like 2024-12-31T23:59:59")
            for text in ("", "T23:59", "T23:59:59Z", "T25:00:00", "T01:02:03.1234567", "T01:02:03,5")
        ],
    ),
    (
        "UTC_DATETIME",
        ["2024-02-29T23:59:59Z", "2024-02-29T23:59:59.5+02:00", "2024-02-29 23:59:59-0530", datetime(2024, 2, 29, tzinfo=UTC)],
        [
            (text, "text not like 2024-12-31T23:59:59Z")
            for text in ("2024-02-29T23:59:59", "2024-02-29T23:59:59z", "2024-02-29T23:59:59+02", "1700000000")
        ]
        + [(1700000000, "whole number")],
    ),
    ("JSON", [{}, [], "text", 5, 1.5, True], []),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "fit", "others"), DECLARED, ids=[declared for declared, _, _ in DECLARED])
def test_each_declared_type(declared: str, fit: Sequence[object], others: Sequence[tuple[object, str]]) -> None:
    assert [unfit(declared, value) for value in [None, *fit]] == [""] * (len(fit) + 1)
    assert [unfit(declared, value) for value, _ in others] == [words for _, words in others]


def test_every_type_is_known() -> None:
    assert {declared.partition("(")[0] for declared, _, _ in DECLARED} == COLUMN_TYPES | {"DECIMAL"}


def test_a_value_that_json_does_not_have_is_named_by_its_class() -> None:
    assert unfit("STRING", date(2024, 1, 1)) == "date"
    assert unfit("NAIVE_DATE", datetime(2024, 1, 1)) == "datetime"


# Drift behind transforms


def test_what_transforms_make_is_what_is_compared() -> None:
    def shorten(record: dict[str, Any]) -> dict[str, Any]:
        record["day"] = record.pop("day")[:10]
        del record["internal"]
        return record

    transforms: list[Transform | DerivedField] = [
        Transform("cased", rename({"recordId": "record_id"})),
        Transform("short", shorten),
        DerivedField("each", ratio("cost", "count")),
    ]
    columns = {"id": "STRING", "record_id": "STRING", "cost": "DOUBLE", "count": "LONG", "day": "NAIVE_DATE"}
    record = {**GOOD, "recordId": "r", "day": "2024-02-29T00:00:00Z", "internal": 5}
    sent = json.loads(json.dumps(record))
    assert drift(plan(columns, transforms), [record]) == Drift((), 1)
    assert record == sent


def test_records_that_a_transform_leaves_out_are_counted_and_not_compared() -> None:
    transforms = [Transform("paid", lambda record: record if record["cost"] else None)]
    assert drift(plan(transforms=transforms), [GOOD, {**GOOD, "cost": 0, "day": "x"}]) == Drift((), 1, left_out=1)
    assert drift(plan(transforms=transforms), [{"cost": 0}]) == Drift((), 0, left_out=1)


def test_a_transform_that_fails_breaks_and_the_records_are_compared_as_sent() -> None:
    def careless(record: dict[str, Any]) -> dict[str, Any]:
        record["cost"] = record["cost"] + 1
        return record

    found = drift(plan(transforms=[Transform("careless", careless), DerivedField("each", len)]), [GOOD, {**GOOD, "cost": "1"}])
    assert found.failed.startswith("the transform careless failed on 1 of 2 records, at first with TypeError: can only concat")
    assert fields(found) == {"cost": ("converted", "text (1 of 2)", "'1'")}
    assert found.breaks
    assert drift(plan(transforms=[Transform("none", lambda _: 5)]), [GOOD]).failed == (  # type: ignore[arg-type,return-value]
        "the transform none failed on 1 of 1 record, at first with int in place of a record"
    )


# Drift in general

NAMES = st.sampled_from(["id", "cost", "count", "day", "a", "B", "é", ""])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
KINDS = ("missing", "type", "converted", "new")
RECORDS = st.lists(st.dictionaries(NAMES, JSON, max_size=6), max_size=6)
OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
FITTING: Mapping[str, st.SearchStrategy[Any]] = {
    "BOOLEAN": st.booleans(),
    "LONG": st.integers(-(2**63), 2**63 - 1),
    "DOUBLE": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63 - 1),
    "DECIMAL(15,2)": st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False).map(str),
    "STRING": st.text(),
    "NAIVE_DATE": st.dates().map(str),
    "NAIVE_DATETIME": st.datetimes().map(datetime.isoformat),
    "UTC_DATETIME": st.datetimes(timezones=OFFSETS).map(datetime.isoformat),
    "JSON": JSON,
}


@given(st.lists(st.fixed_dictionaries({kind: st.none() | values for kind, values in FITTING.items()}), max_size=5))
def test_values_of_the_declared_types_never_drift(records: list[dict[str, Any]]) -> None:
    made = [{"id": str(number), **record} for number, record in enumerate(records)]
    assert drift(plan({"id": "STRING", **{kind: kind for kind in FITTING}}), made).fields == ()


@given(RECORDS)
def test_any_records_are_compared_and_left_as_they_are(records: list[dict[str, Any]]) -> None:
    before = json.dumps(records)
    found = drift(plan(), records)
    assert json.dumps(records) == before
    names = {kind: {each.name for each in found.fields if each.kind == kind} for kind in KINDS}
    sent = {name for record in records for name in record}
    assert names["new"] == sent - COLUMNS.keys()
    assert names["missing"] == (COLUMNS.keys() - sent if records else set())
    assert names["type"] | names["converted"] <= COLUMNS.keys() & sent
    assert len(found.fields) == sum(map(len, names.values()))
    for each in found.fields:
        assert (each.declared == "") == (each.kind == "new")
        assert each.example.isascii()
        assert len(each.example) <= EXAMPLE
    json.dumps(live_shown.as_json([Compared("t", "o", "r", found)]))


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_the_records_decides_nothing_but_the_example(records: list[dict[str, Any]], random: Any) -> None:
    mixed = list(records)
    random.shuffle(mixed)
    one, other = ({(each.name, each.kind) for each in drift(plan(), each).fields} for each in (records, mixed))
    assert one == other


@given(st.text(max_size=80), st.text(max_size=80), st.sampled_from(["day", "new", KEY]))
def test_no_example_and_no_name_shows_a_secret(before: str, after: str, name: str) -> None:
    value = f"{before}{KEY}{after}"
    found = drift(plan(), [{**GOOD, name: value}, {**GOOD, f"{name}2": {"a": [value]}}], [KEY])
    assert KEY not in repr(found)
    assert KEY[:8] not in repr(found) or KEY[:8] in before + after


def test_a_value_nested_as_deep_as_python_reads_it() -> None:
    value: Any = []
    for _ in range(900):
        value = [value]
    assert fields(drift(plan(), [{**GOOD, "more": value}]))["more"] == ("new", "list", "[[[[[...]]]]]")


# Tables


Routes = Mapping[str, object]
"""Path → the JSON that is answered; an int is a status, bytes are the body as it is."""


@contextmanager
def serving(routes: Routes) -> Iterator[tuple[str, list[str]]]:
    """The address of a server of *routes*, and what it was asked, query included."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            body = routes.get(self.path.partition("?")[0], 404)
            self.send_response(body if isinstance(body, int) else 200)
            content = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", heard
        finally:
            server.shutdown()
            thread.join()


def compare(assembly: Assembly, url: str, log: Log | None = None) -> list[Compared]:
    values = read_configuration(assembly.settings, {"base_url": url, "api_key": KEY, "page_size": "7"})
    return live.compare(assembly, values, log or Log())


COMPANIES = Table("companies", "/companies", "items", ("id",), {"id": "LONG", "name": "STRING"})
STAFF = Table(
    "staff",
    "/companies/{parent.id}/staff",
    "items",
    ("person",),
    {"person": "STRING", "company_id": "LONG", "born": "NAIVE_DATE"},
    parent=Parent("companies", adds={"company_id": "id"}),
)


def items(*records: object) -> object:
    return {"items": list(records), "next_cursor": None, "has_more": False}


def wrong(found: Compared) -> str:
    """What was found wrong with a table."""
    return " ".join(each.text for each in found.findings if each.kind == "wrong")


def test_each_table_is_read_and_the_children_of_a_few_parents() -> None:
    routes = {
        "/companies": items(*({"id": number, "name": "A" if number > 3 else number} for number in range(3, 9))),
        **{f"/companies/{number}/staff": items({"person": f"p{number}", "born": "1.1.2000", "x": True}) for number in (3, 4, 5)},
    }
    with serving(routes) as (url, heard):
        companies, staff = compare(assemble([plugin(COMPANIES, STAFF)]), url)
    assert {each.partition("?")[0] for each in heard} == {"/companies", *(f"/companies/{number}/staff" for number in (3, 4, 5))}
    assert companies.request == "GET /companies?page_size=7"
    assert companies.drift
    assert fields(companies.drift) == {"name": ("converted", "whole number (1 of 6)", "3")}
    assert staff.drift
    assert fields(staff.drift) == {"born": ("type", "text not like 2024-12-31", "'1.1.2000'"), "x": ("new", "boolean", "True")}
    assert (companies.origin, companies.breaks, staff.breaks) == ("test-plugin (connector_tables)", False, True)
    assert (staff.pages, staff.records, staff.requests) == (3, 3, 3)


def test_a_child_before_its_parent_asks_for_the_parents_once_and_as_the_api_sends_them() -> None:
    transforms = [
        Transform("big", lambda record: record if record["id"] > 3 else None),
        Transform("r", rename({"name": "label"})),
    ]
    routes = {"/companies": items({"id": 3, "name": "A"}, {"id": 4, "name": "B"}), "/companies/4/staff": items()}
    assembly = assemble([plugin(COMPANIES, STAFF, transforms=transforms)])
    turned = Assembly(
        assembly.plugins, assembly.tables[::-1], assembly.auth, assembly.auth_origin, assembly.settings,
        assembly.setting_origins, assembly.options,
    )  # fmt: skip
    with serving(routes) as (url, heard):
        staff, companies = compare(turned, url)
    assert heard[:2] == ["/companies?page_size=7", "/companies/4/staff?page_size=7"]
    assert staff.drift == Drift((), 0)
    assert companies.drift == Drift((), 1, left_out=1)


@pytest.mark.parametrize("parents", [[], [{"name": "x"}]])
def test_children_without_a_parent_to_ask_by(parents: list[object]) -> None:
    with serving({"/companies": items(*parents)}) as (url, _):
        _, staff = compare(assemble([plugin(COMPANIES, STAFF)]), url)
    assert staff.drift is None
    assert staff.breaks == bool(parents)
    words = "has id, which adds names for company_id" if parents else "companies has no record to ask for staff by"
    assert words in staff.findings[0].text


def test_a_child_that_contradicts_its_parent() -> None:
    routes = {"/companies": items({"id": 3, "name": "A"}), "/companies/3/staff": items({"person": "p", "company_id": 9})}
    with serving(routes) as (url, _):
        _, staff = compare(assemble([plugin(COMPANIES, STAFF)]), url)
    assert "staff: record 1 has 9 as company_id, but its parent has 3" in wrong(staff)
    assert staff.breaks


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (404, "404"),
        ({"rows": []}, "the answer has no 'items', only rows"),
        ([], "not an object"),
        (b"<html>", "is a web page"),
        (items(5), "record 1 is 5, not an object"),
    ],
)
def test_an_answer_that_is_not_as_described_leaves_the_other_tables(answer: object, words: str) -> None:
    other = Table("other", "/other", "items", ("id",), {"id": "LONG"})
    with serving({"/companies": answer, "/other": items({"id": 1})}) as (url, _):
        companies, second = compare(assemble([plugin(COMPANIES, other)]), url)
    assert words in wrong(companies)
    assert companies.breaks
    assert second.drift == Drift((), 1)


def test_a_paginator_that_fails_is_named_and_leaves_the_other_tables() -> None:
    class Broken(CursorPaginator):
        def following(self, *_: Any) -> Any:
            raise KeyError("x")

    with serving({"/companies": items({"id": 1})}) as (url, _):
        (found,) = compare(assemble([plugin(COMPANIES, paginator=Broken())]), url)
    assert "test-plugin (connector_paginator) failed with Key" in wrong(found)


def test_nothing_of_it_shows_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Retry, "wait", lambda *_: 0.0)
    other = Table("other", "/other", "items", ("id",), {"id": "LONG"})
    log = Log()
    with serving({"/companies": items({"id": KEY, KEY: {"x": KEY}}), "/other": {KEY: KEY}}) as (url, _):
        found = compare(assemble([plugin(COMPANIES, other)]), url, log)
    with serving({"/companies": 500}) as (url, _), pytest.raises(Exception, match="500") as caught:
        compare(assemble([plugin(Table("t", f"/companies?q={KEY}", "items", ("id",), {"id": "LONG"}))]), url, log)
    everything = [repr(found), json.dumps(live_shown.as_json(found)), printed(found), str(caught.value), *log.lines]
    assert not [text for text in everything if KEY in text]


# In print


def printed(compared: Sequence[Compared], *, width: int = 120, terminal: bool = False) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=terminal, highlight=False, no_color=True)
    live_shown.show(compared, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_the_summary() -> None:
    new = FieldDrift("[red]x", "new", "", "text", "'[/]'")
    missing = FieldDrift("y", "missing", "LONG", "nothing", "")
    text = printed(
        [
            Compared(
                "a", "connector-a (connector_tables)", "GET /a", Drift((missing, new, new), 3), pages=2, ended="empty_page",
                next="the start", columns='columns={\n    "y": "LONG",  # no record has it\n}',
            ),
            Compared("b", "connector-a (connector_tables)", "GET /b", Drift((), 0, 5), (Finding("unproved", "end", "[b]"),)),
            Compared("c", "connector-c (connector_tables)", findings=(Finding("wrong", "answers", "no page", "stop"),)),
            Compared("d", "connector-d (connector_tables)", "GET /d", Drift((), 1, failed="it failed")),
        ]
    )  # fmt: skip
    assert text.splitlines()[-3:] == [
        "4 tables read: 1 field missing, 2 fields new, 1 not compared, 1 with a transform that failed, 1 wrong, 1 unproved.",
        "Let connector-a (connector_tables), connector-c (connector_tables), connector-d (connector_tables) follow the API, or "
        "ask the API's owner.",
        "New fields arrive all the same, but their floats are cut to 32 bits: declare those as DOUBLE.",
    ]
    for words in ("[red]x", "'[/]'", "b: GET /b, 5 records left out by transforms", '        "y": "LONG",  # no record has it'):
        assert words in text
    assert "c: not compared\n  WRONG     no page\n            Change: stop.\n" in text
    assert "it failed; so this is what the API sends, without transforms" in text
    assert "  unproved  [b]\n" in text
    assert "\x1b[1m" in printed([Compared("a", "o", "GET /a", Drift((), 1))], terminal=True)


def test_only_what_is_proved_is_as_declared() -> None:
    proved = Compared("a", "o", "GET /a", Drift((), 1), (Finding("proved", "keys", "id is unique"),))
    assert printed([proved]).endswith("a: GET /a\n  proved    id is unique\n\n1 table read: proved to be as declared.\n")
    unproved = evolve(proved, findings=(*proved.findings, Finding("unproved", "end", "x")))
    assert printed([unproved]).endswith("1 table read: 1 unproved.\n")
    assert "as declared" not in printed([unproved])


# The command, against the sample API

DRIFTED = """
from connector_core import ApiKeyHeader, CursorPaginator, Table, base_url, hookimpl


@hookimpl
def connector_tables():
    return [Table("tasks", "/fts_data", "fts_records", ["record_id"], {columns!r})]


@hookimpl
def connector_auth():
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator(table):
    return CursorPaginator(param="cursor", next_field="next_cursor", size_param="page_size")


@hookimpl
def connector_settings():
    return [base_url("https://api.example.com")]
"""
FTS = simulated("fts", 12)


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([FTS], secret=KEY) as running:
        yield running


def configured(folder: Path, server: Simulation, **changes: object) -> Path:
    file = folder / "configuration.json"
    file.write_text(json.dumps({"api_key": KEY, "base_url": server.url, "page_size": "5", **changes}))
    return file


def real(folder: Path, dataset: str, *arguments: str) -> Any:
    """The real command with --live, in a process of its own."""
    words = ("check", dataset, "--live", "--configuration", "configuration.json", *arguments)
    return connector_build(*words, path=folder / "site", cwd=folder)


def declared(**changes: str | None) -> dict[str, str]:
    columns = {**connector_fts.RECORDS.columns, **changes}
    return {name: kind for name, kind in columns.items() if kind}


def test_fts_against_its_sample_api(tmp_path: Path, server: Simulation) -> None:
    configured(tmp_path, server)
    done = real(tmp_path, "fts")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    for words in (
        "proved    record_id is unique over 12 records",
        "proved    each declared column came, with values of its type",
        "proved    3 pages follow each other, each with new records only",
        "proved    pages are as large as asked for (5)",
        "proved    it ends: next_cursor is null",
        "proved    the next sync starts at",
    ):
        assert f"  {words}" in done.stdout
    assert done.stdout.endswith("1 table read: 1 unproved.\n")
    assert KEY not in done.stdout
    assert len(server.requests) == 4  # three pages, and the last one as the next sync reads it
    assert not (tmp_path / "files").exists()


def test_a_plugin_that_declares_something_else(tmp_path: Path, server: Simulation) -> None:
    columns = declared(
        failure_rate="LONG", downtime_hours="STRING", log_date="UTC_DATETIME", gone="STRING", maintenance_cost=None
    )
    install_dataset(tmp_path / "site", "tasks", DRIFTED.format(columns=columns))
    configured(tmp_path, server)
    done = real(tmp_path, "tasks")
    assert done.returncode == 1
    assert done.stderr == ""
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines() if line}
    assert rows["gone"] == ["gone", "missing", "STRING", "nothing"]
    assert rows["failure_rate"][1:5] == ["another", "type", "LONG", "float"]
    assert rows["downtime_hours"][1:5] == ["converted", "STRING", "whole", "number"]
    assert " ".join(rows["log_date"][1:8]) == "another type UTC_DATETIME text not like 2024-12-31T23:59:59Z"
    assert rows["maintenance_cost"][1:3] == ["new", "float"]
    assert "1 table read: 1 field missing, 2 fields of another type, 1 field converted, 1 field new." in done.stdout
    assert "Let connector-tasks (connector_tables) follow the API" in done.stdout
    assert "\x1b" not in done.stdout


def test_new_fields_alone_are_a_remark(tmp_path: Path, server: Simulation) -> None:
    install_dataset(tmp_path / "site", "tasks", DRIFTED.format(columns=declared(maintenance_cost=None)))
    configured(tmp_path, server)
    done = real(tmp_path, "tasks", "--json")
    assert done.returncode == 0, done.stderr
    (table,) = json.loads(done.stdout)
    (new,) = table.pop("fields")
    read = {
        "table": "tasks", "request": "GET /fts_data?page_size=5", "requests": 4, "pages": 3, "records": 12, "left_out": 0,
        "ended": "next_cursor is null", "failed": "",
    }  # fmt: skip
    assert read.items() <= {name: value for name, value in table.items() if name not in ("findings", "columns")}.items()
    assert '"maintenance_cost": "DOUBLE",  # new' in table["columns"]
    assert {each["kind"] for each in table["findings"]} == {"proved"}
    named = {**new, "example": "", "record": ""}
    assert named == {
        "name": "maintenance_cost", "drift": "new", "declared": "", "found": "float", "example": "", "record": "",
        "fits": "DOUBLE",
    }  # fmt: skip
    assert float(new["example"]) > 0


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", "fts", *map(str, arguments)])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "cannot be read: No such file or directory"),
        ("{", "is not JSON"),
        ("[]", "holds a JSON list"),
        ("{}", "api_key is missing"),
        ('{"api_key": "another-canary", "page_size": 5}', "page_size is int"),
        ('{"api_key": "another-canary", "base_url": "URL"}', "does not accept the key"),
    ],
)
def test_a_configuration_that_is_missing_or_wrong(tmp_path: Path, server: Simulation, text: str | None, words: str) -> None:
    file = tmp_path / "configuration.json"
    if text is not None:
        file.write_text(text.replace("URL", server.url))
    result = command("--live", "--configuration", file)
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert result.output.count("\n") == 1
    assert "canary" not in result.output


def test_a_misspelt_setting_is_remarked_on(tmp_path: Path, server: Simulation) -> None:
    result = command("--live", "--configuration", configured(tmp_path, server, pagesize="5"), "--json")
    assert result.exit_code == 0
    assert "pagesize is not a setting of this connector (did you mean page_size?) and is ignored.\n" in result.stderr
    assert json.loads(result.stdout)[0]["table"] == "fts_records"


@pytest.mark.parametrize("as_json", [[], ["--json"]])
@pytest.mark.parametrize("fault", [Fault("status", status=503), Fault("truncate"), Fault("drop"), None])
def test_an_api_that_fails(
    tmp_path: Path, server: Simulation, fault: Fault | None, as_json: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Retry, "wait", lambda *_: 0.0)
    file = configured(tmp_path, server)
    if fault:
        server.faults.add(fault)
    else:
        server.close()
    result = command("--live", "--configuration", file, *as_json)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith("Error: fts_records: GET /fts_data?page_size=5: ")
    assert "It failed 6 times in a row" in result.stderr
    assert result.stderr.count("\n") == 1
    assert KEY not in result.output


def test_a_local_file_is_part_of_what_is_compared(tmp_path: Path, server: Simulation) -> None:
    (tmp_path / "our_fields.py").write_text(
        "from connector_core import Transform, drop, hookimpl\n\n\n@hookimpl\ndef connector_transforms(table):\n"
        '    return [Transform("lean", lambda record: {**record, "crew": 5})]\n'
    )
    result = command("--live", "--configuration", configured(tmp_path, server), "--plugin-file", tmp_path / "our_fields.py")
    assert result.exit_code == 0, result.output
    assert "crew" in result.output
    assert "1 field new" in result.output
