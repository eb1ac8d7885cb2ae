"""Our own HTTP client and decoder in a loop that keeps none of the promises: what the engine is measured against.

It checks no key, no circle and no origin of a next page, remarks on nothing, derives nothing, and reads nothing ahead. Its
operations are those of the engine: dates as objects, and as many checkpoints.
"""

import time
from typing import Any

from fivetran_connector_sdk import Connector, Logging
from fivetran_connector_sdk import Operations as op  # noqa: N813  (as the documentation has it)

import connector_fts
from connector_core import ApiKeyHeader, Request
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.http.client import Client
from connector_core.source.configuration import Configuration
from connector_core.source.times import date_of

TABLE = connector_fts.RECORDS
AUTH = ApiKeyHeader("api_key")


def schema(configuration: dict[str, str]) -> list[dict[str, Any]]:  # noqa: ARG001  (the SDK's signature)
    """The one table with its key and its columns."""
    return [{"table": TABLE.name, "primary_key": list(TABLE.primary_key), "columns": dict(TABLE.columns)}]


def update(configuration: dict[str, str], state: dict[str, Any]) -> None:  # noqa: ARG001  (as above)
    """Read the feed from its start, with a checkpoint behind each page."""
    params = {"page_size": configuration["page_size"]}
    policy, delivered, saved, saved_at = CheckpointPolicy(), 0, 0, time.monotonic()
    with Client(configuration["base_url"], AUTH(Configuration(configuration)), Logging) as client:
        while True:
            page = client.fetch(TABLE, Request(TABLE.path, params))
            for record in page.records:
                op.upsert(TABLE.name, {**record, "log_date": date_of(record["log_date"])})
            delivered += len(page.records)
            last = not page.body["has_more"]
            if not last:
                params = {**params, "cursor": page.body["next_cursor"]}
            if last or policy.due(delivered - saved, delivered, time.monotonic() - saved_at):
                op.checkpoint({"next_cursor": params.get("cursor")})
                saved, saved_at = delivered, time.monotonic()
            if last:
                break


connector = Connector(update=update, schema=schema)
