"""Filters around a time, and the notations in which they write it: no record is passed over, whatever they cut off."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core import CursorPaginator, Page, Paginator, PluginError, Setting, Table, UpdatedSince, hookimpl
from connector_core.engine.identity import identity
from connector_core.paging.notation import Notation
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.plugin.binding import bound
from support import plugin

TABLE = Table("items", "/items", "items", ["id"], {"id": "LONG", "at": "STRING"})
OPEN = "status eq 'open'"
WHOLE = f"{OPEN} and at ge {{since}}"
AT = "2026-01-31T10:20:30.5Z"


def sent(strategy: UpdatedSince, table: Table = TABLE, since: Any = AT) -> Any:
    """What the first request of a sync asks for that starts at *since*; None: at nothing."""
    return strategy.first(table, 5, {} if since is None else {"since": since}).found(strategy.where, strategy.param)


def assembled(paginator: Paginator, **parts: Any) -> Assembly:
    return assemble([plugin(Table("items", "/items", "items", ["id"], TABLE.columns, **parts), paginator=paginator)])


def test_a_template_holds_the_time_and_the_tables_own_filter() -> None:
    strategy = UpdatedSince("$filter", "at", template=WHOLE)
    [plan] = assembled(strategy, params={"$filter": OPEN}).tables
    assert sent(strategy, plan.table, None) == OPEN, "no time yet: the table's own"
    assert sent(strategy, plan.table) == f"{OPEN} and at ge {AT}"
    assert sent(strategy, TABLE, None) is None, "no time, and no filter of its own: nothing"
    assert sent(UpdatedSince("q", "at", template="since {since}", otherwise="all"), TABLE, None) == "all"
    assert sent(UpdatedSince("q", "at", template="since {since}", start="2020"), TABLE, None) == "since 2020"


@pytest.mark.parametrize(
    ("parts", "first"),
    [
        ({}, ""),
        ({"template": "at ge {since}"}, "; the first one goes without that filter"),
        ({"template": "at ge {since}", "otherwise": "all"}, "; the first one sends all"),
        ({"start": "2026-01-01"}, "; the first one asks from 2026-01-01 on"),
    ],
)
def test_what_a_first_sync_asks_for_is_said(parts: dict[str, Any], first: str) -> None:
    assert UpdatedSince("q", "at", **parts).reads.endswith(f"is not before the newest one seen{first}")


def test_a_filter_of_json_in_a_body() -> None:
    template = {"all": [{"field": "status", "eq": "open"}, {"field": "at", "gte": "{since}"}]}
    strategy = UpdatedSince("filter", "at", CursorPaginator(where="body"), where="body", template=template)
    body = {"filter": {"all": [{"field": "status", "eq": "open"}]}}
    [plan] = assembled(strategy, body=body).tables
    assert sent(strategy, plan.table, None) == body["filter"]
    assert sent(strategy, plan.table, 1767225600)["all"] == [body["filter"]["all"][0], {"field": "at", "gte": 1767225600}]


def test_settings_in_a_template_cannot_become_places() -> None:
    hooks: dict[str, Any] = {
        "connector_tables": lambda: [TABLE],
        "connector_paginator": lambda: UpdatedSince("q", "at", template="of {settings.account} from {since} {{since}}"),
        "connector_settings": lambda: [Setting("account")],
    }
    made = assemble([Plugin("q", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])
    [plan] = bound(made, {"account": "{since} {{x}}"}).tables
    assert isinstance(plan.paginator, UpdatedSince)
    assert sent(plan.paginator) == f"of {{since}} {{{{x}}}} from {AT} {{since}}"


def test_another_filter_is_another_feed() -> None:
    one, two, three = (
        assembled(UpdatedSince("q", "at", template=template)) for template in ("a {since}", "b {since}", "a {since}")
    )
    assert identity(one.tables[0]) != identity(two.tables[0])
    assert identity(one.tables[0]) == identity(three.tables[0])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"template": "at ge since"}, r"template has no {since} in it: 'at ge since'. Write {since} where"),
        ({"template": {"gte": "{since}"}}, r'template is dict, which only a JSON body can hold: where="body"'),
        ({"notation": "%H:%M"}, r"notation is '%H:%M', by which no moment can be told. Write \"epoch\""),
        ({"notation": "%Y-%m-%d %I:%M"}, r"by which no moment can be told"),
        ({"notation": "%d.%m. %H:%M"}, r"by which no moment can be told"),
        ({"notation": "days"}, r"by which no moment can be told"),
        ({"notation": "epoch", "start": "soon"}, r"start is 'soon', which notation cannot write"),
        ({"template": "{since}", "otherwise": "all", "start": 5}, r"start and otherwise are both for the first sync"),
        ({"template": "{since}", "otherwise": "{since}"}, r"otherwise has {since} in it"),
    ],
)
def test_filters_that_cannot_be(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        UpdatedSince("q", "at", **parts)


@pytest.mark.parametrize(
    ("strategy", "parts", "message"),
    [
        (
            UpdatedSince("$filter", "at", template="at ge {since}"),
            {"params": {"$filter": OPEN}},
            r"items sends \$filter \"status eq 'open'\", which its template does not have, so that filter would be lost",
        ),
        (
            UpdatedSince("filter", "at", where="body", template={"at": "{since}"}),
            {"body": {"filter": {"status": "open"}}},
            r"items sends filter {'status': 'open'}, which its template does not have",
        ),
        (
            UpdatedSince("q", "at", template=WHOLE, otherwise="x"),
            {"params": {"q": OPEN}},
            r"otherwise and q of items are both for the first sync",
        ),
        (UpdatedSince("q", "at", template="{since} {until}"), {}, r"template of the paginator of items has {until} in it"),
    ],
)
def test_filters_that_would_be_lost(strategy: UpdatedSince, parts: dict[str, Any], message: str) -> None:
    with pytest.raises(PluginError, match=message):
        assembled(strategy, **parts)


@pytest.mark.parametrize(
    ("notation", "since", "more", "asked"),
    [
        ("epoch", AT, {}, 1769854830),
        ("epoch", AT, {"inclusive": False}, 1769854829),
        ("epoch_ms", AT, {}, 1769854830500),
        ("epoch", 1769854830500, {}, 1769854830),
        ("%Y-%m-%d", AT, {}, "2026-01-31"),
        ("%Y-%m-%d", AT, {"inclusive": False}, "2026-01-30"),
        ("%Y-%m-%d", 1769854830, {"lookback": timedelta(days=3)}, "2026-01-28"),
        ("%d/%m/%Y %H:%M", AT, {"lookback": 60}, "31/01/2026 10:19"),
        ("%Y-%m-%dT%H:%M:%SZ", "2026-01-31T12:20:30+02:00", {}, "2026-01-31T10:20:30Z"),
        ("%a, %d %b %Y %H:%M:%S GMT", AT, {}, "Sat, 31 Jan 2026 10:20:30 GMT"),
        ("epoch", None, {"start": "2026-01-31"}, 1769817600),
        ("%Y/%m/%d", None, {"start": "2026-01-31T23:00:00Z"}, "2026/01/31"),
        ("%Y-%m-%d", "0999-01-01", {"start": "2026-01-31"}, "2026-01-31"),
        ("epoch", 17, {}, None),  # no clock: the state is left aside
    ],
)
def test_the_filter_has_a_notation_of_its_own(notation: str, since: Any, more: dict[str, Any], asked: Any) -> None:
    strategy = UpdatedSince("since", "at", notation=notation, **more)
    assert sent(strategy, TABLE, since) == (None if asked is None else str(asked))
    in_body = UpdatedSince("since", "at", notation=notation, where="body", **more)
    assert sent(in_body, Table("items", "/items", "items", ["id"], TABLE.columns, body={}), since) == asked


def test_the_state_keeps_the_notation_of_the_api() -> None:
    strategy = UpdatedSince("since", "at", notation="epoch_ms", now=lambda: datetime(2026, 6, 1, tzinfo=UTC))
    assert strategy.rest(strategy.first(TABLE, 5, {}), Page({}, [{"id": 1, "at": AT}])) == {"since": AT}


moments = st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))
NOTATIONS = [
    "epoch",
    "epoch_ms",
    "%Y-%m-%d",
    "%Y-%m-%dT%H:%M",
    "%Y%m%d%H",
    "%d.%m.%Y %H:%M:%S",
    "%Y-%m-%dT%H:%M:%S.%f%z",
    "%j %Y",
]


@pytest.mark.parametrize("notation", NOTATIONS)
@given(moment=moments, back=st.integers(0, 10**7), inclusive=st.booleans())
def test_what_is_asked_for_is_never_after_the_newest(notation: str, moment: datetime, back: int, inclusive: bool) -> None:
    """And where the filter leaves out the time asked for, it is before it by more than the notation cuts off."""
    now = datetime(2300, 1, 1, tzinfo=UTC)
    strategy = UpdatedSince("since", "at", notation=notation, lookback=back, inclusive=inclusive, now=lambda: now)
    asked = sent(strategy, TABLE, moment.isoformat())
    read = Notation.read(notation, "")
    if notation.startswith("epoch"):
        found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=1) * int(asked) / (1000 if notation == "epoch_ms" else 1)
    else:
        found = datetime.strptime(asked, notation).replace(tzinfo=UTC)
    late = moment - timedelta(seconds=back) - found
    assert timedelta(0) <= late
    if not inclusive:
        assert Decimal(str(late.total_seconds())) >= read.step
    assert Decimal(str(late.total_seconds())) < read.step + (0 if inclusive else max(read.step, Decimal(1)))
