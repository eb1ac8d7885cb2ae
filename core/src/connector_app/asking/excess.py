"""What groups have above a benchmark: the arithmetic behind a ranked list of what can be won."""

from typing import TYPE_CHECKING

from connector_app.asking.rows import Query, Rows

if TYPE_CHECKING:
    import pandas as pd


def excess(
    rows: Rows, column: str, by: str, within: str = "", own: float | None = None, *, first: int = 50, more: str = ""
) -> "pd.DataFrame":
    """The rows of `excess_query`. Raises SessionError."""
    query = excess_query(rows, column, by, within, own, first=first, more=more)
    return rows.session.sql(query.sql, query.parameters)


def excess_query(
    rows: Rows, column: str, by: str, within: str = "", own: float | None = None, *, first: int = 50, more: str = ""
) -> Query:
    """What the records of each value of *by* have in *column* above a benchmark, the most first.

    within: the benchmark is the median of the records with the same value of this column ("": of all records).
    own:    a benchmark that the user set instead. more: aggregates in SQL to add, such as ``, MAX(name) AS title``.
    Columns: *by*, those of *more*, `records` (with a value), `above` (how many are above), `average` (by how much), `excess`
    (above times average), `part` (of the whole, in per cent). Values beyond the 99th percentile count as that.
    """
    found = benchmarked(rows, column, within, own)
    over = "CASE WHEN value > benchmark THEN value - benchmark END"
    query = (
        f"SELECT {by}{more}, COUNT(*) AS records, COUNT({over}) AS above, AVG({over}) AS average, SUM({over}) AS excess, "
        f"100.0 * SUM({over}) / NULLIF(SUM(value), 0) AS part FROM ({found.sql}) AS valued WHERE {by} IS NOT NULL "
        f"GROUP BY 1 HAVING COUNT({over}) > 0 ORDER BY excess DESC, 1 LIMIT {first:d}"
    )
    return Query(query, found.parameters)


def benchmarked(rows: Rows, column: str, within: str = "", own: float | None = None) -> Query:
    """The records with a value in *column*, that `value` (at most the 99th percentile of all) and their `benchmark`."""
    known = rows.where(f"{column} IS NOT NULL")
    cap = known.query(f"PERCENTILE_DISC(0.99) WITHIN GROUP (ORDER BY {column}) AS cap")
    middle = "CAST(? AS DOUBLE)" if own is not None else f"MEDIAN({column}) OVER ({f'PARTITION BY {within}' if within else ''})"
    values = known.query(
        f"found.*, LEAST({column}, cap) AS value, {middle} AS benchmark", "", before=() if own is None else (own,)
    )
    # The cap is one row beside all rows.
    return Query(f"{values.sql} CROSS JOIN ({cap.sql}) AS caps", (*values.parameters, *cap.parameters))


def above(rows: Rows, column: str, key: str, within: str = "", own: float | None = None) -> Rows:
    """The records above their benchmark. key: the column that tells records apart."""
    found = benchmarked(rows, column, within, own)
    return rows.where(f"{key} IN (SELECT {key} FROM ({found.sql}) AS valued WHERE value > benchmark)", found.parameters)
