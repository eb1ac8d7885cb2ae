"""The history of local runs in the standard explorer."""

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from app_support import warehouse
from connector_app.data.snow import SnowflakeSession
from connector_app.page.runs import read_runs

SCRIPT = """
from pathlib import Path
from connector_app.data.duck import DuckDBSession
from connector_app.page.standard import draw_standard

draw_standard(DuckDBSession(Path(PATH), runs=RUNS and Path(RUNS)), "The explorer")
"""
TITLE = "What did the runs on this machine do? Their history"


def run(upserted: int, error: str = "", **more: Any) -> str:
    tables = {"tasks": {"upserted": upserted, "deleted": 1}, "crews": {"upserted": 2, "deleted": 0}}
    versions = {"connector-core": "0.1.0", "connector-crew": "2.0"}
    told = {"dataset": "crew", "versions": versions, "enabled": ["crews"], "checkpoints": 3, "state_bytes": 21, "error": error}
    return json.dumps({"began": f"2026-01-02T03:{upserted:02}Z", **told, "tables": tables, **more}) + "\n"


def opened(folder: Path, lines: str | None, *, told: bool = True) -> AppTest:
    warehouse(folder, [])
    file = folder / "runs.jsonl"
    if lines is not None:
        file.write_text(lines, encoding="utf-8")
    script = SCRIPT.replace("PATH", repr(str(folder / "warehouse.db"))).replace("RUNS", repr(str(file) if told else None))
    test = AppTest.from_string(script, default_timeout=60).run()
    assert [each.value for each in (*test.exception, *test.error)] == []
    return test


def table(test: AppTest) -> Any:
    return next(each.value for each in test.dataframe if "checkpoints" in each.value)


def test_the_history_is_a_table_and_a_trend(tmp_path: Path) -> None:
    test = opened(tmp_path, run(5) + run(7, "no luck <b>"))
    found = table(test)
    assert found["run"].tolist() == [2, 1]
    assert found["began (UTC)"].tolist() == ["2026-01-02 03:07", "2026-01-02 03:05"]
    assert found["ended"].tolist() == ["failed: no luck <b>", "well"]
    assert found["upserted"].tolist() == [9, 7]
    assert found["deleted"].tolist() == [1, 1]
    assert found["by table"].tolist()[0] == "tasks +7 -1, crews +2 -0"
    assert found["made from"].tolist()[0] == "connector-core 0.1.0, connector-crew 2.0"
    assert found["enabled"].tolist() == ["crews", "crews"]
    assert found["state (bytes)"].tolist() == [21, 21]
    assert TITLE in [each.label for each in test.expander]
    [chart] = test.get("arrow_vega_lite_chart") or test.get("vega_lite_chart")
    assert '"rows upserted"' in chart.proto.spec


def test_how_to_get_one_where_there_is_none(tmp_path: Path) -> None:
    test = opened(tmp_path, None)
    assert any("`connector-build debug NAME` and `connector-build demo NAME` record" in each.value for each in test.caption)


def test_nothing_is_said_where_runs_are_not_local(tmp_path: Path) -> None:
    test = opened(tmp_path, run(5), told=False)
    assert TITLE not in [each.label for each in test.expander]
    assert SnowflakeSession(None, "D", "S").runs is None  # type: ignore[arg-type]  # asks nothing


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "\x00",
        "{}",
        '{"tables": 1, "error": 2}',
        '{"tables": {"t": 3}, "enabled": 4, "versions": [5], "checkpoints": "6"}',
    ],
)
def test_a_damaged_line_breaks_nothing(tmp_path: Path, line: str) -> None:
    test = opened(tmp_path, f"{line}\n{run(5)}")
    assert table(test)["upserted"].tolist()[0] == 7


def test_a_file_that_is_gone(tmp_path: Path) -> None:
    assert read_runs(tmp_path / "runs.jsonl") == []
