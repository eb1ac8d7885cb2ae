"""Charts as Altair values, from the few rows that a question gave; nothing here asks the database."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt
import pandas as pd

from connector_app.asking.measures import Measure, is_missing, shown
from connector_app.asking.questions import Buckets, Grain, Top
from connector_app.page.theme import ACCENT, MUTED, colours, number_format

Chart = alt.Chart | alt.LayerChart
PICK: Final = "picked"
"""The name of the selection by which a reader goes from a mark to its records."""
HEIGHT: Final = 300
FORMATS: Final[Mapping[Grain, str]] = {"day": "%d %b %Y", "week": "%d %b %Y", "month": "%b %Y", "quarter": "%b %Y", "year": "%Y"}


def axis_title(label: str, unit: str) -> str:
    return f"{label} ({unit})" if unit else label


def value_axis(values: Sequence[Any]) -> alt.Axis:
    """The axis of a measure: few ticks, and whole ones where every value is whole."""
    whole = all(float(value).is_integer() for value in values if not is_missing(value))
    return alt.Axis(format=number_format(values), tickCount=6, tickMinStep=1 if whole else alt.Undefined)


def histogram_chart(found: Buckets, label: str, unit: str, about: str = "") -> Chart:
    """Bars between robust bounds; the two open ends are muted and as wide as the others."""
    numbers = range(min(found.counts, default=0), max(found.counts, default=0) + 1)
    frame = pd.DataFrame([_bucket(found, number, unit) for number in numbers])
    tooltip = [alt.Tooltip("range", title=axis_title(label, unit)), alt.Tooltip("records", format=",")]
    tooltip += [alt.Tooltip("about", title="what it is")] * bool(about)
    pick = alt.selection_point(name=PICK, fields=["bucket"])
    chart: Chart = (
        alt.Chart(frame.assign(about=about))
        .mark_bar(stroke=None)
        .encode(
            x=alt.X(
                "low:Q",
                title=axis_title(label, unit),
                axis=alt.Axis(format=number_format([found.low, found.high])),
                scale=alt.Scale(zero=False, nice=False),
            ),
            x2="high:Q",
            y=alt.Y("records:Q", title="records", axis=alt.Axis(format=",.0f", tickMinStep=1)),
            # Without it a bar between two numbers lies down.
            y2=alt.datum(0),
            color=alt.Color("open:N", scale=alt.Scale(domain=[False, True], range=[ACCENT, MUTED]), legend=None),
            opacity=alt.condition(pick, alt.value(1.0), alt.value(0.35)),
            tooltip=tooltip,
        )
        .add_params(pick)
        .properties(height=HEIGHT)
    )
    return chart


def in_words(found: Buckets, number: int, unit: str) -> str:
    """From where to where a bucket goes, for a reader."""
    low, high = found.ends(number)
    if low is None or high is None:
        return f"below {shown(high, unit)}" if low is None else f"above {shown(low, unit)}"
    return f"{shown(low)} to {shown(high, unit)}"


def _bucket(found: Buckets, number: int, unit: str) -> dict[str, Any]:
    low = found.low + number * found.width
    return {
        "bucket": number,
        "low": low,
        "high": low + found.width * 0.97,
        "records": found.counts.get(number, 0),
        "open": None in found.ends(number),
        "range": in_words(found, number, unit),
    }


def bars_chart(
    found: Top,
    label: str,
    measure: Measure,
    meanings: Mapping[str, str] | None = None,
    about: str = "",
    *,
    coloured: bool = False,
) -> Chart:
    """Horizontal bars, in the order of the frame, with the figure written at each; the bar of all others is muted."""
    frame = found.frame.assign(said=[shown(value, measure.unit) for value in found.frame["value"]], about=about)
    names = [str(name) for name in frame["category"]]
    scale = (
        colours(names, meanings)
        if meanings or coloured
        else alt.Scale(domain=names, range=[MUTED if other else ACCENT for other in frame["others"]])
    )
    pick = alt.selection_point(name=PICK, fields=["category"])
    tooltip = [
        alt.Tooltip("category", title=label),
        alt.Tooltip("said", title=measure.label),
        alt.Tooltip("records", format=","),
        *[alt.Tooltip("about", title="what it is")] * bool(about),
    ]
    # The figure stands beside the name, as a chart that a reader can pick from is a single view.
    frame["bar"] = [f"{name} · {said}" for name, said in zip(names, frame["said"], strict=True)]
    x_axis = value_axis(list(frame["value"]))
    chart: Chart = (
        alt.Chart(frame)
        .mark_bar(cornerRadiusEnd=2)
        .encode(
            y=alt.Y(
                "bar:N", sort=list(frame["bar"]), title=None, axis=alt.Axis(labelLimit=260, labelOverlap=False, labelFlush=False)
            ),
            x=alt.X("value:Q", title=axis_title(measure.label, measure.unit), axis=x_axis),
            color=alt.Color("category:N", scale=scale, legend=None),
            opacity=alt.condition(pick, alt.value(1.0), alt.value(0.35)),
            tooltip=tooltip,
        )
        .add_params(pick)
        .properties(height=34 * len(names) + 70)
    )
    return chart


def trend_chart(
    frame: pd.DataFrame,
    measure: Measure,
    grain: Grain,
    meanings: Mapping[str, str] | None = None,
    about: str = "",
    target: float | None = None,
) -> Chart:
    """A line over time, one for each category if there are any; a point where a period stands alone."""
    many = "category" in frame.columns
    frame = frame.assign(said=[shown(value, measure.unit) for value in frame["value"]], about=about)
    tooltip = [
        alt.Tooltip("period:T", title=grain, format=FORMATS[grain]),
        *[alt.Tooltip("category:N")] * many,
        alt.Tooltip("said:N", title=measure.label),
        alt.Tooltip("records:Q", format=","),
        *[alt.Tooltip("about:N", title="what it is")] * bool(about),
    ]
    names = sorted({str(each) for each in frame["category"]}) if many else []
    colour: Any = (
        alt.Color("category:N", scale=colours(names, meanings), title=None, legend=alt.Legend(orient="bottom", columns=2))
        if many
        else alt.value(ACCENT)
    )
    base = alt.Chart(frame).encode(
        x=alt.X("period:T", title=None, axis=_dates(grain)),
        y=alt.Y(
            "value:Q",
            title=axis_title(measure.label, measure.unit),
            scale=alt.Scale(zero=False),
            axis=value_axis(list(frame["value"])),
        ),
        color=colour,
        tooltip=tooltip,
    )
    points = base.mark_point(filled=True, size=45)
    chart: Chart = (base.mark_line(strokeWidth=2) + points + line_at(target, "y", "target", measure.unit)).properties(
        height=HEIGHT
    )
    return chart


def _dates(grain: Grain) -> alt.Axis:
    """Dates that neither cover each other nor are cut at the end."""
    return alt.Axis(format=FORMATS[grain], labelOverlap=True, labelFlush=True, labelBound=True)


def line_at(value: float | None, axis: str, said: str, unit: str = "") -> Chart:
    """A dashed line across a chart at one value, such as a target; none for None. axis: "x" or "y"."""
    at = [] if value is None else [value]
    frame = pd.DataFrame({"at": at, "said": [f"{said}: {shown(each, unit)}" for each in at]})
    across: Chart = (
        alt.Chart(frame)
        .mark_rule(strokeDash=[6, 4], strokeWidth=1.5, color=MUTED)
        .encode(**{axis: "at:Q"}, tooltip=alt.Tooltip("said:N", title=""))
    )
    return across


def scatter_chart(
    frame: pd.DataFrame,
    titles: tuple[str, str],
    colour: str = "",
    meanings: Mapping[str, str] | None = None,
    tooltips: Sequence[str] = (),
) -> Chart:
    """A point for each sampled record."""
    names = sorted({str(each) for each in frame[colour]}) if colour else []
    shade: Any = (
        alt.Color(f"{colour}:N", scale=colours(names, meanings), title=None, legend=alt.Legend(orient="bottom", columns=2))
        if colour
        else alt.value(ACCENT)
    )
    x, y = (
        (f"{axis}:Q", title, alt.Axis(format=number_format(list(frame[axis]))), alt.Scale(zero=False, nice=True))
        for axis, title in zip("xy", titles, strict=True)
    )
    chart: Chart = (
        alt.Chart(frame)
        .mark_circle(size=38, opacity=0.6)
        .encode(
            x=alt.X(x[0], title=x[1], axis=x[2], scale=x[3]),
            y=alt.Y(y[0], title=y[1], axis=y[2], scale=y[3]),
            color=shade,
            tooltip=[alt.Tooltip("x:Q", title=titles[0]), alt.Tooltip("y:Q", title=titles[1]), *tooltips],
        )
        .properties(height=HEIGHT)
    )
    return chart
