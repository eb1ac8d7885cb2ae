"""The grain of time of the charts of a section, which the user may choose: a target is for one of its periods."""

from typing import Final

from connector_app.asking.periods import fitting
from connector_app.asking.questions import GRAINS, Grain
from connector_app.asking.rows import Rows
from connector_app.page.filter_bar import choice

FITS: Final = "as fits"


def grain(rows: Rows, on: str) -> Grain:
    """Day, week, month, quarter or year; what fits the dates in column *on*, unless one is chosen."""
    chosen = choice("Period of the charts", [FITS, *GRAINS], "grain")
    return next((each for each in GRAINS if each == chosen), None) or fitting(rows, on)
