"""Cases E: values have the type of their column, wherever they are stored, compared, added up or told of."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from cases.support import Call, Connection, Reply, connect, items, plugin_of, serving
from connector_core import (
    Aggregate,
    Column,
    ConnectorError,
    Csv,
    DerivedField,
    Dimension,
    PluginError,
    SinglePage,
    Table,
    Transform,
    count,
    maximum,
    minimum,
    only_if,
    ratio,
    rename,
    tombstones,
    total,
)
from connector_core.basics.names import same_stored
from connector_core.engine import forms
from connector_core.plugin.assembly import assemble

Rows = list[dict[str, Any]]


class Source:
    """An API of one page, whose records a test may change from sync to sync."""

    def __init__(self, records: Rows) -> None:
        self.records = records
        self.more: dict[str, Any] = {}

    def __call__(self, call: Call) -> Any:
        return {"items": self.records, **self.more}


def synced(table: Table, records: Rows, check: Callable[[Connection, Source], object], **parts: Any) -> None:
    """Sync *records* once, and let *check* look at what came of it."""
    source = Source(records)
    source.more = {table.deleted: []} if table.deleted else {}
    with serving(source) as api:
        connection = connect(api, table, paginator=SinglePage(), **parts)
        connection.sync()
        check(connection, source)


def typed(**columns: Any) -> Table:
    return items(columns={"id": "STRING", **columns})


def numbered(**values: list[Any]) -> Rows:
    """Records with the ids 1, 2 …, and the values of each column in turn."""
    return [
        {"id": str(number), **dict(zip(values, each, strict=True))}
        for number, each in enumerate(zip(*values.values(), strict=True), 1)
    ]


def warns_of_nothing(connection: Connection) -> None:
    assert connection.log.warnings == []


# E1


def test_e1_decimals_written_as_texts_compare_and_add_up_as_decimals() -> None:
    prices = Aggregate(
        "prices", ["kind"], {"dearest": maximum("price"), "cheapest": minimum("price"), "sum": total("price"), "n": count()}
    )
    newest = Dimension("newest", ["kind"], ["name"], newest="price")

    def check(connection: Connection, source: Source) -> None:
        assert connection.rows("prices") == [
            {"kind": "a", "dearest": Decimal("10.00"), "cheapest": Decimal("9.50"), "sum": Decimal("29.20"), "n": 3}
        ]
        assert connection.rows("newest") == [{"kind": "a", "name": "second"}]
        assert connection.assembly.schema[1]["columns"]["sum"] == {"type": "DECIMAL", "precision": 38, "scale": 2}

    synced(
        typed(kind="STRING", price="DECIMAL(10,2)", name="STRING"),
        numbered(kind=["a"] * 3, price=["9.50", "10.00", 9.7], name=["first", "second", "third"]),
        check,
        extra_tables=[prices, newest],
    )


def test_e1_a_total_of_decimals_is_exact_where_floats_are_not() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert connection.rows("sums")[0]["sum"] == Decimal("12345678901234567890.30")

    synced(
        typed(kind="LONG", price="DECIMAL(30,2)"),
        numbered(kind=[1] * 4, price=["0.10", "0.20", "12345678901234567890.00", None]),
        check,
        extra_tables=[Aggregate("sums", ["kind"], {"sum": total("price")})],
    )


@pytest.mark.parametrize("kind", ["STRING", "BOOLEAN", "NAIVE_DATE", "UTC_DATETIME", "JSON", "BINARY", "XML"])
def test_e1_a_total_of_what_is_no_number_is_refused_at_assembly(kind: str) -> None:
    sums = Aggregate("sums", ["id"], {"sum": total("price")})
    with pytest.raises(PluginError, match=f"sums: price is declared {kind}, which is no number, so it has no total"):
        assemble([plugin_of(typed(price=kind), extra_tables=[sums])])


def test_e1_keys_are_ordered_by_their_type_among_ties() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert connection.rows("newest") == [{"kind": "a", "name": "ten"}]

    synced(
        items(columns={"id": "LONG", "kind": "STRING", "name": "STRING", "at": "LONG"}),
        [{"id": 9, "kind": "a", "name": "nine", "at": 1}, {"id": "10", "kind": "a", "name": "ten", "at": 1}],
        check,
        extra_tables=[Dimension("newest", ["kind"], ["name"], newest="at")],
    )


# E2


@pytest.mark.parametrize(
    ("kind", "earlier", "later", "newest"),
    [
        ("UTC_DATETIME", "2024-01-31T10:00:00+02:00", "2024-01-31T09:00:00Z", datetime(2024, 1, 31, 9, tzinfo=UTC)),
        ("UTC_DATETIME", "2024-01-31T09:00:00Z", "2024-01-31T09:00:00.001Z", datetime(2024, 1, 31, 9, 0, 0, 1000, tzinfo=UTC)),
        ("UTC_DATETIME", "2024-01-31T23:59:59Z", "2024-01-31 24:00:00Z", datetime(2024, 2, 1, tzinfo=UTC)),
        ("NAIVE_DATETIME", "2025-07-31 9:57:37", "2025-07-31T10:00:00", datetime(2025, 7, 31, 10)),
        ("NAIVE_DATETIME", "2025-07-31T09:57:37", "2025-07-31 09:57:37.5", datetime(2025, 7, 31, 9, 57, 37, 500000)),
        ("NAIVE_DATE", "2025-7-9", "2025-07-10", date(2025, 7, 10)),
    ],
)
def test_e2_times_compare_by_the_instant(kind: str, earlier: str, later: str, newest: object) -> None:
    def check(connection: Connection, source: Source) -> None:
        assert connection.rows("latest") == [{"kind": "a", "at": newest}]
        assert connection.rows("named") == [{"kind": "a", "name": "later"}]

    synced(
        typed(kind="STRING", at=kind, name="STRING"),
        numbered(kind=["a", "a"], at=[later, earlier], name=["later", "earlier"]),
        check,
        extra_tables=[
            Aggregate("latest", ["kind"], {"at": maximum("at")}),
            Dimension("named", ["kind"], ["name"], newest="at"),
        ],
    )


@pytest.mark.parametrize(
    ("kind", "spellings"),
    [
        ("UTC_DATETIME", ["2024-01-31T09:00:00Z", "2024-01-31 09:00:00.000Z", "2024-01-31T11:00:00+02:00", "2024-01-31T09:00Z"]),
        ("NAIVE_DATETIME", ["2024-01-31T09:00:00", "2024-01-31 9:00:00", "2024-01-31 09:00:00.0000000", "2024-01-31T09:00"]),
        ("NAIVE_DATE", ["2024-01-31", "2024-1-31", "2024-01-31T00:00:00", "2024-01-31 00:00:00Z"]),
        ("DECIMAL(10,2)", ["9.5", "9.50", 9.5, " 9.500 "]),
        ("LONG", [7, "7", 7.0, " 7 "]),
        ("DOUBLE", [7, "7", 7.0, " 7e0 "]),
        ("DOUBLE", [0, "-0.0", -0.0, "0"]),
        ("BOOLEAN", [True, 1, "true", "T"]),
        ("STRING", [5, "5"]),
        ("STRING", [True, "true"]),
        ("BINARY", ["-_8=", "+/8="]),
    ],
)
def test_e2_e3_one_value_in_several_spellings_is_one_group(kind: str, spellings: list[Any]) -> None:
    def check(connection: Connection, source: Source) -> None:
        assert [row["n"] for row in connection.rows("groups")] == [len(spellings)]

    synced(typed(value=kind), numbered(value=spellings), check, extra_tables=[Aggregate("groups", ["value"], {"n": count()})])


# E3


def test_e3_a_text_and_a_number_in_a_text_column_are_one_group() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert connection.rows("groups") == [{"value": "5", "n": 3}]

    synced(
        typed(value="STRING"), numbered(value=[5, "5", "5"]), check, extra_tables=[Aggregate("groups", ["value"], {"n": count()})]
    )


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("STRING", 7, "7"),
        ("UTC_DATETIME", "2024-01-31T09:00:00Z", "2024-01-31T09:00:00.000Z"),
        ("UTC_DATETIME", "2024-01-31T09:00:00Z", "2024-01-31 11:00:00+02:00"),
        ("BOOLEAN", True, 1),
        ("LONG", 7, "7"),
        ("DECIMAL(10,2)", "1.5", "1.50"),
        ("NAIVE_DATE", "2024-01-31", "2024-1-31"),
        ("DOUBLE", 7, 7.0),
    ],
)
@pytest.mark.parametrize("append_only", [False, True])
def test_e3a_a_group_that_changes_its_spelling_stays(kind: str, before: Any, after: Any, append_only: bool) -> None:
    groups = Aggregate("groups", ["value"], {"n": count(), "most": maximum("value")})

    def check(connection: Connection, source: Source) -> None:
        [row] = connection.rows("groups")
        source.records = numbered(value=[after])
        for _ in range(3):
            connection.sync()
            assert connection.rows("groups") == [row]
            assert connection.warehouse.on("groups") == []  # and nothing is sent again

    synced(items(columns={"id": "STRING", "value": kind}, append_only=append_only), numbered(value=[before]), check,
           extra_tables=[groups])  # fmt: skip


@pytest.mark.parametrize(("kind", "before", "after"), [("STRING", 7, "7"), ("LONG", "7", 7), ("DECIMAL(5,1)", "7", 7.0)])
def test_e3a_a_key_that_changes_its_spelling_is_the_same_row(kind: str, before: Any, after: Any) -> None:
    def check(connection: Connection, source: Source) -> None:
        source.records = [{"id": after, "name": "new"}]
        connection.sync()
        assert [row["name"] for row in connection.rows()] == ["new"]
        source.records, source.more = [{"id": "8", "name": "x"}], {"gone": [before]}
        connection.sync()
        assert [row["name"] for row in connection.rows()] == ["x"]

    synced(
        items(columns={"id": kind, "name": "STRING"}, deleted="gone"),
        [{"id": before, "name": "old"}, {"id": after, "name": "old"}],
        check,
    )


def test_e3a_a_date_made_by_a_transform_comes_back_from_the_state() -> None:
    as_date = Transform("as_date", lambda record: record | {"day": date.fromisoformat(record["day"])})
    days = Aggregate("days", ["kind"], {"last": maximum("day"), "n": count()})

    def check(connection: Connection, source: Source) -> None:
        assert connection.rows("days") == [{"kind": "a", "last": date(2024, 2, 1), "n": 2}]
        source.records = [*source.records, {"id": "3", "kind": "a", "day": "2024-01-15"}]
        connection.sync()
        assert connection.rows("days") == [{"kind": "a", "last": date(2024, 2, 1), "n": 3}]

    synced(
        items(columns={"id": "STRING", "kind": "STRING", "day": "NAIVE_DATE"}, append_only=True),
        numbered(kind=["a", "a"], day=["2024-02-01", "2024-01-31"]),
        check,
        transforms=[as_date],
        extra_tables=[days],
    )


def test_e3b_whatever_is_no_text_arrives_in_a_text_column_as_its_json() -> None:
    body = b"""{"items": [{"id": "1", "value": {"b": 1.50, "a": [true, null, "\\u00e9"]}}, {"id": "2", "value": true},
        {"id": "3", "value": 0.12345678901234567890}, {"id": "4", "value": 12345678901234567890123},
        {"id": "5", "value": 10.0}, {"id": "6", "value": null}, {"id": "7", "value": "plain"}, {"id": "8", "value": 1E5}]}"""
    with serving(lambda _: Reply(body)) as api:
        connection = connect(api, typed(value="STRING"), paginator=SinglePage())
        connection.sync()
        assert [row["value"] for row in connection.rows()] == [
            '{"b": 1.50, "a": [true, null, "é"]}',
            "true",
            "0.12345678901234567890",
            "12345678901234567890123",
            "10.0",
            None,
            "plain",
            "1E5",
        ]


def test_e3b_a_decimal_that_comes_as_a_number_keeps_its_digits() -> None:
    body = b'{"items": [{"id": "1", "value": 1234567890123456789.0123456789}, {"id": "2", "value": 9.5}]}'
    with serving(lambda _: Reply(body)) as api:
        connection = connect(api, typed(value="DECIMAL(38,10)"), paginator=SinglePage())
        connection.sync()
        assert [row["value"] for row in connection.rows()] == [
            Decimal("1234567890123456789.0123456789"),
            Decimal("9.5000000000"),
        ]


# E4


def test_e4_two_undeclared_fields_that_are_one_column_are_refused() -> None:
    with serving(Source([{"id": "1"}, {"id": "2", "userId": "a", "user_id": "b"}])) as api:
        connection = connect(api, items(), paginator=SinglePage())
        with pytest.raises(ConnectorError) as raised:
            connection.sync()
        assert "record 2 has userId and user_id, which are both stored as user_id, so one of them would be lost" in str(
            raised.value
        )
        assert connection.rows() == []


@pytest.mark.parametrize("columns", [{"userId": "STRING"}, {"user_id": "STRING"}])
def test_e4_an_undeclared_field_that_is_a_declared_column_too_is_refused(columns: dict[str, str]) -> None:
    with (
        serving(Source([{"id": "1", "userId": "a", "user_id": "b"}])) as api,
        pytest.raises(ConnectorError, match="both stored as user_id"),
    ):
        connect(api, typed(**columns), paginator=SinglePage()).sync()


def test_e4_it_can_be_dropped_or_renamed() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert connection.rows() == [{"id": "1", "other": "b", "userId": "a"}]

    synced(
        typed(userId="STRING"),
        [{"id": "1", "userId": "a", "user_id": "b"}],
        check,
        transforms=[Transform("name", rename({"user_id": "other"}))],
    )


def test_e4_a_field_in_one_record_and_its_twin_in_another_are_no_loss() -> None:
    synced(items(), [{"id": "1", "userId": "a"}, {"id": "2", "user_id": "b"}], lambda *_: None)


@pytest.mark.parametrize("name", ["_fivetran_synced", "_fivetran_deleted", "_Fivetran_Deleted"])
def test_e4_a_field_that_fivetran_fills_itself_is_refused(name: str) -> None:
    with (
        serving(Source([{"id": "1", name: "x"}])) as api,
        pytest.raises(ConnectorError, match=f"has a field {name}, which Fivetran fills itself"),
    ):
        connect(api, items(), paginator=SinglePage()).sync()


def test_e4_a_derived_field_beside_a_column_of_the_same_stored_name_is_refused() -> None:
    field = DerivedField("usage_trend_30_d", len)
    with pytest.raises(PluginError, match="usage_trend_30d and usage_trend_30_d both become usage_trend_30_d"):
        assemble([plugin_of(typed(usage_trend_30d="LONG"), transforms=[field])])


def test_e4_columns_of_an_extra_table_too() -> None:
    extra = Aggregate("sums", ["id"], {"p95ms": count(), "p_95_ms": count()})
    with pytest.raises(PluginError, match="p95ms and p_95_ms both become p_95_ms"):
        assemble([plugin_of(items(), extra_tables=[extra])])


def test_e4_and_tables() -> None:
    with pytest.raises(PluginError, match="the tables rows2 and rows_2 both become rows_2"):
        assemble([plugin_of(items(name="rows2"), items(name="rows_2", path="/others"))])
    with pytest.raises(PluginError, match="the tables rows2 and rows_2 both become rows_2"):
        assemble([plugin_of(items(name="rows2"), extra_tables=[Aggregate("rows_2", ["id"], {"n": count()})])])


def test_e4_names_are_looked_at_once_for_a_shape_and_not_for_each_record(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[object] = []

    def noting(names: Any) -> Any:
        looked.append(tuple(names))
        return same_stored(names)

    monkeypatch.setattr(forms, "same_stored", noting)
    synced(items(), [{"id": str(number), "name": "x"} for number in range(50)], lambda *_: None)
    assert looked == [("id", "name")]


# E5


@pytest.mark.parametrize(
    ("value", "kind"), [(2**63, "STRING"), (-(2**63) - 1, "STRING"), (12345678901234567890123, "STRING"), (0.5, "DOUBLE")]
)
def test_e5_what_loses_digits_is_told_what_to_declare(value: Any, kind: str) -> None:
    def check(connection: Connection, source: Source) -> None:
        [warning] = connection.log.warnings
        assert f'may lose digits on its way ({value}). Add "big": "{kind}" to the table\'s columns.' in warning

    synced(items(), [{"id": "1", "big": 1}, {"id": "2", "big": value}, {"id": "3", "big": value}], check)


@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 7, True, "12345678901234567890123"])
def test_e5_what_loses_none_is_not_remarked_on(value: Any) -> None:
    synced(items(), [{"id": "1", "big": value}], lambda connection, _: warns_of_nothing(connection))


# E6


def csv_of(text: str, form: Csv | None = None, **columns: Any) -> Table:
    return items(records="@", format=form or Csv(), columns={"id": "STRING", **columns})


def synced_csv(table: Table, text: str, **parts: Any) -> Connection:
    with serving(lambda _: Reply(text.encode(), headers={"Content-Type": "text/csv"})) as api:
        connection = connect(api, table, paginator=SinglePage(), **parts)
        connection.sync()
        return connection


def test_e6_blanks_around_the_names_of_a_csv_header_are_not_part_of_them() -> None:
    text = "id, name,\thours \n1,a,7.5\n"
    connection = synced_csv(csv_of(text, name="STRING", hours="DOUBLE"), text)
    assert connection.rows() == [{"id": "1", "name": "a", "hours": 7.5}]


def test_e6_a_declared_column_that_the_header_lacks_is_an_error() -> None:
    text = "id,nmae\n1,a\n"
    with pytest.raises(ConnectorError) as raised:
        synced_csv(csv_of(text, name="STRING"), text)
    assert "the CSV header has no name (did you mean nmae?), which the plugin declares" in str(raised.value)
    assert 'Csv(optional=["name"])' in str(raised.value)


def test_e6_unless_the_plugin_says_that_it_may_lack_it() -> None:
    text = "id\n1\n"
    connection = synced_csv(csv_of(text, Csv(optional=["name"]), name="STRING"), text)
    assert connection.rows() == [{"id": "1", "name": None}]


def test_e6_a_column_that_a_transform_adds_is_not_looked_for() -> None:
    text = "id,a\n1,2\n"
    transforms = [Transform("add", lambda record: record | {"b": 1}, columns={"b": "LONG"}), DerivedField("c", lambda _: 1.0)]
    assert synced_csv(csv_of(text, a="LONG"), text, transforms=transforms).rows() == [{"id": "1", "a": 2, "b": 1, "c": 1.0}]


def test_e6_two_names_that_differ_in_blanks_alone_are_one_name() -> None:
    text = "id,a, a\n1,2,3\n"
    with pytest.raises(ConnectorError, match="the CSV header names a twice"):
        synced_csv(csv_of(text, a="LONG"), text)


def test_e6_a_text_of_a_csv_has_the_form_of_its_column() -> None:
    text = "id,day,price,yes,n\n1,2024-1-31,9.5,T, 7 \n2,,,,\n"
    table = csv_of(text, day=Column("NAIVE_DATE", null=[""]), price="DECIMAL(5,2)", yes="BOOLEAN", n="LONG")
    assert synced_csv(table, text).rows() == [
        {"id": "1", "day": date(2024, 1, 31), "price": Decimal("9.50"), "yes": True, "n": 7},
        {"id": "2", "day": None, "price": None, "yes": None, "n": None},
    ]


# E7


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("DOUBLE", "", 'value of record 2 is "", which is no number'),
        ("NAIVE_DATE", "0000-00-00", 'value of record 2 is "0000-00-00", which is no day of any calendar'),
        ("NAIVE_DATE", "", 'value of record 2 is "", which is no day such as 2024-01-31'),
        ("UTC_DATETIME", "0000-00-00 00:00:00", 'is "0000-00-00 00:00:00", which is no time of any calendar'),
        ("UTC_DATETIME", "2024-01-31T10:00:00", "which is a time without a zone: declare NAIVE_DATETIME"),
        ("UTC_DATETIME", 1706659200, "value of record 2 is 1706659200, which is a number, which is no time"),
        ("LONG", "7.5", 'is "7.5", which has a fraction: declare DOUBLE or DECIMAL'),
        ("LONG", 9223372036854775808, "is 9223372036854775808, which has more than 64 bits: declare STRING"),
        ("LONG", None, ""),
        ("SHORT", 40000, "is 40000, which has more than 16 bits: declare LONG"),
        ("BOOLEAN", "maybe", 'is "maybe", which is neither true nor false'),
        ("DECIMAL(5,2)", "1234.5", 'is "1234.5", which has more than 3 digits in front of the point'),
        ("DOUBLE", {"a": [True]}, 'is {"a": [true]}, which is no number'),
    ],
)
def test_e7_a_value_that_does_not_fit_is_told_of_in_the_terms_of_the_api(kind: str, value: Any, words: str) -> None:
    with serving(Source([{"id": "1", "value": None}, {"id": "2", "value": value}])) as api:
        connection = connect(api, typed(value=kind), paginator=SinglePage())
        if not words:
            connection.sync()
            return
        with pytest.raises(ConnectorError) as raised:
            connection.sync()
        message = str(raised.value)
        assert message.startswith("case_items: value of record 2 is ")
        assert words in message
        assert "SDK" not in message
        assert "('2'," not in message


def test_e7_the_remedy_is_written_as_the_plugin_writes_it() -> None:
    with serving(Source([{"id": "1", "value": "n/a"}])) as api:
        with pytest.raises(ConnectorError) as raised:
            connect(api, typed(value="DOUBLE"), paginator=SinglePage()).sync()
        assert 'If it stands for null, declare Column("DOUBLE", null=["n/a"]); if not, declare another type' in str(raised.value)


def test_e7_what_is_common_can_be_declared_to_mean_null() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert [row["value"] for row in connection.rows()] == [None, None, date(2024, 1, 31), None]

    column = Column("NAIVE_DATE", null=["", "0000-00-00", 0])
    synced(typed(value=column), numbered(value=["", "0000-00-00", "2024-01-31", 0]), check)


def test_e7_a_transform_sees_null_where_a_value_stands_for_it() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert [row["rate"] for row in connection.rows()] == [None, 2.0]

    columns = {"cost": Column("DOUBLE", null=["", -1]), "hours": "DOUBLE"}
    synced(
        typed(**columns),
        numbered(cost=[-1, 8], hours=[2, "4"]),
        check,
        transforms=[DerivedField("rate", ratio("cost", "hours"))],
    )


def test_e7_null_in_a_column_that_a_transform_makes() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert [row["day"] for row in connection.rows()] == [None, date(2024, 1, 31)]

    cut = Transform("cut", lambda record: record | {"day": record["at"][:10]}, columns={"day": Column("NAIVE_DATE", null=[""])})
    synced(typed(at="STRING"), numbered(at=["", "2024-01-31T10:00"]), check, transforms=[cut])


def test_e7_a_key_that_stands_for_null_is_no_key() -> None:
    with (
        serving(Source([{"id": ""}])) as api,
        pytest.raises(ConnectorError, match="record 1 cannot be stored, because id, which identifies it, is null"),
    ):
        connect(api, items(columns={"id": Column("STRING", null=[""])}), paginator=SinglePage()).sync()


def test_e7_more_digits_of_a_second_than_are_stored_are_cut_off() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert connection.rows()[0]["at"] == datetime(2024, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)

    synced(typed(at="UTC_DATETIME"), numbered(at=["2024-12-31T23:59:59.9999999Z"]), check)


# E8


def lost_return(record: dict[str, Any]) -> None:
    record["name"] = record["name"].strip()


def connected_with(*transforms: Transform, table: Table | None = None, **parts: Any) -> Callable[[Connection], Connection]:
    return lambda connection: connection.changed_to(
        table or typed(name="STRING"), paginator=SinglePage(), transforms=list(transforms), **parts
    )


@pytest.mark.parametrize(
    "transform",
    [
        Transform("tidy", lost_return),
        Transform("done", only_if("name", ["Finished"])),
        Transform("gone", tombstones("name")),
    ],
)
@pytest.mark.parametrize("full_refresh", [False, True])
def test_e8_a_transform_that_leaves_out_all_is_loud_and_deletes_nothing(transform: Transform, full_refresh: bool) -> None:
    table = items(columns={"id": "STRING", "name": "STRING"}, full_refresh=full_refresh)
    harmless = Transform("same", lambda record: record)

    def check(connection: Connection, source: Source) -> None:
        changed = connection.changed_to(table, paginator=SinglePage(), transforms=[transform])
        for _ in range(2):
            with pytest.raises(PluginError) as raised:
                changed.sync()
            assert f"{transform.name} left out every record of the feed (2)" in str(raised.value)
            assert "may_be_empty=True" in str(raised.value)
            assert len(changed.rows()) == 2
        fixed = changed.changed_to(table, paginator=SinglePage(), transforms=[harmless])
        fixed.sync()
        assert len(fixed.rows()) == 2

    synced(table, numbered(name=["a", "b"]), check, transforms=[harmless])


def test_e8_unless_the_plugin_says_that_the_table_may_be_empty() -> None:
    table = items(columns={"id": "STRING", "name": "STRING"}, may_be_empty=True)
    only_a = Transform("only_a", only_if("name", ["a"]))

    def check(connection: Connection, source: Source) -> None:
        source.records = numbered(name=["b", "b"])
        connection.sync()
        assert connection.rows() == []

    synced(table, numbered(name=["a", "b"]), check, transforms=[only_a])


def test_e8_a_first_sync_that_keeps_nothing_is_none_of_this() -> None:
    only_a = Transform("only_a", only_if("name", ["a"]))

    def check(connection: Connection, source: Source) -> None:
        assert connection.rows() == []
        connection.sync()

    synced(typed(name="STRING"), numbered(name=["b", "b"]), check, transforms=[only_a])


def test_e8_what_is_left_out_before_the_first_record_that_is_kept_is_deleted() -> None:
    only_a = Transform("only_a", only_if("name", ["a"]))

    def check(connection: Connection, source: Source) -> None:
        assert len(connection.rows()) == 3
        source.records = numbered(name=["b", "b", "a"])
        connection.sync()
        assert [row["id"] for row in connection.rows()] == ["3"]

    synced(typed(name="STRING"), numbered(name=["a", "a", "a"]), check, transforms=[only_a])


# E9


def test_e9_the_same_key_twice_on_a_page_with_other_values_is_counted() -> None:
    def check(connection: Connection, source: Source) -> None:
        [warning] = connection.log.warnings
        assert "3 records had the customer of another record on their page, and other values" in warning
        assert "primary_key lacks a column" in warning
        assert len(connection.rows()) == 2

    invoices = [{"customer": f"c{number % 2}", "number": number} for number in range(5)]
    synced(items(primary_key=["customer"], columns={"customer": "STRING", "number": "LONG"}), invoices, check)


def test_e9_a_record_that_is_sent_twice_is_silent() -> None:
    twice = numbered(name=["a", "b"]) * 2
    synced(typed(name="STRING"), twice, lambda connection, _: warns_of_nothing(connection))


def test_e9_and_so_is_one_in_another_spelling() -> None:
    twice = [{"id": 1, "n": "7"}, {"id": "1", "n": 7}]
    synced(typed(n="LONG"), twice, lambda connection, _: warns_of_nothing(connection))


# E10


def test_e10_a_table_that_is_replaced_is_not_emptied() -> None:
    def check(connection: Connection, source: Source) -> None:
        source.records, source.more = [], {"success": False}
        for _ in range(2):
            with pytest.raises(ConnectorError) as raised:
                connection.sync()
            assert "case_items: the feed has no record any more, and there were rows before" in str(raised.value)
            assert "may_be_empty=True" in str(raised.value)
            assert len(connection.rows()) == 2
        source.records = numbered(name=["c"])
        connection.sync()
        assert len(connection.rows()) == 1

    synced(items(full_refresh=True, columns={"id": "STRING", "name": "STRING"}), numbered(name=["a", "b"]), check)


def test_e10_unless_the_plugin_says_that_it_may_be_empty() -> None:
    def check(connection: Connection, source: Source) -> None:
        source.records = []
        connection.sync()
        assert connection.rows() == []
        connection.sync()
        assert connection.rows() == []

    synced(items(full_refresh=True, may_be_empty=True), [{"id": "1"}], check)


def test_e10_a_state_that_does_not_say_whether_there_are_rows_deletes_none() -> None:
    def check(connection: Connection, source: Source) -> None:
        connection.warehouse.state = {}
        source.records = []
        connection.sync()
        assert len(connection.rows()) == 1
        assert connection.log.warnings == ["case_items: no record came, so nothing is replaced: whatever rows there are stay."]

    synced(items(full_refresh=True), [{"id": "1"}], check)


@pytest.mark.parametrize("may_be_empty", [False, True])
def test_e10_nor_is_an_extra_table(may_be_empty: bool) -> None:
    groups = Aggregate("groups", ["name"], {"n": count()})

    def check(connection: Connection, source: Source) -> None:
        source.records = []
        if may_be_empty:
            connection.sync()
            assert connection.rows("groups") == []
        else:
            with pytest.raises(ConnectorError, match="all rows of groups would be deleted"):
                connection.sync()
            assert len(connection.rows("groups")) == 2

    table = items(columns={"id": "STRING", "name": "STRING"}, may_be_empty=may_be_empty)
    synced(table, numbered(name=["a", "b"]), check, extra_tables=[groups])


def test_e10_nor_by_a_list_of_deleted_keys() -> None:
    def check(connection: Connection, source: Source) -> None:
        source.records, source.more = [], {"gone": ["1", "2"]}
        with pytest.raises(ConnectorError, match="the feed lists all of its records as deleted"):
            connection.sync()
        assert len(connection.rows()) == 2
        source.records = numbered(name=["a"])
        source.more = {"gone": ["2"]}
        connection.sync()
        assert len(connection.rows()) == 1

    synced(items(deleted="gone", columns={"id": "STRING", "name": "STRING"}), numbered(name=["a", "b"]), check)


# E11


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (Aggregate("x", ["tags"], {"n": count()}), "x: tags is declared JSON, and by lists and objects nothing can be grouped"),
        (Aggregate("x", ["id"], {"n": total("tags")}), "x: tags is declared JSON, which is no number, so it has no total"),
        (Aggregate("x", ["id"], {"n": maximum("tags")}), "x: tags is declared JSON, and lists and objects have no maximum"),
        (Dimension("x", ["tags"], ["name"], newest="id"), "x: tags is declared JSON, and by lists and objects nothing"),
        (
            Dimension("x", ["id"], ["name"], newest="tags"),
            "x: tags is declared JSON, and of lists and objects none",
        ),
    ],
)
def test_e11_a_list_that_is_grouped_or_summed_is_refused_at_assembly(extra: Any, words: str) -> None:
    with pytest.raises(PluginError) as raised:
        assemble([plugin_of(typed(name="STRING", tags="JSON"), extra_tables=[extra])])
    assert words in str(raised.value)


def test_e11_a_dimension_may_show_a_list() -> None:
    def check(connection: Connection, source: Source) -> None:
        assert connection.rows("x") == [{"name": "a", "tags": [1, {"b": 2}]}]
        connection.sync()
        assert connection.warehouse.on("x") == []

    synced(
        typed(name="STRING", tags="JSON", at="LONG"),
        numbered(name=["a"], tags=[[1, {"b": 2}]], at=[1]),
        check,
        extra_tables=[Dimension("x", ["name"], ["tags"], newest="at")],
    )


# 3a: ratios of texts


@pytest.mark.parametrize(
    ("cost", "hours", "rate"),
    [("9.50", 2, 4.75), ("9.50", "2", 4.75), (None, 2, None), ("", 2, None), (9, 0, 0.0), (9, -1, 0.0), ([], 2, None),
     (True, 2, None), (1e308, 1e-308, None), (10**400, 1, None), (9, "n/a", None), (1.5, 0.5, 3.0)],
)  # fmt: skip
def test_3a_a_ratio_reads_numbers_however_they_are_written_and_never_crashes(cost: Any, hours: Any, rate: Any) -> None:
    assert ratio("cost", "hours")({"cost": cost, "hours": hours}) == rate
    assert ratio("cost", "hours")({}) is None


@pytest.mark.parametrize(("cost", "hours"), [(7, 2**53 + 1), (2**60 + 1, 3), (-(2**53) - 1, 7), (10**30, 10**29 + 1)])
def test_e3a_a_quotient_is_the_same_in_each_notation(cost: int, hours: int) -> None:
    """Found by fuzzing: a whole number beyond 2**53 that is a text was cut to a float first."""
    found = {ratio("cost", "hours")({"cost": one, "hours": two}) for one in (cost, str(cost)) for two in (hours, str(hours))}
    assert found == {cost / hours}
