"""Reading a table in parts: planned on the driver, read by executors."""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from attrs import evolve
from pyspark import TaskContext
from pyspark.sql.datasource import DataSourceReader, InputPartition

from connector_core.parts.cutting import Cutter, above
from connector_core.parts.opening import Opened, opened
from connector_core.parts.part import ALL, Part, Wanted
from connector_core.parts.reading import PartRead
from connector_core.plugin.plan import TablePlan
from connector_spark.choice.options import Options
from connector_spark.reading.logs import PythonLog
from connector_spark.tables.filters import conditions, wanted
from connector_spark.tables.messages import told
from connector_spark.tables.schema import CHANGE, OF_OURS, PART, REST, UPSERT, Row, as_tuples


class TablePart(InputPartition):
    """A part of a table, as Spark hands it to an executor."""

    def __init__(self, part: Part) -> None:
        super().__init__(part.number)
        self.part = part

    def __repr__(self) -> str:
        return f"TablePart({self.part!r})"


class BatchReader(DataSourceReader):
    """Reads one table, once, from its start to its end."""

    def __init__(self, options: Options, names: Sequence[str]) -> None:
        self._options = options
        self._names = tuple(names)
        self._wanted: Wanted = ALL

    def partitions(self) -> Sequence[InputPartition]:
        """The parts of the table: the driver asks the API for what has to be known to cut it."""
        options = self._options
        cutter = Cutter(options.partitions, "apart" if options.apart else "once")
        with told(), _opened(options) as api:
            return [TablePart(part) for part in cutter.cut(api.plan(options.table), api.api, self._wanted)]

    def read(self, partition: InputPartition) -> Iterator[Row]:
        """The rows of one part, in an executor."""
        assert isinstance(partition, TablePart)  # noqa: S101  (Spark hands over what partitions gave)
        with told(), _opened(self._options) as api:
            yield from self._rows(api, partition.part)

    def _rows(self, api: Opened, part: Part) -> Iterator[Row]:
        plan = _cut_down(api.plan(self._options.table), self._names)
        _let_pass(plan, part)
        read = PartRead(plan, api.api, part, tuple(name for name in self._names if name not in OF_OURS))
        yield from as_tuples(({**row, CHANGE: UPSERT} for row in read.rows()), plan.declared, self._names)
        if REST in self._names:
            rest = json.dumps({"kind": part.kind, "rest": dict(read.rest)})
            yield tuple({PART: part.number, REST: rest}.get(name) for name in self._names)


class AskingReader(BatchReader):
    """The same, which hands filters on to the API. Spark takes it only where its own property for that is on."""

    def pushFilters(self, filters: list[Any]) -> Iterable[Any]:  # noqa: N802  (Spark's name)
        """Take what the API can answer. Spark applies all of them again."""
        self._wanted = wanted(self._options.plan, conditions(filters), self._options.window_column)
        return filters


def _opened(options: Options) -> Any:
    return opened(options.assembly, options.configuration, PythonLog(), options.table)


def _cut_down(plan: TablePlan, names: Sequence[str]) -> TablePlan:
    """*plan* without the columns that nobody reads: their values are not looked at. A key and what transforms make stay."""
    if set(plan.declared) <= set(names):
        return plan
    kept = {*names, *plan.table.primary_key}
    columns = {name: column for name, column in plan.declared.items() if name in kept}
    return evolve(plan, declared=columns, extra_tables=(), undeclared=plan.undeclared if plan.undeclared == "fail" else "drop")


def _let_pass(plan: TablePlan, part: Part) -> None:
    """Wait until a budget is whole again: the driver used it to cut the table, or this task's first try has used it."""
    wait = max(0.0, part.after - time.time())
    context = TaskContext.get()
    if context is not None and context.attemptNumber() > 0:
        budgets = [each.table.budget for each in (plan, *above(plan))]
        wait = max([wait, *(budget.seconds for budget in budgets if budget)])
    if wait > 0:
        time.sleep(wait)
