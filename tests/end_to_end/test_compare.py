"""`connector-build compare` for real: hand-written connectors and the built one by `fivetran debug` over one recording."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from connector_build.api.simulation import Simulation
from connector_build.cli.main import main
from connector_build.project.making import assembled
from connector_build.testing.recording import record_pages
from places import TESTS
from simulated import simulated

pytestmark = pytest.mark.xdist_group("takeover")

RECORDS = 250
NOWHERE = "https://api.of-nobody.example.com/v7"
"""No such host is there: whatever is read comes from the recording."""
WRONG = """
from datetime import datetime, timezone
from urllib.request import Request, urlopen
import json

import requests
from fivetran_connector_sdk import Connector
from fivetran_connector_sdk import Operations as op


def schema(configuration):
    return [{"table": "fts_records", "primary_key": ["record_id"], "columns": {"log_date": "STRING"}}]


def update(configuration, state):
    \"\"\"Two pages and no more, each by another library; a date as text, a field by a wrong name, a swallowed error.\"\"\"
    asked = f"{configuration['base_url']}/fts_data?page_size=100&token={configuration['api_key']}"
    first = json.loads(urlopen(Request(asked, headers={"X-Any": "1"})).read())
    second = requests.get(f"{asked}&cursor={first['next_cursor']}", timeout=5).json()
    for record in first["fts_records"] + second["fts_records"]:
        op.upsert("fts_records", {**record, "summarized_log": record.get("summary"), "seen": "yes", "failure_rate": None})
    op.checkpoint({"page": 2})
    ASK_MORE


connector = Connector(update=update, schema=schema)
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("recorded") / "fts.pages.json"
    assembly = assembled("fts")[0]
    with Simulation([simulated("fts", RECORDS)]) as api:
        made, _ = record_pages("fts", assembly, dict(api.of("fts").configuration))
    made.save(file)
    return file


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def by_hand(text: str, **configuration: str) -> str:
    folder = Path("old")
    folder.mkdir()
    (folder / "connector.py").write_text(text)
    (folder / "configuration.json").write_text(json.dumps({"api_key": "its-own-key", "base_url": NOWHERE, **configuration}))
    return str(folder)


def compare(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["compare", *arguments])


def found(done: Result) -> dict[str, Any]:
    assert done.exit_code in (0, 10, 20), done.output
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_the_public_pattern_has_all_rows_and_loses_digits(pages: Path) -> None:
    old = by_hand((TESTS / "handwritten/connector.py").read_text(), page_size="100")
    done = compare(old, "fts", "--pages", str(pages))
    assert done.exit_code == 10, done.output
    lines = [" ".join(line.split()) for line in done.output.splitlines()]
    assert f"fts_records fts_records {RECORDS} {RECORDS} {RECORDS} {RECORDS}" in lines
    assert any(line.startswith("NEW IS RIGHT fts_records.failure_rate: 32-bit float") for line in lines)
    assert "Requests: 3 by the old connector, 3 by the new one." in lines
    assert "The new one went on from there, and sent 50 rows." in lines
    assert any(line.startswith("re-sync fts_records.failure_rate the type was FLOAT and is DOUBLE") for line in lines)
    assert lines[-1] == "Wherever they differ, the new connector has what the recording has."
    assert sorted(path.name for path in Path(old).iterdir()) == ["configuration.json", "connector.py"]


def test_a_connector_with_every_fault_is_told_each(pages: Path) -> None:
    answer = found(compare(by_hand(WRONG.replace("ASK_MORE", "")), "fts", "--pages", str(pages), "--json"))
    assert answer["verdict"] == "unknown"
    told = {(each["column"], each["kind"], each["right"]): each for each in answer["differences"]}
    assert set(told) == {
        ("", "missing rows", "new"),
        ("maintenance_cost", "32-bit float", "new"),
        ("failure_rate", "missing column", "new"),
        ("summarized_log", "missing column", "new"),
        ("log_date", "date as text", "new"),
        ("seen", "own column", "unknown"),
    }
    assert "They are all of page 3 of 3" in told["", "missing rows", "new"]["meaning"]
    assert "drop the column in the destination and re-sync" in told["log_date", "date as text", "new"]["meaning"]
    assert answer["takeover"]["state"] == {"page": 2}
    assert answer["takeover"]["sent"] == RECORDS
    assert any(each["level"] == "breaks" and each["what"] == "fts_records.log_date" for each in answer["diff"])


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("requests.get(f'{asked}&page=9')", "asks for what is not in the recording, 1 request in all. The first: GET /"),
        (
            "__import__('socket').create_connection(('of-nobody.example.com', 80))",
            "asks of-nobody.example.com by something else than",
        ),
        ("raise ValueError('no luck')", "The old connector fails: "),
    ],
    ids=["unrecorded", "socket", "fails"],
)
def test_what_an_old_connector_hides_is_said_all_the_same(more: str, message: str, pages: Path) -> None:
    swallowed = more if more.startswith("raise") else f"try:\n        {more}\n    except Exception:\n        pass"
    done = compare(by_hand(WRONG.replace("ASK_MORE", swallowed)), "fts", "--pages", str(pages))
    assert done.exit_code == 1
    assert message in done.stderr
    assert "its-own-key" not in done.stderr


def test_a_project_that_was_built_can_be_the_new_one(pages: Path) -> None:
    assert CliRunner().invoke(main, ["fts", "--output", "new", "--enable", "fts_technicians"]).exit_code == 0
    answer = found(compare("new", "new", "--pages", str(pages), "--json", "--old-configuration", str(configured())))
    assert (answer["verdict"], answer["differences"]) == ("same", [])
    assert [each["rows"]["new"] for each in answer["tables"]] == [RECORDS, answer["tables"][1]["rows"]["recording"]]
    assert not Path("new/files").exists()


def configured() -> Path:
    file = Path("c.json")
    file.write_text(json.dumps({"api_key": "its-own-key", "base_url": NOWHERE, "page_size": "100"}))
    return file


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nothing", "fts", "--pages", "p.json"], 2, "nothing: there is no connector.py"),
        (["nothing", "fts"], 2, "Say what both are run over"),
        (["old", "ftss", "--pages", "p.json"], 2, "There is no dataset 'ftss'"),
        (["old", "fts", "--pages", "p.json"], 2, "p.json is no recording that can be read"),
        (["old", "fts", "--configuration", "e.json"], 2, "e.json: cannot be read"),
        (["old", "fts", "--pages", "p.json", "--old-configuration", "d.json"], 2, "d.json: cannot be read"),
    ],
)
def test_wrong_use_is_one_message(arguments: list[str], code: int, message: str) -> None:
    by_hand(WRONG)
    done = compare(*arguments)
    assert done.exit_code == code
    assert message in done.output
