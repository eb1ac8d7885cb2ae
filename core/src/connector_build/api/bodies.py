"""Bodies of answers: records where a table expects them, in its format, and what is said beside them."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from connector_build.api.errors import Unmimicked
from connector_core import Csv, JsonLines, Record, Table

_PLAIN = r"[^\[\]{}*|&()\"'`,?!<>=]+"
_PATH = re.compile(_PLAIN)
_ALONE = re.compile(rf"\[\s*(?P<path>@|{_PLAIN})\s*\]")
_INDEX = re.compile(r"\[\s*-?\d*(:-?\d*)*\s*\]")
_LISTED = re.compile(rf"(?P<list>@|{_PLAIN})\[\*?\](\.(?P<inner>{_PLAIN}))?")
_NESTED = re.compile(rf"(?P<list>@|{_PLAIN})\[\*?\]\.(?P<inner>{_PLAIN})\[\*?\]")
_VALUES = re.compile(rf"(?P<path>{_PLAIN})\.\*|values\(\s*(?P<argument>{_PLAIN})\s*\)")
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
        body = _with_records(body, table, records)
    if values and not isinstance(body, dict):
        raise Unmimicked(f"{table.name}: its answer is the records alone, and yet is asked for {', '.join(values)}.")
    for name, value in values.items():
        set_at(body, name, value)
    return json.dumps(body).encode()


def holds_one(table: Table) -> bool:
    """Whether an answer has one record in the place of a list of them."""
    return bool(_ALONE.fullmatch(table.records)) and not _INDEX.fullmatch(table.records)


def _with_records(body: dict[str, Any], table: Table, records: list[Record]) -> Any:
    """*body* with the records where the table finds them. Each way that its path allows is tried, and held against the path."""
    for path, items in _arrangements(table.records, records):
        tried: Any = items
        if path != "@":
            tried = json.loads(json.dumps(body))
            set_at(tried, path, items)
        if table.find(tried) == records or (not records and table.find(tried) in (None, [])):
            return tried
    raise Unmimicked(
        f"{table.name}: its records, at {table.records!r}, cannot be made up. Give recorded pages of the API: pages=…."
    )


def _arrangements(path: str, records: list[Record]) -> Iterator[tuple[str, Any]]:
    """Where in a body records may stand for *path* to find them, and what stands there."""
    if holds := _ALONE.fullmatch(path):
        yield holds["path"], records[0] if records else None
    elif _PATH.fullmatch(path):
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


def _nested(path: str | None, value: Any) -> Any:
    if path is None:
        return value
    outer: Record = {}
    set_at(outer, path, value)
    return outer


def set_at(body: dict[str, Any], path: str, value: Any) -> None:
    """Put *value* into *body* at *path*, keys with dots between them."""
    *outer, last = path.split(".")
    for name in outer:
        body = body.setdefault(name, {})
    body[last] = value


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
