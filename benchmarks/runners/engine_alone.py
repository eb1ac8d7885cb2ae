"""The engine without the SDK: a whole sync of the built project's parts into a sink that counts its operations and drops them.

What is asked (see measure.py) needs nothing more.
"""

from collections import Counter
from typing import Any

from measure import measured, told

import connector_fts
from connector_core.assembly import Plugin, assemble
from connector_core.sync import sync


class Sink:
    """Operations, and a log, that count."""

    def __init__(self) -> None:
        self.rows: Counter[str] = Counter()

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        """Count the row."""
        self.rows[table] += 1

    def nothing(self, *_: Any) -> None:
        """What is neither a row nor counted."""

    delete = truncate = checkpoint = info = warning = nothing


def main() -> None:
    """One sync from the start."""
    asked, sink = told(), Sink()
    assembly = assemble([Plugin("connector-fts", connector_fts)])
    configuration = {"api_key": asked["key"], "base_url": asked["url"], "page_size": str(asked["page_size"])}
    with measured(asked["report"]) as found:
        sync(assembly, configuration, {}, sink, sink)
        found["rows"] = dict(sink.rows)


if __name__ == "__main__":
    main()
