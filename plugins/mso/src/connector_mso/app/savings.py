"""Cost-saving opportunities, ranked, with the arithmetic that leads to each."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking import excess as in_excess
from connector_app.asking.compare import Figure
from connector_app.asking.measures import is_missing, shown
from connector_app.asking.rows import Query, Rows
from connector_app.page.figures import figures, target
from connector_app.page.filter_bar import choice
from connector_app.page.plain import plain
from connector_app.page.tables import amounts
from connector_app.page.theme import MUTED
from connector_mso.app.tables import listed
from connector_mso.app.words import DECISION_COLOURS, NO, OPEN, OPTIMIZED, YES, decision, quantity

BY: Final = {
    "material": "material_name",
    "product": "product_id",
    "CAD system": "cad_system",
    "lifecycle stage": "product_lifecycle_stage",
    "designer": "designer_id",
}
BENCHMARKS: Final = {
    "the median of all records of the same material": "material_name",
    "the median of all records of the same product": "product_id",
    "the median of all records": "",
}
COST: Final = "material_cost"
MOST: Final = 50
FEW: Final = 10


def draw(rows: Rows) -> None:
    _decisions(rows)
    _waiting(rows)
    _excess(rows)


def _decisions(rows: Rows) -> None:
    """What was found to be saved, by what came of it."""
    frame = decisions(rows)
    saved = quantity("cost_savings")
    total = frame["value"].sum()

    def narrow(picked: Any) -> Rows:
        return rows.where(f"{decision(OPTIMIZED)} = ?", (str(picked["category"]),))

    open_ones = frame.loc[frame["category"] == OPEN, "value"].sum()
    part = f" {shown(open_ones, saved.unit)} of {shown(total, saved.unit)} ({open_ones / total:.0%}) wait." if total else ""
    note = f"Open: neither recommended nor rejected, such as Under Review.{part}"
    amounts(
        rows, frame, "How much of what could be saved is decided?", saved.total, "optimization", narrow,
        meanings={**DECISION_COLOURS, "(none)": MUTED}, note=note, key="decisions",
    )  # fmt: skip


def decisions(rows: Rows) -> pd.DataFrame:
    """`category` (recommended, open, not recommended), `value` (cost saved), `records`."""
    found = rows.where(f"{OPTIMIZED} IS NOT NULL").ask(
        f"{decision(OPTIMIZED)} AS category, SUM(cost_savings) AS value, COUNT(cost_savings) AS records", "GROUP BY 1"
    )
    order = {YES: 0, OPEN: 1, NO: 2}
    return found.sort_values("category", key=lambda names: names.map(order)).reset_index(drop=True)


def _waiting(rows: Rows) -> None:
    saved = quantity("cost_savings")
    label = choice("Rank by", list(BY), "rank", "What the two rankings below are about.")
    found = waiting(rows, BY[label])
    note = (
        "Arithmetic: what waits = open records times average saving. Σ: the part of all that waits, down to this line. "
        f"The median stands beside the average, as a few extreme records may carry it.{_unit(saved.unit)}"
    )
    abouts = {
        "open records": "records whose optimization is neither recommended nor rejected",
        "average saving": "of the open records",
        "median saving": "of the open records",
        "waits": "open records times average saving",
        "Σ": "of all that waits, down to this line",
    }
    question = f"Which {label} saves most once its open optimizations are decided?"
    waits = rows.where(f"{decision(OPTIMIZED)} = '{OPEN}'")
    listed(waits, found, question, abouts, ["Σ"], by=BY[label], note=note, key=f"waiting {label}")


def waiting(rows: Rows, by: str) -> pd.DataFrame:
    """What open optimizations would save, for each value of *by*, the most first."""
    query = waiting_query(rows, by)
    names = {"n": "open records", "average": "average saving", "middle": "median saving", "part": "Σ", "title": "name"}
    return rows.session.sql(query.sql, query.parameters).rename(columns=names)


def waiting_query(rows: Rows, by: str) -> Query:
    """Columns: *by*, `n`, `average`, `middle`, `waits` (n times average) and `part`, the running share of all that waits."""
    open_ones = rows.where(f"{decision(OPTIMIZED)} = '{OPEN}' AND cost_savings IS NOT NULL AND {by} IS NOT NULL")
    figures = "COUNT(*) AS n, AVG(cost_savings) AS average, MEDIAN(cost_savings) AS middle, SUM(cost_savings) AS waits"
    inner = open_ones.query(f"{by}{_name_of(by)}, {figures}", "GROUP BY 1")
    frame = f"ORDER BY waits DESC, {by} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW"
    running = f"100.0 * SUM(waits) OVER ({frame}) / NULLIF(SUM(waits) OVER (), 0)"
    query = f"SELECT *, {running} AS part FROM ({inner.sql}) AS waiting ORDER BY waits DESC, {by} LIMIT {MOST:d}"
    return Query(query, inner.parameters)


def _name_of(by: str) -> str:
    """The name beside an identifier."""
    names = {"product_id": "MAX(product_name)", "designer_id": "MAX(designer_name)"}
    return f", {names[by]} AS title" if by in names else ""


def _excess(rows: Rows) -> None:
    cost = quantity("material_cost")
    left, right = st.columns(2)
    with left:
        against = choice("Bring costs down to", list(BENCHMARKS), "benchmark")
    with right:
        own = target("cost", "or to a target of yours for the cost of the material", cost.unit)
    label = st.session_state["f_rank"]
    by, within = BY[label], BENCHMARKS[against]
    found = excess(rows, by, within, own)
    total = Figure("could be saved", in_all(rows, by, within, own) if len(found) else None, cost.unit)
    goal = "the target" if own is not None else against
    figures([total, *_first(found, by, cost.unit)], columns=2)
    note = (
        f"Arithmetic: could be saved = records above times average above, if costs above {goal} came down to it. "
        f"Costs beyond the 99th percentile count as that, so that no typing error leads the list. "
        f"Lines with fewer than {FEW} records above are left to your judgement.{_unit(cost.unit)}"
    )
    abouts = {
        "records": "records with a cost",
        "records above": f"those that cost more than {goal}",
        "average above": "by how much, on average",
        "could be saved": "records above times average above",
        "of the cost": "per cent of the whole cost of this line",
    }
    above = in_excess.above(rows, COST, "record_id", within, own)
    question = f"Which {label} costs more than it has to?"
    listed(above, found, question, abouts, ["of the cost"], by=by, note=note, key=f"excess {label}")


def _first(found: pd.DataFrame, by: str, unit: str) -> list[Figure]:
    if found.empty or is_missing(found["could be saved"].iloc[0]):
        return []
    return [Figure(f"of it, {plain(str(found[by].iloc[0]))}", float(found["could be saved"].iloc[0]), unit)]


def excess(rows: Rows, by: str, within: str, own: float | None = None) -> pd.DataFrame:
    """What each value of *by* costs above a benchmark: the median of *within* (of all for ""), or a target *own*."""
    found = in_excess.excess(rows, COST, by, within, own, first=MOST, more=_name_of(by))
    names = {"above": "records above", "average": "average above", "excess": "could be saved", "part": "of the cost"}
    return found.rename(columns={**names, "title": "name"})


def in_all(rows: Rows, by: str, within: str, own: float | None = None) -> float:
    """What all values of *by* cost above the benchmark, those that the ranking has no room for too."""
    costs = in_excess.benchmarked(rows, COST, within, own)
    over = f"SELECT COALESCE(SUM(value - benchmark), 0) AS n FROM ({costs.sql}) AS valued"
    query = f"{over} WHERE value > benchmark AND {by} IS NOT NULL"
    return float(rows.session.sql(query, costs.parameters)["n"].iloc[0])


def _unit(unit: str) -> str:
    return f" Figures in {unit}." if unit else ""
