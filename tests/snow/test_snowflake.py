"""The data layer of the app kit against fakesnow: a stand-in for Snowflake behind the real Snowflake connector.

It runs in an environment of its own (`tox run -e snow`), over rows that our connector landed.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import fakesnow
import pandas as pd
import pytest
import snowflake.connector
from attrs import frozen

from connector_app.asking.compare import with_peers, with_period_before
from connector_app.asking.filters import NOTHING, Category, Dates, Filters, Text
from connector_app.asking.measures import mean, middle, summed
from connector_app.asking.questions import buckets, extent, over_time, points, top
from connector_app.asking.relations import orphans, relations
from connector_app.asking.rows import Rows
from connector_app.data.dictionary import as_dictionary
from connector_app.data.session import SessionError
from connector_app.data.snow import SnowflakeSession, snowflake_session
from connector_app.reports.facts import fact, facts_of_top
from connector_app.reports.store import Report, forget, keep, kept_reports
from connector_build.api.mimic import Mimic
from connector_build.api.world import World
from connector_build.project.making import assembled, everything
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import URL, Run
from connector_fts.sample import SAMPLE

# fakesnow's own use of DuckDB 2 is not ours to mend.
pytestmark = pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning")
TYPES = {"STRING": "VARCHAR", "LONG": "NUMBER(38,0)", "DOUBLE": "FLOAT", "NAIVE_DATE": "DATE"}
COUNT = 300


@frozen
class Asked:
    """What Snowpark gives for a query, made with the connector."""

    connection: Any
    query: str
    params: tuple[Any, ...]

    def to_pandas(self) -> pd.DataFrame:
        frame: pd.DataFrame = self._run().fetch_pandas_all()
        return frame

    def collect(self) -> list[Any]:
        return list(self._run().fetchall())

    def _run(self) -> Any:
        cursor = self.connection.cursor()
        cursor.execute(self.query, self.params or None)
        return cursor


@frozen
class Snowpark:
    """The little of a Snowpark session that the kit uses: fakesnow stands behind the connector, not behind Snowpark."""

    connection: Any

    def sql(self, query: str, params: Sequence[Any] | None = None) -> Asked:
        return Asked(self.connection, query, tuple(params or ()))

    def get_current_database(self) -> str:
        return '"FIVETRAN"'

    def get_current_schema(self) -> str:
        return '"FTS"'


def landed() -> Warehouse:
    """Rows of fts, with all that can be enabled, as the engine lands them."""
    assembly, _ = assembled("fts", enable=["fts_technicians", "cost_per_hour"])
    world = World(assembly, count_of=COUNT, sample=SAMPLE)
    warehouse = Warehouse(assembly)
    Run(page_size=100).sync(assembly, warehouse, Mimic(assembly, world, URL).reply)
    return warehouse


def load(connection: Any, warehouse: Warehouse) -> None:
    """Put them where Fivetran would: upper-case names, and its own columns."""
    assembly, _ = assembled("fts", enable=["fts_technicians", "cost_per_hour"])
    cursor = connection.cursor()
    for table in assembly.schema:
        kinds = {name: TYPES[kind] for name, kind in table["columns"].items()}
        columns = ", ".join(f"{name.upper()} {kind}" for name, kind in kinds.items())
        cursor.execute(
            f"CREATE TABLE {table['table'].upper()} ({columns}, _FIVETRAN_DELETED BOOLEAN, _FIVETRAN_SYNCED TIMESTAMP_TZ)"
        )
        marks = ", ".join("?" * len(kinds))
        rows = [tuple(row.get(name) for name in kinds) for row in warehouse.live(table["table"]).values()]
        for row in rows:
            cursor.execute(f"INSERT INTO {table['table'].upper()} SELECT {marks}, FALSE, '2026-01-02 03:04:05'", row)
    cursor.execute(f"UPDATE FTS_RECORDS SET _FIVETRAN_DELETED = TRUE WHERE RECORD_ID = '{key(warehouse)}'")


def key(warehouse: Warehouse) -> str:
    """The record that the tests mark as deleted."""
    return min(str(row["record_id"]) for row in warehouse.live("fts_records").values())


@pytest.fixture(scope="module")
def warehouse() -> Warehouse:
    return landed()


@pytest.fixture(scope="module")
def session(warehouse: Warehouse) -> Iterator[SnowflakeSession]:
    before, snowflake.connector.paramstyle = snowflake.connector.paramstyle, "qmark"
    with fakesnow.patch():
        connection = snowflake.connector.connect(user="u", password="p", account="a", database="FIVETRAN", schema="FTS")
        load(connection, warehouse)
        yield snowflake_session(Snowpark(connection), "", "", as_dictionary(everything("fts").as_json()))
    snowflake.connector.paramstyle = before


@pytest.fixture
def rows(session: SnowflakeSession) -> Rows:
    return Rows(session, "fts_records")


@pytest.fixture
def expected(warehouse: Warehouse) -> pd.DataFrame:
    """The live records, in pandas."""
    frame = pd.DataFrame(list(warehouse.live("fts_records").values()))
    return frame[frame["record_id"] != key(warehouse)]


def test_the_tables_and_their_columns(session: SnowflakeSession) -> None:
    assert session.tables() == ["fts_records", "fts_technicians"]
    assert session.columns("fts_records")["maintenance_cost"] == "number"
    assert session.columns("fts_records")["log_date"] == "date"
    assert session.columns("fts_records")["_fivetran_deleted"] == "boolean"
    assert session.table("fts_records") == '"FIVETRAN"."FTS"."FTS_RECORDS"'
    assert session.where == "FIVETRAN.FTS in Snowflake"


def test_deleted_rows_are_not_there(rows: Rows, warehouse: Warehouse) -> None:
    assert rows.count() == COUNT - 1
    assert rows.where("record_id = ?", [key(warehouse)]).count() == 0


def test_filters_work_together(rows: Rows, expected: pd.DataFrame) -> None:
    first, last = date(2025, 4, 1), date(2025, 5, 31)
    filters = Filters(
        Dates("log_date", first, last), (Category("maintenance_type", ("Predictive", NOTHING)),), Text(("log_description",), "O")
    )
    wanted = expected[
        (expected["log_date"] >= first)
        & (expected["log_date"] <= last)
        & (expected["maintenance_type"] == "Predictive")
        & expected["log_description"].str.lower().str.contains("o")
    ]
    assert 0 < len(wanted) < COUNT
    assert rows.under(filters).count() == len(wanted)
    assert sorted(rows.under(filters).page(0)["record_id"]) == sorted(wanted["record_id"])[:200]


def test_questions_have_the_answers_that_pandas_gives(rows: Rows, expected: pd.DataFrame) -> None:
    costs = expected.groupby("maintenance_type")["maintenance_cost"].mean()
    found = top(rows, "maintenance_type", mean("maintenance_cost"), first=10).frame
    assert dict(zip(found["category"], found["value"], strict=True)) == pytest.approx(costs.to_dict())
    histogram = buckets(rows, "maintenance_cost", 10)
    assert histogram is not None
    assert sum(histogram.counts.values()) == expected["maintenance_cost"].count()
    months = over_time(rows, "log_date", summed("downtime_hours"))
    assert months["value"].sum() == expected["downtime_hours"].sum()
    assert set(over_time(rows, "log_date", by="maintenance_type")["category"]) == set(expected["maintenance_type"])
    sample, total = points(rows, "downtime_hours", "maintenance_cost", ["technician_id"], most=20)
    assert (len(sample), total) == (20, len(expected.dropna(subset=["downtime_hours", "maintenance_cost"])))
    assert str(extent(rows, "log_date")[0])[:10] == str(expected["log_date"].min())


def test_all_others_are_measured_together(rows: Rows, expected: pd.DataFrame) -> None:
    found = top(rows, "technician_id", mean("maintenance_cost"), first=3)
    rest = expected[~expected["technician_id"].isin(found.frame["category"])]
    assert found.frame["value"].iloc[-1] == pytest.approx(rest["maintenance_cost"].mean())


def test_comparisons(rows: Rows, expected: pd.DataFrame) -> None:
    last = expected["log_date"].max()
    filters = Filters(Dates("log_date", date(last.year, last.month, 1), last))
    assert with_period_before(rows.under(filters), summed("maintenance_cost")).reference is not None
    one = str(expected["technician_id"].iloc[0])
    others = expected[expected["technician_id"] != one].groupby("technician_id")["maintenance_cost"].median()
    assert with_peers(rows, middle("maintenance_cost"), "technician_id", one).reference == pytest.approx(others.median())


def test_relations(session: SnowflakeSession) -> None:
    (found,) = relations(session)
    assert (found.child, found.parent) == ("fts_records", "fts_technicians")
    assert orphans(session, found) == 0


def test_reports_are_kept_in_a_table(session: SnowflakeSession, rows: Rows) -> None:
    facts = [
        fact(rows, summed("maintenance_cost", "total", "USD")),
        *facts_of_top(rows, "maintenance_type", mean("maintenance_cost")),
    ]
    kept = keep(session, Report("LogLynx", "Financial impact", "no filter", "none", facts, "O'Brien says ?"))
    assert kept_reports(session, "LogLynx") == [kept]
    assert session.own("app_reports") == '"FIVETRAN"."FTS"."APP_REPORTS"'
    forget(session, kept)
    assert kept_reports(session, "LogLynx") == []


def test_what_snowflake_refuses_is_told_in_words(rows: Rows) -> None:
    with pytest.raises(SessionError, match=r"Snowflake did not run the query: .*grants"):
        rows.ask("nowhere")
    # fakesnow has no Cortex: the same words for a function that the account has not.
    with pytest.raises(SessionError, match="Snowflake did not run the query"):
        rows.session.complete("llama3.1-8b", "prompt")
