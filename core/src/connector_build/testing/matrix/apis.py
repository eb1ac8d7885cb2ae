"""The APIs that the matrix breaks: one that is made up from the plugin's words, and one that was recorded of the real one."""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from attrs import evolve

from connector_build.api.bodies import with_records
from connector_build.api.exports import job_of
from connector_build.api.feed import Cursors, Entry
from connector_build.api.making import layers
from connector_build.api.messages import Asked, Reply, refused, sent_body
from connector_build.api.mimic import Mimic, own_paths
from connector_build.api.paging import Sizes
from connector_build.api.pointing import innermost, with_place
from connector_build.api.recording import NotRecorded, Recording
from connector_build.api.world import World
from connector_build.testing.warehouse.runs import URL
from connector_core import Record, Windows
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.pagination import Where
from connector_core.source.templates import parts_around, placeholders

MANY = 100_000
"""A page size that no feed here fills."""

Feeds = Callable[["MadeUpApi", list[Entry]], list[Entry]]


class Api:
    """The API of a connector. It lasts for one sync; ``memory`` is the fault's own."""

    def __init__(self, assembly: Assembly, url: str, page_size: int) -> None:
        self.memory: dict[str, Any] = {}
        self.url = url
        self.cursors = Cursors("matrix")
        self.tables = assembly.tables
        self._page_size = page_size

    def answer(self, request: Asked) -> tuple[TablePlan | None, Reply]:
        """The table that is asked for, and the answer."""
        raise NotImplementedError

    def plan_of(self, request: Asked) -> TablePlan | None:
        """The table that is asked for."""
        return self.answer(request)[0]

    def located(self, request: Asked) -> Asked:
        """*request* with what its path says, where that is known."""
        return request

    def entries(self, request: Asked) -> list[Entry]:
        """All that the feed has which is asked for, with places and numbers. Raises NotRecorded where nobody knows."""
        raise NotRecorded(f"{request.path}: nobody recorded what else there is.")

    def whole(self, request: Asked) -> Reply:
        """The answer as it would be if a feed were one page. Raises NotRecorded where nobody knows."""
        raise NotRecorded(f"{request.path}: nobody recorded it as one page.")

    def empty(self, request: Asked) -> Reply:
        """The answer as it would be if there were no record."""
        plan, reply = self.answer(request)
        if plan is None or plan.table.format is not None:
            raise NotRecorded(f"{request.path}: nobody recorded an answer without records.")
        return evolve(reply, body=json.dumps(with_records(json.loads(reply.body), plan.table, [])).encode())

    def double(self, plan: TablePlan, request: Asked, record: Record) -> None:  # noqa: ARG002
        """Hold *record*, which came for *request*, twice from now on, one right behind the other.

        Raises NotRecorded where that cannot be.
        """
        raise NotRecorded(f"{plan.table.name}: what was recorded holds {one_line(record, 60)} once.")

    def feed_of(self, plan: TablePlan, request: Asked) -> str:
        """What tells the feed of *request* from those of the same table's other parents."""
        return f"{plan.table.name} {request.start or request.path}"

    def tells_of_others(self, plan: TablePlan) -> bool:  # noqa: ARG002
        """Whether records of a table say what becomes of those of another."""
        return False

    def is_about(self, plan: TablePlan, request: Asked) -> bool:  # noqa: ARG002
        """Whether *request* asks about records, such as how far an export of them is, and not for them."""
        return False

    def is_start(self, plan: TablePlan, request: Asked) -> bool:
        """Whether *request* is the first one of a feed, or of a window, which carries no position within it."""
        first = plan.paginator.first(plan.table, self._page_size, {})
        for where, name in _ends(plan):
            first = evolve(first.lacking(where, name), places={each: first.places[each] for each in first.places if each != name})
            request = request if where == "path" else with_place(request, where, name, None)
        return (
            request.params.keys() == first.params.keys()
            and all(_fits(value, request.params[name]) for name, value in first.params.items())
            and _fits(sent_body(first), request.json)
            and position(plan, request)[-1] is None
            and all(request.places.get(name) == str(value) for name, value in first.places.items())
            and "?" not in first.path
        )


class MadeUpApi(Api):
    """An API whose records lie in a world. *feeds*: what it makes of what a feed has."""

    def __init__(self, assembly: Assembly, world: World, url: str, page_size: int, feeds: Feeds | None = None) -> None:
        super().__init__(assembly, url, page_size)
        self._world = _Altered(world)
        self._world.made_of_it = partial(feeds, self) if feeds else None
        self._mimic = Mimic(assembly, self._world, url, self.cursors)
        self._in_one_page = Mimic(assembly, self._world, url, self.cursors, Sizes(default=MANY, unasked=MANY))
        self._wholes: dict[str, Reply] = {}

    def answer(self, request: Asked) -> tuple[TablePlan | None, Reply]:
        return self.plan_of(request), self._mimic.reply(request)

    def located(self, request: Asked) -> Asked:
        return self._mimic.located(request)

    def plan_of(self, request: Asked) -> TablePlan | None:
        asked = self._mimic.asked_for(request)
        return asked[0][0] if asked else None

    def feed_of(self, plan: TablePlan, request: Asked) -> str:
        return f"{plan.table.name} {self._mimic.asked_for(request)[0][1]}"

    def tells_of_others(self, plan: TablePlan) -> bool:
        return self._world.tells_of_others(plan)

    def is_about(self, plan: TablePlan, request: Asked) -> bool:
        step = self._mimic.step(request)
        return step.file is None if step else job_of(plan) is not None

    def is_start(self, plan: TablePlan, request: Asked) -> bool:
        return super().is_start(plan, request) if job_of(plan) is None else self._mimic.step(request) is None

    def entries(self, request: Asked) -> list[Entry]:
        plan, parent = self._mimic.asked_for(request)[0]
        return self._world.entries(plan, parent)

    def whole(self, request: Asked) -> Reply:
        key = repr((request.path, request.params, request.json))
        if key not in self._wholes:  # a lie asks at each request, and nothing changes while a sync runs
            self._wholes[key] = self._in_one_page.reply(request)
        return self._wholes[key]

    def empty(self, request: Asked) -> Reply:
        self._world.nothing = True
        try:
            return self.answer(request)[1]
        finally:
            self._world.nothing = False

    def double(self, plan: TablePlan, request: Asked, record: Record) -> None:
        _, parent = self._mimic.asked_for(request)[0]
        self._world.twice.add(plan.table.key_of(_given(plan, record, parent)))


class _Altered(World):
    """A world whose feeds can be told to hold a record twice, or nothing, or what a fault makes of them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.exports = world.exports
        self.twice: set[tuple[str, ...]] = set()
        self.nothing = False
        self.made_of_it: Callable[[list[Entry]], list[Entry]] | None = None

    def records(self, table: str) -> list[Record]:
        return self._world.records(table)

    def deleted_keys(self, plan: TablePlan) -> list[Any]:
        return self._world.deleted_keys(plan)

    def tells_of_others(self, plan: TablePlan) -> bool:
        return self._world.tells_of_others(plan)

    def entries(self, plan: TablePlan, parent: Record) -> list[Entry]:
        found = [] if self.nothing else self._world.entries(plan, parent)
        doubled = [
            entry for entry in found for _ in range(1 + (plan.table.key_of(_given(plan, entry.record, parent)) in self.twice))
        ]
        return self.made_of_it(doubled) if self.made_of_it and not self._world.tells_of_others(plan) else doubled


def _given(plan: TablePlan, record: Record, parent: Record) -> Record:
    """A record with what its parent adds."""
    adds = plan.table.parent.adds if plan.table.parent else {}
    return record | {column: cached_path(name).get(parent) for column, name in adds.items()}


class RecordedApi(Api):
    """An API that answers as it was recorded, under another address."""

    def __init__(self, assembly: Assembly, recording: Recording, url: str) -> None:
        super().__init__(assembly, url, recording.page_size)
        self._recording = recording

    def answer(self, request: Asked) -> tuple[TablePlan | None, Reply]:
        plan = next((plan for plan in self.tables if any(_fits_path(path, request.path) for path in own_paths(plan))), None)
        try:
            reply = self._recording.reply(request)
        except NotRecorded as error:
            return None, refused(404, str(error))
        headers = {name: value.replace(URL, self.url) for name, value in reply.headers.items()}
        return plan, evolve(reply, headers=headers, body=reply.body.replace(URL.encode(), self.url.encode()))


def _fits_path(template: str, path: str) -> bool:
    return re.fullmatch("[^/]*".join(map(re.escape, parts_around(template))), path) is not None


def _fits(wanted: Any, found: Any) -> bool:
    return any(placeholders(wanted)) or bool(wanted == found)


def _ends(plan: TablePlan) -> Iterator[tuple[Where, str]]:
    """What takes the ends of the windows in which a table is read."""
    for layer in layers(plan.paginator):
        if isinstance(layer, Windows):
            yield from ((layer.where, name) for name in (layer.from_param, layer.to_param) if name)


def position(plan: TablePlan, request: Asked) -> tuple[Any, ...]:
    """What tells a request for one page from that for another; last what a header says, or a path that others have not."""
    paginator = innermost(plan)
    where = getattr(paginator, "where", "query")
    apart = where == "header" or (where == "path" and getattr(paginator, "next_path", None))
    return request.path, dict(request.params), request.json, request.get(where, paginator.param) if apart else None
