"""What an engine reads pages with in tests that need no HTTP."""

from typing import Any, Self, cast

from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import Page, Request, Table
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.plugin.assembly import Assembly


class PageSource:
    """A client, and what makes it; a subclass says in ``fetch`` what its API has."""

    def __call__(self, *_: Any) -> Self:
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def fetch(self, table: Table, request: Request) -> Page:
        """The page that *request* brings."""
        raise NotImplementedError


def synced(assembly: Assembly, source: PageSource, warehouse: Warehouse, records: int = 1, **configuration: str) -> ListLog:
    """The log of one sync, with *records* between two checkpoints; *configuration* beyond the address."""
    log = ListLog()
    warehouse.connect(assembly)
    engine = Engine(cast(Any, source), checkpoints=CheckpointPolicy(records=records, share=0.0))
    sync(assembly, {"base_url": "http://127.0.0.1:9", **configuration}, warehouse.state, warehouse, log, engine)
    return log
