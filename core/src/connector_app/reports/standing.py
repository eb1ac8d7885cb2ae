"""Facts about groups: those that can be told from their peers, and the first lines of a ranking."""

from typing import TYPE_CHECKING, Final

from connector_app.asking.measures import Measure, Quantity
from connector_app.asking.peers import named, peers
from connector_app.asking.rows import Rows
from connector_app.reports.facts import Fact, spelt_out

if TYPE_CHECKING:
    import pandas as pd

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
        Fact(f"median {asked.label}, {what} {line['category']} ({line['records']:,} records)", line["value"], asked.unit, query)
        for line in told.to_dict("records")
    ]
    return [Fact(f"median {asked.label}, middle of all {what}s", found.middle, asked.unit, query), *groups]


def first_lines(frame: "pd.DataFrame", columns: tuple[str, str, str], said: str, unit: str, query: str = "") -> list[Fact]:
    """The first lines of a ranking. columns: of its name, its figure and its records, which *said* has as {0} and {1}."""
    name, value, count = columns
    lines = frame[frame[value].notna()].head(FIRST).to_dict("records")
    return [Fact(said.format(line[name], line[count]), float(line[value]), unit, query) for line in lines]


def also_named(measure: Measure, more: str) -> Measure:
    """The same measure, with more said of it (such as its period; "" for nothing)."""
    return Measure(measure.sql, f"{measure.label}, {more}" if more else measure.label, measure.unit, measure.better)
