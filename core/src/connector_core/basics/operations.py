"""What the sync engine asks of the world outside: Fivetran's operations and a log. Only fivetran.py knows the SDK."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from attrs import frozen

from connector_core.basics.errors import DeliveryError
from connector_core.basics.names import one_line

T = TypeVar("T")


class Operations(Protocol):
    """The operations of the Connector SDK that the engine uses, with the SDK's own signatures.

    There may be one more, ``truncate_at_end(table)``: what is in the table by now, and is not sent again, is marked as deleted
    once the sync has ended well.
    """

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        """Insert a row, or replace the whole row of the same primary key."""

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        """Mark the row of these keys as deleted."""

    def truncate(self, table: str) -> None:
        """Mark every row of the table as deleted."""

    def checkpoint(self, state: dict[str, Any]) -> None:
        """Save *state*, with every operation before it; the next sync starts from it."""


class Log(Protocol):
    """Where progress goes."""

    def info(self, message: str) -> None:
        """A step that went as expected."""

    def warning(self, message: str) -> None:
        """Something that somebody should look at, although the sync goes on."""

    def alert(self, message: str) -> None:
        """A warning about the data itself, which belongs on the dashboard of whoever uses it: drift, or lost precision."""


Do = Callable[..., Any]
"""Does a call with its arguments, in whatever thread operations belong to, and gives what it returns or raises."""


def at_once(call: Callable[..., T], *arguments: Any) -> T:
    """What *call* returns."""
    return call(*arguments)


@frozen
class Delivery:
    """*operations*, with the SDK's refusal of a row turned into a message that names the table, the row and the value.

    do: what lets the operations happen in the thread that delivers.
    """

    operations: Operations
    do: Do = at_once

    def upsert(self, table: str, row: dict[str, Any], key: Sequence[object]) -> None:
        """Send one row. Raises DeliveryError when the SDK refuses a value in it."""
        self.upsert_all(table, [(key, row)])

    def upsert_all(self, table: str, rows: Iterable[tuple[Sequence[object], Any]]) -> None:
        """Send rows, each with its key in front, one after the other. Raises DeliveryError as ``upsert`` does."""
        self.do(self._upsert_all, table, rows)

    def _upsert_all(self, table: str, rows: Iterable[tuple[Sequence[object], Any]]) -> None:
        upsert = self.operations.upsert
        sent: tuple[Sequence[object], Any] = ((), {})
        try:
            for sent in rows:
                upsert(table, sent[1])
        except _REFUSALS as error:
            raise DeliveryError(_refusal(table, *sent, error)) from None

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        """Delete one row. Raises DeliveryError when the SDK refuses a key."""
        try:
            self.do(self.operations.delete, table, keys)
        except _REFUSALS as error:
            raise DeliveryError(_refusal(table, tuple(keys.values()), keys, error)) from None

    def truncate(self, table: str) -> None:
        """Mark every row of the table as deleted."""
        self.do(self.operations.truncate, table)

    def replace(self, table: str) -> None:
        """Let rows that come from now on take the place of those of before: these go when the sync ends well, or else at once.

        For a table of which each sync sends all: if this sync fails later on, rows of before may be left until the next one.
        """
        self.do(getattr(self.operations, "truncate_at_end", self.operations.truncate), table)


_REFUSALS = (TypeError, ValueError, OverflowError, AttributeError)


def _refusal(table: str, key: Sequence[object], row: Mapping[str, Any], error: Exception) -> str:
    record = one_line(", ".join(map(str, key)), 80)
    name = next((name for name, value in row.items() if not _is_written(value)), None)
    what = f"{one_line(name, 60)} of record {record}" if name is not None else f"record {record}"
    return (
        f"{table}: the SDK refuses {what}: {one_line(error)}. "
        "One of its values does not fit the type that the plugin declares for its column, or is one that JSON does not have: "
        "change the type in columns, or convert the value in a transform. "
        "Nothing before this record is lost; the next sync starts from the last checkpoint."
    )


def _is_written(value: object) -> bool:
    """Whether *value* can be written in UTF-8, and as JSON where it is a list or an object."""
    try:
        (json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)).encode()
    except (TypeError, ValueError, RecursionError):
        return False
    return True
