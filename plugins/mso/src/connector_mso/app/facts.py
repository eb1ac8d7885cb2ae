"""The facts of the AI section: what SQL says on each focus area, and nothing else."""

from collections.abc import Sequence
from typing import Final

from connector_app.asking.compare import with_period_before
from connector_app.asking.measures import RECORDS, Measure, Quantity
from connector_app.asking.peers import peers
from connector_app.asking.rows import Query, Rows
from connector_app.reports.facts import Fact, Facts, fact, fact_of_figure, spelt_out
from connector_mso.app import lifecycle, overview, recommendations, savings
from connector_mso.app.words import OPEN, OPTIMIZED, PRODUCTS_TABLE, SELECTED, YES, decision, quantity, share

FIRST: Final = 3
_OPEN_ONES: Final = "cost saved once open optimizations of {0} are decided ({1:,} records)"
_ABOVE: Final = "cost saved if records of {0} above the median of that material came down to it ({1:,} records)"
_DECIDED: Final = "cost saved in optimizations that are {0} ({1:,} records)"
_OF_GROUP: Final = "median {0}, {1} {2} ({3:,} records)"
_BY_PRODUCT: Final = "cost of product {0} above the median of the same material ({1:,} records)"


def performance(rows: Rows) -> Facts:
    """Overall performance: how many, how much, what changed, and who stands out."""
    recent = overview.newest(rows)
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
        *_changed(recent, asked),
        fact(rows, share(f"{decision(SELECTED)} = '{YES}'", SELECTED, "selections that are recommended")),
        fact(rows, share(f"{decision(OPTIMIZED)} = '{YES}'", OPTIMIZED, "optimizations that are recommended")),
        *_standing_out(rows, "designer_skill_level", quantity("cost_savings"), "skill level"),
        *_standing_out(rows, "product_lifecycle_stage", quantity("cost_savings"), "stage"),
    ]


def opportunities(rows: Rows) -> Facts:
    """Optimization opportunities: what waits, what costs too much, what is wasted, where score and recommendation disagree."""
    unit, by = quantity("material_cost").unit, "material_name"
    waits, above = savings.waiting_query(rows, by), savings.excess_query(rows, by, by)
    open_ones = rows.where(f"{decision(OPTIMIZED)} = '{OPEN}'")
    return [
        fact(open_ones, _named(quantity("cost_savings").total, "once what is open is decided")),
        *_lines(rows, waits, (by, "waits", "n"), _OPEN_ONES, unit),
        *_lines(rows, above, (by, "saved", "n"), _ABOVE, unit),
        *_standing_out(rows, "material_name", quantity("material_waste"), "material"),
        *_disagreements(rows),
    ]  # fmt: skip


def finances(rows: Rows) -> Facts:
    """Financial impact: what is saved, decided and spent, and by what."""
    saved, cost = quantity("cost_savings"), quantity("material_cost")
    decided = savings.decisions(rows)
    query = spelt_out(rows.query(f"{decision(OPTIMIZED)} AS category, SUM(cost_savings) AS value", "GROUP BY 1"))
    by_product = savings.excess_query(rows, "product_id", "material_name")
    return [
        fact(rows, saved.total),
        *_changed(overview.newest(rows), [saved.total, cost.total]),
        fact(rows, cost.total),
        fact(rows, Measure(_RETURN, "cost saved for each unit of material cost, over records that have both")),
        *[
            Fact(_DECIDED.format(line["category"], line["records"]), line["value"], saved.unit, query)
            for line in decided.to_dict("records")
        ],
        *_lines(rows, by_product, ("product_id", "saved", "n"), _BY_PRODUCT, cost.unit),
        *_standing_out(rows, "material_name", saved, "material"),
    ]  # fmt: skip


_RETURN: Final = (
    "SUM(CASE WHEN material_cost IS NOT NULL THEN cost_savings END) "
    "/ NULLIF(SUM(CASE WHEN cost_savings IS NOT NULL THEN material_cost END), 0)"
)


def strategy(rows: Rows) -> Facts:
    """Strategic recommendations: what rests on much data, what does not, and what was left alone for long."""
    return [
        fact(rows, RECORDS),
        *_standing_out(rows, "material_name", quantity("material_cost"), "material"),
        *_standing_out(rows, "material_name", quantity("performance_improvement"), "material"),
        *_standing_out(rows, "cad_system", quantity("cost_savings"), "CAD system"),
        *_standing_out(rows, "product_lifecycle_stage", lifecycle.LEAD, "stage"),
        *_disagreements(rows),
        *_left_alone(rows),
        *[fact(rows.where(sql), Measure("COUNT(*)", f"records with {name}")) for name, sql in overview.CHECKS.items()],
    ]


GATHERED: Final = (performance, opportunities, finances, strategy)
"""In the order of `reports.facts.AREAS`."""


def _named(measure: Measure, more: str) -> Measure:
    return Measure(measure.sql, f"{measure.label} {more}".strip(), measure.unit, measure.better)


def _changed(recent: Rows, measures: Sequence[Measure]) -> list[Fact]:
    """Measures in a period against the one before; none where there is no period."""
    dates = recent.filters.dates
    if dates is None or recent.filters.before() is None:
        return []
    named = [_named(each, f"from {dates.first} to {dates.last}") for each in measures]
    return [fact_of_figure(with_period_before(recent, each), recent.query(f"{each.sql} AS value")) for each in named]


def _standing_out(rows: Rows, by: str, asked: Quantity, what: str) -> list[Fact]:
    """The groups that can be told from their peers, the furthest first, each with the number of records it stands on."""
    found = peers(rows, by, asked)
    if found.middle is None:
        return []
    told = found.frame[found.frame["standing"].isin(["better", "worse", "apart"])]
    told = told.assign(far=(told["value"] - found.middle).abs()).sort_values("far", ascending=False).head(FIRST)
    query = spelt_out(rows.query(f"{by}, COUNT({asked.sql}) AS records, MEDIAN({asked.sql}) AS value", "GROUP BY 1 ORDER BY 3"))
    lines = told.to_dict("records")
    names = [_OF_GROUP.format(asked.label, what, line["category"], line["records"]) for line in lines]
    return [
        Fact(f"median {asked.label}, middle of all {what}s", found.middle, asked.unit, query),
        *[Fact(name, line["value"], asked.unit, query) for name, line in zip(names, lines, strict=True)],
    ]


def _lines(rows: Rows, query: Query, columns: tuple[str, str, str], said: str, unit: str) -> list[Fact]:
    """The first lines of a ranking. columns: of its name, its figure and its records."""
    name, value, count = columns
    lines = rows.session.sql(query.sql, query.parameters).head(FIRST).to_dict("records")
    return [Fact(said.format(line[name], line[count]), float(line[value]), unit, spelt_out(query)) for line in lines]


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
