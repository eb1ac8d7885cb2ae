"""The benchmarks' own parts: statistics, tables, page, plan, and an API that answers as the sample API does. No timing."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import requests
from attrs import evolve

from connector_build.api.simulation import Simulation
from connector_fts import RECORDS
from connector_fts.sample import SAMPLE
from places import ROOT
from simulated import simulated

sys.path[:0] = [str(ROOT / "benchmarks"), str(ROOT / "benchmarks" / "connectors")]

import beside  # noqa: E402  (found by the line above)
import cold_start  # noqa: E402
import decoders  # noqa: E402
import many_parents  # noqa: E402
from speed import plan, runners, tables  # noqa: E402
from speed.api import KEY, answer_to, make_pages, running  # noqa: E402
from speed.command import turns  # noqa: E402
from speed.commands import COMMANDS  # noqa: E402
from speed.environments import Environments  # noqa: E402
from speed.figures import Figure, Measured, Run, Section, Spread, spread  # noqa: E402
from speed.page import replaced  # noqa: E402
from speed.pages import DIFFERENT, GROUPS, cursor_at, feed_pages, position_of, technicians  # noqa: E402
from speed.plan import DEFAULT, FULL, LARGE, MIDDLE, SMALL  # noqa: E402
from speed.targets import Verdict, verdicts  # noqa: E402
from stopwatch import Seam, Stopwatch  # noqa: E402

OURS, OTHER = Run("ours", SMALL), Run("handwritten", SMALL)


def measured(seconds: Mapping[Run, list[float]], name: str = "sync", beside: Run = OTHER) -> Measured:
    figures = {run: [Figure(each, each / 2, 50 + each) for each in values] for run, values in seconds.items()}
    return Measured(Section(name, "A section", list(seconds), len(next(iter(seconds.values()))), beside), figures)


# Figures


def test_a_spread_is_a_median_with_its_range() -> None:
    assert spread([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, 3)
    assert spread([4.0, 1.0]) == Spread(2.5, 1.0, 4.0, 2)
    with pytest.raises(ValueError, match="nothing was measured"):
        spread([])


def test_a_ratio_is_taken_within_each_round() -> None:
    section = measured({OURS: [1.0, 20.0, 3.0], OTHER: [2.0, 20.0, 4.0]})
    assert section.ratio(OURS, OTHER) == Spread(0.75, 0.5, 1.0, 3)
    assert section.difference(OTHER, OURS, "peak_mb") == Spread(1.0, 0.0, 1.0, 3)
    assert section.of(OURS, "cpu").median == 1.5


def test_a_run_that_lacks_a_round_is_an_error() -> None:
    section = measured({OURS: [1.0, 2.0], OTHER: [1.0]})
    with pytest.raises(ValueError, match="shorter"):
        section.ratio(OURS, OTHER)


# Targets


def of(target: str, found: list[Verdict]) -> list[Verdict]:
    return [each for each in found if each.target.startswith(target)]


@pytest.mark.parametrize(("seconds", "result"), [(0.85, "met"), (0.86, "**not met**")])
def test_a_target_is_judged_by_the_median(seconds: float, result: str) -> None:
    found = verdicts({"sync": measured({OURS: [seconds, seconds, 9.0], OTHER: [1.0, 1.0, 1.0]})}, None, asked=COMMANDS)
    small, middle = of("ours, of the time of the loop", found)
    assert (small.result, middle.result) == (result, "not measured")


def test_what_has_to_be_reached_is_a_least() -> None:
    run, peer = Run("ours", MIDDLE), Run("singer", MIDDLE)
    found = verdicts({"peers": measured({run: [1.0], peer: [2.4]}, "peers")}, None, asked=COMMANDS)
    assert [each.result for each in of("Singer", found)] == ["not measured", "**not met**"]
    assert [each.result for each in of("dlt", found)] == ["not measured", "not measured"]


def test_every_target_is_there_when_nothing_was_measured() -> None:
    found = verdicts({}, None, asked=COMMANDS)
    assert {each.result for each in found} == {"not measured"}
    assert len({each.target for each in found}) == 18


def test_a_full_run_measures_every_target() -> None:
    full = {
        section.name: measured({run: [1.0] * section.rounds for run in section.runs}, section.name)
        for section in plan.sections(FULL)
    }
    found = verdicts(full, dict.fromkeys(COMMANDS, spread([0.1])), asked=COMMANDS)
    assert "not measured" not in {each.result for each in found}


# Tables and the page


def test_tables() -> None:
    assert tables.shown(None, "ratio") == "-"
    assert tables.shown(Spread(1.5, 1.5, 1.5, 1), "seconds") == "1.50 s"
    assert tables.shown(Spread(1.5, 1.25, 2, 3), "MB") == "1.5 MB (1.2 to 2.0)"
    assert tables.of_commands({COMMANDS[0]: Spread(0.1, 0.1, 0.2, 3)}).endswith("| 0.10 s (0.10 to 0.20) | 3 |")


def test_the_table_of_a_section() -> None:
    text = tables.of_section(measured({OURS: [1.0, 1.0], OTHER: [2.0, 4.0]}))
    assert "### A section" in text
    assert "`sync`: 2 rounds." in text
    assert "| ours | 10,000 | 100 | 0 ms | 1.00 (1.00 to 1.00) | 0.50 | 51.0 | 10,000 | 0.38 (0.25 to 0.50) |" in text


def test_the_table_of_threads_compares_with_one_thread() -> None:
    one, four = (Run("children", 20_000, wait=20, threads=threads) for threads in (1, 4))
    text = tables.of_section(measured({one: [4.0], four: [1.0]}, beside=evolve(one, records=0)))
    assert text.splitlines()[-1] == "| 4 | 20,000 | 100 | 20 ms | 1.00 | 0.50 | 51.0 | 20,000 | 0.25 |"


def test_the_table_of_tables_side_by_side_compares_with_the_loop_by_hand() -> None:
    by_hand, ours = (
        Run(name, 2000, wait=50, threads=threads, tables=8) for name, threads in (("tables_by_hand", 0), ("tables", 4))
    )
    text = tables.of_section(measured({by_hand: [8.0], ours: [2.0]}, beside=evolve(by_hand, records=0)))
    assert text.splitlines()[-1] == "| ours, 4 at a time | 16,000 | 100 | 50 ms | 2.00 | 1.00 | 52.0 | 8,000 | 0.25 |"


PAGE = "Ours.\n\n<!-- a: begin. Made. -->\nold\n<!-- a: end -->\n\nOurs too.\n<!-- b: begin. Made. -->\n<!-- b: end -->\n"


def test_a_part_of_the_page_is_replaced_and_the_rest_is_kept() -> None:
    once = replaced(PAGE, {"a": "new \\1\n"})
    assert once == PAGE.replace("old", "\nnew \\1\n")
    assert replaced(once, {"a": "new \\1"}) == once


def test_a_marker_that_is_missing_is_an_error() -> None:
    with pytest.raises(ValueError, match="the page needs the markers of c"):
        replaced(PAGE, {"c": "new"})


def test_the_performance_page_has_the_markers() -> None:
    page = (ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    parts = dict.fromkeys(("targets", "machine", "figures", "threads", "side-by-side", "commands"), "text")
    assert replaced(page, parts).count("\ntext\n") == len(parts)


# The plan


@pytest.mark.parametrize("effort", [DEFAULT, FULL], ids=["default", "full"])
def test_a_run_stands_once_in_a_section_and_its_runner_exists(effort: plan.Effort) -> None:
    for section in [*plan.sections(effort), *plan.quick(plan.sections(effort))]:
        assert len(set(section.runs)) == len(section.runs)
        assert section.rounds
        for run in section.runs:
            runner = runners.RUNNERS[run.runner]
            assert (runners.BENCHMARKS / "runners" / runner.script).exists()
            assert runner.connector is None or (runners.BENCHMARKS / "connectors" / runner.connector).exists()
            assert runner.plugin is None or (runners.BENCHMARKS / "plugins" / runner.plugin).exists()
            assert runner.environment == "grpc" or (runners.BENCHMARKS / "requirements" / f"{runner.environment}.txt").exists()


def test_each_round_begins_with_another_run() -> None:
    assert [turns([OURS, OTHER], number)[0] for number in (1, 2, 3)] == [OURS, OTHER, OURS]
    assert set(turns([OURS, OTHER], 2)) == {OURS, OTHER}


def test_what_has_to_arrive() -> None:
    assert runners.expected(Run("ours", 1000)) == {"fts_records": 1000}
    assert runners.expected(Run("ours_both", 1000)) == {"fts_records": 1000, "fts_technicians": technicians(1000)}
    assert runners.expected(Run("children", 0)) == {"fts_records": GROUPS * 100, "groups": GROUPS}
    assert runners.expected(Run("tables", 2000, tables=2)) == {"tasks_0": 2000, "tasks_1": 2000}
    assert runners.expected(Run("offsets", 300)) == {"tasks": 300}


# The API


def page_of(url: str, path: str, key: str, **params: str) -> Any:
    session = requests.Session()
    session.trust_env = False
    with session, session.get(url + path, headers={"api_key": key}, params=params, timeout=10) as response:
        assert response.headers["Content-Type"] == "application/json"
        return response.status_code, response.json()


def test_the_api_answers_as_the_sample_api_does() -> None:
    table = simulated("fts")
    with Simulation([table], secret=KEY) as sample, running() as url:
        make_pages(url, SAMPLE.count, 100)
        of_sample = page_of(sample.url, RECORDS.path, KEY, page_size="100")
        ours = page_of(f"{url}/{SAMPLE.count}/0", RECORDS.path, KEY, page_size="100")
    assert len(ours[1].pop("next_cursor")) == len(of_sample[1].pop("next_cursor"))
    assert ours == of_sample


@pytest.mark.parametrize(
    ("target", "key", "status"),
    [
        ("/10/0/fts_data", KEY, 200),
        ("/10/0/fts_data", "wrong", 401),
        ("/10/0/fts_data?page_size=201", KEY, 400),
        ("/10/0/fts_data?cursor=unknown", KEY, 400),
        (f"/10/0/fts_data?cursor={cursor_at(100)}", KEY, 400),
        ("/10/0/by_offset", KEY, 200),
        ("/10/0/fts_data?colour=red", KEY, 400),
        ("/nothing", KEY, 404),
    ],
)
def test_what_is_refused(target: str, key: str, status: int) -> None:
    answer = answer_to(f"GET {target} HTTP/1.1\r\nHost: here\r\napi_key: {key}".encode())
    assert answer.status == status
    good = b'{"total"' if "by_offset" in target else b'{"fts_records"'
    assert answer.body.startswith(good if status == 200 else b'{"error"')


def test_behind_the_last_record_there_is_none() -> None:
    head = f"GET /10/0/by_offset?offset=10 HTTP/1.1\r\nHost: here\r\napi_key: {KEY}".encode()
    assert answer_to(head).body == b'{"total":10,"fts_records":[]}'


def test_the_answer_waits_as_long_as_its_path_says() -> None:
    assert answer_to(f"GET /10/20/fts_data HTTP/1.1\r\napi_key: {KEY}".encode()).seconds == 0.02


def test_a_feed_ends_and_no_id_comes_twice() -> None:
    pages = feed_pages(DIFFERENT + 150, 200)
    assert len(pages) == 51
    assert [b'"has_more":true' in page for page in pages] == [True] * 50 + [False]
    assert pages[-1].count(b'"record_id"') == 150
    ids = {part[:36] for page in pages for part in page.split(b'"record_id":"')[1:]}
    assert len(ids) == DIFFERENT + 150


def test_cursors() -> None:
    assert position_of(cursor_at(LARGE)) == LARGE
    assert len(cursor_at(LARGE)) == 32
    for wrong in ("", "c", "0", cursor_at(1).upper()):
        with pytest.raises(ValueError):  # noqa: PT011  (int's own)
            position_of(wrong)


# Runners that need no environment of their own


@pytest.fixture(scope="module")
def api() -> Iterator[str]:
    with running() as url:
        yield url


RUNS = [
    Run("engine_alone", 300),
    Run("tables_alone", 200, threads=4, tables=8),
    Run("offsets_alone", 700, threads=4),
    Run("fetch_json", 300),
    Run("fetch", 200, threads=4, tables=3),
    Run("offsets_fetch", 700, threads=4),
]


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run.runner)
def test_a_runner_delivers_what_the_feed_has(run: Run, api: str, tmp_path: Path) -> None:
    assert runners.measure(run, api, Environments(tmp_path)).cpu > 0


def test_a_runner_that_delivers_something_else_is_an_error(api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runners.RUNNERS, "fetch", evolve(runners.RUNNERS["fetch"], counted="lines"))
    with pytest.raises(runners.WrongCountError, match="delivered 0 instead of 200"):
        runners.measure(Run("fetch", 200), api, Environments(tmp_path))


def test_a_child_table_with_many_parents(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["many_parents.py", "1200"])
    many_parents.main()
    first, second, third = capsys.readouterr().out.splitlines()
    assert "1,212 requests, 2,400 rows" in first
    assert "12 requests, 20 rows" in second
    assert "1,212 requests, 2,400 rows" in third


# A cold start


def test_a_start_ends_with_the_first_request(tmp_path: Path) -> None:
    ask = "import sys, urllib.request\nurllib.request.urlopen(sys.argv[3])"
    found = cold_start.started(cold_start.Starter("asks", tmp_path, code=ask))
    assert found.cpu > 0
    assert 0 < found.seconds < cold_start.LONGEST


def test_a_start_without_a_request_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match=r"asks asked for nothing: (.|\n)*not today"):
        cold_start.started(cold_start.Starter("asks", tmp_path, code="raise SystemExit('not today')"))


def test_starts_are_compared_with_the_loop_that_is_compiled_as_they_are() -> None:
    labels = ("written by hand, compiled", "ours, compiled", "written by hand, not compiled", "ours, not compiled")
    starters = [cold_start.Starter(label, Path(), compiled="not" not in label) for label in labels]
    seconds = zip(starters, (1.0, 2.0, 3.0, 9.0), strict=True)
    text = cold_start.table({starter: [cold_start.Started(each, each / 2)] for starter, each in seconds})
    assert [line.split("|")[-3].strip() for line in text.splitlines()[2:]] == ["1.00", "2.00", "1.00", "3.00"]


# Beside another decoder


def test_decoders_are_compared_within_a_round() -> None:
    tries = {"python": iter([9.0, 0.2, 0.4]), "msgspec": iter([9.0, 0.1, 0.4])}
    line = decoders.line("pages", lambda name: {"cpu": next(tries[name])}, 2)
    assert line == ["pages", "300.0", "250.0", "0.75 (0.50 to 1.00)", "-"]


def test_a_sync_from_memory_is_timed(tmp_path: Path) -> None:
    beside.write_pages(tmp_path, "fts", 250)
    assert decoders.in_memory("fts", str(tmp_path), "python")["cpu"] > 0
    page = (tmp_path / "0.json").read_bytes()
    assert decoders.alone([page], "python", digits=True)["cpu"] > 0


# Beside another release


@pytest.mark.parametrize("case", beside.CASES[:4], ids=str)
def test_a_worker_reads_every_record(case: beside.Case, tmp_path: Path) -> None:
    beside.write_pages(tmp_path, case.dataset, 250)
    asked = {"dataset": case.dataset, "enable": beside.BOTH[case.dataset] * case.both, "url": "", "folder": str(tmp_path)}
    with beside.working(sys.executable) as worker:
        found = worker.sync(asked, 250)
        assert found["cpu"] > 0
        assert (found["rows"] > 250) == case.both
        with pytest.raises(ValueError, match="of 100000 records"):
            worker.sync(asked, 100_000)
        worker.process.stdin.close()  # type: ignore[union-attr]  # it is a pipe


def test_the_line_of_a_case() -> None:
    assert beside.line(beside.CASES[0], [0.02, 0.03, 0.04], [0.01, 0.02, 0.04]).split()[1:4] == ["30.0", "20.0", "1.500"]


# The stopwatch


class Work:
    """Two functions to watch, one of which calls the other."""

    @staticmethod
    def inner() -> int:
        return 1

    def outer(self) -> int:
        return self.inner() + 1


def test_the_innermost_watched_function_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter(range(100))
    monkeypatch.setattr("stopwatch.time.perf_counter", lambda: float(next(now)))
    monkeypatch.setattr("stopwatch.time.thread_time", lambda: 0.0)
    monkeypatch.setattr(Work, "inner", Work.__dict__["inner"])
    monkeypatch.setattr(Work, "outer", Work.__dict__["outer"])
    watch = Stopwatch("rest")
    watch.watch(Seam("inside", __name__, "Work.inner"))
    watch.watch(Seam("outside", __name__, "Work.outer"))
    assert Work().outer() == 2
    assert watch.spent == {}  # nothing runs
    watch.run(lambda: (Work().outer(), Work.inner(), None)[-1])
    assert {part: (spent.wall, spent.calls) for part, spent in watch.spent.items()} == {
        "rest": (3.0, 0),
        "outside": (2.0, 1),
        "inside": (2.0, 2),
    }


def test_a_function_that_has_moved_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"has no Work\.moved any more"):
        Stopwatch("rest").watch(Seam("part", __name__, "Work.moved"))
