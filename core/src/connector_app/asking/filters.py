"""What is filtered for: dates, categories and free text, together, as one frozen value."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from attrs import evolve, frozen

from connector_app.data.session import Value

Spell = Callable[[str], str]
"""Column → the column, quoted for SQL: `Session.name`."""
NOTHING: Final = "(none)"
"""How the page shows a category that is NULL; chosen as a value, it finds the rows without one."""


@frozen
class Clause:
    """A condition in SQL, and what its `?` are bound to; an empty one is always true."""

    sql: str = ""
    parameters: tuple[Value, ...] = ()


def both(clauses: Iterable[Clause]) -> Clause:
    """All of *clauses* at once."""
    said = [clause for clause in clauses if clause.sql]
    return Clause(" AND ".join(f"({clause.sql})" for clause in said), tuple(value for each in said for value in each.parameters))


@frozen
class Dates:
    """First and last day, both included, in a column of dates or times; an end that is None is open."""

    column: str
    first: date | None = None
    last: date | None = None

    def clause(self, spell: Spell) -> Clause:
        column = f"CAST({spell(self.column)} AS DATE)"
        ends = [(">=", self.first), ("<=", self.last)]
        return both(Clause(f"{column} {sign} CAST(? AS DATE)", (day.isoformat(),)) for sign, day in ends if day)


@frozen
class Category:
    """The rows whose *column* has one of *values*; `NOTHING` stands for NULL. No values: every row."""

    column: str
    values: tuple[str, ...] = ()

    def clause(self, spell: Spell) -> Clause:
        if not self.values:
            return Clause()
        column = spell(self.column)
        known = tuple(value for value in self.values if value != NOTHING)
        marks = ", ".join("?" * len(known))
        either = [f"CAST({column} AS VARCHAR) IN ({marks})"] * bool(known) + [f"{column} IS NULL"] * (NOTHING in self.values)
        return Clause(" OR ".join(either), known)


@frozen
class Text:
    """The rows in which each word of *words* is somewhere in one of *columns*, in any case of letters."""

    columns: tuple[str, ...]
    words: str = ""

    def clause(self, spell: Spell) -> Clause:
        columns = [f"CONTAINS(LOWER(CAST({spell(column)} AS VARCHAR)), ?)" for column in self.columns]
        found = (word.lower() for word in self.words.split() if columns)
        return both(Clause(" OR ".join(f"COALESCE({each}, FALSE)" for each in columns), (word,) * len(columns)) for word in found)


@frozen
class Filters:
    """What was chosen, all of which a row has to meet.

    dates:      None where the table has no date to filter by.
    categories: by column, those without a choice too.
    text:       None where there is nothing to search in.
    """

    dates: Dates | None = None
    categories: tuple[Category, ...] = ()
    text: Text | None = None

    def clause(self, spell: Spell) -> Clause:
        parts = [*self.categories, *(part for part in (self.dates, self.text) if part)]
        return both(part.clause(spell) for part in parts)

    def before(self) -> "Filters | None":
        """The same, for the period of equal length right before; None where a period has no beginning or no end."""
        if self.dates is None or self.dates.first is None or self.dates.last is None:
            return None
        days = (self.dates.last - self.dates.first).days + 1
        back = timedelta(days=days)
        return evolve(self, dates=evolve(self.dates, first=self.dates.first - back, last=self.dates.last - back))

    def words(self, names: Mapping[str, str] | None = None) -> str:
        """What is filtered for, in words, for a report or the head of a file."""
        said = [_said_dates(self.dates)] if self.dates else []
        said += [
            f"{(names or {}).get(each.column, each.column)}: {', '.join(each.values)}" for each in self.categories if each.values
        ]
        said += [f"text: {self.text.words}"] if self.text and self.text.words.strip() else []
        return "; ".join(each for each in said if each) or "no filter"


def _said_dates(dates: Dates) -> str:
    if dates.first and dates.last:
        return f"{dates.column} {dates.first} to {dates.last}"
    return f"{dates.column} from {dates.first}" if dates.first else f"{dates.column} to {dates.last}" if dates.last else ""


@frozen
class Filterable:
    """What a table can be filtered by, as an app says it; columns that are not there are left out.

    date:       the column of the date range. categories: columns with few values. text: columns to search in.
    """

    date: str = ""
    categories: tuple[str, ...] = ()
    text: tuple[str, ...] = ()

    def among(self, columns: Iterable[str]) -> "Filterable":
        """The same, of *columns* only."""
        there = set(columns)
        categories, text = (tuple(each for each in names if each in there) for names in (self.categories, self.text))
        return Filterable(self.date if self.date in there else "", categories, text)
