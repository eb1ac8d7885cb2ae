"""What the log says of a sync, in which words, and that it is never more than Fivetran takes."""

from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.testing.warehouse.memory import ListLog
from connector_core import Request, Table
from connector_core.basics.discretion import Secrets
from connector_core.basics.logs import DiscreetLog
from connector_core.engine.journal import PAGES_TOLD, Journal, PacedLog, params_of

TAKEN = 1500
"""Lines of info that Fivetran takes in a minute."""
ITEMS, PARTS = (Table(name, f"/{name}", "records", ["id"], {"id": "STRING"}) for name in ("items", "parts"))


def journal(log: ListLog, *paths: str, clock: Any = lambda: 0.0) -> Journal:
    return Journal(log, {path.strip("/"): path for path in paths}, clock)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (Request("/items", {"page_size": "100"}), "{'page_size': 100}"),
        (Request("/items", {"page_size": "100", "cursor": "0a1b"}), "{'page_size': 100, 'cursor': '0a1b'}"),
        (Request("/items"), "{}"),
        (Request("/items", {"code": "007", "none": "0"}), "{'code': '007', 'none': 0}"),
        (Request("/items", {"far": "1" * 30}), "{'far': '" + "1" * 30 + "'}"),
        (Request("/items?page=2&size=5"), "{'page': 2, 'size': 5}"),
        (Request("https://api.example.com/items?after=x%20y", {"n": "1"}), "{'n': 1, 'after': 'x y'}"),
        (Request("/items", {"n": "1"}, "POST", json={"page": {"after": "abc"}}), "{'n': 1, 'page': {'after': 'abc'}}"),
        (Request("/items", headers={"X-Cursor": "abc"}), "{'X-Cursor': 'abc'}"),
        (Request("/items", json=["a"], method="POST"), "{'body': ['a']}"),
        (Request("/items", {"query": "x" * 500}), "{'query': '" + "x" * 77 + "...'}"),
        (Request("/items", {"a\nb": "forged\nINFO line"}), r"{'a\nb': 'forged\nINFO line'}"),
    ],
)  # fmt: skip
def test_params(request_: Request, said: str) -> None:
    assert params_of(request_) == said
    log = ListLog()
    journal(log, "/items").fetching(ITEMS, request_)
    assert log.infos == [f"Fetching data with params: {said}"]


def test_where_there_are_several_tables_each_line_names_its_own() -> None:
    log = ListLog()
    several = journal(log, "/items", "/parts")
    several.fetching(ITEMS, Request("/items", {"n": "1"}))
    several.note("parts", "No more pages to fetch")
    assert log.infos == ["items: Fetching data with params: {'n': 1}", "parts: No more pages to fetch"]


def test_another_place_than_the_tables_own_is_named() -> None:
    log = ListLog()
    journal(log, "/orders/{order}/items").fetching(ITEMS, Request("/orders/7/items", {"n": "1"}))
    journal(log, "/items").fetching(ITEMS, Request("https://api.example.com/v2/more?n=1"))
    assert log.infos == [
        "Fetching data with params: {'n': 1} from /orders/7/items",
        "Fetching data with params: {'n': 1} from /v2/more",
    ]


@pytest.mark.parametrize("secret", ["a-long-secret-of-the-api", 'it\'s \\ "quoted"', "schlüssel-mit-ü-und-mehr"])
def test_no_secret_is_told_though_a_plugin_puts_it_into_a_request(secret: str) -> None:
    log = ListLog()
    asked = Request("/items", {"key": secret}, headers={"X-Key": secret}, json={"deep": [{"key": secret}]})
    Journal(DiscreetLog(log, Secrets([secret])), {"items": "/items"}, lambda: 0.0).fetching(ITEMS, asked)
    [line] = log.infos
    assert line.count("***") == 3
    assert secret not in line


def test_after_the_first_pages_of_a_table_at_most_one_a_second_is_named() -> None:
    now = [0.0]
    log = ListLog()
    told = journal(log, "/items", "/parts", clock=lambda: now[0])
    for _ in range(1000):
        now[0] += 0.01
        told.fetching(ITEMS, Request("/items"))
    assert len(log.infos) == pytest.approx(PAGES_TOLD + 10, abs=1)
    told.fetching(PARTS, Request("/parts"))
    assert log.infos[-1] == "parts: Fetching data with params: {}"
    for _ in range(50):
        now[0] += 1.5
        told.fetching(ITEMS, Request("/items"))
    assert len(log.infos) == pytest.approx(PAGES_TOLD + 61, abs=1)


@given(st.lists(st.sampled_from([0.0, 0.001, 0.05, 1.0, 59.0]), min_size=1, max_size=40), st.integers(1, 200))
def test_no_minute_has_more_lines_than_fivetran_takes(pauses: list[float], together: int) -> None:
    now, written = [0.0], list[float]()

    class Clocked(ListLog):
        def info(self, message: str) -> None:
            written.append(now[0])

    paced = PacedLog(Clocked(), lambda: now[0])
    for at in accumulate(pauses):
        now[0] = at
        for number in range(together):
            paced.info(str(number))
    for start in written:
        assert sum(start <= each < start + 60 for each in written) < TAKEN


def test_what_was_left_out_is_counted_and_warnings_are_never_left_out() -> None:
    now, log = [0.0], ListLog()
    paced = PacedLog(log, lambda: now[0])
    for number in range(2000):
        paced.info(f"line {number}")
        paced.warning(f"warning {number}")
    assert len(log.warnings) == 2000
    before = len(log.infos)
    now[0] = 61.0
    paced.info("later")
    assert log.infos[before:] == [f"({2000 - before} lines of this log were left out: Fivetran takes 1,500 a minute)", "later"]


LONG_FILTERS = {"filters": [{"propertyName": f"property_{number}", "operator": "EQ"} for number in range(40)]}


@pytest.mark.parametrize(("name", "form"), [("after", False), ("variables.page.after", False), ('"a.b"', False), ("after", True)])
def test_a_cursor_in_a_long_body_is_shown(name: str, form: bool) -> None:
    body = {"q": "x" * 400} if form else LONG_FILTERS
    request = Request("/search", method="POST", json=body, form=form).placed("body", name, "c0ffee")
    assert "c0ffee" in params_of(request)
    assert "c0ffee" in str(request)
    assert "..." in str(request)
    assert len(str(request)) <= 200


def test_a_short_body_is_shown_whole() -> None:
    request = Request("/search", method="POST", json={"limit": 5}).placed("body", "after", "c0ffee")
    assert str(request) == 'POST /search {"limit": 5, "after": "c0ffee"}'


def test_a_cursor_in_a_body_that_is_a_secret_is_no_more_shown_than_elsewhere() -> None:
    log, request = ListLog(), Request("/search", method="POST", json=LONG_FILTERS).placed("body", "after", "hush-hush-hush")
    journal(DiscreetLog(log, Secrets(["hush-hush-hush"])), "/search").fetching(ITEMS, request)  # type: ignore[arg-type]
    assert "hush" not in "".join(log.infos)
    assert "after" in log.infos[0]
