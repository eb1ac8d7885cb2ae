"""The standard explorer and the frame of an app, in a real browser (`tox run -e apps`)."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from app_support import Row, many, warehouse
from browser_support import LAPTOP, PHONE, browser, opened, serving
from distributions import PLUGIN, install

D = date
CHART = '[data-testid="stVegaLiteChart"] canvas, [data-testid="stVegaLiteChart"] svg.marks'
TASKS: list[Row] = [
    ("1", "A", "Predictive", 100.0, 4, D(2026, 1, 5), "Pump checked", False),
    ("2", "A", "Corrective", 300.0, 0, D(2026, 1, 20), "Pump replaced", False),
    ("3", "B", "Corrective", 200.0, None, D(2026, 2, 3), None, False),
]


def explored(folder: Path) -> None:
    """A dataset without an app of its own, which has the explorer; over any warehouse, whatever its tables are."""
    files = {"connector_explored/__init__.py": PLUGIN.format(dataset="explored")}
    install(folder / "site", "connector-explored", files, {"connector_core": {"explored": "connector_explored"}})


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("explorer")
    warehouse(folder, TASKS)
    explored(folder)
    with serving("explored", folder / "warehouse.db", folder) as found:
        yield found


@pytest.mark.parametrize("size", [LAPTOP, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("column", ["crew", "cost", "day"])
def test_each_kind_of_column(chromium: Browser, address: str, size: tuple[int, int], scheme: str, column: str) -> None:
    with opened(chromium, f"{address}/?table=tasks&column={column}", size, scheme) as page:
        page.sound()
        expect(page.page.get_by_text("What is in the tables, and how fresh is it?")).to_be_visible()
        expect(page.page.locator(CHART).first).to_be_visible()
        # Nothing sticks out to the right, so that nobody has to scroll sideways.
        assert page.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= size[0]
        assert [each for each in page.complaints if "Failed to load resource" not in each] == []


def test_a_click_on_a_bar_shows_its_records(chromium: Browser, address: str) -> None:
    with opened(chromium, f"{address}/?table=tasks&column=crew") as page:
        page.sound()
        chart = page.page.locator(CHART).first
        chart.scroll_into_view_if_needed()
        box = chart.bounding_box()
        assert box is not None
        # The first bar is the longest one: crew A, with two records.
        page.page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + 20)
        expect(page.page.get_by_text("2 records; shown: 1 to 2")).to_be_visible()
        page.sound()


def test_the_search_is_kept_in_the_address(chromium: Browser, address: str) -> None:
    with opened(chromium, f"{address}/?table=tasks") as page:
        page.settled().get_by_label("Find in all columns").fill("corrective b")
        page.page.keyboard.press("Enter")
        expect(page.page.get_by_text("1 record; shown: 1 to 1")).to_be_visible()
        assert "find=corrective+b" in page.page.url
        with opened(chromium, page.page.url) as again:
            expect(again.settled().get_by_text("1 record; shown: 1 to 1")).to_be_visible()


def test_a_csv_of_what_is_shown(chromium: Browser, address: str, tmp_path: Path) -> None:
    with opened(chromium, f"{address}/?table=tasks&column=crew") as page:
        with page.settled().expect_download() as download:
            page.page.get_by_role("button", name="CSV", exact=True).click()
        download.value.save_as(tmp_path / "crew.csv")
    assert (tmp_path / "crew.csv").read_text().splitlines()[:2] == ["category,value,records,others", "A,2,2,False"]


def test_a_hundred_thousand_records(chromium: Browser, tmp_path: Path) -> None:
    many(tmp_path, 100_000)
    explored(tmp_path)
    with (
        serving("explored", tmp_path / "warehouse.db", tmp_path) as found,
        opened(chromium, f"{found}/?table=tasks&column=cost") as page,
    ):
        page.sound()
        expect(page.page.get_by_text("100,000 records; shown: 1 to 100")).to_be_visible()


@pytest.mark.parametrize("rows", [[], [("1", None, None, None, None, None, None, False)]], ids=["empty", "nulls"])
def test_little_data(chromium: Browser, tmp_path: Path, rows: list[Row]) -> None:
    warehouse(tmp_path, rows)
    explored(tmp_path)
    with serving("explored", tmp_path / "warehouse.db", tmp_path) as found:
        for column in ("crew", "cost", "day"):
            with opened(chromium, f"{found}/?table=tasks&column={column}") as page:
                page.sound()
                expect(page.page.get_by_text("No record has a ").first).to_be_visible()
