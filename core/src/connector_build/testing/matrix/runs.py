"""The fault matrix: a connector, with the real client over real HTTP, held against everything that goes wrong with an API.

A cell is one fault in a first or in an incremental sync. It may end in two ways: with the right rows, or with a failure that is
loud and useful, after which the next sync brings the right rows. Anything else is a cell that failed.
"""

import json
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from types import TracebackType
from typing import Any, Literal

from attrs import frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.mimic import PAGE, Mimic
from connector_build.api.sample import Sample
from connector_build.api.server import ApiServer
from connector_build.api.world import World
from connector_build.testing.matrix.faults import FAULTS
from connector_build.testing.matrix.strikes import Api, Breaker, Fault, Stage, innermost
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_build.testing.warehouse.runs import CANARY, URL, configuration_for, signed
from connector_core import Configuration, KeysetPaginator, Record, Windows
from connector_core.basics.errors import ConnectorError
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, TablePlan, assemble

PAGE_SIZE = 5
FULL_PAGES = 3
"""A table begins with so many full pages and a short one."""
CHANGED = 3
TRIES = 3
LIMIT = 16_000_000
"""The largest answer that is taken: more than a text of 10 MB, and little enough to be over soon."""
LONGEST_MESSAGE = 1500
SHOWN = 300
NO_FAULT = Fault("no fault", "Everything is as it should be.")

Outcome = Literal["right rows", "loud, then right rows", "does not apply", "failed"]
RIGHT: Outcome = "right rows"
LOUD: Outcome = "loud, then right rows"
NOT: Outcome = "does not apply"
FAILED: Outcome = "failed"

_REMEDY = re.compile(
    r"\b(ask|change|check|correct|declare|disable|next one goes on|next sync goes on|set|sync less)\b", re.IGNORECASE
)
_PLACE = re.compile(r"\b(GET|POST) \S|\brecord\b|\bnext request\b")


@frozen
class Cell:
    """What became of one fault in one kind of sync.

    detail: the message of a loud failure, why the fault does not apply, or what went wrong.
    """

    fault: str
    incremental: bool
    outcome: Outcome
    detail: str = ""

    def __str__(self) -> str:
        kind = "incremental" if self.incremental else "first"
        return f"{self.fault} ({kind} sync): {self.outcome}" + (f": {self.detail}" if self.detail else "")


def run_cell(assembly: Assembly, fault: Fault, *, incremental: bool, sample: Sample | None = None) -> Cell:
    """What becomes of *fault* in a first sync of *assembly*, or in an incremental one.

    sample: makes the records of the first table, where the plugin describes one.

    Raises Unmimicked when the plugin's API cannot be made up.
    """
    reason = fault.reason(assembly)
    if reason:
        return Cell(fault.name, incremental, NOT, reason)
    outcome, detail = NOT, "no request of this sync is one that it strikes"
    for first in (1,) if incremental else (2, 1):  # a feed may be one request
        with Trial(assembly, sample) as trial:
            outcome, detail = _outcome(trial, fault, incremental=incremental, first=first) or (outcome, detail)
        if outcome != NOT:
            break
    return Cell(fault.name, incremental, outcome, detail)


def run_matrix(assembly: Assembly, sample: Sample | None = None, on_cell: Callable[[Cell], object] | None = None) -> list[Cell]:
    """Every fault in a first and in an incremental sync; *on_cell* is called with each cell when it is done.

    Raises Unmimicked when the plugin's API cannot be made up, AssertionError when a sync without any fault goes wrong.
    """
    check_clean(assembly, sample)
    cells = []
    for fault in FAULTS:
        for incremental in (False, True):
            cells.append(run_cell(assembly, fault, incremental=incremental, sample=sample))
            if on_cell:
                on_cell(cells[-1])
    return cells


def survive(assembly: Assembly, sample: Sample | None = None) -> None:
    """Run the matrix over *assembly* with every option enabled. Raises AssertionError that lists the cells that failed."""
    failed = [cell for cell in run_matrix(with_everything(assembly), sample) if cell.outcome == FAILED]
    if failed:
        lines = "\n".join(f"  {cell}" for cell in failed)
        raise AssertionError(f"{len(failed)} of {2 * len(FAULTS)} cells of the fault matrix failed:\n{lines}")


def with_everything(assembly: Assembly) -> Assembly:
    """*assembly* with every option enabled."""
    if all(option.enabled for option in assembly.options):
        return assembly
    return assemble(assembly.plugins, [option.name for option in assembly.options])


def check_clean(assembly: Assembly, sample: Sample | None = None) -> None:
    """Raise AssertionError unless syncs without any fault bring the right rows: what goes wrong there is no fault's doing."""
    with Trial(assembly, sample) as trial:
        for kind in ("first", "incremental", "second incremental"):
            try:
                trial.sync()
            except ConnectorError as error:
                raise AssertionError(f"Without any fault, the {kind} sync fails: {error}") from error
            if wrong := trial.wrong():
                raise AssertionError(f"Without any fault, the {kind} sync does not bring the right rows: {wrong}")
            trial.move_on()


class Trial:
    """One connector, its made-up API on a real port, and a warehouse that outlives its syncs. Use it as a context manager."""

    def __init__(self, assembly: Assembly, sample: Sample | None = None) -> None:
        self.assembly = signed(assembly)
        self._page = _page_of(self.assembly)
        self.world = World(self.assembly, count_of=FULL_PAGES * self._page + 2, sample=sample)
        Mimic(self.assembly, self.world).check()
        self.warehouse = Warehouse(self.assembly)
        self.log = ListLog()
        self.struck = 0
        """How often the fault of the last sync struck."""
        self._server = ApiServer()

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()

    def sync(self, fault: Fault = NO_FAULT, *, first: int = 1) -> None:
        """One sync from the last checkpoint; *fault* strikes from request number *first* on. It raises what the sync raises."""
        url = self._server.url
        api = Api(self.assembly, self.world, url, int(_configuration(self.assembly, url)["page_size"]))
        breaker = Breaker(fault, api, first)
        self._server.answering = breaker.answer
        around = fault.around or _straight
        try:
            with around(Stage(self.assembly, self.world, url)) as there:
                self._sync(there, fault)
        finally:
            self.struck = breaker.struck
            if self._server.errors:
                raise self._server.errors[0]

    def _sync(self, url: str, fault: Fault) -> None:
        self.warehouse.connect(self.assembly)
        engine = Engine(_clients(fault), checkpoints=CheckpointPolicy(records=1, share=0.0))
        sync(self.assembly, _configuration(self.assembly, url), self.warehouse.state, self.warehouse, self.log, engine)

    def move_on(self) -> None:
        """Change records, where an incremental sync can notice that, and append some."""
        for plan in self.assembly.tables:
            if _sees_changes(plan):
                tells = any(
                    each.table.parent and each.parent == plan and each.table.parent.changed for each in self.assembly.tables
                )
                self.world.change(plan, len(self.world.records(plan.table.name)) if tells else CHANGED)
            self.world.append(plan, 2 * self._page - 1)

    def wrong(self) -> str:
        """What is wrong with the rows in the warehouse; empty when they are right."""
        for plan in self.assembly.tables:
            live, expected = _texts(self.warehouse.live(plan.table.name)), _texts(self.world.expected(plan))
            if live != expected:
                shared = live.keys() & expected.keys()
                different = sum(live[key] != expected[key] for key in shared)
                return (
                    f"{plan.table.name} lacks {len(expected.keys() - shared)} of {len(expected)} rows, "
                    f"has {len(live.keys() - shared)} that should not be there, and {different} with other values"
                )
        try:
            assert_exact(self.assembly, self.warehouse)
        except AssertionError as error:
            return one_line(error, SHOWN)
        return ""

    def leaks(self, *texts: str) -> bool:
        """Whether a secret shows in what was logged, in the state or in *texts*."""
        shown = [*self.log.infos, *self.log.warnings, json.dumps(self.warehouse.state), *texts]
        return any(CANARY in text for text in shown)


def _texts(rows: Mapping[tuple[Any, ...], Record]) -> dict[tuple[Any, ...], str]:
    """Primary key → row as JSON, where 1 is neither 1.0 nor true."""
    return {key: json.dumps(row, sort_keys=True) for key, row in rows.items()}


def _configuration(assembly: Assembly, url: str) -> dict[str, str]:
    # One thread: which request comes second must not depend on the machine.
    threads = {"threads": "1"} if any(setting.name == "threads" for setting in assembly.settings) else {}
    return configuration_for(assembly, url=url, page_size=PAGE_SIZE, **threads)


def _page_of(assembly: Assembly) -> int:
    """Records in a page: as many as are asked for, or as the made-up API gives when it is not asked for a number."""
    unasked = any(getattr(innermost(plan), "size_param", "none") is None for plan in assembly.tables)
    # Each record of a parent is a request for its children.
    has_children = any(plan.parent for plan in assembly.tables)
    return PAGE if unasked and not has_children else int(_configuration(assembly, URL)["page_size"])


@contextmanager
def _straight(stage: Stage) -> Iterator[str]:
    yield stage.url


def _clients(fault: Fault) -> Callable[[Assembly, Configuration, Log], Client]:
    """Clients that wait for nothing, with the time-outs of *fault*."""

    def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
        return Client(
            configuration["base_url"],
            assembly.auth(configuration),
            log,
            secrets=configuration.hidden,
            retry=Retry(attempts=TRIES, first_wait=0.001, longest_wait=0.001),
            sleep=lambda _: None,
            limit=LIMIT,
            timeout=(fault.seconds, fault.seconds),
        )

    return client


def _sees_changes(plan: TablePlan) -> bool:
    """Whether an incremental sync brings a record that has changed: none goes back behind the last key or number."""
    if plan.table.append_only:
        return False
    if plan.table.full_refresh or plan.extra_tables:
        return True
    return not isinstance(plan.paginator, Windows) and not isinstance(innermost(plan), KeysetPaginator)


# What becomes of a cell


def _outcome(trial: Trial, fault: Fault, *, incremental: bool, first: int) -> tuple[Outcome, str] | None:
    """How the cell ends when *fault* strikes from request number *first* on; None when it strikes nothing."""
    if incremental:
        if before := _failure(trial.sync):
            return FAILED, f"the sync before the fault fails with {_told(before)}"
        trial.move_on()
    error = _failure(lambda: trial.sync(fault, first=first))
    if not trial.struck and not fault.around:
        return (FAILED, f"the fault has not struck, and yet: {_told(error)}") if error else None
    if error is None:
        return _well(trial)
    return _loud(trial, fault, error) if isinstance(error, ConnectorError) else (FAILED, _told(error))


def _failure(action: Callable[[], object]) -> Exception | None:
    try:
        action()
    except Unmimicked:
        raise
    except Exception as error:  # noqa: BLE001  (whatever it is, it is what the cell tells)
        return error
    return None


def _told(error: Exception) -> str:
    return one_line(f"{type(error).__name__}: {error}", SHOWN)


def _well(trial: Trial) -> tuple[Outcome, str]:
    """The sync ended well: the rows are right, and so are those after the next sync, which goes on from the state it left."""
    if wrong := trial.wrong():
        return FAILED, f"the sync ends well, but {wrong}"
    trial.move_on()
    if found := _next(trial):
        return FAILED, f"the sync ends well, but {found}"
    return (FAILED, "a secret is in the log or in the state") if trial.leaks() else (RIGHT, "")


def _loud(trial: Trial, fault: Fault, error: ConnectorError) -> tuple[Outcome, str]:
    """The sync failed: its message is useful, and the next sync brings the right rows."""
    lacks = list(_complaints(trial, fault, str(error)))
    if trial.leaks(str(error), "".join(traceback.format_exception(error))):
        lacks.append("it, or the log, or the state, holds a secret")
    if lacks:
        return FAILED, f"{'; '.join(lacks)}: {_told(error)}"
    left = trial.warehouse
    for what, rolled_back in (("arrived", False), ("were rolled back", True)):
        trial.warehouse = deepcopy(left)
        if rolled_back:
            trial.warehouse.roll_back()
        if found := _next(trial):
            return FAILED, f"after {_told(error)} (rows behind the last checkpoint {what}) {found}"
    return (FAILED, "a secret is in the log or in the state") if trial.leaks() else (LOUD, str(error))


def _next(trial: Trial) -> str:
    """What is wrong with the next sync, which no fault strikes; empty when it brings the right rows."""
    if failed := _failure(trial.sync):
        return f"the next sync, without the fault, fails with {_told(failed)}"
    wrong = trial.wrong()
    return f"after the next sync, without the fault, {wrong}" if wrong else ""


def _complaints(trial: Trial, fault: Fault, message: str) -> Iterator[str]:
    """What is wrong with the message of a loud failure."""
    if not message.isprintable():
        yield "the message is not one printable paragraph"
    if len(message) >= LONGEST_MESSAGE:
        yield f"the message has {len(message)} characters"
    if not any(plan.table.name in message for plan in trial.assembly.tables):
        yield "the message names no table"
    if not _PLACE.search(message):
        yield "the message names no request"
    if not re.search(fault.says, message):
        yield f"the message does not say what came back ({fault.says})"
    if not _REMEDY.search(message):
        yield "the message does not say what to do"
