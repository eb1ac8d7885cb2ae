"""`connector-build compare`: both connectors over one recording, their rows, and what a change from one to the other means."""

from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from connector_build.local.fivetran import TableRows, read_tables
from connector_build.review.changes import Change
from connector_build.review.diff import compare as compare_locks
from connector_build.review.proof.differences import Difference, differences
from connector_build.review.proof.running import Run
from connector_build.review.proof.truth import Truth
from connector_build.review.proof.values import sdk_type
from connector_core.basics.names import stored_name
from connector_core.plugin.assembly import Assembly
from connector_core.runtime.scripts.warehouse import warehouse

EXITS: Final[Mapping[str, int]] = {"same": 0, "new": 10, "unknown": 20}
"""Verdict → exit code: nothing differs; the new connector is right wherever something does; it is not, or nobody can tell."""


@frozen
class Compared:
    """One table: its name in both, how many rows the recording has for it, and how many each connector left."""

    table: str
    old_table: str
    records: int
    wanted: int
    old: int
    new: int


@frozen
class Takeover:
    """A sync of the new connector from where the old one stopped. why_not: why there is none.

    state: that of the old one. sent: rows that were sent. whole: the feed was read from its start. wrong: rows that differ from
    the recording afterwards, by table.
    """

    state: Any
    sent: int = 0
    whole: bool = False
    wrong: Mapping[str, int] = field(factory=dict)
    why_not: str = ""


@frozen
class Proof:
    """What the comparison found."""

    tables: Sequence[Compared]
    differences: Sequence[Difference]
    requests: tuple[int, int]
    changes: Sequence[Change]
    takeover: Takeover

    @property
    def verdict(self) -> str:
        """``same``, ``new`` (which is right wherever something differs) or ``unknown``."""
        if not self.differences:
            return "same"
        return "new" if all(each.right == "new" for each in self.differences) else "unknown"


def _keys(project: Path) -> dict[str, list[str]]:
    """Table → its primary key, as the local destination has it."""
    if not warehouse(project).exists():
        return {}
    read_tables(project, [], 0)  # says what to do where DuckDB is missing
    duckdb = import_module("duckdb")
    with duckdb.connect(str(warehouse(project)), read_only=True) as database:
        names = database.execute("SELECT table_name FROM information_schema.tables ORDER BY table_name").fetchall()
        keyed = "SELECT table_name, constraint_column_names FROM duckdb_constraints() WHERE constraint_type = 'PRIMARY KEY'"
        keys = dict(database.execute(keyed).fetchall())
    return {name: [each for each in keys.get(name, ()) if not each.startswith("_fivetran")] for (name,) in names if _is_own(name)}


def _is_own(name: str) -> bool:
    return not name.startswith("_fivetran")


def paired(wanted: Sequence[str], stored: Sequence[str]) -> dict[str, str]:
    """Table of the new connector → table of the old one: by name, or because each has one more alone."""
    by_name = {stored_name(name): name for name in stored}
    found = {name: by_name[stored_name(name)] for name in wanted if stored_name(name) in by_name}
    rest, left = [name for name in wanted if name not in found], [name for name in stored if name not in found.values()]
    return found | ({rest[0]: left[0]} if len(rest) == len(left) == 1 else {})


def prove(assembly: Assembly, truths: Mapping[str, Truth], old: Run, new: Run) -> tuple[list[Compared], list[Difference]]:
    """The tables, and where their rows differ."""
    keys = _keys(old.project)
    sources = [plan.table.name for plan in assembly.tables]
    pairs = paired(sources, list(keys)) | paired([name for name in truths if name not in sources], list(keys))
    tables, found = [], []
    for name, truth in truths.items():
        before = rows_in(old.project, pairs[name]) if name in pairs else TableRows(name, {}, (), 0)
        now = rows_in(new.project, name)
        tables.append(Compared(name, pairs.get(name, ""), truth.records, len(truth.rows), before.total, now.total))
        found += differences(truth, before, now, keys.get(pairs.get(name, ""), []))
    found += _only_old(old, [name for name in keys if name not in pairs.values()])
    return tables, found


def rows_in(project: Path, name: str) -> TableRows:
    """The live rows of a table of *project*."""
    [found] = read_tables(project, [name], None)
    return found


def _only_old(old: Run, names: Sequence[str]) -> Iterator[Difference]:
    for rows in read_tables(old.project, names, 0):
        if rows.total:
            said = "Only the old connector writes this table. Declare it, or let it go: it stays in the destination as it is."
            yield Difference(rows.name, "", "own table", rows.total, "unknown", said)


def changes(lock: Mapping[str, Any], old: Run, tables: Sequence[Compared], configuration: Mapping[str, str]) -> list[Change]:
    """What `connector-build diff` would say of the new connector's *lock* after the old one, as far as its rows tell."""
    keys = _keys(old.project)
    made = {}
    for each in tables:
        if each.old_table:
            columns = {name: sdk_type(kind) for name, kind in rows_in(old.project, each.old_table).columns.items()}
            made[each.table] = {"primary_key": keys[each.old_table], "columns": _named(columns, lock["tables"][each.table])}
    named = {each.old_table for each in tables}
    made |= {name: {"primary_key": key, "columns": {}} for name, key in keys.items() if name not in named}
    settings = {name: lock["settings"].get(name, {"kind": "text"}) for name in configuration}
    same = {name: lock[name] for name in ("dataset", "enabled", "disabled", "sources", "options") if name in lock}
    found = compare_locks({**same, "tables": made, "settings": settings}, lock)
    return [change for change in found if not change.what.startswith("source ")]


def _named(columns: Mapping[str, str], table: Mapping[str, Any]) -> dict[str, str]:
    """*columns* by the names that the new connector has for them; those that nobody declares arrive all the same."""
    known = {stored_name(name): name for name in table["columns"]}
    return {known[stored_name(name)]: kind for name, kind in columns.items() if stored_name(name) in known}
