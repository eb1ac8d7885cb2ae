"""The engine without the SDK: a whole sync of the plugin into rows as JSON lines on standard output, as Singer and Airbyte write.

What is asked (see measure.py) has maybe ``plugin``, the file of another one than fts, and ``settings``.
"""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

from measure import measured, told

from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Plugin, assemble

_encode = json.JSONEncoder(separators=(",", ":"), default=str).encode  # dates and instants as ISO 8601 has them


class Lines:
    """Operations that are written as lines, and a log that nobody reads."""

    def __init__(self) -> None:
        self._write = sys.stdout.write

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        """Write one row."""
        self._write(f'{{"type":"RECORD","stream":"{table}","record":{_encode(data)}}}\n')

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Write the state, behind all that it covers."""
        self._write(f'{{"type":"STATE","value":{_encode(state)}}}\n')
        sys.stdout.flush()

    def nothing(self, *_: Any) -> None:
        """What this feed does not do, and what the log says."""

    delete = truncate = info = warning = alert = nothing


def plugin_of(file: str | None) -> Any:
    """The module with the hooks: that of *file*, or fts."""
    if file is None:
        return importlib.import_module("connector_fts")
    sys.path.insert(0, str(Path(file).parent))
    return importlib.import_module(Path(file).stem)


def main() -> None:
    """One sync from the start."""
    asked, lines = told(), Lines()
    assembly = assemble([Plugin("benchmarked", plugin_of(asked.get("plugin")))])
    settings = asked.get("settings", {})
    configuration = {"api_key": asked["key"], "base_url": asked["url"], "page_size": str(asked["page_size"]), **settings}
    with measured(asked["report"]):
        sync(assembly, configuration, {}, lines, lines)


if __name__ == "__main__":
    main()
