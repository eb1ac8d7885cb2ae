"""Facts: what SQL says, with the SQL that says it. A report knows nothing else."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from connector_app.asking.compare import Figure
from connector_app.asking.measures import MISSING, Measure, is_missing, shown
from connector_app.asking.questions import top
from connector_app.asking.rows import Query, Rows
from connector_app.data.counting import counted

if TYPE_CHECKING:
    import pandas as pd

AREAS: Final = ("Overall performance", "Optimisation opportunities", "Financial impact", "Strategic recommendations")
"""The focus areas that people know from the public versions of these apps."""


@frozen
class Fact:
    """One fact.

    name:  what it is, such as "average cost of a task, Predictive". value: a number, a text, or None where SQL gave none.
    query: the SQL that gave it, so that a reader can check it.
    """

    name: str
    value: float | str | None
    unit: str = ""
    query: str = field(default="", repr=False)

    def line(self, number: int) -> str:
        """Such as ``[3] average cost of a task: 412 USD``."""
        # One line, whatever line breaks a name from the data brings.
        return " ".join(f"[{number}] {self.name}: {shown(self.value, self.unit)}".split())


Facts = Sequence[Fact]
"""Numbered from 1 on, in this order."""
Gather = Callable[[Rows], Facts]
"""An app's own: rows under the filters → the facts of one focus area."""


def fact(rows: Rows, measure: Measure) -> Fact:
    """A measure over all of *rows*."""
    query = rows.query(f"{measure.sql} AS value")
    value = rows.session.sql(query.sql, query.parameters)["value"].iloc[0]
    return Fact(measure.label, _value(value), measure.unit, spelt_out(query))


def facts_of_top(rows: Rows, by: str, measure: Measure, first: int = 3, *, ascending: bool = False) -> list[Fact]:
    """A measure for the *first* values of a category, and for all others together."""
    found = top(rows, by, measure, first, ascending=ascending)
    name = rows.session.name(by)
    sql = spelt_out(rows.query(f"{name}, {measure.sql} AS value", "GROUP BY 1 ORDER BY 2"))
    return [
        Fact(
            f"{measure.label}, {by.replace('_', ' ')} {each.category} ({_records(each.records)})",
            _value(each.value),
            measure.unit,
            sql,
        )
        for each in found.frame.itertuples(index=False)
    ]


def fact_of_figure(figure: Figure, query: Query | None = None) -> Fact:
    """A figure with what it is held against, as one fact."""
    return Fact(figure.label, figure.words(), "", spelt_out(query) if query else "")


def facts_of_frame(frame: "pd.DataFrame", name: str, value: str, unit: str, query: str) -> list[Fact]:
    """A fact for each row of a frame: *name* and *value* are columns of it."""
    return [Fact(str(each[name]), _value(each[value]), unit, query) for _, each in frame.iterrows()]


def spelt_out(query: Query) -> str:
    """The SQL with what is bound to it, for a reader; it is never run."""
    bound = ", ".join(repr(value) for value in query.parameters)
    return f"{query.sql}\n-- bound: {bound}" if bound else query.sql


def usable(facts: Facts) -> list[Fact]:
    """Those with a value: nothing can be said of the others."""
    return [each for each in facts if shown(each.value, each.unit) != MISSING]


def _records(number: Any) -> str:
    return counted(int(number), "record")


def _value(value: Any) -> float | str | None:
    if is_missing(value):
        return None
    return value if isinstance(value, str) else float(value)
