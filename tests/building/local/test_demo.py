"""The demo, run for real: sample API, a built project, the `fivetran` command twice, and the checks it makes itself."""

import importlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner
from rich.console import Console

import connector_fts
from connector_build.api.simulated import Dataset
from connector_build.api.simulation import Simulation
from connector_build.cli.main import main
from connector_build.errors import BuildError
from connector_build.local import demo
from connector_build.local.comparing import comparable, difference, expected
from connector_build.local.demo import next_steps, run_demo, summary
from connector_build.local.fivetran import OPERATIONS, DebugRun, TableRows, read_tables
from connector_build.local.showing import choose_columns, shortened, show_rows
from connector_build.project import making
from connector_build.testing.recording import record_pages
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.runtime.scripts.history import history
from connector_fts.sample import SAMPLE
from distributions import connector_build, install_dataset
from places import ROOT
from simulated import simulated

CONNECTOR = """\
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import connector_{dataset}
from connector_core.runtime.fivetran import connector_for

connector = connector_for({{"connector-{dataset} 0.1.0": connector_{dataset}}}, enable={enable!r})
"""


def assembled(dataset: str, *enable: str) -> Assembly:
    return assemble([Plugin(f"connector-{dataset}", importlib.import_module(f"connector_{dataset}"), "0.1.0")], enable)


def builder(dataset: str, *enable: str) -> Callable[[Path], None]:
    """Writes a project by hand, as small as it can be."""

    def build(folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        for package in ("connector_core", f"connector_{dataset}"):
            source = Path(importlib.import_module(package).__file__ or "").parent
            shutil.copytree(
                source, folder / package, ignore=shutil.ignore_patterns("__pycache__", "sample.py"), dirs_exist_ok=True
            )
        (folder / "connector.py").write_text(CONNECTOR.format(dataset=dataset, enable=list(enable)))
        (folder / "configuration.json").write_text('{"api_key": "my own"}')
        (folder / "requirements.txt").write_text(f"attrs=={version('attrs')}\npluggy=={version('pluggy')}\n")

    return build


Demo = Callable[..., str]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Demo:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()

    def start(dataset: str, *enable: str, build: Callable[[Path], None] | None = None, terminal: bool = False) -> str:
        assembly = assembled(dataset, *enable)
        console = Console(file=io.StringIO(), width=100, force_terminal=terminal, no_color=True)
        run_demo(
            evolve(simulated(dataset), assembly=assembly),
            table_names=[table["table"] for table in assembly.schema],
            build=build or builder(dataset, *enable),
            project=tmp_path / "project",
            console=console,
        )
        return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]

    return start


def test_fts_is_incremental(run: Demo, tmp_path: Path) -> None:
    threads = threading.active_count()
    text = run("fts")
    assert "\x1b" not in text
    assert "First sync: 750 upserts, 8 checkpoints\n" in text
    second = "30 upserts, 1 checkpoint; incremental: the feed has 775 records, and 50 that came again did not change"
    assert f"Second sync: {second}\n" in text
    assert "fts_records: the first 5 of 775 rows" in text
    assert 'Next sync state: {"next_cursor": "' in text
    assert "fts_records: 775 rows, every value right\n" in text
    assert re.search(
        r"\nNext:\n  connector-build app fts --warehouse \S+ +look at these rows in an app\n(.*\n)+"
        r"  \./deploy\.sh +send it to Fivetran\n$",
        text,
    )
    assert (tmp_path / "project" / "configuration.json").read_text() == '{"api_key": "my own"}'
    assert threading.active_count() == threads
    kept = [json.loads(line) for line in history(tmp_path / "project").read_text().splitlines()]
    assert [(each["checkpoints"], each["error"]) for each in kept] == [(8, ""), (1, "")]


def test_mso_with_everything_on_in_a_terminal(run: Demo) -> None:
    text = run("mso", "mso_products", "efficiency_ratio", terminal=True)
    assert "First sync: 650 upserts" in text
    assert "; incremental: the feed has 625 records" in text
    assert "efficiency_ratio" in text
    assert "mso_records: 625 rows, every value right\n" in text
    assert "mso_products: 50 rows, every value right\n" in text
    assert '"rows": "(50 entries)"' in text
    assert "connector-build mso --enable efficiency_ratio,mso_products " in text


def test_a_failure_is_one_paragraph(run: Demo) -> None:
    def build(folder: Path) -> None:
        folder.mkdir()
        (folder / "connector.py").write_text("raise RuntimeError('no luck')")
        (folder / "requirements.txt").write_text("attrs==25.1.0\n")

    with pytest.raises(BuildError, match=r"^First sync: error in connector.py at connector.py, line 1 RuntimeError: no luck$"):
        run("fts", build=build)


def test_rows_that_differ_are_a_failure(run: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    def meddling(project: Path, names: Sequence[str], limit: int | None) -> list[TableRows]:
        return [TableRows(each.name, each.columns, each.rows[1:], each.total - 1) for each in read_tables(project, names, limit)]

    monkeypatch.setattr(demo, "read_tables", meddling)
    with pytest.raises(BuildError, match="fts_records: what arrived is not what the sample API holds: 774 rows instead of 775"):
        run("fts")


def rows(*values: tuple[Any, ...]) -> TableRows:
    return TableRows("t", {"id": "BIGINT", "a_b": "DOUBLE", "at": "TIMESTAMP"}, values, len(values))


def test_difference() -> None:
    assert difference(rows((1, 0.1, "x")), [{"id": 1, "aB": 0.1, "at": "y"}]) is None  # a time is not compared
    assert difference(rows((1, 0.1, "x")), [{"id": 1, "aB": 0.2}]) == "1 row differs, such as {'id': 1, 'aB': 0.2}"
    assert difference(rows((1, None, "x")), [{"id": 1}]) is None
    assert difference(rows(), [{"id": 1}]) == "0 rows instead of 1"
    assert difference(rows((1, 0.1, "x")), [{"id": 1, "other": 2}]) == "no column for other"
    assert difference(rows(), None) == "it has no rows"
    assert difference(rows((1, 0.1, "x")), None) is None


def test_comparable() -> None:
    columns = {"id": "BIGINT", "cost": "DOUBLE", "name": "VARCHAR", "small": "FLOAT", "mixed": "VARCHAR"}
    records: list[dict[str, Any]] = [
        {"id": 1, "cost": 2, "name": None, "small": 0.5, "mixed": "a"},
        {"id": 2, "cost": 0.5, "name": "n", "mixed": [1]},
    ]
    assert comparable(columns, records) == ["id", "cost", "name"]


def test_what_is_not_compared_is_named_with_its_reason() -> None:
    columns = {"id": "BIGINT", "lines": "JSON", "tags": "JSON", "sent_at": "TIMESTAMP WITH TIME ZONE", "code": "VARCHAR"}
    record = {"id": 1, "lines": [], "tags": ["a"], "sentAt": "2026-01-01T00:00:00Z", "code": 7}
    made = TableRows("t", columns, [], 1)
    told = "lines, tags (JSON), sentAt (times), code (stored as text)"
    assert demo.verdict(made, [record]) == f", every value right (1 of 5 columns compared; not compared: {told})"
    assert demo.verdict(made, [{"id": 1}]) == ", every value right"
    many = {f"c{number}": "JSON" for number in range(9)}
    assert demo.verdict(TableRows("t", many, [], 1), [{name: [] for name in many}]).endswith("c5 (JSON) and 3 more)")


def test_expected() -> None:
    (plan,) = assembled("fts", "fts_technicians", "cost_per_hour").tables
    make = SAMPLE.make
    records = [{**make(number, Random(number)), "technician_id": "T" if number else None} for number in range(3)]  # noqa: S311
    tables = expected(plan, records)
    assert all("cost_per_hour" in row for row in tables["fts_records"])
    assert [(row["technician_id"], row["total_tasks"]) for row in tables["fts_technicians"]] == [("T", 2)]


def test_choose_columns() -> None:
    columns = dict.fromkeys(connector_fts.RECORDS.columns, "VARCHAR") | {"cost": "DOUBLE", "day": "DATE", "wide": "VARCHAR"}
    widths = dict.fromkeys(columns, 8) | {"wide": 60}
    assert choose_columns(columns, widths, ["technician_id"], 46) == ["record_id", "technician_id", "cost", "day"]
    assert choose_columns(columns, widths, ["wide"], 50)[0] == "record_id"
    assert choose_columns({"only": "VARCHAR"}, {"only": 500}, [], 80) == ["only"]


def test_shortened() -> None:
    state = {"next_cursor": "c", "extra_tables": {"e": {"by": ["k"], "rows": dict.fromkeys(map(str, range(9)), "x")}}}
    assert shortened(state) == {"next_cursor": "c", "extra_tables": {"e": {"by": ["k"], "rows": "(9 entries)"}}}
    assert shortened(None) is None
    assert shortened({"parts": ["A" * 300, "b"]}) == {"parts": ["(300 characters)", "b"]}
    assert shortened({"row_digests": {"of": "x", "rows": "A" * 300}, "row_keys": ["a"] * 9}) == {
        "row_digests": {"of": "x", "rows": "(300 characters)"},
        "row_keys": "(9 entries)",
    }


def test_summary_of_a_sync_that_sent_all() -> None:
    done = DebugRun(0, {**dict.fromkeys(OPERATIONS, 1), "upserts": 1750}, None, "", None)
    assert summary(done, 1750) == "1,750 upserts, 1 checkpoint"


def test_summary_of_a_sync_that_sent_what_changed_of_a_whole_read() -> None:
    printed = "reading the whole feed, because of totals\nINFO tasks: 775 records from 8 pages, 745 unchanged\n"
    done = DebugRun(0, {**dict.fromkeys(OPERATIONS, 1), "upserts": 30}, None, printed, None)
    assert summary(done, 775) == (
        "30 upserts, 1 checkpoint; the whole feed was read, because of totals, and 745 records did not change"
    )
    done = DebugRun(0, {**dict.fromkeys(OPERATIONS, 1), "upserts": 30}, None, printed.splitlines()[1], None)
    assert summary(done, 775) == "30 upserts, 1 checkpoint; the whole feed was read, and 745 records did not change"


def test_next_steps_begin_with_the_app_which_needs_no_build() -> None:
    assert next_steps("fts", (), Path("dist/demo-fts")).splitlines()[1].split("  ")[1] == "connector-build app fts"
    assert "connector-build app fts --warehouse 'my place/files/warehouse.db'" in next_steps("fts", (), Path("my place"))


def test_next_steps_repeat_what_was_enabled() -> None:
    assert "connector-build fts  " in next_steps("fts", (), Path("dist/demo-fts"))
    assert "connector-build fts --enable fts_technicians " in next_steps(
        "fts", assembled("fts", "fts_technicians").tables, Path("dist/demo-fts")
    )
    warned, _ = making.assembled("fts", undeclared="warn")
    assert "connector-build fts --undeclared warn " in next_steps("fts", warned.tables, Path("dist/demo-fts"))


def test_readme_shows_what_the_demo_prints(tmp_path: Path) -> None:
    """The whole command, as ``make demo`` runs it: by tox, without the app kit. Only the port of the sample API may differ."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition("```text\n")[2].partition("```")[0]
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR", "FORCE_COLOR")}
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['streamlit'] = None\n", encoding="utf-8")
    before = [str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])]
    scripts = Path(sys.executable).parent
    printed = subprocess.run(
        [scripts / "connector-build", "demo", "fts"],
        cwd=tmp_path,
        env={**environment, "HOME": str(tmp_path), "TOX_ENV_DIR": str(scripts.parent), "PYTHONPATH": os.pathsep.join(before)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert portless(printed.replace(str(scripts), ".tox/demo/bin")) == portless(shown)


def portless(text: str) -> list[str]:
    # The commands that come next stand in columns, as wide as the longest of them.
    text, between, steps = text.partition("Next:")
    text += between + re.sub(r"(?<=\S) {2,}", "  ", steps)
    return [line.rstrip() for line in re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text).strip().splitlines()]


# Plugins without sample records


def demo_of(folder: Path, source: str, *options: str) -> "subprocess.CompletedProcess[str]":
    install_dataset(folder, "crew", source)
    return connector_build("demo", "crew", *options, path=folder, cwd=folder)


BASIC_AND_CHILDREN = """
from connector_core import Aggregate, BasicAuth, KeysetPaginator, Parent, Table, count, hookimpl, no_more

SHIPS = Table("ships", "/ships", "data", ["id"], {"id": "LONG", "name": "STRING", "built": "NAIVE_DATE", "length": "DOUBLE"})
TRIPS = Table(
    "trips",
    "/ships/{parent.id}/trips",
    "data",
    ["ship_id", "number"],
    {"ship_id": "LONG", "number": "LONG", "harbour": "STRING", "miles": "DOUBLE"},
    parent=Parent("ships", adds={"ship_id": "id"}),
)


@hookimpl
def connector_tables():
    return [SHIPS, TRIPS]


@hookimpl
def connector_auth():
    return BasicAuth()


@hookimpl
def connector_paginator(table):
    return KeysetPaginator("after", "id" if table == SHIPS else "number", size_param="limit", stop=[no_more("has_more")])


@hookimpl
def connector_extra_tables(table):
    return [Aggregate("crew_harbours", ["harbour"], {"trips": count()}, default=False)] if table == TRIPS else []
"""


def test_basic_auth_keyset_pages_and_a_child_table_without_a_sample(tmp_path: Path) -> None:
    done = demo_of(tmp_path, BASIC_AND_CHILDREN, "--enable", "crew_harbours")
    assert done.returncode == 0, done.stderr
    assert "First sync: 165 upserts" in done.stdout  # 40 ships, 3 trips each, 5 harbours
    assert "Sample API: 220 records appended, 10 changed" in done.stdout
    for table, rows in (("ships", 65), ("trips", 315), ("crew_harbours", 5)):
        assert f"\n  {table}: {rows} rows, every value right" in done.stdout


ELSEWHERE = """
from connector_core import LinkHeaderPaginator, OAuth2ClientCredentials, SinglePage, Table, hookimpl


@hookimpl
def connector_tables():
    account = Table("account", "/account", "[data]", ["id"], {"id": "STRING"})
    return [account, Table("ships", "/ships", "@", ["id"], {"id": "LONG"})]


@hookimpl
def connector_auth():
    return OAuth2ClientCredentials(token_url="https://login.example.com/token")


@hookimpl
def connector_paginator(table):
    return SinglePage() if table.name == "account" else LinkHeaderPaginator(size_param="limit")
"""


def test_an_auth_that_cannot_be_simulated_is_replaced_and_that_is_said(tmp_path: Path) -> None:
    done = demo_of(tmp_path, ELSEWHERE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(
        "Its token comes from login.example.com, and only what lies below base_url can be simulated: this demo signs with a "
        "made-up key in a header instead.\n"
    )
    assert "\n  account: 1 row, every value right" in done.stdout
    assert "\n  ships: 275 rows, every value right" in done.stdout
    assert "demo_auth" not in done.stdout


FUNCTIONS = """
from connector_core import FunctionPaginator, Table, hookimpl


@hookimpl
def connector_tables():
    return [Table("ships", "/ships", "data", ["id"], {"id": "LONG"})]


@hookimpl
def connector_paginator(table):
    return FunctionPaginator(lambda request, page: AFTER)
"""


def test_a_paginator_that_is_a_function_is_tried_with_everything_in_one_answer(tmp_path: Path) -> None:
    done = demo_of(tmp_path, FUNCTIONS.replace("AFTER", 'page.get("next") and request.placed("query", "at", page.get("next"))'))
    assert done.returncode == 0, done.stderr
    assert "ships: 275 rows, every value right" in done.stdout


def test_an_api_that_cannot_be_simulated_is_refused_in_one_paragraph(tmp_path: Path) -> None:
    done = demo_of(tmp_path, FUNCTIONS.replace("AFTER", 'request.placed("query", "at", page.body["next"])'))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "Error: There can be no demo of crew: ships: its paginator is a FunctionPaginator, and how the API answers it cannot be "
        "told; its paginator fails on an answer of a simulated API with KeyError: 'next'. Try it against the API itself.\n"
    )


def test_recorded_pages_stand_in_for_the_api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    pages, assembly = Path("fts.pages.json"), making.assembled("fts")[0]
    with Simulation([Dataset("fts", assembly, evolve(SAMPLE, count=250))]) as api:
        made, _ = record_pages("fts", assembly, dict(api.of("fts").configuration))
    made.save(pages)
    ran = CliRunner().invoke(main, ["demo", "fts", "--pages", str(pages), "--enable", "fts_technicians"])
    assert ran.exit_code == 0, ran.output
    assert "fts_records: 250 rows, every value right" in ran.stdout
    assert re.search(r"fts_technicians: \d\d rows, every value right", ran.stdout)
    assert re.search(r"^upserts +\d\d\d$", ran.stdout, re.M)

    evolve(made, answers=made.answers[:1]).save(pages)
    ran = CliRunner().invoke(main, ["demo", "fts", "--pages", str(pages)])
    assert ran.exit_code == 1
    assert "is not in the recording. The one request in it is GET /fts_data?page_size=100." in ran.stderr


@pytest.mark.parametrize("value", [12572.906030128, 0.1 + 0.2, 1.7976931348623157e308, -1.2345678901234567e-100, 5.0])
def test_a_number_is_shown_with_every_digit_that_tells_it_from_another(value: float) -> None:
    out = io.StringIO()
    console = Console(file=out, width=80)
    show_rows([TableRows("t", {"id": "BIGINT", "cost": "DOUBLE"}, [(1, value)], 1)], [], console)
    shown = out.getvalue().split()[-1]
    assert float(shown) == value
    assert "…" not in shown
