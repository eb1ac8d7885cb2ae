"""Drafted plugins keep every rule of the contract: their words fit together, and rows come as the API has them."""

import json
from pathlib import Path

import pytest

from connector_build.drafting.airbyte.drafting import airbyte_draft
from connector_build.drafting.draft import Draft
from connector_build.drafting.made import kept
from connector_build.drafting.openapi.drafting import openapi_draft
from connector_build.drafting.writing import plugin_text
from connector_build.testing import RULES, check_contract
from distributions import install_dataset

SLOW = ("bare_import", "same_bytes", "survives_faults")
OPENAPI = """
openapi: 3.1.0
info: {title: Crews}
servers: [{url: "https://api.example.com/v1"}]
security: [{key: []}]
paths:
  /crews:
    get:
      parameters:
        - {name: page, in: query, schema: {type: integer}}
        - {name: per_page, in: query, schema: {type: integer, maximum: 50}}
      responses: {200: {content: {application/json: {schema: {$ref: "#/components/schemas/Crews"}}}}}
  /crews/{crew_id}/shifts:
    get:
      parameters: [{name: cursor, in: query, schema: {type: string}}, {name: limit, in: query, schema: {type: integer}}]
      responses: {200: {content: {application/json: {schema: {$ref: "#/components/schemas/Shifts"}}}}}
  /days:
    get:
      responses: {200: {content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Day"}}}}}}
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}
  schemas:
    Crews:
      type: object
      properties: {crews: {type: array, items: {$ref: "#/components/schemas/Crew"}}, total_pages: {type: integer}}
    Crew: {type: object, properties: {id: {type: integer}, name: {type: string}, place: {type: object, properties: {}}}}
    Shifts:
      type: object
      properties:
        data: {type: array, items: {$ref: "#/components/schemas/Shift"}}
        next_cursor: {type: string}
        has_more: {type: boolean}
    Shift: {type: object, properties: {id: {type: string}, started: {type: string, format: date-time}, hours: {type: number}}}
    Day:
      type: object
      properties: {day: {type: string, format: date}, open: {type: boolean}, tags: {type: array, items: {type: string}}}
"""
SHIFT = {
    "id": {"type": "integer"},
    "updated_at": {"type": "string", "format": "date-time"},
    "hours": {"type": ["null", "number"]},
}
AIRBYTE = {
    "streams": [
        {
            "name": "shifts",
            "primary_key": "id",
            "schema_loader": {"type": "InlineSchemaLoader", "schema": {"properties": SHIFT}},
            "incremental_sync": {
                "type": "DatetimeBasedCursor",
                "cursor_field": "updated_at",
                "datetime_format": "%Y-%m-%dT%H:%M:%SZ",
                "start_datetime": "2024-01-01T00:00:00Z",
                "start_time_option": {"inject_into": "request_parameter", "field_name": "since"},
            },
            "retriever": {
                "requester": {
                    "url_base": "https://api.example.com",
                    "path": "shifts",
                    "authenticator": {"type": "BearerAuthenticator", "api_token": "{{ config['token'] }}"},
                },
                "record_selector": {"extractor": {"field_path": ["data"]}},
                "paginator": {
                    "type": "DefaultPaginator",
                    "page_token_option": {"inject_into": "request_parameter", "field_name": "after"},
                    "pagination_strategy": {"type": "CursorPagination", "cursor_value": "{{ response.meta.next }}"},
                },
            },
        }
    ]
}


@pytest.mark.parametrize(
    "draft", [openapi_draft("drafted_o", OPENAPI), airbyte_draft("drafted_a", json.dumps(AIRBYTE))], ids=["openapi", "airbyte"]
)
def test_a_drafted_plugin_keeps_every_rule(draft: Draft, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_dataset(tmp_path, draft.name, plugin_text(kept(draft)))
    monkeypatch.syspath_prepend(tmp_path)
    findings = check_contract(draft.name, rules=[rule.name for rule in RULES if rule.name not in SLOW])
    assert {f"{each.rule}: {each.message}" for each in findings if each.status not in ("pass", "skip")} == set()
