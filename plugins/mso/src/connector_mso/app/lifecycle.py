"""Products along their life: where they stand, what each stage costs and gains, how long it takes, what is forgotten."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from connector_app.asking.filters import NOTHING
from connector_app.asking.measures import Measure, Quantity
from connector_app.asking.rows import Query, Rows
from connector_app.data.session import live
from connector_app.page.charts import trend
from connector_app.page.drawing import Chart
from connector_app.page.figures import needs
from connector_app.page.filter_bar import choice
from connector_app.page.grids import grid
from connector_app.page.panel import panel
from connector_app.page.peers import against_peers
from connector_app.page.tables import amounts
from connector_mso.app.overview import DATE
from connector_mso.app.tables import listed
from connector_mso.app.words import GAINS, PRODUCTS_TABLE, STAGE_COLOURS, STAGES, measured, quantity

STAGE: Final = "product_lifecycle_stage"
STATUS: Final = "product_lifecycle_status"
PRODUCTS: Final = Measure("COUNT(DISTINCT product_id)", "products")
LEAD: Final = Quantity(
    "DATEDIFF('day', material_selection_date, material_optimization_date)", "time to optimization", "days", "lower"
)
MOST: Final = 200


def draw(rows: Rows) -> None:
    left, right = st.columns(2)
    with left:
        _stages(rows)
    with right:
        _status(rows)
    offered = measured(rows, ("cost_savings", "material_cost", "material_waste", *GAINS[1:]))
    asked = offered[choice("What to look at along the life of a product", list(offered), "along")]
    left, right = st.columns(2)
    with left:
        question = f"At which stage is the {asked.label} highest?"
        against_peers(rows, STAGE, question, asked, order=STAGES, key=f"stage {asked.sql}")
    with right:
        against_peers(
            rows, STAGE, "How long from selection to optimization, at each stage?", LEAD, order=STAGES, key="lead",
            note="Days from the selection of the material to its optimization.",
        )  # fmt: skip
    trend(
        rows, DATE, f"How does the {asked.label} go over time, at each stage?", asked.median, by=STAGE,
        meanings=STAGE_COLOURS, key=f"stages {asked.sql}",
    )  # fmt: skip
    _forgotten(rows)


def _stages(rows: Rows) -> None:
    """Products as they stand now where their table is there; otherwise products with records of that stage."""
    on = needs(rows, "Where each product stands now", table=PRODUCTS_TABLE, enable=PRODUCTS_TABLE)
    frame = standing(rows, STAGE) if on else with_records(rows, STAGE)
    frame = _in_order(frame)
    what = "At which stage do the products stand now?" if on else "At which stage do products have records?"
    note = (
        "" if on else "A product counts at each stage of which it has a record; its newest stage is not known without the table."
    )

    def narrow(picked: Any) -> Rows:
        return _at(rows, str(picked["category"])) if on else rows.only(STAGE, str(picked["category"]))

    amounts(rows, frame, what, PRODUCTS, "stage", narrow, meanings=STAGE_COLOURS, note=note, key="standing")


def with_records(rows: Rows, column: str) -> pd.DataFrame:
    name = f"COALESCE({column}, '{NOTHING}')"
    return rows.ask(f"{name} AS category, {PRODUCTS.sql} AS value, COUNT(*) AS records", "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20")


def standing(rows: Rows, column: str) -> pd.DataFrame:
    """Products by *column* of their own table, those with a record under the filters: `category`, `value`, `records`."""
    joined = products(rows)
    name = f"COALESCE({column}, '{NOTHING}')"
    query = f"SELECT {name} AS category, COUNT(*) AS value, SUM(records) AS records FROM ({joined.sql}) AS joined "
    return rows.session.sql(query + "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20", joined.parameters)


def products(rows: Rows) -> Query:
    """The products with a record under the filters, as their own table describes them now, and what their records say."""
    found = rows.where("product_id IS NOT NULL").query(
        "product_id AS id, COUNT(*) AS records, SUM(cost_savings) AS saved, MEDIAN(material_cost) AS cost, "
        "MAX(material_optimization_date) AS newest",
        "GROUP BY 1",
    )
    described = live(rows.session, PRODUCTS_TABLE, dict.fromkeys(("product_name", STAGE, STATUS), "text"))
    spelt = ", ".join(f"p.{each}" for each in ("product_id", "product_name", STAGE, STATUS))
    figures = "r.records, r.saved, r.cost, r.newest"
    query = f"SELECT {spelt}, {figures} FROM {described} AS p JOIN ({found.sql}) AS r ON p.product_id = r.id"
    return Query(query, found.parameters)


def _at(rows: Rows, stage: str) -> Rows:
    described = live(rows.session, PRODUCTS_TABLE, {STAGE: "text"})
    return rows.where(
        f"product_id IN (SELECT product_id FROM {described} AS p WHERE COALESCE({STAGE}, '{NOTHING}') = ?)", (stage,)
    )


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    order = {stage: number for number, stage in enumerate(STAGES)}
    return frame.sort_values("category", key=lambda names: names.map(lambda each: order.get(each, len(order)))).reset_index(
        drop=True
    )


def _status(rows: Rows) -> None:
    frame = pairs(rows)

    def narrow(picked: Any) -> Rows:
        return rows.only(STAGE, str(picked["stage"])).only(STATUS, str(picked["status"]))

    marks = {
        f"{line['stage']}, {line['status']}": {"stage": line["stage"], "status": line["status"]}
        for line in frame.to_dict("records")
    }
    panel(
        "In which stage and status are the records?", frame, _matrix(frame) if len(frame) else None, rows,
        narrow=narrow, marks=marks, pick=False, note="Darker: more records.", key="status",
    )  # fmt: skip


def pairs(rows: Rows) -> pd.DataFrame:
    """How many records have which stage and status."""
    names = f"COALESCE({STAGE}, '{NOTHING}') AS stage, COALESCE({STATUS}, '{NOTHING}') AS status"
    return rows.ask(f"{names}, COUNT(*) AS records", "GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 100")


def _matrix(frame: pd.DataFrame) -> Chart:
    return grid(frame, "status", "stage", orders=((), STAGES))


def _forgotten(rows: Rows) -> None:
    """Products whose last optimization is longest ago, those in use first."""
    if PRODUCTS_TABLE not in rows.session.tables():
        return
    found = forgotten(rows)
    abouts = {
        "records": "records under the filters",
        "total saved": rows.session.dictionary.describe(rows.table, "cost_savings"),
        "median cost": rows.session.dictionary.describe(rows.table, "material_cost"),
        "newest optimization": "the newest date of its records",
    }
    unit = quantity("cost_savings").unit
    note = f"Products that are not retired, by the date of their newest optimization.{f' Figures in {unit}.' if unit else ''}"
    question = "Which products in use were optimized longest ago?"
    listed(rows, found, question, abouts, by="product_id", note=note, key="forgotten")


def forgotten(rows: Rows) -> pd.DataFrame:
    """Products in use, the one whose newest optimization is longest ago first."""
    joined = products(rows)
    use = f"COALESCE({STAGE}, '') <> 'Retirement' AND newest IS NOT NULL"
    query = f"SELECT * FROM ({joined.sql}) AS joined WHERE {use} ORDER BY newest, saved DESC, product_id LIMIT {MOST:d}"
    names = {"saved": "total saved", "cost": "median cost", "newest": "newest optimization", STAGE: "stage", STATUS: "status"}
    return rows.session.sql(query, joined.parameters).rename(columns=names)
