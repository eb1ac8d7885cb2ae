"""The standard explorer, for the tables of any dataset: counts, freshness, relations, columns, records."""

from typing import Any

import pandas as pd
import streamlit as st

from connector_app.asking.filters import Text
from connector_app.asking.measures import RECORDS, is_missing, shown
from connector_app.asking.relations import orphans, relations
from connector_app.asking.rows import Rows
from connector_app.data.counting import counted, plural
from connector_app.data.session import DELETED, SYNCED, Session
from connector_app.page.charts import bars, histogram, trend
from connector_app.page.filter_bar import kept, told
from connector_app.page.panel import records
from connector_app.page.runs import local_runs


def explorer(session: Session, filtered: Rows | None = None) -> None:
    """Draw the explorer.

    filtered: rows under the filters of the page: their table is the one to begin with, and is shown under them.
    """
    tables = _in_order(session)
    if not tables:
        st.info(f"There is no table in {session.where} yet. Run a sync first.")
        local_runs(session.runs)
        return
    _overview(session)
    local_runs(session.runs)
    chosen = st.selectbox("Table", tables, key=kept("table", filtered.table if filtered else tables[0], _known(tables)))
    told("table", chosen)
    _relations(session, chosen)
    described = session.dictionary.table(chosen).description
    if described:
        st.caption(described)
    _columns(session, chosen)
    rows = filtered if filtered and filtered.table == chosen else Rows(session, chosen)
    _one_column(rows)
    _records(rows)


def _in_order(session: Session) -> list[str]:
    """The tables in the dictionary's order, which is that of a sync, and behind them those that it does not know."""
    known = [name for name in session.dictionary.tables if name in session.tables()]
    return [*known, *(name for name in session.tables() if name not in known)]


def _overview(session: Session) -> None:
    st.markdown("##### What is in the tables, and how fresh is it?")
    rows = [_freshness(session, table) for table in _in_order(session)]
    st.dataframe(pd.DataFrame(rows).fillna(""), width="stretch", hide_index=True, key="explorer_overview")
    arrivals = [_arrivals(session, table) for table in _in_order(session) if SYNCED in session.columns(table)]
    if arrivals:
        with st.expander("When did they arrive? The syncs that left rows"):
            st.caption("By the minute, the newest first. A row that came again counts for the last sync that brought it.")
            st.dataframe(pd.concat(arrivals), width="stretch", hide_index=True, key="explorer_arrivals")


def _arrivals(session: Session, table: str) -> pd.DataFrame:
    """The newest twenty minutes in which rows arrived that are still there, deleted ones too."""
    minute = f"SUBSTR(CAST({session.name(SYNCED)} AS VARCHAR), 1, 16)"
    gone = f"COUNT_IF({session.name(DELETED)} = TRUE)" if DELETED in session.columns(table) else "0"
    counted = f"SELECT {minute} AS arrived, COUNT(*) AS n, {gone} AS gone FROM {session.table(table)}"
    found = session.sql(f"{counted} GROUP BY 1 ORDER BY 1 DESC LIMIT 20")
    return found.rename(columns={"n": "rows", "gone": "deleted"}).assign(table=table)[["arrived", "table", "rows", "deleted"]]


def _freshness(session: Session, table: str) -> dict[str, Any]:
    """Live and deleted rows, and when the newest of them arrived."""
    rows = Rows(session, table)
    columns = session.columns(table)
    line: dict[str, Any] = {"table": table, "records": rows.count()}
    if DELETED in columns:
        deleted = f"SELECT COUNT(*) AS n FROM {session.table(table)} WHERE {session.name(DELETED)} = TRUE"
        line["deleted"] = int(session.sql(deleted)["n"].iloc[0])
    if SYNCED in columns:
        newest = session.sql(f"SELECT CAST(MAX({session.name(SYNCED)}) AS VARCHAR) AS t FROM {session.table(table)}")["t"].iloc[0]
        line["last synced"] = "" if is_missing(newest) else str(newest)[:19]
    line["columns"] = len([each for each in columns if not each.startswith("_fivetran")])
    line["key"] = ", ".join(session.dictionary.table(table).primary_key)
    return line


def _relations(session: Session, table: str) -> None:
    for each in relations(session):
        if table in (each.child, each.parent):
            lost = orphans(session, each)
            left, right = ", ".join(each.columns), ", ".join(each.parent_columns)
            how = "" if each.declared else ", by the names of their columns"
            without = f"; {counted(lost, 'record')} {plural(lost, 'has', 'have')} none there" if lost else ""
            st.caption(f":material/link: {each.child} ({left}) → {each.parent} ({right}){how}{without}")


def _columns(session: Session, table: str) -> None:
    with st.expander(f"The columns of {table}: types, and what they mean"):
        rows = Rows(session, table)
        kinds = session.columns(table)
        known = rows.ask(", ".join(f"COUNT({session.name(name)}) AS {session.name('n_' + name)}" for name in kinds)).iloc[0]
        total = rows.count()
        lines = [
            {
                "column": name,
                "type": session.dictionary.column(table, name).type or kind,
                "description": session.dictionary.column(table, name).description,
                "filled": f"{int(known[f'n_{name}']) / total:.0%}" if total else "",
            }
            for name, kind in kinds.items()
        ]
        st.dataframe(pd.DataFrame(lines), width="stretch", hide_index=True, key=f"explorer_columns_{table}")


def _one_column(rows: Rows) -> None:
    """The one chart that fits a column: a histogram for numbers, a line for dates, bars for everything else."""
    session, table = rows.session, rows.table
    names = [name for name in session.columns(table) if not name.startswith("_fivetran")]
    if not names:
        return
    key = session.dictionary.table(table).primary_key
    first = next((name for name in names if name not in key), names[0])
    column = st.selectbox(
        "Column", names, key=kept("column", first, _known(names)), help="Its chart is the one that fits its values."
    )
    told("column", column)
    kind, words = session.columns(table)[column], column.replace("_", " ")
    if kind == "number":
        histogram(rows, column, f"How do the values of {words} spread?", key=f"explore {table} {column}")
    elif kind in ("date", "time"):
        trend(rows, column, f"How many records are there for each {words}?", key=f"explore {table} {column}")
    else:
        found = rows.ask(f"COUNT(DISTINCT {session.name(column)}) AS different, COUNT({session.name(column)}) AS filled").iloc[0]
        if not found["filled"]:
            st.info(f"No record has a {words}.")
            return
        if found["filled"] > 1 and found["different"] == found["filled"]:
            st.info(f"Each of the {shown(found['filled'])} records has a {words} of its own, so there is nothing to count.")
            return
        note = f"{shown(found['different'])} different values."
        bars(rows, column, f"Which values of {words} are there most?", RECORDS, note=note, key=f"explore {table} {column}")


def _records(rows: Rows) -> None:
    session, table = rows.session, rows.table
    st.markdown(f"##### What do the records of {table} say?")
    words = st.text_input("Find in all columns", key=kept("find", ""), placeholder="words, all of which occur in a record")
    told("find", words)
    columns = [name for name in session.columns(table) if not name.startswith("_fivetran")]
    found = Text(tuple(columns), words).clause(session.name)
    records(rows.where(found.sql, found.parameters) if found.sql else rows, f"explorer {table}")


def _known(names: Any) -> Any:
    def read(texts: Any) -> str:
        if texts[-1] not in names:
            raise ValueError(texts[-1])
        return str(texts[-1])

    return read
