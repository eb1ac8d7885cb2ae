"""Deletes that another table of the dataset tells of: a feed of events, or of what was archived."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, check_name, one_line
from connector_core.basics.paths import Path, compile_path, taken

PAIR = 2

When = tuple[str, str | int | bool | Sequence[str | int | bool]]
"""A field of an event, and the value, or one of the values, that it has to have."""


def _check_key(key: object, where: str, example: str) -> None:
    """Raise PluginError unless *key* is column → field of what another table says."""
    if not isinstance(key, Mapping) or not key:
        raise PluginError(f"{where}: key is {one_line(repr(key), 60)}. Write {example}.")
    for column in key:
        check_column_name(column, f"{where}: key")


@frozen(hash=False)
class DeletedBy:
    """Rows of a table are deleted where a record of another table, a feed of events, says that they are gone.

    table: the table of events, one of its own. What it stores itself does not change.
    key:   column of the primary key → field of an event: ``{"id": "data.object.id"}``.
    when:  the field of an event that says what it is about, with the value, or a list of values, for a deletion:
           ``("type", "customer.deleted")``. None: each event names what is gone.

    The events are read in each sync of the table, apart from the sync of their own table and before the table's feed: what the
    API still sends stays, or comes back. Raises PluginError when a value cannot be used.
    """

    table: str
    key: Mapping[str, str]
    when: When | None = None
    places: Mapping[str, Path] = field(init=False, eq=False, repr=False)
    """Of each column of the key, where its value is in an event."""
    about: Path | None = field(init=False, eq=False, repr=False)
    """Where the field of *when* is."""

    def __attrs_post_init__(self) -> None:
        check_name(self.table, "A table of events")
        where = f"DeletedBy {self.table}"
        _check_key(self.key, where, '{"id": "data.object.id"}')
        if self.when is not None and not (isinstance(self.when, tuple) and len(self.when) == PAIR):
            raise PluginError(f'{where}: when is {one_line(repr(self.when), 60)}. Write ("type", "customer.deleted").')
        try:
            object.__setattr__(self, "places", {column: compile_path(name) for column, name in self.key.items()})
            object.__setattr__(self, "about", None if self.when is None else compile_path(self.when[0]))
        except PluginError as error:
            raise PluginError(f"{where}: {error}") from None

    def tells(self, event: Any) -> bool:
        """Whether *event* says that something is gone."""
        if self.about is None or self.when is None:
            return True
        wanted = self.when[1]
        found = self.about.get(event)
        return found in wanted if isinstance(wanted, list | tuple) else bool(found == wanted)

    def gone(self, event: Any) -> dict[str, Any]:
        """Column → value of the key that *event* names; null where it has nothing there."""
        return taken(self.places, event)


@frozen(hash=False)
class ListedIn:
    """Rows of a table are deleted that another table, a complete list of what there is, does not name.

    table: the table that lists what there is, one of its own. It is read whole in each sync of this one, after its feed.
    key:   column of the primary key → field of an entry of that list: ``{"id": "id"}``.

    Raises PluginError when a value cannot be used.
    """

    table: str
    key: Mapping[str, str]
    places: Mapping[str, Path] = field(init=False, eq=False, repr=False)
    """Of each column of the key, where its value is in an entry."""

    def __attrs_post_init__(self) -> None:
        check_name(self.table, "A table that lists what there is")
        where = f"ListedIn {self.table}"
        _check_key(self.key, where, '{"id": "id"}')
        try:
            object.__setattr__(self, "places", {column: compile_path(name) for column, name in self.key.items()})
        except PluginError as error:
            raise PluginError(f"{where}: {error}") from None

    def named(self, entry: Any) -> dict[str, Any]:
        """Column → value of the key that *entry* names; null where it has nothing there."""
        return taken(self.places, entry)


def check_deletes(table: Any, where: str) -> None:
    """Raise PluginError where what *table* says of deletes does not go with the rest of it."""
    for word, rule in (("deleted_by", table.deleted_by), ("missing", table.missing)):
        if rule is not None:
            _check_rule(table, where, word, rule)
            _check_rows_may_go(table, where, word)
    if table.deleted_by is not None and table.parent is not None:
        raise PluginError(f"{where}: deleted_by is for a table that is read on by itself, and this one is a child (parent).")
    if table.missing is not None and table.parent is not None and table.parent.changed:
        raise PluginError(
            f"{where}: missing needs all that there is, and children of a parent that did not change are not read. "
            "Leave changed out of its parent, or missing out of the table."
        )


def _check_rows_may_go(table: Any, where: str, word: str) -> None:
    for option, why in {"append_only": "never changes", "full_refresh": "is replaced in each sync"}.items():
        if getattr(table, option):
            raise PluginError(f"{where}: {word} is for a table whose rows may go, and this one {why} ({option}).")
    if not table.primary_key:
        raise PluginError(f"{where}: {word} tells rows by their key, and primary_key is empty.")


_EXAMPLES: Mapping[str, str] = {
    "missing": '"delete", or ListedIn("ids", {"id": "id"})',
    "deleted_by": 'DeletedBy("events", {"id": "object.id"})',
}


def _check_rule(table: Any, where: str, word: str, rule: object) -> None:
    if word == "missing" and rule == "delete":
        return
    if not isinstance(rule, ListedIn if word == "missing" else DeletedBy):
        raise PluginError(f"{where}: {word} is {one_line(repr(rule), 60)}. Write {_EXAMPLES[word]}.")
    if set(rule.key) != set(table.primary_key):
        own = ", ".join(table.primary_key) or "none"
        raise PluginError(
            f"{where}: {word} has a key of {', '.join(rule.key)}, and the table one of {own}. "
            "Name a field for each column of primary_key."
        )
