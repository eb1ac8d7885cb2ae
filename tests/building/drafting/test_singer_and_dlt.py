"""A catalog of Singer has tables and keys, a configuration of dlt has requests and paging; each draft says what is missing."""

import json
from typing import Any

import pytest

from connector_build.drafting.dlt import dlt_draft
from connector_build.drafting.singer import singer_draft
from connector_build.errors import BuildError
from connector_core import (
    ApiKeyHeader,
    CursorPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Parent,
    SinglePage,
    UpdatedSince,
    ignore,
    last_page,
)
from drafts_support import built, plans, to_do


def test_a_catalog_has_tables_columns_and_keys() -> None:
    schema = {
        "properties": {
            "id": {"type": ["null", "integer"]},
            "at": {"type": "string", "format": "date-time"},
            "data": {"type": "object"},
        }
    }
    about = [{"breadcrumb": [], "metadata": {"table-key-properties": ["id"], "selected": True, "valid-replication-keys": ["at"]}}]
    streams = [{"tap_stream_id": "My Crews", "schema": schema, "metadata": about}, {"stream": "left", "schema": schema}]
    draft = singer_draft("crew", json.dumps({"streams": streams}))
    table = plans(draft)["my_crews"].table
    assert (table.primary_key, table.columns) == (("id",), {"id": "LONG", "at": "UTC_DATETIME", "data": "JSON"})
    assert "1 streams are not selected in it." in draft.remarks
    assert "how it is paged; it is incremental by at" in to_do(draft)
    with pytest.raises(BuildError, match="it is no catalog of Singer"):
        singer_draft("crew", "{}")


DLT = """
import dlt
from os import system

system("touch /tmp/never")

@dlt.source
def crews():
    config: RESTAPIConfig = {
        "client": {
            "base_url": "https://api.example.com/v1/",
            "auth": {"type": "api_key", "name": "X-Key", "api_key": dlt.secrets["key"], "location": "header"},
            "paginator": {"type": "page_number", "base_page": 1, "total_path": "pages"},
        },
        "resource_defaults": {"primary_key": "id", "endpoint": {"params": {"per_page": 100}}},
        "resources": [
            "crews",
            {"name": "shifts", "endpoint": {"path": "crews/{crew}/shifts", "data_selector": "data.items", "params": {
                "crew": {"type": "resolve", "resource": "crews", "field": "id"},
                "since": {"type": "incremental", "cursor_path": "updated_at", "initial_value": "2024-01-01T00:00:00Z"},
                "odd": compute(),
            }}},
        ],
    }
"""


def test_a_configuration_in_python_is_read_and_not_run() -> None:
    draft = dlt_draft("crew", DLT)
    found = plans(draft)
    pages = PageNumberPaginator("page", 1, None, [last_page("pages", param="page")])
    assert found["crews"].paginator == pages
    assert found["crews"].table.params == {"per_page": "100"}
    assert found["shifts"].paginator == UpdatedSince("since", "updated_at", pages, "2024-01-01T00:00:00Z")
    assert found["shifts"].table.parent == Parent("crews", {"crew": "id"})
    assert (found["shifts"].table.path, found["shifts"].table.records) == ("/crews/{parent.id}/shifts", "data.items")
    assert built(draft).auth == ApiKeyHeader("X-Key")
    assert to_do(draft) == ["not understood: the parameter odd"]


@pytest.mark.parametrize(
    ("paginator", "expected"),
    [
        ("single_page", SinglePage()),
        ("header_link", LinkHeaderPaginator()),
        ({"type": "json_link", "next_url_path": "$.paging.next"}, NextLinkPaginator("paging.next", missing_ends=True)),
        (
            {"type": "cursor", "cursor_path": "next", "cursor_param": "after"},
            CursorPaginator("after", "next", None, missing_ends=True),
        ),
        ({"type": "header_cursor", "cursor_key": "Next-Page"}, CursorPaginator(size_param=None, next_header="Next-Page")),
        ("header_cursor", CursorPaginator(size_param=None, next_header="next")),
        ({"type": "offset", "limit": 50, "offset_param": "skip", "total_path": None}, OffsetPaginator("skip", "limit")),
        (None, SinglePage()),
        ({"type": "mine"}, SinglePage()),
    ],
)
def test_a_paginator_of_dlt_is_one_of_ours(paginator: Any, expected: Any) -> None:
    config = {"client": {"base_url": "https://api.example.com", "paginator": paginator}, "resources": ["crews"]}
    draft = dlt_draft("crew", json.dumps(config))
    assert plans(draft)["crews"].paginator == expected
    assert bool(to_do(draft)) == (paginator in (None, {"type": "mine"}))


def test_a_field_of_another_resource_may_stand_in_a_path_or_a_parameter() -> None:
    badges = {"path": "crews/{resources.crews.id}/badges", "params": {"of": "{resources.crews.id}", "kind": "{x}"}}
    resources = ["crews", {"name": "badges", "primary_key": "id", "endpoint": badges}]
    config = {"client": {"base_url": "https://api.example.com"}, "resources": resources}
    draft = dlt_draft("crew", json.dumps(config))
    found = plans(draft)
    assert found["crews"].table.primary_key == ("id",)
    assert found["badges"].table.path == "/crews/{parent.id}/badges"
    assert found["badges"].table.params == {"of": "{parent.id}", "kind": "{{x}}"}
    assert found["badges"].table.parent == Parent("crews", {"crews_id": "id"})


def test_an_answer_that_is_ignored_is_a_rule_and_the_rest_is_left_to_a_hand() -> None:
    endpoint = {
        "path": "crews",
        "response_actions": [{"status_code": 404, "action": "ignore"}, {"content": "gone", "action": "ignore"}],
    }
    resource = {"name": "crews", "endpoint": endpoint, "processing_steps": [{"filter": 1}]}
    config = {"client": {"base_url": "https://api.example.com", "paginator": "single_page"}, "resources": [resource]}
    draft = dlt_draft("crew", json.dumps(config))
    assert plans(draft)["crews"].table.errors == (ignore(status=404),)
    assert to_do(draft) == ["not understood: an entry of response_actions; processing_steps"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("x = 1", 'it has no dict with "client" and "resources"'),
        ("x = (", "it is no Python that can be read"),
        ('{"client": {}}', "it has no resources"),
        ("x = " + "-" * 50_000 + "1", "it is no Python that can be read"),
    ],
)
def test_what_is_no_configuration_is_said_in_one_sentence(text: str, why: str) -> None:
    with pytest.raises(BuildError) as refused:
        dlt_draft("crew", text)
    assert why in str(refused.value)
