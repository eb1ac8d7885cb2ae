"""Bodies of answers: records where a table expects them, in its format, and what is said beside them."""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from connector_build.api.errors import Unmimicked
from connector_core import Csv, JsonLines, Record, Table

_LISTED = re.compile(r"(?P<list>@|[^\[\]{}*|&()\"'`,?!<>=]+)\[\*?\](\.(?P<inner>[^\[\]{}*|&()\"'`,?!<>=]+))?")
_ALONE = re.compile(r"\[(?P<path>@|[^\[\]{}*|&()\"'`,?!<>=]+)\]")


def place(table: Table, records: list[Record], values: Mapping[str, Any]) -> bytes:
    """The body of an answer: *records* where *table* expects them, and *values* by their paths."""
    if isinstance(table.format, Csv):
        return _csv(table, table.format, records)
    if isinstance(table.format, JsonLines):
        return "".join(f"{json.dumps(record)}\n" for record in records).encode()
    path, items = _arranged(table, records)
    if path == "@":
        if values:
            raise Unmimicked(f"{table.name}: its answer is the records alone, and yet is asked for {', '.join(values)}.")
        return json.dumps(items).encode()
    body: dict[str, Any] = {}
    set_at(body, path, items)
    for name, value in values.items():
        set_at(body, name, value)
    return json.dumps(body).encode()


def _arranged(table: Table, records: list[Record]) -> tuple[str, Any]:
    """Where in the body the records stand, and what stands there: a list of them, one, or a list of what they are in."""
    if alone := _ALONE.fullmatch(table.records):
        return alone["path"], records[0] if records else None
    if listed := _LISTED.fullmatch(table.records):
        return listed["list"], [_nested(listed["inner"], record) for record in records]
    if any(character in table.records for character in "[]{}*|&()?`"):
        raise Unmimicked(f"{table.name}: its records, at {table.records!r}, cannot be made up. Give recorded pages: pages=….")
    return table.records, records


def _nested(path: str | None, record: Record) -> Record:
    if path is None:
        return record
    outer: Record = {}
    set_at(outer, path, record)
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
    kinds: dict[type, str] = {Csv: "text/csv", JsonLines: "application/x-ndjson"}
    return kinds.get(type(table.format), "application/json")
