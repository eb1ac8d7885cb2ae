"""Data frames as pages want them, whatever the driver made of them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """*frame* with lower-case names, floats instead of Decimal, and dates as datetime64."""
    frame.columns = pd.Index([str(name).lower() for name in frame.columns])
    for name in frame.columns:
        column = frame[name]
        if column.dtype == object:
            frame[name] = _plain(column)
    return frame


def _plain(column: "pd.Series[Any]") -> "pd.Series[Any]":
    known = column.dropna()
    if known.empty:
        return column
    if all(isinstance(value, Decimal) for value in known):
        return column.astype(float)
    if all(isinstance(value, date) and not isinstance(value, datetime) for value in known):
        return pd.to_datetime(column, errors="coerce")
    return column
