"""MaterialMind and LogLynx in a real browser: each part, each section, each filter, an empty table, a table of 100,000 rows."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from attrs import field, frozen
from playwright.sync_api import Browser, expect

import loglynx_support
import material_support
from browser_support import LAPTOP, PHONE, Opened, browser, opened, serving

PARTS = ("Metrics", "AI Insights", "Insights History", "Data Explorer")
MANY = 100_000
PATIENCE = 20
"""Seconds in which a page over 100,000 rows has to stand, on a machine that others use too; alone it takes two or three."""


@frozen
class Case:
    """A dataset and its app. some, empty, many: what makes a warehouse in a folder."""

    dataset: str
    title: str
    sections: tuple[str, ...]
    filters: Mapping[str, str]
    some: Callable[[Path], object] = field(repr=False)
    empty: Callable[[Path], object] = field(repr=False)
    many: Callable[[Path], object] = field(repr=False)

    def __str__(self) -> str:
        return self.dataset


MSO = Case(
    "mso",
    "MaterialMind",
    ("Overview", "Properties", "Compare", "Savings", "Recommendations", "Designers", "Lifecycle"),
    {
        "in_material_name": "Brass CW614N",
        "in_cad_system": "CATIA",
        "in_product_lifecycle_stage": "Concept",
        "in_product_lifecycle_status": "Active",
        "in_designer_skill_level": "Expert",
        "in_material_optimization_recommendation": "Recommended",
        "search": "valve",
        "period": "Last 30 days",
    },
    lambda folder: material_support.sampled(folder, options=True),
    lambda folder: material_support.warehouse(folder, []),
    lambda folder: material_support.many(folder, MANY),
)
FTS = Case(
    "fts",
    "LogLynx",
    ("Overview", "Equipment", "Failures", "Maintenance types", "Technicians", "Downtime", "Customers", "Log"),
    {
        "in_maintenance_type": "Predictive",
        "in_maintenance_status": "Completed",
        "search": "unit 77",
        "period": "Last 30 days",
    },
    lambda folder: loglynx_support.warehouse(folder, many=500, options=True),
    lambda folder: loglynx_support.warehouse(folder),
    lambda folder: loglynx_support.warehouse(folder, many=MANY, options=True),
)
CASES = [MSO, FTS]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module", params=CASES, ids=str)
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Case, str]]:
    case: Case = request.param
    folder = tmp_path_factory.mktemp(case.dataset)
    case.some(folder)
    with serving(case.dataset, folder / "warehouse.db", folder) as address:
        yield case, address


def check(page: Opened, case: Case, width: int = LAPTOP[0]) -> None:
    """The page stands, is the app's, and has nothing that sticks out to the right."""
    page.sound()
    expect(page.page.locator("h1").get_by_text(case.title)).to_be_visible()
    assert page.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= width


def test_each_section(chromium: Browser, served: tuple[Case, str]) -> None:
    case, address = served
    with opened(chromium, address) as page:
        for section in case.sections:
            page.settled().locator(".st-key-f_section").get_by_text(section, exact=True).click()
            check(page, case)
            assert section == case.sections[0] or f"section={section.replace(' ', '+')}" in page.page.url


@pytest.mark.parametrize(("size", "scheme"), [(LAPTOP, "dark"), (PHONE, "light")], ids=["dark", "phone"])
def test_each_section_in_the_dark_and_on_a_phone(
    chromium: Browser, served: tuple[Case, str], size: tuple[int, int], scheme: str
) -> None:
    case, address = served
    with opened(chromium, address, size, scheme) as page:
        for section in case.sections:
            page.settled().locator(".st-key-f_section").get_by_text(section, exact=True).click()
            check(page, case, size[0])


def test_each_part(chromium: Browser, served: tuple[Case, str]) -> None:
    case, address = served
    with opened(chromium, address) as page:
        for part in PARTS:
            page.settled().locator(".st-key-f_tab").get_by_text(part, exact=True).click()
            check(page, case)
            if part == "AI Insights":
                page.page.get_by_role("button", name="Write the report").click()
                expect(page.page.get_by_text("No language model wrote this report").first).to_be_visible()
        page.page.goto(f"{address}/?tab=Insights+History")
        expect(page.settled().get_by_text("No language model wrote this report").first).to_be_visible()


def test_each_filter_leaves_fewer_records(chromium: Browser, served: tuple[Case, str]) -> None:
    case, address = served
    for name, value in case.filters.items():
        with opened(chromium, f"{address}/?{name}={value.replace(' ', '+')}") as page:
            check(page, case)
            counted = page.page.get_by_text("records, from the warehouse").inner_text()
            found, _, total, *_ = counted.split()
            assert 0 < int(found.replace(",", "")) < int(total.replace(",", "")), f"{name}: {counted}"


def test_filters_are_cleared(chromium: Browser, served: tuple[Case, str]) -> None:
    case, address = served
    with opened(chromium, f"{address}/?search=nothing+has+this") as page:
        expect(page.settled().get_by_text("No record fits these filters.").first).to_be_visible()
        page.page.get_by_role("button", name="Clear filters").click()
        check(page, case)
        assert "search" not in page.page.url


@pytest.mark.parametrize("case", CASES, ids=str)
def test_an_empty_table(chromium: Browser, tmp_path: Path, case: Case) -> None:
    case.empty(tmp_path)
    with serving(case.dataset, tmp_path / "warehouse.db", tmp_path) as address, opened(chromium, address) as page:
        for part in PARTS:
            page.settled().locator(".st-key-f_tab").get_by_text(part, exact=True).click()
            check(page, case)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_hundred_thousand_rows(chromium: Browser, tmp_path: Path, case: Case) -> None:
    case.many(tmp_path)
    with serving(case.dataset, tmp_path / "warehouse.db", tmp_path) as address, opened(chromium, address) as page:
        page.page.set_default_timeout(PATIENCE * 1000)
        check(page, case)
        expect(page.page.get_by_text("100,000 of 100,000 records")).to_be_visible()
        for section in case.sections:
            page.settled().locator(".st-key-f_section").get_by_text(section, exact=True).click()
            check(page, case)
