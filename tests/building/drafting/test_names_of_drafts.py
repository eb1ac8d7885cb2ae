"""Whatever an API and a dataset are called, the names that a draft gives are ones that its own check takes."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connector_build.drafting.draft import Call
from connector_build.drafting.draft import bare as plain
from connector_build.drafting.named import Names
from connector_build.drafting.probing.asking import Asker
from connector_build.drafting.probing.drafted import Access, Drafted, drafted
from connector_build.drafting.probing.positions import Given
from connector_build.drafting.writing import plugin_text, table_name_of
from connector_build.testing import check_contract
from connector_core import Page
from connector_core.basics.names import stored_name

DATASETS = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True).map(lambda name: f"zz{name}")  # nothing is imported by it
FIELDS = st.from_regex(r"[A-Za-z][A-Za-z0-9_ -]{0,10}|[0-9][a-z]{1,3}|[\u00c0-\u00ff]{1,3}", fullmatch=True)
RULES = ["names", "extra_table_names", "distinct_names"]


def draft_of(dataset: str, path: str, key: str, listed: str, line: str, note: str = "note") -> Drafted:
    def lines(number: int) -> list[dict[str, Any]]:
        return [{line: f"{number}-{at}", note: at // 2} for at in range(2)]

    rows = [{key: f"o{number}", listed: lines(number), f"{listed}2": lines(number)} for number in range(6)]
    return drafted(
        dataset, Given.of(f"/{path}", {}, {}, None), Access("https://a.example.com"), Asker(lambda _: Page(rows, []), 5)
    )


def failing(found: Drafted) -> list[str]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"{found.draft.name}.py"
        file.write_text(plugin_text(found.draft), encoding="utf-8")
        return [f"{each.rule}: {each.message}" for each in check_contract(str(file), rules=RULES) if each.status != "pass"]


@settings(max_examples=30, deadline=None)
@given(DATASETS, FIELDS, FIELDS.map("{}Id".format), FIELDS, FIELDS.map("{} id".format))
@example("bad", "orders", "orderId", "lines", "lineId")
@example("orders2", "orders2", "orderId2", "lineItems", "lineId")
@example("b_", "2024", "Id", "Id2", "ID")
def test_names_of_ours_are_those_of_the_destination(dataset: str, path: str, key: str, listed: str, line: str) -> None:
    assert failing(draft_of(dataset, path, key, listed, line, f"{path}_{key}")) == []


@pytest.mark.parametrize(
    ("dataset", "extra", "added"),
    [
        ("orders", "orders_lines", "orders_order_id"),
        ("bad", "bad_orders_lines", "orders_order_id"),
        ("top10", "top_10_orders_lines", "orders_order_id"),
    ],
)
def test_a_nested_list_is_called_after_its_dataset_and_its_table(dataset: str, extra: str, added: str) -> None:
    found = draft_of(dataset, "orders", "orderId", "lines", "lineId")
    call = plain(found.table.extra_tables[0])
    assert isinstance(call, Call)
    assert (call.args, call.options["adds"]) == ((extra,), {added: "orderId"})
    assert failing(found) == []


@given(st.lists(st.text(max_size=20), max_size=5))
def test_tables_are_called_as_they_are_in_the_destination(wishes: list[str]) -> None:
    names = Names(called=table_name_of)
    given_names = [names.given(wish) for wish in wishes]
    assert [stored_name(name) for name in given_names] == given_names
    assert len(set(given_names)) == len(given_names)
