"""What a change costs: this release beside another, sync by sync in turns. It says so on the terminal, and writes nothing.

    git worktree add /tmp/older 38c99e1
    python3.11 -m venv /tmp/older/env
    /tmp/older/env/bin/pip install -e /tmp/older/core -e /tmp/older/plugins/fts -e /tmp/older/plugins/mso
    .tox/tests/bin/python benchmarks/beside.py /tmp/older/env/bin/python

Both read the same pages, from memory or, over HTTP, from an API in a third process that answers at once, into a sink that drops
what it is given. Two processes take turns, each sync of one right beside one of the other, so a ratio holds on a busy machine.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any

from attrs import evolve, frozen
from speed.api import make_pages, running

from connector_build.api.feed import Feed
from connector_fts.sample import SAMPLE as FTS
from connector_mso.sample import SAMPLE as MSO

WORKER = Path(__file__).resolve().parent / "runners" / "in_process.py"
SAMPLES = {"fts": FTS, "mso": MSO}
BOTH = {"fts": ("cost_per_hour", "fts_technicians"), "mso": ("efficiency_ratio", "mso_products")}
PAGE = 100


@frozen
class Case:
    """One sync to measure."""

    dataset: str
    both: bool = False
    http: bool = False

    def __str__(self) -> str:
        return f"{self.dataset}{', both extras' if self.both else ''}{', over HTTP' if self.http else ''}"


CASES = [Case(name, both) for name in SAMPLES for both in (False, True)]
CASES += [Case("fts", both, http=True) for both in (False, True)]


def write_pages(folder: Path, dataset: str, records: int) -> None:
    """The answers of an API of so many records, a file each."""
    found = Feed(dataset, evolve(SAMPLES[dataset], count=records)).records()
    for start in range(0, records, PAGE):
        following = str(start // PAGE + 1) if start + PAGE < records else None
        page = {f"{dataset}_records": found[start : start + PAGE], "next_cursor": following, "has_more": following is not None}
        (folder / f"{start // PAGE}.json").write_text(json.dumps(page), encoding="utf-8")


@frozen
class Worker:
    """A process that syncs when it is asked to."""

    process: "subprocess.Popen[str]"

    def sync(self, asked: dict[str, Any], records: int) -> dict[str, float]:
        """What one sync took. Raises ValueError unless every record arrived."""
        assert self.process.stdin is not None  # noqa: S101  (pipes)
        assert self.process.stdout is not None  # noqa: S101  (as above)
        self.process.stdin.write(json.dumps(asked) + "\n")
        self.process.stdin.flush()
        found: dict[str, float] = json.loads(self.process.stdout.readline() or '{"rows": 0}')
        if found["rows"] < records:
            raise ValueError(f"{self.process.args!r} delivered {found['rows']:.0f} of {records} records")
        return found


@contextmanager
def working(python: str) -> Iterator[Worker]:
    """A worker under that interpreter."""
    command = [python, str(WORKER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        yield Worker(process)


def measured(workers: Sequence[Worker], asked: dict[str, Any], records: int, rounds: int) -> list[list[float]]:
    """CPU seconds of each worker, round by round; each round begins with another one, and the first is for warming up."""
    found: list[list[float]] = [[] for _ in workers]
    for number in range(rounds + 1):
        order = list(enumerate(workers))
        for index, worker in order[:: -1 if number % 2 else 1]:
            cpu = worker.sync(asked, records)["cpu"]
            if number:
                found[index].append(cpu)
    return found


def line(case: Case, ours: Sequence[float], other: Sequence[float]) -> str:
    """Milliseconds of one sync, and the ratio within a round: the median, and the middle half of them."""
    low, middle, high = quantiles([one / two for one, two in zip(ours, other, strict=True)], n=4)
    times = [quantiles(each, n=4)[1] * 1000 for each in (ours, other)]
    return f"{case!s:<28}  {times[0]:>8.1f}  {times[1]:>8.1f}  {middle:>6.3f}  ({low:.3f} to {high:.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="beside.py", description="What a change costs: this release beside another.")
    parser.add_argument("python", help="the interpreter of the environment that has the other release")
    parser.add_argument("--records", type=int, default=5_000, help="in the feed (5,000), in pages of 100")
    parser.add_argument("--rounds", type=int, default=30, help="syncs of each (30)")
    parser.add_argument("--only", type=str, default="", help="cases that begin with this")
    asked = parser.parse_args()
    with ExitStack() as stack:
        api = stack.enter_context(running())
        make_pages(api, asked.records, PAGE)
        folders = {name: stack.enter_context(tempfile.TemporaryDirectory()) for name in SAMPLES}
        for name, folder in folders.items():
            write_pages(Path(folder), name, asked.records)
        workers = [stack.enter_context(working(python)) for python in (sys.executable, asked.python)]
        sys.stdout.write(f"{asked.records:,} records, {asked.rounds} rounds      ms here  ms there   ratio  (middle half)\n")
        for case in [case for case in CASES if str(case).startswith(asked.only)]:
            url = f"{api}/{asked.records}/0" if case.http else ""
            enable = BOTH[case.dataset] if case.both else ()
            told = {"dataset": case.dataset, "enable": enable, "url": url, "folder": folders[case.dataset]}
            sys.stdout.write(line(case, *measured(workers, told, asked.records, asked.rounds)) + "\n")
            sys.stdout.flush()
        for worker in workers:
            worker.process.stdin.close()  # type: ignore[union-attr]  # it is a pipe


if __name__ == "__main__":
    main()
