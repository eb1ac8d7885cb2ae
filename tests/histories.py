"""Histories of operations, on tables of every type of column, for whatever takes operations."""

from collections.abc import Mapping
from datetime import UTC, date
from typing import Any

from hypothesis import strategies as st

from connector_core import Table
from connector_core.plugin.assembly import Assembly, assemble
from support import plugin

COLUMNS = {
    "id": "LONG",
    "day": "NAIVE_DATE",
    "textIt": "STRING",
    "yes": "BOOLEAN",
    "small": "SHORT",
    "real": "FLOAT",
    "double": "DOUBLE",
    "price": "DECIMAL(38,9)",
    "local": "NAIVE_DATETIME",
    "at": "UTC_DATETIME",
    "more": "JSON",
    "raw": "BINARY",
    "page": "XML",
}


def assembled(columns: Mapping[str, str] = COLUMNS, key: Any = ("id", "day"), **more: Any) -> Assembly:
    """Tables with and without a key."""
    keyed = Table("crew_items", "/items", "items", list(key), dict(columns), **more)
    return assemble(
        [plugin(keyed, Table("crew_notes", "/notes", "notes", [], {"note": "STRING", "size": "LONG"}, append_only=True))]
    )


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
PLAIN = st.none() | st.booleans() | st.integers(-(2**40), 2**40) | TEXTS
VALUES: Mapping[str, st.SearchStrategy[Any]] = {
    "textIt": TEXTS,
    "yes": st.booleans(),
    "small": st.integers(-(2**15), 2**15 - 1),
    "real": st.floats(allow_nan=False, allow_infinity=False, width=32),
    "double": st.floats(allow_nan=False, allow_infinity=False).map(lambda value: value + 0.0),
    "price": st.decimals(-(10**28), 10**28, places=9, allow_nan=False),
    "local": st.datetimes(),
    "at": st.datetimes(timezones=st.just(UTC)),
    "more": st.dictionaries(TEXTS, PLAIN, max_size=2) | st.lists(PLAIN, max_size=2),
    "raw": st.binary(max_size=4),
    "page": TEXTS,
}
KEYS = st.fixed_dictionaries({"id": st.integers(0, 3), "day": st.sampled_from([date(1, 1, 1), date(9999, 12, 31)])})
ROWS = st.builds(lambda key, rest: key | rest, KEYS, st.fixed_dictionaries({}, optional=dict(VALUES)))
NOTES = st.fixed_dictionaries({"note": st.sampled_from(["a", "b", None]), "size": st.integers(0, 1)})
OPERATIONS = st.one_of(
    st.tuples(st.just("upsert"), st.just("crew_items"), ROWS),
    st.tuples(st.just("upsert"), st.just("crew_notes"), NOTES),
    st.tuples(st.just("delete"), st.just("crew_items"), KEYS),
    st.tuples(st.just("truncate"), st.just("crew_items")),
    st.tuples(st.just("checkpoint")),
    st.tuples(st.just("crash")),
)
