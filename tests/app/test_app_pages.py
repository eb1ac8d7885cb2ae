"""The pages, drawn by Streamlit's own test driver over a warehouse on disk."""

import time
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from app_support import Row, many, warehouse
from connector_app.data.duck import DuckDBSession
from connector_app.reports.store import kept_reports

D = date
TASKS: list[Row] = [
    ("1", "A", "Predictive", 100.0, 4, D(2026, 1, 5), "Pump checked", False),
    ("2", "A", "Corrective", 300.0, 0, D(2026, 1, 20), "Pump replaced", False),
    ("3", "B", "Corrective", 200.0, None, D(2026, 2, 3), None, False),
]
NULLS: list[Row] = [("1", None, None, None, None, None, None, False)]

SCRIPT = '''
from pathlib import Path
from connector_app.asking.compare import with_period_before
from connector_app.asking.filters import Filterable
from connector_app.asking.measures import RECORDS, mean, summed
from connector_app.data.duck import DuckDBSession
from connector_app.data.dictionary import as_dictionary
from connector_app.page.charts import bars, histogram, ranked, scatter, trend
from connector_app.page.figures import figures, needs, target
from connector_app.page.frame import App, draw
from connector_app.page.theme import WARN
from connector_app.reports.facts import AREAS, fact, facts_of_top
from app_support import DICTIONARY

def metrics(rows):
    cost = mean("cost", "average cost", "USD", "lower")
    figures([with_period_before(rows, RECORDS), with_period_before(rows, cost)])
    target("cost", "Target", "USD")
    histogram(rows, "cost", "How do costs spread?", "USD")
    bars(rows, "crew", "Which crew costs most?", cost, meanings={"A": WARN})
    trend(rows, "day", "Do costs rise?", cost, by="kind")
    scatter(rows, "hours", "cost", "Do long tasks cost more?", colour="kind")
    ranked(rows, rows.ask("kind, SUM(cost) AS cost", "GROUP BY 1"), "What to do first?")
    needs(rows, "The cost of an hour", ["cost_per_hour"], enable="cost_per_hour")

def gather(rows):
    return [fact(rows, summed("cost", "total cost", "USD")), *facts_of_top(rows, "crew", RECORDS)]

areas = dict.fromkeys(AREAS, gather)
app = App("Tasks", "for crews", "x", "tasks", Filterable("day", ("crew", "kind", "nowhere"), ("note",)), metrics, areas)
draw(app, DuckDBSession(Path(PATH), dictionary=as_dictionary(DICTIONARY)))
'''  # fmt: skip
Page = Callable[..., AppTest]


@pytest.fixture
def page(tmp_path: Path) -> Page:
    def opened(rows: Sequence[Row] = TASKS, **query: str | list[str]) -> AppTest:
        if not (tmp_path / "warehouse.db").exists():
            warehouse(tmp_path, rows)
        test = AppTest.from_string(SCRIPT.replace("PATH", repr(str(tmp_path / "warehouse.db"))), default_timeout=30)
        for name, value in query.items():
            test.query_params[name] = value
        return sound(test.run())

    return opened


def sound(test: AppTest) -> AppTest:
    assert [each.value for each in test.exception] == []
    assert [each.value for each in test.error] == []
    return test


def captions(test: AppTest) -> str:
    return "\n".join(each.value for each in test.caption)


def told(test: AppTest) -> list[str]:
    return [each.value for each in test.info]


def test_the_metrics(page: Page) -> None:
    test = page()
    assert test.title[0].value == "x Tasks"
    assert [each.value for each in test.metric] == ["3", "200 USD"]
    assert "3 of 3 records" in captions(test)
    assert [each.value for each in test.markdown if each.value.startswith("#####")] == [
        "##### How do costs spread?",
        "##### Which crew costs most?",
        "##### Do costs rise?",
        "##### Do long tasks cost more?",
        "##### What to do first?",
    ]
    assert told(test) == [
        "The cost of an hour is not in this data. "
        "Build the connector with `connector-build tasks --enable cost_per_hour`, and sync again."
    ]


def test_filters_work_together_and_stay_in_the_address(page: Page) -> None:
    test = page()
    test.multiselect(key="f_in_crew").set_value(["A"]).run()
    test.text_input(key="f_search").set_value("pump repl").run()
    assert "1 of 3 records" in captions(sound(test))
    assert [each.value for each in test.metric] == ["1", "300 USD"]
    assert test.query_params["in_crew"] == ["A"]
    assert test.query_params["search"] == ["pump repl"]
    assert "1 of 3 records" in captions(page(in_crew=["A"], search="pump repl"))
    test.button(key="filters_clear").click().run()
    assert "3 of 3 records" in captions(sound(test))
    assert "in_crew" not in test.query_params


def test_dates_in_the_address_and_the_period_before(page: Page) -> None:
    test = page(period="Own dates", **{"from": "2026-01-20", "to": "2026-02-03"})
    assert "2 of 3 records" in captions(test)
    assert test.metric[0].delta == "+100.0%"
    assert "Compared with 2026-01-05 to 2026-01-19." in captions(test)


@pytest.mark.parametrize(
    "query", [{"period": "yesterday"}, {"tab": "nowhere"}, {"focus": "x"}, {"target_cost": "much"}, {"in_crew": "Z"}]
)
def test_an_address_that_is_wrong_does_no_harm(page: Page, query: dict[str, str]) -> None:
    page(**query)
    page(**{"tab": "AI Insights", **query})


def test_a_bar_leads_to_its_records(page: Page) -> None:
    test = page()
    test.toggle(key="records Which crew costs most?").set_value(True).run()
    assert "3 records; shown: 1 to 3" in captions(sound(test))
    assert test.dataframe[0].value["id"].tolist() == ["1", "2", "3"]
    test.selectbox(key="of Which crew costs most?").select("A").run()
    assert test.dataframe[0].value["id"].tolist() == ["1", "2"]


@pytest.mark.parametrize("question", ["How do costs spread?", "Do costs rise?"])
def test_the_records_behind_all_marks_are_all_records(page: Page, question: str) -> None:
    test = page()
    test.toggle(key=f"records {question}").set_value(True).run()
    marks = test.selectbox(key=f"of {question}").options[1:]
    found = []
    for mark in marks:
        test.selectbox(key=f"of {question}").select(mark).run()
        found += sound(test).dataframe[0].value["id"].tolist()
    assert sorted(found) == ["1", "2", "3"]


def test_a_report_in_steps_kept_and_read_again(page: Page, tmp_path: Path) -> None:
    test = page(tab="AI Insights", in_crew="A")
    test.button(key="write").click().run()
    steps = [each.value for each in sound(test).status[0].markdown]
    assert [step[:2] for step in steps] == ["1.", "2.", "3.", "4.", "5."]
    assert "- total cost: 400 USD [1]" in "\n".join(each.value for each in test.markdown)
    assert "It cites 2 of 2 facts." in captions(test)
    again = page(tab="Insights History")
    assert "- total cost: 400 USD [1]" in "\n".join(each.value for each in again.markdown)
    sound(page(tab="AI Insights").button(key="write").click().run())
    compared = page(tab="Insights History")
    _, older = kept_reports(DuckDBSession(tmp_path / "warehouse.db"), "Tasks")
    compared.selectbox(key="history_other").set_value(older.id).run()
    frame = next(each.value for each in sound(compared).dataframe if "change" in each.value)
    assert dict(zip(frame["fact"], frame["change"], strict=True))["total cost"] == "+50.0%"
    compared.button(key="history_forget").click().run()
    assert len(sound(compared).selectbox(key="history_report").options) == 1


def test_the_explorer(page: Page) -> None:
    test = page(tab="Data Explorer")
    overview = test.dataframe[0].value
    assert overview["table"].tolist() == ["tasks", "crews"]
    assert overview["records"].tolist() == [3, 2]
    assert overview["last synced"].tolist()[0] == "2026-01-02 03:04:05"
    assert ":material/link: tasks (crew) → crews (crew)" in captions(test)
    arrivals = test.dataframe[1].value
    assert [tuple(each) for each in arrivals.itertuples(index=False)] == [("2026-01-02 03:04", "tasks", 3, 0)]
    for column in ("id", "crew", "cost", "hours", "day", "note"):
        sound(test.selectbox(key="f_column").select(column).run())
    test.text_input(key="f_find").set_value("corrective b").run()
    assert sound(test).dataframe[-1].value["id"].tolist() == ["3"]
    sound(test.selectbox(key="f_table").select("crews").run())


def test_the_explorer_is_under_the_filters_of_the_page(page: Page) -> None:
    test = page(tab="Data Explorer", in_crew="B")
    assert test.dataframe[-1].value["id"].tolist() == ["3"]
    assert test.dataframe[0].value["records"].tolist() == [3, 2]


@pytest.mark.parametrize("tab", ["Metrics", "AI Insights", "Insights History", "Data Explorer"])
@pytest.mark.parametrize("rows", [[], NULLS, TASKS[:1]], ids=["empty", "nulls", "one"])
def test_every_part_over_little_data(page: Page, tab: str, rows: list[Row]) -> None:
    test = page(rows, tab=tab)
    if tab == "AI Insights":
        test.button(key="write").click().run()
        sound(test)
    if tab == "Metrics" and not rows:
        assert told(test) == ["The table is empty: no record has arrived yet."]


def test_no_record_under_the_filters(page: Page) -> None:
    assert "No record fits these filters. Clear or widen them." in told(page(search="nothing has this"))


def test_a_warehouse_that_is_gone_is_told_in_words(page: Page, tmp_path: Path) -> None:
    test = page()
    (tmp_path / "warehouse.db").unlink()
    test.run()
    assert [each.value for each in test.exception] == []
    assert "There is no warehouse at" in test.error[0].value


def test_a_hundred_thousand_records(page: Page, tmp_path: Path) -> None:
    many(tmp_path, 100_000)
    began = time.perf_counter()
    test = page()
    took = time.perf_counter() - began
    assert "100,000 of 100,000 records" in captions(test)
    # A second or so; ten of them would be lag on any machine.
    assert took < 10
    assert max(len(each.value) for each in test.dataframe) <= 200
