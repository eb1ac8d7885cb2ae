"""How the state writes what extra tables need of rows: column by column, compressed, each value as its declared type has it."""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from typing import Any

from attrs import frozen

from connector_core.basics.decoding import decode_text
from connector_core.engine.identity import identity
from connector_core.engine.ledger import Entry
from connector_core.plugin.plan import TablePlan
from connector_core.source.columns import Column
from connector_core.source.tables import Key
from connector_core.source.texts import json_text
from connector_core.source.values import plain, step

LEVEL = 1
"""Of compression: the best one takes five times as long, for a tenth less."""
_AS_THEY_ARE = frozenset({"SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "BOOLEAN", "STRING", "XML"})
"""Types of which JSON has each value."""

Change = tuple[Key, Sequence[Any] | None]
"""The key of a row and its values; None where it is gone."""


class UnreadableError(Exception):
    """The state says something else than what was written there."""


@frozen
class Layout:
    """Which columns are kept, and how: *key* and *columns* with their types; *of* tells it, and the feed, from any other."""

    of: str
    key: Sequence[Column]
    names: Sequence[str]
    columns: Sequence[Column]

    @classmethod
    def made(cls, plan: TablePlan, names: Sequence[str]) -> "Layout":
        """That of *names*, columns of the table of *plan*."""
        key = [Column(plan.declared[name].type) for name in plan.table.primary_key] or [Column("STRING")]
        columns = [Column(plan.declared[name].type) for name in names]
        what = [identity(plan), list(plan.table.primary_key), [each.type for each in key]]
        what += [[name, column.type] for name, column in zip(names, columns, strict=True)]
        return cls(blake2b(json.dumps(what).encode(), digest_size=6).hexdigest(), key, tuple(names), columns)

    def written(self, there: Sequence[Entry], gone: Sequence[Key] = ()) -> str:
        """Rows that are *there*, and the keys of those that are *gone*, as JSON."""
        keys, values = zip(*there, strict=True) if there else ((), ())
        parts = [_columns(self.key, keys), _columns(self.columns, values), _columns(self.key, gone)]
        return json.dumps(parts, separators=(",", ":"))

    def read(self, part: Any) -> Iterator[Change]:
        """What a part holds. Raises whatever comes of one that holds something else."""
        keys, values, gone = json.loads(zlib.decompress(b64decode(part, validate=True)))
        yield from zip(_rows(self.key, keys), _rows(self.columns, values), strict=True)
        yield from ((key, None) for key in _rows(self.key, gone))


def _columns(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    each = [list(values) for values in zip(*rows, strict=True)] if rows else [[] for _ in columns]
    return [_written(column.type, values) for column, values in zip(columns, each, strict=True)]


def _written(kind: str, values: list[Any]) -> list[Any]:
    if kind in _AS_THEY_ARE:
        return values
    if kind == "JSON":  # with each digit that was sent
        return [None if value is None else json_text(value) for value in values]
    return [plain(value) for value in values]


def _rows(columns: Sequence[Column], written: Any) -> Iterator[tuple[Any, ...]]:
    return zip(*[_restored(column, values) for column, values in zip(columns, written, strict=True)], strict=True)


def _restored(column: Column, values: Any) -> Sequence[Any]:
    if not isinstance(values, list):
        raise UnreadableError
    if column.type == "JSON":
        return [None if value is None else decode_text(value) for value in values]
    steps = {kind: step(column, kind) for kind in set(map(type, values))}
    if not any(steps.values()):
        return values
    return [value if (convert := steps[value.__class__]) is None else convert(value) for value in values]


def packed_text(text: str) -> str:
    """A part, of its JSON."""
    return b64encode(zlib.compress(text.encode(), LEVEL)).decode()
