"""Groups held against each other, columns that are not there, and the choices that no filter is."""

from datetime import date

import pandas as pd
import pytest

from app_support import Row, in_memory
from connector_app.asking.filters import NOTHING, Filters, Text
from connector_app.asking.measures import Quantity
from connector_app.asking.peers import Peers, peers
from connector_app.asking.rows import Rows
from connector_app.page.drawing import line_at
from connector_app.page.peers import peers_chart

COST = Quantity("cost", "cost", "USD", "lower")


def task(number: int, crew: str | None, cost: float | None) -> Row:
    return (str(number), crew, "Predictive", cost, 1, date(2026, 1, 5), None, False)


def crews(**costs: list[float]) -> Rows:
    tasks = [(crew, cost) for crew, all_of_it in costs.items() for cost in all_of_it]
    return Rows(in_memory([task(number, *each) for number, each in enumerate(tasks)]), "tasks")


def standings(found: Peers) -> dict[str, str]:
    return dict(zip(found.frame["category"], found.frame["standing"], strict=True))


CHEAP, MIDDLE, DEAR = [100.0, 101, 102] * 4, [200.0, 201, 202] * 4, [300.0, 301, 302] * 4


def test_the_medians_and_where_they_stand() -> None:
    found = peers(crews(a=CHEAP, b=MIDDLE, c=DEAR), "crew", COST)
    assert found.frame["category"].tolist() == ["c", "b", "a"]
    assert found.frame["value"].tolist() == [301, 201, 101]
    assert (found.middle, found.groups) == (201, 3)
    assert standings(found) == {"a": "better", "b": "even", "c": "worse"}
    # The quartiles of 100, 100, 100, 100, 101, 101, 101, 101, 102, 102, 102, 102 are 100 and 102.
    assert found.frame["high"].iloc[2] == pytest.approx(101 + 1.57 * 2 / 12**0.5)


def test_extreme_records_move_nothing() -> None:
    found = peers(crews(a=[*CHEAP, 1e9], b=[*MIDDLE, 1e9], c=[*DEAR, 1e9]), "crew", COST)
    assert standings(found) == {"a": "better", "b": "even", "c": "worse"}


def test_small_groups_are_judged_by_nobody_and_do_not_move_the_middle() -> None:
    found = peers(crews(a=CHEAP, b=MIDDLE, c=DEAR, d=[1.0], e=[2.0], f=[3.0]), "crew", COST)
    assert [standings(found)[each] for each in "def"] == ["few"] * 3
    assert found.middle == 201
    assert peers(crews(d=[1.0], e=[3.0]), "crew", COST).middle == 2


def test_neither_way_is_good_news() -> None:
    found = peers(crews(a=CHEAP, b=MIDDLE, c=DEAR), "crew", Quantity("cost", "cost"))
    assert standings(found) == {"a": "apart", "b": "even", "c": "apart"}


def test_groups_without_a_value_and_records_without_a_group() -> None:
    rows = Rows(in_memory([task(1, "a", None), task(2, None, 5.0)]), "tasks")
    assert peers(rows, "crew", COST).frame["category"].tolist() == [NOTHING]
    none = peers(rows.only("crew", "a"), "crew", COST)
    assert (len(none.frame), none.middle, none.groups) == (0, None, 0)


def test_an_expression_groups_too() -> None:
    found = peers(crews(a=CHEAP, b=DEAR), "CASE WHEN cost < 200 THEN 'cheap' ELSE 'dear' END", COST)
    assert sorted(found.frame["category"]) == ["cheap", "dear"]


def test_the_largest_groups_are_shown() -> None:
    found = peers(crews(a=CHEAP, b=[*MIDDLE, 200.0], c=DEAR), "crew", COST, first=1)
    assert (found.frame["category"].tolist(), found.groups) == (["b"], 3)


def test_a_legend_says_what_a_colour_means() -> None:
    drawn = peers_chart(peers(crews(a=CHEAP, b=MIDDLE, c=DEAR), "crew", COST), COST, "crew").to_dict()
    scale = next(layer["encoding"]["color"]["scale"] for layer in drawn["layer"] if "color" in layer["encoding"])
    assert scale["domain"] == ["better than its peers", "worse than its peers", "not told from its peers"]


def test_a_line_at_no_value_is_none() -> None:
    data = line_at(None, "y", "target").data
    assert isinstance(data, pd.DataFrame)
    assert data.empty


def test_a_column_that_is_not_there_is_empty() -> None:
    session = in_memory([task(1, "a", 5.0)])
    rows = Rows(session, "tasks", expected={"cost": "number", "saved": "number", "author": "text", "due": "date"})
    found = rows.ask("SUM(saved) AS saved, MAX(author) AS author, MAX(due) AS due, SUM(cost) AS cost").iloc[0]
    assert found.isna().tolist() == [True, True, True, False]
    assert not rows.has("saved")
    assert rows.page(0).columns.tolist() == ["id", "crew", "kind", "cost", "hours", "day", "note"]
    assert rows.under(Filters(text=Text(("kind",), "predictive"))).count() == 1
