"""The course of a comparison: a recording, both connectors over it, and the takeover of the old one's state."""

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from connector_build.api.recording import Recording
from connector_build.project.writer import LOCK
from connector_build.review.diff import read_lock
from connector_build.review.proof.proof import Compared, Proof, Takeover, changes, prove, rows_in
from connector_build.review.proof.running import Run, copied, run_new, run_old, taken_over
from connector_build.review.proof.truth import Truth, key_of, truths
from connector_build.review.proof.values import fault
from connector_core.basics.names import stored_name
from connector_core.plugin.assembly import Assembly

_WHOLE: Final = re.compile(r"reading the whole feed|is read whole once", re.IGNORECASE)


@frozen
class Sides:
    """What is compared: the *old* folder with its configuration, and the new connector, which *build* writes into a folder."""

    old: Path
    configuration: Mapping[str, str] = field(repr=False)
    assembly: Assembly
    build: Callable[[Path], object]


def compared(sides: Sides, recording: Recording, tell: Callable[[str], object]) -> Proof:
    """Run both over *recording*, hold their rows against it, and let the new one go on from the old one's state.

    tell: told what is being done. Raises BuildError where a connector fails, or asks for what was not recorded.
    """
    wanted = truths(sides.assembly, recording)
    with tempfile.TemporaryDirectory(prefix="connector-build-") as made:
        folder = Path(made)
        tell("the old connector")
        old = run_old(copied(sides.old, folder / "old" / "project"), sides.configuration, recording, sides.assembly)
        tell("the new connector")
        project = folder / "new" / "project"
        project.parent.mkdir()
        sides.build(project)
        new = run_new(project, recording, sides.assembly)
        tell("the new connector, from the old one's state")
        tables, found = prove(sides.assembly, wanted, old, new)
        after, why_not = taken_over(project, old, recording, sides.assembly, folder / "new" / "after")
        takeover = _takeover(old, after, why_not, wanted)
        told = changes(read_lock(project / LOCK), old, tables, sides.configuration)
        return Proof(tables, found, (old.requests, new.requests), told, takeover)


def _takeover(old: Run, after: Run | None, why_not: str, wanted: Mapping[str, Truth]) -> Takeover:
    if after is None:
        return Takeover(old.run.state, why_not=why_not)
    wrong = {name: number for name, truth in wanted.items() if (number := _wrong_rows(after.project, truth))}
    return Takeover(old.run.state, after.run.operations["upserts"], _WHOLE.search(after.run.output) is not None, wrong)


def _wrong_rows(project: Path, truth: Truth) -> int:
    """How many rows of a table are not as the recording has them."""
    found = rows_in(project, truth.table)
    names = [stored_name(name) for name in found.columns]
    made = [dict(zip(names, row, strict=True)) for row in found.rows]
    stored = {key_of(row, [stored_name(name) for name in truth.key]): row for row in made}
    return sum(key not in stored or _differs(row, stored[key]) for key, row in truth.rows.items())


def _differs(wanted: Mapping[str, Any], stored: Mapping[str, Any]) -> bool:
    return any(fault(value, stored.get(stored_name(name))) for name, value in wanted.items())


def as_json(proof: Proof) -> dict[str, Any]:
    """The comparison, for a script."""
    takeover = proof.takeover
    return {
        "verdict": proof.verdict,
        "requests": {"old": proof.requests[0], "new": proof.requests[1]},
        "tables": [_of_table(each) for each in proof.tables],
        "differences": [
            {
                "table": each.table,
                "column": each.column,
                "kind": each.kind,
                "rows": each.rows,
                "right": each.right,
                "meaning": each.meaning,
                "example": json.loads(json.dumps(dict(each.example), default=str)),
            }
            for each in proof.differences
        ],
        "takeover": {
            "state": takeover.state,
            "sent": takeover.sent,
            "whole": takeover.whole,
            "wrong": dict(takeover.wrong),
            "why_not": takeover.why_not,
        },
        "diff": [{"level": each.level, "what": each.what, "message": each.message} for each in proof.changes],
    }


def _of_table(each: Compared) -> dict[str, Any]:
    return {
        "table": each.table,
        "old_table": each.old_table,
        "records": each.records,
        "rows": {"recording": each.wanted, "old": each.old, "new": each.new},
    }
