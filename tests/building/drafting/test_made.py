"""What a draft says, made: words as values, tables that cannot be built left out by name, and settings that nothing reads."""

import pytest

from connector_build.drafting.draft import Call, Draft, Pair, TableDraft, Value, todo
from connector_build.drafting.made import assembled, kept, made, trouble
from connector_build.drafting.named import Names
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError
from connector_core import Parent, ignore


def table(name: str = "crews", **options: Value) -> TableDraft:
    said: dict[str, Value] = {"name": name, "path": f"/{name}", "records": name, "primary_key": ["id"], "columns": {"id": "LONG"}}
    return TableDraft({**said, **options}, Call("SinglePage"))


def child(parent: str) -> dict[str, Value]:
    return {
        "path": "/x/{parent.id}",
        "columns": {"id": "LONG", "up": "LONG"},
        "parent": Call("Parent", (parent,), {"adds": {"up": "id"}}),
    }


def test_words_become_values_and_what_is_wrong_with_them_a_sentence() -> None:
    assert made(todo(Call("Parent", ("crews",), {"adds": {"crew": "id"}}), "")) == Parent("crews", {"crew": "id"})
    assert "adds is {}" in trouble(Call("Parent", ("crews",)))
    assert "takes no argument no" in trouble(Call("SinglePage", (), {"no": 1}))
    assert trouble(Call("SinglePage")) == ""


def test_pairs_and_durations_are_written_as_the_core_takes_them() -> None:
    rule = Call("ignore", (), {"content": Pair(("code", "GONE"))})
    paginator = Call("UpdatedSince", ("since", "id", Call("SinglePage")), {"lookback": Call("timedelta", (), {"days": 2})})
    draft = Draft("crew", "Crew", (TableDraft({**table().table, "errors": [rule]}, paginator),))
    text = plugin_text(draft)
    assert text.count("from datetime import timedelta\n\nfrom connector_core import") == 1
    assert 'ignore(content=("code", "GONE"))' in text
    assert assembled(draft).tables[0].table.errors == (ignore(content=("code", "GONE")),)


def test_a_table_that_cannot_be_built_is_left_out_with_its_children_and_named() -> None:
    broken = table("broken", path=todo("no slash", "what it was"))
    draft = Draft("crew", "Crew", (table(), broken, table("below", **child("broken")), table("fine", **child("crews"))))
    left = kept(draft)
    assert [each.name for each in left.tables] == ["crews", "fine"]
    assert left.remarks[0].startswith("TODO: broken is left out: ")
    assert left.remarks[0].endswith("; what it was")
    assert left.remarks[1] == "TODO: below is left out: its parent broken is left out"


def test_where_no_table_is_left_the_first_is_named() -> None:
    with pytest.raises(BuildError, match=r"no table of it can be built\. The first one is crews: Table crews: path is"):
        kept(Draft("crew", "Crew", (table(path="x"), table("more", **child("crews")))))


def test_parents_in_a_circle_are_left_out() -> None:
    draft = Draft("crew", "Crew", (table(), table("one", **child("two")), table("two", **child("one"))))
    assert [each.name for each in kept(draft).tables] == ["crews"]


def test_settings_that_nothing_reads_go() -> None:
    settings = (Call("base_url", ("https://api.example.com",)), Call("Setting", ("read",)), Call("Setting", ("idle",)))
    draft = Draft("crew", "Crew", (table(params={"a": "{settings.read}"}),), settings=settings)
    assert [setting.name for setting in assembled(kept(draft)).settings if setting.name in ("read", "idle")] == ["read"]


def test_names_are_given_once_also_in_the_destination() -> None:
    names = Names(["taken"])
    given = [names.given(wish) for wish in ("Orders", "orders", "order s", "taken", "top10", "top_10", "1st", "sample")]
    assert given == ["orders", "orders_no_2", "order_s", "taken_no_2", "top10", "top_10_no_2", "n_1st", "sample"]
    assert names.given("orders", "crews_orders") == "crews_orders"
    assert len(names.given("x" * 500)) == 60
