"""Low-code manifests become tables: requests, paging, auth, incremental syncs, partitions, records and errors."""

import json
from datetime import timedelta
from typing import Any

import pytest

from connector_build.drafting.airbyte.drafting import airbyte_draft
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError
from connector_core import (
    ApiKeyHeader,
    ApiKeyQuery,
    AuthChoice,
    BasicAuth,
    BearerToken,
    CursorPaginator,
    Each,
    JwtBearer,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OAuth2ClientCredentials,
    OAuth2RefreshToken,
    OffsetPaginator,
    PageNumberPaginator,
    Parent,
    SessionLogin,
    SinglePage,
    UpdatedSince,
    Windows,
    fail,
    ignore,
    link_is,
    short_page,
    wait_until,
)
from connector_core.plugin.plan import TablePlan
from drafts_support import built, guesses, plans, to_do

SPEC = {
    "api_key": {"airbyte_secret": True},
    "user": {},
    "password": {"airbyte_secret": True},
    "account": {"title": "Account", "description": "Name of it. Any."},
    "start_date": {"type": "string", "format": "date-time", "default": "2024-01-01T00:00:00Z"},
    "mode": {"enum": ["live", "test"], "default": "live"},
    "repositories": {"type": "array"},
    "credentials": {"oneOf": [{"properties": {"client_id": {"airbyte_secret": True}, "token": {"airbyte_secret": True}}}]},
}
COLUMNS = {
    "id": {"type": "integer"},
    "state": {"type": ["null", "string"]},
    "updated_at": {"type": "string", "format": "date-time"},
}


def stream(name: str = "crews", requester: dict[str, Any] | None = None, **parts: Any) -> dict[str, Any]:
    retriever = {"requester": {"url_base": "https://api.example.com/v1/", "path": name, **(requester or {})}}
    retriever["record_selector"] = parts.pop("record_selector", {"extractor": {"field_path": ["data"]}})
    retriever |= {
        key: parts.pop(key) for key in ("paginator", "partition_router", "decoder", "type", "class_name") if key in parts
    }
    loader = {"type": "InlineSchemaLoader", "schema": {"type": "object", "properties": COLUMNS}}
    return {"name": name, "primary_key": "id", "schema_loader": loader, "retriever": retriever, **parts}


def manifest(*streams: Any, **more: Any) -> str:
    specification = {"connection_specification": {"type": "object", "properties": SPEC}}
    return json.dumps({"version": "1.0.0", "type": "DeclarativeSource", "streams": list(streams), "spec": specification, **more})


def plan(*streams: Any, name: str = "crews") -> TablePlan:
    return plans(airbyte_draft("crew", manifest(*streams)))[name]


def option(name: str, into: str = "request_parameter") -> dict[str, str]:
    return {"type": "RequestOption", "inject_into": into, "field_name": name}


def pager(kind: str, token: Any = None, size: Any = None, **strategy: Any) -> dict[str, Any]:
    return {
        "type": "DefaultPaginator",
        "pagination_strategy": {"type": kind, **strategy},
        **({"page_token_option": token} if token else {}),
        **({"page_size_option": size} if size else {}),
    }


def test_a_stream_is_a_table_with_nothing_left_to_do() -> None:
    draft = airbyte_draft(
        "crew", manifest(stream(requester={"request_parameters": {"a": "{{ config['account'] }}", "b": 1, "c": "{x}"}}))
    )
    table = plans(draft)["crews"].table
    assert (table.path, table.records, table.primary_key) == ("/v1/crews", "data", ("id",))
    assert table.columns == {"id": "LONG", "state": "STRING", "updated_at": "UTC_DATETIME"}
    assert table.params == {"a": "{settings.account}", "b": "1", "c": "{{x}}"}
    settings = {setting.name: setting for setting in built(draft).settings}
    assert settings["base_url"].default == "https://api.example.com"
    assert settings["account"].description == "Name of it."
    assert "mode" not in settings
    assert to_do(draft) == []


def test_references_and_parameters_are_put_in_place() -> None:
    text = """
definitions:
  base: {url_base: "https://api.example.com", http_method: GET}
  selector: {extractor: {field_path: ["{{ parameters['name'] }}"]}}
  stream:
    retriever:
      requester: {$ref: "#/definitions/base", path: "{{ parameters.path or parameters.name }}"}
      record_selector: "#/definitions/selector"
  crews: {$ref: "#/definitions/stream", $parameters: {name: crews, primary_key: id}}
  old: {$ref: "*ref(definitions.stream)", $parameters: {name: shifts, primary_key: id, path: /all/shifts}}
streams: ["#/definitions/crews", {$ref: "#/definitions/old"}]
"""
    found = plans(airbyte_draft("crew", text))
    assert {name: (each.table.path, each.table.records) for name, each in found.items()} == {
        "crews": ("/crews", "crews"),
        "shifts": ("/all/shifts", "shifts"),
    }
    assert found["crews"].table.columns == {"id": "STRING"}


PAGERS: list[tuple[str, Any, Any]] = [
    ("none", {"type": "NoPagination"}, SinglePage()),
    (
        "pages",
        pager("PageIncrement", option("page"), option("per_page"), page_size=50, start_from_page=1),
        PageNumberPaginator("page", 1, "per_page", [short_page("per_page")]),
    ),
    (
        "offset",
        pager("OffsetIncrement", option("skip"), option("take"), page_size=20),
        OffsetPaginator("skip", "take", [short_page("take")]),
    ),
    (
        "cursor",
        pager(
            "CursorPagination",
            option("after"),
            option("limit"),
            page_size=9,
            cursor_value="{{ response.get('meta', {}).get('next') }}",
        ),
        CursorPaginator("after", "meta.next", "limit", missing_ends=True),
    ),
    (
        "cursor with a flag",
        pager(
            "CursorPagination", option("after"), cursor_value="{{ response['next'] }}", stop_condition="{{ not response.more }}"
        ),
        CursorPaginator("after", "next", None, "more", missing_ends=True),
    ),
    (
        "cursor that ends where it is not there",
        pager("CursorPagination", option("c"), cursor_value="{{ response.a.b }}", stop_condition="{{ 'b' not in response.a }}"),
        CursorPaginator("c", "a.b", None, missing_ends=True),
    ),
    (
        "link",
        pager("CursorPagination", {"type": "RequestPath"}, cursor_value="{{ response.links.next }}"),
        NextLinkPaginator("links.next", missing_ends=True),
    ),
    (
        "link header",
        pager("CursorPagination", {"type": "RequestPath"}, cursor_value="{{ headers['link']['next']['url'] }}"),
        LinkHeaderPaginator(),
    ),
    (
        "link header with its own end",
        pager(
            "CursorPagination",
            option("cursor"),
            cursor_value="{{ headers['link']['next']['cursor'] }}",
            stop_condition="{{ headers['link']['next']['results'] == 'false' }}",
        ),
        LinkHeaderPaginator(stop=[link_is("results", "false")]),
    ),
    (
        "header",
        pager("CursorPagination", option("c"), cursor_value="{{ headers['X-Next'] }}"),
        CursorPaginator("c", size_param=None, next_header="X-Next"),
    ),
    (
        "last record",
        pager("CursorPagination", option("after"), cursor_value="{{ last_record['id'] }}"),
        KeysetPaginator("after", "id", None, order="any"),
    ),
]


@pytest.mark.parametrize(("paginator", "expected"), [each[1:] for each in PAGERS], ids=[each[0] for each in PAGERS])
def test_a_paginator_is_one_of_ours(paginator: Any, expected: Any) -> None:
    draft = airbyte_draft("crew", manifest(stream(paginator=paginator)))
    assert plans(draft)["crews"].paginator == expected
    assert to_do(draft) == []


def test_a_position_in_a_body_is_put_there() -> None:
    requester = {"http_method": "POST", "request_body_json": {"kind": "crew", "deep": {"flag": "{{ False }}"}}}
    found = plan(
        stream(
            requester=requester,
            paginator=pager("CursorPagination", option("cursor", "body_json"), cursor_value="{{ response.c }}"),
        )
    )
    assert found.table.body == {"kind": "crew", "deep": {"flag": False}}
    assert found.paginator == CursorPaginator("cursor", "c", None, where="body", missing_ends=True)
    form = plan(stream(requester={"http_method": "POST", "request_body_data": {"kind": "crew"}}))
    assert form.table.form


AUTH: list[tuple[dict[str, Any], Any]] = [
    ({"type": "BearerAuthenticator", "api_token": "{{ config['api_key'] }}"}, BearerToken("api_key")),
    ({"type": "ApiKeyAuthenticator", "header": "X-Key", "api_token": "{{ config.api_key }}"}, ApiKeyHeader("X-Key")),
    (
        {"type": "ApiKeyAuthenticator", "header": "Authorization", "api_token": "Token {{ config.api_key }}"},
        ApiKeyHeader("Authorization", prefix="Token "),
    ),
    ({"type": "ApiKeyAuthenticator", "inject_into": option("key"), "api_token": "{{ config['api_key'] }}"}, ApiKeyQuery("key")),
    (
        {"type": "BasicHttpAuthenticator", "username": "{{ config['user'] }}", "password": "{{ config['password'] }}"},
        BasicAuth("user"),
    ),
    ({"type": "BasicHttpAuthenticator", "username": "{{ config['api_key'] }}"}, BasicAuth("api_key", None)),
    (
        {
            "type": "OAuthAuthenticator",
            "token_refresh_endpoint": "https://login.example.com/token",
            "client_id": "{{ config['credentials']['client_id'] }}",
            "refresh_token": "{{ config['credentials']['token'] }}",
            "scopes": ["a", "b"],
        },
        OAuth2RefreshToken(
            token_url="https://login.example.com/token", scope="a b", client_auth="body", refresh_token_setting="token"
        ),
    ),
    (
        {
            "type": "OAuthAuthenticator",
            "grant_type": "client_credentials",
            "token_refresh_endpoint": "{{ config['account'] }}/token",
        },
        OAuth2ClientCredentials(token_url="/token", client_auth="body"),
    ),
    (
        {
            "type": "SessionTokenAuthenticator",
            "login_requester": {
                "path": "/login",
                "request_body_json": {"user": "{{ config['user'] }}", "pass": "{{ config['password'] }}"},
            },
            "session_token_path": ["data", "token"],
            "expiration_duration": "PT1H",
            "request_authentication": {"type": "ApiKey", "inject_into": option("X-Session", "header")},
        },
        SessionLogin(
            "/login",
            {"user": "user", "pass": "password"},
            ["user"],  # type: ignore[arg-type]
            token="data.token",
            header="X-Session",
            prefix="",
            lifetime=3600,
        ),
    ),
    (
        {
            "type": "JwtAuthenticator",
            "secret_key": "{{ config['api_key'] }}",
            "algorithm": "HS256",
            "jwt_payload": {"iss": "{{ config['user'] }}"},
        },
        JwtBearer(algorithm="HS256", key_setting="api_key", issuer_setting="user"),
    ),
    (
        {
            "type": "SelectiveAuthenticator",
            "authenticator_selection_path": ["credentials", "option"],
            "authenticators": {
                "key": {"type": "BearerAuthenticator", "api_token": "{{ config['api_key'] }}"},
                "login": {
                    "type": "BasicHttpAuthenticator",
                    "username": "{{ config['user'] }}",
                    "password": "{{ config['password'] }}",
                },
            },
        },
        AuthChoice("option", {"key": BearerToken("api_key"), "login": BasicAuth("user")}),
    ),
]


@pytest.mark.parametrize(("authenticator", "auth"), AUTH, ids=lambda value: str(value)[:50])
def test_an_authenticator_is_an_auth(authenticator: dict[str, Any], auth: Any) -> None:
    draft = airbyte_draft("crew", manifest(stream(requester={"authenticator": authenticator})))
    assert built(draft).auth == auth
    assert to_do(draft) == []


def test_a_secret_in_a_parameter_is_the_auth_and_no_parameter() -> None:
    draft = airbyte_draft("crew", manifest(stream(requester={"request_parameters": {"key": "{{ config['api_key'] }}"}})))
    assert built(draft).auth == ApiKeyQuery("key")
    assert built(draft).tables[0].table.params == {}


def sync(**more: Any) -> dict[str, Any]:
    base = {"type": "DatetimeBasedCursor", "cursor_field": "updated_at", "datetime_format": "%Y-%m-%dT%H:%M:%SZ"}
    return {**base, "start_datetime": "{{ config['start_date'] }}", **more}


def test_a_cursor_with_a_start_alone_asks_for_what_was_updated_since() -> None:
    found = plan(stream(incremental_sync=sync(start_time_option=option("since"), lookback_window="P3D")))
    assert found.paginator == UpdatedSince(
        "since", "updated_at", SinglePage(), "{settings.start_date}", timedelta(days=3), notation="%Y-%m-%dT%H:%M:%SZ"
    )


@pytest.mark.parametrize(("step", "made"), [("P30D", 30), ("P1M", 30), ("PT6H", timedelta(hours=6))])
def test_a_cursor_with_two_ends_and_a_step_reads_windows(step: str, made: Any) -> None:
    found = plan(
        stream(
            incremental_sync=sync(start_time_option=option("from"), end_time_option=option("to"), step=step, datetime_format="%s")
        )
    )
    assert found.paginator == Windows("from", "to", "{settings.start_date}", made, SinglePage(), notation="epoch", future=False)


def test_both_ends_in_one_parameter_are_a_template() -> None:
    params = {"between": "'[{{ stream_slice['start_time'] }}, {{ stream_interval.end_time }}]'"}
    found = plan(stream(requester={"request_parameters": params}, incremental_sync=sync(step="P7D", datetime_format="%s")))
    assert found.paginator == Windows(
        "between", None, "{settings.start_date}", 7, SinglePage(), template="[{from}, {to}]", notation="epoch", future=False
    )


def test_a_start_that_moves_is_a_setting_with_a_day() -> None:
    moving = "{{ (now_utc() - duration('P90D')).strftime('%Y-%m-%dT%H:%M:%SZ') }}"
    draft = airbyte_draft(
        "crew", manifest(stream(incremental_sync=sync(start_time_option=option("since"), start_datetime=moving)))
    )
    assert next(setting for setting in built(draft).settings if setting.name == "start_date").default == "90 days ago"
    assert any("the start of the manifest is" in why for why in guesses(draft))


def test_a_parent_stream_is_a_parent_also_where_the_manifest_does_not_list_it() -> None:
    crews = stream()
    shifts = stream(
        "shifts",
        requester={"path": "crews/{{ stream_partition.crew_id }}/shifts"},
        partition_router={
            "type": "SubstreamPartitionRouter",
            "parent_stream_configs": [{"stream": crews, "parent_key": "id", "partition_field": "crew_id"}],
        },
    )
    notes = stream(
        "notes",
        requester={"path": "crews/{{ stream_partition.parent_slice.crew_id }}/shifts/{{ stream_slice['id'] }}/notes"},
        partition_router={
            "type": "SubstreamPartitionRouter",
            "parent_stream_configs": [{"stream": shifts, "parent_key": "id", "partition_field": "id"}],
        },
        transformations=[{"type": "AddFields", "fields": [{"path": ["shift"], "value": "{{ stream_slice.id }}"}]}],
    )
    draft = airbyte_draft("crew", manifest(notes))
    found = plans(draft)
    assert list(found) == ["crews", "shifts", "notes"]
    assert found["shifts"].table.path == "/v1/crews/{parent.id}/shifts"
    assert found["shifts"].table.parent == Parent("crews", {"crew_id": "id"})
    assert found["notes"].table.path == "/v1/crews/{parent.crew_id}/shifts/{parent.id}/notes"
    assert found["notes"].table.parent == Parent("shifts", {"shift": "id"})
    assert to_do(draft) == []


def test_a_list_is_read_value_by_value() -> None:
    router = {"type": "ListPartitionRouter", "values": ["a", "b,c"], "cursor_field": "kind", "request_option": option("kind")}
    draft = airbyte_draft("crew", manifest(stream(partition_router=router)))
    table = plans(draft)["crews"].table
    assert table.each == Each("kind_values", {"kind": "value"})
    assert table.params == {"kind": "{each.value}"}
    assert next(setting for setting in built(draft).settings if setting.name == "kind_values").default == '["a", "b,c"]'
    configured = {"type": "ListPartitionRouter", "values": "{{ config['repositories'] }}", "cursor_field": "repo"}
    table = plan(stream(requester={"path": "{{ stream_partition['repo'] }}/crews"}, partition_router=configured)).table
    assert (table.path, table.each) == ("/v1/{each.value}/crews", Each("repositories", {"repo": "value"}))


def test_error_handlers_are_rules_where_the_core_does_not_do_so_by_itself() -> None:
    handler = {
        "type": "CompositeErrorHandler",
        "error_handlers": [
            {
                "type": "DefaultErrorHandler",
                "response_filters": [
                    {"http_codes": [404], "action": "IGNORE"},
                    {"http_codes": [429, 503], "action": "RETRY"},
                    {"http_codes": [403], "action": "FAIL", "error_message": "No access."},
                    {"predicate": "{{ 'code' in response and response['code'] == 'GONE' }}", "action": "IGNORE"},
                ],
                "backoff_strategies": [
                    {"type": "WaitTimeFromHeader", "header": "X-Wait"},
                    {"type": "ExponentialBackoffStrategy"},
                ],
            }
        ],
    }
    found = plan(stream(requester={"error_handler": handler}))
    assert found.table.errors == (
        ignore(status=404),
        fail(status=403, hint="No access."),
        ignore(content=("code", "GONE")),
        wait_until(header="X-Wait", status=429),
    )


def test_transformations_filters_and_formats() -> None:
    found = plan(
        stream(
            transformations=[
                {"type": "RemoveFields", "field_pointers": [["state"]]},
                {"type": "KeysToLower"},
                {"type": "AddFields", "fields": [{"path": ["number"], "value": "{{ record['id'] }}"}]},
            ],
            record_selector={
                "extractor": {"field_path": ["a", "b"]},
                "record_filter": {"condition": "{{ record.kind in ['x', 'y'] }}"},
            },
        )
    )
    assert found.table.records == "a.b"
    assert "state" not in found.columns
    assert str(found.columns["number"]) == "LONG"
    assert [transform.name for transform in found.transforms] == ["crews_only", "number", "crews_without"]
    assert type(plan(stream(decoder={"type": "JsonlDecoder"}, record_selector={})).table.format).__name__ == "JsonLines"


@pytest.mark.parametrize(
    ("url_base", "default", "path", "why"),
    [
        ("https://{{ config['account'] }}.example.com/api", None, "/api/crews", "the address is https://<account>.example.com"),
        ("{{ config['account'] }}/api/", None, "/api/crews", "the whole address is configured, as account of the manifest"),
        ("https://api.example.com/{{ config['account'] }}", "https://api.example.com", "/{settings.account}/crews", ""),
        ("https://{{ 'live' if config['mode'] == 'live' else 'test' }}.example.com", "https://live.example.com", "/crews", ""),
        ("https://{{ config['a'] | upper }}.example.com", None, "/crews", "give the whole address, which was not understood"),
        ("https://api.example.com/x?y=1", "https://api.example.com", "/x", ""),
    ],
)
def test_an_address_that_is_configured_is_asked_for(url_base: str, default: str | None, path: str, why: str) -> None:
    draft = airbyte_draft("crew", manifest(stream(requester={"url_base": url_base, "path": "" if "?" in url_base else "crews"})))
    assembly = built(draft)
    assert assembly.tables[0].table.path == path
    assert next(setting for setting in assembly.settings if setting.name == "base_url").default == default
    assert not why or any(why in note for note in [*guesses(draft), *to_do(draft)])


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (stream(requester={"request_parameters": {"a": "{{ now_utc().year * 2 }}"}}), "a: {{ now_utc().year * 2 }}"),
        (stream(requester={"request_parameters": {"a": "{% if x %}1{% endif %}"}}), "{% if x %}1{% endif %}"),
        (stream(requester={"request_parameters": {"a": "{{ broken"}}), "{{ broken"),
        (
            stream(
                paginator={
                    "type": "DefaultPaginator",
                    "pagination_strategy": {"type": "CustomPaginationStrategy", "class_name": "a.B"},
                }
            ),
            "the paginator a.B",
        ),
        (
            stream(incremental_sync={"type": "CustomIncrementalSync", "class_name": "a.C"}),
            "the incremental sync a.C: each sync reads the feed whole",
        ),
        (stream(partition_router={"type": "CustomPartitionRouter", "class_name": "a.D"}), "the partition router a.D"),
        (stream(transformations=[{"type": "CustomTransformation", "class_name": "a.E"}]), "the transformation a.E"),
        (stream(record_selector={"extractor": {"type": "CustomRecordExtractor", "class_name": "a.F"}}), "the extractor a.F"),
        (stream(record_selector={"record_filter": {"condition": "{{ record.n > 3 }}"}}), "the filter {{ record.n > 3 }}"),
        (stream(schema_loader={"type": "DynamicSchemaLoader"}), "the columns by DynamicSchemaLoader"),
        (stream(primary_key=[["a", "b"]]), "the key ['a', 'b'], which is no column"),
        (stream(requester={"error_handler": {"type": "CustomErrorHandler", "class_name": "a.G"}}), "the error handler a.G"),
        (stream(requester={"http_method": "PUT"}), "http_method PUT"),
        (stream(type="CustomRetriever", class_name="a.H"), "a.H, of which only the fields are read"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_understood_is_to_be_done_with_its_own_words(broken: Any, what: str) -> None:
    draft = airbyte_draft("crew", manifest(broken))
    assert any(what in note for note in to_do(draft.tables[0]))
    assert built(draft)


def test_what_has_no_draft_is_named_in_the_remarks() -> None:
    report = stream("report", type="AsyncRetriever")
    elsewhere = stream("other", requester={"url_base": "https://other.example.com"})
    child = stream("child", partition_router={"type": "SubstreamPartitionRouter", "parent_stream_configs": [{"stream": report}]})
    draft = airbyte_draft("crew", manifest(stream(), report, child, elsewhere, dynamic_streams=[{}]))
    assert [table.name for table in draft.tables] == ["crews"]
    remarks = " ".join(draft.remarks)
    for what in (
        "1 dynamic streams",
        "report is left out: AsyncRetriever",
        "child is left out: its parent is",
        "other is left out: it is at https://other",
    ):
        assert what in remarks


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{}", "it has no stream that can be drafted"),
        ("streams: []", "it has no stream that can be drafted"),
        ('streams: ["#/definitions/no"]', "it refers to '#/definitions/no', and definitions is not there"),
        (
            'definitions: {a: {$ref: "#/definitions/b"}, b: {$ref: "#/definitions/a"}}\nstreams: ["#/definitions/a"]',
            "its references go in a circle",
        ),
        (
            "definitions: {a0: [1, 1, 1, 1, 1, 1, 1, 1, 1, 1], "
            + ", ".join(f"a{n}: {json.dumps([f'#/definitions/a{n - 1}'] * 10)}" for n in range(1, 9))
            + '}\nstreams: ["#/definitions/a8"]',
            "its references stand for more than",
        ),
    ],
)
def test_what_is_no_manifest_is_said_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(BuildError) as refused:
        airbyte_draft("crew", text)
    assert why in str(refused.value)


def test_the_same_manifest_gives_the_same_bytes() -> None:
    assert plugin_text(airbyte_draft("crew", manifest(stream()))) == plugin_text(airbyte_draft("crew", manifest(stream())))
