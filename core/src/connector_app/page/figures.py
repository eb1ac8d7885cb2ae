"""Figures at the head of a page, held against the data itself, and the target that a user may set."""

from collections.abc import Sequence
from typing import Any, Final, Literal

import streamlit as st

from connector_app.asking.compare import Figure
from connector_app.asking.measures import shown
from connector_app.asking.rows import Rows
from connector_app.page.filter_bar import kept, told

_COLOURS: Final[dict[str, Literal["normal", "inverse", "off"]]] = {"higher": "normal", "lower": "inverse", "neither": "off"}


def figures(found: Sequence[Figure], columns: int = 4) -> None:
    """A row of figures. Green is good news and red is bad news, whichever way that is; grey judges nothing."""
    for start in range(0, len(found), columns):
        for figure, place in zip(found[start : start + columns], st.columns(columns), strict=False):
            place.metric(
                figure.label[:1].upper() + figure.label[1:],
                shown(figure.value, figure.unit),
                None if figure.change is None else f"{figure.change:+.1%}",
                delta_color=_COLOURS[figure.better],
                help=f"Against {figure.against}: {shown(figure.reference, figure.unit)}" if figure.change is not None else None,
                border=True,
            )
    against = list(dict.fromkeys(figure.against for figure in found if figure.change is not None))
    if against:
        st.caption(f"Compared with {' and '.join(against)}.")


def target(key: str, label: str, unit: str = "") -> float | None:
    """A target that the user may set, kept in the address; None where he set none."""
    value: Any = st.number_input(
        f"{label} ({unit})" if unit else label,
        value=None,
        min_value=0.0,
        placeholder="no target",
        key=kept(f"target_{key}", None, _amount),
    )
    told(f"target_{key}", "" if value is None else f"{value:g}")
    return None if value is None else float(value)


def _amount(texts: Sequence[str]) -> float:
    value = float(texts[-1])
    if not 0 <= value < float("inf"):
        raise ValueError(texts[-1])
    return value


def needs(rows: Rows, what: str, columns: Sequence[str] = (), table: str = "", enable: str = "") -> bool:
    """Whether the data has *columns*, or *table*; where not, say what to enable.

    what: what the page would show. enable: the options to switch on, such as "mso_products".
    """
    there = table in rows.session.tables() if table else rows.has(*columns)
    if not there:
        dataset = rows.table.partition("_")[0]
        st.info(
            f"{what} is not in this data. Build the connector with `connector-build {dataset} --enable {enable}`, and sync again."
        )
    return there
