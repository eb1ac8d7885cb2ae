"""OpenAPI descriptions of different styles become tables with the right words."""

import importlib
import json
from typing import Any

import pytest

from connector_build.api.simulated import Dataset, Simulated
from connector_build.drafting.draft import bare
from connector_build.drafting.openapi.drafting import MOST, openapi_draft
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError
from connector_core import (
    ApiKeyHeader,
    ApiKeyQuery,
    AuthChoice,
    BasicAuth,
    BearerToken,
    CursorPaginator,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OAuth2ClientCredentials,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePage,
    UpdatedSince,
)
from connector_core.plugin.assembly import Plugin, assemble
from drafts_support import built, guesses, plans, to_do

LIST = {"type": "array", "items": {"type": "object", "properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}}


def spec(paths: dict[str, Any] | None = None, **more: Any) -> str:
    head = {"openapi": "3.0.3", "info": {"title": "Crews", "version": "7"}, "servers": [{"url": "https://api.example.com/v1"}]}
    return json.dumps({**head, "paths": paths or {"/crews": listing()}, **more})


def listing(schema: Any = None, parameters: list[dict[str, Any]] | None = None, **response: Any) -> dict[str, Any]:
    answer = {"description": "", "content": {"application/json": {"schema": schema or LIST}}, **response}
    return {"get": {"parameters": parameters or [], "responses": {"200": answer}}}


def query(name: str, kind: str = "string", **more: Any) -> dict[str, Any]:
    required = more.pop("required", False)
    return {"name": name, "in": "query", "required": required, "schema": {"type": kind, **more}}


def wrapped(key: str = "data", **beside: Any) -> dict[str, Any]:
    return {"type": "object", "properties": {key: LIST, **beside}}


def test_a_list_is_a_table_with_types_and_descriptions_as_they_are_said() -> None:
    record = {
        "type": "object",
        "required": ["id"],
        "description": "One shift. Of a crew.",
        "properties": {
            "id": {"type": "string", "format": "uuid", "description": "What tells it. Always."},
            "started": {"type": "string", "format": "date-time"},
            "day": {"type": "string", "format": "date"},
            "hours": {"type": "number", "format": "float"},
            "crew": {"type": "integer", "format": "int32"},
            "badge": {"type": "integer", "format": "int64"},
            "night": {"type": "boolean"},
            "pay": {"type": "string", "format": "decimal"},
            "tags": {"type": "array", "items": {"type": "string"}},
            "place": {"allOf": [{"$ref": "#/components/schemas/Place"}]},
            "note": {"type": ["string", "null"]},
            "either": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
        },
    }
    schemas = {"Shift": record, "Place": {"type": "object", "properties": {"city": {"type": "string"}}}}
    text = spec(
        {"/shifts": listing({"type": "array", "items": {"$ref": "#/components/schemas/Shift"}})}, components={"schemas": schemas}
    )
    table = plans(openapi_draft("crew", text))["shifts"].table
    assert (table.path, table.records, table.primary_key) == ("/shifts", "@", ("id",))
    assert table.columns == {
        "id": "STRING",
        "started": "UTC_DATETIME",
        "day": "NAIVE_DATE",
        "hours": "DOUBLE",
        "crew": "INT",
        "badge": "LONG",
        "night": "BOOLEAN",
        "pay": "DECIMAL(38,9)",
        "tags": "JSON",
        "place": "JSON",
        "note": "STRING",
        "either": "STRING",
    }
    assert table.declared["id"].description == "What tells it"
    assert table.description == "One shift"
    assert guesses(openapi_draft("crew", text)) == ["id by its name", "format decimal, of which no digits are said"]


PAGING: list[tuple[str, list[dict[str, Any]], Any, Any, Any]] = [
    ("nothing", [], LIST, {}, SinglePage()),
    ("link header", [query("per_page", "integer")], LIST, {"headers": {"Link": {}}}, LinkHeaderPaginator(size_param="per_page")),
    (
        "cursor",
        [query("cursor"), query("limit", "integer")],
        wrapped(next_cursor={"type": "string"}, has_more={"type": "boolean"}),
        {},
        CursorPaginator("cursor", "next_cursor", "limit", more_field="has_more", missing_ends=True),
    ),
    (
        "page token",
        [query("pageToken"), query("maxResults", "integer")],
        wrapped("items", nextPageToken={"type": "string"}),
        {},
        CursorPaginator("pageToken", "nextPageToken", "maxResults", missing_ends=True),
    ),
    (
        "nested cursor",
        [query("page[after]"), query("page[size]", "integer")],
        wrapped(
            meta={"type": "object", "properties": {"cursor": {"type": "object", "properties": {"after": {"type": "string"}}}}}
        ),
        {},
        CursorPaginator("page[after]", "meta.cursor.after", "page[size]", missing_ends=True),
    ),
    (
        "links",
        [query("page", "integer"), query("page_size", "integer")],
        wrapped("results", count={"type": "integer"}, next={"type": "string", "format": "uri"}),
        {},
        NextLinkPaginator("next", size_param="page_size"),
    ),
    (
        "odata",
        [query("$top", "integer")],
        wrapped("value", **{"@odata.nextLink": {"type": "string"}}),
        {},
        NextLinkPaginator("@odata.nextLink", size_param="$top"),
    ),
    (
        "keyset",
        [query("starting_after"), query("limit", "integer")],
        wrapped(has_more={"type": "boolean"}),
        {},
        "KeysetPaginator",
    ),
    (
        "pages",
        [query("page", "integer"), query("per_page", "integer")],
        LIST,
        {},
        PageNumberPaginator("page", size_param="per_page"),
    ),
    (
        "pages from zero",
        [query("page", "integer", minimum=0), query("size", "integer")],
        LIST,
        {},
        PageNumberPaginator("page", 0, "size"),
    ),
    (
        "total pages",
        [query("page", "integer")],
        wrapped(meta={"type": "object", "properties": {"total_pages": {"type": "integer"}}}),
        {},
        "PageNumberPaginator",
    ),
    ("offset", [query("offset", "integer"), query("limit", "integer")], LIST, {}, OffsetPaginator("offset", "limit")),
    (
        "offset and total",
        [query("skip", "integer"), query("take", "integer")],
        wrapped(total={"type": "integer"}),
        {},
        "OffsetPaginator",
    ),
]


@pytest.mark.parametrize(
    ("parameters", "schema", "response", "paginator"), [each[1:] for each in PAGING], ids=[each[0] for each in PAGING]
)
def test_paging_is_told_by_names(parameters: Any, schema: Any, response: Any, paginator: Any) -> None:
    draft = openapi_draft("crew", spec({"/crews": listing(schema, parameters, **response)}))
    found = plans(draft)["crews"].paginator
    assert type(found).__name__ == paginator if isinstance(paginator, str) else found == paginator
    if found != SinglePage():
        assert any("the " in why for why in guesses(draft.tables[0]))


def test_stop_rules_come_with_their_totals() -> None:
    schema = wrapped(total={"type": "integer"})
    draft = openapi_draft("crew", spec({"/crews": listing(schema, [query("skip", "integer"), query("take", "integer")])}))
    assert 'total_reached("total", param="skip"), empty_page()' in plugin_text(draft)
    schema = wrapped(has_more={"type": "boolean"})
    draft = openapi_draft("crew", spec({"/crews": listing(schema, [query("starting_after")])}))
    paginator = plans(draft)["crews"].paginator
    assert isinstance(paginator, KeysetPaginator)
    assert (paginator.param, paginator.key, paginator.order) == ("starting_after", "id", "any")


def test_a_filter_on_changes_and_a_field_that_has_them_make_it_incremental() -> None:
    record = {"type": "object", "properties": {"id": {"type": "string"}, "updated_at": {"type": "string", "format": "date-time"}}}
    text = spec({"/crews": listing({"type": "array", "items": record}, [query("updated_since")])})
    paginator = plans(openapi_draft("crew", text))["crews"].paginator
    assert paginator == UpdatedSince("updated_since", "updated_at", SinglePage())
    assert "the parameter updated_since and the field updated_at" in guesses(openapi_draft("crew", text))


def test_paths_make_parents_where_a_list_names_them_and_settings_elsewhere() -> None:
    paths = {
        "/accounts/{account}/crews": listing(),
        "/accounts/{account}/crews/{crew_id}": {
            "get": {"responses": {"200": {"content": {"application/json": {"schema": LIST["items"]}}}}}
        },
        "/accounts/{account}/crews/{crew_id}/shifts": listing(),
        "/accounts/{account}/crews/{crew_id}/shifts/{shift_id}/notes": listing(),
    }
    found = plans(openapi_draft("crew", spec(paths)))
    assert list(found) == ["crews", "shifts", "notes"]
    assert found["crews"].table.path == "/accounts/{settings.account}/crews"
    assert found["shifts"].table.path == "/accounts/{settings.account}/crews/{parent.id}/shifts"
    assert found["shifts"].table.primary_key == ("crew_id", "id")
    assert found["notes"].table.path == "/accounts/{settings.account}/crews/{parent.crew_id}/shifts/{parent.id}/notes"
    assert found["notes"].parent is not None
    assert found["notes"].parent.table.name == "shifts"


def test_lists_of_one_name_are_told_apart() -> None:
    paths = {
        "/v1/orders": listing(),
        "/v1/customers": listing(),
        "/v1/customers/{id}/orders": listing(),
        "/v1/x-y/{z}/list": listing(),
    }
    assert list(plans(openapi_draft("crew", spec(paths)))) == ["orders", "customers", "customers_orders", "x_y"]


def test_what_an_operation_wants_is_sent() -> None:
    needed = [
        query("status", enum=["all"], required=True),
        query("region", required=True, description="Where"),
        query("sort", default="id", required=True),
        {"name": "X-Version", "in": "header", "required": True, "schema": {"type": "string"}},
        query("optional"),
    ]
    table = plans(openapi_draft("crew", spec({"/crews": listing(None, needed)})))["crews"].table
    assert table.params == {"status": "all", "region": "{settings.region}", "sort": "id"}
    assert table.headers == {"X-Version": "{settings.x_version}"}


def test_a_search_is_a_post_with_its_position_in_the_body() -> None:
    body = {
        "type": "object",
        "properties": {"cursor": {"type": "string"}, "limit": {"type": "integer"}, "kind": {"type": "string", "enum": ["crew"]}},
        "required": ["kind"],
    }
    search = listing(wrapped("results", next_cursor={"type": "string"}))["get"]
    search["requestBody"] = {"content": {"application/json": {"schema": body}}}
    plan = plans(openapi_draft("crew", spec({"/crews/search": {"post": search}})))["crews"]
    assert plan.table.body == {"kind": "crew"}
    assert plan.paginator == CursorPaginator("cursor", "next_cursor", "limit", where="body", missing_ends=True)


AUTH: list[tuple[dict[str, Any], Any]] = [
    ({"type": "apiKey", "in": "header", "name": "X-Key"}, ApiKeyHeader("X-Key")),
    ({"type": "apiKey", "in": "query", "name": "key"}, ApiKeyQuery("key")),
    ({"type": "apiKey", "in": "cookie", "name": "sid"}, ApiKeyHeader("Cookie", prefix="sid=")),
    (
        {"type": "apiKey", "in": "header", "name": "Authorization", "description": "Write `Token abc`."},
        ApiKeyHeader("Authorization", prefix="Token "),
    ),
    ({"type": "http", "scheme": "basic"}, BasicAuth()),
    ({"type": "http", "scheme": "Bearer"}, BearerToken()),
    (
        {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://login.example.com/token", "scopes": {}}}},
        OAuth2ClientCredentials(token_url="https://login.example.com/token", scope="read"),
    ),
]


@pytest.mark.parametrize(("scheme", "auth"), AUTH, ids=lambda value: str(value)[:40])
def test_a_security_scheme_is_an_auth(scheme: dict[str, Any], auth: Any) -> None:
    text = spec(components={"securitySchemes": {"main": scheme}}, security=[{"main": ["read"]}])
    assert built(openapi_draft("crew", text)).auth == auth


def test_several_schemes_are_a_choice_and_two_at_once_are_to_be_done() -> None:
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}, "login": {"type": "http", "scheme": "basic"}}
    either = openapi_draft("crew", spec(components={"securitySchemes": schemes}, security=[{"key": []}, {"login": []}]))
    assert built(either).auth == AuthChoice("auth", {"key": ApiKeyHeader("X-Key"), "login": BasicAuth()}, default="key")
    both = openapi_draft("crew", spec(components={"securitySchemes": schemes}, security=[{"key": [], "login": []}]))
    assert built(both).auth == ApiKeyHeader("X-Key")
    assert to_do(both) == ["login is wanted besides, and one auth signs a request: write a function"]


def test_swagger_2_is_read_as_well() -> None:
    text = """
swagger: "2.0"
info: {title: Crews, version: "1"}
host: api.example.com
basePath: /v2
schemes: [http, https]
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}}
security: [{key: []}]
paths:
  /crews:
    get:
      parameters:
        - {name: limit, in: query, type: integer, maximum: 50}
        - {name: offset, in: query, type: integer}
      responses:
        200: {description: all, schema: {type: array, items: {$ref: "#/definitions/Crew"}}}
definitions:
  Crew: {type: object, properties: {id: {type: integer, format: int64}, size: {type: number}}}
"""
    assembly = built(openapi_draft("crew", text))
    assert assembly.tables[0].table.columns == {"id": "LONG", "size": "DOUBLE"}
    assert assembly.tables[0].paginator == OffsetPaginator("offset", "limit")
    settings = {setting.name: setting for setting in assembly.settings}
    assert settings["base_url"].default == "https://api.example.com/v2"
    assert (settings["page_size"].default, settings["page_size"].maximum) == ("50", 50)


@pytest.mark.parametrize(
    ("server", "default", "why"),
    [
        (
            {"url": "https://{region}.example.com/", "variables": {"region": {"default": "eu"}}},
            "https://eu.example.com",
            "region as by default",
        ),
        ({"url": "http://api.example.com"}, "https://api.example.com", "http is refused beyond this machine"),
        ({"url": "http://localhost:8080/x"}, "http://localhost:8080/x", None),
        ({"url": "/v1"}, None, "the address of the server is said as '/v1'"),
        (
            {"url": "https://{tenant}.example.com"},
            None,
            "the address is https://{tenant}.example.com, with values of yours in braces",
        ),
        ({"url": "https://a b/'\"\n"}, None, "the address of the server is said as"),
    ],
)
def test_a_server_is_the_address(server: dict[str, Any], default: str | None, why: str | None) -> None:
    draft = openapi_draft("crew", spec(servers=[server]))
    found = next(setting for setting in built(draft).settings if setting.name == "base_url")
    assert found.default == default
    assert why is None or any(why in note for note in [*guesses(draft), *to_do(draft)])


def test_an_example_will_do_where_no_schema_is_said() -> None:
    answer = {"get": {"responses": {"200": {"content": {"application/json": {"example": {"crews": [{"id": 1, "open": True}]}}}}}}}
    draft = openapi_draft("crew", spec({"/crews": answer}))
    assert plans(draft)["crews"].table.columns == {"id": "LONG", "open": "BOOLEAN"}
    assert "no schema is said: columns are those of its example" in guesses(draft)


def test_records_are_found_beside_other_lists_and_single_records_are_no_lists() -> None:
    one = {"type": "object", "properties": {"id": {"type": "integer"}, "lines": LIST}}
    deep = {"type": "object", "properties": {"data": {"type": "object", "properties": {"rows": LIST}}, "errors": LIST}}
    two = {"type": "object", "properties": {"crews": LIST, "teams": LIST}}
    paths = {"/orders/{id}": listing(one), "/deep": listing(deep), "/crews": listing(two), "/health": listing({"type": "object"})}
    draft = openapi_draft("crew", spec(paths))
    found = plans(draft)
    assert {name: plan.table.records for name, plan in found.items()} == {"deep": "data.rows", "crews": "crews"}
    assert "the answer also has lists at teams" in guesses(draft)
    assert "2 no list of objects in JSON" in " ".join(draft.remarks)


def test_columns_that_would_be_one_are_dropped_once() -> None:
    record = {
        "type": "object",
        "properties": {"id": {"type": "integer"}, "userId": {"type": "integer"}, "user_id": {"type": "string"}},
    }
    plan = plans(openapi_draft("crew", spec({"/crews": listing({"type": "array", "items": record})})))["crews"]
    assert plan.table.columns == {"id": "LONG", "userId": "LONG"}
    assert [transform.name for transform in plan.transforms] == ["crews_without_twins"]


def test_a_record_without_a_key_is_replaced_and_says_so() -> None:
    record = {"type": "object", "properties": {"day": {"type": "string"}, "hours": {"type": "number"}}}
    draft = openapi_draft("crew", spec({"/days": listing({"type": "array", "items": record})}))
    table = plans(draft)["days"].table
    assert (table.primary_key, table.full_refresh) == ((), True)
    assert "nothing tells its records apart, so each sync replaces the table" in guesses(draft)


def test_only_what_is_wanted_is_drafted() -> None:
    paths = {"/crews": listing(), "/shifts": listing(), "/shifts/{id}/notes": listing(), "/billing": listing()}
    paths["/billing"]["get"]["tags"] = ["Money"]
    text = spec(paths)
    assert [each.name for each in openapi_draft("crew", text, ["/shifts"]).tables] == ["shifts", "notes"]
    assert [each.name for each in openapi_draft("crew", text, ["money"]).tables] == ["billing"]
    with pytest.raises(BuildError, match="no operation among '/nothing' answers with a list"):
        openapi_draft("crew", text, ["/nothing"])


def test_beyond_many_tables_the_rest_is_counted() -> None:
    draft = openapi_draft("crew", spec({f"/list{number}": listing() for number in range(MOST + 3)}))
    assert len(draft.tables) == MOST
    assert any("3 more lists were left out beyond the first" in remark for remark in draft.remarks)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "it is no OpenAPI description, as neither openapi (3.x) nor swagger (2.0) stands at its top"),
        ("openapi: 4.0.0", "it says openapi: 4.0.0, and OpenAPI 3 or Swagger 2.0 is read"),
        (spec().replace('"paths": {', '"paths": {}, "x": {'), "it describes no path"),
        (
            spec({"/crews": listing({"$ref": "other.yaml#/Crew"})}),
            "it refers to another document, 'other.yaml#/Crew': bundle the description",
        ),
        (
            spec({"/crews": listing({"$ref": "#/components/schemas/No"})}),
            "it refers to '#/components/schemas/No', which is not there",
        ),
        (spec({"/crews": {"$ref": "#/paths/~1crews"}}), "its references go in a circle"),
        (spec({"/crews": {"post": listing()["get"]}}), "1 a POST that is no search"),
    ],
)
def test_what_cannot_be_drafted_is_said_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(BuildError) as refused:
        openapi_draft("crew", text)
    assert why in str(refused.value)


def test_schemas_that_hold_themselves_end() -> None:
    node = {
        "type": "object",
        "properties": {
            "id": {"type": "integer"},
            "next": {"$ref": "#/components/schemas/Node"},
            "all": {"allOf": [{"$ref": "#/components/schemas/Node"}]},
        },
    }
    loop = {"allOf": [{"$ref": "#/components/schemas/Loop"}]}
    text = spec(
        {
            "/nodes": listing({"type": "array", "items": {"$ref": "#/components/schemas/Node"}}),
            "/loops": listing({"$ref": "#/components/schemas/Loop"}),
        },
        components={"schemas": {"Node": node, "Loop": loop}},
    )
    assert plans(openapi_draft("crew", text))["nodes"].table.columns == {"id": "LONG", "next": "JSON", "all": "JSON"}


def test_the_same_description_gives_the_same_bytes() -> None:
    assert plugin_text(openapi_draft("crew", spec())) == plugin_text(openapi_draft("crew", spec()))
    assert bare(openapi_draft("crew", spec()).tables[0].table["records"]) == "@"


@pytest.mark.parametrize(
    "module", ["connector_fts", "connector_mso", "slack", "stripe", "shopify", "discord", "jira", "wordpress"]
)
def test_what_our_own_apis_say_of_themselves_is_drafted_as_their_plugins_have_it(module: str) -> None:
    name = module.removeprefix("connector_")
    plugin = importlib.import_module(module if module != name else f"connector_build.gallery.{name}")
    ours = assemble([Plugin(name, plugin)])
    described = Simulated.of(Dataset(name, ours), "http://127.0.0.1:1", "made up", 1).spec()
    theirs = plans(openapi_draft(name, json.dumps(described)))
    first = ours.tables[0]
    found = next(plan for plan in theirs.values() if plan.table.path == first.table.path)
    assert (found.table.records, found.table.primary_key) == (first.table.records, first.table.primary_key)
    assert set(found.table.columns) >= set(first.table.columns)
    assert type(found.paginator) is type(first.paginator)


@pytest.mark.parametrize(
    ("extension", "paginator"),
    [
        ({"x-ms-pageable": {"nextLinkName": "next"}}, NextLinkPaginator("next", size_param="top", missing_ends=True)),
        ({"x-ms-pageable": {"nextLinkName": None}}, SinglePage()),
        (
            {
                "x-speakeasy-pagination": {
                    "type": "cursor",
                    "inputs": [{"name": "from", "in": "parameters", "type": "cursor"}],
                    "outputs": {"nextCursor": "$.meta.then"},
                }
            },
            CursorPaginator("from", "meta.then", "top", missing_ends=True),
        ),
        (
            {"x-speakeasy-pagination": {"type": "offsetLimit", "inputs": [{"name": "no", "in": "parameters", "type": "page"}]}},
            PageNumberPaginator("no", size_param="top"),
        ),
        (
            {"x-fern-pagination": {"cursor": "$request.from", "next_cursor": "$response.then", "results": "$response.data"}},
            CursorPaginator("from", "then", "top", missing_ends=True),
        ),
        ({"x-fern-pagination": {"offset": "$request.skip", "results": "$response.data"}}, OffsetPaginator("skip", "top")),
    ],
)
def test_paging_that_an_extension_states_is_no_guess(extension: dict[str, Any], paginator: Any) -> None:
    crews = listing(wrapped(), [query("top", "integer"), query("page", "integer")])
    crews["get"] |= extension
    draft = openapi_draft("crew", spec({"/crews": crews}))
    assert plans(draft)["crews"].paginator == paginator
    assert guesses(draft.tables[0]) == ["id by its name"]
