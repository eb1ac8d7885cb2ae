"""What is found in pages: places, keys, types, names, positions, limits."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.drafting.draft import Call, Noted, TableDraft, Value, bare
from connector_build.drafting.made import made
from connector_build.drafting.probing.columns import columns_of
from connector_build.drafting.probing.credentials import Credential, is_secret, signing
from connector_build.drafting.probing.hints import budget, changed_at
from connector_build.drafting.probing.keys import keys_of
from connector_build.drafting.probing.naming import is_kept, renamed
from connector_build.drafting.probing.nested import nested_tables
from connector_build.drafting.probing.places import places_in
from connector_build.drafting.probing.positions import Given, position
from connector_build.drafting.probing.words import table_of
from connector_build.drafting.texts import literal_text, path_to
from connector_build.errors import UsageProblem
from connector_core.basics.names import stored_name
from connector_core.basics.paths import compile_path

ROWS = [{"id": number, "name": f"n{number}"} for number in range(3)]


@pytest.mark.parametrize(
    ("body", "records", "rows"),
    [
        (ROWS, "@", ""),
        ({"data": ROWS, "links": {"next": None}}, "data", ""),
        (
            {"result": {"page": {"rows": ROWS}}, "errors": [{"code": 1}, {"code": 2}, {"code": 3}, {"code": 4}]},
            "result.page.rows",
            "",
        ),
        ({"a.b": {"c d": ROWS}}, '"a.b"."c d"', ""),
        ({"orders": ROWS, "included": [{"id": 9, "type": "x"}] * 20}, "orders", ""),
        ({"id": 7, "name": "one"}, "[@]", ""),
        ({"data": {"id": 7, "name": "one"}, "status": "ok"}, "[data]", ""),
        ({"users": {"u1": {"name": "a", "age": 1}, "u2": {"name": "b", "age": 2}}}, "[@]", "keyed"),
        ({"base": "EUR", "rates": {"USD": 1.1, "GBP": 0.9, "CHF": 1.0}}, "[@]", "keyed"),
        ({"hourly": {"time": ["a", "b"], "heat": [1.5, 2.5]}, "zone": "UTC"}, "[@]", "columns_to_rows"),
    ],
)
def test_records_are_found_where_they_are(body: Any, records: str, rows: str) -> None:
    place = places_in([body], ["orders"])[0]
    assert place.records == records
    assert [call.word for call in place.rows] == ([rows] if rows else [])


@given(st.lists(st.text(min_size=1), min_size=1, max_size=3))
def test_a_path_to_any_keys_finds_what_stands_there(keys: list[str]) -> None:
    value: Any = [1]
    for key in reversed(keys):
        value = {key: value}
    assert compile_path(path_to(*keys)).find(value) == [1]


def keys(rows: list[dict[str, Any]]) -> list[tuple[tuple[str, ...], bool]]:
    columns = columns_of(rows, dict.fromkeys(name for row in rows for name in row))
    return [(key.names, bool(key.why)) for key in keys_of(rows, columns, "orders")][:1]


def test_a_key_is_proved_and_no_name_is_believed() -> None:
    rows = [{"id": number % 4, "number": number, "code": f"c{number}"} for number in range(8)]
    assert keys(rows) == [(("number",), False)]


def test_the_name_breaks_ties_between_what_is_unique() -> None:
    rows = [{"created": f"2024-01-0{number + 1}", "sku": f"s{number}", "order_id": number, "id": number} for number in range(6)]
    assert keys(rows) == [(("id",), False)]
    assert keys([{name: value for name, value in row.items() if name != "id"} for row in rows]) == [(("order_id",), False)]


def test_a_field_that_is_null_once_is_no_key() -> None:
    rows = [{"id": number or None, "place": "a", "day": f"2024-01-0{number + 1}"} for number in range(6)]
    assert keys(rows) == [(("day",), True)]


def test_two_fields_together_are_a_guess_and_no_key_is_one_too() -> None:
    rows = [{"place": place, "day": f"2024-01-0{day}", "heat": 1.5} for place in "ab" for day in range(1, 5)]
    assert keys(rows) == [(("place", "day"), True)]
    assert keys([{"heat": 1.5}, {"heat": 2.5}]) == []


def test_one_row_proves_no_key() -> None:
    assert keys([{"id": 1}]) == [(("id",), True)]


def test_the_same_row_on_two_pages_is_one_row() -> None:
    assert keys([*({"id": n} for n in range(6)), {"id": 0}]) == [(("id",), False)]


@pytest.mark.parametrize(
    ("values", "kind", "is_guess"),
    [
        ([1, 2], "LONG", False),
        ([1, 2**63], "STRING", True),
        ([1, 2.5], "DOUBLE", False),
        ([True, False], "BOOLEAN", False),
        ([True, 1], "STRING", True),
        ([None, None], "STRING", True),
        (["a", None], "STRING", False),
        (["1", 1], "STRING", True),
        ([{"a": 1}, None], "JSON", False),
        ([[1], "x"], "JSON", True),
        (["2024-01-31", "2024-02-01"], "NAIVE_DATE", False),
        (["2024-01-31", "not yet"], "STRING", False),
        (["2024-01-31T10:00:00Z", "2024-01-31T10:00:00.123+02:00"], "UTC_DATETIME", False),
        (["2024-01-31 10:00:00", "2024-01-31T10:00:00"], "NAIVE_DATETIME", False),
        (["2024-01-31T10:00:00Z", "2024-01-31T10:00:00"], "STRING", False),
        (["12.50", "3.00"], "DECIMAL(38,2)", True),
        (["1.10", "1.10.2"], "STRING", False),
        (["00123", "00456"], "STRING", False),
        (["\ud800", "x"], "STRING", False),
    ],
)
def test_types_are_those_that_take_every_value(values: list[Any], kind: str, is_guess: bool) -> None:
    found = columns_of([{"x": value} for value in values], ["x"])["x"]
    assert (bare(found), isinstance(found, Noted)) == (kind, is_guess)


def test_texts_that_stand_for_null_are_declared_so() -> None:
    found = columns_of([{"x": "2024-01-31"}, {"x": ""}, {"x": "0000-00-00"}], ["x"])["x"]
    assert bare(found) == Call("Column", ("NAIVE_DATE",), {"null": ["", "0000-00-00"]})
    assert isinstance(found, Noted)


@given(st.lists(st.text(max_size=8), max_size=8, unique=True))
def test_each_field_has_a_name_of_its_own(names: list[str]) -> None:
    others = renamed(names)
    kept = [others.get(name, name) for name in names]
    assert all(map(is_kept, kept))
    assert len({stored_name(name) for name in kept}) == len(names)


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("limit", "100", "size"),
        ("limit", "all", None),
        ("page[number]", "1", "page"),
        ("page", "home", None),
        ("$skip", "0", "offset"),
        ("from", "2024-01-31", None),
        ("cursor", "", "cursor"),
        ("starting_after", "", "key"),
        ("before", "2024-01-31", None),
        ("q", "1", None),
    ],
)
def test_parameters_are_about_pages_by_name_and_value(name: str, value: str, kind: str | None) -> None:
    found = position(name, value)
    assert (found and found.kind) == kind


def test_a_page_number_in_the_path_is_a_position() -> None:
    assert Given.of("/items/page/3", {}, {}).path == "/items/page/{page}"
    assert Given.of("/pages/intro", {}, {}).path == "/pages/intro"


TEXT = st.text(st.sampled_from("{}ab.settings parent"), max_size=30)


@given(TEXT)
def test_a_template_sends_any_text_as_it_is(text: str) -> None:
    options: dict[str, Value] = {
        "name": "t",
        "path": "/t",
        "records": "@",
        "primary_key": [],
        "columns": {},
        "full_refresh": True,
    }
    table = table_of(TableDraft({**options, "params": {"q": literal_text(text)}}))
    assert table.params == {"q": text}


def test_secrets_are_told_by_their_names() -> None:
    secret = (
        "X-API-Key",
        "Authorization",
        "api_key",
        "apikey",
        "access_token",
        "X-Auth-Token",
        "DD-APPLICATION-KEY",
        "client_secret",
    )
    plain = ("Accept", "page_token", "next_token", "sort_key", "key_type", "monkey", "author", "pageToken")
    assert [name for name in secret if not is_secret(name)] == []
    assert [name for name in plain if is_secret(name)] == []


def test_a_prefix_stays_and_the_value_does_not() -> None:
    signed = signing([Credential("header", "Authorization", "Token s3cret-value")])
    assert signed.auth == Call("ApiKeyHeader", ("Authorization",), {"prefix": "Token "})
    assert signed.configuration == {"api_key": "s3cret-value"}
    assert "s3cret-value" not in repr(signed)
    with pytest.raises(UsageProblem, match="one credential"):
        signing([Credential("header", "A-Key", "x"), Credential("query", "key", "y")])


@pytest.mark.parametrize(
    ("headers", "wanted"),
    [
        ({"ratelimit-policy": "100;w=60"}, (100, 60)),
        ({"x-ratelimit-limit": "30, 30;window=1;w=1"}, (30, 1)),
        ({"x-ratelimit-limit-minute": "120"}, (120, 60)),
        ({"x-ratelimit-limit": "5000"}, None),
        ({"date": "today"}, None),
    ],
)
def test_a_limit_is_told_where_its_window_is(headers: dict[str, str], wanted: tuple[int, int] | None) -> None:
    found = budget(headers)
    limit = None if found is None else made(found)
    assert (limit and (limit.requests, limit.seconds)) == wanted


@pytest.mark.parametrize("name", ["updated_at", "lastModified", "modified_gmt", "LastUpdatedDate", "sys_updated_on"])
def test_the_time_of_the_last_change_is_known_by_its_name(name: str) -> None:
    assert changed_at({"id": "LONG", name: "UTC_DATETIME"}, [{name: "2024-01-31T00:00:00Z"}]) == name
    assert changed_at({name: "UTC_DATETIME"}, [{name: None}]) is None


def test_lists_of_objects_with_ids_become_tables_that_are_off() -> None:
    rows = [{"id": n, "lines": [{"id": f"{n}-{k}", "sku": "a"} for k in range(2)], "tags": ["x"]} for n in range(4)]
    (found,) = nested_tables("orders", "orders", ["id"], rows, {"id": "LONG", "lines": "JSON", "tags": "JSON"})
    nested = made(found)
    assert (nested.name, nested.at, nested.key, nested.default) == ("orders_lines", "lines", ("orders_id", "id"), False)
