"""The AI section: a focus area becomes facts, a prompt and a report, step by step, and the report is kept."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd
import streamlit as st

from connector_app.asking.measures import shown
from connector_app.asking.rows import Rows
from connector_app.data.session import Session
from connector_app.page.filter_bar import kept, told
from connector_app.page.plain import plain, without_pictures
from connector_app.reports.facts import Fact, Gather, usable
from connector_app.reports.store import Report, changes, forget, keep, kept_reports
from connector_app.reports.writing import MODELS, CortexModel, Model, PlainModel, cited, prompt

Models = Callable[[Session], Sequence[Model]]
"""The models that an app offers; the first is the one to begin with."""
_OTHER = "another model"


def default_models(session: Session) -> Sequence[Model]:
    """Cortex where the data has models beside it, and always the plain report."""
    cortex = [CortexModel(session, name) for name in MODELS] if session.has_models else []
    return [*cortex, PlainModel()]


def insights(app: str, rows: Rows, areas: Mapping[str, Gather], models: Models = default_models) -> None:
    """Draw the section: focus, model, a button, and the report that it gave.

    areas: focus area → what gathers its facts.
    """
    under = plain(rows.filters.words())
    st.caption(f"Facts are computed by SQL over the records under your filters ({under}). A report knows nothing else.")
    left, right = st.columns(2)
    focus = left.selectbox("Focus", list(areas), key=kept("focus", next(iter(areas)), _among(areas)))
    told("focus", focus)
    offered = {each.name: each for each in models(rows.session)}
    names = [*offered, *[_OTHER] * rows.session.has_models]
    chosen = right.selectbox("Model", names, format_func=lambda name: "no model: a plain report" if name == "none" else name)
    if chosen == _OTHER:
        named = right.text_input("Name of the model in Cortex")
        model: Model = CortexModel(rows.session, named) if named else PlainModel()
    else:
        model = offered[chosen]
    if st.button("Write the report", type="primary", key="write"):
        st.session_state["report"] = write(app, rows, focus, areas[focus], model)
    report = st.session_state.get("report")
    if isinstance(report, Report) and report.app == app:
        show(report)


def write(app: str, rows: Rows, focus: str, gather: Gather, model: Model) -> Report:
    """Gather facts, ask *model*, check what it cites and keep the report, in steps that the page shows."""
    filters = rows.filters.words()
    with st.status(f"{focus} …", expanded=True) as status:
        st.write("1. Facts: asking the database")
        facts = usable(gather(rows))
        st.write(f"2. Prompt: {len(facts)} facts, and nothing else of the data")
        asked = prompt(app, focus, filters, facts)
        st.write("3. Report: written without a model" if model.name == "none" else f"3. Report: asking {model.name}")
        text = model.complete(asked) if facts else PlainModel().complete(asked)
        st.write(f"4. Check: {cited(text, facts).words(len(facts))}")
        report = keep(rows.session, Report(app, focus, filters, model.name if facts else "none", facts, text))
        st.write("5. Kept in the insights history")
        status.update(label=f"{focus}: done", state="complete", expanded=False)
    return report


def show(report: Report, key: str = "now") -> None:
    """A report with its check, its facts and a download."""
    check = cited(report.text, report.facts)
    with st.container(border=True):
        st.markdown(without_pictures(report.text))
        (st.caption if check.sound or not report.facts else st.warning)(check.words(len(report.facts)))
        by = "no model" if report.model == "none" else report.model
        st.caption(f"{report.written} · {by} · {plain(report.filters)}")
    with st.expander(f"The {len(report.facts)} facts, and the SQL behind them"):
        st.dataframe(_facts(report.facts), width="stretch", hide_index=True, key=f"facts {key}")
    st.download_button(
        "Download",
        report.markdown().encode(),
        f"{report.app}_{report.id[:8]}.md",
        "text/markdown",
        key=f"md {key}",
        on_click="ignore",
    )


def history(app: str, session: Session) -> None:
    """The kept reports: read again, compared, downloaded, removed."""
    found = kept_reports(session, app)
    if not found:
        st.info("No report is kept yet. Write one under AI insights.")
        return
    by_id = {report.id: report for report in found}
    chosen = st.selectbox("Report", list(by_id), format_func=lambda each: by_id[each].title(), key="history_report")
    show(by_id[chosen], "kept")
    if len(found) > 1:
        others = [each for each in by_id if each != chosen]
        other = st.selectbox(
            "Compare with",
            ["", *others],
            format_func=lambda each: by_id[each].title() if each else "nothing",
            key="history_other",
        )
        if other:
            _compare(by_id[chosen], by_id[other])
    if st.button("Remove this report", key="history_forget"):
        forget(session, by_id[chosen])
        st.rerun()


def _compare(report: Report, other: Report) -> None:
    older, newer = sorted((report, other), key=lambda each: each.written_at)
    pairs = changes(older, newer)
    table = [
        {"fact": name, older.written_at: _said(before), newer.written_at: _said(after), "change": _change(before, after)}
        for name, before, after in pairs
    ]
    st.markdown("##### What differs between the two?")
    if older.filters != newer.filters:
        st.caption(f"Filters then: {plain(older.filters)}. Filters later: {plain(newer.filters)}.")
    st.dataframe(pd.DataFrame(table), width="stretch", hide_index=True, key="history_compared")


def _said(fact: Fact | None) -> str:
    return "" if fact is None else shown(fact.value, fact.unit)


def _change(before: Fact | None, after: Fact | None) -> str:
    if before is None or after is None:
        return "new" if before is None else "gone"
    if isinstance(before.value, float | int) and isinstance(after.value, float | int) and before.value:
        return f"{(after.value - before.value) / abs(before.value):+.1%}"
    return "" if before.value == after.value else "differs"


def _facts(facts: Sequence[Fact]) -> pd.DataFrame:
    rows = [(number, fact.name, shown(fact.value, fact.unit), fact.query) for number, fact in enumerate(facts, 1)]
    return pd.DataFrame(rows, columns=["no", "fact", "value", "SQL"])


def _among(areas: Mapping[str, Gather]) -> Callable[[Sequence[str]], str]:
    def read(texts: Sequence[str]) -> str:
        if texts[-1] not in areas:
            raise ValueError(texts[-1])
        return texts[-1]

    return read
