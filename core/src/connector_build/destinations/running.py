"""One sync of an assembled connector into a destination, and what came of it."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import define, field, frozen

from connector_build.destinations.layout import layouts
from connector_build.destinations.targets import Destination, Target, opened
from connector_core.basics.errors import ConnectorError
from connector_core.basics.operations import Log
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.plugin.assembly import Assembly


@define
class Counts:
    """What a sync did to one table: upserts and deletes, how often it deleted every row, and the rows that are there now.

    rows, deleted: None where the destination cannot tell.
    """

    upserts: int = 0
    deletes: int = 0
    truncates: int = 0
    rows: int | None = None
    deleted: int | None = None


@frozen
class Summary:
    """What came of a run: by table, and how often the state was saved."""

    tables: Mapping[str, Counts]
    checkpoints: int


@define
class Counted:
    """The operations of a destination, which counts them; *told* hears of each checkpoint how many rows went out before it.

    lost: what went wrong with our own output, which is for the command to say.
    """

    destination: Destination
    tables: dict[str, Counts]
    told: Callable[[int], object]
    checkpoints: int = 0
    rows: int = 0
    lost: OSError | None = field(default=None, init=False)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self._do(self.destination.upsert, table, data)
        self.tables[table].upserts += 1
        self.rows += 1

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        self._do(self.destination.delete, table, keys)
        self.tables[table].deletes += 1

    def truncate(self, table: str) -> None:
        self._do(self.destination.truncate, table)
        self.tables[table].truncates += 1

    def checkpoint(self, state: dict[str, Any]) -> None:
        self._do(self.destination.checkpoint, state)
        self.checkpoints += 1
        self.told(self.rows)

    def _do(self, operation: Callable[..., None], *arguments: Any) -> None:
        try:
            operation(*arguments)
        except OSError as error:
            self.lost = error
            raise


def run(
    dataset: str,
    assembly: Assembly,
    configuration: Mapping[str, Any],
    where: Target,
    log: Log,
    told: Callable[[int], object] = id,
    client: Callable[..., Any] = make_client,
) -> Summary:
    """Bring the tables of *dataset* in *where* up to date, and say what that took.

    Raises ConnectorError where the sync fails: what the last checkpoint covers is there, and the next run goes on from it. Raises
    UsageProblem or BuildError where the destination cannot be had, and OSError where our own output cannot be written.
    """
    shapes = layouts(assembly)
    with opened(where, dataset, shapes) as found:
        counted = Counted(found.destination, {name: Counts() for name in shapes}, told)
        try:
            sync(assembly, configuration, found.destination.state, counted, log, Engine(client))
        except ConnectorError:
            found.finish()
            if where.is_stream and counted.lost:
                raise counted.lost from None
            raise
        found.finish()
        for name, (rows, deleted) in found.counts().items():
            counted.tables[name].rows, counted.tables[name].deleted = rows, deleted
        return Summary(counted.tables, counted.checkpoints)
