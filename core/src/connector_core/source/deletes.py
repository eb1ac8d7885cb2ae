"""Deletes that another table of the dataset tells of: a feed of events, or of what was archived."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_name, check_name, one_line
from connector_core.basics.paths import Path, compile_path

PAIR = 2

When = tuple[str, str | int | bool | Sequence[str | int | bool]]
"""A field of an event, and the value, or one of the values, that it has to have."""


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
        if not isinstance(self.key, Mapping) or not self.key:
            raise PluginError(f'{where}: key is {one_line(repr(self.key), 60)}. Write {{"id": "data.object.id"}}.')
        for column in self.key:
            check_column_name(column, f"{where}: key")
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
        return {column: place.get(event) for column, place in self.places.items()}
