"""The measures of aggregates: what SQL makes of the same rows, carried in the state or not, and refused where they cannot be."""

import json
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Warehouse
from connector_core import (
    Aggregate,
    Measure,
    PluginError,
    Table,
    average,
    count,
    count_distinct,
    count_if,
    hookimpl,
    maximum,
    total,
)
from connector_core.derived import measures
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.columns import checked_columns
from connector_core.source.values import as_json, in_form

COLUMNS = {
    "id": "LONG",
    "by": "LONG",
    "n": "LONG",
    "x": "DOUBLE",
    "p": "DECIMAL(15,2)",
    "s": "STRING",
    "b": "BOOLEAN",
    "d": "NAIVE_DATE",
    "u": "UTC_DATETIME",
    "raw": "BINARY",
    "j": "JSON",
}
DECLARED = checked_columns(COLUMNS, "here")


def plugin(of: Mapping[str, Measure], **more: Any) -> Assembly:
    class Jobs:
        @hookimpl
        def connector_tables(self) -> list[Table]:
            return [Table("jobs", "/jobs", "items", ["id"], COLUMNS, **more)]

        @hookimpl
        def connector_extra_tables(self, table: Table) -> list[Aggregate]:
            return [Aggregate("jobs_by", ["by"], dict(of))]

    return assemble([Plugin("jobs", Jobs())])


MEASURES = {
    "records": count(),
    **{f"mean_{name}": average(name) for name in ("n", "x", "p")},
    **{f"different_{name}": count_distinct(name) for name in COLUMNS if name not in ("id", "by", "j")},
    "if_n": count_if("n", [1, "2", None]),
    "if_x": count_if("x", [0.5, 1]),
    "if_p": count_if("p", "1.5"),
    "if_s": count_if("s", ["it's", ""]),
    "if_b": count_if("b", True),
    "if_d": count_if("d", "2026-01-02"),
    "if_u": count_if("u", "2026-01-02T01:00:00+01:00"),
    "if_raw": count_if("raw", "YQ=="),
    "if_null": count_if("s", None),
}
EVERY = plugin(MEASURES)
[PLAN] = EVERY.tables
[EXTRA] = PLAN.grouped

VALUES = {
    "by": st.integers(0, 2),
    "n": st.none() | st.integers(0, 3) | st.integers(-(2**63), 2**63 - 1),
    "x": st.none() | st.sampled_from([0.5, 1.0, 0.0, -0.0]) | st.floats(-1e9, 1e9),
    "p": st.none() | st.sampled_from(["1.50", "1.5", 1.5]) | st.decimals(-(10**6), 10**6, places=2).map(str),
    "s": st.none() | st.sampled_from(["it's", "", "A", "a"]),
    "b": st.none() | st.sampled_from([True, False, "true", 0]),
    "d": st.none() | st.sampled_from(["2026-01-02", "2026-01-02T00:00:00", "2026-01-03"]),
    "u": st.none() | st.sampled_from(["2026-01-02T00:00:00Z", "2026-01-02T01:00:00+01:00", "2026-01-02T00:00:01Z"]),
    "raw": st.none() | st.sampled_from(["YQ==", "Yg=="]),
}
RECORDS = st.lists(st.fixed_dictionaries(VALUES), max_size=8)


def folded(rows: list[dict[str, Any]], extra: Any = EXTRA) -> dict[Any, Any]:
    groups: dict[Any, Any] = {}
    for row in rows:
        groups[row["by"]] = extra.fold(groups.get(row["by"]), row, (row["id"],))
    return groups


def formed(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [in_form(DECLARED, {"id": number, "j": None, **record}) for number, record in enumerate(records)]


@settings(max_examples=60)
@given(RECORDS)
@example([{"by": 0, **dict.fromkeys(list(VALUES)[1:])}])
def test_every_measure_is_what_sql_makes_of_the_rows(records: list[dict[str, Any]]) -> None:
    warehouse = Warehouse(EVERY)
    rows = formed(records)
    for row in rows:
        warehouse.upsert("jobs", row)
    for group, accumulator in folded(rows).items():
        warehouse.upsert("jobs_by", EXTRA.row((group,), accumulator))
    assert_exact(EVERY, warehouse)


CARRIED = plugin({name: each for name, each in MEASURES.items() if each.carried}, append_only=True).tables[0].grouped[0]


@given(RECORDS, RECORDS)
def test_what_is_carried_in_the_state_goes_on_where_it_was(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> None:
    rows = formed([*before, *after])
    whole = folded(rows, CARRIED)
    groups = json.loads(
        json.dumps([[group, part] for group, part in folded(rows[: len(before)], CARRIED).items()], default=as_json)
    )
    carried = {group: CARRIED.restored(part, DECLARED, ["id"]) for group, part in groups}
    for row in rows[len(before) :]:
        carried[row["by"]] = CARRIED.fold(carried.get(row["by"]), row, (row["id"],))
    assert {group: CARRIED.row((group,), part) for group, part in carried.items()} == {
        group: CARRIED.row((group,), part) for group, part in whole.items()
    }


@given(st.lists(st.decimals(-(10**20), 10**20, places=2), min_size=1), st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1))
@example([Decimal("0.10"), Decimal("0.20")], [2**63 - 1, 2**63 - 1])
def test_an_average_is_the_float_nearest_to_the_mean(decimals: list[Decimal], wholes: list[int]) -> None:
    for column, values in (("p", decimals), ("n", wholes)):
        extra = Aggregate("jobs_by", ["by"], {"mean": average(column)})
        accumulator = None
        for value in values:
            accumulator = extra.fold(accumulator, {"by": 1, column: value}, (1,))
        assert extra.row((1,), accumulator)["mean"] == float(sum(map(Fraction, values)) / len(values))


def test_the_mean_of_floats_does_not_depend_on_their_order() -> None:
    extra = Aggregate("jobs_by", ["by"], {"mean": average("x")})
    for values in ([1e16, 1.0, -1e16], [1.0, 1e16, -1e16]):
        accumulator = None
        for value in values:
            accumulator = extra.fold(accumulator, {"x": value}, (1,))
        assert extra.row((1,), accumulator)["mean"] == 1 / 3


@pytest.mark.parametrize(
    ("measure", "said"),
    [
        (average("s"), "so it has no average"),
        (average("d"), "so it has no average"),
        (count_distinct("j"), "have no count_distinct"),
        (count_if("j", 1), "have no count_if"),
        (count_if("n", "odd"), "count_if looks there for 'odd', which is no whole number"),
        (count_if("d", ["2026-01-01", "soon"]), "count_if looks there for 'soon'"),
        (count_if("zz", 1), "does not declare"),
    ],
)
def test_what_cannot_be_measured_is_told_at_assembly(measure: Measure, said: str) -> None:
    with pytest.raises(PluginError, match=said):
        plugin({"made": measure})


def test_a_distinct_count_is_for_feeds_that_are_read_whole() -> None:
    with pytest.raises(
        PluginError, match=r"jobs_by: made is count_distinct\(s\), which can be told only where each sync reads all"
    ):
        plugin({"made": count_distinct("s")}, append_only=True)
    assert plugin({"made": count_distinct("s")}, append_only=True, full_refresh=True)


def test_a_distinct_count_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measures, "MOST_DISTINCT", 2)
    extra = Aggregate("jobs_by", ["by"], {"made": count_distinct("n")})
    accumulator = None
    for value in (1, 2, 2, None):
        accumulator = extra.fold(accumulator, {"n": value}, (1,))
    assert extra.row((1,), accumulator)["made"] == 2
    with pytest.raises(PluginError, match="more than 2 distinct values"):
        extra.fold(accumulator, {"n": 3}, (1,))


def test_their_columns_say_what_they_are() -> None:
    columns = (
        plugin({"a": average("n"), "b": count_distinct("n"), "c": count_if("n", [1, None])}).tables[0].extra_declared["jobs_by"]
    )
    assert [columns[name].description for name in "abc"] == [
        "mean of n",
        "number of different values of n",
        "number of records in which n is 1 or None",
    ]


def test_they_say_what_they_are() -> None:
    assert [str(each) for each in (count(), total("n"), average("n"), count_distinct("n"), count_if("s", ["a", "b"]))] == [
        "count()",
        "total(n)",
        "average(n)",
        "count_distinct(n)",
        "count_if(s is a or b)",
    ]
    assert repr(maximum("n")) == "Measure(kind='maximum', column='n')"  # a state knows its totals by it
    assert repr(count_if("s", "a")) != repr(count_if("s", "b"))


def test_an_equal_condition_is_equal_before_and_after_it_is_bound() -> None:
    assert count_if("n", 1).of(DECLARED) == count_if("n", 1)
    assert Aggregate("jobs_by", ["by"], MEASURES) == EXTRA
