"""Groups held against each other: the median of each, how sure it is, and whether it can be told from the middle of its peers.

The interval about a median is 1.57 times the quartiles' distance by the root of the number of records (R. McGill, J. W. Tukey
and W. A. Larsen, "Variations of Box Plots", The American Statistician 32, 1978): extreme records do not move it, and it is wide
where there are few records, so that small groups are not overread.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from attrs import field, frozen

from connector_app.asking.filters import NOTHING
from connector_app.asking.measures import Better, Quantity, is_missing
from connector_app.asking.rows import Rows

if TYPE_CHECKING:
    import pandas as pd

ENOUGH: Final = 10
"""Groups with fewer records are shown, and judged by nobody."""
Standing = Literal["better", "worse", "apart", "even", "few"]
"""Where a group stands; `apart` is away from the middle where neither way is good news."""


@frozen(hash=False)
class Peers:
    """The groups with the most records, the largest median first.

    frame:  columns `category`, `records`, `value` (its median), `low`, `high` (how sure that is), `standing`.
    middle: the median of the medians of all groups with enough records (of all, if none has); None without any value.
    groups: how many groups have a value, the shown ones and the others.
    """

    frame: "pd.DataFrame" = field(repr=False)
    middle: float | None
    groups: int
    enough: int = ENOUGH


def peers(rows: Rows, by: str, quantity: Quantity, first: int = 20, enough: int = ENOUGH) -> Peers:
    """The *first* groups of column or expression *by* with the most records, held against the median of all groups."""
    low, high = (f"PERCENTILE_CONT({part}) WITHIN GROUP (ORDER BY {quantity.sql})" for part in (0.25, 0.75))
    counted = f"COUNT({quantity.sql})"
    figures = f"{counted} AS records, MEDIAN({quantity.sql}) AS value, {low} AS q1, {high} AS q3"
    grouped = rows.query(f"{named(rows, by)} AS category, {figures}", f"GROUP BY 1 HAVING {counted} > 0")
    middle = f"COALESCE(MEDIAN(CASE WHEN records >= {enough:d} THEN value END), MEDIAN(value))"
    of_all = rows.session.sql(f"SELECT COUNT(*) AS n, {middle} AS middle FROM ({grouped.sql}) AS grouped", grouped.parameters)
    largest = f"SELECT * FROM ({grouped.sql}) AS grouped ORDER BY records DESC, category LIMIT {first:d}"
    found = rows.session.sql(largest, grouped.parameters)
    centre = of_all["middle"].iloc[0]
    against = None if is_missing(centre) else float(centre)
    frame = _judged(found, against, quantity.better, enough).sort_values(["value", "category"], ascending=[False, True])
    return Peers(frame.reset_index(drop=True), against, int(of_all["n"].iloc[0]), enough)


def named(rows: Rows, by: str) -> str:
    """The name of the group that a row is in, in SQL; *by* is a column, or an expression over columns."""
    return f"COALESCE(CAST({rows.session.name(by) if by.isidentifier() else by} AS VARCHAR), '{NOTHING}')"


def _judged(frame: "pd.DataFrame", middle: float | None, better: Better, enough: int) -> "pd.DataFrame":
    half = 1.57 * (frame["q3"] - frame["q1"]) / frame["records"] ** 0.5
    frame = frame.assign(low=frame["value"] - half, high=frame["value"] + half)
    standing = [_standing(each, middle, better, enough) for each in frame.to_dict("records")]
    return frame.assign(standing=standing)[["category", "records", "value", "low", "high", "standing"]]


def _standing(group: Mapping[Any, Any], middle: float | None, better: Better, enough: int) -> Standing:
    if group["records"] < enough:
        return "few"
    if middle is None or group["low"] <= middle <= group["high"]:
        return "even"
    if better == "neither":
        return "apart"
    return "better" if (group["value"] > middle) == (better == "higher") else "worse"
