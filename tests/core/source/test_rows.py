"""Rows that functions of page and request make."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.support import Call, connect, items, plugin_of, records, serving
from connector_core import (
    Aggregate,
    CursorPaginator,
    OffsetPaginator,
    Parent,
    PluginError,
    SinglePage,
    Transform,
    UnexpectedAnswer,
    columns_to_rows,
    count,
    exploded,
    key_of,
    keyed,
    only_if,
    request_param,
    short_page,
    stamped,
    values,
)
from connector_core.plugin.assembly import assemble
from connector_core.source.pagination import Page, Request
from connector_core.source.rows import made_key


def made(body: Any, rows: Any, **parts: Any) -> list[dict[str, Any]]:
    """The rows of a sync of one answer."""
    columns = {name: "JSON" if name == "tags" else "STRING" for name in parts.pop("columns", "id").split()}
    with serving(lambda _: body) as api:
        connection = connect(api, items(columns=columns, rows=rows, **parts), paginator=SinglePage())
        connection.sync()
        return connection.rows()


def test_a_nested_list_becomes_rows() -> None:
    body = {
        "items": [{"id": "O1", "lines": [{"id": "a"}, {"id": "b"}]}, {"id": "O2", "lines": []}, {"id": "O3", "lines": None}, {}]
    }
    rows = made(body, exploded("lines", keep={"order": "id"}, index="line"), columns="order id line", primary_key=["order", "id"])
    assert rows == [{"order": "O1", "id": "a", "line": "0"}, {"order": "O1", "id": "b", "line": "1"}]


def test_bare_entries_of_a_nested_list_are_values() -> None:
    body = {"items": [{"id": "O1", "tags": ["x", "y"]}]}
    assert made(body, exploded("tags", {"id": "id"}), columns="id value", primary_key=["id", "value"]) == [
        {"id": "O1", "value": "x"},
        {"id": "O1", "value": "y"},
    ]


def test_lists_beside_each_other_become_rows() -> None:
    body = {"hourly": {"time": ["01", "02"], "heat": ["20", None]}, "unit": "C"}
    rows = made(body, columns_to_rows("hourly"), columns="time heat", primary_key=["time"], records="[@]")
    assert rows == [{"time": "01", "heat": "20"}, {"time": "02", "heat": None}]
    assert made(body, [columns_to_rows()], columns="time heat", primary_key=["time"], records="[hourly]") == rows


@pytest.mark.parametrize("names", [["time", "heat"], [{"name": "time"}, {"name": "heat"}]])
def test_rows_without_names_are_given_them(names: list[Any]) -> None:
    body = {"columns": names, "data": [["01", "20"], ["02", "21"]]}
    rows = made(body, columns_to_rows("data", names="columns"), columns="time heat", primary_key=["time"], records="[@]")
    assert rows == [{"time": "01", "heat": "20"}, {"time": "02", "heat": "21"}]


def test_an_object_by_id_becomes_rows_with_the_day_of_the_answer_and_a_parameter() -> None:
    body = {"date": "2026-01-02", "rates": {"EUR": "1.0", "USD": "1.1"}}
    steps = [keyed("rates", key="currency"), stamped({"day": "date", "base": request_param("base")})]
    rows = made(
        body, steps, columns="day base currency value", primary_key=["day", "currency"], records="[@]", params={"base": "CHF"}
    )
    assert rows[0] == {"currency": "EUR", "value": "1.0", "day": "2026-01-02", "base": "CHF"}
    assert len(rows) == 2


def test_an_object_of_objects_by_id_keeps_their_fields() -> None:
    body = {"items": [{"users": {"7": {"name": "A"}, "8": {"name": "B"}}}]}
    assert made(body, keyed("users"), columns="id name") == [{"id": "7", "name": "A"}, {"id": "8", "name": "B"}]


def test_bare_values_become_rows() -> None:
    assert made({"items": [17, "18"]}, values("id")) == [{"id": "17"}, {"id": "18"}]


def test_a_function_of_page_and_request_makes_rows() -> None:
    def totals(page: Page, request: Request) -> Iterator[dict[str, Any]]:
        yield {"id": request.path, "n": str(len(page.records)), "of": page.get("meta.name")}

    body = {"items": [1, 2], "meta": {"name": "x"}}
    assert made(body, totals, columns="id n of") == [{"id": "/items", "n": "2", "of": "x"}]


def test_a_key_is_made_of_several_fields_and_stays_the_same() -> None:
    body = {"items": [{"a": "x", "n": 7}, {"a": "x", "n": None}, {"a": None, "n": "7"}]}
    rows = made(body, stamped({"id": key_of("a", "n")}), columns="id a n")
    assert len({row["id"] for row in rows}) == 3
    assert all(len(row["id"]) == 32 for row in rows)
    again = made({"items": [{"n": "7", "a": "x"}]}, stamped({"id": key_of("a", "n")}), columns="id a n")
    assert again[0]["id"] in {row["id"] for row in rows}


def test_pages_are_counted_by_what_the_api_sent() -> None:
    """Not by the rows that are made of it: a full page may make a single one, or a hundred."""
    held = [{"id": f"O{n}", "lines": [{"line": f"{n}{m}"} for m in range(n % 3)]} for n in range(25)]

    def answer(call: Call) -> Any:
        start = int(call.query.get("offset", 0))
        return {"items": held[start : start + 10]}

    with serving(answer) as api:
        table = items(columns={"line": "STRING"}, primary_key=["line"], rows=exploded("lines"))
        connection = connect(api, table, paginator=OffsetPaginator(size_param="limit", stop=[short_page("limit")]))
        connection.sync()
        assert len(api.calls) == 3
        assert connection.ids(column="line") == sorted(f"{n}{m}" for n in range(25) for m in range(n % 3))


def test_children_are_read_for_each_row_that_is_made() -> None:
    crews = items(name="crews", path="/crews", records="ids", rows=values("id"))
    shifts = items(
        path="/crews/{parent.id}/shifts", columns={"id": "STRING", "crew": "STRING"}, parent=Parent("crews", adds={"crew": "id"})
    )
    with serving(lambda call: {"ids": [7, 8]} if call.path == "/crews" else {"items": records(1, len(call.path))}) as api:
        connect(api, crews, shifts, paginator=SinglePage()).sync()
        assert {call.path for call in api.calls} == {"/crews", "/crews/7/shifts", "/crews/8/shifts"}


# What cannot be

WRONG: Any = "a"


@pytest.mark.parametrize(
    ("body", "rows", "words"),
    [
        ({"items": [{"lines": {"a": 1}}]}, exploded("lines"), "is no list. Correct the path"),
        ({"items": [{"a": [1], "b": [1, 2]}]}, columns_to_rows(), "are not of one length (a 1, b 2)"),
        ({"items": [{"a": 1}]}, columns_to_rows(), "no object of lists"),
        ({"items": [{"hourly": {}}]}, columns_to_rows("houry"), "houry is missing from the answer (did you mean hourly?)"),
        ({"items": [{"c": ["x"], "d": [[1, 2]]}]}, columns_to_rows("d", names="c"), "has not 1 value, as there are names"),
        ({"items": [{"rate": {}}]}, keyed("rates"), "rates is missing (did you mean rate?)"),
        ({"items": [[1]]}, values("id"), "where a bare value was expected"),
        ({"items": [1]}, stamped({"a": "b"}), "not an object. Use values(…) before"),
    ],
)
def test_an_answer_of_another_shape_is_loud(body: Any, rows: Any, words: str) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        made(body, rows)
    assert words in str(caught.value)
    assert str(caught.value).startswith("case_items: GET /items")


def test_a_function_that_fails_is_named_with_its_line() -> None:
    def broken(page: Page, request: Request) -> Iterator[Any]:
        yield {"id": page.body["none"]}

    with pytest.raises(PluginError, match=r"broken, a step of the rows of case_items, failed with KeyError.*test_rows.py, line"):
        made({"items": []}, broken)


@pytest.mark.parametrize("rows", ["lines", [None]])
def test_what_is_no_step_is_refused(rows: Any) -> None:
    with pytest.raises(PluginError, match="rows"):
        items(rows=rows)


@pytest.mark.parametrize(
    "make", [lambda: key_of(), lambda: exploded("a", {"": "b"}), lambda: stamped(WRONG), lambda: keyed("a", key="")]
)
def test_a_step_that_cannot_be_meant(make: Any) -> None:
    with pytest.raises(PluginError):
        make()


def test_a_stamp_sees_what_those_before_it_gave() -> None:
    step = stamped({"of": request_param("of"), "id": key_of("of", "n")})
    ids = [next(step(Page({}, [{"n": 1}]), Request("/", {"of": of})))["id"] for of in ("a", "b")]
    assert ids[0] != ids[1]
    late = stamped({"id": key_of("of", "n"), "of": request_param("of")})
    assert next(late(Page({}, [{"n": 1}]), Request("/", {"of": "a"})))["id"] not in ids


# Tables without a key


def test_a_table_without_a_key_is_told_by_all_that_a_row_holds() -> None:
    table = items(primary_key=[], columns={"a": "STRING", "n": "LONG"}, append_only=True)
    pages = [{"items": [{"a": "x", "n": 1}, {"a": "x", "n": 2}, {"a": None, "n": 1}, {"a": "x", "n": 1}]}]
    extra = Aggregate("by_a", by=["a"], measures={"rows": count()})
    with serving(lambda _: pages[0] | {"next_cursor": None}) as api:
        connection = connect(api, table, paginator=CursorPaginator(), extra_tables=[extra])
        assert "primary_key" not in connection.assembly.schema[0]
        connection.sync()
        connection.sync()
        assert sorted(map(json.dumps, connection.rows())) == sorted(map(json.dumps, pages[0]["items"][:3]))
        assert connection.rows("by_a") == [{"a": "x", "rows": 2}]


def test_a_table_without_a_key_that_is_replaced_may_leave_rows_out() -> None:
    table = items(primary_key=[], columns={"a": "STRING"}, full_refresh=True)
    with serving(lambda _: {"items": [{"a": "x"}, {"a": "y"}]}) as api:
        connection = connect(api, table, paginator=SinglePage(), transforms=[Transform("x_only", only_if("a", ["x"]))])
        connection.sync()
        assert connection.rows() == [{"a": "x"}]


def test_records_without_a_key_that_have_none_of_the_columns_are_others() -> None:
    table = items(primary_key=[], columns={"a": "STRING", "n": "LONG"}, append_only=True)
    with serving(lambda _: {"items": [{"item": {"a": "x", "n": 1}}]}) as api:
        connection = connect(api, table, paginator=SinglePage())
        with pytest.raises(UnexpectedAnswer, match=r"no record of this page has any of the columns a, n \(there is item"):
            connection.sync()
        assert connection.rows() == []


def test_a_table_without_a_key_has_to_be_honest() -> None:
    with pytest.raises(PluginError, match="has to be append_only or full_refresh"):
        items(primary_key=[])
    with pytest.raises(PluginError, match="no list under gone can say which rows are gone"):
        items(primary_key=[], append_only=True, deleted="gone")
    child = items(name="c", path="/{parent.id}", parent=Parent("case_items", adds={"id": "id"}))
    with pytest.raises(PluginError, match="has no primary_key to tell its records by"):
        assemble([plugin_of(items(primary_key=[], append_only=True), child)])


@given(st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=3), st.booleans()), min_size=2, max_size=3))
def test_keys_of_other_values_are_other_keys(parts: list[Any]) -> None:
    """Values move between fields, or are joined: ("a", "bc") is not ("ab", "c")."""

    def canonical(values: list[Any]) -> list[Any]:
        return [value if value is None or isinstance(value, str) else json.dumps(value) for value in values]

    other = list(reversed(parts))
    assert (made_key(parts) == made_key(other)) is (canonical(parts) == canonical(other))
    assert made_key(parts) != made_key([*parts, None])
