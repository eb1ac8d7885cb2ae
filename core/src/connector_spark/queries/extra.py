"""Extra tables as queries, equal to what a sync derives.

Sums and means of floats are made by the engine's own exact steps, over the values of each group: a sum of Spark's depends on the
order in which it met them.
"""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812  (as everybody calls it)
from pyspark.sql.types import DecimalType

from connector_core.basics.errors import ConfigurationError
from connector_core.basics.names import decimal_digits, did_you_mean, one_line
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.measures import RESULTS, STEPS, CountIf, Kind, Measure
from connector_core.derived.nested import Nested
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import Declared
from connector_spark.choice.finding import Choice
from connector_spark.choice.options import Options
from connector_spark.queries.lines import lines_of
from connector_spark.tables.schema import schema_of, type_of


def extra_table(spark: SparkSession, name: str, options: Mapping[str, str], source: DataFrame | None = None) -> DataFrame:
    """The extra table *name*, of the connector that *options* (those of the data source) choose.

    source: the rows of its source table, where they are there already, such as from files; read from the API if not given.

    Raises ConfigurationError for an extra table that is not there, or not enabled.
    """
    found = extra_tables(spark, options, source)
    if name not in found:
        known = f"Enabled: {', '.join(found) or 'none'}; the option enable switches one on."
        raise ConfigurationError(f"There is no extra table {one_line(name, 60)!r}{did_you_mean(name, found)}. {known}")
    return found[name]


def extra_tables(spark: SparkSession, options: Mapping[str, str], source: DataFrame | None = None) -> dict[str, DataFrame]:
    """Extra table → its rows, of every one that is enabled and made from the table that *options* name. See ``extra_table``."""
    read = Options.read(options)
    if source is None:
        source = spark.read.format("connector").options(**options).load()
    return {extra.name: derived(source, read.choice, read.plan, extra) for extra in read.plan.extra_tables}


def derived(source: DataFrame, choice: Choice, plan: TablePlan, extra: Dimension | Aggregate | Nested) -> DataFrame:
    """The rows of *extra*, made from those of its source table, of which *plan* is; *choice* is that of the connector."""
    columns = plan.extra_declared[extra.name]
    if isinstance(extra, Nested):
        return lines_of(source, choice, plan, extra)
    grouped = source.where(reduce(Column.__and__, [F.col(name).isNotNull() for name in extra.by]))
    rows = _aggregate(grouped, plan.declared, extra) if isinstance(extra, Aggregate) else _dimension(grouped, plan, extra)
    return rows.select([F.col(name).cast(type_of(columns[name])).alias(name) for name in schema_of(columns).names])


def _dimension(source: DataFrame, plan: TablePlan, extra: Dimension) -> DataFrame:
    if not plan.table.primary_key:
        raise ConfigurationError(
            f"{extra.name}: of {plan.table.name}, which has no key, Spark cannot tell which of two records of the same "
            f"{extra.newest} is the newest. Give the table a primary key."
        )
    newest = [F.col(extra.newest).desc_nulls_last(), *(F.col(name).desc() for name in plan.table.primary_key)]
    numbered = source.withColumn("_newest", F.row_number().over(Window.partitionBy(*extra.by).orderBy(*newest)))
    return numbered.where(F.col("_newest") == 1)


def _aggregate(source: DataFrame, columns: Declared, extra: Aggregate) -> DataFrame:
    measures = {name: _measured(measure, columns) for name, measure in extra.measures.items()}
    return source.groupBy(*extra.by).agg(*(made.alias(name) for name, made in measures.items()))


def _measured(measure: Measure, columns: Declared) -> Column:
    if measure.column is None:
        return F.count(F.lit(1))
    column, kind = F.col(measure.column), columns[measure.column].type
    if isinstance(measure, CountIf):
        return F.count_if(_is_one_of(column, measure))
    if measure.kind in _PLAIN:
        return _PLAIN[measure.kind](column)
    digits = decimal_digits(kind)
    if measure.kind == "total" and kind not in ("FLOAT", "DOUBLE"):
        return F.sum(column.cast(DecimalType(38, digits[1] if digits else 0)))
    return F.udf(_exactly(measure.kind), "double", useArrow=False)(F.collect_list(column))


_PLAIN: Mapping[str, Callable[[Column], Column]] = {"minimum": F.min, "maximum": F.max, "count_distinct": F.count_distinct}


def _is_one_of(column: Column, measure: CountIf) -> Column:
    values = [value for value in measure.wanted if value is not None]
    found = F.coalesce(column.isin(values), F.lit(False)) if values else F.lit(False)
    return found | column.isNull() if None in measure.wanted else found


def _exactly(kind: Kind) -> Callable[[list[Any]], Any]:
    """What folds the values of a group as a sync does."""

    def folded(values: list[Any]) -> Any:
        return RESULTS[kind](reduce(STEPS[kind], values, None))

    return folded
