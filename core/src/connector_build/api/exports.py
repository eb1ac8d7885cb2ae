"""Export jobs: how an API takes them on, says how far they are, and hands out what they made, read off a plugin's ``Job``."""

from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any
from urllib.parse import unquote

from attrs import define, evolve, field, frozen

from connector_build.api.bodies import set_at, set_listed
from connector_build.api.finding import unfilled
from connector_build.api.making import layers
from connector_build.api.messages import Asked, Reply, json_reply
from connector_core import Job, Record, Request
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import TablePlan

POLLS = 1
"""So often an export is said not to be ready yet."""
SIGNED = {"X-Signature": "made-up"}
"""The query of the address of what was made."""

_JOB = frozenset({"job"})
_SOON = {"Retry-After": "0"}
_UNDER_WAY = "under way"


@define
class Export:
    """One export: of which table, which parent's children, what was asked for, and how often anybody asked how far it is."""

    number: int
    table: str
    parent: Record
    created: Asked
    polls: int = 0

    @property
    def name(self) -> str:
        """What the API calls it."""
        return f"export-{self.number}"


@define
class Exports:
    """The exports that an API has made, by their names."""

    made: dict[str, Export] = field(factory=dict)
    _numbers: Iterator[int] = field(factory=lambda: count(1), init=False)

    def make(self, table: str, parent: Record, request: Asked) -> Export:
        """A new one."""
        export = Export(next(self._numbers), table, parent, request)
        self.made[export.name] = export
        return export


@frozen
class Step:
    """A request about an export: how far it is or, with a *file*, for that of the files that it made."""

    plan: TablePlan
    job: Job
    export: Export
    file: int | None = None


def job_of(plan: TablePlan) -> Job | None:
    """The job that a table is read by."""
    return next((layer for layer in layers(plan.paginator) if isinstance(layer, Job)), None)


def step_of(plan: TablePlan, exports: Exports, request: Asked) -> Step | None:
    """What *request* is about, if it is about an export of a table."""
    job = job_of(plan)
    if job is None:
        return None
    for file, name in _named(job, request):
        export = exports.made.get(name)
        if export is not None and export.table == plan.table.name:
            return Step(plan, job, export, file)
    return None


def files_of(job: Job) -> int:
    """How many files an export makes: two where the plugin looks for a list of them."""
    return 2 if isinstance(job.result, str) and cached_path(job.result).needs else 1


def taken_on(job: Job, export: Export, url: str) -> Reply:
    """The answer to whoever asks for an export."""
    named = export.name if job.status is not None else f"{url}{_own(export)}"
    if job.create.lower().startswith("header "):
        return json_reply({}, 202, {**_SOON, job.create.split(maxsplit=1)[1]: named})
    return json_reply(set_at({}, job.create, named), 200, _SOON)


def told(step: Step, url: str, *, away: bool) -> Reply:
    """The answer to whoever asks how far an export is; each question counts."""
    job, export = step.job, step.export
    export.polls += 1
    ready = export.polls > POLLS
    if job.at is None and not ready:
        return Reply(202, _SOON)
    said = {} if job.at is None else set_at({}, job.at, job.done[0] if ready else _not_ready(job))
    if not ready:
        return json_reply(said, 200, _SOON)
    addresses = [address(step.plan, export, url, number, away=away) for number in range(files_of(job))]
    if job.result is None:
        return json_reply(said, 303, {"Location": addresses[0]})
    return json_reply(set_listed(said, job.result, addresses) if isinstance(job.result, str) else said)


def address(plan: TablePlan, export: Export, url: str, number: int, *, away: bool) -> str:
    """Where a file of an export is: at the API's own address or, *away*, at the first host that the table names as elsewhere."""
    hosts = [host.replace("*", "files", 1) for host in plan.table.elsewhere] if away else []
    place = f"https://{hosts[0]}/{export.name}" if hosts else f"{url}{_own(export)}"
    query = "&".join(f"{name}={value}" for name, value in SIGNED.items())
    return f"{place}/files/{number}?{query}"


def _own(export: Export) -> str:
    return f"{export.created.path}/{export.name}"


def _not_ready(job: Job) -> Any:
    return not job.done[0] if isinstance(job.done[0], bool) else _UNDER_WAY


def _named(job: Job, request: Asked) -> Iterator[tuple[int | None, str]]:
    """What *request* may be: a question about the export of a name, or one for its file number so and so."""
    if isinstance(job.result, Request) and (name := _job_in(job.result, request)):
        yield 0, name
    if job.status is not None and (name := _job_in(job.status, request)):
        yield None, name
    *_, before, kind, last = ("", "", *request.path.split("/"))
    if kind == "files" and last.isdigit():
        yield int(last), before
    if job.status is None:
        yield None, last


def _job_in(template: Request, request: Asked) -> str | None:
    """The name of the job where *request* was made of *template*."""
    if template.method != request.method:
        return None
    found: dict[str, Any] = {}
    for wanted, sent in ((template.path, request.path), (template.params, request.params), (template.json, request.json)):
        if not _fits(wanted, sent):
            return None
        found |= unfilled(wanted, sent, _JOB) or {}
    return unquote(str(found["job"])) if "job" in found else None


def _fits(wanted: Any, sent: Any) -> bool:
    """Whether *sent* has all that *wanted* has, whatever stands for the job."""
    match wanted:
        case None:
            return True
        case Mapping():
            return isinstance(sent, Mapping) and all(_fits(value, sent.get(name)) for name, value in wanted.items())
        case list() | tuple():
            return isinstance(sent, list) and len(sent) == len(wanted) and all(map(_fits, wanted, sent))
        case str() if "{job}" in wanted:
            return unfilled(wanted, sent, _JOB) is not None
    return bool(wanted == sent)


def is_signed(request: Asked) -> bool:
    """Whether *request* has what signs the address of a file."""
    return all(request.params.get(name) == value for name, value in SIGNED.items())


def part_of(entries: list[Any], number: int, of: int) -> list[Any]:
    """Of all that an export holds what is in its file *number*."""
    size = -(-len(entries) // of)
    return entries[number * size : (number + 1) * size]


def asked_for_file(request: Asked) -> Asked:
    """*request* without what signs the address of a file."""
    return evolve(request, params={name: value for name, value in request.params.items() if name not in SIGNED})
