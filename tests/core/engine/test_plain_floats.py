"""Records that come with plain floats until somebody asks for digits: the rows are those of exact ones, whatever an API sends."""

import json
from collections.abc import Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.messages import Asked, Reply
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_build.testing.warehouse.runs import InProcess
from connector_core import CursorPaginator, DerivedField, NoAuth, Parent, Table, Transform, hookimpl, ratio
from connector_core.basics import decoding
from connector_core.basics.errors import ConnectorError
from connector_core.engine import sync as engine
from connector_core.http.client import KEPT_BYTES
from connector_core.plugin.assembly import Assembly, Plugin, assemble

TYPES = ("DOUBLE", "FLOAT", "STRING", "DECIMAL(20,6)", "LONG", "JSON", None)


def assembled(*tables: Table, transforms: Sequence[Transform | DerivedField] = ()) -> Assembly:
    @hookimpl
    def connector_tables() -> list[Table]:
        return list(tables)

    @hookimpl
    def connector_auth() -> Any:
        return NoAuth()

    @hookimpl
    def connector_paginator(table: Table) -> CursorPaginator:
        return CursorPaginator()

    @hookimpl
    def connector_transforms(table: Table) -> list[Transform | DerivedField]:
        return list(transforms)

    hooks = {name: value for name, value in locals().items() if name.startswith("connector_")}
    return assemble([Plugin("plugin", SimpleNamespace(**hooks))])


def items(**columns: str) -> Table:
    return Table("items", "/items", "items", ["id"], {"id": "STRING", **columns})


def client(assembly: Assembly, configuration: Any, log: Any, *, pages: list[bytes], **parts: Any) -> Any:
    made = engine.make_client(assembly, configuration, log, **parts)

    def answer(asked: Asked) -> Reply:
        return Reply(200, {"Content-Type": "application/json"}, pages[int(asked.params.get("cursor", "p0")[1:])])

    made.mount(InProcess(answer))
    return made


def outcome(assembly: Assembly, pages: list[bytes], **parts: Any) -> Any:
    """The rows that a sync leaves, as Python writes them, or what it says."""
    warehouse, log = Warehouse(assembly), ListLog()
    warehouse.connect(assembly)
    try:
        making = engine.Engine(partial(client, pages=pages, **parts))
        engine.sync(assembly, {"base_url": "https://api.example.com"}, {}, warehouse, log, making)
    except ConnectorError as error:
        return f"{type(error).__name__}: {error}"
    return repr(sorted(warehouse.live("items").items())), [line.partition(" (")[0] for line in log.warnings]


def pages_of(*pages: list[str]) -> list[bytes]:
    """Answers, each with the records of one page, as JSON."""
    ends = [f'"p{number}"' for number in range(1, len(pages))] + ["null"]
    return [f'{{"items": [{", ".join(page)}], "next_cursor": {end}}}'.encode() for page, end in zip(pages, ends, strict=True)]


numbers = st.one_of(
    st.sampled_from(["1.50", "2.0", "-0.0", "1e3", "0.12345678901234567890", "1e400", "-1e400", "9.5", "7", "0.00001", "null"]),
    st.floats(allow_nan=False, allow_infinity=False).map(json.dumps),
    st.decimals(-1000, 1000, places=4).map(str),
)
values = numbers | st.builds("[{}]".format, numbers) | st.builds('{{"a": {}}}'.format, numbers) | st.just('"text"')


@given(st.lists(st.lists(st.lists(values, min_size=2, max_size=2), max_size=3), min_size=1, max_size=3), st.data())
def test_the_rows_are_those_of_exact_numbers(pages: list[list[list[str]]], data: st.DataObject) -> None:
    types = [data.draw(st.sampled_from(TYPES), label="type") for _ in range(2)]
    table = items(**{f"value_{at}": kind for at, kind in enumerate(types) if kind})
    transforms = [DerivedField("quotient", ratio("value_0", "value_1"))] if data.draw(st.booleans(), label="ratio") else []
    assembly = assembled(table, transforms=transforms)
    answers = pages_of(
        *[
            [f'{{"id": "{page}-{at}", "value_0": {one}, "value_1": {two}}}' for at, (one, two) in enumerate(records)]
            for page, records in enumerate(pages)
        ]
    )
    plain, exact = outcome(assembly, answers), outcome(assembly, answers, plain_floats=())
    if "DeliveryError" in exact:  # which of several wrong values is named does not matter
        assert "DeliveryError" in plain
    else:
        assert plain == exact


def record(number: int, value: str) -> str:
    return f'{{"id": "{number}", "value": {value}}}'


@pytest.mark.parametrize(
    ("kind", "decoded"),
    [("DOUBLE", [False] * 3), ("STRING", [False, False, True, True]), ("DECIMAL(5,2)", [False, False, True, True])],
)
def test_digits_are_asked_for_from_the_first_page_on_that_needs_them(kind: str, decoded: list[bool]) -> None:
    pages = pages_of([record(1, "null")], [record(2, "1.50")], [record(3, "2.50")])
    asked = []

    def spy(content: bytes, charset: str | None = None, *, digits: bool = True) -> Any:
        asked.append(digits)
        return decoding.decode(content, charset, digits=digits)

    with patch("connector_core.http.answers.decode", spy):
        outcome(assembled(items(value=kind)), pages)
    assert asked == decoded


def test_a_number_beyond_any_float_is_told_as_ever() -> None:
    said = outcome(assembled(items(value="DOUBLE")), pages_of([record(1, "1.5"), record(2, "1e400")]))
    assert "the answer holds 1e400, which is larger than a 64-bit float" in said


def test_large_pages_are_decoded_anew_once() -> None:
    pages = pages_of([record(number, "1.50") for number in range(2500)])
    with patch("connector_core.http.answers.decode", side_effect=decoding.decode) as decode:
        rows, _ = outcome(assembled(items(value="STRING")), pages)
    assert rows.count("'1.50'") == 2500
    assert decode.call_count == 2


def test_where_something_else_may_want_the_digits_they_come_at_once() -> None:
    child = Table(
        "parts",
        "/items/{parent.id}/parts",
        "parts",
        ["id"],
        {"id": "STRING", "item": "STRING"},
        parent=Parent("items", adds={"item": "id"}),
    )
    own = Transform("own", lambda row: row)
    nothing = [
        assembled(items(), child),
        assembled(Table("items", "/items", "[item]", ["id"], {"id": "STRING"})),
        assembled(items(), transforms=[own]),
    ]
    assert [each.plain_floats for each in nothing] == [[], [], []]
    assert assembled(items()).plain_floats == ["items"]


def test_a_float_beside_the_records_keeps_its_digits() -> None:
    body = b'{"items": [{"id": "1"}], "took": 0.50, "next_cursor": null}'
    with patch("connector_core.http.answers.decode", side_effect=decoding.decode) as decode:
        outcome(assembled(items()), [body])
    assert [call.kwargs.get("digits", True) for call in decode.call_args_list] == [False, True]


def test_a_large_answer_is_not_kept_for_it() -> None:
    body = json.dumps({"items": [{"id": "1", "text": "x" * KEPT_BYTES}], "next_cursor": None}).encode()
    with patch("connector_core.http.answers.decode", side_effect=decoding.decode) as decode:
        outcome(assembled(items(text="STRING")), [body])
    assert [call.kwargs.get("digits", True) for call in decode.call_args_list] == [True]
