"""The history of local runs, which `connector-build debug` and `demo` keep beside the warehouse: a table, and a trend of rows."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from connector_app.page.drawing import HEIGHT, Chart
from connector_app.page.theme import colours

_NONE: Final = (
    "No local run is recorded beside this warehouse yet. `connector-build debug NAME` and `connector-build demo NAME` record "
    "each of theirs, for this dataset in the place of NAME."
)


def local_runs(file: Path | None) -> None:
    """Draw the history in *file*; how to get one where there is no such file; nothing for None, as in Snowflake."""
    if file is None:
        return
    with st.expander("What did the runs on this machine do? Their history"):
        runs = read_runs(file)
        if not runs:
            st.caption(_NONE)
            return
        st.dataframe(_table(runs), width="stretch", hide_index=True, key="explorer_runs")
        rows = _rows(runs)
        if len(rows):
            st.caption("Rows that each run wrote and that were there when it ended, by table; the oldest run is on the left.")
            st.altair_chart(_trend(rows), width="stretch", key="explorer_runs_trend")


def read_runs(file: Path) -> list[Mapping[str, Any]]:
    """The runs in *file* (JSON lines), the oldest first; what cannot be read is left out."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []
    return [run for line in lines if (run := _run(line))]


def _run(line: str) -> Mapping[str, Any]:
    try:
        value = json.loads(line)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _table(runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """A line for each run, the newest first."""
    return pd.DataFrame([_line(number, run) for number, run in reversed(list(enumerate(runs, 1)))])


def _line(number: int, run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run": number,
        "began (UTC)": str(run.get("began", "")).replace("T", " ").removesuffix("Z"),
        "ended": f"failed: {run['error']}" if run.get("error") else "well",
        "upserted": sum(written["upserted"] for _, written in _tables(run)),
        "deleted": sum(written["deleted"] for _, written in _tables(run)),
        "by table": ", ".join(f"{name} +{each['upserted']:,} -{each['deleted']:,}" for name, each in _tables(run)),
        "checkpoints": _number(run.get("checkpoints")),
        "state (bytes)": _number(run.get("state_bytes")),
        "dataset": str(run.get("dataset", "")),
        "made from": ", ".join(f"{name} {version}" for name, version in _mapping(run.get("versions")).items()),
        "enabled": ", ".join(map(str, run["enabled"])) if isinstance(run.get("enabled"), list) else "",
    }


def _tables(run: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, int]]]:
    for name, each in _mapping(run.get("tables")).items():
        yield name, {word: _number(_mapping(each).get(word)) for word in ("upserted", "deleted")}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def _rows(runs: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """run (its number), table, rows: what the trend shows."""
    found = [
        {"run": number, "began": str(run.get("began", "")), "table": name, "rows": each["upserted"]}
        for number, run in enumerate(runs, 1)
        for name, each in _tables(run)
    ]
    return pd.DataFrame(found, columns=["run", "began", "table", "rows"])


def _trend(rows: pd.DataFrame) -> Chart:
    chart: Chart = (
        alt.Chart(rows)
        .mark_line(point=True)
        .encode(
            x=alt.X("run:Q", title="run", axis=alt.Axis(tickMinStep=1, format="d"), scale=alt.Scale(zero=False)),
            y=alt.Y("rows:Q", title="rows upserted", axis=alt.Axis(format=",.0f", tickMinStep=1)),
            color=alt.Color("table:N", title=None, scale=colours(sorted(set(rows["table"]))), legend=alt.Legend(orient="top")),
            tooltip=["began:N", "table:N", alt.Tooltip("rows:Q", format=",")],
        )
        .properties(height=HEIGHT)
    )
    return chart
