"""One table by offset as one reads it by hand: a request, its rows, a checkpoint, the next request."""

from typing import Any

import requests
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Operations as op  # noqa: N813  (as the documentation has it)

from handwritten import COLUMNS


def schema(configuration: dict[str, str]) -> list[dict[str, Any]]:  # noqa: ARG001  (the SDK's signature)
    """The one table with its key and its columns."""
    return [{"table": "tasks", "primary_key": ["record_id"], "columns": COLUMNS}]


def update(configuration: dict[str, str], state: dict[str, Any]) -> None:
    """Read the table page by page, until the API's total is reached."""
    session = requests.Session()
    headers = {"api_key": configuration["api_key"]}
    offset, total = state.get("offset", 0), 1
    while offset < total:
        params = {"page_size": configuration["page_size"], "offset": str(offset)}
        response = session.get(f"{configuration['base_url']}/by_offset", headers=headers, params=params, timeout=60)
        response.raise_for_status()
        page = response.json()
        for record in page["fts_records"]:
            op.upsert("tasks", record)
        offset, total = offset + len(page["fts_records"]), page["total"]
        op.checkpoint({"offset": offset})


connector = Connector(update=update, schema=schema)
