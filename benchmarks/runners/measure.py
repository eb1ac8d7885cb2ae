"""What a runner measures of itself. Only the standard library: this stands in environments that have nothing of ours.

A runner is called with one argument, a JSON object, and writes its report where that says:

    url:       the address of the API, up to the table.
    key:       the API's key.
    page_size: records in a page.
    report:    the file for the report: seconds, cpu and peak_mb, and rows where the runner can count them.
    folder:    an empty folder of its own.
"""

import json
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

KIBIBYTE = 1024
MEGABYTE = 1_000_000


def told() -> dict[str, Any]:
    """What the runner was called with."""
    found: dict[str, Any] = json.loads(sys.argv[1])
    return found


def cpu_seconds() -> float:
    """Of this process and of those that it has waited for, in user and kernel mode."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def peak_mb(process: int | str = "self") -> float:
    """The largest resident set of a process.

    From the kernel's VmHWM: ru_maxrss is the same number, but begins with what the process was before it became this program.
    """
    for line in Path(f"/proc/{process}/status").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name == "VmHWM":
            return int(value.split()[0]) * KIBIBYTE / MEGABYTE
    raise RuntimeError("the kernel does not tell the peak memory of a process")


@contextmanager
def measured(report: str) -> Iterator[dict[str, Any]]:
    """Measure what stands in the context, and write it with what is put into the mapping to *report*."""
    found: dict[str, Any] = {}
    wall, cpu = time.perf_counter(), cpu_seconds()
    yield found
    found |= {"seconds": time.perf_counter() - wall, "cpu": cpu_seconds() - cpu, "peak_mb": peak_mb()}
    write(report, found)


def write(report: str, found: dict[str, Any]) -> None:
    """Write the report at once, after everything else."""
    Path(report).write_text(json.dumps(found), encoding="utf-8")


def add(report: str, **more: Any) -> None:
    """Put *more* into a report that is written, for what is counted when the clock stands still."""
    write(report, {**json.loads(Path(report).read_text(encoding="utf-8")), **more})
