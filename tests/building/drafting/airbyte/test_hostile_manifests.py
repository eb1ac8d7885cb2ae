"""Manifests that mean harm, and parts of them at random: no expression is run, and what comes out are words and literals."""

import ast
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector_build.drafting.airbyte.drafting import airbyte_draft
from connector_build.drafting.made import assembled, kept
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError
from connector_core.source.templates import names_in

TEXTS = st.one_of(
    st.text(max_size=10),
    st.sampled_from(
        [
            "{{ config['a'] }}",
            "{{ config['secret'] }}",
            "{{ ''.__class__.__mro__[1].__subclasses__() }}",
            "{{ cycler.__init__.__globals__.os.popen('true').read() }}",
            "{% for x in range(10**9) %}{{ x }}{% endfor %}",
            "{{ response.next }}",
            "{{ stream_partition.id }}",
            "{{ stream_interval.start_time }}",
            "{{ parameters.name }}",
            "{{ record.id }}",
            "{settings.secret}",
            "{{ '{' }}settings.secret{{ '}' }}",
            '"""\nimport os\n',
            "../../etc",
            "https://{{ config.a }}.example.com",
            "{{" * 50,
            "id",
        ]
    ),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-3, 300), TEXTS), lambda inner: st.lists(inner, max_size=2), max_leaves=3
)
OPTION = st.fixed_dictionaries(
    {"inject_into": st.sampled_from(["request_parameter", "header", "body_json", "path", "odd"]), "field_name": TEXTS}
)
KINDS: dict[str, list[str]] = {
    "authenticator": [
        "ApiKeyAuthenticator",
        "BearerAuthenticator",
        "BasicHttpAuthenticator",
        "OAuthAuthenticator",
        "JwtAuthenticator",
        "X",
    ],
    "paginator": ["DefaultPaginator", "NoPagination", "X"],
    "pagination_strategy": ["PageIncrement", "OffsetIncrement", "CursorPagination", "X"],
    "incremental_sync": ["DatetimeBasedCursor", "X"],
    "partition_router": ["ListPartitionRouter", "SubstreamPartitionRouter", "X"],
}
FIELDS: dict[str, list[str]] = {
    "authenticator": [
        "api_token",
        "username",
        "password",
        "header",
        "token_refresh_endpoint",
        "client_id",
        "secret_key",
        "inject_into",
    ],
    "paginator": ["page_token_option", "page_size_option"],
    "pagination_strategy": ["page_size", "start_from_page", "cursor_value", "stop_condition"],
    "incremental_sync": [
        "cursor_field",
        "datetime_format",
        "start_datetime",
        "step",
        "start_time_option",
        "end_time_option",
        "lookback_window",
    ],
    "partition_router": ["values", "cursor_field", "request_option", "parent_stream_configs"],
}


def part(name: str, **inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    fields = {each: st.one_of(VALUES, OPTION) for each in FIELDS[name]}
    return st.one_of(VALUES, st.fixed_dictionaries({"type": st.sampled_from(KINDS[name])}, optional={**fields, **inner}))


REQUESTER = st.fixed_dictionaries(
    {"url_base": st.one_of(TEXTS, st.just("https://api.example.com"))},
    optional={
        "path": TEXTS,
        "http_method": st.sampled_from(["GET", "POST"]),
        "request_parameters": st.one_of(TEXTS, st.dictionaries(TEXTS, VALUES, max_size=2)),
        "request_headers": st.dictionaries(TEXTS, VALUES, max_size=2),
        "request_body_json": st.dictionaries(TEXTS, VALUES, max_size=2),
        "authenticator": part("authenticator"),
        "error_handler": st.fixed_dictionaries(
            {
                "response_filters": st.lists(
                    st.fixed_dictionaries(
                        {"action": st.sampled_from(["IGNORE", "FAIL", "RETRY"])},
                        optional={"http_codes": VALUES, "predicate": TEXTS},
                    ),
                    max_size=2,
                )
            }
        ),
    },
)
STREAM = st.fixed_dictionaries(
    {
        "name": TEXTS,
        "retriever": st.fixed_dictionaries(
            {"requester": REQUESTER},
            optional={
                "record_selector": st.fixed_dictionaries(
                    {"extractor": st.fixed_dictionaries({"field_path": VALUES})},
                    optional={"record_filter": st.fixed_dictionaries({"condition": TEXTS})},
                ),
                "paginator": part("paginator", pagination_strategy=part("pagination_strategy")),
                "partition_router": part("partition_router"),
            },
        ),
    },
    optional={
        "primary_key": VALUES,
        "incremental_sync": part("incremental_sync"),
        "$parameters": st.dictionaries(TEXTS, VALUES, max_size=2),
        "schema_loader": st.fixed_dictionaries(
            {
                "schema": st.fixed_dictionaries(
                    {"properties": st.dictionaries(TEXTS, st.fixed_dictionaries({"type": VALUES}), max_size=3)}
                )
            }
        ),
        "transformations": st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["AddFields", "RemoveFields"])},
                optional={
                    "fields": st.lists(st.fixed_dictionaries({"path": VALUES, "value": TEXTS}), max_size=2),
                    "field_pointers": VALUES,
                },
            ),
            max_size=2,
        ),
    },
)
CONFIGURED = {"a": {"default": "{settings.secret}"}, "secret": {"airbyte_secret": True}}


@settings(max_examples=60, deadline=None)
@given(st.lists(STREAM, min_size=1, max_size=2))
def test_any_manifest_is_a_plugin_of_literals_or_one_sentence(streams: list[Any]) -> None:
    text = json.dumps({"streams": streams, "spec": {"connection_specification": {"properties": CONFIGURED}}})
    try:
        draft = kept(airbyte_draft("crew", text))
    except BuildError as refused:
        assert "\n" not in str(refused)  # noqa: PT017
        return
    plugin = plugin_text(draft)
    tree = ast.parse(plugin)
    assert all(isinstance(node, ast.ImportFrom | ast.Assign | ast.FunctionDef) for node in tree.body[1:])
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert all(isinstance(call, ast.Name) or ast.unparse(call) in ("PAGING.get", "TRANSFORMS.get") for call in calls)
    for plan in assembled(draft).tables:
        table = plan.table
        sent = [
            table.path,
            *table.params.values(),
            *table.headers.values(),
            *(json.dumps(part) for part in (table.body or {}).values()),
        ]
        assert not any("secret" in names_in(text, "settings") for text in sent)
