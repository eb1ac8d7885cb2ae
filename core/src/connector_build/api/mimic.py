"""An API that pages as a connector's own paginators expect it, so that a plugin can be tried without its API.

What is served lies in a ``World``; how it is served is read off the plugin: the paginator of each table, its stop rules, where
the answer has its records, and their format. What cannot be read off, such as a paginator that is a function, is said in an
``Unmimicked``; recorded pages can stand in there.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from attrs import frozen

from connector_build.api.bodies import content_type, place
from connector_build.api.messages import Asked, Reply, json_reply
from connector_build.api.paging import Out, check, serve
from connector_build.api.world import Entry, World
from connector_core import Record, Table
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.parents import PLACEHOLDER


@frozen
class Mimic:
    """The API of one connector. *url* is where it can be reached, for links."""

    assembly: Assembly
    world: World
    url: str = ""

    def check(self) -> None:
        """Raise Unmimicked unless every table can be served."""
        for plan in self.assembly.tables:
            check(plan.paginator, plan.table)
            place(plan.table, [], {})

    def reply(self, request: Asked) -> Reply:
        """The answer to *request*; 404 for an address that no table has, 400 for a position that no answer gave out."""
        for plan in self.assembly.tables:
            parent = self._parent(plan, request)
            if parent is not None:
                try:
                    return self._page(plan, request, self.world.entries(plan, parent))
                except ValueError as error:
                    return json_reply({"error": str(error)}, 400)
        return json_reply({"error": f"there is nothing at {request.path}"}, 404)

    def _parent(self, plan: TablePlan, request: Asked) -> Record | None:
        """Of the record whose children are asked for, the record; an empty one for a table of its own; None: another table."""
        own_paths = [plan.table.path, *_next_paths(plan.paginator)]
        if plan.parent is None:
            return {} if request.path in own_paths and _is_asked(plan.table, request, {}) else None
        for record in self.world.records(plan.parent.table.name):
            values = _Values(record)
            if PLACEHOLDER.sub(values.in_path, plan.table.path) == request.path and _is_asked(plan.table, request, record):
                return record
        return None

    def _page(self, plan: TablePlan, request: Asked, entries: Sequence[Entry]) -> Reply:
        out = Out()
        base = f"{self.url}{request.path}"
        chosen = serve(plan.paginator, plan.table, list(entries), request, out, base)
        body = place(plan.table, [dict(entry.record) for entry in chosen], out.values)
        return Reply(200, {"Content-Type": content_type(plan.table), **out.headers}, body)


@frozen
class _Values:
    record: Record

    def in_path(self, found: re.Match[str]) -> str:
        return quote(self.text(found), safe="")

    def text(self, found: re.Match[str]) -> str:
        value: Any = self.record
        for name in found[1].split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return str(value).lower() if isinstance(value, bool) else str(value)


def _is_asked(table: Table, request: Asked, record: Record) -> bool:
    """Whether *request* carries the constant parts of *table*, filled in for *record*."""
    values = _Values(record)

    def fits(wanted: Any, found: Any) -> bool:
        if isinstance(wanted, Mapping):
            return isinstance(found, Mapping) and all(fits(value, found.get(name)) for name, value in wanted.items())
        filled = PLACEHOLDER.sub(values.text, wanted) if isinstance(wanted, str) else wanted
        return str(filled) == str(found) if isinstance(wanted, str) else bool(wanted == found)

    return (
        request.method == table.method
        and all(fits(value, request.params.get(name)) for name, value in table.params.items())
        and all(fits(value, request.headers.get(name.lower())) for name, value in table.headers.items())
        and (table.body is None or fits(table.body, request.json))
    )


def _next_paths(paginator: Any) -> list[str]:
    inner = getattr(paginator, "pages", None)
    own = getattr(paginator, "next_path", None)
    return ([own] if own else []) + (_next_paths(inner) if inner is not None else [])
