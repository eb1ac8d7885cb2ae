"""The figures of MaterialMind over small tables, where each is known by hand."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from connector_app.asking.filters import Dates, Filters
from connector_app.asking.periods import newest
from connector_app.asking.rows import Rows
from connector_app.page.units import unit
from connector_mso import RECORDS
from connector_mso.app import comparison, designers, facts, labels, lifecycle, overview, properties, recommendations, savings
from connector_mso.app.words import EXPECTED, NO, OPEN, OPTIMIZED, PROPERTIES, SELECTED, YES, decision, quantity
from material_support import Record, warehouse


@pytest.fixture
def rows_of(tmp_path: Path) -> Any:
    def made(records: Sequence[Record], *, options: bool = False, without: Sequence[str] = ()) -> Rows:
        full = [{"record_id": str(number), **record} for number, record in enumerate(records)]
        return Rows(warehouse(tmp_path, full, options=options, without=without), "mso_records", expected=EXPECTED)

    return made


def lines(frame: Any) -> list[tuple[Any, ...]]:
    return list(frame.itertuples(index=False, name=None))


def test_the_app_names_the_columns_that_the_plugin_declares() -> None:
    kinds = {"STRING": "text", "LONG": "number", "DOUBLE": "number", "NAIVE_DATE": "date"}
    assert dict(EXPECTED) == {name: kinds[kind] for name, kind in RECORDS.columns.items()}


@pytest.mark.parametrize(
    ("said", "comes_to"),
    [
        ("Recommended", YES), (" recommended ", YES), ("Not Recommended", NO), ("not advised", NO), ("Rejected", NO),
        ("Under Review", OPEN), ("Partially Recommended", OPEN), ("", OPEN), (None, None),
    ],
)  # fmt: skip
def test_what_a_recommendation_comes_to(rows_of: Any, said: str | None, comes_to: str | None) -> None:
    assert rows_of([{OPTIMIZED: said}]).ask(f"{decision(OPTIMIZED)} AS said")["said"].iloc[0] == comes_to


def test_a_unit_is_what_the_user_named() -> None:
    assert unit("cost") == ""
    st.query_params["unit_cost"] = "EUR"
    try:
        assert (quantity("material_cost").unit, quantity("density").unit) == ("EUR", "")
    finally:
        st.query_params.clear()


class TestSavings:
    RECORDS = (
        {"material_name": "A", "cost_savings": 100.0, OPTIMIZED: "Under Review"},
        {"material_name": "A", "cost_savings": 300.0, OPTIMIZED: "Under Review"},
        {"material_name": "B", "cost_savings": 100.0, OPTIMIZED: "Pending"},
        {"material_name": "B", "cost_savings": 700.0, OPTIMIZED: "Recommended"},
        {"material_name": "B", "cost_savings": 50.0, OPTIMIZED: "Not Recommended"},
        {"material_name": None, "cost_savings": 5.0, OPTIMIZED: None},
    )

    def test_what_is_decided(self, rows_of: Any) -> None:
        assert lines(savings.decisions(rows_of(self.RECORDS))) == [(YES, 700, 1), (OPEN, 500, 3), (NO, 50, 1)]

    def test_what_waits_and_the_arithmetic(self, rows_of: Any) -> None:
        found = savings.waiting(rows_of(self.RECORDS), "material_name")
        assert found.columns.tolist() == ["material_name", "open records", "average saving", "median saving", "waits", "Σ"]
        assert lines(found) == [("A", 2, 200, 200, 400, 80), ("B", 1, 100, 100, 100, 100)]
        assert (found["open records"] * found["average saving"]).tolist() == found["waits"].tolist()

    def test_a_product_is_named_beside_its_identifier(self, rows_of: Any) -> None:
        rows = rows_of([{"product_id": "P1", "product_name": "Pump", "cost_savings": 1.0, OPTIMIZED: "Under Review"}])
        assert lines(savings.waiting(rows, "product_id"))[0][:2] == ("P1", "Pump")

    # The median of A is 20, of B 100; A has 40 above it by 20 and 30 by 10.
    COSTS = (
        *({"material_name": "A", "product_id": "P", "material_cost": cost} for cost in (10.0, 10.0, 20.0, 30.0, 40.0)),
        *({"material_name": "B", "product_id": "Q", "material_cost": cost} for cost in (100.0, 100.0, 100.0)),
        {"material_name": "B", "product_id": "Q", "material_cost": None},
    )

    def test_what_is_above_the_median_of_the_same_material(self, rows_of: Any) -> None:
        (found,) = lines(savings.excess(rows_of(self.COSTS), "material_name", "material_name"))
        assert found[:2] == ("A", 5)
        assert (found[2], found[3], found[4]) == (2, 15, 30)
        assert found[5] == pytest.approx(100 * 30 / 110)

    def test_what_is_above_the_median_of_all(self, rows_of: Any) -> None:
        # The median of all eight costs is 35: A has 40 above it by 5, B has three by 65.
        found = savings.excess(rows_of(self.COSTS), "material_name", "")
        assert [(name, above, saved) for name, _, above, _, saved, _ in lines(found)] == [("B", 3, 195), ("A", 1, 5)]

    def test_the_sum_is_of_all_that_the_ranking_has_no_room_for(self, rows_of: Any) -> None:
        rows = rows_of(
            [{"material_name": f"M{number}", "material_cost": cost} for number in range(60) for cost in (1.0, 1.0, 3.0)]
        )
        assert len(savings.excess(rows, "material_name", "material_name")) == 50
        assert savings.in_all(rows, "material_name", "material_name") == 120

    def test_what_is_above_a_target_of_the_user(self, rows_of: Any) -> None:
        found = savings.excess(rows_of(self.COSTS), "material_name", "material_name", 90.0)
        assert [(name, above, saved) for name, _, above, _, saved, _ in lines(found)] == [("B", 3, 30)]

    def test_a_typing_error_does_not_lead_the_list(self, rows_of: Any) -> None:
        records = [{"material_name": "A", "material_cost": 10.0 + number % 3} for number in range(300)]
        records += [{"material_name": "B", "material_cost": 100.0 + number % 2} for number in range(100)]
        wrong = savings.excess(
            rows_of([*records, {"material_name": "A", "material_cost": 1e9}]), "material_name", "material_name"
        )
        assert wrong["could be saved"].max() < 250


class TestRecommendations:
    RECORDS = tuple(
        {"material_name": name, "material_selection_score": score, SELECTED: said, "cost_savings": 10.0}
        for name, score, said in [
            ("A", 0.9, "Not Recommended"), ("A", 0.95, "Not Recommended"), ("A", 0.5, "Under Review"),
            ("B", 0.2, "Recommended"), ("B", 0.9, "Recommended"), ("C", 0.1, "Under Review"), ("C", None, "Recommended"),
        ]
    )  # fmt: skip

    def test_where_score_and_recommendation_disagree(self, rows_of: Any) -> None:
        found = recommendations.disagreeing(rows_of(self.RECORDS), "selection", 0.2, 0.9)
        assert {how: each.count() for how, each in found.items()} == {recommendations.HIGH: 2, recommendations.LOW: 1}

    def test_by_material_with_what_is_at_stake(self, rows_of: Any) -> None:
        found = recommendations.contradicted(rows_of(self.RECORDS), "selection", 0.2, 0.9)
        assert lines(found.fillna(0)) == [("A", 3, 2, 0, pytest.approx(200 / 3), 20), ("B", 2, 0, 1, 50, 0)]

    def test_high_and_low_are_the_quartiles_of_the_data(self, rows_of: Any) -> None:
        rows = rows_of([{"material_selection_score": score / 100} for score in range(101)])
        assert recommendations.thresholds(rows, "material_selection_score") == (0.25, 0.75)

    def test_pairs_of_recommendations(self, rows_of: Any) -> None:
        pair = {"material_selection_recommendation": "Recommended", OPTIMIZED: "Not Recommended"}
        assert lines(recommendations.both_said(rows_of([pair, pair, {}]))) == [
            ("Recommended", "Not Recommended", 2), ("(none)", "(none)", 1),
        ]  # fmt: skip


class TestComparison:
    RECORDS = (
        {"material_name": "A", "material_cost": 10.0, "density": 2.0, "material_selection_score": 0.5},
        {"material_name": "A", "material_cost": 30.0, "density": 4.0, "material_selection_score": 0.7},
        {"material_name": "B", "material_cost": 40.0, "density": 8.0, "material_selection_score": 0.8},
        {"material_name": "C", "material_cost": 60.0, "density": None, "material_selection_score": 0.9},
    )

    def test_side_by_side(self, rows_of: Any) -> None:
        rows = rows_of(self.RECORDS)
        asked = [quantity("material_cost"), quantity("density")]
        middles = comparison.middle(rows, asked)
        assert middles == {"material_cost": 40, "density": 5.5}
        found = comparison.compared(rows, ["A", "C"], asked)
        table = {what: said for what, *said in lines(comparison.side_by_side(found, middles, asked))}
        assert table["records"] == ["2", "1", ""]
        assert table["cost of the material"] == ["20 ✓", "60", "40"]
        # Density is no better for being high or low.
        assert table["density"] == ["3", "no value", "5.5"]

    def test_how_far_from_the_middle(self, rows_of: Any) -> None:
        rows, asked = rows_of(self.RECORDS), [quantity("material_cost"), quantity("density")]
        found = comparison.differences(comparison.compared(rows, ["A", "C"], asked), comparison.middle(rows, asked), asked)
        assert [each[:3] for each in lines(found)] == [
            ("A", "cost of the material", -50), ("C", "cost of the material", 50),
            ("A", "density", pytest.approx(-250 / 5.5)),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("limits", "names"),
        [
            ({}, ["A", "B", "C"]),
            ({"material_cost": 40.0}, ["A", "B"]),
            ({"material_cost": 50.0, "material_selection_score": 0.8}, ["B"]),
            ({"density": 1.0}, []),
            ({"youngs_modulus": None}, ["A", "B", "C"]),
        ],
    )
    def test_which_materials_meet_the_limits(self, rows_of: Any, limits: dict[str, float | None], names: list[str]) -> None:
        rows = rows_of(self.RECORDS)
        query = comparison.meeting(rows, limits)
        assert rows.session.sql(query.sql, query.parameters)["material_name"].tolist() == names


class TestProperties:
    def test_at_a_glance(self, rows_of: Any) -> None:
        found = properties.glance(rows_of(TestComparison.RECORDS), "material_name")
        assert found.columns.tolist() == ["material_name", "records", *PROPERTIES]
        assert found["material_cost"].tolist() == [20, 40, 60]

    def test_materials_that_disagree_with_themselves(self, rows_of: Any) -> None:
        same = [{"material_name": "A", "density": 2.0 + number / 100, "youngs_modulus": 70.0} for number in range(10)]
        apart = [{"material_name": "B", "density": 1.0 + number, "youngs_modulus": 70.0} for number in range(11)]
        few = [{"material_name": "C", "density": 1.0 + number * 9} for number in range(4)]
        (found,) = lines(properties.disagreeing(rows_of([*same, *apart, *few])))
        # From 2 to 10 (percentiles 10 and 90 of 1 to 11), by the median 6.
        assert found[:2] == ("B", 11)
        assert found[2] == pytest.approx(100 * 8 / 6)


class TestDesigners:
    @pytest.mark.parametrize(
        ("years", "band"), [(0, "0 to 4"), (4, "0 to 4"), (5, "5 to 9"), (30, "30 to 34"), (-1, None), (None, None)]
    )
    def test_bands_of_experience(self, rows_of: Any, years: int | None, band: str | None) -> None:
        assert rows_of([{"designer_experience": years}]).ask(f"{designers.BAND} AS band")["band"].iloc[0] == band

    def test_cells_with_their_records(self, rows_of: Any) -> None:
        junior = {"designer_skill_level": "Beginner", "designer_experience": 2}
        rows = rows_of([{**junior, "cost_savings": 10.0}, {**junior, "cost_savings": 30.0}, junior])
        assert lines(designers.cells(rows, quantity("cost_savings"))) == [("Beginner", "0 to 4", 20, 2)]

    def test_line_by_line(self, rows_of: Any) -> None:
        one = {"designer_id": "D", "designer_name": "Dee", "designer_skill_level": "Expert", "designer_experience": 9}
        rows = rows_of(
            [{**one, "cost_savings": 10.0, OPTIMIZED: "Recommended"}, {**one, "cost_savings": 20.0, OPTIMIZED: "Rejected"}]
        )
        (found,) = designers.all_of_them(rows).to_dict("records")
        assert (found["name"], found["records"], found["cost saved"], found["recommended"]) == ("Dee", 2, 15, 50)
        assert "efficiency ratio" not in found


class TestLifecycle:
    DAY = date(2026, 3, 1)
    RECORDS = (
        {"product_id": "P", "product_name": "Pump", "product_lifecycle_stage": "Design", "last_updated_epoch": 1,
         "material_optimization_date": DAY, "cost_savings": 5.0},
        {"product_id": "P", "product_name": "Pump 2", "product_lifecycle_stage": "Production", "last_updated_epoch": 2,
         "material_optimization_date": DAY + timedelta(9), "cost_savings": 6.0},
        {"product_id": "Q", "product_name": "Valve", "product_lifecycle_stage": "Production", "last_updated_epoch": 1,
         "material_optimization_date": DAY, "cost_savings": 7.0},
        {"product_id": "R", "product_name": "Old", "product_lifecycle_stage": "Retirement", "last_updated_epoch": 1,
         "material_optimization_date": DAY - timedelta(99), "cost_savings": 8.0},
    )  # fmt: skip

    def test_where_the_products_stand_now(self, rows_of: Any) -> None:
        rows = rows_of(self.RECORDS, options=True)
        assert lines(lifecycle.standing(rows, lifecycle.STAGE)) == [("Production", 2, 3), ("Retirement", 1, 1)]

    def test_without_the_table_a_product_counts_at_each_stage(self, rows_of: Any) -> None:
        found = lifecycle.with_records(rows_of(self.RECORDS), lifecycle.STAGE)
        assert lines(found) == [("Production", 2, 2), ("Design", 1, 1), ("Retirement", 1, 1)]

    def test_what_was_forgotten_is_in_use(self, rows_of: Any) -> None:
        found = lifecycle.forgotten(rows_of(self.RECORDS, options=True))
        assert found["product_name"].tolist() == ["Valve", "Pump 2"]
        assert found["total saved"].tolist() == [7, 11]

    def test_days_to_optimization(self, rows_of: Any) -> None:
        rows = rows_of([{"material_selection_date": self.DAY, "material_optimization_date": self.DAY + timedelta(7)}])
        assert rows.ask(f"{lifecycle.LEAD.sql} AS days")["days"].iloc[0] == 7


class TestOverview:
    @pytest.mark.parametrize(("days", "first"), [(400, 90), (21, 10), (2, 1), (1, 1)])
    def test_the_newest_days_or_the_newer_half(self, rows_of: Any, days: int, first: int) -> None:
        last = date(2026, 3, 31)
        rows = rows_of([{"material_optimization_date": last - timedelta(number)} for number in range(days)])
        dates = newest(rows, overview.DATE).filters.dates
        assert dates is not None
        assert dates.last == last
        assert dates.first == last - timedelta(first - 1)

    def test_a_period_in_the_filters_stays(self, rows_of: Any) -> None:
        chosen = Filters(Dates(overview.DATE, date(2026, 1, 1), date(2026, 1, 31)))
        assert newest(rows_of([{}]).under(chosen), overview.DATE).filters == chosen

    @pytest.mark.parametrize(
        ("name", "record"),
        [
            ("no cost", {"material_cost": None}),
            ("cost of 0 or less", {"material_cost": 0.0}),
            ("a score below 0 or above 1", {"material_selection_score": 1.5}),
            ("Poisson's ratio outside of -1 to 0.5", {"poissons_ratio": 0.6}),
            ("density or stiffness of 0 or less", {"density": 0.0}),
            ("optimized before it was selected", {"material_optimization_date": date(2025, 1, 1)}),
            ("no recommendation", {OPTIMIZED: None}),
        ],
    )
    def test_each_check_finds_its_records_alone(self, rows_of: Any, name: str, record: Record) -> None:
        fine = {
            "material_cost": 1.0, "material_selection_score": 0.5, "material_optimization_score": 0.5, "poissons_ratio": 0.3,
            "density": 1.0, "youngs_modulus": 1.0, "material_optimization_date": date(2026, 1, 2),
            "material_selection_date": date(2026, 1, 1), OPTIMIZED: "Recommended", SELECTED: "Recommended",
        }  # fmt: skip
        rows = rows_of([fine, {**fine, **record}])
        assert [check for check, sql in overview.CHECKS.items() if rows.where(sql).count()] == [name]


class TestFacts:
    def test_financial_impact(self, rows_of: Any) -> None:
        found = facts.finances(rows_of(TestSavings.RECORDS))
        known = {each.name: each.value for each in found}
        assert known["total cost saved"] == 1255
        assert known["cost saved in optimizations that are open (3 records)"] == 500

    def test_a_return_counts_records_that_have_both(self, rows_of: Any) -> None:
        rows = rows_of([{"cost_savings": 30.0, "material_cost": 10.0}, {"cost_savings": 99.0}, {"material_cost": 99.0}])
        known = {each.name: each.value for each in facts.finances(rows)}
        assert known["cost saved for each unit of material cost, over records that have both"] == 3

    def test_opportunities_name_what_waits(self, rows_of: Any) -> None:
        known = {each.name: each.value for each in facts.opportunities(rows_of(TestSavings.RECORDS))}
        assert known["cost saved once open optimizations of A are decided (2 records)"] == 400

    def test_only_what_can_be_told_from_its_peers_is_a_fact(self, rows_of: Any) -> None:
        costs = {"A": 100, "B": 200, "C": 300}
        rows = rows_of(
            [{"material_name": name, "material_cost": cost + n % 3} for name, cost in costs.items() for n in range(12)]
        )
        names = [each.name for each in facts.strategy(rows)]
        assert "median cost of the material, material A (12 records)" in names
        assert not any("material B" in name for name in names)

    def test_each_says_its_sql(self, rows_of: Any) -> None:
        for gather in facts.GATHERED:
            assert [
                each.name for each in gather(rows_of(TestLifecycle.RECORDS, options=True)) if "SELECT" not in each.query
            ] == []
            break


def test_names_do_not_cover_each_other() -> None:
    found = labels.placed([(1.0, 1.0, "first"), (1.001, 1.0, "second"), (1.002, 1.0, "third"), (10.0, 10.0, "far")])
    assert found[0].shown
    assert len({(each.align, each.dy) for each in found[:3] if each.shown}) == len([each for each in found[:3] if each.shown])


@pytest.mark.parametrize(
    ("values", "some"), [([1.0, 1000.0], [1, 10, 500]), ([2.0, 3.0], [1.5, 2, 3]), ([1e-5, 1e9], [1, 1e6]), ([], [])]
)
def test_ticks_of_a_logarithmic_axis(values: list[float], some: list[float]) -> None:
    assert set(some) <= {round(each, 6) for each in labels.ticks(values)}
