"""One feed for each value of a list in the configuration, and children of children."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.support import Api, Call, Connection, Reply, connect, items, plugin_of, serving
from connector_core import (
    ConnectorError,
    Each,
    OffsetPaginator,
    Parent,
    PluginError,
    Setting,
    SinglePage,
    UpdatedSince,
    short_page,
)
from connector_core.plugin.assembly import assemble

REPOSITORIES = Setting("repositories", kind="list")
COLUMNS = {"id": "STRING", "repository": "STRING", "at": "STRING"}


def issues(**parts: Any) -> Any:
    usual = {
        "name": "issues",
        "path": "/repos/{each.value}/issues",
        "columns": COLUMNS,
        "primary_key": ["repository", "id"],
        "each": Each("repositories", adds={"repository": "value"}),
    }
    return items(**{**usual, **parts})


def of(path: str, number: int, at: int = 0) -> list[dict[str, Any]]:
    return [{"id": f"{path}{n}", "at": f"2026-01-01T00:00:{at + n:02}Z"} for n in range(number)]


def test_each_value_is_a_feed_of_its_own() -> None:
    with serving(lambda _: {"items": of("i", 2), "next_cursor": None}) as api:
        connection = connect(api, issues(), settings=[REPOSITORIES], configuration={"repositories": "b, a/c,b"})
        connection.sync()
        assert sorted(call.path for call in api.calls) == ["/repos/a%2Fc/issues", "/repos/b/issues"]
        rows = {(row["repository"], row["id"]) for row in connection.rows("issues")}
        assert rows == {("b", "i0"), ("b", "i1"), ("a/c", "i0"), ("a/c", "i1")}


def test_each_has_a_bookmark_of_its_own() -> None:
    since = UpdatedSince("since", "at")
    with serving(lambda call: {"items": of("i", 2, 10 if "/a/" in call.path else 20)}) as api:
        connection = connect(api, issues(), settings=[REPOSITORIES], configuration={"repositories": "a,b"}, paginator=since)
        connection.sync()
        connection.sync(repositories="b,a,c")
        asked = {call.path: call.query.get("since") for call in api.calls[2:]}
        assert asked == {
            "/repos/a/issues": "2026-01-01T00:00:11Z",
            "/repos/b/issues": "2026-01-01T00:00:21Z",
            "/repos/c/issues": None,
        }


@pytest.mark.parametrize("replaced", [False, True])
def test_rows_of_a_value_that_was_taken_out_stay_unless_the_table_is_replaced(replaced: bool) -> None:
    with serving(lambda _: {"items": of("i", 1)}) as api:
        table = issues(full_refresh=replaced)
        connection = connect(api, table, settings=[REPOSITORIES], configuration={"repositories": "a,b"}, paginator=SinglePage())
        connection.sync()
        connection.sync(repositories="b")
        assert {row["repository"] for row in connection.rows("issues")} == ({"b"} if replaced else {"a", "b"})


def test_a_value_that_the_api_does_not_know_is_named() -> None:
    def answer(call: Call) -> Any:
        return Reply({"error": "no such repository"}, 404) if "/gone/" in call.path else {"items": of("i", 1)}

    with serving(answer) as api, pytest.raises(ConnectorError) as caught:
        connect(api, issues(), settings=[REPOSITORIES], configuration={"repositories": "a,gone"}, paginator=SinglePage()).sync()
    assert "issues: GET /repos/gone/issues: 404" in str(caught.value)
    assert "where a value of the setting repositories is gone, put ignore(status=…) into the errors of issues" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            {"path": "/issues"},
            'asks for the same for each value of the setting repositories. Name it, such as path="/repositories/{each.',
        ),
        ({"path": "/repos/{each.name}/issues"}, "it names {each.name}, but an entry of a list has nothing but {each.value}"),
        ({"path": "/repos/{parent.value}/issues"}, "asks for the same for each value"),
        ({"each": "repositories"}, "each"),
        ({"columns": {"id": "STRING"}, "primary_key": ["id"]}, "its parent adds repository, which columns does not declare"),
        ({"parent": Parent("crews", adds={"repository": "id"})}, "it has a parent and each"),
        ({"each": Each("repos", adds={"repository": "value"})}, "{settings.repos} is no setting of this connector"),
        ({"each": Each("api_key", adds={"repository": "value"})}, "is of kind text. Write kind="),
    ],
)
def test_what_cannot_be_read_for_each_is_refused_at_assembly(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(PluginError) as caught:
        assemble([plugin_of(issues(**parts), settings=[REPOSITORIES, Setting("api_key")])])
    assert words in str(caught.value)


@pytest.mark.parametrize("adds", [{}, {"repository": "name"}, "repository"])
def test_an_each_that_cannot_be_meant(adds: Any) -> None:
    with pytest.raises(PluginError, match=r"Each repositories"):
        Each("repositories", adds=adds)


# Guilds, channels, messages


GUILDS = items(name="guilds", path="/guilds", columns={"id": "STRING"}, primary_key=["id"])
CHANNELS = items(
    name="channels",
    path="/guilds/{parent.id}/channels",
    columns={"id": "STRING", "guild": "STRING"},
    primary_key=["guild", "id"],
    parent=Parent("guilds", adds={"guild": "id"}),
)
MESSAGES = items(
    name="messages",
    path="/guilds/{parent.guild}/channels/{parent.id}/messages",
    columns={"id": "STRING", "guild": "STRING", "channel": "STRING"},
    primary_key=["guild", "channel", "id"],
    parent=Parent("channels", adds={"guild": "guild", "channel": "id"}),
)
CHAIN = (GUILDS, CHANNELS, MESSAGES)
PAGES = OffsetPaginator(size_param="limit", stop=[short_page("limit")])


def world(guilds: int, channels: int, messages: int) -> dict[str, list[dict[str, Any]]]:
    held = {"/guilds": [{"id": f"g{n}"} for n in range(guilds)]}
    for guild in held["/guilds"]:
        path = f"/guilds/{guild['id']}/channels"
        held[path] = [{"id": f"c{n}"} for n in range(channels)]
        for channel in held[path]:
            held[f"{path}/{channel['id']}/messages"] = [{"id": f"m{n}"} for n in range(messages)]
    return held


def paged(held: Mapping[str, list[dict[str, Any]]], call: Call) -> Any:
    start, limit = int(call.query.get("offset", 0)), int(call.query["limit"])
    return {"items": held[call.path][start : start + limit]}


def wanted(held: Mapping[str, list[Any]]) -> set[tuple[str, str, str]]:
    return {
        (path.split("/")[2], path.split("/")[4], message["id"])
        for path, messages in held.items()
        if path.endswith("/messages")
        for message in messages
    }


def found(connection: Connection) -> set[tuple[str, str, str]]:
    return {(row["guild"], row["channel"], row["id"]) for row in connection.rows("messages")}


def test_children_of_children_are_read_for_each_of_their_parents() -> None:
    held = world(3, 2, 5)
    with serving(lambda call: paged(held, call)) as api:
        connection = connect(api, *CHAIN, paginator=PAGES, configuration={"page_size": "2", "threads": "3"})
        connection.sync()
        assert found(connection) == wanted(held)
        assert len(connection.rows("messages")) == 30


def test_a_chain_may_begin_with_a_list() -> None:
    channels = items(
        name="channels",
        path="/guilds/{each.value}/channels",
        columns={"id": "STRING", "guild": "STRING"},
        primary_key=["guild", "id"],
        each=Each("guilds", adds={"guild": "value"}),
    )
    held = world(3, 2, 3)
    with serving(lambda call: paged(held, call)) as api:
        connection = connect(
            api,
            channels,
            MESSAGES,
            paginator=PAGES,
            settings=[Setting("guilds", kind="list")],
            configuration={"page_size": "2", "guilds": "g0,g2"},
        )
        connection.sync()
        assert found(connection) == {row for row in wanted(held) if row[0] != "g1"}


def test_a_circle_of_parents_is_refused() -> None:
    one = items(name="ones", path="/a/{parent.id}", parent=Parent("others", adds={"id": "id"}))
    other = items(name="others", path="/b/{parent.id}", parent=Parent("ones", adds={"id": "id"}))
    with pytest.raises(PluginError, match="ones is a child of others is a child of ones: that has no beginning"):
        assemble([plugin_of(one, other)])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(0, 5),
    st.sampled_from([1, 2, 10]),
    st.integers(0, 40),
    st.sampled_from([1, 3]),
)
def test_a_crash_anywhere_in_a_chain_loses_nothing(
    guilds: int, channels: int, messages: int, size: int, crash: int, threads: int
) -> None:
    held = world(guilds, channels, messages)
    configuration = {"page_size": str(size), "threads": str(threads)}

    def answer(call: Call) -> Any:
        return Reply({"error": "down"}, 400) if call.number == crash else paged(held, call)

    with serving(answer) as api:
        connection = connect(api, *CHAIN, paginator=PAGES, configuration=configuration)
        _until_well(connection, api, crash)
        assert found(connection) == wanted(held)
        held["/guilds/g0/channels"] = [*held["/guilds/g0/channels"], {"id": "new"}]
        held["/guilds/g0/channels/new/messages"] = [{"id": "late"}]
        _until_well(connection, api, crash)
        assert found(connection) == wanted(held)


def _until_well(connection: Connection, api: Api, crash: int) -> None:
    try:
        connection.sync()
    except ConnectorError:
        assert len(api.calls) > crash
        connection.sync()
