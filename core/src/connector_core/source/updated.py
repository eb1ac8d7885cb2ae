"""What a table may say of the column that every change moves."""

from datetime import timedelta
from typing import Any

from connector_core.basics.errors import PluginError
from connector_core.basics.names import did_you_mean, one_line

KINDS = ("UTC_DATETIME", "NAIVE_DATETIME", "NAIVE_DATE", "LONG", "INT", "DOUBLE")
"""Types whose values say when, beside DECIMAL: a STRING is compared as a text, and a FLOAT has not enough digits."""


def check_updated(table: Any, where: str) -> None:
    """Raise PluginError where *updated* or *lookback* of a table cannot be used; *where* begins the message."""
    name, lookback = table.updated, table.lookback
    if not _is_span(lookback):
        raise PluginError(f"{where}: lookback is {one_line(repr(lookback), 60)}. Write timedelta(hours=1), or a whole number.")
    if name is not None:
        _check_column(table, name, where)
    elif lookback:
        raise PluginError(f"{where}: lookback counts from updated, and there is none. Name the column that every change moves.")


def _is_span(lookback: object) -> bool:
    """Whether *lookback* is a timedelta or a whole number, and not before nothing."""
    if isinstance(lookback, timedelta):
        return lookback >= timedelta(0)
    return isinstance(lookback, int) and not isinstance(lookback, bool) and lookback >= 0


def _check_column(table: Any, name: object, where: str) -> None:
    if not isinstance(name, str) or name not in table.columns:
        raise PluginError(
            f"{where}: updated names {one_line(name, 60)}, which columns does not declare"
            f"{did_you_mean(str(name), table.columns)}. Name the column that every change moves."
        )
    kind = table.columns[name]
    if kind not in KINDS and not kind.startswith("DECIMAL("):
        raise PluginError(
            f"{where}: updated names {name}, which is {kind}, and values of that do not say when. Declare it UTC_DATETIME, or "
            "LONG for a number of seconds since 1970."
        )
    if table.full_refresh or not table.primary_key:
        why = "is replaced in each sync (full_refresh)" if table.full_refresh else "has no primary_key"
        raise PluginError(f"{where}: updated tells which rows are sent, and this table {why}. Leave it out.")
