"""The facts of the AI section: what SQL says on each focus area, and nothing else."""

from collections.abc import Sequence
from typing import Final

from connector_app.asking.compare import with_period_before
from connector_app.asking.measures import RECORDS, Measure, share
from connector_app.asking.periods import newest, span
from connector_app.asking.rows import Rows
from connector_app.reports.facts import Fact, Facts, fact, fact_of_figure
from connector_app.reports.standing import FIRST, also_named, first_lines, standing_out
from connector_mso.app import lifecycle, overview, recommendations, savings
from connector_mso.app.words import OPEN, OPTIMIZED, PRODUCTS_TABLE, SELECTED, YES, decision, quantity

_OPEN_ONES: Final = "cost saved once open optimizations of {0} are decided ({1:,} records)"
_ABOVE: Final = "cost saved if records of {0} above the median of that material came down to it ({1:,} records)"
_DECIDED: Final = "cost saved in optimizations that are {0} ({1:,} records)"
_OF_GROUP: Final = "median {0}, {1} {2} ({3:,} records)"
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
    changed = [fact_of_figure(with_period_before(recent, each), recent.query(f"{each.sql} AS value")) for each in asked]
    when = f", {span(recent)}" if span(recent) else ""
    return [
        fact(rows, RECORDS),
        fact(rows, Measure("COUNT(DISTINCT product_id)", "products")),
        fact(rows, Measure("COUNT(DISTINCT material_name)", "materials")),
        fact(rows, quantity("cost_savings").total),
        *[Fact(f"{each.name}{when}", each.value, each.unit, each.query) for each in changed],
        fact(rows, share(f"{decision(SELECTED)} = '{YES}'", SELECTED, "selections that are recommended")),
        fact(rows, share(f"{decision(OPTIMIZED)} = '{YES}'", OPTIMIZED, "optimizations that are recommended")),
        *standing_out(rows, "designer_skill_level", quantity("cost_savings"), "skill level"),
        *standing_out(rows, "product_lifecycle_stage", quantity("cost_savings"), "stage"),
    ]


def opportunities(rows: Rows) -> Facts:
    """Optimization opportunities: what waits, what costs too much, what is wasted, where score and recommendation disagree."""
    cost, found = quantity("material_cost").unit, savings.excess(rows, "material_name", "material_name")
    waits, open_ones = savings.waiting(rows, "material_name"), rows.where(f"{decision(OPTIMIZED)} = '{OPEN}'")
    return [
        fact(open_ones, also_named(quantity("cost_savings").total, "once what is open is decided")),
        *first_lines(waits, ("material_name", "waits", "open records"), _OPEN_ONES, cost),
        *first_lines(found, ("material_name", "could be saved", "records above"), _ABOVE, cost),
        *standing_out(rows, "material_name", quantity("material_waste"), "material"),
        *_disagreements(rows),
    ]  # fmt: skip


def finances(rows: Rows) -> Facts:
    """Financial impact: what is saved, decided and spent, and by what."""
    saved, cost = quantity("cost_savings"), quantity("material_cost")
    decided = savings.decisions(rows)
    query = rows.query(f"{decision(OPTIMIZED)} AS category, SUM(cost_savings) AS value", "GROUP BY 1").sql
    by_product = savings.excess(rows, "product_id", "material_name")
    recent = newest(rows, overview.DATE)
    return [
        fact(rows, saved.total),
        fact_of_figure(with_period_before(recent, also_named(saved.total, span(recent))), recent.query("SUM(cost_savings)")),
        fact(rows, cost.total),
        fact(rows, Measure(_RETURN, "cost saved for each unit of material cost, over records that have both")),
        *[
            Fact(_DECIDED.format(line["category"], line["records"]), line["value"], saved.unit, query)
            for line in decided.to_dict("records")
        ],
        *first_lines(by_product, ("product_id", "could be saved", "records above"), _BY_PRODUCT, cost.unit),
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
    query = lifecycle.products(rows).sql
    found = lifecycle.forgotten(rows).head(FIRST).to_dict("records")
    name = "newest optimization of product {0} ({1}), which is in use"
    return [
        Fact(name.format(line["product_id"], line["stage"]), f"{line['newest optimization']:%Y-%m-%d}", "", query)
        for line in found
    ]
