"""G7: ``check --live`` reads on until it has proof, politely, and says of each word of the plugin that does not fit its API."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from cases.support import Answer, Api, Call, Reply, items, plugin_of, records, serving
from connector_build.review import live, live_shown
from connector_build.review.live import Compared
from connector_build.review.live_columns import ready, written
from connector_core import (
    Budget,
    Column,
    Csv,
    CursorPaginator,
    FullRead,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Parent,
    SinglePage,
    Table,
    Transform,
    UpdatedSince,
    last_page,
    no_more,
    only_if,
    short_page,
    tombstones,
    total_reached,
)
from connector_core.basics.logs import SilentLog
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import assemble
from connector_core.source.configuration import read_configuration

HELD = records(25, name="x")
COLUMNS = {"id": "STRING", "name": "STRING"}


def look(api: Api, *tables: Table, max_pages: int = live.MAX_PAGES, page_size: int = 10, **parts: Any) -> list[Compared]:
    """What ``check --live`` finds of a plugin at *api*."""
    assembly = assemble([plugin_of(*(tables or (items(columns=COLUMNS),)), **parts)])
    values = read_configuration(assembly.settings, {"base_url": api.url, "page_size": str(page_size)})
    return live.compare(assembly, values, SilentLog(), max_pages=max_pages)


def found(answer: Answer, *tables: Table, **parts: Any) -> Compared:
    """The same of the one table of a plugin, at a server that says *answer*."""
    with serving(answer) as api:
        return look(api, *tables, **parts)[0]


def texts(compared: Compared, kind: str) -> str:
    return "\n".join(f"{each.proof}: {each.text} {each.write}" for each in compared.findings if each.kind == kind)


def printed(*compared: Compared) -> str:
    console = Console(file=io.StringIO(), width=130)
    live_shown.show(compared, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def sliced(call: Call, held: Sequence[Any] = HELD, at: str = "offset", size: str = "limit") -> list[Any]:
    start = int(call.query.get(at, 0))
    return list(held[start : start + int(call.query.get(size, 10))])


def by_offset(call: Call) -> Any:
    return {"items": sliced(call), "total": len(HELD)}


def by_page(call: Call) -> Any:
    size, page = int(call.query["page_size"]), int(call.query["page"])
    return {"items": HELD[page * size - size : page * size], "pages": -(-len(HELD) // size)}


def by_cursor(call: Call) -> Any:
    start, size = int(call.query.get("cursor", "c0")[1:]), int(call.query["page_size"])
    more = start + size < len(HELD)
    return {"items": HELD[start : start + size], "next_cursor": f"c{start + size}" if more else None}


def by_link(call: Call) -> Any:
    start = int(call.query.get("skip", 0))
    link = f"{call.base}/items?skip={start + 10}" if start + 10 < len(HELD) else None
    return {"items": HELD[start : start + 10], "next": link}


def by_header(call: Call) -> Any:
    answer = by_link(call)
    return Reply({"items": answer["items"]}, headers={"Link": f'<{answer["next"] or "/items"}>; rel="{_rel(answer)}"'})


def _rel(answer: Mapping[str, Any]) -> str:
    return "next" if answer["next"] else "first"


def by_key(call: Call) -> Any:
    size = int(call.query["page_size"])
    rest = [record for record in HELD if record["id"] > call.query.get("after", "")]
    return {"items": rest[:size], "has_more": len(rest) > size}


RIGHT: list[tuple[Answer, Paginator, str]] = [
    (by_offset, OffsetPaginator(stop=[total_reached("total")]), "total_reached"),
    (by_offset, OffsetPaginator(stop=[short_page("limit")]), "short_page, and total is 25"),
    (by_offset, OffsetPaginator(), "empty_page"),
    (by_page, PageNumberPaginator(stop=[last_page("pages")]), "last_page"),
    (by_cursor, CursorPaginator(), "next_cursor is null"),
    (by_link, NextLinkPaginator("next"), "next is null"),
    (by_header, LinkHeaderPaginator(), "next is null"),
    (by_key, KeysetPaginator("after", "id", stop=[no_more("has_more")]), "no_more"),
    (by_key, KeysetPaginator("after", "id"), "empty_page"),
]


@pytest.mark.parametrize(("answer", "paginator", "ended"), RIGHT)
def test_g7_each_paginator_against_the_api_that_it_is_for(answer: Answer, paginator: Paginator, ended: str) -> None:
    compared = found(answer, paginator=paginator)
    assert texts(compared, "wrong") + texts(compared, "remark") == ""
    assert not compared.breaks
    assert compared.ended == ended
    proved = texts(compared, "proved")
    for words in ("keys: id is unique over 25", "each with new records only", "end: it ends: ", "columns: each declared column"):
        assert words in proved
    assert compared.records == 25


@pytest.mark.parametrize(("answer", "paginator"), [(by_offset, OffsetPaginator()), (by_cursor, CursorPaginator())])
def test_g7_a_feed_that_fits_into_one_page_is_read_in_smaller_ones(answer: Answer, paginator: Paginator) -> None:
    compared = found(answer, paginator=paginator, page_size=50)
    assert compared.request.count("50") == 1
    assert "pages: 3 pages follow each other, each with new records only" in texts(compared, "proved")
    assert not compared.breaks


@pytest.mark.parametrize("most", [1, 2, 3, 7])
@pytest.mark.parametrize(("answer", "paginator"), [(by_offset, OffsetPaginator()), (by_cursor, CursorPaginator())])
def test_g7_it_reads_no_more_pages_than_said(answer: Answer, paginator: Paginator, most: int) -> None:
    with serving(answer) as api:
        (compared,) = look(api, paginator=paginator, max_pages=most, page_size=2)
    assert compared.pages == most
    assert len(api.calls) == compared.requests <= most + 3
    assert f"but for {most} page" in texts(compared, "unproved")
    assert "--max-pages" in texts(compared, "unproved")
    assert compared.ended == f"not its end: {most} page{'s' if most > 1 else ''} at most"
    assert not compared.breaks


def test_g7_the_budget_of_a_table_and_retry_after_hold() -> None:
    import time

    def answer(call: Call) -> Any:
        return Reply({}, 429, {"Retry-After": "1"}) if call.number == 1 else by_offset(call)

    began = time.monotonic()
    compared = found(answer, items(columns=COLUMNS, budget=Budget(requests=2, seconds=0.4)), paginator=OffsetPaginator())
    assert not compared.breaks
    assert time.monotonic() - began > 1.3  # one second for the API, and one wait for the budget


def test_g7_nothing_is_as_declared_that_is_not_proved() -> None:
    compared = found(lambda _: {"items": [{"id": "a", "name": None}]}, paginator=SinglePage())
    assert not compared.breaks
    unproved = texts(compared, "unproved")
    assert "of name nothing but null came" in unproved
    assert "there is one record" in unproved
    assert "the answer does not say itself that there is no more" in unproved
    assert "as declared" not in printed(compared)
    assert "no record, so nothing is known" in texts(found(lambda _: {"items": []}, paginator=SinglePage()), "unproved")


# A: not found is not the same as ended


A_CASES: list[tuple[str, Any, Paginator, str]] = [
    ("A2", {"items": HELD[:10], "next_page": "/items?page=2"}, NextLinkPaginator("next"), "did you mean next_page"),
    ("A3", {"items": HELD[:10], "has_more": True}, SinglePage(), "has_more is true"),
    ("A3", {"items": HELD[:10], "has_more": True}, LinkHeaderPaginator(), "has_more is true"),
    ("A3", Reply({"items": HELD[:10]}, headers={"Link": '</items?page=2>; rel="next"'}), SinglePage(), "LinkHeaderPaginator()"),
    ("A6", {"items": HELD[:10]}, CursorPaginator(next_field="nextPageToken"), "missing_ends=True"),
    ("A7", {"items": None}, SinglePage(), "nothing='\"null\"'"[:8]),
    ("stop", {"items": HELD[:10], "hasMore": False}, OffsetPaginator(stop=[no_more("has_more")]), "did you mean hasMore"),
    ("stop", {"items": HELD[:10], "count": 10}, OffsetPaginator(stop=[total_reached("totals")]), "totals is not there"),
    (
        "A4",
        {"items": records(3, fields={"updated": "2025-01-01T00:00:00Z"})},
        UpdatedSince("since", "updated"),
        "did you mean fields.updated",
    ),
]


@pytest.mark.parametrize(("said", "paginator", "words"), [case[1:] for case in A_CASES], ids=[case[0] for case in A_CASES])
def test_a_what_is_not_where_the_plugin_looks(said: Any, paginator: Paginator, words: str) -> None:
    compared = found(lambda _: said, paginator=paginator)
    assert compared.breaks
    assert words in texts(compared, "wrong")


def test_a1_odata() -> None:
    def answer(call: Call) -> Any:
        start = int(call.query.get("$skip", 0))
        more = {"@odata.nextLink": f"{call.base}/items?$skip={start + 10}"} if start + 10 < len(HELD) else {}
        return {"value": HELD[start : start + 10], **more}

    compared = found(answer, items(records="value", columns=COLUMNS), paginator=NextLinkPaginator("@odata.nextLink"))
    assert (compared.records, compared.breaks) == (25, False)


PARENTS = Table("companies", "/companies", "items", ("id",), {"id": "LONG"})


def family(call: Call) -> Any:
    if call.path == "/companies":
        return {"items": [{"id": number, "changedAt": f"2025-01-0{number}"} for number in range(1, 6)]}
    return {"items": [{"person": f"{call.path}{number}"} for number in range(2)]}


def child(**parts: Any) -> Table:
    columns = {"person": "STRING", "company_id": "LONG"}
    parent = Parent("companies", **{"adds": {"company_id": "id"}, **parts})
    return Table("staff", "/companies/{parent.id}/staff", "items", ("person",), columns, parent=parent)


@pytest.mark.parametrize(
    ("parts", "words"),
    [({"adds": {"company_id": "num"}}, "has num, which adds names for company_id"), ({"changed": "changed_at"}, "changedAt")],
)
def test_a4_fields_of_a_parent_that_do_not_exist(parts: Mapping[str, Any], words: str) -> None:
    with serving(family) as api:
        _, staff = look(api, PARENTS, child(**parts), paginator=SinglePage())
    assert words in texts(staff, "wrong")


def test_g7_a_few_parents_each() -> None:
    with serving(family) as api:
        _, staff = look(api, PARENTS, child(changed="changedAt"), paginator=SinglePage())
    assert [call.path for call in api.calls] == ["/companies", *(f"/companies/{number}/staff" for number in (1, 2, 3))]
    assert (staff.records, staff.requests, staff.breaks) == (6, 3, False)
    assert "person is unique over 6 records" in texts(staff, "proved")


@pytest.mark.parametrize("function", [tombstones("removed"), only_if("removed", [False])])
def test_a4_a_field_that_a_transform_goes_by(function: Callable[[Any], Any]) -> None:
    held = records(4, isRemoved=False)
    compared = found(lambda _: {"items": held}, paginator=SinglePage(), transforms=[Transform("live", function)])
    assert "did you mean isRemoved" in texts(compared, "wrong")


def test_a4_where_deleted_keys_stand() -> None:
    table = items(columns=COLUMNS, deleted="deleted")
    compared = found(lambda _: {"items": HELD[:3], "deletedIds": []}, table, paginator=SinglePage())
    assert "did you mean deletedIds" in texts(compared, "wrong")


# B: order and rest


def test_b1_keys_that_descend() -> None:
    def answer(call: Call) -> Any:
        rest = [record for record in reversed(HELD) if record["id"] < call.query.get("after", "z")]
        return {"items": rest[:10], "has_more": len(rest) > 10}

    compared = found(answer, paginator=KeysetPaginator("after", "id", stop=[no_more("has_more")]))
    assert "descend" in texts(compared, "wrong")
    assert "r0023" in texts(compared, "wrong")


def test_b2_a_cursor_that_no_other_sync_may_use() -> None:
    given: set[str] = set()

    def answer(call: Call) -> Any:
        cursor = call.query.get("cursor")
        if cursor in given:
            return Reply({"error": "cursor expired"}, 410)
        given.add(cursor or "")
        return by_cursor(call)

    read_whole = found(answer, paginator=CursorPaginator())
    assert "which the API refuses, so it starts over" in texts(read_whole, "remark")
    assert not read_whole.breaks
    given.clear()
    compared = found(answer, paginator=CursorPaginator(incremental=True))
    assert "next sync starts at" in texts(compared, "wrong")
    assert "the API refuses" in texts(compared, "wrong")
    assert "410" in texts(compared, "wrong")


def test_b2_a_cursor_that_leads_elsewhere_in_another_sync() -> None:
    given: set[str] = set()

    def answer(call: Call) -> Any:
        cursor = call.query.get("cursor", "")
        if cursor in given:
            return {"items": HELD[:10], "next_cursor": None}
        given.add(cursor)
        return by_cursor(call)

    resumed = found(answer, paginator=CursorPaginator())
    assert "5 of the 5 records that were due there do not come" in texts(resumed, "wrong")
    given.clear()
    compared = found(answer, paginator=CursorPaginator(incremental=True))
    assert "again, and 5 of the 5 records of that page do not come" in texts(compared, "wrong")


def test_b2_an_api_that_fails_on_the_cursor_of_a_sync_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Retry, "wait", lambda *_: 0.0)
    compared = found(lambda call: by_cursor(call) if call.number < 3 else Reply({}, 500), paginator=CursorPaginator())
    assert "It failed 6 times in a row" in texts(compared, "wrong")
    assert compared.records == 25


def test_b2_what_no_read_can_show_is_said() -> None:
    compared = found(by_cursor, paginator=CursorPaginator(incremental=True))
    assert "changes: A record that changes without coming again" in texts(compared, "unproved")
    assert compared.next == '{"next_cursor": "c20"}'
    assert found(by_cursor, paginator=FullRead(CursorPaginator(incremental=True))).next == "the start"


DATED = [{"id": f"r{number}", "updated": f"2025-01-{number + 10:02}T00:00:00Z"} for number in range(8)]
SINCE = UpdatedSince("since", "updated")


@pytest.mark.parametrize(
    ("heeds", "paginator", "words"),
    [
        (lambda updated, since: updated >= since, SINCE, ""),
        (lambda updated, since: updated > since, SINCE, "inclusive=False"),
        (lambda updated, since: updated >= since, UpdatedSince("since", "updated", inclusive=False), ""),
        (lambda *_: True, SINCE, "the API does not heed the filter since"),
    ],
)
def test_b_the_filter_of_the_next_sync(heeds: Callable[[str, str], bool], paginator: Paginator, words: str) -> None:
    def answer(call: Call) -> Any:
        return {"items": [each for each in DATED if heeds(each["updated"], call.query.get("since", ""))]}

    compared = found(answer, items(columns={"id": "STRING", "updated": "UTC_DATETIME"}), paginator=paginator)
    assert words in texts(compared, "wrong")
    assert compared.breaks == bool(words)
    assert compared.next == '{"since": "2025-01-17T00:00:00Z"}'


def test_b4_a_link_that_another_sync_may_not_follow() -> None:
    seen: set[str] = set()

    def answer(call: Call) -> Any:
        if call.query.get("skip", "") in seen:
            return Reply({"error": "no such page"}, 404)
        seen.add(call.query.get("skip", ""))
        link = f"{call.base}/items?skip=token-{int(call.query.get('skip', 'token-0')[6:]) + 10}"
        at = int(call.query.get("skip", "token-0")[6:])
        return {"items": HELD[at : at + 10], "next": link if at < 20 else None}

    compared = found(answer, paginator=NextLinkPaginator("next"))
    assert "a sync that was cut short goes on at" in texts(compared, "remark")
    assert "404" in texts(compared, "remark")


# C: feeds without an end, and those that end too early


def test_c_a_short_page_that_is_not_the_last_one() -> None:
    def capped(call: Call) -> Any:
        return {"items": sliced(call)[:5]}

    compared = found(capped, paginator=OffsetPaginator(stop=[short_page("limit")]))
    assert "5 records that did not come before stand behind it: GET /items?limit=10&offset=5" in texts(compared, "wrong")
    assert "empty_page() can always be trusted" in texts(compared, "wrong")


def test_c_an_empty_page_in_the_middle() -> None:
    def answer(call: Call) -> Any:
        page = int(call.query["page"])
        return {"items": [] if page == 2 else HELD[page * 5 : page * 5 + 5] if page < 5 else []}

    compared = found(answer, paginator=PageNumberPaginator())
    assert "stand behind it: GET /items?page_size=10&page=3" in texts(compared, "wrong")


@pytest.mark.parametrize(
    ("answer", "paginator"),
    [
        (lambda _: {"items": HELD[:10]}, PageNumberPaginator()),
        (lambda _: {"items": HELD[:10]}, OffsetPaginator(param="from")),
        (lambda call: {"items": HELD[:10], "next_cursor": f"c{call.number}"}, CursorPaginator("token")),
        (lambda _: Reply({"items": HELD[:10]}, headers={"Link": '</items?a=1>; rel="next"'}), LinkHeaderPaginator()),
    ],
)
def test_c_pages_that_bring_nothing_new(answer: Answer, paginator: Paginator) -> None:
    assert found(answer, paginator=paginator).breaks


def test_c3_the_last_page_again_for_every_page_beyond_the_end() -> None:
    def answer(call: Call) -> Any:
        page = min(int(call.query["page"]), 3)
        return {"items": HELD[page * 10 - 10 : page * 10]}

    compared = found(answer, paginator=PageNumberPaginator())
    assert "pages: " in texts(compared, "wrong") or "the same records" in texts(compared, "wrong")


def test_c4_an_end_that_is_a_value() -> None:
    compared = found(lambda _: {"items": HELD[:10], "next_cursor": False}, paginator=CursorPaginator())
    assert "next_cursor is False" in texts(compared, "wrong")


def test_c_pages_that_overlap_are_remarked_on() -> None:
    def answer(call: Call) -> Any:
        at = int(call.query["page"]) * 8 - 8
        return {"items": HELD[at : at + 10]}

    compared = found(answer, paginator=PageNumberPaginator())
    assert "came on more than one page" in texts(compared, "remark")


@pytest.mark.parametrize(
    ("cut", "words"),
    [
        (lambda page, _: page[:4], "the API caps them. page_size(…, maximum=4)"),
        (lambda _, at: HELD[at : at + 20], "does not heed limit"),
        (lambda page, at: page[: 3 + at % 2], "a short page is not the last one here."),
    ],
)
def test_g7_page_sizes(cut: Callable[[list[Any], int], list[Any]], words: str) -> None:
    compared = found(lambda call: {"items": cut(sliced(call), int(call.query["offset"]))}, paginator=OffsetPaginator())
    assert words in texts(compared, "remark")


# E: values


def test_e6_a_csv_header_with_spaces() -> None:
    csv = Reply(b"id, full_name,hours\na,x,1\nb,y,2\n", headers={"Content-Type": "text/csv"})
    table = items(records="@", format=Csv(), columns={"id": "STRING", "full_name": "STRING", "hour": "LONG"})
    compared = found(lambda _: csv, table, paginator=SinglePage())
    assert compared.breaks
    said = printed(compared)
    assert "is it hours now?" in said or "hour" in texts(compared, "wrong")


def test_e7_the_value_and_the_record_are_named() -> None:
    held = [{"id": "a", "day": "2025-01-01", "cost": 1.5}, {"id": "b", "day": "0000-00-00", "cost": ""}]
    columns = {"id": "STRING", "day": "NAIVE_DATE", "cost": Column("DOUBLE", "what it cost", null=["-"], pii=True)}
    compared = found(lambda _: {"items": held}, items(columns=columns), paginator=SinglePage())
    assert compared.drift
    assert [(each.name, each.kind, each.example, each.record) for each in compared.drift.fields] == [
        ("day", "type", "'0000-00-00'", "id b"),
        ("cost", "type", "''", "id b"),
    ]
    assert compared.columns.splitlines()[1:-1] == [
        '    "id": "STRING",',
        '    "day": Column("NAIVE_DATE", null=["0000-00-00"]),  # these stand for null',
        '    "cost": Column("DOUBLE", description="what it cost", null=["-", ""], pii=True),  # these stand for null',
    ]


def test_e8_a_transform_without_return() -> None:
    def forgetful(record: dict[str, Any]) -> None:
        record["name"] = "y"

    transforms = [Transform("forgetful", forgetful)]
    compared = found(by_offset, paginator=OffsetPaginator(), transforms=transforms)
    assert "the transform forgetful leaves out every record that was read, 25 of them" in texts(compared, "wrong")


def test_e9_a_key_that_is_none() -> None:
    held = [{"id": f"i{number}", "customer": f"c{number % 2}", "sum": number % 3} for number in range(9)]
    table = items(primary_key=["customer"], columns={"customer": "STRING"})
    compared = found(lambda _: {"items": held}, table, paginator=SinglePage())
    assert "customer does not identify a record: 9 records become 2 rows" in texts(compared, "wrong")
    assert 'primary_key=["id"]' in texts(compared, "wrong")


def test_e4_two_fields_that_are_one_in_the_destination() -> None:
    compared = found(lambda _: {"items": records(3, userId=1, user_id=2)}, paginator=SinglePage())
    assert "userId and user_id become one column" in texts(compared, "wrong")


def test_e5_a_number_too_large_is_a_text() -> None:
    compared = found(lambda _: {"items": records(3, name="x", large=2**70)}, paginator=SinglePage())
    assert '"large": "STRING",  # new' in compared.columns


COLUMN = st.builds(
    Column,
    st.sampled_from(["STRING", "LONG", "DECIMAL(10,2)", "JSON"]),
    st.text(max_size=12),
    null=st.lists(st.text(max_size=5) | st.integers() | st.booleans(), max_size=3),
    pii=st.booleans(),
)


@settings(max_examples=60)
@given(st.dictionaries(st.text("abc_\"'\\é", min_size=1, max_size=6), COLUMN, min_size=1, max_size=4))
def test_g7_columns_are_written_as_python_reads_them(columns: Mapping[str, Column]) -> None:
    for column in columns.values():
        read = eval(written(column), {"Column": Column})  # noqa: S307  (what we ourselves wrote)
        assert (read if isinstance(read, Column) else Column(read)) == column
    assert ready(columns, ()) == ""


# Output


INVOICES = Table("invoices", "/invoices", "invoices", ["customer"], {"customer": "STRING", "amount": "DOUBLE", "total": "DOUBLE"})


def invoices(call: Call) -> Any:
    """An API that sends 5 records at most, whatever is asked for, and knows no ``customer`` by which an invoice is one."""
    held = [{"invoice_id": f"i{at}", "customer": f"c{at % 3}", "amount": "" if at == 3 else at * 1.5} for at in range(12)]
    start = int(call.query["offset"])
    return {"invoices": held[start : start + min(5, int(call.query["limit"]))]}


def test_g7_the_page_about_it_shows_what_it_prints() -> None:
    page = (Path(__file__).parents[2] / "docs" / "testing.md").read_text(encoding="utf-8")
    shown = page.partition("$ connector-build check invoices --live")[2].partition("```")[0].splitlines()[1:]
    said = printed(found(invoices, INVOICES, paginator=OffsetPaginator(stop=[short_page("limit")]))).splitlines()
    assert [line.split() for line in shown if line] == [line.split() for line in said if line]


def test_b1_keys_that_ascend_and_keys_of_which_nobody_knows() -> None:
    assert "order: the API sorts by id, ascending" in texts(found(by_key, paginator=KeysetPaginator("after", "id")), "proved")
    one = found(lambda call: {"items": [] if "after" in call.query else HELD[:1]}, paginator=KeysetPaginator("after", "id"))
    assert "order" not in texts(one, "wrong")


def test_g7_json_has_it_all_and_no_secret() -> None:
    compared = found(by_cursor, paginator=CursorPaginator())
    (table,) = json.loads(json.dumps(live_shown.as_json([compared])))
    assert (table["requests"], table["pages"], table["records"]) == (4, 3, 25)
    assert table["ended"] == "next_cursor is null"
    assert {"kind", "proof", "text", "write"} == set(table["findings"][0])


def test_g7_the_table_of_what_was_read() -> None:
    said = printed(found(by_cursor, paginator=CursorPaginator(incremental=True))).splitlines()
    assert said[0].split("  ")[0] == "table"
    assert said[2].split()[:4] == ["case_items", "4", "3", "25"]
    assert said[2].rstrip().endswith('next_cursor is null   {"next_cursor": "c20"}')


@given(size=st.integers(1, 12), number=st.integers(0, 30), which=st.sampled_from(["offset", "cursor", "key"]))
@settings(max_examples=25, deadline=None)
def test_g7_a_right_plugin_is_never_wrong(size: int, number: int, which: str) -> None:
    held = records(number, name="x")

    def answer(call: Call) -> Any:
        if which == "offset":
            return {"items": sliced(call, held)}
        if which == "key":
            return {"items": [each for each in held if each["id"] > call.query.get("after", "")][: int(call.query["page_size"])]}
        start, asked = int(call.query.get("cursor", "c0")[1:]), int(call.query["page_size"])
        more = start + asked < number
        return {"items": held[start : start + asked], "next_cursor": f"c{start + asked}" if more else None}

    paginators = {"offset": OffsetPaginator(), "key": KeysetPaginator("after", "id"), "cursor": CursorPaginator()}
    compared = found(answer, paginator=paginators[which], page_size=size)
    assert texts(compared, "wrong") + texts(compared, "remark") == ""
