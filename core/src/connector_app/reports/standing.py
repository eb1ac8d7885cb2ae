"""Facts about groups: those that can be told from their peers, and the first lines of a ranking."""

from collections.abc import Sequence
from typing import Final

from connector_app.asking.compare import with_period_before
from connector_app.asking.measures import Measure, Quantity
from connector_app.asking.peers import named, peers
from connector_app.asking.periods import span
from connector_app.asking.rows import Query, Rows
from connector_app.data.counting import counted
from connector_app.reports.facts import Fact, fact_of_figure, spelt_out

FIRST: Final = 3


def standing_out(rows: Rows, by: str, asked: Quantity, what: str, first: int = FIRST) -> list[Fact]:
    """The groups of *by* that can be told from their peers, the furthest first, each with the number of records it stands on.

    what: how a group is called, such as "material". None without any value.
    """
    found = peers(rows, by, asked)
    if found.middle is None:
        return []
    told = found.frame[found.frame["standing"].isin(["better", "worse", "apart"])]
    told = told.assign(far=(told["value"] - found.middle).abs()).sort_values("far", ascending=False).head(first)
    select = f"{named(rows, by)} AS category, COUNT({asked.sql}) AS records, MEDIAN({asked.sql}) AS value"
    query = spelt_out(rows.query(select, "GROUP BY 1 ORDER BY 3"))
    groups = [
        Fact(
            f"median {asked.label}, {what} {line['category']} ({counted(line['records'], 'record')})",
            line["value"],
            asked.unit,
            query,
        )
        for line in told.to_dict("records")
    ]
    return [Fact(f"median {asked.label}, middle of all {what}s", found.middle, asked.unit, query), *groups]


def first_lines(rows: Rows, query: Query, columns: tuple[str, str, str], said: str, unit: str) -> list[Fact]:
    """The first lines of a ranking. columns: of its name, its figure and its records; *said* has name and records as {0}, {1}."""
    name, value, count = columns
    found = rows.session.sql(query.sql, query.parameters)
    lines = found[found[value].notna()].head(FIRST).to_dict("records")
    return [Fact(said.format(line[name], int(line[count])), float(line[value]), unit, spelt_out(query)) for line in lines]


def changed(recent: Rows, measures: Sequence[Measure]) -> list[Fact]:
    """Measures in the period of the filters against the one before; none where there is no period."""
    if recent.filters.before() is None:
        return []
    named_ones = [also_named(each, f"from {span(recent)}") for each in measures]
    return [fact_of_figure(with_period_before(recent, each), recent.query(f"{each.sql} AS value")) for each in named_ones]


def also_named(measure: Measure, more: str) -> Measure:
    """The same measure, with more said of it, such as its period."""
    return Measure(measure.sql, f"{measure.label} {more}", measure.unit, measure.better)
