"""A child table with a million parents, in process and without HTTP: how large its state grows, and how long a sync takes.

    python benchmarks/many_parents.py [PARENTS]

The parents are listed by their change (`UpdatedSince` of the field that `changed` names), so the state has one place. A second
sync follows, after ten of them changed. The same parents listed whole are read until the state is full, if it ever is.
"""

import json
import resource
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

from attrs import define, evolve, field

from connector_core import CursorPaginator, Paginator, Parent, Request, SinglePage, Table, UpdatedSince, hookimpl
from connector_core.basics.errors import ConnectorError
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.pagination import Page

START, SIZE = 1_700_000_000, 200
CREWS = Table("crews", "/crews", "crews", ["id"], {"id": "LONG", "at": "LONG"})
SHIFTS = Table(
    "shifts",
    "/crews/{parent.id}/shifts",
    "shifts",
    ["crew", "number"],
    {"crew": "LONG", "number": "LONG"},
    parent=Parent("crews", {"crew": "id"}, changed="at", incremental=True),
)
PAGES = CursorPaginator("cursor", "next", "limit")


def _cursor(at: int) -> str:
    """A cursor as most APIs have them: not to be taken for a count, which a read that was cut short would not go on from."""
    return b64encode(f"crews after {START + at}".encode()).decode()


def _place(cursor: object) -> int:
    return int(b64decode(cursor).split()[-1]) - START if isinstance(cursor, str) and cursor else 0


@define
class Crews:
    """An API of so many crews, each with one shift, and what is kept of a sync: the largest state, and how many rows came."""

    number: int
    changed: list[int] = field(factory=list)
    rows: int = 0
    requests: int = 0
    largest: int = 0
    state: Mapping[str, Any] = field(factory=dict)

    def __enter__(self) -> "Crews":
        return self

    def __exit__(self, *_: object) -> None: ...

    def fetch(self, table: Table, request: Request) -> Page:
        self.requests += 1
        if table.name != "crews":
            return Page({}, [{"number": 1}])
        since, at = int(request.params.get("since", 0)), _place(request.params.get("cursor"))
        first = max(0, since - START)
        last = min(first + at + SIZE, self.number)
        crews = [{"id": each, "at": START + each} for each in range(first + at, last)]
        if last == self.number:
            crews += [{"id": each, "at": START + self.number + each} for each in self.changed]
        return Page({"next": _cursor(at + SIZE) if last < self.number else None}, crews)

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.rows += 1

    def delete(self, table: str, keys: dict[str, Any]) -> None: ...

    def truncate(self, table: str) -> None: ...

    def checkpoint(self, state: dict[str, Any]) -> None:
        text = json.dumps(state)
        self.state, self.largest = json.loads(text), max(self.largest, len(text))

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def alert(self, message: str) -> None: ...


def made(parents: Paginator, *, whole: bool = False) -> Assembly:
    """Crews, paged with *parents*, and their shifts; *whole*: every sync lists all crews."""
    shifts = evolve(SHIFTS, parent=Parent("crews", {"crew": "id"}, changed="at")) if whole else SHIFTS
    hooks: dict[str, Any] = {
        "connector_tables": hookimpl(lambda: [CREWS, shifts]),
        "connector_paginator": hookimpl(lambda table: parents if table == CREWS else SinglePage()),
    }
    return assemble([Plugin("crews", SimpleNamespace(**hooks))])


def one(assembly: Assembly, api: Crews) -> str:
    """One sync, in words."""
    api.rows = api.requests = api.largest = 0
    started, why = time.monotonic(), ""
    engine = Engine(client=lambda *_: cast(Client, api))
    values = {"base_url": "https://api.example.com", "page_size": str(SIZE), "threads": "1"}
    try:
        sync(assembly, values, api.state, api, api, engine)
    except ConnectorError as error:
        why = f", and then: {error}"
    seconds = time.monotonic() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{api.requests:,} requests, {api.rows:,} rows in {seconds:.0f} s, a state of at most {api.largest:,} bytes, "
        f"at most {peak:.0f} MB so far{why}"
    )


def main() -> None:
    """Print what three syncs came to."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    by_change, api = made(UpdatedSince("since", "at", PAGES)), Crews(number)
    _say(f"listed by their change: {one(by_change, api)}")
    api.changed = list(range(10))
    _say(f"after ten changed:      {one(by_change, api)}")
    _say(f"listed whole:           {one(made(PAGES, whole=True), Crews(number))}")


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
