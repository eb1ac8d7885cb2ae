"""The runners: which file each is, in which environment it runs, and what it has to deliver."""

import json
import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from speed.api import KEY
from speed.environments import Environments
from speed.figures import Figure, Run
from speed.pages import GROUPS, technicians

BENCHMARKS = Path(__file__).resolve().parents[1]
LONGEST = 1800
"""Seconds after which a runner that has not ended is a failure."""
RECORD = b'{"type":"RECORD"'
"""How a line that carries a record begins, for Singer and for Airbyte."""
QUIET = {"DO_NOT_TRACK": "1", "RUNTIME__DLTHUB_TELEMETRY": "false", "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}


class WrongCountError(Exception):
    """A runner did not deliver what the feed has, so its time says nothing."""


@frozen
class Runner:
    """One way to read the API.

    label:       how tables and plots call it.
    environment: the requirements that it runs with; ours is ``grpc``.
    script:      its file in benchmarks/runners.
    connector:   for one under the gRPC server, its file in benchmarks/connectors; None for the built project.
    enable:      what the built project has switched on.
    plugin:      the file in benchmarks/plugins that is built or assembled, instead of fts.
    by, path:    how pages follow each other, and where they are.
    counted:     by what its work is checked: rows in its report, records on its standard output, or pages.
    """

    label: str
    environment: str = "grpc"
    script: str = "over_grpc.py"
    connector: str | None = None
    enable: tuple[str, ...] = ()
    plugin: str | None = None
    by: Literal["cursor", "offset"] = "cursor"
    path: str = "fts_data"
    counted: Literal["rows", "lines", "pages"] = "rows"
    more: Mapping[str, Any] = field(factory=dict)


DERIVED, AGGREGATE = "cost_per_hour", "fts_technicians"
EIGHT, OFFSETS = "eight_tables.py", "by_offset.py"
BY_OFFSET: Mapping[str, Any] = {"by": "offset", "path": "by_offset"}
RUNNERS: Mapping[str, Runner] = {
    "handwritten": Runner("written by hand", connector="handwritten.py"),
    "ours": Runner("ours"),
    "ours_derived": Runner("ours, derived field", enable=(DERIVED,)),
    "ours_aggregate": Runner("ours, aggregate", enable=(AGGREGATE,)),
    "ours_both": Runner("ours, both", enable=(DERIVED, AGGREGATE)),
    "appending_both": Runner("ours, append-only, both", connector="appending.py"),
    "bare_loop": Runner("bare loop, our client", connector="bare_loop.py"),
    "sdk_alone": Runner("the SDK alone", connector="sdk_alone.py"),
    "engine_alone": Runner("ours, as JSON lines", script="engine_alone.py", counted="lines"),
    "fetch": Runner("fetch only", script="with_requests.py", counted="pages", more={"decode": False}),
    "fetch_json": Runner("fetch and decode only", script="with_requests.py", counted="pages", more={"decode": True}),
    "singer": Runner("Singer (singer-sdk)", "singer", "with_singer.py", counted="lines"),
    "dlt": Runner("dlt", "dlt", "with_dlt.py"),
    "airbyte": Runner("Airbyte (airbyte-cdk)", "airbyte", "with_airbyte.py", counted="lines"),
    "children": Runner("ours, children", connector="children.py"),
    "tables_by_hand": Runner("written by hand", connector="eight_tables_by_hand.py"),
    "tables": Runner("ours", plugin=EIGHT),
    "tables_alone": Runner("ours, as JSON lines", script="engine_alone.py", plugin=EIGHT, counted="lines"),
    "offsets_by_hand": Runner("written by hand", connector="by_offset_by_hand.py", **BY_OFFSET),
    "offsets": Runner("ours", plugin=OFFSETS, **BY_OFFSET),
    "offsets_alone": Runner("ours, as JSON lines", script="engine_alone.py", plugin=OFFSETS, counted="lines", **BY_OFFSET),
    "offsets_fetch": Runner("fetch only", script="with_requests.py", counted="pages", more={"decode": False}, **BY_OFFSET),
    "offsets_singer": Runner("Singer (singer-sdk)", "singer", "with_singer.py", counted="lines", **BY_OFFSET),
    "offsets_dlt": Runner("dlt", "dlt", "with_dlt.py", **BY_OFFSET),
    "offsets_airbyte": Runner("Airbyte (airbyte-cdk)", "airbyte", "with_airbyte.py", counted="lines", **BY_OFFSET),
}


def names_of(run: Run) -> list[str]:
    """The tables of a run."""
    if RUNNERS[run.runner].by == "offset":
        return ["tasks"]
    return [f"tasks_{number}" for number in range(run.tables)] if run.tables > 1 else ["fts_records"]


def expected(run: Run) -> dict[str, int]:
    """The rows that have to arrive, by table."""
    rows = dict.fromkeys(names_of(run), run.records)
    if run.runner == "children":
        return {"fts_records": GROUPS * run.size, "groups": GROUPS}
    if run.runner == "appending_both" or AGGREGATE in RUNNERS[run.runner].enable:
        rows[AGGREGATE] = technicians(run.records)
    return rows


def measure(run: Run, api: str, environments: Environments) -> Figure:
    """Run it once, in a process of its own. Raises WrongCountError when it delivers something else than the feed has."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        runner = RUNNERS[run.runner]
        asked = {**_asked(run, api, folder), **runner.more, **_connector(runner, environments)}
        command = [environments.python(runner.environment), BENCHMARKS / "runners" / runner.script, json.dumps(asked)]
        lines = _lines_of([str(part) for part in command], folder)
        report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    _check(run, report, lines)
    return Figure(report["seconds"], report["cpu"], report["peak_mb"])


def _asked(run: Run, api: str, folder: Path) -> dict[str, Any]:
    return {
        "url": f"{api}/{run.records}/{run.wait}",
        "key": KEY,
        "page_size": run.size,
        "tables": names_of(run),
        "by": RUNNERS[run.runner].by,
        "path": RUNNERS[run.runner].path,
        "workers": run.threads,
        "report": str(folder / "report.json"),
        "folder": str(folder),
        "settings": {"threads": str(run.threads)} if run.threads else {},
    }


def _connector(runner: Runner, environments: Environments) -> dict[str, str]:
    plugin = str(BENCHMARKS / "plugins" / runner.plugin) if runner.plugin else None
    if runner.script != "over_grpc.py":
        return {"plugin": plugin} if plugin else {}
    if runner.connector is None:
        return {"connector": str(environments.built(plugin or "fts", runner.enable) / "connector.py")}
    return {"connector": str(BENCHMARKS / "connectors" / runner.connector)}


@contextmanager
def _ended(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End *process* and all that it has started when it takes too long, and when this command is stopped."""

    def end() -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    watch = threading.Timer(LONGEST, end)
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        end()
        process.wait()


def _lines_of(command: list[str], folder: Path) -> int:
    """Run *command* to its end; how many records it has written to its standard output."""
    errors = folder / "errors.txt"
    with errors.open("wb") as written:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **QUIET},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=written,
            start_new_session=True,
        )
        assert process.stdout  # noqa: S101  (it is a pipe)
        with process.stdout as said, _ended(process):
            lines = sum(line.startswith(RECORD) for line in said)
            code = process.wait()
    if code:
        raise RuntimeError(f"{Path(command[1]).name} ended with {code}: {errors.read_text('utf-8', 'replace')[-3000:]}")
    return lines


def _check(run: Run, report: Mapping[str, Any], lines: int) -> None:
    found: Any
    wanted: Any
    match RUNNERS[run.runner].counted:
        case "rows":
            found, wanted = report["rows"], expected(run)
        case "lines":
            found, wanted = lines, run.records * run.tables
        case "pages":
            found, wanted = report["pages"], -(-run.records // run.size) * run.tables
    if found != wanted:
        raise WrongCountError(f"{run} delivered {found} instead of {wanted}")
