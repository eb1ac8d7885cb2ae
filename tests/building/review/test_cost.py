"""`connector-build cost`: the figures of a month, held against counts that know nothing of how they were made."""

import json
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector_build.api.messages import Asked
from connector_build.api.mimic import Mimic
from connector_build.api.recording import Recorded, Recording
from connector_build.api.world import World
from connector_build.cli.main import main
from connector_build.project.making import assembled
from connector_build.review.cost.choices import AS_IT_IS, Costs, Taken, costs
from connector_build.review.cost.keeping import forgetting
from connector_build.review.cost.month import Month
from connector_build.review.cost.simulating import Line, simulate
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import URL, Run, signed
from connector_core import (
    ApiKeyHeader,
    CursorPaginator,
    Nested,
    OffsetPaginator,
    Parent,
    SinglePage,
    Table,
    hookimpl,
)
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.runtime.scripts.history import add, history
from connector_fts.sample import SAMPLE
from places import ROOT

SYNCS, NEW, CHANGED, ROWS, SIZE = 30, 25, 5, 750, 100


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def cost(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["cost", *arguments])


def as_json(*arguments: str) -> Any:
    done = cost(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def fts(*enable: str) -> Assembly:
    return assembled("fts", enable)[0]


def of(taken: Taken, table: str) -> Line:
    return next(line for line in taken.lines if line.table == table)


def choice(found: Costs, name: str) -> Taken:
    return next(each for each in found.taken if each.choice == name)


@pytest.fixture(scope="module")
def example() -> Costs:
    """The feed of fts with fts_technicians: 750 records, and 25 new and 5 changed ones before each of 30 syncs."""
    return costs(fts("fts_technicians"), Month(sample=SAMPLE))


# The example, against counts of its own


WHOLE = forgetting(fts("fts_technicians"), ["fts_records"])
"""The same, where the state has no room for what fts_technicians needs."""


def test_an_extra_table_takes_no_request_and_no_upsert_of_its_source(example: Costs) -> None:
    line = of(example.taken[0], "fts_records")
    assert line == of(choice(example, "fts_technicians off"), "fts_records")
    assert line.requests < 2 * SYNCS


def test_of_a_feed_that_is_read_whole_each_record_that_came_or_changed_is_sent_once() -> None:
    line = simulate(WHOLE, Month(sample=SAMPLE))[0]
    assert line.upserts == SYNCS * (NEW + CHANGED)
    assert SYNCS * NEW < line.keys <= SYNCS * (NEW + CHANGED)
    lengths = [ROWS + NEW * sync for sync in range(1, SYNCS + 1)]
    assert line.requests == sum(-(-length // SIZE) for length in lengths)


def test_the_target_of_the_example_holds(example: Costs) -> None:
    assert example.taken[0].choice == AS_IT_IS
    assert example.taken[0].total.keys <= 900


def test_if_rows_were_sent_again_each_sync_would_send_the_whole_feed() -> None:
    line = simulate(WHOLE, Month(sample=SAMPLE), sent_again=True)[0]
    assert (line.keys, line.upserts) == (1_500, 34_125)
    assert line.upserts == sum(ROWS + NEW * sync for sync in range(1, SYNCS + 1))


def test_the_example_with_five_technicians_is_what_was_measured_when_everything_was_sent() -> None:
    lines = simulate(WHOLE, Month(), sent_again=True)
    assert sum(line.keys for line in lines) == 1_505
    assert sum(line.upserts for line in lines) == pytest.approx(34_275, abs=5)  # a group may come out as it was


def test_keys_and_operations_of_an_extra_table_are_those_that_a_warehouse_saw(example: Costs) -> None:
    assembly = signed(fts("fts_technicians"))
    world, warehouse = World(assembly, count_of=ROWS, sample=SAMPLE), Warehouse(assembly)
    mimic, run = Mimic(assembly, world, URL), Run(SIZE)
    run.sync(assembly, warehouse, mimic.reply)
    upserts, keys = 0, set()
    for _ in range(SYNCS):
        world.move_on(NEW, CHANGED)
        before = warehouse.live("fts_technicians")
        run.sync(assembly, warehouse, mimic.reply)
        after = warehouse.live("fts_technicians")
        changed = {key for key, row in after.items() if before.get(key) != row}
        keys |= changed | (before.keys() - after.keys())
        upserts += len(changed)
    line = of(example.taken[0], "fts_technicians")
    assert (line.keys, line.upserts) == (len(keys), upserts)


@pytest.mark.parametrize(("rows", "size"), [(750, 100), (730, 50), (300, 7)])
def test_an_incremental_read_sends_what_came_and_its_last_page_where_nothing_were_remembered(rows: int, size: int) -> None:
    there, rest, sent, keys = rows, (rows - 1) // size * size, 0, set()
    for _ in range(10):
        there += NEW
        sent += there - rest
        keys |= set(range(rest, there))
        rest += (there - rest - 1) // size * size
    month = Month(others=rows, changed=0, days=10, page_size=size, sample=SAMPLE)
    [line] = simulate(fts(), month, sent_again=True)
    assert (line.keys, line.upserts) == (len(keys), sent)
    [line] = simulate(fts(), month)
    assert (line.keys, line.upserts) == (10 * NEW, 10 * NEW)


def test_an_incremental_read_of_a_large_table_sends_what_came() -> None:
    [line] = simulate(fts(), Month(others=50_000, changed=0, days=3, sample=SAMPLE))
    assert (line.keys, line.upserts) == (3 * NEW, 3 * NEW)


def test_every_alternative_is_there_and_the_difference_is_to_what_is_chosen() -> None:
    found = as_json("fts", "--rows", "60", "--days", "3")
    assert [each["choice"] for each in found["choices"]] == [
        "as it is",
        "cost_per_hour on",
        "fts_technicians on",
        "fts_records read whole",
    ]
    first, *_, whole = found["choices"]
    assert whole["difference"] == {name: whole["total"][name] - first["total"][name] for name in first["total"]}
    assert set(first["difference"].values()) == {0}
    assert found["rule"].startswith("Fivetran bills by monthly active rows")


def test_the_page_shows_what_the_command_counts(example: Costs) -> None:
    page = (ROOT / "docs" / "cost.md").read_text(encoding="utf-8")
    shown = [line.split() for line in page.splitlines()]
    for taken in example.taken:
        for each in [*taken.lines, *([taken.total] if len(taken.lines) > 1 else [])]:
            numbers = [f"{number:,}" for number in (each.keys, each.upserts, each.deletes, each.requests)]
            assert any(" ".join([each.table, *numbers]) in " ".join(line) for line in shown), (taken.choice, each)


# Large tables


@pytest.mark.parametrize("again", [False, True])
def test_of_a_large_table_a_part_stands_for_all(again: bool) -> None:
    month = Month(others=5_000, sample=SAMPLE)
    line = simulate(WHOLE, month, sent_again=again)[0]
    lengths = [5_000 + NEW * sync for sync in range(1, SYNCS + 1)]
    assert line.upserts == (sum(lengths) if again else SYNCS * (NEW + CHANGED))
    assert line.keys == (5_000 + NEW * SYNCS if again else pytest.approx(SYNCS * (NEW + CHANGED), rel=0.05))
    assert line.requests == pytest.approx(sum(-(-length // SIZE) for length in lengths), rel=0.01)


def test_a_table_beyond_what_the_state_remembers_is_sent_whole() -> None:
    line = simulate(WHOLE, Month(others=20_500, days=2, sample=SAMPLE))[0]
    assert line.upserts == 20_525 + 20_550
    assert line.keys == 20_550


def test_a_table_of_which_the_state_cannot_keep_what_an_extra_table_needs_is_read_whole() -> None:
    small, large = (simulate(fts("fts_technicians"), Month(others=rows, days=2, sample=SAMPLE))[0] for rows in (60_000, 200_000))
    assert small.requests < 6
    assert large.requests == pytest.approx(2 * 200_025 / SIZE, rel=0.01)


def test_an_incremental_read_of_a_large_table_costs_what_that_of_a_small_one_does() -> None:
    small, large = (simulate(fts(), Month(others=rows, changed=0, sample=SAMPLE)) for rows in (750, 1_000_050))
    assert small == large


# Child tables and nested lists


def api(*, parents: bool, paginator: Any = None) -> Assembly:
    class Api:
        @hookimpl
        def connector_tables(self) -> Sequence[Table]:
            lines = Table("orders", "/orders", "orders", ["id"], {"id": "LONG", "lines": "JSON"})
            parent = Parent("ships", {"ship": "id"})
            ships = Table("ships", "/ships", "ships", ["id"], {"id": "LONG"})
            trips = Table(
                "trips", "/ships/{parent.id}/trips", "trips", ["ship", "no"], {"ship": "LONG", "no": "LONG"}, parent=parent
            )
            return [ships, trips] if parents else [lines]

        @hookimpl
        def connector_auth(self) -> ApiKeyHeader:
            return ApiKeyHeader("X-Key")

        @hookimpl
        def connector_paginator(self, table: Table) -> Any:
            return SinglePage() if table.name == "trips" else paginator or OffsetPaginator(param="offset", size_param="limit")

        @hookimpl
        def connector_extra_tables(self, table: Table) -> Sequence[Any]:
            return [Nested("lines", "lines", ["order_id", "at"], {"order_id": "id"}, {}, index="at")] if not parents else []

    return assemble([Plugin("ships", Api())], [], [], None)


@pytest.mark.parametrize("rows", [12, 400])
def test_each_parent_is_a_request(rows: int) -> None:
    ships, trips = simulate(api(parents=True), Month(others=rows, new=2, changed=1, days=4))
    assert trips.requests == sum(rows + 2 * sync for sync in range(1, 5))
    assert ships.upserts == 4 * 3


def test_an_incremental_read_of_parents_comes_to_the_end_of_their_feed_alone() -> None:
    found = costs(api(parents=True, paginator=CursorPaginator()), Month(others=400, new=2, changed=1, days=4))
    ships = of(choice(found, "ships incremental"), "ships")
    assert 4 * 2 <= ships.keys <= 30 + 4 * 2  # of the last page, and not of 400


def test_lines_that_are_sent_again_are_counted_for_all_records(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector_build.review.cost.sampling.MOST", 250)
    month = Month(others=2_000, new=0, changed=0, days=3, page_size=50)
    assert {line.upserts for line in simulate(api(parents=False), month)} == {0}
    orders, lines = simulate(api(parents=False), month, sent_again=True)
    assert (orders.keys, orders.upserts) == (2_000, 3 * 2_000)
    monkeypatch.undo()
    _, every = simulate(api(parents=False), month, sent_again=True)
    assert lines.keys == pytest.approx(every.keys, rel=0.1)


# Where the numbers are from


def recording() -> None:
    random = Random(1)  # noqa: S311 - made-up data
    records = [SAMPLE.make(number, random) | {"technician_id": f"T{number % 3}"} for number in range(40)]
    body = json.dumps({"fts_records": records, "next_cursor": None, "has_more": False})
    asked = Asked("GET", "/fts_data", {"page_size": "50"}, {}, None)
    Recording(50, (Recorded(asked, 200, {"content-type": "application/json"}, body, table="fts_records"),)).save(Path("p.json"))


def test_a_recording_gives_rows_page_size_and_values() -> None:
    recording()
    found = as_json("fts", "--pages", "p.json", "--enable", "fts_technicians", "--days", "3")
    records, technicians = found["choices"][0]["tables"]
    assert technicians["keys"] == 3
    assert records["requests"] == 2 + 1 + 2  # 65 records from the start, and to 90 and 115 from the 51st on, 50 on a page
    assert found["from"] == "rows and their values: p.json"


def test_the_last_local_runs_say_how_many_rows_there_are() -> None:
    run = {"dataset": "fts", "error": "", "tables": {"fts_records": {"upserted": 130, "deleted": 0}}}
    add(history(Path("dist/demo-fts")), {"began": "2026-01-02T03:01Z", **run}, pytest.fail)
    later = {**run, "tables": {"fts_records": {"upserted": 30, "deleted": 0}}}
    add(history(Path("dist/demo-fts")), {"began": "2026-01-02T03:02Z", **later}, pytest.fail)
    found = as_json("fts", "--enable", "fts_technicians", "--days", "1", "--new", "0", "--changed", "0")
    assert "dist/demo-fts" in found["from"]
    whole = found["choices"][-1]
    assert whole["choice"] == "fts_records read whole"
    assert whole["tables"][0]["requests"] == 2


def test_it_says_what_it_takes_for_granted() -> None:
    done = cost("fts", "--days", "2")
    assert done.exit_code == 0
    assert "750 rows, a default" in done.output
    assert "distinct primary keys" in done.output
    assert "The first sync, which sends everything, is not counted." in done.output


# Bad input


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["fts", "--rows", "0"], "'--rows'"),
        (["fts", "--days", "32"], "'--days'"),
        (["fts", "--new", "-1"], "'--new'"),
        (["fts", "--syncs-a-day", "many"], "'--syncs-a-day'"),
        (["fts", "--page-size", "500"], "--page-size 500: the setting page_size of this connector goes from 1 to 200."),
        (["fts", "--pages", "none.json"], "none.json is no recording that can be read"),
        (["fts", "--enable", "fts_technician"], "did you mean fts_technicians?"),
        (["ftz"], "There is no dataset 'ftz'"),
        (["fts", "--enable", "fts_technicians", "--syncs-a-day", "96", "--rows", "200000"], "Say fewer --days"),
    ],
)
def test_bad_input(arguments: list[str], said: str) -> None:
    done = cost(*arguments)
    assert done.exit_code == 2
    assert said in done.output


def test_a_recording_that_does_not_answer_is_said() -> None:
    recording()
    text = Path("p.json").read_text(encoding="utf-8").replace("/fts_data", "/mso_data")
    Path("p.json").write_text(text, encoding="utf-8")
    done = cost("fts", "--pages", "p.json")
    assert done.exit_code == 2
    assert "p.json: fts_records: " in done.output


def test_only_that_choice_is_left_out_which_would_take_too_long() -> None:
    found = costs(fts(), Month(new=25, syncs_a_day=24, sample=SAMPLE, days=10))
    assert not found.taken[0].problem
    assert "would read" in choice(found, "fts_records read whole").problem
