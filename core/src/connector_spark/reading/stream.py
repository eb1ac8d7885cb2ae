"""Reading a table as a stream of changes, in batches that come again as they were."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

from attrs import evolve
from pyspark.sql.datasource import SimpleDataSourceStreamReader

from connector_core.basics.errors import ConfigurationError, SourceError
from connector_core.derived.applying import LeftOut
from connector_core.engine.discreet import check_discreet
from connector_core.engine.feeds import feed
from connector_core.engine.reading import BookmarkRejectedError
from connector_core.engine.records import RowMaker
from connector_core.engine.rows_of_pages import rows_of
from connector_core.parts.opening import Opened, opened
from connector_core.plugin.plan import TablePlan
from connector_core.source.pagination import Bookmark
from connector_core.source.tables import Key, Record
from connector_spark.choice.options import Options
from connector_spark.reading.logs import PythonLog
from connector_spark.reading.places import Place, Replay, Taking
from connector_spark.tables.messages import told
from connector_spark.tables.schema import CHANGE, DELETE, UPSERT, Row, as_tuples


class StreamReader(SimpleDataSourceStreamReader):
    """Reads one table batch by batch, on the driver, as one sync after the other would."""

    def __init__(self, options: Options, names: Sequence[str]) -> None:
        with told():
            check_streamed(options.plan, changes=CHANGE in names)
        self._options = options
        self._names = tuple(names)
        self._rested = float("-inf")
        """When it last had nothing new, by a clock of our own."""

    def initialOffset(self) -> dict[str, Any]:  # noqa: N802  (Spark's name)
        return Place().written()

    def read(self, start: dict[str, Any]) -> tuple[Iterator[Row], dict[str, Any]]:
        """The next batch, and where it ends; an empty one that ends where it starts while there is nothing new."""
        if time.monotonic() - self._rested < self._options.poll_seconds:
            return iter(()), start
        with told(), self._opened() as api:
            plan = api.plan(self._options.table)
            taking, bookmark = self._taken(api, plan, Place.read(start))
            end = taking.end(bookmark)
            check_discreet(plan, api.api.hidden, end.bookmark, {"bookmark": dict(end.bookmark)})
            rows = list(self._written(plan, taking.rows))
        if end is taking.start:
            self._rested = time.monotonic()
            return iter(()), start
        return iter(rows), end.written()

    def readBetweenOffsets(self, start: dict[str, Any], end: dict[str, Any]) -> Iterator[Row]:  # noqa: N802
        """A batch once more, because Spark does not know whether it arrived."""
        replay = Replay(Place.read(start), Place.read(end))
        with told(), self._opened() as api:
            plan = api.plan(self._options.table)
            rows: list[tuple[Key, Record | LeftOut]] = []
            try:
                rows = list(self._again(api, plan, replay, replay.start.bookmark))
            except BookmarkRejectedError as error:
                api.api.log.warning(f"{plan.table.name}: {error} Looking for the rows of that batch from the start.")
                replay = Replay(Place.read(start), evolve(Place.read(end), pages=2**31))
                rows = list(self._again(api, plan, replay, {}))
            return iter(list(self._written(plan, rows)))

    def _opened(self) -> Any:
        return opened(self._options.assembly, self._options.configuration, PythonLog(), self._options.table)

    def _taken(self, api: Opened, plan: TablePlan, start: Place) -> tuple[Taking, Bookmark]:
        """A batch from *start* on, and where the feed goes on behind it; from the start of the feed, where it has to be."""
        try:
            return self._read(api, plan, start, start.bookmark)
        except BookmarkRejectedError as error:
            api.api.log.warning(f"{plan.table.name}: {error} Reading the whole feed once.")
        try:
            return self._read(api, plan, start, {})
        except BookmarkRejectedError as error:
            raise SourceError(f"{plan.table.name}: {error} It has happened twice in a row. Ask the API's owner.") from None

    def _read(self, api: Opened, plan: TablePlan, start: Place, bookmark: Bookmark) -> tuple[Taking, Bookmark]:
        taking, source, maker = Taking(start), feed(plan, api.api, bookmark, ahead=False), RowMaker.of(plan, api.api.log)
        with closing(source.reads()) as reads:
            for read in reads:
                for rows in rows_of(plan, read, maker):
                    for key, row in rows:
                        taking.take(key, row)
                # A feed without a place of its own is taken whole.
                if len(taking.rows) >= self._options.rows_per_batch and source.bookmark not in ({}, start.bookmark):
                    break
        taking.pages = maker.pages
        return taking, source.bookmark

    def _again(self, api: Opened, plan: TablePlan, replay: Replay, bookmark: Bookmark) -> Iterator[tuple[Key, Record | LeftOut]]:
        source, maker = feed(plan, api.api, bookmark, ahead=False), RowMaker.of(plan, api.api.log)
        with closing(source.reads()) as reads:
            for read in reads:
                for rows in rows_of(plan, read, maker):
                    yield from ((key, row) for key, row in rows if replay.is_of_it(key, row))
                if replay.is_over(maker.pages):
                    return

    def _written(self, plan: TablePlan, rows: Sequence[tuple[Key, Record | LeftOut]]) -> Iterator[Row]:
        return as_tuples((_changed(row) for _, row in rows), plan.declared, self._names)


def _changed(row: Record | LeftOut) -> Record:
    return {**row.keys, CHANGE: DELETE} if isinstance(row, LeftOut) else {**row, CHANGE: UPSERT}


def check_streamed(plan: TablePlan, *, changes: bool) -> None:
    """Raise ConfigurationError where a table cannot be read as a stream, or not without the column of changes."""
    name = plan.table.name
    if plan.table.full_refresh:
        raise ConfigurationError(
            f"{name} is replaced in each sync, so there are no changes to stream. Read it as a batch: "
            'spark.read.format("connector").'
        )
    if plan.table.missing:
        raise ConfigurationError(
            f"Rows of {name} are deleted when the API no longer lists them, which a stream cannot tell. Read it as a batch."
        )
    if plan.deletes and not changes:
        raise ConfigurationError(
            f'Rows of {name} may be deleted, and this stream has no column that says so. Write .option("changes", "true"): each '
            f"row then says in {CHANGE} whether it is an {UPSERT} or a {DELETE}."
        )
