"""The targets, and whether they were met: computed from what was measured, judged by the median."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from attrs import frozen

from speed.commands import Command
from speed.figures import Measured, Run, Spread
from speed.plan import EACH, LARGE, MIDDLE, PAGES, PEERS, SMALL, TABLES, WAITS, WORKERS
from speed.runners import RUNNERS

Unit = Literal["ratio", "seconds", "MB"]


@frozen
class Verdict:
    """One target at one place.

    found: None where this run did not measure it. most: whether *limit* is the most or the least that it may be.
    """

    target: str
    where: str
    limit: float
    unit: Unit
    found: Spread | None
    most: bool = True

    @property
    def result(self) -> str:
        """How it came out."""
        if self.found is None:
            return "not measured"
        met = self.found.median <= self.limit if self.most else self.found.median >= self.limit
        return "met" if met else "**not met**"


def verdicts(
    measured: Mapping[str, Measured], commands: Mapping[Command, Spread] | None, *, asked: Iterable[Command]
) -> list[Verdict]:
    """Every target; *asked* are the commands that have one."""
    return [
        *_hand_written(measured),
        *_never_slower(measured),
        *_waiting(measured),
        *_peers(measured),
        *_engine(measured),
        *_extras(measured),
        *_growth(measured),
        *_side_by_side(measured),
        *(
            Verdict("the command answers in time", each.typed, each.limit, "seconds", (commands or {}).get(each))
            for each in asked
        ),
    ]


def _ratio(measured: Mapping[str, Measured], section: str, run: Run, other: Run) -> Spread | None:
    found = measured.get(section)
    return found.ratio(run, other) if found and run in found.figures and other in found.figures else None


def _place(run: Run) -> str:
    return f"{run.records:,} records, {run.wait} ms, pages of {run.size}"


def _hand_written(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    for section, records in (("sync", SMALL), ("peers", MIDDLE)):
        run, other = Run("ours", records), Run("handwritten", records)
        found = _ratio(measured, section, run, other)
        yield Verdict("ours, of the time of the loop written by hand", _place(run), 0.85, "ratio", found)


def _never_slower(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    target = "ours never slower than the loop written by hand"
    pairs = [
        (found, run, Run("handwritten", run.records, run.size, run.wait))
        for found in measured.values()
        for run in found.figures
        if run.runner == "ours"
    ]
    places = [(run, found.ratio(run, other)) for found, run, other in pairs if other in found.figures]
    if not places:
        yield Verdict(target, "anywhere", 1.0, "ratio", None)
    for run, found in places:
        yield Verdict(target, _place(run), 1.0, "ratio", found)


def _waiting(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    target = "ours, of the time in which a bare client fetches the same pages and throws them away"
    for wait in WAITS:
        places = [
            (found, run) for found in measured.values() for run in found.figures if run.runner == "ours" and run.wait == wait
        ]
        if not places:
            yield Verdict(target, f"{wait} ms", 1.1, "ratio", None)
        for found, run in places:
            other = Run("fetch", run.records, run.size, run.wait)
            yield Verdict(target, _place(run), 1.1, "ratio", _ratio({"": found}, "", run, other))


def _peers(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    """Like beside like first: rows as JSON lines, as the peers write them. Then with what the SDK does for each row."""
    for ours, whose in (("engine_alone", "ours as JSON lines"), ("ours", "ours through the SDK")):
        for peer in PEERS:
            run, other = Run(peer, MIDDLE), Run(ours, MIDDLE)
            found = _ratio(measured, "peers", run, other)
            yield Verdict(f"{RUNNERS[peer].label}, of the time of {whose}", _place(run), 2.5, "ratio", found, most=False)


def _engine(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    for section, size in (("sync", 100), ("pages", 200)):
        run, other = Run("ours", SMALL, size), Run("bare_loop", SMALL, size)
        found = _ratio(measured, section, run, other)
        yield Verdict("ours, of the time of a bare loop around our client", _place(run), 1.1, "ratio", found)


def _extras(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    plain = Run("ours", SMALL)
    for runner, how in (("ours_both", "by a ledger of the feed"), ("appending_both", "append-only")):
        found = _ratio(measured, "sync", Run(runner, SMALL), plain)
        yield Verdict("a derived field and an aggregate together, of our time without", how, 1.1, "ratio", found)


def _growth(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    section = measured.get("growth")
    for runner in ("ours", "ours_both"):
        large, middle = Run(runner, LARGE), Run(runner, MIDDLE)
        there = section is not None and large in section.figures and middle in section.figures
        seconds = section.ratio(large, middle) if section and there else None
        memory = section.difference(large, middle, "peak_mb") if section and there else None
        where = f"{RUNNERS[runner].label}, {LARGE:,} records beside {MIDDLE:,}"
        yield Verdict("time grows with the feed", where, 10.5, "ratio", seconds)
        yield Verdict("memory does not grow with the feed", where, 20.0, "MB", memory)


def _side_by_side(measured: Mapping[str, Measured]) -> Iterator[Verdict]:
    """Tables beside a loop that reads one after another, and beside the quickest of the peers with as many workers."""
    section, where = measured.get("tables50"), f"{TABLES} tables, 50 ms, {WORKERS} at a time"

    def of(runner: str, threads: int) -> Run:
        return Run(runner, EACH, wait=50, threads=threads, tables=TABLES)

    found = _ratio(measured, "tables50", of("tables", WORKERS), of("tables_by_hand", 0))
    yield Verdict("tables side by side, of the time of the loop written by hand", where, 0.3, "ratio", found)
    peers = [of(peer, 0 if peer == "singer" else WORKERS) for peer in PEERS]
    there = [run for run in peers if section and run in section.figures]
    for ours, whose in (("tables_alone", "as JSON lines"), ("tables", "through the SDK")):
        best = min(there, key=lambda run: section.of(run).median) if section and there else None
        beside = _ratio(measured, "tables50", of(ours, WORKERS), best) if best else None
        name = f" ({RUNNERS[best.runner].label})" if best else ""
        target = f"tables side by side, {whose}, of the time of the quickest peer{name}"
        yield Verdict(target, where, 0.8, "ratio", beside)
    one, four = (Run("offsets", PAGES * 100, wait=50, threads=threads) for threads in (1, WORKERS))
    place = f"{PAGES} pages by offset, 50 ms, {WORKERS} in flight"
    yield Verdict(
        "pages side by side, of the time of one after another", place, 0.3, "ratio", _ratio(measured, "offsets50", four, one)
    )
