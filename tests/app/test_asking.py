"""Rows under filters, and the questions behind charts, over DuckDB."""

from datetime import date
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app_support import Row, in_memory, warehouse
from connector_app.asking.compare import Figure, with_peers, with_period_before, with_target
from connector_app.asking.filters import NOTHING, Category, Dates, Filterable, Filters, Text
from connector_app.asking.measures import Measure, mean, shown, summed
from connector_app.asking.questions import buckets, over_time, points, top
from connector_app.asking.relations import orphans, relations
from connector_app.asking.rows import Rows
from connector_app.data.session import SessionError

D = date
TASKS: list[Row] = [
    ("1", "A", "Predictive", 100.0, 4, D(2026, 1, 5), "Pump checked", False),
    ("2", "A", "Corrective", 300.0, 0, D(2026, 1, 20), "Pump 100% replaced_", False),
    ("3", "B", "Corrective", 200.0, None, D(2026, 2, 3), None, False),
    ("4", None, "Corrective", None, 2, None, "O'Brien; DROP TABLE tasks", False),
    ("5", "B", "Predictive", 9999.0, 9, D(2026, 2, 4), "deleted pump", True),
]


@pytest.fixture
def rows(tmp_path: Path) -> Rows:
    return Rows(warehouse(tmp_path, TASKS), "tasks")


def ids(rows: Rows) -> list[str]:
    return list(rows.page(0)["id"])


def test_deleted_rows_are_not_there(rows: Rows) -> None:
    assert ids(rows) == ["1", "2", "3", "4"]
    assert rows.count() == 4


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), "1234"),
        (Filters(Dates("day", D(2026, 1, 20), D(2026, 2, 3))), "23"),
        (Filters(Dates("day", last=D(2026, 1, 5))), "1"),
        (Filters(Dates("day")), "1234"),
        (Filters(categories=(Category("crew", ("A",)),)), "12"),
        (Filters(categories=(Category("crew", (NOTHING,)),)), "4"),
        (Filters(categories=(Category("crew", ("B", NOTHING)), Category("kind", ("Corrective",)))), "34"),
        (Filters(categories=(Category("hours", ("4",)),)), "1"),
        (Filters(text=Text(("note",), "PUMP")), "12"),
        (Filters(text=Text(("note", "kind"), "pump corrective")), "2"),
        (Filters(text=Text(("note",), "100%")), "2"),
        (Filters(text=Text(("note",), "_")), "2"),
        (Filters(text=Text(("note",), "o'brien; drop")), "4"),
        (Filters(text=Text((), "pump")), "1234"),
        (Filters(Dates("day", D(2026, 1, 1)), (Category("crew", ("A",)),), Text(("note",), "checked")), "1"),
    ],
)
def test_filters_work_together(rows: Rows, filters: Filters, expected: str) -> None:
    assert "".join(ids(rows.under(filters))) == expected


@given(words=st.text(max_size=20), category=st.text(max_size=20))
@settings(max_examples=30)
def test_no_text_is_read_as_sql(words: str, category: str) -> None:
    rows = Rows(in_memory([("1", category, "k", 1.0, 1, None, words, False)]), "tasks")
    assert rows.only("crew", category).count() == 1
    # Each letter has its own lower case in Python and in SQL, save a few that have none at all.
    if words.isascii():
        assert rows.under(Filters(text=Text(("note",), words))).count() == 1


def test_what_is_filtered_for_in_words() -> None:
    filters = Filters(
        Dates("day", D(2026, 1, 1), D(2026, 1, 31)), (Category("crew", ("A",)), Category("kind")), Text(("note",), "x")
    )
    assert filters.words({"crew": "the crew"}) == "day 2026-01-01 to 2026-01-31; the crew: A; text: x"
    assert Filters().words() == "no filter"


def test_only_columns_that_are_there_are_filtered_by() -> None:
    wanted = Filterable("day", ("crew", "region"), ("note", "remark"))
    assert wanted.among(["crew", "note"]) == Filterable("", ("crew",), ("note",))


def test_a_top_measures_all_others_together(rows: Rows) -> None:
    found = top(rows, "crew", mean("cost"), first=1)
    assert found.values == 3
    assert found.frame["category"].tolist() == ["A", "2 others"]
    # The mean over the records of all others, not a mean of means.
    assert found.frame["value"].tolist() == [200.0, 200.0]
    assert found.frame["records"].tolist() == [2, 2]


def test_a_top_shows_null_as_a_value(rows: Rows) -> None:
    assert top(rows, "crew", Measure("COUNT(*)", "n")).frame["category"].tolist() == ["A", "(none)", "B"]


@given(
    values=st.lists(
        st.one_of(st.none(), st.integers(-1000, 1000).map(lambda n: n / 7), st.sampled_from([1e12, -1e12])), max_size=40
    )
)
@settings(max_examples=60)
def test_a_histogram_counts_every_record_once(values: list[float | None]) -> None:
    tasks: list[Row] = [(str(n), "A", "k", value, 1, None, None, False) for n, value in enumerate(values)]
    rows = Rows(in_memory(tasks), "tasks")
    found = buckets(rows, "cost", 7)
    known = [value for value in values if value is not None]
    if not known:
        assert found is None
        return
    assert found is not None
    assert sum(found.counts.values()) == len(known)
    assert found.missing == len(values) - len(known)
    assert set(found.counts) <= set(range(-1, found.count + 1))


def test_extreme_values_do_not_squeeze_a_histogram(tmp_path: Path) -> None:
    tasks: list[Row] = [(str(n), "A", "k", 1e9 if n == 0 else float(n % 100), 1, None, None, False) for n in range(300)]
    found = buckets(Rows(warehouse(tmp_path, tasks), "tasks"), "cost", 10)
    assert found is not None
    # Whole numbers from 1 (percentile 1) to 99 (percentile 99): edges at whole numbers, ten of them wide.
    assert (found.low, found.high) == (1, 101)
    assert found.counts[found.count] == 1
    assert min(found.counts[number] for number in range(10)) > 20
    assert found.ends(found.count) == (found.high, None)


def test_a_trend_has_a_line_for_each_category(rows: Rows) -> None:
    frame = over_time(rows, "day", summed("cost"), "month")
    assert [(str(each.period)[:10], each.value) for each in frame.itertuples()] == [
        ("2026-01-01", 400.0),
        ("2026-02-01", 200.0),
    ]
    by_kind = over_time(rows, "day", summed("cost"), "month", by="kind")
    assert {(each.category, each.value) for each in by_kind.itertuples()} == {
        ("Predictive", 100.0), ("Corrective", 300.0), ("Corrective", 200.0)
    }  # fmt: skip


def test_a_scatter_draws_the_same_records_each_time(tmp_path: Path) -> None:
    tasks: list[Row] = [(str(n), "A", "k", float(n), n, None, None, False) for n in range(50)]
    rows = Rows(warehouse(tmp_path, tasks), "tasks")
    first, total = points(rows, "cost", "hours", ["crew"], most=10)
    again, _ = points(rows, "cost", "hours", ["crew"], most=10)
    assert (len(first), total) == (10, 50)
    assert first.equals(again)


def test_a_figure_against_the_period_before(rows: Rows) -> None:
    february = rows.under(Filters(Dates("day", D(2026, 2, 1), D(2026, 2, 28))))
    figure = with_period_before(february, summed("cost", unit="USD", better="lower"))
    assert (figure.value, figure.reference, figure.verdict) == (200.0, 400.0, "good")
    assert figure.words() == "200 USD, 50.0% less than 2026-01-04 to 2026-01-31 (400 USD)"
    assert with_period_before(rows, summed("cost")).change is None


def test_a_figure_against_its_peers_and_a_target(rows: Rows) -> None:
    figure = with_peers(rows, mean("cost"), "crew", "A")
    assert (figure.value, figure.reference) == (200.0, 200.0)
    assert with_target(rows, mean("cost", better="lower"), 100).verdict == "bad"
    assert Figure("x", None).words() == "no value"


@given(costs=st.lists(st.floats(1, 1000), min_size=1, max_size=9))
@settings(max_examples=30)
def test_the_peers_are_all_others(costs: list[float]) -> None:
    tasks: list[Row] = [(str(n), f"C{n}", "k", cost, 1, None, None, False) for n, cost in enumerate(costs)]
    figure = with_peers(Rows(in_memory(tasks), "tasks"), mean("cost"), "crew", "C0")
    assert figure.reference == (pytest.approx(median(costs[1:])) if costs[1:] else None)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (None, "USD", "no value"),
        (float("nan"), "", "no value"),
        (0, "", "0"),
        (12345.6, "USD", "12,346 USD"),
        (0.1234, "", "0.123"),
        (2_345_678, "USD", "2.35 million USD"),
        (42.0, "%", "42%"),
        (1e-9, "", "1e-09"),
        ("text", "", "text"),
        (123.45, "h", "123.5 h"),
    ],
)
def test_numbers_for_a_reader(value: object, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_relations_declared_and_by_name(rows: Rows) -> None:
    (found,) = relations(rows.session)
    assert (found.child, found.parent, found.declared) == ("tasks", "crews", True)
    assert orphans(rows.session, found) == 0


def test_a_query_that_fails_is_told_in_words(rows: Rows, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"warehouse\.db: the query failed: .*nowhere"):
        rows.ask("nowhere")
    (tmp_path / "warehouse.db").unlink()
    with pytest.raises(SessionError, match=r"There is no warehouse at .*connector-build demo"):
        rows.count()
