"""Eight tables as one reads them by hand: one after another, each as in handwritten.py, on one session."""

from typing import Any

import requests
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Operations as op  # noqa: N813  (as the documentation has it)

from handwritten import COLUMNS

TABLES = [f"tasks_{number}" for number in range(8)]


def schema(configuration: dict[str, str]) -> list[dict[str, Any]]:  # noqa: ARG001  (the SDK's signature)
    """The tables, which are alike."""
    return [{"table": table, "primary_key": ["record_id"], "columns": COLUMNS} for table in TABLES]


def update(configuration: dict[str, str], state: dict[str, Any]) -> None:
    """Read table after table, page by page, with a checkpoint behind each page."""
    session = requests.Session()
    headers = {"api_key": configuration["api_key"]}
    for table in TABLES:
        params: dict[str, str] = {"page_size": configuration["page_size"]}
        while True:
            response = session.get(f"{configuration['base_url']}/fts_data", headers=headers, params=params, timeout=60)
            response.raise_for_status()
            page = response.json()
            for record in page["fts_records"]:
                op.upsert(table, record)
            op.checkpoint({**state, table: page["next_cursor"]})
            if not page["has_more"]:
                break
            params["cursor"] = page["next_cursor"]


connector = Connector(update=update, schema=schema)
