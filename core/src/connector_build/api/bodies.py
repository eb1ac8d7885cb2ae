"""Bodies of answers: records where a table expects them, in its format, and what is said beside them."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connector_build.api.errors import Unmimicked
from connector_core import Csv, JsonLines, Record, Table
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
    if isinstance(table.format, Csv):
        return _csv(table, table.format, records)
    if isinstance(table.format, JsonLines):
        return "".join(f"{json.dumps(record)}\n" for record in records).encode()
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


def _csv(table: Table, form: Csv, records: Iterable[Record]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=form.delimiter)
    names = [name for name in table.columns if not (table.parent and name in table.parent.adds)]
    writer.writerow(names)
    writer.writerows([form.null if record.get(name) is None else _cell(record[name]) for name in names] for record in records)
    return file.getvalue().encode(form.encoding)


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else json.dumps(value)


def content_type(table: Table) -> str:
    """The media type of a table's answers."""
    kinds: dict[type, str] = {Csv: "text/csv", JsonLines: "application/x-ndjson"}
    return kinds.get(type(table.format), "application/json")


def records_in(table: Table, body: bytes) -> list[Any]:
    """The records in the body of an answer; those of a CSV with texts only."""
    if isinstance(table.format, Csv):
        text = io.StringIO(body.decode(table.format.encoding), newline="")
        return list(csv.DictReader(text, delimiter=table.format.delimiter))
    if isinstance(table.format, JsonLines):
        return [json.loads(line) for line in body.splitlines()]
    return list(table.find(json.loads(body)) or [])
