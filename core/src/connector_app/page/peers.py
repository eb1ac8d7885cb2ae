"""A panel that holds groups against each other, with how sure each figure is."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd
import streamlit as st

from connector_app.asking.measures import Quantity, shown
from connector_app.asking.peers import ENOUGH, Peers, Standing, named, peers
from connector_app.asking.rows import Rows
from connector_app.page.drawing import Chart, axis_title, line_at
from connector_app.page.filter_bar import kept, told
from connector_app.page.panel import panel
from connector_app.page.theme import ACCENT, BAD, GOOD, MUTED, number_format

_COLOURS: Final[Mapping[Standing, str]] = {"better": GOOD, "worse": BAD, "apart": ACCENT, "even": MUTED, "few": MUTED}


def enough_records() -> int:
    """From how many records on a group is judged, which the user may set and the address keeps."""
    key = kept("enough", ENOUGH, lambda texts: min(max(int(texts[-1]), 2), 1000))
    value = int(st.number_input("Judge groups from so many records on", 2, 1000, key=key))
    told("enough", "" if value == ENOUGH else str(value))
    return value


@st.fragment
def against_peers(
    rows: Rows,
    by: str,
    question: str,
    quantity: Quantity,
    *,
    first: int = 20,
    enough: int = ENOUGH,
    order: Sequence[str] = (),
    label: str = "",
    note: str = "",
    key: str = "",
) -> None:
    """The median of each group of *by* with its interval, coloured by whether it can be told from the middle of its peers.

    by:    a column, or an expression over columns, which then needs a label.
    order: how its values follow each other, where they have an order; the largest median is first otherwise.
    """
    found = peers(rows, by, quantity, first, enough)
    about = rows.session.dictionary.describe(rows.table, quantity.sql) if quantity.sql.isidentifier() else ""
    chart = peers_chart(found, quantity, label or by.replace("_", " "), order, about) if len(found.frame) else None
    if found.groups > len(found.frame):
        note = f"{note} The {len(found.frame):,} of {found.groups:,} with the most records.".strip()

    def narrow(picked: Mapping[str, Any]) -> Rows:
        return rows.where(f"{named(rows, by)} = ?", (str(picked["category"]),))

    marks = {str(each): {"category": str(each)} for each in found.frame["category"]}
    panel(question, found.frame, chart, rows, narrow=narrow, marks=marks, pick=False, note=note, key=key)


def peers_chart(found: Peers, quantity: Quantity, label: str, order: Sequence[str] = (), about: str = "") -> Chart:
    """A point and an interval for each group, and a dashed line at the middle of the peers."""
    words = _words(found)
    frame = found.frame.assign(
        said=[shown(value, quantity.unit) for value in found.frame["value"]],
        standing=[words[each] for each in found.frame["standing"]],
        about=about,
    )
    frame["bar"] = [f"{name} · {said}" for name, said in zip(frame["category"], frame["said"], strict=True)]
    ends = zip(frame["low"], frame["high"], strict=True)
    frame["sure"] = [f"{shown(low)} to {shown(high, quantity.unit)}" for low, high in ends]
    base = alt.Chart(frame).encode(
        y=alt.Y(
            "bar:N", sort=_sorted(frame, order), title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False, labelFlush=False)
        ),
        color=_colour(frame, words),
        tooltip=[
            alt.Tooltip("category:N", title=label),
            alt.Tooltip("said:N", title=f"median {quantity.label}"),
            alt.Tooltip("sure:N", title="most likely between"),
            alt.Tooltip("records:Q", format=","),
            alt.Tooltip("standing:N", title="against its peers"),
            *[alt.Tooltip("about:N", title="what it is")] * bool(about),
        ],
    )
    title = axis_title(f"median {quantity.label}", quantity.unit)
    axis = alt.Axis(format=number_format(list(frame["value"])))
    sure = base.mark_rule(strokeWidth=3, opacity=0.45).encode(
        x=alt.X("low:Q", title=title, scale=alt.Scale(zero=False), axis=axis), x2="high:Q"
    )
    middle = base.mark_point(filled=True, size=110, opacity=1).encode(x="value:Q")
    across = line_at(found.middle, "x", "middle of the peers", quantity.unit)
    chart: Chart = (across + sure + middle).properties(height=30 * len(frame) + 100 + 20 * frame["standing"].nunique())
    return chart


def _words(found: Peers) -> dict[Standing, str]:
    return {
        "better": "better than its peers",
        "worse": "worse than its peers",
        "apart": "away from its peers",
        "even": "not told from its peers",
        "few": f"fewer than {found.enough} records",
    }


def _colour(frame: pd.DataFrame, words: Mapping[Standing, str]) -> alt.Color:
    there = [each for each in words if words[each] in set(frame["standing"])]
    scale = alt.Scale(domain=[words[each] for each in there], range=[_COLOURS[each] for each in there])
    return alt.Color("standing:N", scale=scale, title=None, legend=alt.Legend(orient="bottom", columns=1, symbolOpacity=1))


def _sorted(frame: pd.DataFrame, order: Sequence[str]) -> list[str]:
    known = {name: number for number, name in enumerate(order)}
    lines = list(zip(frame["category"], frame["bar"], strict=True))
    return [bar for _, bar in sorted(lines, key=lambda line: known.get(str(line[0]), len(known)))]
