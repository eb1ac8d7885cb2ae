"""A grid of two categories: a shade for a figure, and the number of records written in each cell."""

from collections.abc import Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from connector_app.asking.measures import shown
from connector_app.page.drawing import Chart
from connector_app.page.theme import ACCENT, MUTED

LIGHT: Final = "#c4daf5"
INK: Final = "#10233d"
"""Written on a cell, which is light on a dark page too."""
_IN_LINES: Final = (
    "length(datum.label) > 9 || !test(/[0-9]/, datum.label) ? split(replace(datum.label, /-/g, '- '), ' ') : datum.label"
)
"""A name stands in lines, a word in each, which a phone has room for; a short range such as "10 to 14" stays in one."""


def grid(
    frame: pd.DataFrame, x: str, y: str, *, orders: tuple[Sequence[str], Sequence[str]] = ((), ()),
    titles: tuple[str | None, str | None] = (None, None), measured: tuple[str, str] = ("", ""), enough: int = 0,
) -> Chart:  # fmt: skip
    """A cell for each pair of *x* and *y* in *frame*, with its `records`.

    orders:   how the values of x and y follow each other; those that are not named come last.
    measured: label and unit of the column `value`, which then is the shade; otherwise the records are.
    enough:   cells with fewer records are grey.
    """
    value = "value" if measured[0] else "records"
    frame = frame.assign(said=[shown(each, measured[1]) for each in frame[value]])
    across, down = (_sorted(frame[column], order) for column, order in zip((x, y), orders, strict=True))
    names = alt.Axis(labelAngle=0, labelOverlap=False, labelFlush=False, labelLimit=92, labelExpr=_IN_LINES)
    base = alt.Chart(frame).encode(
        x=alt.X(f"{x}:N", sort=across, title=titles[0], axis=names),
        y=alt.Y(f"{y}:N", sort=down, title=titles[1], axis=alt.Axis(labelOverlap=False, labelFlush=False, labelLimit=120)),
        tooltip=[f"{y}:N", f"{x}:N", *_said(measured[0]), alt.Tooltip("records:Q", format=",")],
    )
    shade = alt.Color(f"{value}:Q", scale=alt.Scale(range=[LIGHT, ACCENT], zero=False), legend=None)
    colour: Any = alt.condition(alt.datum.records >= enough, shade, alt.value(MUTED)) if enough else shade
    cell = base.mark_rect(cornerRadius=3).encode(color=colour)
    count = base.mark_text(color=INK, fontSize=11).encode(text=alt.Text("records:Q", format=","))
    chart: Chart = (cell + count).properties(height=44 * len(down) + 60)
    return chart


def _said(label: str) -> list[alt.Tooltip]:
    return [alt.Tooltip("said:N", title=label)] if label else []


def _sorted(values: "pd.Series[Any]", order: Sequence[str]) -> list[str]:
    there = {str(each) for each in values}
    return [*(each for each in order if each in there), *sorted(there - set(order))]
