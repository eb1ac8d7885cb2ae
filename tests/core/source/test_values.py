"""Values: one form of each by its column's type, whatever the API, a transform or a state has."""

import base64
import json
import math
import pickle
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core import Column
from connector_core.basics.decoding import ExactFloat, decode, json_type
from connector_core.source.columns import UnfitError
from connector_core.source.numbers import digits_of
from connector_core.source.times import moment_of
from connector_core.source.values import plain, read, step, text

NOON = datetime(2024, 1, 31, 10, 20, 30, tzinfo=UTC)
EAST = timezone(timedelta(hours=2))


class Colour(StrEnum):
    RED = "red"


def sent(written: str) -> Any:
    """The value that an answer with this JSON has."""
    return decode(written.encode())


FITS = [
    ("STRING", "5", "5"),
    ("STRING", 5, "5"),
    ("STRING", "", ""),
    ("STRING", True, "true"),
    ("STRING", False, "false"),
    ("STRING", 1234567890123456789012345, "1234567890123456789012345"),
    ("STRING", sent("0.12345678901234567890"), "0.12345678901234567890"),
    ("STRING", sent("1.50"), "1.50"),
    ("STRING", sent("5.0"), "5.0"),
    ("STRING", sent("1E5"), "1E5"),
    ("STRING", sent("-0.0"), "-0.0"),
    ("STRING", sent('{"b": 1, "a": [true, null, 1.50, "é"]}'), '{"b": 1, "a": [true, null, 1.50, "é"]}'),
    ("STRING", [], "[]"),
    ("STRING", (1, "a"), '[1, "a"]'),
    ("STRING", Decimal("1E+3"), "1000"),
    ("STRING", date(2024, 1, 31), "2024-01-31"),
    ("STRING", b"caf\xc3\xa9", "café"),
    ("STRING", UUID(int=0), "00000000-0000-0000-0000-000000000000"),
    ("STRING", Colour.RED, "red"),
    ("STRING", math.nan, None),
    ("XML", "<a/>", "<a/>"),
    ("BOOLEAN", True, True),
    ("BOOLEAN", 1, True),
    ("BOOLEAN", 0.0, False),
    ("BOOLEAN", "true", True),
    ("BOOLEAN", " False ", False),
    ("BOOLEAN", "NO", False),
    ("LONG", 7, 7),
    ("LONG", "7", 7),
    ("LONG", " +7 ", 7),
    ("LONG", 7.0, 7),
    ("LONG", sent("7.00"), 7),
    ("LONG", 1e18, 10**18),
    ("LONG", Decimal("7.00"), 7),
    ("LONG", True, 1),
    ("LONG", -(2**63), -(2**63)),
    ("SHORT", 32767, 32767),
    ("INT", "-2147483648", -(2**31)),
    ("DOUBLE", 7, 7.0),
    ("DOUBLE", "7.5", 7.5),
    ("DOUBLE", " 1e5 ", 1e5),
    ("DOUBLE", ".5", 0.5),
    ("DOUBLE", sent("1.50"), 1.5),
    ("DOUBLE", Decimal("0.1"), 0.1),
    ("DOUBLE", math.nan, None),
    ("FLOAT", 0.1, 0.10000000149011612),
    ("FLOAT", "16777217", 16777216.0),
    ("FLOAT", math.nan, None),
    ("DECIMAL(10,2)", "9.50", Decimal("9.50")),
    ("DECIMAL(10,2)", 10, Decimal("10.00")),
    ("DECIMAL(10,2)", 9.5, Decimal("9.50")),
    ("DECIMAL(10,2)", 0.1, Decimal("0.10")),
    ("DECIMAL(10,2)", "10.005", Decimal("10.01")),
    ("DECIMAL(10,2)", "-10.005", Decimal("-10.01")),
    ("DECIMAL(10,2)", "1e3", Decimal("1000.00")),
    ("DECIMAL(10,2)", "-0", Decimal("0.00")),
    ("DECIMAL(10,2)", Decimal("9.5"), Decimal("9.50")),
    ("DECIMAL(38,10)", sent("1234567890123456789012345678.0123456789"), Decimal("1234567890123456789012345678.0123456789")),
    ("DECIMAL(38,10)", "1234567890123456789012345678.0123456789", Decimal("1234567890123456789012345678.0123456789")),
    ("NAIVE_DATE", "2024-01-31", date(2024, 1, 31)),
    ("NAIVE_DATE", "2024-1-31", date(2024, 1, 31)),
    ("NAIVE_DATE", "2024-01-31T00:00:00", date(2024, 1, 31)),
    ("NAIVE_DATE", "2024-01-31 00:00:00.000Z", date(2024, 1, 31)),
    ("NAIVE_DATE", date(2024, 1, 31), date(2024, 1, 31)),
    ("NAIVE_DATE", NOON, date(2024, 1, 31)),
    ("NAIVE_DATETIME", "2024-01-31T10:20:30", datetime(2024, 1, 31, 10, 20, 30)),
    ("NAIVE_DATETIME", "2024-01-31 10:20", datetime(2024, 1, 31, 10, 20)),
    ("NAIVE_DATETIME", "2024-01-31", datetime(2024, 1, 31)),
    ("NAIVE_DATETIME", "2025-07-31 9:57:37", datetime(2025, 7, 31, 9, 57, 37)),
    ("NAIVE_DATETIME", "2024-01-31T10:20:30.1234567", datetime(2024, 1, 31, 10, 20, 30, 123456)),
    ("NAIVE_DATETIME", "2024-01-31T10:20:30,5", datetime(2024, 1, 31, 10, 20, 30, 500000)),
    ("NAIVE_DATETIME", "2024-02-28T24:00:00", datetime(2024, 2, 29)),
    ("NAIVE_DATETIME", "2016-12-31T23:59:60", datetime(2017, 1, 1)),
    ("NAIVE_DATETIME", "9999-12-31T23:59:59.9999999", datetime(9999, 12, 31, 23, 59, 59, 999999)),
    ("NAIVE_DATETIME", datetime(2024, 1, 31, 10, 20, 30), datetime(2024, 1, 31, 10, 20, 30)),
    ("NAIVE_DATETIME", NOON, datetime(2024, 1, 31, 10, 20, 30)),
    ("NAIVE_DATETIME", date(2024, 1, 31), datetime(2024, 1, 31)),
    ("UTC_DATETIME", "2024-01-31T10:20:30Z", NOON),
    ("UTC_DATETIME", "2024-01-31t10:20:30z", NOON),
    ("UTC_DATETIME", "2024-01-31T10:20:30.000Z", NOON),
    ("UTC_DATETIME", "2024-01-31 12:20:30+02:00", NOON),
    ("UTC_DATETIME", "2024-01-31 12:20:30 +0200", NOON),
    ("UTC_DATETIME", "2024-01-31T12:20:30+02", NOON),
    ("UTC_DATETIME", "2024-01-31T09:50:30.0000000-00:30", NOON),
    ("UTC_DATETIME", "2024-01-31 10:20:30 UTC", NOON),
    ("UTC_DATETIME", "2024-01-30T24:00:00+02:00", datetime(2024, 1, 30, 22, tzinfo=UTC)),
    ("UTC_DATETIME", NOON.astimezone(EAST), NOON),
    ("UTC_DATETIME", datetime(2024, 1, 31, 10, 20, 30), NOON),
    ("UTC_DATETIME", date(2024, 1, 31), datetime(2024, 1, 31, tzinfo=UTC)),
    ("JSON", {"a": 1}, {"a": 1}),
    ("JSON", "x", "x"),
    ("JSON", (1, 2), [1, 2]),
    ("BINARY", b"x", b"x"),
    ("BINARY", bytearray(b"x"), b"x"),
    ("BINARY", "-_-_", b"\xfb\xff\xbf"),
]


@pytest.mark.parametrize(("kind", "value", "form"), FITS)
def test_what_fits(kind: str, value: Any, form: Any) -> None:
    found = read(Column(kind), value)
    assert found == form
    assert found.__class__ is form.__class__
    if isinstance(form, datetime):
        assert found.tzinfo is form.tzinfo
    if isinstance(form, Decimal):
        assert str(found) == str(form)


@pytest.mark.parametrize(("kind", "value", "form"), FITS)
def test_a_form_comes_back_from_a_state(kind: str, value: Any, form: Any) -> None:
    stored = json.loads(json.dumps(plain(form)))
    again = read(Column(kind), stored)
    assert (again, again.__class__) == (form, form.__class__)
    assert read(Column(kind), form) == form
    assert plain(again) == plain(form)


@pytest.mark.parametrize(
    ("kind", "value", "why"),
    [
        ("STRING", math.inf, "is larger than a 64-bit float"),
        ("STRING", b"\xff", "is bytes that are no text"),
        ("XML", 5, "is no text"),
        ("BOOLEAN", 2, "is neither 1 nor 0"),
        ("BOOLEAN", "y", "is neither true nor false"),
        ("BOOLEAN", "maybe", "is neither true nor false"),
        ("BOOLEAN", "", "is neither true nor false"),
        ("BOOLEAN", [], "is no boolean"),
        ("LONG", 7.5, "has a fraction: declare DOUBLE or DECIMAL"),
        ("LONG", "7.5", "has a fraction: declare DOUBLE or DECIMAL"),
        ("LONG", "7.0", "has a fraction: declare DOUBLE or DECIMAL"),
        ("LONG", "", "is no whole number"),
        ("LONG", "1_000", "is no whole number"),
        ("LONG", "\uff17", "is no whole number"),
        ("LONG", 2**63, "has more than 64 bits: declare STRING"),
        ("LONG", str(-(2**63) - 1), "has more than 64 bits: declare STRING"),
        ("LONG", 1e300, "has more than 64 bits: declare STRING"),
        ("LONG", math.nan, "is no finite number"),
        ("LONG", {}, "is no whole number"),
        ("SHORT", 32768, "has more than 16 bits: declare LONG"),
        ("INT", 2**31, "has more than 32 bits: declare LONG"),
        ("DOUBLE", "", "is no number"),
        ("DOUBLE", "9,5", "is no number"),
        ("DOUBLE", "nan", "is no number"),
        ("DOUBLE", "1e400", "is larger than a 64-bit float"),
        ("DOUBLE", 10**400, "is larger than a 64-bit float"),
        ("DOUBLE", math.inf, "is larger than a 64-bit float"),
        ("DOUBLE", [1], "is no number"),
        ("FLOAT", 1e300, "is larger than a 32-bit float: declare DOUBLE"),
        ("DECIMAL(10,2)", "", "is no number"),
        ("DECIMAL(10,2)", "9,5", "is no number"),
        ("DECIMAL(10,2)", True, "is no number"),
        ("DECIMAL(10,2)", 12345678901, "has more than 8 digits in front of the point"),
        ("DECIMAL(10,2)", "99999999.995", "has more than 8 digits in front of the point"),
        ("DECIMAL(10,2)", "1e999999", "has more than 8 digits in front of the point"),
        ("DECIMAL(10,2)", math.inf, "has more than 8 digits in front of the point"),
        ("NAIVE_DATE", "", "is no day such as 2024-01-31"),
        ("NAIVE_DATE", "0000-00-00", "is no day of any calendar"),
        ("NAIVE_DATE", "2024-02-30", "is no day of any calendar"),
        ("NAIVE_DATE", "10000-01-01", "is no day such as"),
        ("NAIVE_DATE", "\uff12\uff10\uff12\uff16-02-17", "is no day such as"),
        ("NAIVE_DATE", "2024-01-31T10:00:00", "is a time and not only a day"),
        ("NAIVE_DATE", "2024-01-31T00:00:00+02:00", "is a time and not only a day"),
        ("NAIVE_DATE", 1706659200, "is a number, which is no time"),
        ("NAIVE_DATETIME", "2024-01-31T10:20:30Z", "is a time with a zone: declare UTC_DATETIME"),
        ("NAIVE_DATETIME", "0000-00-00 00:00:00", "is no time of any calendar"),
        ("NAIVE_DATETIME", "2024-01-31T24:00:01", "has an hour after the end of its day"),
        ("NAIVE_DATETIME", "2024-01-31T25:00:00", "has 25 where at most 24 may stand"),
        ("NAIVE_DATETIME", "2024-01-31T10:60:00", "has 60 where at most 59 may stand"),
        ("NAIVE_DATETIME", "9999-12-31T24:00:00", "is no time of any calendar"),
        ("UTC_DATETIME", "2024-01-31T10:20:30", "is a time without a zone: declare NAIVE_DATETIME"),
        ("UTC_DATETIME", "2024-01-31", "is a time without a zone"),
        ("UTC_DATETIME", "Wed, 31 Jan 2024 10:20:30 GMT", "is no time such as"),
        ("UTC_DATETIME", "20240131T102030Z", "is no time such as"),
        ("UTC_DATETIME", "0001-01-01T00:00:00+02:00", "is no time of any calendar"),
        ("UTC_DATETIME", 1706659200, "is a number, which is no time"),
        ("UTC_DATETIME", True, "is a number, which is no time"),
        ("JSON", {1, 2}, "is no value that JSON has"),
        ("BINARY", "x", "is no base64"),
        ("BINARY", 5, "is no bytes"),
    ],
)
def test_what_does_not_fit_is_told_why(kind: str, value: Any, why: str) -> None:
    with pytest.raises(UnfitError) as raised:
        read(Column(kind), value)
    assert str(raised.value).startswith(why)


def test_null_stays_null_in_every_type() -> None:
    for kind in {kind for kind, _, _ in FITS}:
        assert read(Column(kind), None) is None


@pytest.mark.parametrize(
    ("null", "value", "form"),
    [
        (["", "0000-00-00"], "", None),
        (["", "0000-00-00"], "0000-00-00", None),
        (["", "0000-00-00"], "2024-01-31", date(2024, 1, 31)),
    ],
)
def test_what_stands_for_null_becomes_null(null: list[str], value: str, form: object) -> None:
    assert read(Column("NAIVE_DATE", null=null), value) == form


def test_what_stands_for_null_is_compared_as_json_has_it() -> None:
    zero = Column("STRING", null=[0])
    assert [read(zero, value) for value in (0, 0.0, sent("0.00"), "0", False)] == [None, None, None, "0", "false"]
    no = Column("STRING", null=[False])
    assert [read(no, value) for value in (0, "0", False)] == ["0", "0", None]
    assert Column("STRING", null=[0]) != Column("STRING", null=[False])
    assert read(Column("LONG", null=[-1]), -1) is None
    assert read(Column("DECIMAL(5,2)", null=[-1]), Decimal(-1)) is None
    assert read(Column("JSON", null=[""]), {}) == {}


def test_a_value_that_has_its_form_costs_no_call() -> None:
    for kind, of in [("STRING", str), ("BOOLEAN", bool), ("JSON", dict), ("BINARY", bytes), ("NAIVE_DATE", date)]:
        assert step(Column(kind), of) is None


def test_an_object_of_a_subclass_becomes_one_of_the_class() -> None:
    assert read(Column("STRING"), Colour.RED).__class__ is str
    assert read(Column("JSON"), OrderedDict(a=1)) == {"a": 1}


def test_keys_as_people_read_them() -> None:
    assert [text(value) for value in ("a", 7, True, 1.5, date(2024, 1, 31), NOON, Decimal("1.50"))] == [
        "a",
        "7",
        "true",
        "1.5",
        "2024-01-31",
        "2024-01-31T10:20:30Z",
        "1.50",
    ]


def test_a_time_without_a_zone_is_utc_where_a_filter_asks_for_times() -> None:
    assert moment_of("2024-01-31 10:20:30") == moment_of("2024-01-31T12:20:30+02:00") == NOON


# Numbers as they were sent


@given(st.from_regex(r"-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_each_number_keeps_its_digits(written: str) -> None:
    number = sent(written)
    expected = str(int(written)) if "." not in written and "e" not in written.lower() else written
    assert read(Column("STRING"), number) == expected
    assert float(number) == float(written)
    again = pickle.loads(pickle.dumps(number))  # noqa: S301  (of our own making)
    assert read(Column("STRING"), again) == expected
    assert json_type(number) == "number"


def test_a_number_that_python_writes_as_it_came_stays_a_plain_float() -> None:
    for written in ("1.5", "759.88", "0.9039157259", "12572.906030128", "5.0", "1e-05"):
        assert sent(written).__class__ is float
    assert isinstance(sent("1.50"), ExactFloat)
    assert digits_of(sent("1.50")) == "1.50"


# Held against DuckDB, which the fivetran command stores with


@pytest.fixture(scope="module")
def database() -> duckdb.DuckDBPyConnection:
    made = duckdb.connect()
    made.execute("SET TimeZone = 'UTC'")
    return made


@pytest.mark.parametrize(
    ("kind", "stored", "value"),
    [
        ("DECIMAL(10,2)", "DECIMAL(10,2)", value)
        for value in ("9.5", "10.005", "10.004999", "-10.005", "0.005", "-0.005", "1e3", "99999999.994")
    ]
    + [("FLOAT", "FLOAT", value) for value in ("0.1", "16777217", "1e-45", "3.4e38")]
    + [("DOUBLE", "DOUBLE", value) for value in ("0.1", "1e308", "5e-324")]
    + [("UTC_DATETIME", "TIMESTAMPTZ", value) for value in ("2024-01-31 12:20:30.5+02:00", "1969-12-31T23:59:59Z")]
    + [("NAIVE_DATETIME", "TIMESTAMP", value) for value in ("2024-01-31 10:20:30.123456", "0001-01-01 00:00:00")]
    + [("NAIVE_DATE", "DATE", value) for value in ("2024-02-29", "0001-01-01", "9999-12-31")],
)
def test_a_form_is_what_duckdb_stores(database: duckdb.DuckDBPyConnection, kind: str, stored: str, value: str) -> None:
    form = read(Column(kind), value)
    given = base64.b64encode(form).decode() if isinstance(form, bytes) else str(form)
    same = database.execute(f"SELECT CAST(? AS {stored}) = CAST(? AS {stored})", [value, given]).fetchone()
    assert same == (True,)
    precise = database.execute(f"SELECT CAST(CAST(? AS {stored}) AS VARCHAR)", [value]).fetchone()
    if isinstance(form, Decimal):
        assert precise == (str(form),)
