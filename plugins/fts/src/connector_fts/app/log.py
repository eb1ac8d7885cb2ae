"""The log: each entry with its summary beside it, searched, and how much shorter the summaries are."""

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from re import IGNORECASE, split
from re import escape as literal
from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking.compare import Figure, measured
from connector_app.asking.filters import Text
from connector_app.asking.measures import Measure, is_missing, share, shown
from connector_app.asking.rows import Rows
from connector_app.page.figures import figures
from connector_app.page.filter_bar import choice, kept, told
from connector_app.page.panel import csv
from connector_fts.app.words import COST, DATE, DOWNTIME, FAILURE, SAVED, STATE, STATE_COLOURS, quantity, total_saved

PAGE: Final = 20
LOG, SUMMARY = "log_description", "summarized_log"
ORDERS: Final = {
    "Newest first": f"{DATE} DESC NULLS LAST",
    "Oldest first": f"{DATE} NULLS LAST",
    "Costliest first": f"{COST} DESC NULLS LAST",
    "Longest downtime first": f"{DOWNTIME} DESC NULLS LAST",
    "Highest failure rate first": f"{FAILURE} DESC NULLS LAST",
    "Longest entry first": f"LENGTH({LOG}) DESC NULLS LAST",
}
COLUMNS: Final = (
    "record_id", DATE, "equipment_id", "technician_id", "customer_id", "erp_order_id", "maintenance_type", "maintenance_status",
    LOG, SUMMARY, COST, DOWNTIME, FAILURE, SAVED,
)  # fmt: skip
STYLE: Final = """
<style>
  .ll-entry { border: 1px solid rgba(139, 149, 165, 0.4); border-radius: 0.5rem; padding: 0.6rem 0.9rem; margin-bottom: 0.6rem;
    overflow-wrap: anywhere; }
  .ll-head { display: flex; flex-wrap: wrap; gap: 0.2rem 0.9rem; font-size: 0.85rem; align-items: baseline; }
  .ll-state { border-left: 0.6rem solid; padding-left: 0.35rem; }
  .ll-texts { display: grid; grid-template-columns: 3fr 2fr; gap: 0.3rem 1.2rem; margin: 0.45rem 0; white-space: pre-wrap; }
  .ll-texts small, .ll-foot { opacity: 0.7; font-size: 0.8rem; }
  .ll-texts small { display: block; }
  .ll-texts > div { max-height: 16rem; overflow: auto; }
  .ll-entry mark { background: rgba(217, 142, 43, 0.45); color: inherit; border-radius: 0.2rem; }
  @media (max-width: 640px) { .ll-texts { grid-template-columns: 1fr; } }
</style>
"""


def draw(rows: Rows) -> None:
    _figures(rows)
    st.markdown("##### What do the log entries say, and what their summaries?")
    left, right = st.columns([3, 2])
    with left:
        words = st.text_input("Find in entries and summaries", key=kept("find_log", ""), placeholder="words, all of which occur")
        told("find_log", words)
    with right:
        order = ORDERS[choice("Order", list(ORDERS), "order")]
    _entries(searched(rows, words), words, order)


def searched(rows: Rows, words: str) -> Rows:
    """The rows in whose entry or summary each of *words* occurs."""
    clause = Text((LOG, SUMMARY), words).clause(rows.session.name)
    return rows.where(clause.sql, clause.parameters) if clause.sql else rows


def _figures(rows: Rows) -> None:
    """How far entries have summaries, and what that saves."""
    written = rows.where(f"TRIM({LOG}) <> ''")
    with_summary = share(f"TRIM({SUMMARY}) <> ''", LOG, "entries with a summary", "higher")
    length = Measure(f"MEDIAN(100.0 * LENGTH({SUMMARY}) / NULLIF(LENGTH({LOG}), 0))", "length of summaries", "%")
    asked = [Measure("COUNT(*)", "log entries"), with_summary, length, total_saved()]
    figures([Figure(each.label, measured(written, each), each.unit) for each in asked])
    st.caption("Length of summaries: the median of their letters, in per cent of those of the log entry.")


def _entries(rows: Rows, words: str, order: str) -> None:
    total = rows.count()
    if not total:
        st.info("No entry has all of these words, under these filters.")
        return
    pages = (total - 1) // PAGE + 1
    number = int(st.number_input(f"Page of {pages:,}", 1, pages, 1, key=f"log page {pages}")) if pages > 1 else 1
    found = entries(rows, order, number - 1)
    first = (number - 1) * PAGE
    st.caption(f"{total:,} entries; shown: {first + 1:,} to {first + len(found):,}")
    looked_for = words.split() + (rows.filters.text.words.split() if rows.filters.text else [])
    st.html(STYLE + "".join(entry(line, looked_for) for line in found.to_dict("records")))
    st.download_button("CSV of this page", csv(found), "fts_log.csv", "text/csv", key="csv log", on_click="ignore")


def entries(rows: Rows, order: str, page: int) -> pd.DataFrame:
    """One page of entries, the first is 0, with the `state` that their status comes to."""
    return rows.ask(
        f"{', '.join(COLUMNS)}, {STATE} AS state", f"ORDER BY {order}, record_id LIMIT {PAGE:d} OFFSET {page * PAGE:d}"
    )


def entry(line: Mapping[Any, Any], words: Sequence[str] = ()) -> str:
    """One entry as HTML: who, where and when, the log beside its summary, and the figures. All text of the data is escaped."""
    names = ("equipment_id", "technician_id", "customer_id", "erp_order_id", "maintenance_type")
    said = [_day(line[DATE]), *(_text(line[name]) for name in names)]
    head = "".join(f"<span>{marked(each, words)}</span>" for each in said if each)
    status, colour = _text(line["maintenance_status"]), STATE_COLOURS.get(line.get("state", ""), "transparent")
    head += f'<span class="ll-state" style="border-color: {colour}">{escape(status)}</span>' if status else ""
    texts = "".join(
        f"<div><small>{title}</small>{marked(_text(line[column]), words) or '<small>none</small>'}</div>"
        for title, column in (("Log entry", LOG), ("Summary", SUMMARY))
    )
    asked = [quantity(column) for column in (COST, DOWNTIME, FAILURE, SAVED)]
    columns = (COST, DOWNTIME, FAILURE, SAVED)
    foot = " · ".join(
        f"{each.label.removesuffix(' of a task')} {shown(line[column], each.unit)}"
        for each, column in zip(asked, columns, strict=True)
        if not is_missing(line[column])
    )
    return (
        f'<div class="ll-entry"><div class="ll-head">{head}</div><div class="ll-texts">{texts}</div>'
        f'<div class="ll-foot">{escape(foot)}</div></div>'
    )


def marked(text: str, words: Sequence[str]) -> str:
    """*text* for HTML, with *words* marked in it."""
    if not words:
        return escape(text)
    pattern = "|".join(literal(word) for word in sorted(words, key=len, reverse=True))
    # Every second piece is a word that was found; each is escaped by itself, as an escaped text has letters of its own ("&amp;").
    pieces = split(f"({pattern})", text, flags=IGNORECASE)
    return "".join(f"<mark>{escape(piece)}</mark>" if number % 2 else escape(piece) for number, piece in enumerate(pieces))


def _text(value: Any) -> str:
    return "" if is_missing(value) else str(value)


def _day(value: Any) -> str:
    if is_missing(value) or value is pd.NaT:
        return ""
    day: date = value.date() if hasattr(value, "date") else value
    return day.isoformat()
