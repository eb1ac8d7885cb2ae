"""Deleting what the API no longer has: the keys of the rows that there are, held against a complete list of what there is.

The keys ride in the state, because nobody can ask the destination. They are those of every row that went out and was not deleted:
never fewer than the table has of rows that this connector sent since it remembers them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attrs import define, field

from connector_core.basics.counting import counted
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.operations import Log
from connector_core.derived.applying import LeftOut
from connector_core.engine.reading import Api, Opens
from connector_core.engine.records import Rows
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import UnfitError
from connector_core.source.deletes import ListedIn
from connector_core.source.rows import records_of
from connector_core.source.tables import Key, Table
from connector_core.source.values import read, text

MISSING = "missing"
"""What leaves out a row that the API no longer has."""


@define
class Known:
    """The keys of the rows that the destination has, and those that were met in this sync."""

    table: Table
    keys: dict[Key, None] = field(factory=dict)
    seen: set[Key] = field(factory=set, init=False)

    @classmethod
    def of(cls, table: Table, state: Any, log: Log) -> "Known":
        """Those that a state says; what cannot be read there is left aside, with a warning."""
        found, kept = state if isinstance(state, list) else [], dict[Key, None]()
        for each in found:
            if (key := _restored(table, each)) is not None:
                kept[key] = None
        if len(kept) < len(found) or not isinstance(state, list | type(None)):
            log.warning(
                f"{table.name}: the state holds keys of rows that cannot be read. They are forgotten, and their rows stay."
            )
        return cls(table, kept)

    def intend(self, rows: Rows) -> frozenset[Key]:
        """Take in the keys of *rows*, which are about to go out. Those of them that are new.

        Where there are any, the state has to say so first: a row that arrived right before a crash would otherwise stay for ever.
        """
        new = frozenset(key for key, row in rows if not isinstance(row, LeftOut) and key not in self.keys)
        self.keys |= dict.fromkeys(new)
        return new

    def took(self, rows: Rows) -> None:
        """*rows* go out."""
        for key, row in rows:
            if isinstance(row, LeftOut):
                self.keys.pop(key, None)
            else:
                self.keys[key] = None
            self.seen.add(key)

    def gone(self, there: Iterable[Key] | None = None) -> Rows:
        """What stands for the rows that are not among those *there*, or that were met in this sync."""
        known = self.seen if there is None else set(there)
        names = self.table.primary_key
        return [(key, LeftOut(dict(zip(names, key, strict=True)), MISSING)) for key in self.keys if key not in known]

    def state(self) -> list[Any]:
        """The keys as JSON: texts, or a list of them for a key of several columns."""
        texts = ([text(value) for value in key] for key in self.keys)
        return [each[0] if len(each) == 1 else each for each in texts]


def _restored(table: Table, found: Any) -> Key | None:
    texts = found if isinstance(found, list) else [found]
    if len(texts) != len(table.primary_key) or not all(isinstance(each, str) for each in texts):
        return None
    try:
        return tuple(read(table.declared[name], each) for name, each in zip(table.primary_key, texts, strict=True))
    except UnfitError:
        return None


def listed(plan: TablePlan, rule: ListedIn, api: Api, opens: Opens) -> set[Key]:
    """The keys that the table of *rule* lists, read from its start to its end.

    Raises UnexpectedAnswer for an entry without a key, or with one that is none of its columns' types.
    """
    lister = plan.lister
    assert lister is not None  # noqa: S101  (a plan whose table has such a rule has one)
    found: set[Key] = set()
    for page in opens(lister, api, {}).reads():
        if page is not None:
            where = f"{plan.table.name}: {page.request}"
            records = enumerate(records_of(lister.table, page.page, page.request, where), 1)
            found.update(_key(plan.table, rule, entry, f"{where}: record {number}") for number, entry in records)
    return found


def _key(table: Table, rule: ListedIn, entry: Any, where: str) -> Key:
    named = rule.named(entry)
    try:
        key: Sequence[Any] = [read(table.declared[name], named[name]) for name in table.primary_key]
    except UnfitError as error:
        raise UnexpectedAnswer(f"{where} cannot be held against the rows of {table.name}: its key {error}.") from None
    if None in key:
        names = ", ".join(f"{rule.key[name]}" for name in table.primary_key if named[name] is None)
        raise UnexpectedAnswer(f"{where} has no {names}, which missing of {table.name} names. Correct its key.")
    return tuple(key)


def check_gone(table: Table, rows: Rows, known: Mapping[Key, None]) -> None:
    """Raise UnexpectedAnswer where every row is gone, unless the plugin says that it may be so."""
    if rows and len(rows) == len(known) and not table.may_be_empty:
        raise UnexpectedAnswer(
            f"{table.name}: the API lists none of its {counted(len(known), 'row')}, so every one of them would be "
            f"deleted. If that is "
            "right, write may_be_empty=True in its Table; if not, ask the API's owner."
        )
