"""The SDK alone: the rows of the feed, upserted from memory. One page is fetched, and its records go out again and again.

It is the floor under every connector: what the SDK does for the rows and for as many checkpoints as the engine makes.
"""

from datetime import date
from typing import Any
from urllib.parse import urlsplit

import bare_loop
import requests
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Operations as op  # noqa: N813  (as the documentation has it)

from connector_core.engine.checkpoints import CheckpointPolicy


def update(configuration: dict[str, str], state: dict[str, Any]) -> None:  # noqa: ARG001  (the SDK's signature)
    """Upsert as many rows as the feed has; its address begins with the number."""
    url, size = configuration["base_url"], int(configuration["page_size"])
    params, headers = {"page_size": size}, {"api_key": configuration["api_key"]}
    rows = requests.get(f"{url}/fts_data", params=params, headers=headers, timeout=60).json()["fts_records"]
    rows = [{**row, "log_date": date.fromisoformat(row["log_date"])} for row in rows]
    policy, records, saved = CheckpointPolicy(), int(urlsplit(url).path.split("/")[1]), 0
    for delivered in range(size, records + size, size):
        for row in rows:
            op.upsert(bare_loop.TABLE.name, row)
        if delivered >= records or policy.due(delivered - saved, delivered, 0.0):
            op.checkpoint({"next_cursor": str(delivered)})
            saved = delivered


connector = Connector(update=update, schema=bare_loop.schema)
"""Its table is that of the bare loop."""
