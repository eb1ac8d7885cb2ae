"""The facts of the AI section: what SQL says on each focus area, and nothing else."""

from collections.abc import Sequence
from typing import Final

from connector_app.asking.excess import excess_query
from connector_app.asking.measures import RECORDS, Measure, share
from connector_app.asking.periods import newest
from connector_app.asking.rows import Rows
from connector_app.reports.facts import Fact, Facts, fact, spelt_out
from connector_app.reports.standing import FIRST, also_named, changed, first_lines, standing_out
from connector_mso.app import lifecycle, overview, recommendations, savings
from connector_mso.app.words import OPEN, OPTIMIZED, PRODUCTS_TABLE, SELECTED, YES, decision, quantity

_OPEN_ONES: Final = "cost saved once open optimizations of {0} are decided ({1:,} records)"
_ABOVE: Final = "cost saved if records of {0} above the median of that material came down to it ({1:,} records)"
_DECIDED: Final = "cost saved in optimizations that are {0} ({1:,} records)"
_BY_PRODUCT: Final = "cost of product {0} above the median of the same material ({1:,} records)"


def performance(rows: Rows) -> Facts:
    """Overall performance: how many, how much, what changed, and who stands out."""
    recent = newest(rows, overview.DATE)
    asked = [
        quantity("cost_savings").median,
        quantity("material_cost").median,
        quantity("material_waste").median,
        quantity("performance_improvement").median,
    ]
    return [
        fact(rows, RECORDS),
        fact(rows, Measure("COUNT(DISTINCT product_id)", "products")),
        fact(rows, Measure("COUNT(DISTINCT material_name)", "materials")),
        fact(rows, quantity("cost_savings").total),
        *changed(recent, asked),
        fact(rows, share(f"{decision(SELECTED)} = '{YES}'", SELECTED, "selections that are recommended")),
        fact(rows, share(f"{decision(OPTIMIZED)} = '{YES}'", OPTIMIZED, "optimizations that are recommended")),
        *standing_out(rows, "designer_skill_level", quantity("cost_savings"), "skill level"),
        *standing_out(rows, "product_lifecycle_stage", quantity("cost_savings"), "stage"),
    ]


def opportunities(rows: Rows) -> Facts:
    """Optimization opportunities: what waits, what costs too much, what is wasted, where score and recommendation disagree."""
    unit, by = quantity("material_cost").unit, "material_name"
    waits, above = savings.waiting_query(rows, by), excess_query(rows, savings.COST, by, by)
    open_ones = rows.where(f"{decision(OPTIMIZED)} = '{OPEN}'")
    return [
        fact(open_ones, also_named(quantity("cost_savings").total, "once what is open is decided")),
        *first_lines(rows, waits, (by, "waits", "n"), _OPEN_ONES, unit),
        *first_lines(rows, above, (by, "excess", "above"), _ABOVE, unit),
        *standing_out(rows, "material_name", quantity("material_waste"), "material"),
        *_disagreements(rows),
    ]  # fmt: skip


def finances(rows: Rows) -> Facts:
    """Financial impact: what is saved, decided and spent, and by what."""
    saved, cost = quantity("cost_savings"), quantity("material_cost")
    decided = savings.decisions(rows)
    query = spelt_out(rows.query(f"{decision(OPTIMIZED)} AS category, SUM(cost_savings) AS value", "GROUP BY 1"))
    by_product = excess_query(rows, savings.COST, "product_id", "material_name")
    return [
        fact(rows, saved.total),
        *changed(newest(rows, overview.DATE), [saved.total, cost.total]),
        fact(rows, cost.total),
        fact(rows, Measure(_RETURN, "cost saved for each unit of material cost, over records that have both")),
        *[
            Fact(_DECIDED.format(line["category"], line["records"]), line["value"], saved.unit, query)
            for line in decided.to_dict("records")
        ],
        *first_lines(rows, by_product, ("product_id", "excess", "above"), _BY_PRODUCT, cost.unit),
        *standing_out(rows, "material_name", saved, "material"),
    ]  # fmt: skip


_RETURN: Final = (
    "SUM(CASE WHEN material_cost IS NOT NULL THEN cost_savings END) "
    "/ NULLIF(SUM(CASE WHEN cost_savings IS NOT NULL THEN material_cost END), 0)"
)


def strategy(rows: Rows) -> Facts:
    """Strategic recommendations: what rests on much data, what does not, and what was left alone for long."""
    return [
        fact(rows, RECORDS),
        *standing_out(rows, "material_name", quantity("material_cost"), "material"),
        *standing_out(rows, "material_name", quantity("performance_improvement"), "material"),
        *standing_out(rows, "cad_system", quantity("cost_savings"), "CAD system"),
        *standing_out(rows, "product_lifecycle_stage", lifecycle.LEAD, "stage"),
        *_disagreements(rows),
        *_left_alone(rows),
        *[fact(rows.where(sql), Measure("COUNT(*)", f"records with {name}")) for name, sql in overview.CHECKS.items()],
    ]


GATHERED: Final = (performance, opportunities, finances, strategy)
"""In the order of `reports.facts.AREAS`."""


def _disagreements(rows: Rows) -> Sequence[Fact]:
    facts = []
    for which, (score, _) in recommendations.SCORES.items():
        low, high = recommendations.thresholds(rows, score)
        if low is not None and high is not None:
            apart = recommendations.disagreeing(rows, which, low, high)
            facts += [fact(each, Measure("COUNT(*)", f"records whose {which} has {how}")) for how, each in apart.items()]
    return facts


def _left_alone(rows: Rows) -> list[Fact]:
    if PRODUCTS_TABLE not in rows.session.tables():
        return []
    query = spelt_out(lifecycle.products(rows))
    found = lifecycle.forgotten(rows).head(FIRST).to_dict("records")
    name = "newest optimization of product {0} ({1}), which is in use"
    return [
        Fact(name.format(line["product_id"], line["stage"]), f"{line['newest optimization']:%Y-%m-%d}", "", query)
        for line in found
    ]
