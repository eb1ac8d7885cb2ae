"""A nested list as a query: each record's lines, made by the engine."""

from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812  (as everybody calls it)
from pyspark.sql.types import ArrayType

from connector_core.basics.logs import SilentLog
from connector_core.basics.names import one_line
from connector_core.derived.nested import Nested
from connector_core.engine.records import RowMaker
from connector_core.plugin.plan import TablePlan
from connector_core.source.tables import Record, Table
from connector_core.source.values import text
from connector_spark.choice.finding import Choice
from connector_spark.tables.schema import Row, as_tuples, schema_of


def lines_of(source: DataFrame, choice: Choice, plan: TablePlan, nested: Nested) -> DataFrame:
    """The rows of *nested*, of the rows of its source table."""
    columns = plan.extra_declared[nested.name]
    given = dict.fromkeys([*plan.table.primary_key, *nested.needs])
    make = F.udf(_maker(choice, plan.table.name, nested.name), ArrayType(schema_of(columns)), useArrow=False)
    return source.select(F.inline(make(F.struct(*given))))


def _maker(choice: Choice, table: str, name: str) -> Callable[[Any], list[Row]]:
    """What makes the lines of a record. It travels with the choice alone: whoever runs it assembles the connector anew."""

    def made(record: Any) -> list[Row]:
        plan = next(plan for plan in choice.assembly.tables if plan.table.name == table)
        nested = next(extra for extra in plan.nested if extra.name == name)
        return list(_lines(plan, nested, record.asDict()))

    return made


def _lines(plan: TablePlan, nested: Nested, row: Record) -> Iterator[Row]:
    row = {name: value.astimezone(UTC) if _is_moment(plan, name, value) else value for name, value in row.items()}
    where = f"{plan.table.name}: record {one_line(', '.join(text(row[key]) for key in plan.table.primary_key), 80)}"
    columns = plan.extra_declared[nested.name]
    maker = RowMaker(Table(nested.name, "/", "@", nested.key, columns), (), columns, SilentLog())
    lines = list(nested.lines(row, columns, where))
    # Of two lines with one key, the last is what stays.
    made = dict(maker.rows(lines, f"{where}: {nested.at}")) if lines else {}
    return as_tuples((line for line in made.values() if isinstance(line, dict)), columns, columns)


def _is_moment(plan: TablePlan, name: str, value: Any) -> bool:
    """Whether *value* is a moment, which Spark gives without a zone, in that of the machine."""
    return value is not None and plan.declared[name].type == "UTC_DATETIME"
