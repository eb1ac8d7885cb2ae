"""The fault matrix: a connector, with the real client over real HTTP, held against everything that goes wrong with an API.

A cell is one fault in a first or in an incremental sync. It may end in two ways: with the right rows, or with a failure that is
loud and useful, after which the next sync brings the right rows. Anything else is a cell that failed.
"""

import re
import traceback
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Literal, TypeGuard

from attrs import frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.exports import POLLS, job_of
from connector_build.api.recording import Recording
from connector_build.sample import Sample
from connector_build.testing.matrix.faults import FAULTS
from connector_build.testing.matrix.lies import LIES
from connector_build.testing.matrix.strikes import Fault
from connector_build.testing.matrix.trial import SHOWN, Recorded, Trial
from connector_core.basics.errors import ConnectorError, InternalError
from connector_core.basics.names import one_line
from connector_core.plugin.assembly import Assembly, assemble

LONGEST_MESSAGE = 1500

Outcome = Literal["right rows", "loud, then right rows", "warned of", "does not apply", "failed"]
RIGHT: Outcome = "right rows"
LOUD: Outcome = "loud, then right rows"
WARNED: Outcome = "warned of"
"""Rows are wrong, and a warning says which word of an answer speaks against them."""
NOT: Outcome = "does not apply"
FAILED: Outcome = "failed"

_REMEDY = re.compile(
    r"\b(ask|change|check|correct|declare|disable|next one goes on|next sync goes on|set|sync less|write)\b", re.IGNORECASE
)
_TRIED = re.compile(r"\bTry \d+ of \d+\b")
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


def run_cell(
    assembly: Assembly,
    fault: Fault,
    *,
    incremental: bool,
    sample: Sample | None = None,
    recorded: Recorded | None = None,
) -> Cell:
    """What becomes of *fault* in a first sync of *assembly*, or in an incremental one.

    sample:   makes the records of the first table, where the plugin describes one.
    recorded: what stands in for the API; None: it is made up.

    Raises Unmimicked when the plugin's API cannot be made up.
    """
    reason = "what was recorded stays as it is" if recorded and fault.made_up else fault.reason(assembly)
    if reason:
        return Cell(fault.name, incremental, NOT, reason)
    outcome, detail = NOT, "no request of this sync is one that it strikes"
    for first in _firsts(assembly, incremental=incremental):
        with Trial(assembly, sample, recorded) as trial:
            outcome, detail = _outcome(trial, fault, incremental=incremental, first=first) or (outcome, detail)
        if outcome != NOT:
            break
    return Cell(fault.name, incremental, outcome, detail)


def _firsts(assembly: Assembly, *, incremental: bool) -> tuple[int, ...]:
    """The requests from which on a fault may strike: a feed may be one. Of an export, how far it is, and what it made."""
    if any(job_of(plan) for plan in assembly.tables):
        return (POLLS + 3,) if incremental else (2, 1)
    return (1,) if incremental else (2, 1)


def run_matrix(
    assembly: Assembly,
    sample: Sample | None = None,
    on_cell: Callable[[Cell], object] | None = None,
    recording: Recording | None = None,
) -> list[Cell]:
    """Every fault in a first and in an incremental sync; *on_cell* is called with each cell when it is done.

    recording: what the real API answered, in place of an API that is made up.

    Raises Unmimicked when the plugin's API cannot be made up, AssertionError when a sync without any fault goes wrong.
    """
    recorded = Recorded(recording) if recording else None
    check_clean(assembly, sample, recorded)
    cells = []
    for fault in FAULTS:
        for incremental in (False, True):
            cells.append(run_cell(assembly, fault, incremental=incremental, sample=sample, recorded=recorded))
            if on_cell:
                on_cell(cells[-1])
    return cells


def run_lies(assembly: Assembly, on_cell: Callable[[Cell], object] | None = None) -> list[Cell]:
    """Every lie, told in two syncs; *on_cell* is called with each cell when it is done. Raises as ``run_matrix`` does."""
    check_clean(assembly)
    cells = []
    for lie in LIES:
        cells.append(run_cell(assembly, lie, incremental=False))
        if on_cell:
            on_cell(cells[-1])
    return cells


def survive(assembly: Assembly, sample: Sample | None = None, recording: Recording | None = None) -> None:
    """Run the matrix over *assembly* with every option enabled. Raises AssertionError that lists the cells that failed."""
    cells = run_matrix(with_everything(assembly), sample, recording=recording)
    failed = [cell for cell in cells if cell.outcome == FAILED]
    if failed:
        lines = "\n".join(f"  {cell}" for cell in failed)
        raise AssertionError(f"{len(failed)} of {2 * len(FAULTS)} cells of the fault matrix failed:\n{lines}")


def with_everything(assembly: Assembly) -> Assembly:
    """*assembly* with every option enabled."""
    if all(option.enabled for option in assembly.options):
        return assembly
    return assemble(assembly.plugins, [option.name for option in assembly.options])


def check_clean(assembly: Assembly, sample: Sample | None = None, recorded: Recorded | None = None) -> None:
    """Raise AssertionError unless syncs without any fault bring the right rows: what goes wrong there is no fault's doing."""
    with Trial(assembly, sample, recorded) as trial:
        for kind in ("first", "incremental", "second incremental"):
            try:
                trial.sync()
            except ConnectorError as error:
                raise AssertionError(f"Without any fault, the {kind} sync fails: {error}") from error
            if wrong := trial.wrong():
                raise AssertionError(f"Without any fault, the {kind} sync does not bring the right rows: {wrong}")
            trial.source.move_on()


# What becomes of a cell


def _outcome(trial: Trial, fault: Fault, *, incremental: bool, first: int) -> tuple[Outcome, str] | None:
    """How the cell ends when *fault* strikes from request number *first* on; None when it strikes nothing."""
    if fault.lasting:
        return _lasting(trial, fault)
    if incremental:
        if before := _failure(trial.sync):
            return FAILED, f"the sync before the fault fails with {_told(before)}"
        trial.source.move_on()
    error = _failure(lambda: trial.sync(fault, first=first))
    if not trial.struck and not fault.around:
        return (FAILED, f"the fault has not struck, and yet: {_told(error)}") if error else None
    if error is None:
        return _well(trial)
    return _loud(trial, fault, error) if _is_ours(error) else (FAILED, _told(error))


def _is_ours(error: Exception) -> TypeGuard[ConnectorError]:
    """Whether somebody foresaw it."""
    return isinstance(error, ConnectorError) and not isinstance(error, InternalError)


def _lasting(trial: Trial, lie: Fault) -> tuple[Outcome, str] | None:
    """How two syncs of an API end that lies in both of them; None where it had nothing to lie about."""
    for which in ("first", "second"):
        error = _failure(lambda: trial.sync(lie))
        if not trial.struck:
            return (FAILED, f"nothing was a lie, and yet: {_told(error)}") if error else None
        if error is not None:
            return _loud(trial, lie, error) if _is_ours(error) else (FAILED, _told(error))
        if wrong := trial.wrong(lie):
            warned = [warning for warning in trial.log.warnings if not _TRIED.search(warning)]
            return (WARNED if warned else FAILED), f"the {which} sync ends well, but {wrong}. {' '.join(warned)}".strip()
        trial.source.move_on()
    return (FAILED, "a secret is in the log or in the state") if trial.leaks() else (RIGHT, "")


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
    trial.source.move_on()
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
    if fault.lasting and not fault.mends:
        return LOUD, str(error)
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
    if wrong and any(plan.table.missing == "delete" for plan in trial.assembly.tables):
        # A read that was taken up in the middle cannot tell what is missing; the one after it can.
        if failed := _failure(trial.sync):
            return f"the sync after the next, without the fault, fails with {_told(failed)}"
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
