"""Values of the configuration in requests: {settings.name} in what a table asks for and in constants of its paginator."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.support import Call, connect, items, plugin_of, records, serving
from connector_core import (
    BearerToken,
    ConfigurationError,
    CursorPaginator,
    PluginError,
    Setting,
    SinglePage,
    UpdatedSince,
    Windows,
)
from connector_core.plugin.assembly import assemble
from connector_core.source.templates import Filling, parts_around

ACCOUNT = Setting("account")
KINDS = "{settings.kinds}"
SOME = {"items": records(3, at="2026-01-01"), "next_cursor": None}


def asked(table: Any, configuration: dict[str, str], *settings: Setting, paginator: Any = None) -> Call:
    with serving(lambda _: SOME) as api:
        connection = connect(api, table, settings=settings, configuration=configuration, paginator=paginator or SinglePage())
        connection.sync()
        return api.calls[0]


def test_they_stand_in_path_params_headers_and_body() -> None:
    table = items(
        path="/accounts/{settings.account}/items",
        params={"q": "account:{settings.account}"},
        headers={"X-Account": "{settings.account}"},
        body={
            "account": "{settings.account}",
            "first": "{settings.first}",
            "all": ["{settings.account}"],
            "kinds": "{settings.kinds}",
        },
    )
    first, kinds = Setting("first", kind="integer"), Setting("kinds", kind="list")
    call = asked(table, {"account": "a/b c", "first": "7", "kinds": "x, y"}, ACCOUNT, first, kinds)
    assert call.path == "/accounts/a%2Fb%20c/items"
    assert call.query == {"q": "account:a/b c"}
    assert call.headers["x-account"] == "a/b c"
    assert call.body == {"account": "a/b c", "first": 7, "all": ["a/b c"], "kinds": ["x", "y"]}


def test_what_stands_for_an_empty_setting_is_not_sent() -> None:
    call = asked(items(params={"project": "{settings.project}", "all": ""}), {}, Setting("project", default=""))
    assert call.query == {"all": ""}


def test_a_list_in_a_query_has_commas() -> None:
    call = asked(items(params={"ids": "{settings.ids}"}), {"ids": "1, 2\n3,2"}, Setting("ids", kind="list"))
    assert call.query == {"ids": "1,2,3"}


def test_they_stand_in_the_constants_of_a_strategy() -> None:
    since = UpdatedSince("since", "at", CursorPaginator(), start="{settings.start_date}")
    call = asked(items(), {"start_date": "2024-05-01"}, Setting("start_date", kind="date"), paginator=since)
    assert call.query["since"] == "2024-05-01"


def test_a_window_may_start_where_the_configuration_says() -> None:
    windows = Windows("from", "to", start="{settings.first_id}", step=10)
    with serving(lambda call: {"items": records(3) if call.query["from"] == "41" else []}) as api:
        connection = connect(
            api, items(), settings=[Setting("first_id", kind="integer")], configuration={"first_id": "41"}, paginator=windows
        )
        connection.sync()
        assert [call.query for call in api.calls] == [{"from": "41", "to": "50"}, {"from": "51", "to": "60"}]


def test_a_start_that_cannot_be_used_is_an_error_of_the_configuration() -> None:
    windows = Windows("from", "to", start="{settings.first_id}", step=10)
    with pytest.raises(ConfigurationError, match=r"case_items: Windows: start is 'soon'.*Correct the configuration"):
        asked(items(), {"first_id": "soon"}, Setting("first_id"), paginator=windows)


def test_a_day_may_be_said_by_how_long_it_is_ago() -> None:
    since = UpdatedSince("since", "at", start="{settings.start_date}")
    call = asked(items(), {}, Setting("start_date", kind="date", default="30 days ago"), paginator=since)
    assert call.query["since"] in {(datetime.now(UTC).date() - timedelta(days=30 + late)).isoformat() for late in (0, 1)}


@pytest.mark.parametrize("value", ["", "..", "."])
def test_a_segment_that_would_change_the_path_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError, match=r"case_items: account is .*cannot stand in the path"):
        asked(items(path="/accounts/{settings.account}/items"), {"account": value}, Setting("account", default=""))


def test_no_header_has_a_line_break_of_a_value() -> None:
    with pytest.raises(ConfigurationError, match="which no HTTP header can carry"):
        asked(items(headers={"X-A": "{settings.account}"}), {"account": "a\r\nX-B: c"}, ACCOUNT)


def assembling(*settings: Setting, **parts: Any) -> str:
    table = items(**{key: value for key, value in parts.items() if key not in ("auth", "paginator")})
    rest = {key: value for key, value in parts.items() if key in ("auth", "paginator")}
    with pytest.raises(PluginError) as caught:
        assemble([plugin_of(table, settings=settings, **rest)])
    return str(caught.value)


def test_a_name_that_is_no_setting_is_refused_at_assembly() -> None:
    assert "case_items: {settings.acount} is no setting of this connector (did you mean account?)" in assembling(
        ACCOUNT, params={"a": "{settings.acount}", "b": "{settings.account}"}
    )
    paginator = UpdatedSince("since", "id", start="{settings.start}")
    assert "{settings.start} is no setting" in assembling(paginator=paginator)


def test_a_secret_is_refused_at_assembly() -> None:
    said = assembling(auth=BearerToken("token"), path="/bot{settings.token}/items")
    assert "the setting token is a secret" in said


def test_a_setting_that_nobody_reads_is_refused_at_assembly() -> None:
    assert "nothing reads the setting account" in assembling(ACCOUNT)


def test_braces_that_are_written_twice_are_sent_once() -> None:
    table = items(params={"a": "{{settings.account}}", "b": "x{{y}}{settings.account}"})
    assert asked(table, {"account": "{{z}}"}, ACCOUNT).query == {"a": "{settings.account}", "b": "x{y}{{z}}"}


def test_another_account_is_another_feed() -> None:
    """A place in the feed of one account is none in that of another."""
    table = items(path="/{settings.account}/items")

    def answer(call: Call) -> Any:
        return {"items": records(2, 10 * len(call.path)), "next_cursor": None if "cursor" in call.query else "c"}

    with serving(answer) as api:
        connection = connect(
            api, table, settings=[ACCOUNT], configuration={"account": "a"}, paginator=CursorPaginator(incremental=True)
        )
        connection.sync()
        connection.sync()
        assert [call.query.get("cursor") for call in api.calls] == [None, "c", "c"]
        log = connection.sync(account="bbb")
        assert [call.query.get("cursor") for call in api.calls[3:]] == [None, "c"]
        assert log.warnings


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1).filter(lambda text: text not in (".", ".."))


@given(VALUES)
def test_no_value_leaves_its_segment(value: str) -> None:
    path = Filling(lambda *_: value, ("settings",)).path("/a/{settings.x}/b")
    assert path.count("/") == 3
    assert not set(path) & set("?#\\ \n")
    assert unquote(path.split("/")[2]) == value


PIECES = st.lists(st.sampled_from(["{settings.a}", "{parent.a}", "{{a}}", "{{settings.a}}", "{", "}", "x", "{}"]), max_size=6)


@given(PIECES, st.sampled_from(["{parent.a}", "{{a}}", "{{{a}}}", "{settings.a}", "v", "{", "}}"]))
def test_filled_in_two_steps_is_filled_in_one(pieces: list[str], value: str) -> None:
    """What a configuration gives is not looked at again when a parent's fields are filled in."""
    text = " ".join(pieces)
    both = {"settings": value, "parent": "P"}
    once = Filling(lambda scope, _: both[scope], ("settings", "parent")).text(text)
    first = Filling(lambda scope, _: both[scope], ("settings",), last=False).text(text)
    assert Filling(lambda scope, _: both[scope], ("parent",)).text(first) == once


@given(PIECES)
def test_what_stands_around_values_is_as_it_is_sent(pieces: list[str]) -> None:
    text = " ".join(pieces)
    assert "V".join(parts_around(text)) == Filling(lambda *_: "V", ("settings", "parent")).text(text)
