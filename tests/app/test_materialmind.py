"""MaterialMind, drawn by Streamlit's own test driver over warehouses on disk."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from connector_app.asking.rows import Rows
from connector_app.data.duck import DuckDBSession
from connector_app.reports.facts import AREAS
from connector_app.reports.store import kept_reports
from connector_mso.app import APP, SECTIONS
from connector_mso.app.words import OPTIMIZED
from material_support import COLUMNS, Record, many, sampled, warehouse

SCRIPT = """
from pathlib import Path
from connector_app.data.duck import DuckDBSession
from connector_mso.app import main

main(DuckDBSession(Path(PATH)))
"""
Page = Callable[..., AppTest]
NASTY = """<b>"O'Neil"</b> ![x](http://elsewhere.example/a.png) $1$ \\ %; --"""


@pytest.fixture
def page(tmp_path: Path) -> Page:
    def opened(**query: Any) -> AppTest:
        path = str(tmp_path / "warehouse.db")
        test = AppTest.from_string(SCRIPT.replace("PATH", repr(path)), default_timeout=60)
        for name, value in query.items():
            test.query_params[name] = value
        return sound(test.run())

    return opened


def sound(test: AppTest) -> AppTest:
    assert [each.value for each in test.exception] == []
    assert [each.value for each in test.error] == []
    return test


def questions(test: AppTest) -> list[str]:
    return [each.value.removeprefix("##### ") for each in test.markdown if each.value.startswith("#####")]


def said(test: AppTest) -> str:
    kinds = (test.markdown, test.caption, test.info, test.success, test.warning)
    return "\n".join([*(each.value for kind in kinds for each in kind), *(f"{each.label} {each.value}" for each in test.metric)])


def table_with(test: AppTest, column: str) -> pd.DataFrame:
    frame: pd.DataFrame = next(each.value for each in test.dataframe if column in each.value.columns)
    return frame


@pytest.mark.parametrize("section", SECTIONS)
def test_each_section_asks_questions(page: Page, tmp_path: Path, section: str) -> None:
    sampled(tmp_path, options=True)
    test = page(section=section)
    assert test.title[0].value == ":material/layers: MaterialMind"
    asked = questions(test)
    assert len(asked) >= 3
    assert [each for each in asked if not each.endswith("?")] == []
    assert "--enable" not in said(test)
    assert "nan" not in said(test).lower().replace("financ", "")


def test_the_sections_are_chosen_and_kept_in_the_address(page: Page, tmp_path: Path) -> None:
    sampled(tmp_path)
    test = page()
    test.radio(key="f_section").set_value("Savings").run()
    assert "How much of what could be saved is decided?" in questions(sound(test))
    assert test.query_params["section"] == ["Savings"]
    test.button(key="filters_clear").click().run()
    assert test.query_params["section"] == ["Savings"]


def test_filters_work_together(page: Page, tmp_path: Path) -> None:
    session = sampled(tmp_path)
    where = "material_name = 'PEEK' AND cad_system = 'CATIA' AND product_name ILIKE '%pump%'"
    count = int(session.sql(f"SELECT COUNT(*) AS n FROM tester.mso_records WHERE {where}")["n"].iloc[0])
    assert count > 0
    test = page(in_material_name="PEEK", in_cad_system="CATIA", search="pump")
    assert f"{count} of 600 records" in said(test)
    test.multiselect(key="f_in_designer_skill_level").set_value(["Expert"]).run()
    expert = session.sql(f"SELECT COUNT(*) AS n FROM tester.mso_records WHERE {where} AND designer_skill_level = 'Expert'")
    assert f"{int(expert['n'].iloc[0])} of 600 records" in said(sound(test))


def test_what_changed_is_held_against_the_period_before(page: Page, tmp_path: Path) -> None:
    days = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"]
    costs = [100.0, 100.0, 150.0, 150.0]
    dated = enumerate(zip(days, costs, strict=True))
    warehouse(tmp_path, [_record(n, material_optimization_date=day, material_cost=cost) for n, (day, cost) in dated])
    test = page()
    assert "What changed, from 2026-01-03 to 2026-01-04?" in questions(test)
    cost = next(each for each in test.metric if each.label == "Median cost of the material")
    assert (cost.value, cost.delta) == ("150", "+50.0%")
    assert "Compared with 2026-01-01 to 2026-01-02." in said(test)
    test.toggle(key="behind overview").set_value(True).run()
    assert "2 records; shown: 1 to 2" in said(sound(test))


def test_a_unit_that_was_named_is_shown(page: Page, tmp_path: Path) -> None:
    sampled(tmp_path)
    assert any(each.value.endswith(" EUR") for each in page(unit_cost="EUR").metric)
    test = page()
    test.text_input(key="f_unit_cost").set_value("SEK").run()
    test.run()
    assert any(each.value.endswith(" SEK") for each in sound(test).metric)
    assert test.query_params["unit_cost"] == ["SEK"]


def test_what_is_not_on_is_said_once_where_it_would_be(page: Page, tmp_path: Path) -> None:
    sampled(tmp_path)
    assert "`connector-build mso --enable efficiency_ratio`" in said(page(section="Overview"))
    assert "`connector-build mso --enable mso_products`" in said(page(section="Lifecycle"))


def test_what_is_on_is_used(page: Page, tmp_path: Path) -> None:
    sampled(tmp_path, options=True)
    test = page(section="Designers", judge="efficiency ratio")
    assert "Does skill show in the efficiency ratio?" in questions(test)
    lifecycle = page(section="Lifecycle")
    assert "At which stage do the products stand now?" in questions(lifecycle)
    assert "Which products in use were optimized longest ago?" in questions(lifecycle)


def test_a_line_leads_to_its_records(page: Page, tmp_path: Path) -> None:
    sampled(tmp_path)
    test = page(section="Properties")
    glance = table_with(test, "poissons_ratio")
    name, records = str(glance["material_name"].iloc[0]), int(glance["records"].iloc[0])
    test.toggle(key="records glance material_name").set_value(True).run()
    test.selectbox(key="of glance material_name").select(name).run()
    assert f"{records:,} records; shown: 1 to {min(records, 100)}" in said(sound(test))


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("Properties", "peers material_name material_cost"), ("Properties", "stiff"), ("Compare", "differences"),
        ("Savings", "decisions"), ("Recommendations", "disagree selection"), ("Recommendations", "both"),
        ("Designers", "skill cost_savings"), ("Designers", "experience cost_savings"), ("Designers", "cells cost_savings"),
        ("Lifecycle", "standing"), ("Lifecycle", "status"), ("Lifecycle", "lead"), ("Overview", "checks"),
    ],
)  # fmt: skip
def test_a_mark_leads_to_its_records(page: Page, tmp_path: Path, section: str, key: str) -> None:
    sampled(tmp_path, 60, options=True)
    test = page(section=section)
    test.toggle(key=f"records {key}").set_value(True).run()
    marks = sound(test).selectbox(key=f"of {key}").options[1:]
    assert marks
    test.selectbox(key=f"of {key}").select(marks[-1]).run()
    assert "records; shown: 1 to" in said(sound(test))


def test_the_arithmetic_of_what_could_be_saved_is_the_sum_of_its_records(page: Page, tmp_path: Path) -> None:
    session = sampled(tmp_path)
    found = table_with(page(section="Savings"), "could be saved")
    line = found.iloc[0]
    assert line["records above"] * line["average above"] == pytest.approx(line["could be saved"], rel=0.01)
    rows = Rows(session, "mso_records").only("material_name", str(line["material_name"]))
    middle = float(rows.ask("MEDIAN(material_cost) AS m")["m"].iloc[0])
    assert rows.where("material_cost > ?", (middle,)).count() == line["records above"]


def test_a_target_replaces_the_benchmark(page: Page, tmp_path: Path) -> None:
    warehouse(tmp_path, [_record(n, material_cost=cost) for n, cost in enumerate([10.0, 20.0, 50.0])])
    test = page(section="Savings", target_cost="15")
    assert table_with(test, "could be saved")["could be saved"].tolist() == [40]
    assert "if costs above the target came down to it" in said(test)


def test_limits_of_a_design(page: Page, tmp_path: Path) -> None:
    costs = {"A": 10.0, "B": 20.0}
    warehouse(tmp_path, [_record(n, material_name=name, material_cost=cost) for n, (name, cost) in enumerate(costs.items())])
    test = page(section="Compare", target_material_cost="15")
    assert test.dataframe[-1].value["material_name"].tolist() == ["A"]
    assert "No material meets all of these limits." in said(page(section="Compare", target_material_cost="5"))


def test_materials_to_compare_are_chosen(page: Page, tmp_path: Path) -> None:
    sampled(tmp_path)
    test = page(section="Compare")
    test.multiselect(key="f_materials").set_value(["PEEK", "Inconel 718"]).run()
    assert table_with(sound(test), "what").columns.tolist() == ["what", "Inconel 718", "PEEK", "all materials"]
    assert test.query_params["materials"] == ["PEEK", "Inconel 718"]
    test.multiselect(key="f_materials").set_value([]).run()
    assert "Choose at least one material." in said(sound(test))


@pytest.mark.parametrize("area", AREAS)
def test_a_report_of_each_area_cites_all_of_its_facts(page: Page, tmp_path: Path, area: str) -> None:
    session = sampled(tmp_path, options=True)
    test = page(tab="AI Insights", focus=area, in_cad_system="CATIA")
    test.button(key="write").click().run()
    (report,) = kept_reports(session, "MaterialMind")
    assert (report.focus, report.model, report.filters) == (area, "none", "cad_system: CATIA")
    assert len(report.facts) >= 5
    assert f"It cites {len(report.facts)} of {len(report.facts)} facts." in said(sound(test))
    sound(page(tab="Insights History"))


def test_the_areas_are_those_that_people_know() -> None:
    assert tuple(APP.areas) == AREAS


@pytest.mark.parametrize("section", SECTIONS)
def test_an_address_that_is_wrong_does_no_harm(page: Page, tmp_path: Path, section: str) -> None:
    sampled(tmp_path, 30)
    wrong = dict.fromkeys(("property", "by", "rank", "which", "judge", "along", "follow", "benchmark", "enough"), "nowhere")
    page(**{"section": section, **wrong, "target_cost": "-5", "materials": ["Unobtainium"]})


def _record(number: int, **other: Any) -> Record:
    """A whole record: with one value for each kind, and *other* ones."""
    values = {"VARCHAR": "x", "BIGINT": 3, "DOUBLE": 0.5, "DATE": "2026-01-02"}
    full: dict[str, Any] = {name: values[kind] for name, kind in COLUMNS.items()}
    return {**full, OPTIMIZED: "Under Review", "record_id": str(number), **other}


def _little() -> Iterator[Any]:
    zeros = {name: 0 for name, kind in COLUMNS.items() if kind in ("DOUBLE", "BIGINT")}
    texts = {name: f"{NASTY} {name}" for name, kind in COLUMNS.items() if kind == "VARCHAR"}
    huge = {name: 1e300 for name, kind in COLUMNS.items() if kind == "DOUBLE"}
    yield pytest.param([], id="empty")
    yield pytest.param([{"record_id": "1"}, {"record_id": "2"}], id="nulls")
    yield pytest.param([_record(1)], id="one")
    yield pytest.param([_record(number, **zeros) for number in range(12)], id="zeros")
    yield pytest.param([_record(number, **{**texts, "record_id": str(number)}) for number in range(12)], id="nasty texts")
    yield pytest.param([_record(1), _record(2, **huge), _record(3)], id="huge")
    yield pytest.param([_record(n, **({} if n else dict.fromkeys(COLUMNS, None))) for n in range(3)], id="some null")


@pytest.mark.parametrize("records", [*_little()])
def test_every_part_over_little_and_odd_data(page: Page, tmp_path: Path, records: list[Record]) -> None:
    warehouse(tmp_path, records, options=True)
    for section in SECTIONS:
        text = said(page(section=section))
        assert not records or "nan" not in text.split()
    for area in (AREAS[1], AREAS[3]):
        sound(page(tab="AI Insights", focus=area).button(key="write").click().run())
    for tab in ("Insights History", "Data Explorer"):
        page(tab=tab)


@pytest.mark.parametrize("part", range(4))
def test_any_column_may_be_left_out(page: Page, tmp_path: Path, part: int) -> None:
    """Fivetran lets its user block columns, such as the designer's name."""
    without = [name for name in COLUMNS if name != "record_id"][part::4]
    warehouse(tmp_path, [_record(number) for number in range(12)], without=without)
    for section in SECTIONS:
        page(section=section)
    sound(page(tab="AI Insights", focus=AREAS[3]).button(key="write").click().run())


def test_a_text_of_the_data_is_no_picture(page: Page, tmp_path: Path) -> None:
    warehouse(tmp_path, [_record(number, material_name=NASTY, material_cost=5.0 + number % 2) for number in range(12)])
    test = page(tab="AI Insights", focus=AREAS[1])
    test.button(key="write").click().run()
    assert "elsewhere.example" in said(sound(test))
    for section in ("Properties", "Savings"):
        assert "![" not in said(page(section=section)).replace("\\!\\[", "")
    assert "![" not in said(test).replace("!\\[", "")


def test_a_hundred_thousand_records(page: Page, tmp_path: Path) -> None:
    many(tmp_path, 100_000)
    for section in SECTIONS:
        began = time.perf_counter()
        test = page(section=section)
        took = time.perf_counter() - began
        assert "100,000 of 100,000 records" in said(test)
        # One or two seconds; ten of them would be lag on any machine.
        assert took < 10
        assert max((len(each.value) for each in test.dataframe), default=0) <= 200


def test_the_table_is_not_there(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "warehouse.db")) as database:
        database.execute("CREATE SCHEMA tester; CREATE TABLE tester.other (id VARCHAR)")
    assert DuckDBSession(tmp_path / "warehouse.db").tables() == ["other"]
    test = AppTest.from_string(SCRIPT.replace("PATH", repr(str(tmp_path / "warehouse.db")))).run()
    assert [each.value for each in test.exception] == []
    assert "There is no table mso_records" in test.error[0].value
