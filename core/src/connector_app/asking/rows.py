"""The rows that a question is about: the live ones of a table, under filters."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from attrs import evolve, field, frozen

from connector_app.asking.filters import Category, Clause, Filters, both
from connector_app.data.session import Kind, Session, Value, live

if TYPE_CHECKING:
    import pandas as pd


@frozen
class Query:
    """SQL and what its `?` are bound to."""

    sql: str
    parameters: tuple[Value, ...] = ()


@frozen(hash=False)
class Rows:
    """Live rows of *table* that meet *filters* and each of *clauses*.

    expected: column → kind for columns that questions name; where the table lacks one, it is NULL in each row.

    ``Rows(session, "fts_records").ask("maintenance_type, COUNT(*) AS tasks", "GROUP BY 1 ORDER BY 2 DESC")``
    """

    session: Session
    table: str
    filters: Filters = field(factory=Filters)
    clauses: tuple[Clause, ...] = ()
    expected: Mapping[str, Kind] = field(factory=dict, repr=False)

    def under(self, filters: Filters) -> "Rows":
        """The same rows under other filters."""
        return evolve(self, filters=filters)

    def where(self, sql: str, parameters: Sequence[Value] = ()) -> "Rows":
        """Those that meet one more condition; columns in it may be named without quotes."""
        return evolve(self, clauses=(*self.clauses, Clause(sql, tuple(parameters))))

    def only(self, column: str, *values: str) -> "Rows":
        """Those with one of *values* (`NOTHING`: with none) in *column*."""
        return evolve(self, clauses=(*self.clauses, Category(column, values).clause(self.session.name)))

    def source(self) -> Query:
        """The rows as something to select from."""
        condition = both([self.filters.clause(self.session.name), *self.clauses])
        where = f" WHERE {condition.sql}" if condition.sql else ""
        return Query(
            f"(SELECT * FROM {live(self.session, self.table, self.expected)} AS live_rows{where}) AS found", condition.parameters
        )

    def query(self, select: str, tail: str = "", before: Sequence[Value] = (), after: Sequence[Value] = ()) -> Query:
        """`SELECT select FROM these rows tail`; *before* and *after* are bound to the `?` of *select* and of *tail*."""
        source = self.source()
        sql = f"SELECT {select} FROM {source.sql} {tail}".rstrip()
        return Query(sql, (*before, *source.parameters, *after))

    def ask(self, select: str, tail: str = "", before: Sequence[Value] = (), after: Sequence[Value] = ()) -> "pd.DataFrame":
        """The rows of `query`. Raises SessionError."""
        query = self.query(select, tail, before, after)
        return self.session.sql(query.sql, query.parameters)

    def count(self) -> int:
        return int(self.ask("COUNT(*) AS n")["n"].iloc[0])

    def has(self, *columns: str) -> bool:
        """Whether the table has all of *columns*."""
        return set(columns) <= set(self.session.columns(self.table))

    def page(self, number: int, size: int = 200, order: str = "") -> "pd.DataFrame":
        """One page of the records themselves, the first is 0; at most 200 rows. order: columns in SQL, which should be unique."""
        size = min(size, 200)
        names = [name for name in self.session.columns(self.table) if not name.startswith("_fivetran")]
        columns = ", ".join(self.session.name(name) for name in names)
        ordered = order or ", ".join(self.session.name(name) for name in self._key() or names[:1])
        return self.ask(
            columns or "*", f"ORDER BY {ordered} LIMIT {size:d} OFFSET {number * size:d}" if ordered else f"LIMIT {size:d}"
        )

    def _key(self) -> Sequence[str]:
        return [name for name in self.session.dictionary.table(self.table).primary_key if self.has(name)]
