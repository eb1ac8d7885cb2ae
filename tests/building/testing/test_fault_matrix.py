"""The fault matrix: in full for fts, in part for others, and proof that it notices an engine that is broken.

Each cell is a test of its own, and which of the two good endings it has is written down here.
"""

import importlib.util
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner

import connector_fts
import connector_fts.sample
import connector_mso
import connector_mso.sample
from connector_build.api.errors import Unmimicked
from connector_build.api.feed import Cursors
from connector_build.api.messages import Asked
from connector_build.api.recording import Recorded as Saved
from connector_build.api.recording import Recording
from connector_build.sample import Sample
from connector_build.testing import lies_table, reliability
from connector_build.testing.matrix import runs as matrix
from connector_build.testing.matrix import trial
from connector_build.testing.matrix.faults import FAULTS, STATUSES
from connector_build.testing.matrix.further import FURTHER
from connector_build.testing.matrix.lies import LIES
from connector_build.testing.matrix.runs import (
    FAILED,
    LOUD,
    NOT,
    RIGHT,
    Cell,
    Outcome,
    run_cell,
    run_matrix,
    survive,
    with_everything,
)
from connector_build.testing.matrix.strikes import Fault
from connector_build.testing.matrix.trial import NO_FAULT
from connector_build.testing.reliability import BEGIN, END, LIES_BEGIN, LIES_END, Column
from connector_build.testing.warehouse.runs import CANARY
from connector_core import (
    Aggregate,
    ConnectorError,
    Csv,
    CursorPaginator,
    FunctionPaginator,
    JsonLines,
    KeysetPaginator,
    LinkHeaderPaginator,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Parent,
    Request,
    SinglePage,
    SourceError,
    Table,
    count,
    empty_page,
    hookimpl,
    ignore,
    no_more,
    total,
)
from connector_core.engine.sync import sync
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from places import ROOT

PLAYGROUND = ("next_page_url", "page_number", "offset")
FIRST, INCREMENTAL = False, True
BY_NAME = {fault.name: fault for fault in FAULTS}


def once_and_for_ever(name: str) -> dict[str, Outcome]:
    """What passes is tried again; what lasts is loud."""
    return {f"{name}, once": RIGHT, f"{name}, for ever": LOUD}


PASSING = (
    "silence",
    "slow drip",
    "reset before the answer",
    "reset in the body",
    "chunks without an end",
    "Content-Length too long",
    "Content-Length too short",
    "no HTTP",
    *map(str, STATUSES),
    "cut JSON",
    "empty body",
    "no gzip",
    "cut gzip",
    "cut deflate",
    "cut deflate, bare",
    "cut gzip, unannounced",
    "no UTF-8",
)
EXPECTED: Mapping[str, Outcome] = {
    **{name: outcome for passing in PASSING for name, outcome in once_and_for_ever(passing).items()},
    "no connection": LOUD,
    "no such host": LOUD,
    "no TLS": LOUD,
    "an answer twice": RIGHT,
    "429 with seconds": RIGHT,
    "429 with a date": RIGHT,
    "429 until tomorrow": LOUD,
    "401": LOUD,
    "403": LOUD,
    "expired cursor, 400, once": LOUD,
    "expired cursor, 400, for ever": LOUD,
    "expired cursor, 410, once": LOUD,
    "expired cursor, 410, for ever": LOUD,
    "redirect elsewhere": LOUD,
    "redirect in circles": LOUD,
    "HTML, once": RIGHT,
    "HTML, for ever": LOUD,
    "an unknown encoding": LOUD,
    "an error with 200": LOUD,
    "gzip bomb": LOUD,
    "gzip bomb, unannounced": LOUD,
    "200 MB": LOUD,
    "a text of 10 MB": RIGHT,
    "NaN": LOUD,
    "1e400": LOUD,
    "10,000 levels": LOUD,
    "a record twice in a page": RIGHT,
    "a page twice": LOUD,
    "two pages swapped": RIGHT,
    "a shorter page": RIGHT,
    "a longer page": RIGHT,
    "an empty page": RIGHT,
    "a cursor that loops": LOUD,
    "cursors in a circle": LOUD,
    "a link elsewhere": NOT,
}
"""How each fault ends for fts with every option enabled, in both kinds of sync."""

FEW = (
    "503, once",
    "503, for ever",
    "401",
    "cut JSON, once",
    "expired cursor, 410, once",
    "a record twice in a page",
    "a page twice",
    "two pages swapped",
    "a shorter page",
    "an empty page",
    "a cursor that loops",
    "cursors in a circle",
    "a link elsewhere",
)
OTHERWISE: Mapping[tuple[str, str, bool], Outcome] = {
    # It strikes the first request there, and what never answered in JSON says at once that it is no API.
    ("fts", "HTML, once", INCREMENTAL): LOUD,
    # A sync goes on at the stored cursor. When that has expired, it reads the whole feed.
    **{
        (name, f"expired cursor, {status}, once", INCREMENTAL): RIGHT
        for name in ("fts", "fts, nothing enabled", "mso")
        for status in (400, 410)
    },
    ("next_page_url", "a link elsewhere", FIRST): LOUD,
    ("next_page_url", "a link elsewhere", INCREMENTAL): LOUD,
    **{
        (name, fault, kind): NOT
        for name in ("page_number", "offset")
        for fault in ("a cursor that loops", "cursors in a circle")
        for kind in (FIRST, INCREMENTAL)
    },
    ("page_number", "a shorter page", FIRST): NOT,
    ("page_number", "a shorter page", INCREMENTAL): NOT,
    # The offset goes by the records that came: behind none it stays where it is.
    ("offset", "an empty page", FIRST): LOUD,
    ("offset", "an empty page", INCREMENTAL): LOUD,
}
"""Dataset, fault, whether the sync is incremental → how it ends where that is another way than for fts."""


def load(name: str) -> Plugin:
    """A plugin of the playground."""
    path = ROOT / f"tests/playground/{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Plugin(path.name, module)


@cache
def dataset(name: str) -> tuple[Assembly, Sample | None]:
    match name:
        case "fts":
            return with_everything(assemble([Plugin("connector-fts", connector_fts)])), connector_fts.sample.SAMPLE
        case "fts, nothing enabled":
            return assemble([Plugin("connector-fts", connector_fts)]), connector_fts.sample.SAMPLE
        case "mso":
            return with_everything(assemble([Plugin("connector-mso", connector_mso)])), connector_mso.sample.SAMPLE
    return assemble([load(name)]), None


def cell(name: str, fault: str, kind: bool) -> Cell:
    assembly, sample = dataset(name)
    return run_cell(assembly, BY_NAME[fault], incremental=kind, sample=sample)


def each(*names: str, faults: tuple[str, ...]) -> pytest.MarkDecorator:
    """A test for each of these datasets, faults and kinds of sync."""
    kinds = {FIRST: "first", INCREMENTAL: "incremental"}
    cells = [
        pytest.param(name, fault, kind, id=f"{name}-{fault}-{kinds[kind]}")
        for name in names
        for fault in faults
        for kind in kinds
    ]
    return pytest.mark.parametrize(("name", "fault", "kind"), cells)


# The cells


@each("fts", faults=tuple(BY_NAME))
def test_fts(name: str, fault: str, kind: bool) -> None:
    found = cell(name, fault, kind)
    assert found.outcome == OTHERWISE.get((name, fault, kind), EXPECTED[fault]), found


@each("fts, nothing enabled", "mso", *PLAYGROUND, faults=FEW)
def test_others(name: str, fault: str, kind: bool) -> None:
    found = cell(name, fault, kind)
    assert found.outcome == OTHERWISE.get((name, fault, kind), EXPECTED[fault]), found


def test_every_fault_is_named_once_and_told_in_a_sentence() -> None:
    assert len(BY_NAME) == len(FAULTS) >= 30
    assert BY_NAME.keys() == EXPECTED.keys()
    for fault in FAULTS:
        assert re.fullmatch(r"[A-Z0-9][^\n|]*\.", fault.what), fault


def test_syncs_without_a_fault_are_right() -> None:
    for name in ("fts", "fts, nothing enabled", "mso", *PLAYGROUND):
        matrix.check_clean(*dataset(name))


def test_a_loud_failure_says_where_what_and_what_to_do_without_the_key() -> None:
    message = cell("fts", "503, for ever", FIRST).detail
    assert message.startswith("fts_records: GET /fts_data?page_size=5&cursor=")
    assert '503 Service Unavailable: {"error": "not now, not for the key ***"}' in message
    assert "check base_url (" in message
    assert "and the API's status" in message


# Tables of every kind


def plugin(*tables: Table, paginator: Any = None, extras: tuple[Aggregate, ...] = ()) -> Assembly:
    hooks: dict[str, Callable[..., Any]] = {
        "connector_tables": lambda: list(tables),
        "connector_paginator": lambda: paginator or CursorPaginator(),
        "connector_extra_tables": lambda table: list(extras) if table == tables[0] else [],
    }
    return assemble([Plugin("plugin", SimpleNamespace(**{name: hookimpl(hook) for name, hook in hooks.items()}))])


def things(**more: Any) -> Table:
    columns = {"id": "LONG", "kind": "STRING", "number": "DOUBLE"}
    return Table("things", "/things", more.pop("records", "items"), ["id"], columns, **more)


PARTS = Table(
    "parts",
    "/things/{parent.id}/parts",
    "items",
    ["thing_id", "number"],
    {"thing_id": "LONG", "number": "LONG", "label": "STRING"},
    parent=Parent("things", adds={"thing_id": "id"}),
)
DEEP = Parent("parts", adds={"part": "number"})
KINDS = Aggregate("things_kinds", ["kind"], {"things": count(), "numbers": total("number")})


@pytest.mark.parametrize("kind", [FIRST, INCREMENTAL], ids=["first", "incremental"])
@pytest.mark.parametrize(
    ("assembly", "fault", "outcome"),
    [
        pytest.param(plugin(things(records="@", format=Csv()), paginator=SinglePage()), "503, once", RIGHT, id="one CSV, 503"),
        pytest.param(
            plugin(things(records="@", format=Csv()), paginator=SinglePage()), "an error with 200", LOUD, id="one CSV, an error"
        ),
        pytest.param(
            plugin(things(records="@", format=Csv(), full_refresh=True), paginator=SinglePage()),
            "an error with 200",
            LOUD,
            id="a CSV that replaces its table, an error",
        ),
        pytest.param(
            plugin(things(records="@", format=Csv()), paginator=SinglePage()), "cut gzip, once", RIGHT, id="one CSV, cut"
        ),
        pytest.param(
            plugin(things(), paginator=KeysetPaginator("after", "id", stop=[no_more("more")])), "an empty page", LOUD, id="keys"
        ),
        pytest.param(plugin(things(), paginator=LinkHeaderPaginator("next", "size")), "a link elsewhere", LOUD, id="Link header"),
        pytest.param(plugin(things(), paginator=CursorPaginator(stop=[empty_page()])), "an empty page", NOT, id="documented end"),
        pytest.param(plugin(things(), paginator=OffsetPaginator()), "two pages swapped", RIGHT, id="offset"),
        pytest.param(
            plugin(things(), paginator=PageNumberPaginator(stop=[no_more("more")])), "an empty page", RIGHT, id="numbers"
        ),
        pytest.param(plugin(things(append_only=True), extras=(KINDS,)), "cursors in a circle", LOUD, id="append only, a circle"),
        pytest.param(
            plugin(things(append_only=True), extras=(KINDS,)), "a record twice in a page", RIGHT, id="append only, twice"
        ),
        pytest.param(plugin(things(full_refresh=True), extras=(KINDS,)), "reset in the body, for ever", LOUD, id="replaced"),
        pytest.param(plugin(things(errors=[ignore(status=410)])), "expired cursor, 410, once", NOT, id="ignored"),
        pytest.param(plugin(things(), PARTS), "503, for ever", LOUD, id="children, 503"),
        pytest.param(plugin(things(), PARTS), "a page twice", LOUD, id="children, a page twice"),
    ],
)
def test_tables_of_other_kinds(assembly: Assembly, fault: str, outcome: Outcome, kind: bool) -> None:
    found = run_cell(assembly, BY_NAME[fault], incremental=kind)
    assert found.outcome == outcome, found


def test_why_a_fault_does_not_apply_is_said_for_each_table() -> None:
    assembly = plugin(things(), PARTS, paginator=SinglePage())
    assert BY_NAME["a page twice"].reason(assembly) == "the feed is one page"
    mixed = plugin(things(records="@", format=Csv()), PARTS, paginator=SinglePage())
    assert BY_NAME["NaN"].reason(mixed) is None
    ignored = plugin(things(errors=[ignore(status=410)]), PARTS, paginator=SinglePage())
    assert BY_NAME["expired cursor, 410, once"].reason(ignored) == "the feed is one request"
    lines = plugin(things(errors=[ignore(status=503)]))
    assert BY_NAME["503, once"].reason(lines) == "the plugin says that such an answer ends the feed"


def test_an_api_that_cannot_be_made_up_is_said() -> None:
    with pytest.raises(Unmimicked, match=r"things: its paginator is a FunctionPaginator"):
        survive(plugin(things(), paginator=FunctionPaginator(lambda *_: None)))


# Recorded pages


def quarter(request: Request, page: Page) -> Request | None:
    following = page.body["next"]
    return request.placed("query", "quarter", following) if following else None


def in_quarters(*, upper: int = 3) -> tuple[Assembly, Recording]:
    """A plugin whose paginator is a function, and what its API answered."""
    answers = []
    for number in range(1, 4):
        items = [{"id": 10 * number + each, "kind": "A", "number": 1.5} for each in range(3)]
        body = json.dumps({"items": items, "next": number + 1 if number < upper else None})
        asked = Asked("GET", "/things", {"quarter": str(number)} if number > 1 else {})
        answers.append(Saved(asked, 200, {"content-type": "application/json"}, body))
    return plugin(things(), paginator=FunctionPaginator(quarter), extras=(KINDS,)), Recording(100, tuple(answers))


@pytest.mark.parametrize("kind", [FIRST, INCREMENTAL], ids=["first", "incremental"])
@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ("503, once", RIGHT),
        ("503, for ever", LOUD),
        ("cut JSON, for ever", LOUD),
        ("an error with 200", LOUD),
        ("a page twice", LOUD),
        ("10,000 levels", LOUD),
        ("a link elsewhere", NOT),
        ("two pages swapped", RIGHT),
        ("a record twice in a page", NOT),
    ],
)
def test_a_recorded_api_is_broken_as_one_that_is_made_up(fault: str, outcome: Outcome, kind: bool) -> None:
    assembly, recording = in_quarters()
    found = run_cell(assembly, BY_NAME[fault], incremental=kind, recorded=trial.Recorded(recording))
    assert found.outcome == outcome, found


def test_the_matrix_takes_recorded_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    assembly, recording = in_quarters()
    monkeypatch.setattr(matrix, "FAULTS", SOME)
    assert [found.outcome for found in run_matrix(assembly, recording=recording)] == [RIGHT] * 4 + [NOT] * 2
    survive(assembly, recording=recording)
    monkeypatch.setattr(trial, "Client", Lenient)
    with pytest.raises(AssertionError, match="cut JSON, once"):
        survive(assembly, recording=recording)


ROWS = [{"id": number, "kind": "A", "number": 1.5} for number in range(1, 7)]
FRAMED = {"content-type": "text/plain", "content-length": "99999", "connection": "keep-alive"}


def saved(query: Mapping[str, str], text: str) -> Saved:
    """An answer whose headers are about the connection that it was recorded from."""
    return Saved(Asked("GET", "/things", dict(query)), 200, FRAMED, text)


def in_pages(size: int) -> tuple[Assembly, Recording]:
    """A feed in numbered pages, up to an empty one."""
    pages = [ROWS[at : at + size] for at in range(0, len(ROWS) + size, size)]
    answers = [
        saved({"page": str(number), "page_size": str(size)}, json.dumps({"items": page})) for number, page in enumerate(pages, 1)
    ]
    return plugin(things(), paginator=PageNumberPaginator(stop=[empty_page()])), Recording(size, tuple(answers))


def in_one_answer(text: str, **more: Any) -> tuple[Assembly, Recording]:
    return plugin(things(**more), paginator=SinglePage()), Recording(100, (saved({}, text),))


RECORDINGS: Mapping[str, Callable[[], tuple[Assembly, Recording]]] = {
    "one answer": lambda: in_one_answer(json.dumps({"items": ROWS[:2]})),
    "pages": lambda: in_pages(3),
    "pages of one record": lambda: in_pages(1),
    "CSV": lambda: in_one_answer("id,kind,number\n1,A,1.5\n2,A,2.5\n", records="@", format=Csv()),
    "JSON lines": lambda: in_one_answer("\n".join(map(json.dumps, ROWS)), records="@", format=JsonLines()),
}


@pytest.mark.parametrize("made", RECORDINGS.values(), ids=RECORDINGS)
def test_no_fault_makes_a_sync_wait_for_the_rest_of_a_recorded_answer(
    made: Callable[[], tuple[Assembly, Recording]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # An answer that waits is told as slow, and not as what it is: then a message says the wrong thing.
    patient = NO_FAULT.seconds
    monkeypatch.setattr(matrix, "FAULTS", [evolve(fault, seconds=5.0) for fault in FAULTS if fault.seconds == patient])
    assembly, recording = made()
    survive(assembly, recording=recording)


def test_what_frames_a_recorded_answer_is_not_sent_again() -> None:
    _, recording = in_pages(3)
    reply = recording.reply(Asked("GET", "/things", {"page": "1", "page_size": "3"}))
    assert reply.headers == {"content-type": "text/plain"}


def test_a_recording_that_lacks_a_page_goes_wrong_without_any_fault() -> None:
    assembly, recording = in_quarters(upper=9)
    with pytest.raises(AssertionError, match=r"Without any fault, the first sync fails: things: GET /things\?quarter=4: 404"):
        survive(assembly, recording=recording)


# An engine that is broken


def broken(monkeypatch: pytest.MonkeyPatch, fault: str, **parts: Any) -> str:
    """What a cell of fts without options says of an engine with these parts."""
    for name, part in parts.items():
        monkeypatch.setattr(trial, name, part)
    found = cell("fts, nothing enabled", fault, FIRST)
    assert found.outcome == FAILED, found
    return found.detail


def test_a_sync_that_swallows_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    def swallowing(*arguments: Any) -> None:
        with suppress(ConnectorError):
            sync(*arguments)

    detail = broken(monkeypatch, "503, for ever", sync=swallowing)
    assert detail.startswith("the sync ends well, but fts_records lacks ")


class Lenient(Client):
    """Takes an answer that is cut for an empty last page."""

    def _decode(self, *arguments: Any) -> Any:
        try:
            return super()._decode(*arguments)
        except Exception:  # noqa: BLE001
            return {"fts_records": [], "next_cursor": None, "has_more": False}


@pytest.mark.parametrize("fault", ["cut JSON, once", "empty body, for ever", "HTML, for ever"])
def test_a_client_that_ignores_what_is_wrong_with_a_body(monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    assert "lacks 12 of 17 rows" in broken(monkeypatch, fault, Client=Lenient)


def raising(error: type[Exception], text: str) -> Callable[..., None]:
    """A sync that fails with another error than its own."""

    def failing(*arguments: Any) -> None:
        try:
            sync(*arguments)
        except ConnectorError:
            raise error(text) from None

    return failing


USEFUL = "fts_records: GET /fts_data: 503. Check base_url."


@pytest.mark.parametrize(
    ("error", "text", "detail"),
    [
        (KeyError, "cursor", "KeyError"),
        (SourceError, USEFUL.replace("fts_records", "It"), "the message names no table"),
        (SourceError, USEFUL.replace("GET /", ""), "the message names no request"),
        (SourceError, USEFUL.replace("503", "it failed"), "the message does not say what came back"),
        (SourceError, USEFUL.replace("Check", "Bad"), "the message does not say what to do"),
        (SourceError, f"{USEFUL}\nAnd more.", "the message is not one printable paragraph"),
        (SourceError, USEFUL + "." * 1500, "the message has 15"),
        (SourceError, USEFUL + CANARY, "holds a secret"),
    ],
)
def test_a_message_that_is_of_no_use(monkeypatch: pytest.MonkeyPatch, error: type[Exception], text: str, detail: str) -> None:
    assert detail in broken(monkeypatch, "503, for ever", sync=raising(error, text))


def test_the_messages_above_are_useful_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "sync", raising(SourceError, USEFUL))
    assert cell("fts, nothing enabled", "503, for ever", FIRST).outcome == LOUD


def logging(*arguments: Any) -> None:
    configuration, log = arguments[1], arguments[4]
    sync(*arguments)
    log.info(f"Done with {configuration['contract_key']}")


def hoarding(*arguments: Any) -> None:
    configuration, state, operations = arguments[1:4]
    sync(*arguments)
    operations.checkpoint({**state, "key": configuration["contract_key"]})


@pytest.mark.parametrize("leaking", [logging, hoarding])
def test_a_key_in_the_log_or_in_the_state(monkeypatch: pytest.MonkeyPatch, leaking: Any) -> None:
    assert "a secret is in the log or in the state" in broken(monkeypatch, "503, once", sync=leaking)


def test_a_key_in_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def chained(*arguments: Any) -> None:
        try:
            sync(*arguments)
        except ConnectorError:
            raise SourceError(USEFUL) from ValueError(arguments[1]["contract_key"])

    assert "holds a secret" in broken(monkeypatch, "503, for ever", sync=chained)


def test_a_state_that_runs_ahead_of_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(*arguments: Any) -> None:
        try:
            sync(*arguments)
        except ConnectorError:
            arguments[3].checkpoint({"next_cursor": Cursors("matrix").at(999)})
            raise

    assert "after the next sync, without the fault, fts_records lacks " in broken(monkeypatch, "503, for ever", sync=hasty)


def test_a_sync_that_does_nothing_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial, "sync", lambda *_: None)
    with pytest.raises(AssertionError, match=r"Without any fault, the first sync does not bring the right rows: fts_records"):
        run_matrix(*dataset("fts"))


# What plugins call


SOME = tuple(BY_NAME[name] for name in ("503, once", "cut JSON, once", "a link elsewhere"))


def test_the_whole_matrix_runs_with_every_option_and_tells_each_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Cell] = []
    tried: list[list[str]] = []
    real = matrix.run_cell

    def watching(assembly: Assembly, fault: Fault, **more: Any) -> Cell:
        tried.append([option.name for option in assembly.options if option.enabled])
        return real(assembly, fault, **more)

    monkeypatch.setattr(matrix, "FAULTS", SOME)
    monkeypatch.setattr(matrix, "run_cell", watching)
    assembly, sample = dataset("fts, nothing enabled")
    assert run_matrix(assembly, sample, seen.append) == seen
    assert [(found.fault, found.incremental) for found in seen] == [
        (fault.name, kind) for fault in SOME for kind in (False, True)
    ]
    assert [found.outcome for found in seen] == [RIGHT] * 4 + [NOT] * 2
    assert tried == [[]] * 6
    tried.clear()
    survive(assembly, sample)
    assert tried == [["cost_per_hour", "fts_technicians"]] * 6


def test_cells_that_failed_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matrix, "FAULTS", SOME)
    monkeypatch.setattr(trial, "Client", Lenient)
    with pytest.raises(AssertionError) as caught:
        survive(*dataset("fts"))
    first, *lines = str(caught.value).splitlines()
    assert first == "2 of 6 cells of the fault matrix failed:"
    assert [line.partition(": failed: ")[0] for line in lines] == [
        "  cut JSON, once (first sync)",
        "  cut JSON, once (incremental sync)",
    ]


# The page


PAGE = ROOT / "docs/reliability.md"


def page_rows(number: int = 0) -> list[list[str]]:
    between = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    tables = [part.splitlines() for part in between.split("\n\n") if part.startswith("|")]
    return [[part.strip() for part in line.strip("|").split("|")] for line in tables[number]]


def test_the_page_has_a_row_for_every_fault() -> None:
    header, _, *rows = page_rows()
    assert header == ["fault", "what happens", "fts", "fts, nothing enabled", "mso", "mso, nothing enabled", *PLAYGROUND]
    assert [row[:2] for row in rows] == [[fault.name, fault.what] for fault in FAULTS]
    assert {ending for row in rows for each_cell in row[2:] for ending in each_cell.split(" / ")} == {RIGHT, LOUD, NOT}


def test_the_page_says_of_fts_what_is_expected_here() -> None:
    expected = {
        fault: " / ".join(dict.fromkeys(OTHERWISE.get(("fts", fault, kind), outcome) for kind in (FIRST, INCREMENTAL)))
        for fault, outcome in EXPECTED.items()
    }
    assert {row[0]: row[2] for row in page_rows()[2:]} == expected


MORE_THAN_A_LIST = {name: assembly for family in FURTHER.values() for name, assembly in family.items()}


@pytest.mark.parametrize("name", MORE_THAN_A_LIST)
def test_tables_that_are_more_than_a_paged_list(name: str) -> None:
    header, _, *rows = page_rows(1)
    assert header == ["fault", *MORE_THAN_A_LIST]
    assert [row[0] for row in rows] == list(BY_NAME)
    said = {row[0]: row[header.index(name)] for row in rows}
    assert set(" / ".join(said.values()).split(" / ")) <= {lies_table.WORDS[outcome] for outcome in (RIGHT, LOUD, NOT)}
    for fault in ("503, for ever", "cut JSON, once", "expired cursor, 410, once"):
        cells = [run_cell(MORE_THAN_A_LIST[name], BY_NAME[fault], incremental=kind) for kind in (FIRST, INCREMENTAL)]
        assert " / ".join(dict.fromkeys(lies_table.WORDS[each.outcome] for each in cells)) == said[fault], cells


def test_children_of_children() -> None:
    bits = Table("bits", "/parts/{parent.number}", "bits", ["part", "id"], {"part": "LONG", "id": "LONG"}, parent=DEEP)
    assert run_cell(plugin(things(), PARTS, bits), BY_NAME["503, once"], incremental=True).outcome == RIGHT


def stubbed(monkeypatch: pytest.MonkeyPatch, outcome: Outcome) -> None:
    """Make a run of the command short: two faults, two connectors, and every cell ends with *outcome*."""

    def run(assembly: Assembly, sample: Sample | None, on_cell: Callable[[Cell], object]) -> list[Cell]:
        cells = [Cell(fault.name, kind, outcome, "because") for fault in SOME[:2] for kind in (False, True)]
        for each_cell in cells:
            on_cell(each_cell)
        return cells

    def told(assembly: Assembly, on_cell: Callable[[Cell], object]) -> list[Cell]:
        cells = [Cell(lie.name, False, outcome, "because") for lie in LIES[:2]]
        on_cell(cells[-1])
        return cells

    monkeypatch.setattr(reliability, "FURTHER", {})
    monkeypatch.setattr(lies_table, "LIES", LIES[:2])
    monkeypatch.setattr(lies_table, "FAMILIES", {"Mine": {"c": None, "d": None}})
    monkeypatch.setattr(lies_table, "CONNECTORS", {"c": None, "d": None})
    monkeypatch.setattr(lies_table, "run_lies", told)
    monkeypatch.setattr(reliability, "FAULTS", SOME[:2])
    monkeypatch.setattr(reliability, "run_matrix", run)
    monkeypatch.setattr(reliability, "columns", lambda _: [Column(name, *dataset("fts")) for name in ("a", "b")])


def test_the_command_writes_between_the_markers_and_leaves_the_rest(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stubbed(monkeypatch, RIGHT)
    page = tmp_path / "page.md"
    page.write_text(f"# Mine\n\n{BEGIN}\nold\n{END}\n\nBehind.\n{LIES_BEGIN}\n{LIES_END}\n")
    for _ in range(2):
        result = CliRunner().invoke(reliability.main, ["--output", str(page)])
        assert result.exit_code == 0, result.output
        assert "4 connectors, 12 cells, 0 failed" in result.output
        markers = "|".join(f"{re.escape(marker)}\n" for marker in (BEGIN, END, LIES_BEGIN, LIES_END))
        before, text, between, lies, behind = re.split(markers, page.read_text())
        assert (before, between, behind) == ("# Mine\n\n", "\nBehind.\n", "")
    assert text.splitlines() == [
        "",
        "2 faults, 2 connectors, 8 cells: 8 right rows, 0 loud, then right rows, 0 does not apply, 0 failed.",
        "",
        '<details markdown="1">',
        "<summary>Each fault, and how it ends</summary>",
        "",
        "| fault | what happens | a | b |",
        "| --- | --- | --- | --- |",
        f"| 503, once | {SOME[0].what} | right rows | right rows |",
        f"| cut JSON, once | {SOME[1].what} | right rows | right rows |",
        "",
        "</details>",
        "",
    ]
    assert lies.splitlines()[1] == "2 lies, 2 connectors: 4 right, 0 loud, 0 warned, 0 FAILED."
    assert "What becomes of them: Mine</summary>\n\n| lie | c | d |\n| --- | --- | --- |\n" in lies
    assert f"\n| {LIES[0].name} | right | right |\n" in lies


def test_the_page_has_a_table_of_what_is_more_than_a_list(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stubbed(monkeypatch, RIGHT)
    monkeypatch.setattr(reliability, "FURTHER", {"Mine": {"e": dataset("fts")[0]}})
    page = tmp_path / "new.md"
    result = CliRunner().invoke(reliability.main, ["--output", str(page)])
    assert "5 connectors, 16 cells, 0 failed" in result.output
    assert "| fault | e |\n| --- | --- |\n| 503, once | right |\n" in page.read_text()


def test_the_command_says_why_a_fault_does_not_apply(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stubbed(monkeypatch, NOT)
    page = tmp_path / "new.md"
    assert CliRunner().invoke(reliability.main, ["--output", str(page)]).exit_code == 0
    assert "- 503, once; cut JSON, once: because (a; b).\n" in page.read_text()
    assert f"- because: {LIES[0].name}; {LIES[1].name}.\n" in page.read_text()


def test_the_command_fails_with_a_cell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stubbed(monkeypatch, FAILED)
    result = CliRunner().invoke(reliability.main, ["--output", str(tmp_path / "page.md")])
    assert result.exit_code == 1
    assert "a: 503, once (first sync): failed: because" in result.output
    assert f"c: {LIES[0].name} (first sync): failed: because" in result.output
    assert "| failed | failed |" in (tmp_path / "page.md").read_text()
    assert "| **FAILED** | **FAILED** |" in (tmp_path / "page.md").read_text()


LIES_PART = f"{LIES_BEGIN}\n{LIES_END}\n"


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        LIES_PART + BEGIN,
        f"{END}\n{BEGIN}\n{LIES_PART}",
        f"{BEGIN}\n{END}\n" * 2 + LIES_PART,
        f"{BEGIN}\n{END}\n",
        f"{BEGIN}\n{END}\n{LIES_BEGIN}\n",
    ],
)
def test_a_page_without_the_markers_is_refused_before_the_run(tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    result = CliRunner().invoke(reliability.main, ["--output", str(page)])
    assert result.exit_code == 2
    assert "does not have the two lines" in result.output
    assert page.read_text() == text


def test_the_columns_are_what_is_installed_and_the_files(tmp_path: Path) -> None:
    files = [ROOT / f"tests/playground/{name}.py" for name in PLAYGROUND]
    found = {column.name: column for column in reliability.columns(files)}
    assert {"fts", "fts, nothing enabled", "mso", "mso, nothing enabled", *PLAYGROUND} <= found.keys()
    assert found["fts"].sample is connector_fts.sample.SAMPLE
    assert all(option.enabled for option in found["fts"].assembly.options)
    assert not any(option.enabled for option in found["fts, nothing enabled"].assembly.options)
    result = CliRunner().invoke(
        reliability.main, ["--output", str(tmp_path / "page.md"), "--plugin-file", str(tmp_path / "none.py")]
    )
    assert result.exit_code == 2
    assert "there is no such Python file" in result.output
