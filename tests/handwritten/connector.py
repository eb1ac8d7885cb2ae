"""A connector of the field technicians' tasks as one writes it by hand, after the pattern that Fivetran documents.

The tests let it serve a connection, which a built connector then takes over. It uses nothing of this project.
"""

from typing import Any

import requests
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Logging as log  # noqa: N813  (as the documentation has it)
from fivetran_connector_sdk import Operations as op  # noqa: N813

STATE_KEY = "next_cursor"
TYPES: dict[str, str] = {}


def schema(configuration: dict[str, str]) -> list[dict[str, Any]]:
    """The one table with its key; what is not in TYPES gets the type of its values."""
    return [{"table": "fts_records", "primary_key": ["record_id"], "columns": {"record_id": "STRING", **TYPES}}]


def update(configuration: dict[str, str], state: dict[str, Any]) -> None:
    """Read the feed page by page, from the cursor of the last checkpoint on."""
    cursor = state.get(STATE_KEY)
    session = requests.Session()
    session.headers["api_key"] = configuration["api_key"]
    while True:
        params = {"page_size": configuration["page_size"]}
        if cursor:
            params["cursor"] = cursor
        response = session.get(f"{configuration['base_url']}/fts_data", params=params, timeout=60)
        response.raise_for_status()
        page = response.json()
        for record in page["fts_records"]:
            op.upsert("fts_records", record)
        cursor = page["next_cursor"] or cursor
        op.checkpoint({STATE_KEY: cursor})
        log.info(f"page of {len(page['fts_records'])} records")
        if not page["has_more"]:
            break


connector = Connector(update=update, schema=schema)

if __name__ == "__main__":
    connector.debug()
