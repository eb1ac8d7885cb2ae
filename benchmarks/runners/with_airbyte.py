"""A low-code manifest for the same table, read by Airbyte's CDK: messages to standard output, where whoever reads counts them."""

import json
import sys
from pathlib import Path
from typing import Any

from airbyte_cdk.cli.source_declarative_manifest._run import create_declarative_source
from airbyte_cdk.entrypoint import launch
from measure import measured, told

TEXT = """record_id customer_id equipment_id erp_order_id log_description maintenance_status maintenance_type summarized_log
technician_id"""
TYPES = {
    **dict.fromkeys(TEXT.split(), "string"),
    **dict.fromkeys(["downtime_hours", "last_updated_epoch", "summarization_time_saved"], "integer"),
    **dict.fromkeys(["failure_rate", "maintenance_cost"], "number"),
    "log_date": "string",
}
SCHEMA = {"type": "object", "properties": {name: {"type": ["null", kind]} for name, kind in TYPES.items()}}
STREAM: dict[str, Any] = {
    "type": "DeclarativeStream",
    "name": "fts_records",
    "primary_key": ["record_id"],
    "retriever": {
        "type": "SimpleRetriever",
        "requester": {
            "type": "HttpRequester",
            "url_base": "{{ config['url'] }}",
            "path": "/fts_data",
            "http_method": "GET",
            "authenticator": {
                "type": "ApiKeyAuthenticator",
                "api_token": "{{ config['key'] }}",
                "inject_into": {"type": "RequestOption", "inject_into": "header", "field_name": "api_key"},
            },
            "request_parameters": {"page_size": "{{ config['page_size'] }}"},
        },
        "record_selector": {"type": "RecordSelector", "extractor": {"type": "DpathExtractor", "field_path": ["fts_records"]}},
        "paginator": {
            "type": "DefaultPaginator",
            "page_token_option": {"type": "RequestOption", "inject_into": "request_parameter", "field_name": "cursor"},
            "pagination_strategy": {
                "type": "CursorPagination",
                "cursor_value": "{{ response.get('next_cursor') }}",
                "stop_condition": "{{ not response.get('has_more') }}",
            },
        },
    },
    "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
}
MANIFEST: dict[str, Any] = {
    "type": "DeclarativeSource",
    "version": "7.0.0",
    "check": {"type": "CheckStream", "stream_names": ["fts_records"]},
    "streams": [STREAM],
    "spec": {
        "type": "Spec",
        "connection_specification": {
            "type": "object",
            "properties": {"url": {"type": "string"}, "key": {"type": "string"}, "page_size": {"type": "string"}},
        },
    },
}
CATALOG = {
    "streams": [
        {
            "stream": {"name": "fts_records", "json_schema": SCHEMA, "supported_sync_modes": ["full_refresh"]},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "append",
        }
    ]
}


def written(file: Path, value: Any) -> str:
    """The path of *file*, which holds *value* as JSON."""
    file.write_text(json.dumps(value), encoding="utf-8")
    return str(file)


def main() -> None:
    asked = told()
    folder = Path(asked["folder"])
    config = {"url": asked["url"], "key": asked["key"], "page_size": str(asked["page_size"])}
    arguments = [
        "read",
        "--config",
        written(folder / "config.json", {**config, "__injected_declarative_manifest": MANIFEST}),
        "--catalog",
        written(folder / "catalog.json", CATALOG),
    ]
    with measured(asked["report"]):
        launch(create_declarative_source(arguments), arguments)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
