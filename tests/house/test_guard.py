"""What must not grow, without a clock: calls for each record and each page, requests, checkpoints, bytes of state.

What is allowed stands in guard.toml. More than that is an error, and so is less than four fifths of it: then something has
become cheaper, and the file has to say so. ``python tests/house/test_guard.py --write`` writes what is measured now.

Calls are counted by Python's profiler. Counted are functions whose code is that of connector_core or of a plugin, what attrs
makes for its classes included, and builtins called from there; so other versions of requests, urllib3 or attrs change nothing.
A call of a class that is written in C, such as ``dict(row)``, is not seen. The figures are those of Python 3.11.

Each is a slope: two feeds of different length, each read with pages of two sizes. What a sync costs once falls out.
"""

import gc
import json
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from functools import lru_cache
from math import inf
from pathlib import Path
from types import CodeType, FrameType, FunctionType, ModuleType, SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

import pytest
from attrs import evolve, field, frozen

import connector_core
import connector_fts
import connector_mso
from connector_build.api.feed import Feed
from connector_build.api.messages import Asked, Reply
from connector_build.api.simulation import Simulation
from connector_build.sample import Sample
from connector_build.testing.warehouse.memory import ListLog
from connector_build.testing.warehouse.runs import URL, InProcess
from connector_core import (
    ApiKeyHeader,
    CursorPaginator,
    OffsetPaginator,
    Page,
    Paginator,
    Setting,
    Table,
    base_url,
    hookimpl,
    total_reached,
)
from connector_core.basics.operations import Delivery, Log, Operations
from connector_core.engine import ledger
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.desk import Desk
from connector_core.engine.records import RowMaker
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.http import ahead, pages
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.runtime import fivetran
from connector_core.source.configuration import Configuration
from connector_fts.sample import SAMPLE as FTS
from connector_mso.sample import SAMPLE as MSO
from simulated import simulated

ALLOWED = Path(__file__).with_name("guard.toml")
LENGTHS = (1000, 1600)
PAGE_SIZES = (20, 50)
"""Even the shorter feed has as many pages as the log names, so that these fall out."""
GROUPS = (20, 40)
SLACK = 0.8
"""Below this share of what is allowed, the file has to be brought up to date."""

HEAD = """\
# What a sync may cost: counts, so they are the same on every machine. Read by test_guard.py, which says how they are counted.
# A change that makes one of them larger fails the tests. If it is worth its cost, write the new figures down with
#
#     python tests/house/test_guard.py --write
#
# and say in the commit what they buy. A figure that has become more than a fifth smaller fails as well; write it down likewise.
#
# python_calls_*, builtin_calls_*: calls of our functions, and of builtins by them, in a first sync
#     of each record, each page, each checkpoint, each row of an aggregate
# requests_*, checkpoints_*: of a first sync of 750 records in pages of 100, and of one at rest, which finds nothing new
# upserts_at_rest: the last page is read again, or the whole feed; what did not change is not sent
# handed_over_*: of several tables side by side, what their threads let the one do that delivers
# state_bytes: of the last checkpoint, as JSON; what each row of an aggregate and the digest of each record add stands apart
#
# fts-offsets-in-parallel: pages by offset, several at the same time; what its threads do is done at once, and so is counted
"""

Figures = Mapping[str, float]


# What is measured


@frozen(eq=False)
class Case:
    """A dataset with some options. *patches*: attributes of modules that are replaced meanwhile. *paginator*: another one."""

    dataset: str
    enable: Sequence[str] = ()
    patches: Sequence[tuple[ModuleType, str, object]] = ()
    paginator: Paginator | None = None

    @property
    def plugin(self) -> object:
        return {"fts": connector_fts, "mso": connector_mso, "four": FourTables()}[self.dataset]

    @property
    def assembly(self) -> Assembly:
        plugin = self.plugin if self.paginator is None else self._paged
        return assemble([Plugin(f"connector-{self.dataset}", plugin)], self.enable)

    @property
    def _paged(self) -> SimpleNamespace:
        """The dataset with the other paginator."""

        @hookimpl
        def connector_paginator(table: Table) -> Paginator | None:
            return self.paginator

        hooks = {name: value for name, value in vars(self.plugin).items() if name.startswith("connector_")}
        return SimpleNamespace(**{**hooks, "connector_paginator": connector_paginator})

    @property
    def records(self) -> str:
        """Where a page has its records."""
        return "mso_records" if self.dataset == "mso" else "fts_records"

    def sample(self, count: int) -> Sample:
        return evolve(MSO if self.dataset == "mso" else FTS, count=count)


class FourTables:
    """Four tables like that of fts, which are read side by side, and of which each sync sends what has changed."""

    @hookimpl
    def connector_tables(self) -> list[Table]:
        return [evolve(connector_fts.RECORDS, name=f"tasks_{number}") for number in range(4)]

    @hookimpl
    def connector_auth(self) -> ApiKeyHeader:
        return ApiKeyHeader("api_key")

    @hookimpl
    def connector_paginator(self, table: Table) -> CursorPaginator:
        return CursorPaginator(size_param="page_size")

    @hookimpl
    def connector_settings(self) -> list[Setting]:
        return [base_url("https://api.example.com")]


class AtOnce:
    """Threads that are none, so that what they do is counted, in an order that no machine changes."""

    def __init__(self, *_: object) -> None: ...

    def submit(self, call: Callable[..., Page], *arguments: Any) -> Future[Page]:
        future: Future[Page] = Future()
        future.set_result(call(*arguments))
        return future

    def close(self) -> None: ...


OFFSETS = OffsetPaginator("offset", "page_size", stop=[total_reached("total")], parallel=True)
TOGETHER: Sequence[tuple[ModuleType, str, object]] = [(ahead, "Workers", AtOnce), (pages, "AHEAD_FROM_SECONDS", 0.0)]

CASES = {
    "fts": Case("fts"),
    "fts-derived-field": Case("fts", ["cost_per_hour"]),
    "fts-aggregate": Case("fts", ["fts_technicians"]),
    "fts-both": Case("fts", ["cost_per_hour", "fts_technicians"]),
    "fts-aggregate-ledger-in-a-file": Case("fts", ["fts_technicians"], [(ledger, "IN_MEMORY", 0)]),
    "mso": Case("mso"),
    "four-tables": Case("four"),
    "fts-offsets-in-parallel": Case("fts", patches=TOGETHER, paginator=OFFSETS),
}


@lru_cache
def records_of(case: Case) -> Sequence[dict[str, Any]]:
    """The records of the longest feed; a shorter one has the first of them."""
    return Feed(case.dataset, case.sample(max(LENGTHS))).records()


class Source:
    """The API in memory: its pages are bytes before anybody asks. *groups*: so many technicians have done all the work."""

    def __init__(self, case: Case, count: int, page_size: int, groups: int | None = None) -> None:
        self.asked: list[Asked] = []
        self.page_size = page_size
        self._pages: dict[str | None, bytes] = {}
        records = list(records_of(case)[:count])
        if groups:
            records = [{**record, "technician_id": f"TECH_{number % groups:06d}"} for number, record in enumerate(records)]
        for start in range(0, count, page_size):
            following = f"{start + page_size:032x}" if start + page_size < count else None
            page = {case.records: records[start : start + page_size]}
            by_cursor = {**page, "next_cursor": following, "has_more": following is not None}
            self._pages[f"{start:032x}" if start else None] = json.dumps(by_cursor).encode()
            self._pages[f"offset {start}"] = json.dumps({**page, "total": count}).encode()

    @property
    def requests(self) -> int:
        return len(self.asked)

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)  # one step, whichever thread it is
        offset = asked.params.get("offset")
        page = self._pages[asked.params.get("cursor") if offset is None else f"offset {offset}"]
        return Reply(200, {"Content-Type": "application/json"}, page)


class Sink:
    """The SDK's operations, counted."""

    def __init__(self) -> None:
        self.upserts = 0
        self.states: list[dict[str, Any]] = []

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.upserts += 1

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.states.append(json.loads(json.dumps(state)))

    def nothing(self, *_: object) -> None:
        """Of a delete or a truncate."""


NEVER = CheckpointPolicy(records=sys.maxsize, share=0.0, seconds=inf)
AFTER_EACH_PAGE = CheckpointPolicy(records=1, share=0.0, seconds=inf)


@frozen
class Run:
    """A sync as Fivetran runs it, but for the socket and the SDK."""

    case: Case
    page_size: int
    url: str = URL
    checkpoints: CheckpointPolicy = field(factory=CheckpointPolicy)

    def sync(self, source: Source | None, state: Mapping[str, Any] | None = None) -> Sink:
        """One sync; without a *source* it asks a server at the address."""
        assembly, sink = self.case.assembly, Sink()

        def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
            made = make_client(assembly, configuration, log)
            if source:
                made.mount(InProcess(source.answer))
            return made

        configuration = {"api_key": "a-key", "base_url": self.url, "page_size": str(self.page_size)}
        engine = Engine(client, clock=lambda: 0.0, checkpoints=self.checkpoints)
        with self._around(sink):
            sync(assembly, configuration, state or {}, shipped(assembly, sink), ListLog(), engine)
        return sink

    @contextmanager
    def _around(self, sink: Sink) -> Iterator[None]:
        # A thread of its own would not be counted, and whether there is one is a matter of time.
        replaced = [(pages, "AHEAD_FROM_SECONDS", inf), (fivetran, "Operations", sink), *self.case.patches]
        patches = [patch.object(module, name, value) for module, name, value in replaced]
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in patches:
                each.stop()


def shipped(assembly: Assembly, sink: Sink) -> Operations:
    """What a built connector gives to the sync."""
    ours = fivetran.operations_for(assembly)
    operations = SimpleNamespace(upsert=ours.upsert, delete=sink.nothing, truncate=sink.nothing, checkpoint=sink.checkpoint)
    return cast(Operations, operations)


# Counting


OURS = tuple(f"{Path(str(module.__file__)).parent}/" for module in (connector_core, connector_fts, connector_mso))
GENERATED = tuple(f"<attrs generated {what} connector_" for what in ("init", "eq", "hash", "repr", "methods"))


class Calls:
    """A profiler that counts. Python tells it of each call, and of each time that a generator goes on."""

    def __init__(self) -> None:
        self.python = 0
        self.builtin = 0

    def __call__(self, frame: FrameType, event: str, _: object) -> None:
        name = frame.f_code.co_filename
        if event == "call":
            self.python += name.startswith(OURS) or name.startswith(GENERATED)
        elif event == "c_call":
            self.builtin += name.startswith(OURS)

    def of(self, what: Callable[[], object]) -> tuple[int, int]:
        """Calls of our functions, and of builtins by them, while *what* runs."""
        before, collects = sys.getprofile(), gc.isenabled()
        gc.collect()
        gc.disable()  # what is thrown away may run code of ours: a generator that is closed, for one
        sys.setprofile(self)
        try:
            what()
        finally:
            sys.setprofile(before)
            if collects:
                gc.enable()
        return self.python, self.builtin


KINDS = ("python_calls_per", "builtin_calls_per")


def calls(case: Case) -> dict[str, float]:
    """The calls that a record costs, and those that a page costs: a first sync costs so much for each of them, and something."""
    (short, long), (small, large) = LENGTHS, PAGE_SIZES
    # What is made when it is first needed, and then kept.
    Run(case, small).sync(Source(case, 3 * small, small))
    counted = {(count, size): counts(case, Source(case, count, size)) for count in LENGTHS for size in PAGE_SIZES}
    found = {}
    for index, kind in enumerate(KINDS):
        more = {size: counted[long, size][index] - counted[short, size][index] for size in PAGE_SIZES}
        records = long - short
        page = (more[small] - more[large]) / (records / small - records / large)
        found[f"{kind}_record"] = round((more[small] - page * records / small) / records, 3)
        found[f"{kind}_page"] = round(page, 3)
    return found


def other_calls(case: Case) -> dict[str, float]:
    """The calls that a checkpoint costs, and those of our functions that a row of an aggregate costs.

    Builtins do not tell the latter: with more rows, fewer records are added to one that is there already.
    """
    count, size = LENGTHS[0], PAGE_SIZES[0]
    few, many = [counts(case, Source(case, count, size, groups)) for groups in GROUPS]
    saved = counts(case, Source(case, count, size, GROUPS[0]), AFTER_EACH_PAGE)
    found = {f"{kind}_checkpoint": round((saved[index] - few[index]) / (count / size - 1), 3) for index, kind in enumerate(KINDS)}
    each = round((many[0] - few[0]) / (GROUPS[1] - GROUPS[0]), 3)
    return found | ({f"{KINDS[0]}_group": each} if each else {})


def counts(case: Case, source: Source, checkpoints: CheckpointPolicy = NEVER) -> tuple[int, int]:
    """The calls of one first sync."""
    forget()
    return Calls().of(lambda: Run(case, source.page_size, checkpoints=checkpoints).sync(source))


def forget() -> None:
    """Empty the caches of our functions: each sync of a connector begins with none, and these know what went before."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in (connector_core.__name__, connector_fts.__name__, connector_mso.__name__):
            for value in list(vars(module).values()):
                if clear := getattr(value, "cache_clear", None):
                    clear()


def requests(case: Case) -> dict[str, float]:
    """Requests and checkpoints of a first sync and of one at rest, what the latter sends, and what threads hand over."""
    source, run = Source(case, 750, 100), Run(case, 100)
    with handed_over() as over_first:
        first = run.sync(source)
    asked = source.requests
    with handed_over() as over_rest:
        rest = run.sync(source, first.states[-1])
    handed = {"handed_over_first": len(over_first), "handed_over_at_rest": len(over_rest)} if over_first else {}
    return {
        "requests_first": asked,
        "requests_at_rest": source.requests - asked,
        "checkpoints_first": len(first.states),
        "checkpoints_at_rest": len(rest.states),
        "upserts_at_rest": rest.upserts,
        **handed,
    }


@contextmanager
def handed_over() -> Iterator[list[object]]:
    """Everything that a thread hands in at a desk while the context lasts."""
    found: list[object] = []
    do = Desk.do

    def counted(desk: Desk, call: Callable[..., Any], *arguments: Any) -> Any:
        found.append(call)
        return do(desk, call, *arguments)

    with patch.object(Desk, "do", counted):
        yield found


def state(case: Case) -> dict[str, float]:
    """Bytes of the state at the end of a first sync; those that each group and each record adds stand apart."""
    most, fewer = 750, 350  # the last pages, which the state remembers, are of one size
    few, many, short = [_state_bytes(case, *what) for what in ((most, GROUPS[0]), (most, GROUPS[1]), (fewer, GROUPS[0]))]
    each = {"group": (many - few) / (GROUPS[1] - GROUPS[0]), "record": (few - short) / (most - fewer)}
    alone = few - GROUPS[0] * each["group"] - most * each["record"]
    return {"state_bytes": round(alone, 3)} | {f"state_bytes_per_{what}": round(one, 3) for what, one in each.items() if one}


def _state_bytes(case: Case, records: int, groups: int) -> int:
    return len(json.dumps(Run(case, 100).sync(Source(case, records, 100, groups)).states[-1]))


def measured(case: Case) -> Figures:
    """Everything that the guard looks at. Which thread makes a call is a matter of time, so of several tables none is counted."""
    counted = {} if case.dataset == "four" else calls(case) | other_calls(case)
    return counted | requests(case) | state(case)


# Comparing, and writing down


def faults(name: str, found: Figures, allowed: Figures) -> list[str]:
    """What is wrong with figures, in words; an empty list if nothing is."""
    if found.keys() != allowed.keys():
        return [f"[{name}] has to say {', '.join(found)}. Run: python tests/house/test_guard.py --write"]
    wrong = []
    for figure, number in found.items():
        limit = allowed[figure]
        line = f"{figure} = {text_of(number)}"
        if number > limit:
            wrong.append(
                f"[{name}] {figure}: {text_of(number)}, but only {text_of(limit)} is allowed. A sync does more than "
                f"before: find out why. If it is worth it, write {line} into {ALLOWED.name}."
            )
        elif number < SLACK * limit:
            wrong.append(
                f"[{name}] {figure}: {text_of(number)}, and {text_of(limit)} is allowed. A sync does less than before: "
                f"write {line} into {ALLOWED.name}, so that it stays so."
            )
    return wrong


def text_of(number: float) -> str:
    return f"{number:.10g}"


def written(figures: Mapping[str, Figures]) -> str:
    """The file of what is allowed."""
    tables = [
        "\n".join([f"[{name}]", *(f"{figure} = {text_of(number)}" for figure, number in of.items())])
        for name, of in figures.items()
    ]
    return "\n\n".join([HEAD.rstrip("\n"), *tables]) + "\n"


def test_feeds_of_both_lengths_have_the_same_groups() -> None:
    """Or their rows would be counted as the records' own."""
    short, long = [{record["technician_id"] for record in records_of(CASES["fts"])[:length]} for length in LENGTHS]
    assert short == long


@pytest.fixture(scope="module")
def allowed() -> Mapping[str, Figures]:
    return tomllib.loads(ALLOWED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", CASES)
def test_a_sync_costs_no_more_than_is_allowed(name: str, allowed: Mapping[str, Figures]) -> None:
    wrong = faults(name, measured(CASES[name]), allowed[name])
    assert not wrong, "\n".join(wrong)


def test_the_file_is_the_one_that_the_command_writes(allowed: Mapping[str, Figures]) -> None:
    assert list(allowed) == list(CASES)
    assert ALLOWED.read_text(encoding="utf-8") == written(allowed)


# Does it bite?


def ours(function: Callable[..., Any]) -> Callable[..., Any]:
    """*function* as if it stood in connector_core."""
    assert isinstance(function, FunctionType)
    code: CodeType = function.__code__
    function.__code__ = code.replace(co_filename=f"{OURS[0]}slower.py")
    return function


@pytest.fixture(scope="module")
def plain() -> Figures:
    """What the plainest sync costs now."""
    return calls(CASES["fts"])


def dearer(plain: Figures, figure: str) -> str:
    """How a fault begins that tells of one more."""
    return f"[fts] {figure}: {text_of(plain[figure] + 1)}, but only {text_of(plain[figure])} is allowed."


def test_one_more_function_for_each_record_is_noticed(plain: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    upsert_all, look = Delivery.upsert_all, ours(lambda row: row)
    monkeypatch.setattr(Delivery, "upsert_all", lambda self, table, rows: upsert_all(self, table, map(look, rows)))
    [fault] = faults("fts", calls(CASES["fts"]), plain)
    assert fault.startswith(dearer(plain, "python_calls_per_record"))


def test_one_more_builtin_for_each_record_is_noticed(plain: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = RowMaker.rows

    def counting(self: RowMaker, records: Any, *rest: Any) -> Any:
        for record in records:
            len(record)
        return rows(self, records, *rest)

    monkeypatch.setattr(RowMaker, "rows", ours(counting))
    found = faults("fts", calls(CASES["fts"]), plain)
    assert any(fault.startswith(dearer(plain, "builtin_calls_per_record")) for fault in found)


def test_one_more_function_for_each_page_is_noticed(plain: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = Client.fetch
    monkeypatch.setattr(Client, "fetch", ours(lambda self, *what: fetch(self, *what)))
    [fault] = faults("fts", calls(CASES["fts"]), plain)
    assert fault.startswith(dearer(plain, "python_calls_per_page"))


def test_what_is_not_ours_does_not_count(plain: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = Client.fetch
    monkeypatch.setattr(Client, "fetch", lambda self, *what: fetch(self, *what))
    assert calls(CASES["fts"]) == plain


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (10, None),
        (8, None),
        (7.9, "A sync does less than before: write calls = 7.9 into guard.toml"),
        (10.001, "A sync does more than before"),
    ],
)
def test_more_than_is_allowed_is_a_fault_and_so_is_much_less(number: float, words: str | None) -> None:
    found = faults("fts", {"calls": number}, {"calls": 10})
    assert len(found) == (words is not None)
    assert words is None or words in found[0]


def test_a_figure_that_the_file_lacks_is_a_fault() -> None:
    assert faults("fts", {"calls": 1, "bytes": 2}, {"calls": 1}) == [
        "[fts] has to say calls, bytes. Run: python tests/house/test_guard.py --write"
    ]


@pytest.mark.parametrize("name", ["fts", "fts-aggregate"])
def test_over_a_real_connection_there_are_as_many_requests(name: str, allowed: Mapping[str, Figures]) -> None:
    case = CASES[name]
    table = simulated("fts", 750)
    with Simulation([table], secret="a-key") as server:
        run = Run(case, 100, url=server.url)
        first = run.sync(None)
        asked = len(server.requests)
        run.sync(None, first.states[-1])
        assert asked == allowed[name]["requests_first"]
        assert len(server.requests) - asked == allowed[name]["requests_at_rest"]
        assert server.connections == 2


def main() -> None:
    text = written({name: measured(case) for name, case in CASES.items()})
    if "--write" in sys.argv[1:]:
        ALLOWED.write_text(text, encoding="utf-8")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
