"""The examples of docs/sources.md about records, several tables and deletes do what the page says, against a small server.

The ready-made transforms and tombstones have theirs in test_ready_transforms.py.
"""

import gzip
import json
import re
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Lock, Thread
from types import ModuleType, SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from attrs import define, evolve, field, frozen

from connector_core import (
    Aggregate,
    Column,
    CursorPaginator,
    JsonLines,
    KeysetPaginator,
    LinkHeaderPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    Paginator,
    Record,
    SinglePage,
    SourceError,
    Table,
    UnexpectedAnswer,
    count,
    hookimpl,
    only_if,
    short_page,
)
from connector_core.basics.errors import RequestRejected
from connector_core.basics.operations import Operations
from connector_core.derived.transforms import Transform
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.child_place import Place
from connector_core.engine.marks import name_of, packed_places
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.values import in_form
from places import ROOT
from sinks import Answer
from support import ListLog, Warehouse, assert_exact, places, plugin

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
TABLES = "Several tables, parents and children"


def section(title: str) -> str:
    """What stands on the page under a heading of the second level."""
    return SOURCES.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def examples(title: str) -> dict[str, str]:
    """Heading → example, of one section."""
    return dict(re.findall(r"^### (.+?)$.*?^```python\n(.*?)^```$", section(title), re.M | re.S))


def rows_of(heading: str) -> list[list[str]]:
    """The cells of the rows, without the head, of the first Markdown table below *heading*, backquotes taken away."""
    _, _, text = SOURCES.partition(f"\n### {heading}\n")
    lines = re.findall(r"^\|.*\|$", text.partition("\n### ")[0], re.M)
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines[2:]]


EXAMPLES = {title: text for name in ("Records", TABLES, "Deletes") for title, text in examples(name).items()}
SHIFTS = Table("shifts", "/shifts", "shifts", ["shift_id"], {"shift_id": "STRING", "email": "STRING", "address": "JSON"})


def module_of(title: str) -> Plugin:
    module = ModuleType("connector_crew")
    exec(compile(EXAMPLES[title], "sources.md", "exec"), module.__dict__)  # noqa: S102  (our own page)
    return Plugin("connector-crew", module)


def assembled(title: str, *more: Plugin) -> Assembly:
    """The example below *title*, on a table of shifts where it has none of its own, and *more* plugins."""
    tables = () if "connector_tables" in EXAMPLES[title] else (plugin(SHIFTS),)
    return assemble([*tables, module_of(title), *more])


def extension(**hooks: Callable[..., Any]) -> Plugin:
    marked: dict[str, Any] = {f"connector_{name}": hookimpl(answer) for name, answer in hooks.items()}
    return Plugin("my-extension", SimpleNamespace(**marked))


@frozen
class Asked:
    """One request that the server got."""

    path: str
    params: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""


Says = Callable[[Asked], Answer]


@define
class Server:
    """A server that answers with what *says* makes of a request; `asked` has the requests, in the order in which they came."""

    says: Says
    url: str = ""
    asked: list[Asked] = field(factory=list)

    def paths(self) -> list[str]:
        """What was asked for since the last call."""
        paths = [asked.path for asked in self.asked]
        self.asked.clear()
        return paths


@contextmanager
def serving(says: Says) -> Iterator[Server]:
    server, lock = Server(says), Lock()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                body = self.rfile.read(int(headers.get("content-length", 0)))
                server.asked.append(Asked(parts.path, dict(parse_qsl(parts.query)), headers, body))
                said = server.says(server.asked[-1])
            self.send_response(said.status)
            for name, value in {"Content-Length": str(len(said.body)), **said.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        do_POST = do_GET  # noqa: N815  (the name that the server looks for)

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = Thread(target=http.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, body=json.dumps(body).encode())


def always(body: Any) -> Says:
    return lambda _: answer(body)


def page(name: str, records: Sequence[Record], asked: Asked) -> Answer:
    """A page by cursor, where the cursor is a position."""
    start, size = int(asked.params.get("cursor", "at 0")[3:]), int(asked.params.get("page_size", 1000))
    more = start + size < len(records)
    return answer({name: records[start : start + size], "next_cursor": f"at {start + size}" if more else None, "has_more": more})


def synced(assembly: Assembly, destination: Operations, state: Mapping[str, Any], url: str, **settings: str) -> ListLog:
    """One sync with the real client, which does not wait between two tries."""
    log = ListLog()

    def client(assembly: Assembly, values: Mapping[str, Any], log: Any) -> Client:
        limit = values["max_answer_mb"] * 1_000_000
        return Client(url, assembly.auth(values), log, retry=Retry(attempts=3), sleep=lambda _: None, limit=limit)  # type: ignore[arg-type]  # a Configuration

    engine = Engine(client, checkpoints=CheckpointPolicy(records=1))
    known = {setting.name for setting in assembly.settings}
    given = {"base_url": url, "api_key": "canary-7f3a", **settings}
    sync(assembly, {name: text for name, text in given.items() if name in known}, state, destination, log, engine)
    return log


@define
class Connection:
    """A connector between a server and a warehouse."""

    assembly: Assembly
    server: Server
    warehouse: Warehouse
    states: list[dict[str, Any]] = field(factory=list)
    """Every state that was checkpointed."""

    def sync(self, **settings: str) -> ListLog:
        self.warehouse.connect(self.assembly)
        try:
            return synced(self.assembly, self.warehouse, self.warehouse.state, self.server.url, **settings)
        finally:
            self.states += [done.data for done in self.warehouse.operations if done.kind == "checkpoint"]

    def live(self, table: str) -> list[Record]:
        return [row for _, row in sorted(self.warehouse.live(table).items())]


@contextmanager
def connected(assembly: Assembly, says: Says) -> Iterator[Connection]:
    with serving(says) as server:
        yield Connection(assembly, server, Warehouse(assembly))


def test_each_section_has_one_example() -> None:
    for name in ("Records", TABLES, "Deletes"):
        assert section(name).count("\n### ") == section(name).count("```python") == len(examples(name))


@pytest.mark.parametrize("title", EXAMPLES)
def test_the_examples_assemble(title: str) -> None:
    assert "connector-crew" in {option.origin.plugin for option in assembled(title).options} | {
        plan.origin.plugin for plan in assembled(title).tables
    }


# Where the records are


def test_records_are_found_in_the_answers_that_the_page_shows() -> None:
    shown = {f"`{records}`": json.loads(body) for records, body, _ in rows_of("Where the records are")}
    assembly = assembled("Where the records are")
    places = {plan.table.path: f"`{plan.table.records}`" for plan in assembly.tables}
    assert list(shown) == list(places.values())
    with connected(assembly, lambda asked: answer(shown[places[asked.path]])) as connection:
        connection.sync()
        rows = {plan.table.name: [row["id"] for row in connection.live(plan.table.name)] for plan in assembly.tables}
    assert rows == {"shifts": ["S1", "S2"], "crews": ["C1"], "places": ["P1"], "account": ["A1"], "members": ["M1"]}


def test_what_is_not_there_is_an_error() -> None:
    tables = [plan.table for plan in assembled("Where the records are").tables]
    empty: dict[str, Any] = {"shifts": [], "data": {"crews": []}, "edges": [{"node": None}]}
    misspelt = {"edges": [{"nodes": {"id": "M1"}}]}
    for table in tables:
        assembly = assemble([plugin(table, paginator=SinglePage())])
        null, wrong = {"shifts": None, "data": None, "edges": None}, {"shifts": 1, "data": {"crews": 1}, "edges": 1}
        for body in ({}, null, wrong, misspelt):
            with connected(assembly, always(body)) as connection, pytest.raises(UnexpectedAnswer):
                connection.sync()
        if table.name in ("shifts", "crews", "members"):
            with connected(assembly, always(empty)) as connection:
                connection.sync()
                assert connection.live(table.name) == []


def test_nothing_in_the_words_of_the_api() -> None:
    tables = [plan.table for plan in assembled("Nothing, in the words of the API").tables]
    for table, body in zip(tables, ({"shifts": None}, {"total": 0}), strict=True):
        with connected(assemble([plugin(table, paginator=SinglePage())]), always(body)) as connection:
            connection.sync()
            assert connection.live(table.name) == []


# JSON lines and CSV

CSV = b'shift_id;hours;night;note;extra\nS1;7.5;true;"a;b";x\nS2;;NULL;;y\nS3;NULL;no;NULL;NULL\n'
CSV_ROWS: list[Record] = [
    {"shift_id": "S1", "hours": 7.5, "night": True, "note": "a;b", "extra": "x"},
    {"shift_id": "S2", "hours": None, "night": None, "note": "", "extra": "y"},
    {"shift_id": "S3", "hours": None, "night": False, "note": None, "extra": None},
]
MEMBERS = [{"id": number, "name": f"member {number}"} for number in range(1, 6)]


def exported(asked: Asked, csv: bytes = CSV) -> Answer:
    if asked.path == "/export":
        assert asked.headers["accept"] == "text/csv"
        return Answer(body=csv)
    offset, limit = int(asked.params["offset"]), int(asked.params["limit"])
    return Answer(body=b"\n\n".join(json.dumps(member).encode() for member in MEMBERS[offset : offset + limit]))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_csv_and_json_lines_are_read(pack: Callable[[bytes], bytes]) -> None:
    with connected(assembled("JSON lines and CSV"), lambda asked: evolve(said := exported(asked), body=pack(said.body))) as one:
        log = one.sync(page_size="2")
        assert one.live("shifts") == CSV_ROWS
        assert one.live("members") == MEMBERS
        assert "members: 5 records from 3 pages" in log.infos


@pytest.mark.parametrize(("cuts", "raised"), [(2, False), (9, True)])
def test_an_answer_that_was_cut_is_asked_for_again_before_any_row_goes_out(cuts: int, raised: bool) -> None:
    whole = gzip.compress(CSV)
    bodies = [whole[:-4]] * cuts + [whole] * 9
    with connected(
        assembled("JSON lines and CSV"), lambda asked: exported(asked, bodies.pop(0) if asked.path == "/export" else b"")
    ) as one:
        if raised:
            with pytest.raises(SourceError, match="the gzip data ends too early"):
                one.sync()
            assert one.warehouse.on("shifts") == []
        else:
            assert len(one.sync().warnings) == cuts
            assert one.live("shifts") == CSV_ROWS


@pytest.mark.parametrize(
    ("csv", "message"),
    [
        (b"", "the answer is blank, where CSV with a header was expected"),
        (b"shift_id;hours;night;note\nS1;many;;\n", "line 2: column hours is 'many', which is no DOUBLE"),
        (b"shift_id;hours;night;note\nS1;;perhaps;\n", "line 2: column night is 'perhaps', which is no BOOLEAN"),
    ],
)
def test_csv_that_is_no_such_csv_is_an_error(csv: bytes, message: str) -> None:
    with connected(assembled("JSON lines and CSV"), lambda asked: exported(asked, csv)) as one:
        with pytest.raises(UnexpectedAnswer, match=message):
            one.sync()
        one.server.says = lambda asked: exported(asked, b"shift_id;hours;night;note\n")
        assert "shifts: 0 records from 1 page" in one.sync().infos


def test_a_larger_answer_than_the_setting_allows_is_an_error() -> None:
    csv = b"shift_id\n" + b"".join(b"S%06d\n" % number for number in range(200_000))
    with connected(assembled("JSON lines and CSV"), lambda asked: exported(asked, gzip.compress(csv, 1))) as one:
        with pytest.raises(UnexpectedAnswer, match=r"shifts: GET /export X-Rows: all: the answer is larger than 1 MB"):
            one.sync(max_answer_mb="1")
        assert one.warehouse.on("shifts") == []
        assert [setting.default for setting in one.assembly.settings if setting.name == "max_answer_mb"] == ["100"]


class Counting:
    """A destination that keeps no row."""

    rows = 0

    def upsert(self, table: str, data: Record) -> None:
        self.rows += 1

    def delete(self, table: str, keys: Record) -> None: ...

    def truncate(self, table: str) -> None: ...

    def checkpoint(self, state: Record) -> None: ...


def test_memory_does_not_grow_with_the_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_core.engine.unchanged.MOST", 1_000)
    assembly = assembled("JSON lines and CSV")
    peaks = []
    for number in (100, 5_000, 50_000):  # the first for what is imported and cached
        csv = b"shift_id;hours;night;note\n" + b"".join(b"S%06d;7.5;true;%s\n" % (each, b"n" * 80) for each in range(number))
        destination = Counting()
        with serving(partial(exported, csv=csv)) as server:
            tracemalloc.start()
            synced(assembly, destination, {}, server.url)
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
        assert destination.rows == number + len(MEMBERS)
    assert peaks[2] - peaks[1] < 2_000_000  # of an answer that is 4.5 MB larger; 1 MB of it may be in memory


def linked(asked: Asked) -> Answer:
    start = int(asked.params.get("start", 0))
    lines = b"\n".join(json.dumps(member).encode() for member in MEMBERS[start : start + 2])
    more = {"Link": f'</members?start={start + 2}>; rel="next"'} if start + 2 < len(MEMBERS) else {}
    return Answer(headers=more, body=lines)


def by_header(asked: Asked) -> Answer:
    said = linked(Asked(asked.path, {"start": asked.params.get("cursor", "0")}, {}))
    return evolve(said, headers={"X-Next": re.sub(r"\D", "", said.headers["Link"])} if said.headers else {})


def after_id(asked: Asked) -> Answer:
    return linked(Asked(asked.path, {"start": asked.params.get("after_id", "0")}, {}))


def numbered(asked: Asked) -> Answer:
    return linked(Asked(asked.path, {"start": str(2 * int(asked.params["page"]) - 2)}, {}))


def by_offset(asked: Asked) -> Answer:
    return linked(Asked(asked.path, {"start": asked.params["offset"]}, {}))


@pytest.mark.parametrize(
    ("paginator", "says", "requests"),
    [
        (LinkHeaderPaginator(), linked, 3),
        (CursorPaginator(next_header="X-Next"), by_header, 3),
        (KeysetPaginator("after_id", "id"), after_id, 4),
        (PageNumberPaginator(), numbered, 4),
        (PageNumberPaginator(stop=[short_page("page_size")]), numbered, 3),
        (OffsetPaginator(), by_offset, 4),
    ],
)
def test_what_pages_a_streamed_format(paginator: Paginator, says: Says, requests: int) -> None:
    table = Table("members", "/members", "@", ["id"], {"id": "LONG", "name": "STRING"}, format=JsonLines())
    with connected(assemble([plugin(table, paginator=paginator)]), says) as one:
        one.sync(page_size="2")
        assert one.live("members") == MEMBERS
        assert len(one.server.asked) == requests


# Transforms


def test_a_function_of_ones_own() -> None:
    shifts: list[Record] = [{"shift_id": "S1", "minutes": 450}, {"shift_id": "S2", "minutes": None}, {"shift_id": "S3"}]
    assembly = assembled("Transforms")
    assert assembly.tables[0].columns == {**SHIFTS.columns, "hours": "DOUBLE"}
    with connected(assembly, lambda asked: page("shifts", shifts, asked)) as one:
        one.sync()
        assert [(row["shift_id"], row["hours"], "minutes" in row) for row in one.live("shifts")] == [
            ("S1", 7.5, False),
            ("S2", None, False),
            ("S3", None, False),
        ]


# Several tables


def test_each_table_has_its_own_paginator_transforms_and_state() -> None:
    shifts: list[Record] = [{"shift_id": f"S{number}", "hours": 8.0, "notes": "n"} for number in range(5)]
    crews: list[Record] = [{"crew_id": number, "name": "A"} for number in range(3)]
    broken = True

    def says(asked: Asked) -> Answer:
        if asked.path == "/shifts":
            return page("shifts", shifts, asked)
        number = int(asked.params["page"])
        return Answer(403) if broken and number == 2 else answer({"crews": crews[2 * number - 2 : 2 * number]})

    with connected(assembled("Several tables"), says) as one:
        with pytest.raises(Exception, match="403"):
            one.sync(page_size="2", threads="1")
        assert places(one.warehouse.state) == {"tables": {"shifts": {"next_cursor": "at 4"}, "crews": {}}}
        one.server.paths()
        broken = False
        one.sync(page_size="2", threads="1")
        assert one.server.paths() == ["/shifts", *["/crews"] * 3]  # the last page of shifts, and all of crews, which are counted
        assert one.live("shifts") == [{"shift_id": f"S{number}", "hours": 8.0} for number in range(5)]
        assert one.live("crews") == crews
        assert places(one.warehouse.state) == {"tables": {"shifts": {"next_cursor": "at 4"}, "crews": {}}}


def test_the_state_of_one_table_is_taken_for_that_of_the_first() -> None:
    shifts: list[Record] = [{"shift_id": f"S{number}", "hours": 8.0} for number in range(5)]
    table = evolve(assembled("Several tables").tables[0].table)
    with connected(assemble([plugin(table)]), lambda asked: page(asked.path[1:], shifts, asked)) as one:
        one.sync(page_size="2")
        assert places(one.warehouse.state) == {"next_cursor": "at 4"}
        one.assembly = assembled("Several tables")
        one.server.says = lambda asked: page("shifts", shifts, asked) if asked.path == "/shifts" else answer({"crews": []})
        one.server.asked.clear()
        one.sync(page_size="2")
        assert next(asked for asked in one.server.asked if asked.path == "/shifts").params["cursor"] == "at 4"


# Child tables


@define
class Crews:
    """An API of crews and their shifts; `gone` are crews that it lists and does not know any more."""

    crews: dict[int, Record]
    shifts: dict[int, list[Record]]
    gone: set[int] = field(factory=set)

    def __call__(self, asked: Asked) -> Answer:
        if asked.path == "/crews":
            return page("crews", list(self.crews.values()), asked)
        number = int(asked.path.split("/")[2])
        since = asked.params.get("since", "")
        if number in self.gone:
            return answer({"error": "no such crew"}, 404)
        return page("shifts", [shift for shift in self.shifts[number] if shift.get("updated_at", "") >= since], asked)

    def rows(self, *crews: int) -> list[Record]:
        rows = [{"crew_id": crew, **shift} for crew in crews or self.shifts for shift in self.shifts[crew]]
        return [in_form({"updated_at": Column("UTC_DATETIME")}, row) for row in rows]


def shift(number: int, day: int) -> Record:
    return {"shift_id": f"S{number}", "hours": 8.0, "updated_at": f"2026-01-{day:02}T00:00:00Z"}


def three_crews() -> Crews:
    return Crews(
        {number: {"crew_id": number, "name": f"crew {number}"} for number in (1, 2, 3)},
        {1: [shift(1, 1), shift(2, 2), shift(3, 3)], 2: [shift(1, 4)], 3: []},
    )


def test_children_are_read_for_each_parent_and_each_goes_on_from_its_own_place() -> None:
    api = three_crews()
    with connected(assembled("Child tables"), api) as one:
        one.sync(page_size="2")
        assert one.live("crews") == list(api.crews.values())
        assert one.live("shifts") == api.rows()
        asked = one.server.paths()
        assert asked.count("/crews") == 2 + 2  # the table's own two pages, and once more for the list of parents
        assert {path: asked.count(path) for path in asked if path != "/crews"} == {
            "/crews/1/shifts": 2,
            "/crews/2/shifts": 1,
            "/crews/3/shifts": 1,
        }
        assert Place.read(one.warehouse.state["tables"]["shifts"]) == Place(
            rests={name_of("1"): {"since": "2026-01-03T00:00:00Z"}, name_of("2"): {"since": "2026-01-04T00:00:00Z"}}
        )
        api.shifts[1].append(shift(4, 9))
        del api.crews[2]
        one.sync(page_size="2")
        since = {asked.path: asked.params.get("since") for asked in one.server.asked if asked.path != "/crews"}
        assert since == {"/crews/1/shifts": "2026-01-03T00:00:00Z", "/crews/3/shifts": None}
        assert one.live("shifts") == api.rows()
        assert places(one.warehouse.state["tables"]["shifts"]) == {
            "rests": packed_places({name_of("1"): {"since": "2026-01-09T00:00:00Z"}})
        }


def test_the_parts_of_the_state_are_those_that_the_page_names() -> None:
    api = three_crews()
    api.shifts[3].append(shift(1, 1))
    for crew in api.crews.values():
        crew["updated_at"] = "2026-01-01T00:00:00Z"
    seen: list[dict[str, Any]] = []
    for title in ("Child tables", "Only children of parents that changed"):
        with connected(assembled(title), api) as one:
            one.sync(page_size="2", threads="1")
            seen += [places(state["tables"]["shifts"]) for state in one.states]
            assert places(one.warehouse.state["tables"]["shifts"]).keys() == (
                {"rests"} if title == "Child tables" else {"changed"}
            )
    assert {name for state in seen for name in state} == {name for name, *_ in rows_of("Child tables")}


def test_a_parent_that_is_gone_has_no_children_and_keeps_its_rows() -> None:
    api = three_crews()
    with connected(assembled("Child tables"), api) as one:
        one.sync()
        before = one.live("shifts")
        api.gone.add(2)
        log = one.sync()
        assert one.live("shifts") == before == api.rows()
        assert any("404" in line and "The plugin ignores such an answer" in line for line in log.infos)
        del api.crews[2]
        one.sync()
        assert one.live("shifts") == before


def test_rows_of_a_parent_that_is_gone_go_with_a_table_that_is_replaced() -> None:
    api = three_crews()
    crews, shifts = (plan.table for plan in assembled("Child tables").tables)
    replaced = assemble([plugin(crews, evolve(shifts, full_refresh=True))])
    with connected(replaced, api) as one:
        one.sync()
        assert one.live("shifts") == api.rows()
        del api.crews[2]
        one.sync()
        assert one.live("shifts") == api.rows(1, 3)


def test_without_the_rule_the_sync_fails_and_names_it() -> None:
    api = three_crews()
    api.gone.add(2)
    crews, shifts = (plan.table for plan in assembled("Child tables").tables)
    with (
        connected(assemble([plugin(crews, evolve(shifts, errors=[]))]), api) as one,
        pytest.raises(RequestRejected, match=r"put ignore\(status=…\) into the errors of shifts"),
    ):
        one.sync()


def test_parents_that_a_transform_leaves_out_have_no_children_read() -> None:
    api = three_crews()
    only_two = Transform("only_two", only_if("name", ["crew 2"]))
    transforms = extension(transforms=lambda table: [only_two] if table.name == "crews" else [])
    with connected(assembled("Child tables", transforms), api) as one:
        one.sync()
        assert [path for path in one.server.paths() if path != "/crews"] == ["/crews/2/shifts"]
        assert one.live("shifts") == api.rows(2)


def test_fields_of_the_parent_go_into_parameters_headers_and_the_path() -> None:
    crew = {"crew_id": 1, "name": "a/b?", "owner": {"id": "o 1"}}
    crews, shifts = (plan.table for plan in assembled("Child tables").tables)
    child = evolve(
        shifts, path="/of/{parent.name}", params={"owner": "{parent.owner.id}"}, headers={"X-Crew": "{parent.crew_id}"}
    )

    def says(asked: Asked) -> Answer:
        return answer({"crews": [crew]} if asked.path == "/crews" else {"shifts": [shift(1, 1)]})

    with connected(assemble([plugin(crews, child, paginator=SinglePage())]), says) as one:
        one.sync()
        asked = one.server.asked[-1]
        assert (asked.path, asked.params, asked.headers["x-crew"]) == ("/of/a%2Fb%3F", {"owner": "o 1"}, "1")
        assert one.live("shifts") == Crews({}, {1: [shift(1, 1)]}).rows(1)


def test_threads_are_a_setting() -> None:
    [threads] = [setting for setting in assembled("Child tables").settings if setting.name == "threads"]
    assert (threads.default, threads.maximum) == ("4", 8)
    assert "threads" in {setting.name for setting in assembled("Several tables").settings}


# Only children of parents that changed


def dated(**days: int | None) -> dict[int, Record]:
    """Crews by number, with the day on which each changed."""
    numbers = {int(name[1:]): day for name, day in days.items()}
    return {crew: {"crew_id": crew, "updated_at": day and f"2026-01-{day:02}T00:00:00Z"} for crew, day in numbers.items()}


def test_children_of_parents_that_did_not_change_are_left_alone() -> None:
    api = Crews(dated(c1=1, c2=1, c3=None), {number: [{"shift_id": f"S{number}", "hours": 8.0}] for number in (1, 2, 3)})
    with connected(assembled("Only children of parents that changed"), api) as one:
        one.sync()
        one.server.paths()
        api.crews |= dated(c2=5)
        api.shifts[2][0]["hours"] = 9.0
        log = one.sync()
        asked = sorted(path for path in one.server.paths() if path != "/crews")
        assert asked == ["/crews/2/shifts", "/crews/3/shifts"]  # that of crew 3 says nothing
        assert "shifts: 1 record of crews did not change: no request for them" in log.infos
        assert one.live("shifts") == api.rows()


@pytest.mark.parametrize("kind", ["an extra table", "one of personal data", "replaced"])
def test_all_children_are_read_where_the_whole_feed_is_needed(kind: str) -> None:
    api = Crews(dated(c1=1, c2=1), {number: [{"shift_id": f"S{number}", "hours": 8.0}] for number in (1, 2)})
    assembly = assembled(
        "Only children of parents that changed",
        extension(extra_tables=lambda table: [Aggregate("hours", ["crew_id"], {"n": count()})] if table.name == "shifts" else []),
    )
    if kind == "replaced":
        crews, shifts = (plan.table for plan in assembly.tables)
        assembly = assemble([plugin(crews, evolve(shifts, full_refresh=True))])
    if kind == "one of personal data":  # which the state does not keep
        assembly = evolve(assembly, tables=tuple(evolve(plan, forgets=True) for plan in assembly.tables))
    with connected(assembly, api) as one:
        for number in range(2):
            one.server.paths()
            one.sync()
            read = [] if number and kind == "an extra table" else ["/crews/1/shifts", "/crews/2/shifts"]
            assert sorted(path for path in one.server.paths() if path != "/crews") == read
            assert one.live("shifts") == api.rows()
            assert_exact(assembly, one.warehouse)


def test_a_nested_list() -> None:
    [shown] = re.findall(r"`(\{\"orders.*?\})`", section(TABLES))
    body = json.loads(shown)
    with connected(assembled("A nested list as a table of its own"), lambda _: answer(body)) as one:
        one.sync()
        assert one.live("orders_lines") == [{"order_id": 7, "line_id": 1, "sku": "A-1", "price": Decimal("9.50")}]
        body["orders"][0]["line_items"][0]["line_id"] = 2
        one.sync()
        assert [row["line_id"] for row in one.live("orders_lines")] == [2]


# Deletes


def test_a_list_of_deleted_keys() -> None:
    [shown] = re.findall(r"`(\{\"shifts.*?\})`", section("Deletes"))
    body = json.loads(shown.replace("…", "c"))
    first = {"shifts": [{"shift_id": f"S{number}"} for number in range(1, 10)], "deleted": [], "next_cursor": "b"}
    bodies = [first, body, {**body, "shifts": []}]
    with connected(assembled("A list of deleted keys"), lambda _: answer(bodies.pop(0) | {"has_more": len(bodies) > 1})) as one:
        log = one.sync()
        assert [row["shift_id"] for row in one.live("crew_shifts")] == ["S1", "S2", "S3", "S4", "S5", "S6", "S8"]
        assert "crew_shifts: 10 records from 2 pages, 2 left out (deleted 2)" in log.infos
        one.sync()  # the same keys once more: their rows are known to be gone
        assert one.warehouse.count("delete") == 0
        assert len(one.live("crew_shifts")) == 7


def test_a_table_that_is_replaced() -> None:
    crews: list[Record] = [{"crew_id": number, "name": "A"} for number in range(5)]
    broken = False

    def says(asked: Asked) -> Answer:
        offset, limit = int(asked.params["offset"]), int(asked.params["limit"])
        return Answer(403) if broken and offset else answer({"crews": crews[offset : offset + limit]})

    with connected(assembled("A table that is replaced"), says) as one:
        one.sync(page_size="2")
        assert one.live("crews") == crews
        before, crews[:] = list(crews), [{"crew_id": 4, "name": "B"}, {"crew_id": 7, "name": "B"}, {"crew_id": 8, "name": "B"}]
        broken = True
        with pytest.raises(Exception, match="403"):
            one.sync(page_size="2")
        assert one.live("crews") == before
        assert one.warehouse.operations == []
        broken = False
        one.sync(page_size="2")
        assert one.live("crews") == crews
        left = list(crews)
        crews.clear()
        with pytest.raises(UnexpectedAnswer, match="If crews may be empty, write may_be_empty=True in its Table"):
            one.sync()
        assert one.live("crews") == left


# XML, archives and forms


def fenced(heading: str, language: str) -> str:
    """What stands in the first block of that language below *heading*."""
    _, _, text = SOURCES.partition(f"\n### {heading}\n")
    return text.partition(f"```{language}\n")[2].partition("\n```")[0]


def test_xml_becomes_the_record_that_the_page_shows() -> None:
    first = fenced("XML", "xml").encode()
    last = b'<answer more="false"><paging/><shifts/></answer>'
    with connected(assembled("XML"), lambda asked: Answer(body=last if asked.params.get("cursor") == "b7" else first)) as one:
        one.sync()
        assert one.server.asked[0].headers["accept"] == "application/xml, text/xml"
        assert [asked.params.get("cursor") for asked in one.server.asked] == [None, "b7"]
        assert one.live("shifts") == [json.loads(fenced("XML", "json"))]


def test_an_archive_is_read_file_by_file() -> None:
    def says(asked: Asked) -> Answer:
        members = [("1.json", b'{"results": [{"id": 1, "name": "A"}]}'), ("2.json", b'{"results": [{"id": 2, "name": "B"}]}')]
        shifts = [
            ("in/shifts-1.csv", b"shift_id,hours\nS1,7.5\n"),
            ("readme.txt", b"-"),
            ("shifts-2.csv", b"shift_id,hours\nS2,\n"),
        ]
        packed = BytesIO()
        with ZipFile(packed, "w", ZIP_DEFLATED) as archive:
            for name, content in shifts if asked.path == "/export.zip" else members:
                archive.writestr(name, content)
        return Answer(body=packed.getvalue())

    with connected(assembled("Zip archives"), says) as one:
        one.sync()
        assert one.live("shifts") == [{"shift_id": "S1", "hours": 7.5}, {"shift_id": "S2", "hours": None}]
        assert one.live("members") == [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}]


def test_a_form_is_sent_as_the_page_says() -> None:
    [shown] = re.findall(r"`(report=\S+)`", section("Records"))

    def says(asked: Asked) -> Answer:
        form = dict(parse_qsl(asked.body.decode()))
        start, size = int(form["offset"]), int(form["limit"])
        return answer({"shifts": [{"shift_id": f"S{number}"} for number in range(5)][start : start + size]})

    with connected(assembled("Form-encoded requests"), says) as one:
        one.sync(company="12", page_size="3")
        assert [asked.body.decode() for asked in one.server.asked] == [f"{shown}&limit=3&offset=0", f"{shown}&limit=3&offset=3"]
        assert {asked.headers["content-type"] for asked in one.server.asked} == {"application/x-www-form-urlencoded"}
        assert len(one.live("shifts")) == 5


# Fields


def test_an_undeclared_field_is_left_out() -> None:
    with connected(
        assembled("Undeclared fields"), always({"shifts": [{"id": "S1", "hours": 1, "x": 2}], "has_more": False})
    ) as one:
        log = one.sync()
        assert one.live("shifts") == [{"id": "S1", "hours": 1.0}]
        assert 'shifts: field x is not declared and is left out, as undeclared is "drop".' in log.infos


def test_derived_fields_are_computed() -> None:
    record = {"id": 1, "hours": "7.50", "rate": 20.1, "price": "200", "worked": 400, "waited": 50, "email": "Ada@X.ORG"}
    record |= {"name": "Ada", "nick_name": None, "started_at": "2026-01-01T00:30:00+01:00"}
    with connected(assembled("Derived fields"), always({"shifts": [record], "has_more": False})) as one:
        one.sync()
        [row] = one.live("shifts")
    assert (row["cost"], row["margin"], row["minutes"]) == (Decimal("150.75"), Decimal("49.25"), 450)
    assert (row["month"], row["mail"], row["shown_as"], row["label"]) == (12, "ada@x.org", "Ada", "Ada 2025-12-31T23:30:00Z")
