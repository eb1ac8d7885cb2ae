"""What arrived held against what the simulated API holds."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from connector_build.api.world import transformed
from connector_build.local.fivetran import TableRows, plain
from connector_build.sample import Record
from connector_core.basics.counting import counted
from connector_core.plugin.assembly import TablePlan
from connector_core.source.values import in_form

_EXACT: Final[Mapping[str, tuple[type, ...]]] = {
    "VARCHAR": (str,),
    "BOOLEAN": (bool,),
    **dict.fromkeys(("SMALLINT", "INTEGER", "BIGINT"), (int,)),
    "DOUBLE": (int, float),
    "DATE": (str, date),
}
"""DuckDB type → the values that are stored as one of it without a change."""


def expected(plan: TablePlan, records: Iterable[Record]) -> dict[str, list[Record]]:
    """Table → the rows that it and the extra tables made from it should have."""
    rows = [row for record in records if (row := transformed(plan, record)) is not None]
    tables = {plan.table.name: rows}
    for nested in plan.nested:
        columns = plan.extra_declared[nested.name]
        lines = (line for row in rows for line in nested.lines(row, columns, plan.table.name))
        tables[nested.name] = [in_form(columns, line) for line in lines]
    for extra in plan.grouped:
        groups: dict[tuple[Any, ...], Any] = {}
        for row in rows:
            group = tuple(row.get(column) for column in extra.by)
            if None not in group:
                groups[group] = extra.fold(groups.get(group), row, plan.table.key_of(row))
        tables[extra.name] = [extra.row(group, folded) for group, folded in groups.items()]
    return tables


def difference(found: TableRows, wanted: Sequence[Record] | None) -> str | None:
    """What tells the live rows of a table (all of them) from those that are *wanted*; None when nothing does.

    With nothing to compare with, a table without rows is the one difference.
    """
    if wanted is None:
        return None if found.total else "it has no rows"
    if found.total != len(wanted):
        return f"{counted(found.total, 'row')} instead of {len(wanted)}"
    position = {plain(name): number for number, name in enumerate(found.columns)}
    if missing := sorted({name for record in wanted for name in record if plain(name) not in position}):
        return f"no column for {', '.join(missing)}"
    names = comparable(found.columns, wanted)
    arrived = {tuple(_as_sent(row[position[plain(name)]]) for name in names) for row in found.rows}
    lost = [record for record in wanted if tuple(_as_sent(record.get(name)) for name in names) not in arrived]
    return f"{counted(len(lost), 'row differs', 'rows differ')}, such as {lost[0]}" if lost else None


def comparable(columns: Mapping[str, str], wanted: Iterable[Record]) -> list[str]:
    """The fields of *wanted* whose stored values (columns: name → DuckDB type) have to be those that were sent."""
    types = {plain(name): kind for name, kind in columns.items()}
    fits: dict[str, bool] = {}
    for record in wanted:
        for name, value in record.items():
            fit = value is None or isinstance(value, _EXACT.get(types.get(plain(name), ""), ()))
            fits[name] = fits.get(name, True) and fit
    return [name for name, fit in fits.items() if fit]


def uncompared(columns: Mapping[str, str], wanted: Iterable[Record]) -> dict[str, str]:
    """The other fields of *wanted* → why not: what their values are stored as, which is written in more than one way."""
    records = list(wanted)
    types = {plain(name): kind for name, kind in columns.items()}
    compared = set(comparable(columns, records))
    rest = dict.fromkeys(name for record in records for name in record if name not in compared)
    return {name: _stored_as(types.get(plain(name), "")) for name in rest}


def _stored_as(kind: str) -> str:
    words = {"JSON": "JSON", "BLOB": "bytes", "FLOAT": "32-bit floats", "VARCHAR": "stored as text"}
    starts = {"TIMESTAMP": "times", "DECIMAL": "decimals"}
    return words.get(kind) or next((word for start, word in starts.items() if kind.startswith(start)), f"stored as {kind}")


def _as_sent(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
