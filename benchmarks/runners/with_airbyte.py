"""A low-code manifest, read by Airbyte's CDK: messages to standard output, where whoever reads counts them.

Streams are read at the same time, as many as ``workers`` says. The pages of one stream are not: a stream without partitions is
one piece of work for it.
"""

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
REQUESTER: dict[str, Any] = {
    "type": "HttpRequester",
    "url_base": "{{ config['url'] }}",
    "http_method": "GET",
    "authenticator": {
        "type": "ApiKeyAuthenticator",
        "api_token": "{{ config['key'] }}",
        "inject_into": {"type": "RequestOption", "inject_into": "header", "field_name": "api_key"},
    },
    "request_parameters": {"page_size": "{{ config['page_size'] }}"},
}
STRATEGIES: dict[str, dict[str, Any]] = {
    "cursor": {
        "type": "CursorPagination",
        "cursor_value": "{{ response.get('next_cursor') }}",
        "stop_condition": "{{ not response.get('has_more') }}",
    },
    "offset": {"type": "OffsetIncrement", "page_size": "{{ config['page_size'] }}"},
}
PROPERTIES = {name: {"type": "string"} for name in ("url", "key", "page_size")}


def stream(name: str, path: str, by: str) -> dict[str, Any]:
    """The stream of a table, of which the position stands in the parameter *by*."""
    option = {"type": "RequestOption", "inject_into": "request_parameter", "field_name": by}
    return {
        "type": "DeclarativeStream",
        "name": name,
        "primary_key": ["record_id"],
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {**REQUESTER, "path": f"/{path}"},
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": ["fts_records"]},
            },
            "paginator": {"type": "DefaultPaginator", "page_token_option": option, "pagination_strategy": STRATEGIES[by]},
        },
        "schema_loader": {"type": "InlineSchemaLoader", "schema": SCHEMA},
    }


def manifest(asked: dict[str, Any]) -> dict[str, Any]:
    """The source of what is asked; without ``workers``, the CDK's own number."""
    tables = asked["tables"]
    workers = {"concurrency_level": {"type": "ConcurrencyLevel", "default_concurrency": asked["workers"]}}
    return {
        "type": "DeclarativeSource",
        "version": "7.0.0",
        "check": {"type": "CheckStream", "stream_names": tables[:1]},
        "streams": [stream(name, asked["path"], asked["by"]) for name in tables],
        "spec": {"type": "Spec", "connection_specification": {"type": "object", "properties": PROPERTIES}},
        **(workers if asked["workers"] else {}),
    }


def selected(name: str) -> dict[str, Any]:
    """A stream in the catalog."""
    return {
        "stream": {"name": name, "json_schema": SCHEMA, "supported_sync_modes": ["full_refresh"]},
        "sync_mode": "full_refresh",
        "destination_sync_mode": "append",
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
        written(folder / "config.json", {**config, "__injected_declarative_manifest": manifest(asked)}),
        "--catalog",
        written(folder / "catalog.json", {"streams": [selected(name) for name in asked["tables"]]}),
    ]
    with measured(asked["report"]):
        launch(create_declarative_source(arguments), arguments)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
