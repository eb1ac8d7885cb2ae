"""A dictionary says what a connector is, from its assembly alone: names, types, meanings, and where each value comes from."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

import connector_fts
import connector_mso
from cases.support import plugin_of
from connector_build.catalog.dictionary import dictionary_of
from connector_build.catalog.entries import Dictionary, Input, Lineage, Relation
from connector_build.project.making import dictionary
from connector_core import (
    Aggregate,
    Column,
    DerivedField,
    Dimension,
    Nested,
    Paginator,
    Parent,
    Setting,
    SinglePage,
    Table,
    Transform,
    UpdatedSince,
    count,
    flatten,
    hashed,
    maximum,
    ratio,
    rename,
    total,
)
from connector_core.basics.names import COLUMN_TYPES, stored_name
from connector_core.plugin.assembly import Plugin, assemble
from places import ROOT

COLUMNS: Mapping[str, str | Column] = {
    "orderId": Column("STRING", "identifier of the order"),
    "mail": Column("STRING", "of the buyer", pii=True),
    "cost": Column("DOUBLE", "in USD"),
    "hours": "LONG",
    "at": "UTC_DATETIME",
    "address": "JSON",
}
ORDERS = Table("orders2", "/orders", "data.items", ["orderId"], COLUMNS, description="one order")
LINES = Table(
    "order_lines",
    "/orders/{parent.orderId}/lines",
    "lines",
    ["id", "order"],
    {"id": "STRING", "order": "STRING", "region": "STRING", "n": "LONG"},
    parent=Parent("orders2", adds={"order": "orderId", "region": "shop.region"}, changed="at"),
)


def of(*tables: Table, transforms: Any = (), extras: Any = (), settings: Any = (), **switch: Any) -> Dictionary:
    plugin = plugin_of(*(tables or (ORDERS,)), transforms=transforms, extra_tables=extras, settings=settings)
    return dictionary_of(assemble([plugin], **switch), "orders", version="2.0", summary="Orders: what was bought")


def api(*fields: str) -> tuple[Input, ...]:
    return tuple(Input("api", "/orders", field) for field in fields)


def test_a_dictionary_says_what_a_connector_is() -> None:
    setting = Setting("region", "Region", "Where the shop is.", "eu", kind="choice", choices=("eu", "us"))
    found = of(evolve(ORDERS, params={"region": "{settings.region}"}), settings=[setting])
    assert (found.dataset, found.title, found.version, found.summary) == ("orders", "Orders", "2.0", "what was bought")
    [table] = found.tables
    assert (table.name, table.stored_name, table.kind, table.description) == ("orders2", "orders_2", "source", "one order")
    assert (table.primary_key, table.source, table.parent, table.newest) == (("orderId",), None, None, None)
    assert table.api is not None
    assert (table.api.method, table.api.path, table.api.records, table.api.format) == ("GET", "/orders", "data.items", "JSON")
    assert table.reading.startswith("orders2 is read whole")
    key, mail = table.column("orderId"), table.column("mail")
    assert (key.stored_name, key.type, key.description) == ("order_id", "STRING", "identifier of the order")
    assert (key.key, key.nullable, key.pii, mail.key, mail.nullable, mail.pii) == (True, False, False, False, True, True)
    region = next(setting for setting in found.settings if setting.name == "region")
    assert (region.label, region.description, region.choices, region.required) == (
        "Region",
        "Where the shop is.",
        ("eu", "us"),
        False,
    )


@pytest.mark.parametrize(
    ("summary", "title", "rest"),
    [
        ("ORDERS: what was bought", "ORDERS", "what was bought"),
        ("Shops: what was bought", "orders", "Shops: what was bought"),
        ("", "orders", ""),
    ],
)
def test_a_title_is_the_name_as_the_summary_writes_it(summary: str, title: str, rest: str) -> None:
    found = dictionary_of(assemble([plugin_of(ORDERS)]), "orders", summary=summary)
    assert (found.title, found.summary) == (title, rest)


def test_each_column_says_where_it_comes_from() -> None:
    found = of(
        transforms=[
            Transform("names", rename({"cost": "price", "note": "remark"})),
            Transform("flat", flatten("address"), columns={"address_city": "STRING", "address_geo_lat": "DOUBLE"}),
            Transform("hide", hashed("mail", salt="x")),
            DerivedField("per_hour", ratio("price", "hours")),
            DerivedField("share", len, description="of the whole"),
            Transform("whole", dict, columns={"hours": "DOUBLE", "day": "NAIVE_DATE"}, removes=["hours"]),
        ],
    )
    [table] = found.tables
    lineage = {column.name: column.lineage for column in table.columns}
    assert lineage["at"] == Lineage("api", api("at"), how="the field at of the API")
    assert lineage["price"] == Lineage("api", api("cost"), ("names",), how="the field cost of the API")
    assert lineage["address_city"] == Lineage("api", api("address.city"), ("flat",), how="the field address.city of the API")
    assert lineage["address_geo_lat"].inputs == api("address"), "which key of it, the name does not say"
    assert lineage["mail"] == Lineage("api", api("mail"), ("hide",), hidden=True, how="hash of the field mail of the API")
    assert lineage["per_hour"] == Lineage(
        "transform", api("cost", "hours"), ("per_hour",), how="price divided by hours; 0 where hours is not above 0"
    )
    assert lineage["share"] == Lineage("transform", (), ("share",), how="made by share: of the whole")
    assert lineage["hours"] == Lineage("api", api("hours"), ("whole",), how="the field hours of the API")
    assert lineage["day"] == Lineage("transform", (), ("whole",), how="made by whole, of the whole record")
    assert table.transforms == ("names", "flat", "hide", "per_hour", "share", "whole")


def test_extra_tables_say_what_they_are_made_from() -> None:
    extras = [
        Aggregate("buyers", ["mail"], {"n": count(), "sum": total("cost"), "last": maximum("at")}),
        Dimension("shops", ["orderId"], ["hours"], newest="at", description="where it was bought"),
        Dimension("off", ["orderId"], ["cost"], newest="at", default=False),
    ]
    found = of(extras=extras)
    assert [table.name for table in found.tables] == ["orders2", "buyers", "shops"]
    buyers, shops = found.table("buyers"), found.table("shops")
    assert (buyers.kind, buyers.source, buyers.primary_key, buyers.api) == ("aggregate", "orders2", ("mail",), None)
    assert (shops.kind, shops.newest, shops.description) == ("dimension", "at", "where it was bought")
    assert buyers.description == "one row for each mail of orders2, with what its records add up to"
    assert buyers.column("sum").lineage == Lineage(
        "table", (Input("table", "orders2", "cost"),), measure="total", how="sum of cost"
    )
    assert (buyers.column("n").nullable, buyers.column("sum").nullable, buyers.column("mail").nullable) == (False, True, False)
    assert buyers.column("n").lineage.inputs == ()
    assert shops.column("hours").lineage.how == "hours of the newest record, by at"
    assert found.relations == (
        Relation("aggregate", "orders2", ("mail",), "buyers", ("mail",)),
        Relation("dimension", "orders2", ("orderId",), "shops", ("orderId",)),
    )
    options = {option.name: option for option in found.options}
    assert [(option.enabled, option.default) for option in options.values()] == [(True, True), (True, True), (False, False)]
    assert options["buyers"].columns == ("mail", "n", "sum", "last")
    assert options["off"].cost.startswith("No further request: each sync reads the whole of orders2 anyway.")


def test_a_child_says_whose_it_is() -> None:
    found = of(ORDERS, LINES)
    lines = found.table("order_lines")
    assert lines.kind == "child"
    assert lines.parent is not None
    assert (lines.parent.table, lines.parent.adds, lines.parent.changed) == (
        "orders2",
        {"order": "orderId", "region": "shop.region"},
        "at",
    )
    assert lines.column("order").lineage == Lineage(
        "parent", api("orderId"), how="orderId of the record of orders2 that it belongs to"
    )
    assert lines.column("n").lineage.inputs == (Input("api", "/orders/{parent.orderId}/lines", "n"),)
    assert found.relations == (Relation("child", "order_lines", ("order",), "orders2", ("orderId",)),)


def test_a_relation_follows_the_names_that_transforms_give() -> None:
    renamed = Transform("names", rename({"orderId": "order_key", "mail": "orderId"}))
    hidden = Transform("hide", hashed("orderId", salt="x"))
    region = evolve(
        LINES, parent=Parent("orders2", adds={"order": "orderId", "by": "mail"}), columns={**LINES.columns, "by": "STRING"}
    )
    key = Table("orders2", "/orders", "items", ["at"], COLUMNS)
    assert of(key, region, transforms=[renamed]).relations == (
        Relation("child", "order_lines", ("order", "by"), "orders2", ("order_key", "orderId")),
    )
    assert of(key, region, transforms=[hidden]).relations == (Relation("child", "order_lines", ("by",), "orders2", ("mail",)),)


def test_what_is_switched_off_leaves_no_trace_but_an_option() -> None:
    extras = [Dimension("shops", ["orderId"], ["hours"], newest="at")]
    transforms = [DerivedField("share", ratio("cost", "hours"))]
    off = of(extras=extras, transforms=transforms, disable=["shops", "share"])
    assert evolve(off, options=()) == of()
    assert [(option.name, option.enabled) for option in off.options] == [("share", False), ("shops", False)]


def keys_of(value: Any) -> set[str]:
    """Every key of *value*, at any depth, but those that a plugin chose."""
    match value:
        case dict():
            return set(value) | {key for name, part in value.items() if name != "adds" for key in keys_of(part)}
        case list():
            return {key for part in value for key in keys_of(part)}
    return set()


def test_the_docs_explain_every_key() -> None:
    page = (ROOT / "docs/dictionary.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"`(\w+)`", page.partition("## The file")[2]))
    extras = [Aggregate("buyers", ["mail"], {"n": count()})]
    keys = keys_of(of(ORDERS, LINES, transforms=[DerivedField("share", len)], extras=extras).as_json())
    assert len(keys) > 50
    assert keys - explained == set()


def test_the_example_in_the_docs_runs() -> None:
    page = (ROOT / "docs/dictionary.md").read_text(encoding="utf-8")
    exec(page.partition("```python\n")[2].partition("```")[0], {})  # noqa: S102  (the page of this repository)


@pytest.mark.parametrize("module", [connector_fts, connector_mso])
def test_the_json_is_plain_and_the_same_each_time(module: Any) -> None:
    every = [option.name for option in assemble([Plugin("ours", module)]).options]
    assembly = assemble([Plugin("ours", module, "1.0")], enable=every)
    one, other = (json.dumps(dictionary_of(assembly, "ours").as_json()) for _ in range(2))
    assert one == other
    assert json.loads(one) == dictionary_of(assembly, "ours").as_json()
    assert json.loads(one)["plugins"] == [{"name": "ours", "version": "1.0"}]


def test_the_dictionary_of_an_installed_dataset() -> None:
    found = dictionary("fts", enable=("fts_technicians",))
    assert (found.title, found.version) == ("FTS", "0.1.0")
    assert [table.name for table in found.tables] == ["fts_records", "fts_technicians"]
    assert [(option.name, option.enabled) for option in found.options] == [("cost_per_hour", False), ("fts_technicians", True)]
    assert [each.name for each in found.plugins] == ["connector-fts"]
    assert found.table("fts_technicians").column("total_tasks").description == "number of records"


NAMES = st.text("abcdefgh", min_size=1, max_size=6).map(lambda name: f"c{name}")
TEXTS = st.text(max_size=30)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    kinds = st.sampled_from(sorted(COLUMN_TYPES - {"JSON"}))
    columns = draw(st.dictionaries(NAMES, st.builds(Column, kinds, TEXTS, pii=st.booleans()), min_size=2, max_size=8))
    return Table("made_up", "/made", "made", [next(iter(columns))], columns, description=draw(TEXTS))


@given(table=tables(), old=st.integers(0), new=NAMES, numerator=st.integers(0), by=st.integers(0))
def test_every_column_is_there_and_comes_from_one_that_is(table: Table, old: int, new: str, numerator: int, by: int) -> None:
    names = [name for name in table.columns if name not in table.primary_key]
    renamed = names[old % len(names)]
    new = f"new_{new}"
    left = [new if name == renamed else name for name in table.columns]
    found = of(
        table,
        transforms=[
            Transform("names", rename({renamed: new})),
            DerivedField("share", ratio(left[numerator % len(left)], new)),
        ],
        extras=[Aggregate("groups", [left[by % len(left)]], {"how_many": count()})],
    )
    made, groups = found.tables
    assert [column.name for column in made.columns] == [*(name for name in left if name != new), new, "share"]
    for column in made.columns:
        assert column.stored_name == stored_name(column.name)
        assert {each.field for each in column.lineage.inputs} <= set(table.columns)
        assert column.lineage.inputs
    assert made.column(new).description == table.declared[renamed].description
    assert made.column(new).pii == table.declared[renamed].pii
    for column in groups.columns:
        assert {each.field for each in column.lineage.inputs} <= {each.name for each in made.columns}
    assert json.loads(json.dumps(found.as_json()))["tables"][0]["description"] == table.description


def test_a_nested_list_has_its_own_kind_lineage_and_relation() -> None:
    lines = Nested("orders2_lines", "address.lines", ("order", "n"), {"order": "orderId"}, {"street": "STRING"}, "n")
    found = of(extras=[lines])
    table = found.tables[1]
    assert (table.kind, table.source, table.primary_key, table.newest) == ("nested", "orders2", ("order", "n"), None)
    assert table.description == "one row for each entry of address.lines of orders2"
    assert "lines that vanish from their record are deleted" in table.reading
    assert table.column("order").lineage.inputs == (Input("table", "orders2", "orderId"),)
    assert table.column("street").lineage.inputs == (Input("table", "orders2", "address"),)
    assert table.column("street").lineage.how == "the field street of the entry of address.lines"
    assert found.relations == (Relation("nested", "orders2_lines", ("order",), "orders2", ("orderId",)),)
    [option] = found.options
    assert (option.kind, option.columns) == ("nested", ("order", "n", "street"))
    assert "one read of the whole feed when it is switched on" in option.cost


@pytest.mark.parametrize(
    ("parent", "words"),
    [
        (
            Parent("orders2", {"order": "orderId"}, changed="at"),
            "13 bytes for each record of orders2, so that 750,000",
        ),
        (Parent("orders2", {"order": "orderId"}, changed="at", incremental=True), "one place however many there are"),
        (Parent("orders2", {"order": "orderId"}), "for each of them whole in each sync"),
    ],
)
def test_it_is_said_what_a_child_table_takes_of_the_state(parent: Parent, words: str) -> None:
    paginators: dict[str, Paginator] = {"orders2": UpdatedSince("since", "at"), "order_lines": SinglePage()}
    child = evolve(LINES, parent=parent, columns={"id": "STRING", "order": "STRING"})
    found = dictionary_of(assemble([plugin_of(ORDERS, child, paginator=paginators)]), "orders")
    assert words in found.tables[1].reading
