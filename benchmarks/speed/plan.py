"""What is measured: the sections of a default run, of a full one, and of a quick one that only shows that everything works."""

from collections.abc import Iterable, Sequence
from itertools import product

from attrs import evolve, frozen

from speed.figures import Run, Section
from speed.pages import GROUPS

SMALL, MIDDLE, LARGE = 10_000, 100_000, 1_000_000
QUICK = 1000
WAITS = (20, 50)
APART = (0, 20, 50, 200)
"""Milliseconds an answer where tables or pages are read side by side."""
TABLES, EACH, WORKERS = 8, 2000, 4
"""Tables, the records of each, and how many requests may be under way."""
PAGES = 200
THREADS = (1, 2, 4, 8)

CONFIGURATIONS = (
    "handwritten",
    "ours",
    "ours_derived",
    "ours_aggregate",
    "ours_both",
    "appending_both",
    "bare_loop",
    "sdk_alone",
    "engine_alone",
    "fetch",
    "fetch_json",
)
PEERS = ("singer", "dlt", "airbyte")


@frozen
class Effort:
    """How much of everything: the rounds of each kind of section, and whether what takes long is there at all."""

    sync: int
    pages: int
    waits: int
    peers: int
    threads: int
    commands: int
    beside: int
    full: bool


DEFAULT = Effort(sync=5, pages=3, waits=3, peers=3, threads=1, commands=2, beside=1, full=False)
FULL = Effort(sync=7, pages=7, waits=7, peers=5, threads=3, commands=5, beside=3, full=True)


def sections(effort: Effort) -> list[Section]:
    """The sections, in the order in which they run."""
    peers_read = MIDDLE if effort.full else SMALL
    found = [
        Section("sync", "What a sync takes", _runs(CONFIGURATIONS, SMALL), effort.sync),
        Section("pages", "Pages of 200 records", _runs(("handwritten", "ours", "bare_loop"), SMALL, size=200), effort.pages),
        *(_waiting(wait, size, effort) for wait, size in product(WAITS, (100, 200) if effort.full else (100,))),
        Section(
            "peers", "Beside other frameworks", _runs(("ours", "engine_alone", "handwritten", *PEERS), peers_read), effort.peers
        ),
        Section("threads", "Child tables and threads", _threads(effort), effort.threads, Run("children", 0, threads=1)),
        *(_tables(wait, effort.beside) for wait in (APART if effort.full else (50,))),
        *(_offsets(wait, effort.beside) for wait in (APART if effort.full else (50,))),
    ]
    if effort.full:
        found.append(Section("growth", "Ten times the records", _growth(), 3))
    return found


def quick(found: Iterable[Section]) -> list[Section]:
    """The same sections with one round of a thousand records each; their figures mean nothing."""
    return [evolve(section, rounds=1, runs=_distinct(map(_shortened, section.runs))) for section in found]


def _shortened(run: Run) -> Run:
    # Every parent has its page of children, so there the most threads are what makes it short.
    return evolve(run, threads=THREADS[-1]) if run.runner == "children" else evolve(run, records=QUICK // run.tables // 100 * 100)


def _runs(runners: Iterable[str], records: int, **more: int) -> list[Run]:
    return [Run(runner, records, **more) for runner in runners]


def _waiting(wait: int, size: int, effort: Effort) -> Section:
    # A default run has no minutes for more.
    records = SMALL if effort.full or wait < max(WAITS) else SMALL // 4
    runs = _runs(("fetch", "handwritten", "ours"), records, size=size, wait=wait)
    return Section(f"wait{wait}-{size}", f"{wait} ms an answer, pages of {size}", runs, effort.waits)


def _threads(effort: Effort) -> list[Run]:
    waits = (0, *WAITS) if effort.full else (0, min(WAITS))
    return [Run("children", GROUPS * 100, wait=wait, threads=threads) for wait, threads in product(waits, THREADS)]


def _tables(wait: int, rounds: int) -> Section:
    many = ("tables", "fetch", "tables_alone", "dlt", "airbyte")
    runners = [("tables_by_hand", 0), ("tables", 1), *((name, WORKERS) for name in many), ("singer", 0)]
    runs = [Run(name, EACH, wait=wait, threads=threads, tables=TABLES) for name, threads in runners]
    return Section(f"tables{wait}", f"{TABLES} tables, {wait} ms an answer", runs, rounds, Run("tables_by_hand", 0))


def _offsets(wait: int, rounds: int) -> Section:
    many = ("offsets", "offsets_fetch", "offsets_alone", "offsets_dlt", "offsets_airbyte")
    runners = [("offsets_by_hand", 0), ("offsets", 1), *((name, WORKERS) for name in many), ("offsets_singer", 0)]
    runs = [Run(name, PAGES * 100, wait=wait, threads=threads) for name, threads in runners]
    return Section(f"offsets{wait}", f"{PAGES} pages by offset, {wait} ms an answer", runs, rounds, Run("offsets_by_hand", 0))


def _growth() -> list[Run]:
    return [Run(runner, records) for runner, records in product(("ours", "ours_both"), (MIDDLE, LARGE))] + [
        Run("handwritten", LARGE)
    ]


def _distinct(runs: Iterable[Run]) -> Sequence[Run]:
    return list(dict.fromkeys(runs))
