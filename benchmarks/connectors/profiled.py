"""A connector whose sync says where its time went. The environment says which one, and where the answer goes.

``PROFILE_OF``: ``handwritten``, or what is switched on in fts, with commas between. ``PROFILE_REPORT``: a file.
"""

import importlib
import json
import os
from pathlib import Path
from typing import Any

from attrs import asdict
from stopwatch import Seam, Stopwatch

SDK = (
    Seam("upsert", "fivetran_connector_sdk", "Operations.upsert"),
    Seam("checkpoint", "fivetran_connector_sdk", "Operations.checkpoint"),
)
HANDWRITTEN = (*SDK, Seam("fetch", "requests", "Session.get"), Seam("decode", "requests", "Response.json"))
OURS = (
    *SDK,
    Seam("fetch", "connector_core.http.client", "Client.fetch"),
    Seam("decode", "connector_core.http.answers", "decode"),
    Seam("transform", "connector_core.engine.records", "RowMaker.rows"),
    Seam("extra tables", "connector_core.engine.derivation", "Repeating.add"),
    Seam("extra tables", "connector_core.engine.derivation", "Derivation.finish"),
    Seam("extra tables", "connector_core.engine.derivation", "Derivation.state"),
)
REST = "rest"


def plain_connector(of: str) -> Any:
    """The connector to be watched; its seams have to be wrapped by then."""
    if of == "handwritten":
        return importlib.import_module("handwritten").connector
    fivetran, fts = importlib.import_module("connector_core.runtime.fivetran"), importlib.import_module("connector_fts")
    return fivetran.connector_for({"connector-fts": fts}, enable=[name for name in of.split(",") if name])


def watched(of: str, report: Path) -> Any:
    """The connector, whose update writes what it spent to *report*."""
    stopwatch = Stopwatch(REST)
    for seam in HANDWRITTEN if of == "handwritten" else OURS:
        stopwatch.watch(seam)
    connector = plain_connector(of)
    update = connector.update_method

    def timed(configuration: dict[str, str], state: dict[str, Any]) -> None:
        stopwatch.run(lambda: update(configuration=configuration, state=state))
        report.write_text(json.dumps({part: asdict(spent) for part, spent in stopwatch.spent.items()}), encoding="utf-8")

    connector.update_method = timed
    return connector


if "PROFILE_REPORT" in os.environ:
    connector = watched(os.environ["PROFILE_OF"], Path(os.environ["PROFILE_REPORT"]))
