"""Export jobs against a real server: three kinds of API, and what may happen between the request for one and its last result."""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import define, evolve, field
from hypothesis import given, settings
from hypothesis import strategies as st

from away import StandIn, mounted
from cases.support import Call, Connection, Reply, connect, items, plugin_of, serving
from connector_build.project.describe import describe
from connector_build.testing import Run, recorder, replay
from connector_build.testing.reading import read_feed
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Crash, ListLog, Warehouse
from connector_core import (
    Aggregate,
    ApiKeyHeader,
    ApiKeyPath,
    ConnectorError,
    Csv,
    CursorPaginator,
    Job,
    JsonLines,
    Parent,
    PluginError,
    SinglePage,
    SourceError,
    UnexpectedAnswer,
    UpdatedSince,
    Windows,
    count,
)
from connector_core.engine.sync import make_client
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.runtime.setup_test import setup_test
from connector_core.source.configuration import read_configuration
from places import ROOT

HOST = "bulk.files.example"
SIGNATURE = "c4nary5ignature0f9d"
LINES = JsonLines()
[EXAMPLE] = re.findall(
    r"### Export jobs\n.*?^```python\n(.*?)^```$", (ROOT / "docs" / "sources.md").read_text(encoding="utf-8"), re.M | re.S
)


@define
class Exports:
    """An API that makes exports: each is ready after it was asked for so often, and has several files in a store.

    polls: questions until one is ready; rows: what is exported, file by file; fails: how many of the next jobs fail, or are gone
    (`expires`) when they are asked for; down: numbers of requests, of both servers, that end the sync; old: addresses given out
    so often are refused once.
    """

    rows: Sequence[Sequence[Mapping[str, Any]]]
    polls: int = 2
    fails: int = 0
    expires: int = 0
    down: set[int] = field(factory=set)
    stale: int = 0
    extra: Mapping[str, str] = field(factory=dict)
    made: list[int] = field(factory=list)
    """Of each job, how often it was asked for."""
    asked: int = 0
    tokens: list[str] = field(factory=list)

    def _count(self) -> bool:
        self.asked += 1
        return self.asked - 1 in self.down

    def api(self, call: Call) -> Any:
        if self._count():
            return Reply({"error": "no such luck"}, 403)
        if call.path == "/exports":
            self.made.append(0)
            return Reply({"id": len(self.made)}, 201)
        number = int(call.path.split("/")[2])
        if self.expires and number == len(self.made):
            self.expires -= 1
            return Reply({"error": "gone"}, 404)
        self.made[number - 1] += 1
        if self.made[number - 1] <= self.polls:
            return Reply({"status": "running"}, 200, self.extra)
        if self.fails and number == len(self.made):
            self.fails -= 1
            return {"status": "failed"}
        self.tokens.append(f"{SIGNATURE}{len(self.tokens):04}")
        links = [f"https://{HOST}/{number}/{n}?sig={self.tokens[-1]}" for n in range(len(self.rows))]
        return {"status": "completed", "files": links}

    def store(self, call: Call) -> Any:
        if self._count():
            return Reply(b"<Error>no such luck</Error>", 503)
        if self.stale > 0 or call.query["sig"] != self.tokens[-1]:
            self.stale -= 1
            return Reply(b"<Error>expired</Error>", 403)
        assert not set(call.headers) & {"x-key", "cookie", "authorization"}
        _, _, number = call.path.split("/")
        return Reply(b"".join(json.dumps(row).encode() + b"\n" for row in self.rows[int(number)]))


JOB = Job("id", "/exports/{job}", done="completed", failed=["failed", "cancelled"], result="files")


def exporting(api: Any, store: Any, job: Any = JOB, **parts: Any) -> Connection:
    usual = {"path": "/exports", "records": "@", "format": LINES, "body": {"of": "all"}, "elsewhere": ["*.files.example"]}
    table = items(**{**usual, "columns": {"id": "STRING", "n": "LONG"}, **parts.pop("table", {})})
    made = connect(api, table, auth=ApiKeyHeader("X-Key"), configuration={"api_key": "canary-key-7"}, paginator=job, **parts)
    made.elsewhere = [StandIn(HOST, store.url)]
    return made


def states(connection: Connection) -> list[Any]:
    return [done.data for done in connection.warehouse.operations if done.kind == "checkpoint"]


def files(*sizes: int) -> list[list[dict[str, Any]]]:
    return [[{"id": f"f{number}-{n:02}", "n": n} for n in range(size)] for number, size in enumerate(sizes)]


# The three kinds


def test_a_bulk_operation_of_graphql_as_the_page_has_it() -> None:
    asked: list[Any] = []

    def answer(call: Call) -> Any:
        asked.append(call.body)
        if "bulkOperationRunQuery" in call.body["query"]:
            return {"data": {"bulkOperationRunQuery": {"bulkOperation": {"id": "gid://shop/BulkOperation/7"}}}}
        assert call.body["variables"] == {"id": "gid://shop/BulkOperation/7"}
        done = len(asked) > 3
        url = f"https://storage.googleapis.com/o.jsonl?X-Goog-Signature={SIGNATURE}" if done else None
        return {"data": {"node": {"status": "COMPLETED" if done else "RUNNING", "url": url}}}

    module = ModuleType("connector_crew")
    exec(compile(EXAMPLE, "sources.md", "exec"), module.__dict__)  # noqa: S102  (our own page)
    assembly = assemble([Plugin("connector-crew", module)])
    with serving(answer) as api, serving(lambda _: Reply(b'{"id": "a"}\n{"id": "b"}\n')) as store:
        connection = Connection(assembly, api, Warehouse(assembly))
        connection.elsewhere = [StandIn("storage.googleapis.com", store.url)]
        connection.sync()
        assert connection.ids("orders") == ["a", "b"]
        assert connection.waits == [5.0, 7.5, 11.25]
        assert SIGNATURE not in json.dumps([states(connection), connection.log.infos])


@pytest.mark.parametrize("ends", ["200", "303", "302"])
def test_a_report_that_is_asked_for_by_202_and_location(ends: str) -> None:
    def answer(call: Call) -> Any:
        if call.method == "POST":
            return Reply(None, 202, {"Location": "/v1/operations/9", "Retry-After": "30"})
        if call.path == "/v1/reports/9":
            return {"items": [{"id": "a"}]}
        assert call.path == "/v1/operations/9"
        if call.number < 3:
            return Reply({"status": "running"}, 202, {"Retry-After": "7"})
        return Reply({"items": [{"id": "a"}]}, int(ends), {} if ends == "200" else {"Location": "/v1/reports/9"})

    with serving(answer) as api:
        connection = connect(api, items(path="/v1/reports", body={}), paginator=Job("header Location", at=None))
        connection.sync()
        assert connection.ids() == ["a"]
        assert connection.waits == [30.0, 7.0, 7.0]
        assert states(connection)[0]["job"] == f"{api.url}/v1/operations/9"


def test_a_csv_export() -> None:
    def answer(call: Call) -> Any:
        if call.path == "/exports":
            return {"export": {"id": "x/1"}}
        if call.path == "/exports/x%2F1/file":
            assert call.headers["accept"] == "text/csv"
            return Reply(b"id,n\na,1\nb,2\n", 200, {"Content-Type": "text/csv"})
        assert call.path == "/exports/x%2F1"
        assert "csv" not in call.headers["accept"]
        return {"state": ["new", "ready"][call.number > 2]}

    job = Job("export.id", "/exports/{job}", at="state", done="ready", result="/exports/{job}/file", every=1, slowest=1)
    with serving(answer) as api:
        connection = connect(api, items(path="/exports", body={}, records="@", format=Csv()), paginator=job)
        connection.sync()
        assert connection.ids() == ["a", "b"]
        assert connection.waits == [1.0, 1.0, 1.0]


# Whatever happens


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.integers(0, 4), max_size=4),
    polls=st.integers(0, 3),
    down=st.sets(st.integers(0, 12), max_size=4),
    shape=st.sampled_from(["plain", "replaced", "totals", "append_only"]),
    data=st.data(),
)
def test_wherever_it_is_cut_short_the_rows_are_right_and_there_is_one_job(
    sizes: list[int], polls: int, down: set[int], shape: str, data: st.DataObject
) -> None:
    exports = Exports(files(*sizes), polls)
    exports.down = down
    crash = data.draw(st.none() | st.integers(0, 10))
    totals = [Aggregate("totals", ["n"], {"many": count()})] if shape in ("totals", "append_only") else []
    table = {"full_refresh": shape == "replaced", "append_only": shape == "append_only", "may_be_empty": True}
    with serving(exports.api) as api, serving(exports.store) as store:
        connection = exporting(api, store, table=table, extra_tables=totals)
        if crash is not None:
            connection.warehouse.crash_at(crash)
        for _ in range(8):
            try:
                connection.sync()
                break
            except (ConnectorError, Crash):
                connection.warehouse.crash_at(None)
        assert connection.ids() == sorted(row["id"] for rows in exports.rows for row in rows)
        if totals:
            assert_exact(connection.assembly, connection.warehouse)
        assert 1 <= len(exports.made) <= 1 + (crash == 0)  # which is before the state could hold it
        assert SIGNATURE not in json.dumps(connection.warehouse.state)
        exports.down = set()
        connection.sync()
        assert connection.ids() == sorted(row["id"] for rows in exports.rows for row in rows)


@pytest.mark.parametrize("replaced", [False, True])
def test_a_sync_that_was_cut_short_goes_on_with_the_same_job(replaced: bool) -> None:
    exports = Exports(files(2, 1), polls=3)
    exports.down = {2}
    with serving(exports.api) as api, serving(exports.store) as store:
        connection = exporting(api, store, table={"full_refresh": replaced})
        with pytest.raises(ConnectorError):
            connection.sync()
        assert connection.warehouse.state["job"] == "1"
        assert connection.warehouse.state.keys() - {"feeds"} == {"job", "created"}
        connection.sync()
        assert (connection.ids(), len(exports.made)) == (["f0-00", "f0-01", "f1-00"], 1)
        assert "job" not in connection.warehouse.state
        connection.sync()
        assert len(exports.made) == 2  # each sync has an export of its own


def test_results_that_were_read_are_not_read_again() -> None:
    exports = Exports(files(2, 2, 2), polls=0)
    with serving(exports.api) as api, serving(exports.store) as store:
        exports.down = {4, 5, 6}
        connection = exporting(api, store)
        with pytest.raises(SourceError):
            connection.sync()
        assert connection.warehouse.state["read"] == 2
        connection.sync()
        read = [call.path for call in store.calls]
        assert (read.count("/1/0"), read.count("/1/1"), connection.ids()[-1]) == (1, 1, "f2-01")


@pytest.mark.parametrize(("fails", "expires", "made"), [(1, 0, 2), (0, 1, 2), (2, 0, None), (0, 2, None), (1, 1, None)])
def test_a_job_that_failed_or_is_gone_is_made_anew_once(fails: int, expires: int, made: int | None) -> None:
    exports = Exports(files(2), polls=1, fails=fails, expires=expires)
    with serving(exports.api) as api, serving(exports.store) as store:
        connection = exporting(api, store)
        if made is None:
            with pytest.raises(SourceError, match="twice in this sync"):
                connection.sync()
            assert len(exports.made) == 2
        log = connection.sync()
        assert connection.ids() == ["f0-00", "f0-01"]
        if made:
            assert len(exports.made) == made
            assert any("has to be made anew" in warning for warning in log.warnings)


def test_an_address_that_is_good_no_longer_is_asked_for_again_of_the_same_job() -> None:
    exports = Exports(files(1, 1), polls=0, stale=1)
    with serving(exports.api) as api, serving(exports.store) as store:
        connection = exporting(api, store)
        connection.sync()
        assert (connection.ids(), len(exports.made), exports.made[0]) == (["f0-00", "f1-00"], 1, 2)
        exports.stale = 9
        with pytest.raises(SourceError, match="what the export job made is gone") as caught:
            connection.sync()
        assert len(exports.made) == 3
        assert SIGNATURE not in str(caught.value)


def test_a_job_that_takes_too_long_is_loud_then_asked_once_more_then_made_anew() -> None:
    exports = Exports(files(1), polls=100)
    clock = [1_000_000.0]
    with serving(exports.api) as api, serving(exports.store) as store:
        connection = exporting(api, store, evolve(JOB, longest=300.0))
        connection.client = {"now": lambda: clock[0], "sleep": lambda seconds: clock.__setitem__(0, clock[0] + seconds)}
        with pytest.raises(UnexpectedAnswer, match=r"not ready after 300 s, but 200 OK: .*running.*\. The next sync asks"):
            connection.sync()
        assert clock[0] == 1_000_300
        exports.polls = exports.made[0]  # now it is
        connection.sync()
        assert (connection.ids(), len(exports.made)) == (["f0-00"], 1)
        exports.polls = 100
        for made in (2, 3):
            with pytest.raises(UnexpectedAnswer, match="not ready after 300 s"):
                connection.sync()
            assert len(exports.made) == made
        assert any("has to be made anew" in warning for warning in connection.log.warnings)


def test_the_pause_grows_to_the_slowest_and_retry_after_counts_more() -> None:
    exports = Exports(files(1), polls=9)
    with serving(exports.api) as api, serving(exports.store) as store:
        connection = exporting(api, store)
        connection.sync()
        grown = [min(5 * 1.5**n, 60.0) for n in range(10)]
        assert connection.waits == grown
        exports.extra = {"Retry-After": "2"}
        connection.waits.clear()
        connection.sync()
        assert connection.waits[1:] == [2.0] * 9


# With the rest


def test_a_key_in_the_path_stays_out_of_the_place() -> None:
    def answer(call: Call) -> Any:
        assert call.path.startswith("/botcanary-key-7f3a/")
        if call.method == "POST":
            return Reply({}, 202, {"Location": f"{call.base}/botcanary-key-7f3a/jobs/1"})
        return Reply({}, 202) if call.number < 2 else {"items": [{"id": "a"}]}

    with serving(answer) as api:
        auth, job = ApiKeyPath("/bot"), Job("header Location", at=None)
        connection = connect(api, items(body={}), auth=auth, paginator=job, configuration={"api_key": "canary-key-7f3a"})
        connection.sync()
        assert connection.ids() == ["a"]
        assert "canary" not in json.dumps([states(connection), connection.log.infos])
        assert states(connection)[0]["job"]


def test_children_have_jobs_of_their_own_and_strategies_ask_for_them() -> None:
    made: list[str] = []

    def answer(call: Call) -> Any:
        if call.path == "/crews":
            return {"crews": [{"id": "1"}, {"id": "2"}]}
        if call.method == "POST":
            made.append(f"{call.path} {call.body.get('since')}")
            return {"id": call.path.split("/")[2]}
        if call.path.startswith("/jobs/"):
            return {"status": "done"} if call.number % 2 else {"status": "new"}
        return {"items": [{"id": call.path, "at": "2026-01-01T00:00:00Z"}]}

    crews = items(name="crews", path="/crews", records="crews")
    parent = Parent("crews", adds={"crew": "id"})
    columns = {"id": "STRING", "crew": "STRING", "at": "UTC_DATETIME"}
    shifts = items(path="/crews/{parent.id}/exports", body={}, parent=parent, columns=columns)
    job = Job("id", "/jobs/{job}", done="done", result="/files/{job}")
    since = UpdatedSince("since", "at", job, where="body")
    with serving(answer) as api:
        connection = connect(api, crews, shifts, paginator={"crews": SinglePage(), "case_items": since})
        connection.sync(threads="1")
        connection.sync(threads="1")
        assert connection.ids() == ["/files/1", "/files/2"]
        assert made == [f"/crews/{crew}/exports {at}" for at in (None, "2026-01-01T00:00:00Z") for crew in (1, 2)]


HTML = Reply(b"<!doctype html><p>Log in", headers={"Content-Type": "text/html"})


@pytest.mark.parametrize("at", [3, 4, 5], ids=["the request for it", "how far it is", "what it made"])
def test_a_web_page_in_the_place_of_json_is_tried_again(at: int) -> None:
    def answer(call: Call) -> Any:
        if call.number == at:
            return HTML
        if call.method == "POST":
            return {"id": 7}
        return {"status": "done"} if call.path == "/jobs/7" else {"items": [{"id": 1}]}

    job = Job("id", "/jobs/{job}", done="done", result="/jobs/7/file")
    with serving(answer) as api:
        connection = connect(api, items(body={}), paginator=job)
        connection.sync()
        assert len(api.calls) == 3
        if at != 3:  # the first answer of a sync says at once that this is no API
            connection.sync()
            assert len(api.calls) == 7
            assert connection.ids() == ["1"]
            return
        with pytest.raises(UnexpectedAnswer, match="the answer is a web page, not JSON"):
            connection.sync()


def test_an_empty_answer_says_what_came_instead_of_the_job() -> None:
    with serving(lambda _: Reply(b"")) as api, pytest.raises(ConnectorError, match="200, but the body is not whole JSON"):
        connect(api, items(body={}), paginator=Job("id", "/jobs/{job}", done="done")).sync()


def test_a_file_at_an_address_that_stays_is_asked_for_once_more() -> None:
    def answer(call: Call) -> Any:
        if call.method == "POST":
            return {"id": 7}
        if call.path == "/jobs/7":
            return {"status": "done"}
        return Reply({}, 410) if call.number == 2 else {"items": [{"id": 1}]}

    job = Job("id", "/jobs/{job}", done="done", result="/jobs/{job}/file", pages=CursorPaginator(missing_ends=True))
    with serving(answer) as api:
        connection = connect(api, items(body={}), paginator=job)
        connection.sync()
        assert connection.ids() == ["1"]
        assert [call.path for call in api.calls[1:]] == ["/jobs/7", "/jobs/7/file"] * 2


def test_the_job_of_one_parent_is_made_twice_at_most_in_a_sync() -> None:
    made: list[str] = []
    fails = True

    def answer(call: Call) -> Any:
        if call.path == "/crews":
            return {"crews": [{"id": 1}, {"id": 2}]}
        if call.method == "POST":
            made.append(call.path)
            return {"id": len(made)}
        if call.path.startswith("/jobs/"):
            return {"status": "failed" if fails and made[-1] == "/crews/2/exports" else "done"}
        return {"items": [{"id": call.path}]}

    crews = items(name="crews", path="/crews", records="crews")
    parent = Parent("crews", adds={"crew": "id"})
    shifts = items(path="/crews/{parent.id}/exports", body={}, parent=parent, columns={"id": "STRING", "crew": "STRING"})
    job = Job("id", "/jobs/{job}", done="done", failed="failed", result="/files/{job}")
    with serving(answer) as api:
        connection = connect(api, crews, shifts, paginator={"crews": SinglePage(), "case_items": job})
        with pytest.raises(SourceError, match=r"case_items: the export job has to be made anew .* It has happened twice in this"):
            connection.sync(threads="1")
        assert made == ["/crews/1/exports", "/crews/2/exports", "/crews/2/exports"]
        fails = False
        connection.sync(threads="1")
        assert connection.ids() == ["/files/1", "/files/3"]  # the second job of the second crew is ready by now


def test_a_strategy_asks_in_the_request_for_the_job_alone_also_after_a_crash() -> None:
    down = {3}

    def answer(call: Call) -> Any:
        if call.number in down:
            return Reply({}, 403)
        if call.method == "POST":
            return {"id": 1, "since": call.body.get("since")}
        assert call.body is None
        assert "since" not in call.query
        if call.path == "/jobs/1":
            return {"status": "done", "urls": ["/a", "/b"]}
        return {"items": [{"id": call.path, "at": f"2026-01-0{ord(call.path[1]) - 96}T00:00:00Z"}]}

    since = UpdatedSince("since", "at", Job("id", "/jobs/{job}", done="done", result="urls"), where="body", start="2025-01-01")
    with serving(answer) as api:
        connection = connect(api, items(body={}, columns={"id": "STRING", "at": "UTC_DATETIME"}), paginator=since)
        with pytest.raises(ConnectorError):
            connection.sync()
        connection.sync()
        connection.sync()
        assert connection.ids() == ["/a", "/b"]
        assert [call.body for call in api.calls if call.method == "POST"] == [
            {"since": "2025-01-01"},
            {"since": "2026-01-02T00:00:00Z"},
        ]


def test_a_window_has_a_job_of_its_own() -> None:
    def answer(call: Call) -> Any:
        if call.method == "POST":
            return {"id": f"{call.body['from']}-{call.body['to']}"}
        if call.path.startswith("/jobs/"):
            return {"status": "done" if call.number % 3 else "new"}
        first, last = map(int, call.path.split("/")[2].split("-"))
        return {"items": [{"id": f"{number:02}"} for number in range(first, last + 1) if number < 8]}

    job = Job("id", "/jobs/{job}", done="done", result="/files/{job}")
    with serving(answer) as api:
        connection = connect(api, items(body={}), paginator=Windows("from", "to", 1, 3, job, where="body"))
        connection.sync()
        assert connection.ids() == [f"{number:02}" for number in range(1, 8)]


def test_show_says_it_in_words() -> None:
    described = describe(assemble([plugin_of(items(body={}), paginator=UpdatedSince("s", "id", JOB))]), dataset="d", versions={})
    assert described["tables"][0]["paginator"]["in_words"] == (
        "asks for an export, named under id; asks GET /exports/{job} how far it is, at first after 5 s, each time later, up "
        "to 60 s, and for 3600 s in all: ready where status is completed, made anew once where it is failed or cancelled; "
        "reads files"
    )


def test_a_result_may_be_paged() -> None:
    def answer(call: Call) -> Any:
        if call.path == "/items":
            return {"id": 1}
        if call.path == "/jobs/1":
            return {"status": "done"}
        assert call.path == "/jobs/1/rows"
        at = int(call.query.get("cursor", "c0")[1:])
        return {"items": [{"id": f"r{at}"}], "next_cursor": f"c{at + 1}" if at < 3 else None}

    job = Job("id", "/jobs/{job}", done="done", result="/jobs/{job}/rows", pages=CursorPaginator(size_param="size"))
    with serving(answer) as api:
        connection = connect(api, items(body={}), paginator=job)
        connection.sync()
        assert connection.ids() == ["r0", "r1", "r2", "r3"]
        assert api.calls[-1].query["size"] == "10"


# Messages


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"errors": ["no"]}, 'names no job under id, so none was made.* What came back is 200 OK: {"errors": \\["no"\\]}'),
        ({"id": 1}, "the answer has no status.* Correct at of the Job"),
        ({"id": 1, "status": "completed"}, "is ready, but files is no address .* Correct result of the Job"),
        ({"id": 1, "status": "completed", "files": [1]}, "is no address and no list of addresses"),
        ({"id": 1, "status": "completed", "files": "https://other.example/x?sig=1"}, "credentials go to"),
    ],
)
def test_an_answer_that_is_not_as_it_was_said_is_an_error(said: Any, told: str) -> None:
    with serving(lambda _: said) as api, pytest.raises(UnexpectedAnswer, match=f"case_items: .*{told}"):
        exporting(api, api).sync()


@pytest.mark.parametrize("said", [None, [], ""])
def test_a_job_that_made_nothing_has_no_rows(said: Any) -> None:
    with serving(lambda _: {"id": 1, "status": "completed", "files": said}) as api:
        connection = exporting(api, api)
        connection.sync()
        assert connection.ids() == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"status": "/exports/1"}, "status says nowhere which job"),
        ({"create": ""}, "create is ''"),
        ({"done": ()}, "done is empty"),
        ({"every": 0}, "every is 0"),
        ({"longest": float("inf")}, "longest is inf"),
        ({"result": "a["}, "a\\["),
    ],
)
def test_what_cannot_be_is_refused_at_assembly(arguments: dict[str, Any], told: str) -> None:
    usual = {"create": "id", "status": "/exports/{job}", "done": "ready", "result": "url"}
    with pytest.raises(PluginError, match=told):
        Job(**{**usual, **arguments})


def test_any_state_is_understood_or_left_aside() -> None:
    exports = Exports(files(1), polls=0)
    with serving(exports.api) as api, serving(exports.store) as store:
        for state in (
            {"job": 7, "created": 1},
            {"job": "1"},
            {"job": "1", "created": "x"},
            {"job": "1", "created": 1, "read": "x"},
        ):
            connection = exporting(api, store)
            exports.made[:] = [5]
            connection.warehouse.state = dict(state)
            connection.sync()
            assert connection.ids() == ["f0-00"]


def test_recorded_pages_are_replayed_without_waiting_and_without_signatures(tmp_path: Path) -> None:
    exports = Exports(files(2, 1), polls=2)
    with serving(exports.api) as api, serving(exports.store) as store:
        assembly = exporting(api, store).assembly
        [plan] = assembly.tables
        values = read_configuration(assembly.settings, {"base_url": api.url, "api_key": "canary-key-7"})
        client = mounted(make_client, StandIn(HOST, store.url))(assembly, values, ListLog(), sleep=lambda _: None)
        with recorder(client, api.url, values.hidden) as listening:
            assert len(list(read_feed(listening.fetch, plan.paginator, plan.table, 10, {}, values.hidden))) == 6
        path = tmp_path / "pages.json"
        listening.recording(10).save(path)
    assert SIGNATURE not in path.read_text()
    assert "canary" not in path.read_text()
    warehouse = Warehouse(assembly)
    Run(page_size=10).sync(assembly, warehouse, replay(path))
    assert len(warehouse.live("case_items")) == 3


@pytest.mark.parametrize("alone", [False, True])
def test_the_setup_test_leaves_no_export_behind_unless_there_is_nothing_else(alone: bool) -> None:
    export, plain = items(name="exports", path="/exports", body={}), items()
    tables = [export] if alone else [export, plain]
    with serving(lambda _: {"id": 1, "items": []}) as api:
        assembly = assemble([plugin_of(*tables, paginator={"exports": UpdatedSince("s", "id", JOB), "case_items": SinglePage()})])
        assert setup_test(assembly, {"base_url": api.url, "page_size": "5"}) is None
        assert [call.path for call in api.calls] == (["/exports"] if alone else ["/items", "/items"])
