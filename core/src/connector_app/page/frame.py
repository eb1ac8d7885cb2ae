"""The frame of every app: the filters, and the four parts that people know from the public versions."""

from collections.abc import Callable, Mapping
from typing import Final

import streamlit as st
from attrs import field, frozen

from connector_app.asking.filters import Filterable
from connector_app.asking.rows import Rows
from connector_app.data.counting import counted
from connector_app.data.session import Kind, Session
from connector_app.page.cache import Cached
from connector_app.page.explorer import explorer
from connector_app.page.filter_bar import filter_bar, kept, told
from connector_app.page.insights import Models, default_models, history, insights
from connector_app.page.panel import safely
from connector_app.page.theme import STYLE
from connector_app.reports.facts import Gather

TABS: Final = ("Metrics", "AI Insights", "Insights History", "Data Explorer")


@frozen(hash=False)
class App:
    """An app, as a plugin describes it.

    name, tagline: the head of the page: what it is called, and for whom or what it is.
    icon:          one emoji, or the name of an icon that Streamlit brings, such as ":material/factory:".
    table:         the table that the filters are about.
    filterable:    what it can be filtered by.
    metrics:       draws the first part, from the rows under the filters.
    areas:         focus area → what gathers its facts, for the AI section; `reports.facts.AREAS` has the known names.
    labels:        column → how the filters call it, where its name in words is not enough.
    models:        which models the AI section offers.
    expected:      column → kind for the columns that the app names: one that is not there is empty, and nothing fails.
    """

    name: str
    tagline: str
    icon: str
    table: str
    filterable: Filterable
    metrics: Callable[[Rows], None]
    areas: Mapping[str, Gather]
    labels: Mapping[str, str] = field(factory=dict)
    models: Models = default_models
    expected: Mapping[str, Kind] = field(factory=dict)


def draw(app: App, session: Session) -> None:
    """Draw the page of *app* over *session*; what cannot be read is said in the page."""
    st.set_page_config(page_title=app.name, page_icon=_favicon(app.icon), layout="wide", initial_sidebar_state="auto")
    st.html(STYLE)
    st.title(f"{app.icon} {app.name}", anchor=False)
    st.caption(app.tagline)
    cached = Cached(session)
    safely(lambda: _parts(app, cached))


def _favicon(icon: str) -> str | None:
    """The icon of the browser's tab. Streamlit would fetch its own icons from another host: such one is in the title only."""
    return None if icon.startswith(":") else icon


def _parts(app: App, session: Session) -> None:
    if app.table not in session.tables():
        st.error(f"There is no table {app.table} in {session.where}. Run a sync of this dataset first.")
        st.stop()
    rows = Rows(session, app.table, expected=app.expected)
    with st.sidebar:
        st.subheader("Filters")
        rows = rows.under(filter_bar(rows, app.filterable, app.labels))
        found, total = rows.count(), Rows(session, app.table).count()
        st.caption(f"{found:,} of {counted(total, 'record')}, from {session.where}.")
    part = tabs(TABS)
    if part == TABS[0]:
        app.metrics(rows) if found else st.info(_nothing(total))
    elif part == TABS[1]:
        insights(app.name, rows, app.areas, app.models)
    elif part == TABS[2]:
        history(app.name, session)
    else:
        explorer(session, rows)


def tabs(names: tuple[str, ...]) -> str:
    """Choose a part of the page, kept in the address. Only the chosen part is computed, which `st.tabs` would not do."""
    key = kept("tab", names[0], lambda texts: names[[name.lower() for name in names].index(texts[-1].lower())])
    chosen = st.radio("Part", names, key=key, horizontal=True, label_visibility="collapsed")
    told("tab", "" if chosen == names[0] else chosen)
    return str(chosen)


def sections(drawn: Mapping[str, Callable[[Rows], None]], rows: Rows) -> None:
    """Choose a section of the metrics, kept in the address, and draw it; only the chosen one is computed.

    drawn: name of the section → what draws it.
    """
    names = list(drawn)
    key = kept("section", names[0], lambda texts: names[[name.lower() for name in names].index(texts[-1].lower())])
    chosen = str(st.radio("Section", names, key=key, horizontal=True, label_visibility="collapsed"))
    told("section", "" if chosen == names[0] else chosen)
    drawn[chosen](rows)


def _nothing(total: int) -> str:
    return "No record fits these filters. Clear or widen them." if total else "The table is empty: no record has arrived yet."
