"""The filters in the sidebar: what was chosen lives in the session state and in the address, so that a link keeps it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

import streamlit as st

from connector_app.asking.filters import NOTHING, Category, Dates, Filterable, Filters, Text
from connector_app.asking.questions import extent
from connector_app.asking.rows import Rows

OPTIONS: Final = 200
"""So many values of a category are offered, those with the most records."""
PERIODS: Final[Mapping[str, int]] = {"Last 30 days": 30, "Last 90 days": 90, "Last 12 months": 365}
ALL: Final = "All time"
OWN: Final = "Own dates"
_FILTERS: Final = ("period", "from", "to", "search")


def filter_bar(rows: Rows, filterable: Filterable, labels: Mapping[str, str] | None = None) -> Filters:
    """Draw the filters of *rows* that its table has columns for, and return what is chosen.

    labels: column → how the page calls it; its name in words when not given.
    """
    there = filterable.among(rows.session.columns(rows.table))
    names = {**{column: _words(column) for column in (*there.categories, there.date)}, **(labels or {})}
    dates = _dates(rows, there.date, names) if there.date else None
    categories = tuple(_category(rows, column, names[column]) for column in there.categories)
    text = _text(there.text) if there.text else None
    st.button("Clear filters", on_click=_clear, key="filters_clear", width="stretch")
    return Filters(dates, categories, text)


def kept(key: str, fallback: Any, read: Callable[[Sequence[str]], Any] = lambda texts: texts[-1]) -> str:
    """Put the value that the address has for *key* into the session state, once, and return the widget's key.

    read: the address's texts for it → the widget's value; a ValueError of it means the fallback.
    """
    name = f"f_{key}"
    if name not in st.session_state:
        try:
            st.session_state[name] = read(st.query_params.get_all(key)) if key in st.query_params else fallback
        except ValueError:
            st.session_state[name] = fallback
    return name


def told(key: str, value: str | Sequence[str]) -> None:
    """Write a choice into the address; an empty one leaves it."""
    if value:
        st.query_params[key] = value
    elif key in st.query_params:
        del st.query_params[key]


def choice(label: str, options: Sequence[str], key: str, about: str | None = None) -> str:
    """One of *options*, the first one to begin with, kept in the address; it is no filter, and clearing those leaves it."""
    chosen = st.selectbox(label, options, key=kept(key, options[0], _one_of(options)), help=about)
    told(key, "" if chosen == options[0] else chosen)
    return chosen


def _dates(rows: Rows, column: str, names: Mapping[str, str]) -> Dates:
    least, most = (_day(each) for each in extent(rows, column))
    if least is None or most is None:
        st.caption(f"No record has a {names[column]}.")
        return Dates(column)
    choices = [ALL, *PERIODS, OWN]
    chosen = st.selectbox(names[column][:1].upper() + names[column][1:], choices, key=kept("period", ALL, _one_of(choices)))
    told("period", "" if chosen == ALL else chosen)
    if chosen == OWN:
        return _own_dates(column, least, most)
    days = PERIODS.get(chosen)
    # Counted back from the newest record, not from today: a dataset may have stood still for a while.
    return Dates(column, most - timedelta(days=days - 1), most) if days else Dates(column)


def _own_dates(column: str, least: date, most: date) -> Dates:
    ends = []
    for name, label, fallback, side in zip(("from", "to"), ("From", "To"), (least, most), st.columns(2), strict=True):
        key = kept(name, fallback, lambda texts: date.fromisoformat(texts[-1]))
        st.session_state[key] = min(max(st.session_state[key], least), most)
        ends.append(side.date_input(label, key=key, min_value=least, max_value=most))
        told(name, ends[-1].isoformat())
    first, last = ends
    if first > last:
        st.warning("The first day is after the last one: no record fits.")
    return Dates(column, first, last)


def _category(rows: Rows, column: str, label: str) -> Category:
    name = f"COALESCE(CAST({rows.session.name(column)} AS VARCHAR), '{NOTHING}')"
    found = rows.ask(f"{name} AS category, COUNT(*) AS n", f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {OPTIONS:d}")
    offered = sorted(str(each) for each in found["category"])
    key = kept(f"in_{column}", [], list)
    # What a link names stays chosen, also where no record has it any more.
    options = list(dict.fromkeys([*offered, *st.session_state[key]]))
    chosen = st.multiselect(label[:1].upper() + label[1:], options, key=key, placeholder="all")
    told(f"in_{column}", chosen)
    return Category(column, tuple(chosen))


def _text(columns: Sequence[str]) -> Text:
    words = st.text_input("Search", key=kept("search", ""), placeholder="words, all of which occur")
    told("search", words)
    return Text(tuple(columns), words)


def _clear() -> None:
    """Forget what is filtered for; the part, targets and other choices of the page stay."""
    for key in {*(str(name).removeprefix("f_") for name in st.session_state), *st.query_params}:
        if key in _FILTERS or key.startswith("in_"):
            st.session_state.pop(f"f_{key}", None)
            told(key, "")


def _one_of(choices: Sequence[str]) -> Callable[[Sequence[str]], str]:
    def read(texts: Sequence[str]) -> str:
        if texts[-1] not in choices:
            raise ValueError(texts[-1])
        return texts[-1]

    return read


def _day(value: Any) -> date | None:
    if value is None:
        return None
    day: date = value.date() if hasattr(value, "date") else value
    return day


def _words(column: str) -> str:
    return column.replace("_", " ")
