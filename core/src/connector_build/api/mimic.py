"""An API that answers as a connector's own words say, so that a plugin can be tried without its API.

What is served lies in a ``World``; how it is served is read off the plugin: the paginator of each table, its stop rules, where
the answer has its records, and their format. What cannot be read off, such as a paginator that is a function, is said in an
``Unmimicked``; recorded pages can stand in there.
"""

import re
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from attrs import evolve, field, frozen

from connector_build.api import exports
from connector_build.api.bodies import body_of, content_type
from connector_build.api.errors import Unmimicked
from connector_build.api.exports import Step, job_of
from connector_build.api.feed import Cursors, Entry
from connector_build.api.finding import located, names_in_paths
from connector_build.api.making import layers, window_field
from connector_build.api.messages import Asked, Reply, refused, sent_body
from connector_build.api.paging import Cutting, Sizes, why_unknown
from connector_build.api.shaping import settled, shaped, why_unshaped
from connector_build.api.world import World, above, same_address, same_list
from connector_core import Record, Request, Table, Windows
from connector_core.basics.paths import cached_path
from connector_core.paging.resting import first_request
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.templates import Filling, parts_around

PAGES = "Give recorded pages of the API: contract_for(…, pages=…)."


@frozen
class Mimic:
    """The API of one connector.

    url:     where it can be reached, for links.
    cursors: those that it hands out and takes.
    sizes:   how many records a page may have.
    away:    the files of exports lie at the hosts that a table names as ``elsewhere``, and whoever asks there is led here. Else
             they lie at the API's own address.
    """

    assembly: Assembly
    world: World
    url: str = ""
    cursors: Cursors = field(factory=lambda: Cursors("mimic"))
    sizes: Sizes = field(factory=Sizes)
    away: bool = True

    def check(self) -> None:
        """Raise Unmimicked unless every table can be served."""
        for why in known_part(self.assembly)[1].values():
            raise Unmimicked(f"{why}. {PAGES}")

    def located(self, request: Asked) -> Asked:
        """*request* with what its path says, for a table that has positions there."""
        for plan in self.assembly.tables:
            if names := names_in_paths(plan):
                parents = self.world.records(plan.parent.table.name) if plan.parent else [{}]
                for start, path in ((start, path) for record in parents for start, path in _paths(plan, record)):
                    if found := located(request, path, start, names):
                        return found
        return request

    def reply(self, request: Asked) -> Reply:
        """The answer to *request*; 404 for an address that no table has, 400 for a position that no answer gave out."""
        request = self.located(request)
        step = self.step(request)
        asked = self.asked_for(request)
        if not asked:
            return refused(404, f"there is nothing at {request.path}")
        try:
            if step is not None:
                return exports.told(step, self.url, away=self.away) if step.file is None else self._file(request, step, step.file)
            plan, parent = asked[0]
            if job := job_of(plan):
                return exports.taken_on(job, self.world.exports.make(plan.table.name, parent, request), self.url)
            return self._page(request, asked)
        except ValueError as error:
            return refused(400, str(error))

    def asked_for(self, request: Asked) -> list[tuple[TablePlan, Record]]:
        """The tables that one answer to *request* serves, each with the parent whose children are asked for, or an empty record.

        Of several that fit, those that say most about their requests, and of these the ones that are asked for as the first is.
        """
        if step := self.step(request):
            return [(step.plan, step.export.parent)]
        fits = [(plan, parent) for plan in self.assembly.tables if (parent := self._parent(plan, request)) is not None]
        said = [len(plan.table.params) + len(plan.table.headers) + len(plan.table.body or ()) for plan, _ in fits]
        best = [each for each, number in zip(fits, said, strict=True) if number == max(said)]
        return [(plan, parent) for plan, parent in best if same_address(plan.table, best[0][0].table)]

    def step(self, request: Asked) -> Step | None:
        """What *request* is about, if it is about an export that was asked for before."""
        steps = (exports.step_of(plan, self.world.exports, request) for plan in self.assembly.tables)
        return next((step for step in steps if step is not None), None)

    def _parent(self, plan: TablePlan, request: Asked) -> Record | None:
        """Of the record whose children are asked for, the record; an empty one for a table of its own; None: another table."""
        names = names_in_paths(plan)
        if not any(_could_be(path, request.path, names) for path in own_paths(plan)):
            return None
        for record in self.world.records(plan.parent.table.name) if plan.parent else [{}]:
            paths = [path for _, path in _paths(plan, record)]
            here = any(located(request, path, "", names) for path in paths) if names else request.path in paths
            if here and _is_asked(plan, request, record):
                return record
        return None

    def _page(self, request: Asked, asked: Sequence[tuple[TablePlan, Record]]) -> Reply:
        cutting = self._cutting(request, f"{self.url}{request.path}")
        found: list[tuple[TablePlan, list[Entry]]] = []
        for group in _alike(asked):
            plans = [plan for plan, _ in group]
            lists = [self.world.entries(plan, parent) for plan, parent in group]
            found += zip(plans, cutting.page(plans[0].paginator, [plan.table for plan in plans], lists), strict=True)
        return self._answer(cutting, found)

    def _file(self, request: Asked, step: Step, number: int) -> Reply:
        """The records that an export has in one of its files, as they are by now."""
        plan, job, export = step.plan, step.job, step.export
        base = f"{self.url}{request.path}"
        if not isinstance(job.result, Request):
            if not exports.is_signed(request):
                return refused(403, "the address of a file is signed")
            request, base = (
                exports.asked_for_file(request),
                exports.address(plan, export, self.url, number, away=self.away).partition("?")[0],
            )
        tables, lists = [plan.table], [self.world.entries(plan, export.parent)]
        _, [entries] = self._cutting(export.created, "").narrowed(plan.paginator, tables, lists)
        cutting = self._cutting(request, base)
        pages = cutting.page(job.pages, tables, [exports.part_of(entries, number, exports.files_of(job))])
        return self._answer(cutting, [(plan, pages[0])])

    def _cutting(self, request: Asked, base: str) -> Cutting:
        return Cutting(request, base, self.cursors, self.sizes)

    def _answer(self, cutting: Cutting, found: Sequence[tuple[TablePlan, list[Entry]]]) -> Reply:
        placed: list[tuple[Table, list[Any]]] = []
        beside: dict[str, Any] = {}
        for plan, page in found:
            raw, more = shaped(plan.table, [dict(entry.record) for entry in page])
            placed.append((plan.table, raw))
            beside |= more
        gone = {plan.table.deleted: self.world.deleted_keys(plan) for plan, _ in found if plan.table.deleted}
        body = body_of(placed, {**beside, **gone, **cutting.values})
        return Reply(200, {"Content-Type": content_type(placed[0][0]), **cutting.headers}, body)


def why_not(plan: TablePlan) -> str | None:
    """Why the API of a table cannot be made up from what its plugin says, without a full stop; None where it can."""
    if why := why_unknown(plan) or why_unshaped(plan.table):
        return why
    try:
        raw, beside = shaped(
            plan.table, [settled(plan.table, dict.fromkeys(plan.table.columns, "found"))] if plan.table.rows else [{"found": 1}]
        )
        body_of([(plan.table, raw)], beside)
        for layer in layers(plan.paginator):
            if isinstance(layer, Windows) and isinstance(layer.start, str):
                window_field(plan.table, layer)
    except Unmimicked as error:
        return str(error).partition(". ")[0].removesuffix(".")
    return None


def _example(table: Table) -> list[Any]:
    return shaped(table, [settled(table, dict.fromkeys(table.columns, "found"))])[0] if table.rows else [{"found": 1}]


def known_part(assembly: Assembly) -> tuple[Assembly, dict[str, str]]:
    """*assembly* with those of its tables whose API can be made up, and why the others' cannot, by their names."""
    reasons = {plan.table.name: why for plan in assembly.tables if (why := why_not(plan))}
    for plan in assembly.tables:
        if any(each.table.name in reasons for each in above(plan)):
            reasons.setdefault(plan.table.name, f"{plan.table.name}: its parent's API cannot be made up")
    return evolve(assembly, tables=tuple(plan for plan in assembly.tables if plan.table.name not in reasons)), reasons


def own_paths(plan: TablePlan) -> list[str]:
    """The paths that a table is asked for at."""
    return [plan.table.path, *(layer.next_path for layer in layers(plan.paginator) if getattr(layer, "next_path", None))]


def _alike(asked: Sequence[tuple[TablePlan, Record]]) -> list[list[tuple[TablePlan, Record]]]:
    """The tables of one answer by how they are paged; of several that are read from the same list the first stands for all."""
    groups: list[list[tuple[TablePlan, Record]]] = []
    for plan, parent in asked:
        if any(same_list(plan.table, other.table) for group in groups for other, _ in group):
            continue
        own = next((group for group in groups if group[0][0].paginator == plan.paginator), None)
        if own is None:
            groups.append([(plan, parent)])
        else:
            own.append((plan, parent))
    return groups


def _could_be(template: str, path: str, names: Set[str]) -> bool:
    """Whether *path* has the shape of *template*, whatever stands in the place of the parent's fields and of *names*."""
    shape = "[^/]*".join(map(re.escape, parts_around(template)))
    for name in names:
        shape = shape.replace(re.escape(f"{{{name}}}"), "[^/]+")
    return re.fullmatch(shape, path) is not None


def _paths(plan: TablePlan, record: Record) -> list[tuple[str, str]]:
    """The paths that a table, or the children of *record*, are asked for at, each with that of the first request."""
    filling = _filling(record)
    start, *others = (filling.path(path) for path in own_paths(plan))
    return [(start, path) for path in (start, *others)]


def _filling(record: Record) -> Filling:
    return Filling(lambda _, name: cached_path(name).get(record), ("parent", "each"))


def _is_asked(plan: TablePlan, request: Asked, record: Record) -> bool:
    """Whether *request* carries the constant parts of a table, filled in for *record*, but for those that a template replaces."""
    filling = _filling(record)

    def fits(wanted: Any, found: Any) -> bool:
        if isinstance(wanted, Mapping):
            return isinstance(found, Mapping) and all(fits(value, found.get(name)) for name, value in wanted.items())
        filled = filling.text(wanted) if isinstance(wanted, str) else wanted
        return str(filled) == str(found) if isinstance(wanted, str) else bool(wanted == found)

    first = first_request(plan.table)
    for layer in layers(plan.paginator):
        if getattr(layer, "template", None) is not None:
            first = first.lacking(layer.where, getattr(layer, "param", None) or layer.from_param)
    return (
        request.method == first.method
        and all(fits(value, request.params.get(name)) for name, value in first.params.items())
        and all(fits(value, request.headers.get(name.lower())) for name, value in first.headers.items())
        and (first.json is None or _is_sent(first, request, fits))
    )


def _is_sent(first: Request, request: Asked, fits: Callable[[Any, Any], bool]) -> bool:
    """Whether *request* has the body of *first*, as it is sent."""
    form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
    if not first.form:
        return not form and fits(first.json, request.json)
    return form and fits(sent_body(first), request.json)
