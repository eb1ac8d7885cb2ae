"""Figures as small SVG files, whose bytes depend on the figures alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib import pyplot

from speed.figures import Measured, Run
from speed.runners import RUNNERS

mpl.use("svg")
mpl.rcParams.update(
    {"svg.hashsalt": "bench", "svg.fonttype": "none", "font.size": 10, "axes.spines.top": False, "axes.spines.right": False}
)
OURS, OTHERS = "#1f77b4", "#b0b0b0"


def write(measured: Mapping[str, Measured], folder: Path) -> dict[str, str]:
    """Draw what was measured into *folder*; the name of each file, and what it shows. Files of earlier runs are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.svg"):
        old.unlink()
    drawn = {}
    for name, text, draw in (
        ("peers", "Seconds of one sync of the same feed", _peers),
        ("waiting", "Seconds of one sync by the time that an answer takes", _waiting),
        ("threads", "Seconds to read the children of 200 parents, by threads", _threads),
        ("growth", "Seconds and megabytes by the length of the feed", _growth),
    ):
        figure = draw(measured)
        if figure is not None:
            figure.savefig(folder / f"{name}.svg", metadata={"Date": None}, bbox_inches="tight")
            pyplot.close(figure)
            drawn[f"{name}.svg"] = text
    return drawn


def _bars(axes: Any, found: Measured) -> None:
    """One bar for the time of each run, with the range of its rounds."""
    runs = list(found.section.runs)
    values = [found.of(run) for run in runs]
    errors = [[value.median - value.low for value in values], [value.high - value.median for value in values]]
    colours = [OURS if run.runner == "ours" else OTHERS for run in runs]
    places = range(len(runs), 0, -1)
    axes.barh(places, [value.median for value in values], xerr=errors, color=colours, error_kw={"linewidth": 1})
    axes.set_yticks(places, [RUNNERS[run.runner].label for run in runs])


def _peers(measured: Mapping[str, Measured]) -> Any:
    found = measured.get("peers")
    if found is None:
        return None
    figure, axes = pyplot.subplots(figsize=(6, 2.4))
    _bars(axes, found)
    first = found.section.runs[0]
    axes.set_xlabel(f"seconds for {first.records:,} records in pages of {first.size}")
    return figure


def _waiting(measured: Mapping[str, Measured]) -> Any:
    sections = [section for name, section in measured.items() if name.startswith("wait")]
    if not sections:
        return None
    figure, axes = pyplot.subplots(1, len(sections), figsize=(2.5 * len(sections) + 1, 1.8), layout="constrained", squeeze=False)
    for each, section in zip(axes[0], sections, strict=True):
        _bars(each, section)
        first = section.section.runs[0]
        each.set_title(f"{first.wait} ms, pages of {first.size}", fontsize=9)
        each.set_xlabel(f"seconds, {first.records:,} records", fontsize=9)
    for each in axes[0][1:]:
        each.set_yticklabels([])  # those of the first
    return figure


def _threads(measured: Mapping[str, Measured]) -> Any:
    found = measured.get("threads")
    if found is None:
        return None
    figure, axes = pyplot.subplots(figsize=(5, 3))
    for wait in sorted({run.wait for run in found.section.runs}):
        runs = [run for run in found.section.runs if run.wait == wait]
        axes.plot([run.threads for run in runs], [found.of(run).median for run in runs], marker="o", label=f"{wait} ms an answer")
    axes.set(xlabel="threads", ylabel="seconds", ylim=(0, None), xticks=sorted({run.threads for run in found.section.runs}))
    axes.legend(frameon=False)
    return figure


def _growth(measured: Mapping[str, Measured]) -> Any:
    found = measured.get("growth")
    if found is None:
        return None
    figure, (seconds, memory) = pyplot.subplots(1, 2, figsize=(7, 2.8), layout="constrained")
    for runner in dict.fromkeys(run.runner for run in found.section.runs):
        runs: list[Run] = sorted((run for run in found.section.runs if run.runner == runner), key=lambda run: run.records)
        records = [run.records for run in runs]
        seconds.plot(records, [found.of(run).median for run in runs], marker="o", label=RUNNERS[runner].label)
        memory.plot(records, [found.of(run, "peak_mb").median for run in runs], marker="o")
    seconds.set(xscale="log", yscale="log", xlabel="records", ylabel="seconds")
    memory.set(xscale="log", xlabel="records", ylabel="peak MB", ylim=(0, 1.2 * memory.get_ylim()[1]))
    seconds.legend(frameon=False)
    return figure
