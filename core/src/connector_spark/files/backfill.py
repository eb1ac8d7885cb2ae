"""A backfill: every table of a connector once, in parts, into files; and where a Fivetran connection goes on from there."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import frozen
from pyspark.sql import DataFrame, Observation, SparkSession
from pyspark.sql import functions as F  # noqa: N812  (as everybody calls it)

from connector_core.basics.errors import ConfigurationError
from connector_core.basics.logs import SilentLog
from connector_core.engine.discreet import check_discreet
from connector_core.engine.state import TableState, read_state
from connector_core.parts.opening import opened
from connector_core.parts.part import Kind, Part
from connector_core.parts.resting import rest_of
from connector_core.plugin.plan import TablePlan
from connector_spark.choice.options import Options, choice_of
from connector_spark.queries.extra import derived
from connector_spark.reading.source import ConnectorSource
from connector_spark.tables.schema import PART, REST

FORMATS = ("parquet", "delta", "iceberg")
Tell = Callable[[str], object]


@frozen
class Landed:
    """A table in the files: how many rows, of how many parts, and whether the next sync goes on from where they end."""

    table: str
    rows: int
    parts: int = 1
    goes_on: bool = False


@frozen
class Backfill:
    """What a backfill brought, and the state for the connection that goes on."""

    tables: Sequence[Landed]
    state: Mapping[str, Any]


def backfill(
    spark: SparkSession, options: Mapping[str, str], to: str, form: str = "parquet", tell: Tell = lambda _: None
) -> Backfill:
    """Write every table, and every extra table that is enabled, below *to*, and say where the next sync goes on.

    options: those of the data source, without a table. form: ``parquet``, ``delta`` or ``iceberg``; of the last, *to* is a
    catalog and a namespace. tell: told of each table that is written.

    Whatever there is of a table is replaced. Raises ConnectorError, or what Spark raises: see ``message_of``.
    """
    if form not in FORMATS:
        raise ConfigurationError(f"The format {form!r} is none that can be written. Write one of {', '.join(FORMATS)}.")
    spark.dataSource.register(ConnectorSource)
    assembly = Options.read({**options, "table": _first(options)}).assembly
    landed: list[Landed] = []
    rests: dict[str, tuple[Mapping[str, Any], int]] = {}
    for plan in assembly.tables:
        name = plan.table.name
        of_table = {**options, "table": name}
        rest, rows, parts = _written(spark, of_table, plan, to, form)
        rests[name] = rest, rows
        landed.append(Landed(name, rows, parts, bool(rest) and not plan.extra_tables))
        tell(f"{name}: {rows:,} rows from {parts} part{'s' if parts > 1 else ''}")
        source = _read_back(spark, to, form, name)
        for extra in plan.extra_tables:
            made = derived(source, Options.read(of_table).choice, plan, extra)
            landed.append(Landed(extra.name, _write(made, to, form, extra.name)))
            tell(f"{extra.name}: {landed[-1].rows:,} rows, made of {name}")
    return Backfill(landed, _state(Options.read({**options, "table": _first(options)}), rests))


def _first(options: Mapping[str, str]) -> str:
    """The first table: options are read for one."""
    return choice_of(options).assembly.tables[0].table.name


def _written(
    spark: SparkSession, options: Mapping[str, str], plan: TablePlan, to: str, form: str
) -> tuple[Mapping[str, Any], int, int]:
    """Write one table. Where its next sync goes on, how many rows it has, and of how many parts they came.

    Each part ends with a row that says where it rests. Those are taken out on the way, and observed.
    """
    frame = spark.read.format("connector").options(**{**options, "rests": "true"}).load()
    most = int(options.get("numPartitions", "8"))
    observed = Observation()
    rests = [F.max(F.when(F.col(PART) == at, F.col(REST))).alias(f"rest_{at}") for at in range(most)]
    rows = frame.observe(observed, *rests).where(F.col(REST).isNull()).drop(PART, REST)
    number = _write(rows, to, form, plan.table.name)
    told = [observed.get[f"rest_{at}"] for at in range(most)]
    found = [json.loads(each) for each in told if each is not None]
    return rest_of([Part(plan.table.name, _kind(each)) for each in found], [each["rest"] for each in found]), number, len(found)


def _kind(told: Mapping[str, Any]) -> Kind:
    kind: Kind = told["kind"]
    return kind


def _write(frame: DataFrame, to: str, form: str, table: str) -> int:
    """Write *frame*, in the place of what is there. How many rows it has."""
    counted = Observation()
    frame = frame.observe(counted, F.count(F.lit(1)).alias("rows"))
    if form == "iceberg":
        frame.writeTo(f"{to}.{table}").using("iceberg").createOrReplace()
    else:
        frame.write.format(form).mode("overwrite").save(f"{to.rstrip('/')}/{table}")
    return int(counted.get["rows"])


def _read_back(spark: SparkSession, to: str, form: str, table: str) -> DataFrame:
    return spark.table(f"{to}.{table}") if form == "iceberg" else spark.read.format(form).load(f"{to.rstrip('/')}/{table}")


def _state(options: Options, rests: Mapping[str, tuple[Mapping[str, Any], int]]) -> Mapping[str, Any]:
    """The state of a sync that has read all this, as Fivetran keeps it."""
    with opened(options.assembly, options.configuration, SilentLog(), "The state") as api:
        states = read_state({}, api.assembly.tables, SilentLog(), api.api.hidden)
        for plan in api.assembly.tables:
            rest, rows = rests[plan.table.name]
            states[plan.table.name] = TableState(rest, {}, has_rows=bool(rows) and plan.deletes)
        whole = states.whole(SilentLog())
        for plan in api.assembly.tables:
            check_discreet(plan, api.api.hidden, states[plan.table.name].bookmark, whole)
    return whole
