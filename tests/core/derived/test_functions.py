"""Ready-made functions for derived fields: typed by the columns that they read, exact, and never a crash."""

import json
import math
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector_core import (
    Column,
    DerivedField,
    PluginError,
    Table,
    coalesce,
    concat,
    date_part,
    difference,
    hookimpl,
    lower,
    product,
    ratio,
    sum_of,
    trim,
    upper,
)
from connector_core.basics.decoding import decode_text
from connector_core.basics.errors import DeliveryError
from connector_core.engine.records import RowMaker
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.plugin.plan import TablePlan
from connector_core.source.values import read
from sinks import Log

COLUMNS: dict[str, str | Column] = {
    "id": "LONG",
    "a": "LONG",
    "b": "INT",
    "x": "DOUBLE",
    "y": "DOUBLE",
    "p": "DECIMAL(15,2)",
    "q": "DECIMAL(10,4)",
    "s": "STRING",
    "t": Column("STRING", pii=True),
    "d": "NAIVE_DATE",
    "n": "NAIVE_DATETIME",
    "u": "UTC_DATETIME",
    "f": "BOOLEAN",
    "j": "JSON",
}


def plan(*fields: DerivedField) -> TablePlan:
    class Jobs:
        @hookimpl
        def connector_tables(self) -> list[Table]:
            return [Table("jobs", "/jobs", "items", ["id"], COLUMNS)]

        @hookimpl
        def connector_transforms(self, table: Table) -> list[DerivedField]:
            return list(fields)

    return assemble([Plugin("jobs", Jobs())]).tables[0]


def made(function: Any, record: dict[str, Any], **more: Any) -> Any:
    """What a derived field with *function* has in the row of *record*."""
    [(_, row)] = RowMaker.of(plan(DerivedField("made", function, **more)), Log()).rows([{"id": 1, **record}], "here")
    return row["made"]  # type: ignore[index]  # nothing leaves it out


def kind(function: Any, **more: Any) -> str:
    return plan(DerivedField("made", function, **more)).columns["made"]


class TestTypes:
    @pytest.mark.parametrize(
        ("function", "wanted"),
        [
            (sum_of("a", "b"), "LONG"),
            (sum_of("a", "x"), "DOUBLE"),
            (sum_of("p", "q", "a"), "DECIMAL(38,4)"),
            (difference("p", "p"), "DECIMAL(38,2)"),
            (product("p", "q"), "DECIMAL(38,6)"),
            (product("p", "x"), "DOUBLE"),
            (date_part("year", "d"), "INT"),
            (lower("s"), "STRING"),
            (concat("s", "a", "d"), "STRING"),
            (coalesce("d"), "NAIVE_DATE"),
            (coalesce("b", "a"), "LONG"),
            (coalesce("b", "x"), "DOUBLE"),
            (ratio("a", "b"), "DOUBLE"),
            (len, "DOUBLE"),
        ],
    )
    def test_follow_from_the_columns(self, function: Any, wanted: str) -> None:
        assert kind(function) == wanted

    def test_may_be_said_otherwise(self) -> None:
        assert kind(sum_of("a", "b"), type="DOUBLE") == "DOUBLE"
        assert made(sum_of("p", "q"), {"p": "1.10", "q": "2.0001"}, type="DECIMAL(15,1)") == Decimal("3.1")

    def test_personal_data_stays_personal(self) -> None:
        assert plan(DerivedField("made", upper("t"))).declared["made"].pii
        assert not plan(DerivedField("made", upper("s"))).declared["made"].pii

    def test_a_column_says_what_it_is_computed_of(self) -> None:
        assert plan(DerivedField("made", sum_of("a", "b"))).declared["made"].description == "sum_of(a, b)"
        assert (
            plan(DerivedField("made", lower("s"), description="in small letters")).declared["made"].description
            == "in small letters"
        )

    def test_one_derived_field_may_read_another(self) -> None:
        found = plan(DerivedField("total_p", sum_of("p", "p")), DerivedField("left_p", difference("total_p", "q")))
        assert found.columns["left_p"] == "DECIMAL(38,4)"

    @pytest.mark.parametrize(
        ("function", "said"),
        [
            (sum_of("a", "s"), "declared STRING"),
            (sum_of("a", "bb"), r"did you mean b\?"),
            (date_part("year", "s"), "declared STRING"),
            (date_part("hour", "d"), "A day has no hour"),
            (lower("a"), "declared LONG"),
            (concat("s", "j"), "declared JSON"),
            (coalesce("s", "a"), "not of one type"),
            (coalesce("a", default="x"), "default is 'x'"),
        ],
    )
    def test_what_cannot_be_computed_is_told_at_assembly(self, function: Any, said: str) -> None:
        with pytest.raises(PluginError, match=said):
            plan(DerivedField("made", function))

    @pytest.mark.parametrize(
        "wrong",
        [
            lambda: sum_of(),
            lambda: product(),
            lambda: date_part("century", "d"),
            lambda: concat(),
            lambda: coalesce(),
            lambda: lower(""),
            lambda: sum_of("a", 5),  # type: ignore[arg-type]  # what a plugin may do
        ],
    )
    def test_wrong_arguments(self, wrong: Callable[[], Any]) -> None:
        with pytest.raises(PluginError):
            wrong()


LONGS = st.integers(-(10**6), 10**6)
TEXTS_OF_DECIMALS = st.decimals(-(10**6), 10**6, places=2).map(str)
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)


class TestArithmetic:
    @given(st.lists(LONGS, min_size=2, max_size=2))
    def test_whole_numbers_are_exact(self, values: list[int]) -> None:
        record = {"a": values[0], "b": str(values[1])}
        assert made(sum_of("a", "b"), record) == sum(values)
        assert made(difference("a", "b"), record) == values[0] - values[1]
        assert made(product("a", "b"), record) == values[0] * values[1]

    @given(TEXTS_OF_DECIMALS, st.decimals(-(10**5), 10**5, places=4).map(str), LONGS)
    @example("0.10", "0.2000", 0)
    def test_decimals_are_exact(self, one: str, other: str, whole: int) -> None:
        record = {"p": one, "q": decode_text(other), "a": whole}
        assert Fraction(made(sum_of("p", "q", "a"), record)) == Fraction(one) + Fraction(other) + whole
        assert Fraction(made(difference("p", "q"), record)) == Fraction(one) - Fraction(other)
        assert Fraction(made(product("p", "q", "a"), record)) == Fraction(one) * Fraction(other) * whole

    @given(DOUBLES, DOUBLES)
    def test_floats_are_what_sql_has_and_null_beyond_the_largest(self, one: float, other: float) -> None:
        record = {"x": one, "y": other}
        for function, found in ((sum_of, one + other), (difference, one - other), (product, one * other)):
            assert made(function("x", "y"), record) == (found if math.isfinite(found) else None)

    @pytest.mark.parametrize("value", [None, "abc", [], {"a": 1}, float("nan"), "9" * 5000])
    @pytest.mark.parametrize("function", [sum_of("a", "x"), difference("x", "a"), product("x", "x")])
    def test_what_is_no_number_is_null(self, function: Any, value: Any) -> None:
        of = plan(DerivedField("made", function)).transforms[0]
        assert of.function({"x": value, "a": 1}) is None
        assert of.function({"a": 1}) is None
        assert of.function({}) is None

    def test_more_than_64_bits_are_told(self) -> None:
        with pytest.raises(DeliveryError, match=r"made of record 1 is .*, which has more than 64 bits"):
            made(product("a", "a"), {"a": 2**40})

    def test_it_can_be_tried_by_itself(self) -> None:
        assert sum_of("a", "b")({"a": 1, "b": 2}) == 3
        assert difference("a", "b")({"a": "1.5", "b": 1}) == 0.5
        assert lower("a")({"a": "Ä"}) == "ä"
        assert date_part("day", "a")({"a": "2026-02-17T10:00:00"}) == 17
        assert concat("a", "b")({"a": "x", "b": None}) is None


PARTS = {"day_of_week": "isodow", "day_of_year": "doy"}


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))
@example(datetime(2027, 1, 1))
@example(datetime(2026, 12, 31, 23, 59, 59))
def test_date_parts_are_those_of_sql(moment: datetime) -> None:
    moment = moment.replace(microsecond=0)
    for part in ("year", "quarter", "month", "week", "day", "day_of_week", "day_of_year", "hour", "minute", "second"):
        [(wanted,)] = duckdb.execute(f"SELECT date_part('{PARTS.get(part, part)}', ?)", [moment]).fetchall()
        assert made(date_part(part, "n"), {"n": moment.isoformat()}) == wanted
        assert made(date_part(part, "u"), {"u": f"{moment.isoformat()}Z"}) == wanted
        if part not in ("hour", "minute", "second"):
            assert made(date_part(part, "d"), {"d": moment.date().isoformat()}) == wanted


def test_a_moment_is_taken_apart_in_utc() -> None:
    assert made(date_part("day", "u"), {"u": "2026-02-17T23:30:00-05:00"}) == 18
    assert made(date_part("day", "u"), {"u": datetime(2026, 2, 17, tzinfo=UTC)}) == 17


def test_texts() -> None:
    record = {"s": " Mixed Ünd ", "a": 5, "x": 1.5, "d": "2026-01-02", "u": "2026-01-02T03:04:05+01:00", "f": True, "p": "1.5"}
    assert made(lower("s"), record) == " mixed ünd "
    assert made(upper("s"), record) == " MIXED ÜND "
    assert made(trim("s"), record) == "Mixed Ünd"
    assert made(concat("a", "x", "d", "u", "f", "p", separator="|"), record) == "5|1.5|2026-01-02|2026-01-02T02:04:05Z|true|1.50"
    assert made(lower("s"), {"s": {"a": 1}}) == '{"a": 1}'
    assert made(concat("s", "a"), {"s": "x"}) is None


def test_coalesce() -> None:
    assert made(coalesce("a", "b"), {"a": None, "b": 0}) == 0
    assert made(coalesce("a", "b"), {}) is None
    assert made(coalesce("a", "b", default=7), {}) == 7
    assert made(coalesce("d"), {"d": "2026-01-02"}) == date(2026, 1, 2)
    assert made(coalesce("s", "t", default="none"), {"s": "", "t": "x"}) == ""


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner, max_size=2),
    max_leaves=4,
)
FUNCTIONS = [
    *[sum_of("a", "p"), sum_of("x", "a"), difference("p", "q"), product("a", "x"), product("a", "b")],
    *[
        date_part("week", "u"),
        date_part("day_of_year", "d"),
        lower("s"),
        trim("s"),
        concat("s", "u", "x"),
        coalesce("p"),
        coalesce("j"),
    ],
]


@given(st.dictionaries(st.sampled_from(list(COLUMNS)), ANY), st.sampled_from(FUNCTIONS))
def test_whatever_comes_the_result_is_null_or_of_its_type(record: dict[str, Any], function: Any) -> None:
    [field] = plan(DerivedField("made", function)).transforms
    before = json.dumps(record)
    assert isinstance(field, DerivedField)
    value: Any = field.function(record)
    assert json.dumps(record) == before
    column = field.column
    assert column
    if value is not None and not (isinstance(value, int | Decimal) and not -(2**63) < value < 2**63):
        assert read(column, value) is not None
