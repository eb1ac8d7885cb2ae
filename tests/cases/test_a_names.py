"""Kind A: a place that the plugin names and that nobody has, or that cannot be read, is an error that says what is meant."""

from typing import Any

import pytest

from cases.support import FIRST, Call, connect, crews_of, failing, family, items, plugin_of, read, records, serving
from connector_core import (
    CursorPaginator,
    KeysetPaginator,
    NextLinkPaginator,
    OAuth2ClientCredentials,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Parent,
    PluginError,
    SessionLogin,
    SinglePage,
    Transform,
    UnexpectedAnswer,
    UpdatedSince,
    Windows,
    fail,
    last_page,
    no_more,
    only_if,
    retry,
    tombstones,
    total_reached,
    wait_until,
)
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import assemble

# A4: a field that the plugin names, and that no record has


def dated(place: str, *, number: int = 25) -> list[dict[str, Any]]:
    """Records with a time each, at *place*."""
    held = records(number)
    for at, record in enumerate(held):
        time = f"2026-01-{at + 1:02}T00:00:00Z"
        record |= {"fields": {"updated": time}} if place == "fields.updated" else {place: time}
    return held


def since(held: list[dict[str, Any]], place: str) -> Any:
    """An API that filters by time and pages by number."""

    def said(call: Call) -> Any:
        start = call.query.get("since", "")
        chosen = [record for record in held if str(cached_path(place).get(record)) >= start]
        page = int(call.query["page"])
        return {"items": chosen[page * 10 - 10 : page * 10]}

    return said


@pytest.mark.parametrize("place", ["fields.updated", "updated.at"])
def test_a4_newest_may_be_nested_and_the_next_sync_asks_from_there(place: str) -> None:
    held = dated(place)
    said = (
        since(held, place)
        if place == "fields.updated"
        else lambda call: {"items": held} if call.query["page"] == "1" else {"items": []}
    )
    with serving(said) as api:
        connection = connect(api, items(), paginator=UpdatedSince("since", place, PageNumberPaginator()))
        connection.sync()
        assert connection.warehouse.state["since"] == "2026-01-25T00:00:00Z"
        connection.sync()
        assert api.calls[-2].query["since"] == "2026-01-25T00:00:00Z"


@pytest.mark.parametrize(
    ("newest", "hint"),
    [
        ("updated", "did you mean fields.updated?"),
        ("fields.updatd", "did you mean fields.updated"),
        ("fields.updatedAt", "did you mean fields.updated"),
        ("changed", "there is id, fields, fields.updated"),
    ],
)
def test_a4_a_misspelt_newest_is_no_whole_read_for_ever(newest: str, hint: str) -> None:
    message = failing({"items": dated("fields.updated")}, UpdatedSince("since", newest))
    assert message.startswith(f"case_items: GET /items: no record of this page has {newest}, which newest names")
    assert hint in message


@pytest.mark.parametrize(
    "held",
    [
        [],
        [{"id": "a", "updated": None}],
        [{"id": "a"}, {"id": "b", "updated": "2026-01-01"}],
        [{"id": "a", "updated": None}, {"id": "b"}],
    ],
    ids=["an empty page", "null", "one of them", "null and missing"],
)
def test_a4_as_lenient_as_is_exact(held: list[dict[str, Any]]) -> None:
    assert len(read({"items": held}, UpdatedSince("since", "updated"))) == len(held)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"adds": {"crew": "num"}}, "no record of crews on this page has num, which adds names for crew (did you mean number?)"),
        ({"adds": {"crew": "boss.number"}}, "has boss.number, which adds names for crew (did you mean number"),
        ({"changed": "updated"}, "has updated, which changed names (did you mean meta.updated?)"),
        ({"changed": "touched"}, "has touched, which changed names (there is id, number, boss, boss.name, meta, meta.updated)"),
    ],
)
def test_a4_what_a_parent_is_said_to_have(parts: dict[str, Any], words: str) -> None:
    crew = {"id": "c1", "number": 7, "boss": {"name": "x"}, "meta": {"updated": "2026-01-01"}}
    with pytest.raises(UnexpectedAnswer) as caught:
        family(crews_of(crew), **parts)
    assert words in str(caught.value)
    assert "Correct it in the parent of case_items" in str(caught.value)


def test_a4_nested_fields_of_a_parent() -> None:
    crew = {"id": "c1", "meta": {"updated": "2026-01-01", "codes": ["a", "b"]}}
    connection, asked = family(crews_of(crew), adds={"crew": "meta.codes[-1]"}, changed="meta.updated")
    assert [row["crew"] for row in connection.rows()] == ["b", "b"]
    assert asked.count("/crews/c1/shifts") == 1


def test_a4_a_parent_without_what_it_may_lack() -> None:
    """An object that is null has no field; those of which there is one say that the name is right."""
    crews = crews_of({"id": "c1", "meta": None, "boss": {"id": "b"}}, {"id": "c2", "boss": {"id": "b"}})
    _, asked = family(crews, adds={"crew": "boss.id"}, changed="meta.updated")
    assert asked.count("/crews/c1/shifts") == 2  # without a value, children are read in each sync


def test_a4_a_placeholder_of_what_a_parent_lacks() -> None:
    shifts = items(
        path="/crews/{parent.key}/shifts", columns={"id": "STRING", "crew": "STRING"}, parent=Parent("crews", adds={"crew": "id"})
    )
    with serving(crews_of({"id": "c1", "meta": {"key": "k"}})) as api, pytest.raises(UnexpectedAnswer) as caught:
        connect(api, items(name="crews", path="/crews", records="crews"), shifts, paginator=SinglePage()).sync()
    assert "key, which case_items is asked for by, is missing (did you mean meta.key?)" in str(caught.value)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (tombstones("delted_at"), "has delted_at, which the transform gone goes by (did you mean meta.deleted_at?)"),
        (tombstones("removed"), "has removed, which the transform gone goes by (there is id, meta, meta.deleted_at)"),
        (only_if("meta.deleted", [None]), "has meta.deleted, which the transform gone goes by (did you mean meta.deleted_at?)"),
    ],
)
def test_a4_a_misspelt_tombstone_is_no_table_that_keeps_all(function: Any, words: str) -> None:
    held = records(3, meta={"deleted_at": "2026-01-01"})
    with serving(lambda _: {"items": held}) as api, pytest.raises(UnexpectedAnswer) as caught:
        connect(api, items(), paginator=SinglePage(), transforms=[Transform("gone", function)]).sync()
    assert words in str(caught.value)
    assert "optional=True" in str(caught.value)


@pytest.mark.parametrize(
    ("function", "held", "live"),
    [
        (tombstones("deleted"), [{"id": "a"}, {"id": "b", "deleted": True}], ["a"]),
        (tombstones("meta.deleted"), [{"id": "a", "meta": None}, {"id": "b", "meta": {}}], ["a", "b"]),
        (tombstones("deleted", optional=True), [{"id": "a"}], ["a"]),
        (tombstones("flags[0].deleted"), [{"id": "a", "flags": [{"deleted": 1}]}, {"id": "b", "flags": []}], ["b"]),
        (only_if("a.b", [1]), [{"id": "a", "a.b": 1}, {"id": "b", "a": {"b": 2}}], ["a"]),
        (only_if("kind", ["x"], optional=True), [{"id": "a"}], []),
    ],
)
def test_a4_tombstones_that_some_records_have(function: Any, held: list[dict[str, Any]], live: list[str]) -> None:
    with serving(lambda _: {"items": held}) as api:
        connection = connect(api, items(), paginator=SinglePage(), transforms=[Transform("gone", function)])
        connection.sync()
        assert connection.ids() == live


def test_a4_a_transform_that_is_given_no_record_misses_no_field() -> None:
    transforms = [Transform("first", only_if("kind", ["x"])), Transform("gone", tombstones("deleted"))]
    with serving(lambda _: {"items": records(3, kind="y")}) as api:
        connection = connect(api, items(), paginator=SinglePage(), transforms=transforms)
        connection.sync()
        assert connection.ids() == []


def test_a4_a_key_that_is_called_otherwise() -> None:
    message = failing({"items": [{"Id": "a"}]}, SinglePage())
    assert "id, which identifies it, is missing (did you mean Id?)" in message


def test_a4_deleted_keys_that_are_listed_elsewhere() -> None:
    message = failing({"items": FIRST, "deleted_ids": ["r0001"]}, SinglePage(), deleted="deleted")
    assert "the answer has no deleted (did you mean deleted_ids?)" in message
    assert 'nothing="missing"' in message
    assert len(read({"items": FIRST, "deleted": None}, SinglePage(), deleted="deleted")) == 10
    assert len(read({"items": FIRST, "deleted": []}, SinglePage(), deleted="deleted")) == 10
    assert len(read({"items": FIRST}, SinglePage(), deleted="deleted", nothing="missing")) == 10
    assert len(read({"items": FIRST, "meta": {"x.gone": ["r0001"]}}, SinglePage(), deleted="meta.x.gone")) == 9


@pytest.mark.parametrize("key", ["fields.number", "fields[0].number", "field.number"])
def test_a4_the_key_that_a_feed_is_sorted_by_may_be_nested(key: str) -> None:
    held = [
        {"id": f"r{at}", "fields": {"number": at}}
        if key == "fields.number"
        else {"id": f"r{at}", "fields": [{"number": at}]}
        if key == "fields[0].number"
        else {"id": f"r{at}", "field.number": at}
        for at in range(1, 26)
    ]

    def said(call: Call) -> Any:
        after = int(call.query.get("after", 0))
        return {"items": held[after : after + 10]}

    assert len(read(said, KeysetPaginator("after", key))) == 25
    message = failing(said, KeysetPaginator("after", "numbr"))
    assert "the last record has no numbr to go on after (did you mean field" in message


def test_a4_an_expression_that_names_a_key_that_no_entry_has() -> None:
    edges = {"edges": [{"node": record} for record in FIRST]}
    assert len(read(edges, SinglePage(), records="edges[*].node")) == 10
    assert "no entry of edges has nodes (did you mean node" in failing(edges, SinglePage(), records="edges[*].nodes")
    assert read({"edges": []}, SinglePage(), records="edges[*].node") == []
    assert read({"edges": [{"node": None}]}, SinglePage(), records="edges[*].node") == []


# A5: indices, and paths that cannot be read


def test_a5_errors_of_graphql_are_a_list() -> None:
    throttled = {"errors": [{"extensions": {"code": "THROTTLED"}}], "data": None}

    def said(call: Call) -> Any:
        return throttled if call.number < 2 else {"data": {"items": FIRST}}

    errors = [retry(content=("errors[0].extensions.code", "THROTTLED"))]
    with serving(said) as api:
        connection = connect(api, items(records="data.items", errors=errors), paginator=SinglePage())
        connection.sync()
        assert len(connection.ids()) == 10
        assert len(api.calls) == 3


@pytest.mark.parametrize("errors", [[], None, "", False, {}, 0])
def test_a5_an_error_that_is_empty_is_none(errors: Any) -> None:
    rule = fail(content="errors", hint="Ask the API's owner.")
    assert len(read({"items": FIRST, "errors": errors}, SinglePage(), errors=[rule])) == 10


BAD = ["errors[0", "a..b", "$.a", "/a/b", "a[?", " a"]


@pytest.mark.parametrize("path", BAD)
@pytest.mark.parametrize(
    "make",
    [
        lambda path: items(records=path),
        lambda path: items(deleted=path),
        lambda path: retry(content=(path, 1)),
        lambda path: wait_until(path=path, status=403),
        lambda path: CursorPaginator(next_field=path),
        lambda path: CursorPaginator(more_field=path),
        lambda path: NextLinkPaginator(path),
        lambda path: KeysetPaginator("after", path),
        lambda path: UpdatedSince("since", path),
        lambda path: no_more(path),
        lambda path: total_reached(path),
        lambda path: last_page(path),
        lambda path: Parent("crews", adds={"crew": path}),
        lambda path: Parent("crews", adds={"crew": "id"}, changed=path),
        lambda path: tombstones(path),
        lambda path: only_if(path, [1]),
        lambda path: SessionLogin("/login", token=path),
        lambda path: SessionLogin("/login", lifetime=path),
    ],
)
def test_a5_a_path_that_cannot_be_read_is_refused_at_once(make: Any, path: str) -> None:
    with pytest.raises(PluginError, match=r"Write|quotes"):
        make(path)


@pytest.mark.parametrize("name", ["a..b", "errors[0"])
def test_a5_so_is_a_placeholder(name: str) -> None:
    with pytest.raises(PluginError, match="parent"):
        items(path=f"/crews/{{parent.{name}}}", parent=Parent("crews", adds={"id": "id"}))


@pytest.mark.parametrize(
    "parts",
    [
        {"paginator": NextLinkPaginator("links[?rel=='next'].href | [0]")},
        {"paginator": UpdatedSince("since", "a || b")},
        {"paginator": OffsetPaginator(stop=[no_more("a || b")])},
        {"tables": [items(deleted="gone[*].id")]},
        {"tables": [items(errors=[retry(content="errors[*].code")])]},
        {"transforms": [Transform("gone", tombstones("a || b"))]},
        {"auth": SessionLogin("/login", token="a || b")},
    ],
    ids=lambda parts: next(iter(parts)),
)
def test_a5_whatever_has_an_expression_needs_the_library(parts: dict[str, Any]) -> None:
    assert assemble([plugin_of(*parts.pop("tables", [items()]), **parts)]).needs == ("jmespath",)
    assert assemble([plugin_of(items())]).needs == ()


# A8: placeholders that nobody fills


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"path": "/accounts/{account}/items"}, "Table case_items: path has {account} in it"),
        ({"path": "/v{version}/items"}, "path has {version}"),
        (
            {"path": "/items/{parent.id}"},
            "path has {parent.id} in it, which nothing is put in place of: fields are filled in for a child",
        ),
        ({"params": {"account": "{account}"}}, "params has {account}"),
        ({"params": {"filter": "account eq {settings.account}"}}, "{settings.account} is no setting of this connector"),
        ({"headers": {"X-Account": "{account}"}}, "headers has {account}"),
        ({"body": {"filter": {"account": "{account}"}}}, "body has {account}"),
        ({"body": {"query": "account:{settings.account}"}}, "{settings.account} is no setting of this connector"),
        ({"body": {"ids": ["{account}"]}}, "body has {account}"),
    ],
)
def test_a8_a_placeholder_that_nobody_fills_is_refused_at_assembly(parts: dict[str, Any], words: str) -> None:
    with pytest.raises(PluginError) as caught:
        assemble([plugin_of(items(**parts))])
    assert words in str(caught.value)
    assert str(caught.value).startswith("case-plugin (connector_tables): ")


@pytest.mark.parametrize(
    ("paginator", "words"),
    [
        (UpdatedSince("since", "updated", start="{start}"), "start of the paginator of case_items has {start}"),
        (UpdatedSince("since", "updated", CursorPaginator(next_path="/next/{account}")), "next_path of the paginator"),
        (Windows("from", "to", start=1, step=5, pages=CursorPaginator("{cursor}")), "param of the paginator"),
    ],
)
def test_a8_nor_may_a_constant_of_the_paginator_have_one(paginator: Paginator, words: str) -> None:
    with pytest.raises(PluginError) as caught:
        assemble([plugin_of(items(), paginator=paginator)])
    assert words in str(caught.value)
    assert str(caught.value).startswith("case-plugin (connector_paginator): ")


@pytest.mark.parametrize(
    "make", [lambda: SessionLogin("/{tenant}/login"), lambda: OAuth2ClientCredentials(token_url="/{tenant}/token")]
)
def test_a8_nor_an_address_of_the_auth(make: Any) -> None:
    with pytest.raises(PluginError, match=r"has \{tenant\} in it"):
        make()


@pytest.mark.parametrize(
    "parts",
    [
        {"params": {"fields": "id,comments{message},posts{id,text}"}},
        {"params": {"filter": '{"status":"open"}'}},
        {"body": {"query": "query { crews(first: 10) { nodes{id} edges {cursor} } }"}},
        {"body": {"query": "{crews{id name}}", "variables": {"n": 1}}},
        {"headers": {"X-Fields": "{}"}},
    ],
)
def test_a8_braces_that_are_none(parts: dict[str, Any]) -> None:
    assert assemble([plugin_of(items(**parts))])


def test_a8_braces_that_are_meant_are_written_twice() -> None:
    parts = {"params": {"a": "{{account}}"}, "headers": {"X-A": "{{a.b}}"}, "body": {"b": ["{{c}}", {"d": "x {{e}}"}]}}
    with serving(lambda _: {"items": FIRST}) as api:
        connect(api, items(**parts), paginator=SinglePage()).sync()
        [call] = api.calls
        assert (call.query, call.headers["x-a"], call.body) == ({"a": "{account}"}, "{a.b}", {"b": ["{c}", {"d": "x {e}"}]})
