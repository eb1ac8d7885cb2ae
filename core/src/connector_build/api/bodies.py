"""Bodies of answers: records where a table expects them, in its format, and what is said beside them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector_build.api import formats
from connector_build.api.errors import Unmimicked
from connector_core import Record, Table
from connector_core.basics.paths import cached_path

_PLAIN = r"[^\[\]{}*|&()\"'`,?!<>=]+"
_INDEX = re.compile(r"-?\d+")
_LISTED = re.compile(rf"(?P<list>@|{_PLAIN})\[\*?\](\.(?P<inner>{_PLAIN}))?")
_NESTED = re.compile(rf"(?P<list>@|{_PLAIN})\[\*?\]\.(?P<inner>{_PLAIN})\[\*?\]")
_VALUES = re.compile(rf"(?P<path>{_PLAIN})\.\*|values\(\s*(?P<argument>{_PLAIN})\s*\)")
_AN_INDEX = re.compile(r"\[(?P<number>-?\d+)\]")
_FILTER = re.compile(r"\[\?[^\]]*\]|\[-?\d*:-?\d*\]")
_FIRST_ARGUMENT = re.compile(rf"\w+\(\s*(?P<path>{_PLAIN})\s*(,.*)?\)")

Placed = Sequence[tuple[Table, list[Record]]]
"""Tables that share an answer, each with its records in it."""


def body_of(placed: Placed, values: Mapping[str, Any]) -> bytes:
    """The body of an answer: the records where their tables expect them, and *values* by their paths.

    Raises Unmimicked where it cannot be told how such an answer looks.
    """
    table, records = placed[0]
    if table.format:
        return formats.written(table, table.format, records, values)
    body: Any = {}
    for table, records in placed:
        body = with_records(body, table, records)
    if values and not isinstance(body, dict):
        raise Unmimicked(f"{table.name}: its answer is the records alone, and yet is asked for {', '.join(values)}.")
    for name, value in values.items():
        body = set_at(body, name, value)
    return json.dumps(body).encode()


def holds_one(table: Table) -> bool:
    """Whether an answer has one record in the place of a list of them."""
    return _alone(table.records) is not None and not table.rows


def with_records(body: Any, table: Table, records: list[Record]) -> Any:
    """*body* with the records where the table finds them. Each way that its path allows is tried, and held against the path."""
    for path, items in _arrangements(table.records, records):
        tried = items if path == "@" else set_at(body, path, items)
        if table.find(tried) == records or (not records and table.find(tried) in (None, [])):
            return tried
    raise Unmimicked(
        f"{table.name}: its records, at {table.records!r}, cannot be made up. Give recorded pages of the API: pages=…."
    )


def _arrangements(path: str, records: list[Record]) -> Iterator[tuple[str, Any]]:
    """Where in a body records may stand for *path* to find them, and what stands there."""
    if holds := _alone(path):
        yield holds, records[0] if records else None
    elif not cached_path(path).needs:
        yield path, records
    elif found := _LISTED.fullmatch(path):
        yield found["list"], [_nested(found["inner"], record) for record in records]
    elif found := _NESTED.fullmatch(path):
        yield found["list"], [_nested(found["inner"], records)]
    elif found := _VALUES.fullmatch(path):
        yield found["path"] or found["argument"], {f"key-{number}": record for number, record in enumerate(records, 1)}
    elif found := _FIRST_ARGUMENT.fullmatch(path):
        yield from _arrangements(found["path"], records)
    elif (shorter := _FILTER.sub("[]", path).partition("|")[0].strip()) != path:
        yield from _arrangements(shorter, records)
        yield from _arrangements(shorter.removesuffix("[]"), records)


def _alone(path: str) -> str | None:
    """What stands in the one pair of brackets around *path*, which make a list of one object; None where there is none."""
    inner = path.strip()[1:-1].strip()
    brackets = path.strip().startswith("[") and path.strip().endswith("]")
    return inner if brackets and not _INDEX.fullmatch(inner) and not cached_path(path).needs else None


def _nested(path: str | None, value: Any) -> Any:
    return value if path is None else set_at({}, path, value)


def set_at(body: Any, path: str, value: Any) -> Any:
    """A copy of *body* with *value* at *path*; objects, and lists for an index, are made where there are none."""
    if index := _AN_INDEX.search(path):
        before, number = path[: index.start()] or "@", int(index["number"])
        there = cached_path(before).get(body)
        if not isinstance(there, list) or not -len(there) <= number < len(there):
            made: list[Any] = [{}] * (number + 1 if number >= 0 else -number)
            body = made if before == "@" else set_at(body, before, made)
    return cached_path(path).put(body, value)


def set_listed(body: Any, path: str, values: list[Any]) -> Any:
    """A copy of *body* with *values* where *path* finds them all, or the first of them where it is one place.

    Raises Unmimicked for a path of which it cannot be told where they are.
    """
    place = cached_path(path)
    if not place.needs:
        return set_at(body, path, values[0])
    for where, items in _arrangements(path, values):
        tried = items if where == "@" else set_at(body, where, items)
        if place.get(tried) == values:
            return tried
    raise Unmimicked(f"what is at {path!r} cannot be made up.")


def content_type(table: Table) -> str:
    """The media type of a table's answers."""
    return formats.media_type(table.format)


def records_in(table: Table, body: bytes) -> list[Any]:
    """The records in the body of an answer; those of a CSV and of XML with texts only."""
    if table.format:
        return formats.read(table, table.format, body)
    return list(table.find(json.loads(body)) or [])


def said(table: Table, body: bytes) -> Any:
    """What a paginator finds in the body of an answer; None where that is the records alone."""
    return formats.said(table, body) if table.format else json.loads(body)


def saying(table: Table, body: bytes, values: Mapping[str, Any]) -> bytes:
    """The same *body* with *values* at their paths. Raises Unmimicked where it is the records alone."""
    if not table.format:
        changed = json.loads(body)
        for path, value in values.items():
            changed = set_at(changed, path, value)
        return json.dumps(changed).encode()
    return formats.written(table, table.format, records_in(table, body), {**(said(table, body) or {}), **values})


def holding(table: Table, body: bytes, records: list[Record]) -> bytes:
    """The *body* of an answer in a format of its own with other *records*."""
    assert table.format is not None  # noqa: S101  (the caller has looked)
    return formats.written(table, table.format, records, said(table, body) or {})
