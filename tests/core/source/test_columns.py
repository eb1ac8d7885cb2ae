"""Column: what a plugin says about a column, wherever a type may stand."""

from typing import Any

import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError

import connector_fts
import connector_mso
from cases.support import plugin_of
from connector_core import (
    Aggregate,
    Column,
    DerivedField,
    Dimension,
    PluginError,
    Table,
    Transform,
    count,
    hashed,
    maximum,
    minimum,
    ratio,
    rename,
    total,
)
from connector_core.plugin.assembly import Plugin, TablePlan, assemble

COST = Column("DOUBLE", "cost of the material, in USD", null=["", "n/a"])
MAIL = Column("STRING", "of the person who ordered", pii=True)
COLUMNS: dict[str, str | Column] = {"id": "STRING", "cost": COST, "mail": MAIL, "at": Column("UTC_DATETIME"), "list": "JSON"}
TABLE = Table("orders", "/orders", "orders", ["id"], COLUMNS)
WRONG: Any = [b"no text"]
"""What no type checker would let pass."""


def plan(*, transforms: list[Transform | DerivedField] | None = None, extras: list[Any] | None = None) -> TablePlan:
    return assemble([plugin_of(TABLE, transforms=transforms or [], extra_tables=extras or [])]).tables[0]


def test_a_table_tells_its_types_and_its_columns() -> None:
    assert TABLE.columns == {"id": "STRING", "cost": "DOUBLE", "mail": "STRING", "at": "UTC_DATETIME", "list": "JSON"}
    assert TABLE.declared["cost"] is COST
    assert TABLE.declared["id"] == Column("STRING")
    assert evolve(TABLE, path="/other").declared["cost"] is COST


def test_a_column_does_not_change_what_the_sdk_is_told() -> None:
    plain = Table("orders", "/orders", "orders", ["id"], dict(TABLE.columns))
    of_plain = assemble([plugin_of(plain)])
    assert assemble([plugin_of(TABLE)]).schema == of_plain.schema


def test_a_column_is_frozen_and_equal_to_one_that_says_the_same() -> None:
    assert Column("DOUBLE", "cost of the material, in USD", null=("", "n/a")) == COST
    assert len({COST, MAIL, Column("STRING", "of the person who ordered", pii=True)}) == 2
    with pytest.raises(FrozenInstanceError):
        COST.type = "STRING"  # type: ignore[misc]


def test_what_is_said_of_a_column_goes_where_its_values_go() -> None:
    found = plan(
        transforms=[
            Transform("names", rename({"cost": "price"})),
            Transform("hide", hashed("mail", salt="x")),
            Transform("add", lambda record: record, columns={"day": Column("NAIVE_DATE", "when")}),
            DerivedField("share", len, type=Column("DOUBLE", "of the whole")),
        ],
        extras=[
            Aggregate("days", ["at"], {"n": count("how many"), "dearest": maximum("price"), "sum": total("price", "in all")}),
            Dimension("people", ["mail"], ["price"], newest="at"),
        ],
    )
    assert found.declared["price"] is COST
    assert found.declared["mail"] == evolve(MAIL, null=())
    assert (found.declared["day"].description, found.declared["share"].description) == ("when", "of the whole")
    days, people = found.extra_declared["days"], found.extra_declared["people"]
    assert (days["n"].description, days["dearest"].description, days["sum"].description) == (
        "how many",
        "largest value of price (cost of the material, in USD)",
        "in all",
    )
    assert (people["mail"].pii, people["price"].description) == (True, COST.description)
    assert found.extra_columns["days"] == {"at": "UTC_DATETIME", "n": "LONG", "dearest": "DOUBLE", "sum": "DOUBLE"}


def test_what_is_made_of_columns_says_what_it_is() -> None:
    share = DerivedField("share", ratio("cost", "id"))
    half = DerivedField("half", len, description="half of it")
    days = Aggregate("days", ["at"], {"n": count(), "sum": total("cost"), "first": minimum("mail")})
    people = Dimension("people", ["mail"], ["cost"], newest="at")
    told = Dimension("told", ["mail"], ["cost"], newest="at", description="who orders")
    assembly = assemble([plugin_of(TABLE, transforms=[share, half], extra_tables=[days, people, told])])
    [found] = assembly.tables
    assert {name: column.description for name, column in found.extra_declared["days"].items()} == {
        "at": "",
        "n": "number of records",
        "sum": "sum of cost (cost of the material, in USD)",
        "first": "smallest value of mail (of the person who ordered)",
    }
    assert found.declared["share"].description == "cost divided by id; 0 where id is not above 0"
    assert found.declared["half"].description == half.description == "half of it"
    assert {option.name: option.description for option in assembly.options} == {
        "share": "cost divided by id; 0 where id is not above 0",
        "half": "half of it",
        "days": "one row for each at of orders, with what its records add up to",
        "people": "one row for each mail of orders, with the values of its newest record (by at)",
        "told": "who orders",
    }


def test_a_derived_field_says_what_its_column_says() -> None:
    of_column = DerivedField("share", ratio("a", "b"), type=Column("LONG", "of the column", pii=True))
    assert of_column.column
    assert (of_column.description, of_column.column.description) == ("of the column", "of the column")
    both = evolve(of_column, description="of the field")
    assert both.column == Column("LONG", "of the field", pii=True)


def test_a_description_makes_no_other_table() -> None:
    days = Aggregate("days", ["at"], {"n": count()})
    for value in (TABLE, days, Dimension("people", ["mail"], ["cost"], newest="at"), Transform("hide", dict)):
        said = evolve(value, description="something for people")
        assert said.description == "something for people"
        assert (said, repr(said)) == (value, repr(value)), "what a state or a lock goes by is the same"


@pytest.mark.parametrize("module", [connector_fts, connector_mso])
def test_every_column_of_ours_says_what_it_is(module: Any) -> None:
    everything = [option.name for option in assemble([Plugin("ours", module)]).options]
    assembly = assemble([Plugin("ours", module)], enable=everything)
    for plan in assembly.tables:
        assert plan.table.description
        for columns in (plan.declared, *plan.extra_declared.values()):
            assert [name for name, column in columns.items() if not column.description] == []
    assert all(option.description for option in assembly.options)


def test_a_plain_type_stays_fine() -> None:
    made = DerivedField("share", len)
    assert (made.type, made.columns, made.column) == ("DOUBLE", {"share": "DOUBLE"}, Column("DOUBLE"))
    assert DerivedField("share", len, "LONG") == DerivedField("share", len, Column("LONG"))
    assert Transform("add", dict, columns={"a": "LONG"}).columns == {"a": "LONG"}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Column("TEXT"), "A column is declared as 'TEXT'. The SDK takes"),
        (lambda: Column("double"), r"as 'double' \(did you mean DOUBLE\?\)"),
        (lambda: Column("DECIMAL(2,3)"), r"as 'DECIMAL\(2,3\)'"),
        (lambda: Column("DOUBLE", null=""), r"null is ''. Write a list"),
        (lambda: Column("DOUBLE", null=[None]), "null has None in it"),
        (lambda: Column("DOUBLE", null=[[]]), r"null has \[\] in it"),
        (lambda: Column("DOUBLE", WRONG), r"its description is \[b'no text'\]. Write a text"),
        (lambda: Column("DOUBLE", pii=WRONG), r"pii is \[b'no text'\]. Write True or False"),
        (lambda: Table("t", "/t", "t", ["id"], {"id": "TEXT"}), "Table t declares column 'id' as 'TEXT'"),
        (lambda: Table("t", "/t", "t", ["id"], WRONG), "Table t: columns must be a dict, not list"),
        (lambda: DerivedField("share", len, type="NUMBER"), "DerivedField share declares column 'share' as 'NUMBER'"),
        (lambda: Transform("add", dict, columns={"a": WRONG}), "Transform add declares column 'a' as"),
        (lambda: count(WRONG), "Measure count: its description is"),
        (lambda: evolve(TABLE, description=WRONG), r"Table orders: description is list .* It takes a text"),
        (lambda: Aggregate("a", ["b"], {"n": count()}, description=WRONG), "Aggregate a: description is list"),
        (lambda: Dimension("a", ["b"], ["c"], "d", description=WRONG), "Dimension a: description is list"),
        (lambda: Transform("a", dict, description=WRONG), "Transform a: description is list"),
        (lambda: DerivedField("a", len, description=WRONG), "DerivedField a: description is list"),
    ],
)
def test_what_cannot_be_used_is_told(make: Any, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        make()
