"""The API that the test kit makes up: it answers what it cannot serve, as an API does, and its values are those of JSON."""

import json
from base64 import b64decode
from collections.abc import Callable
from random import Random

import pytest

from connector_build.api.messages import Asked
from connector_build.api.values import value_of
from connector_build.testing import Mimic, World
from connector_build.testing.contract.check_columns import check_binary
from connector_build.testing.contract.outcomes import Broken
from connector_core import OffsetPaginator, PageNumberPaginator, Paginator, Record, Table, Transform, Windows
from connector_core.plugin.assembly import TablePlan, assemble
from support import plugin

COLUMNS = {"id": "LONG", "day": "NAIVE_DATE", "hash": "BINARY"}


def table(key: str = "id", **columns: str) -> Table:
    return Table(name="rows", path="/rows", records="rows", primary_key=[key], columns={**COLUMNS, **columns})


@pytest.mark.parametrize(
    ("paginator", "missing"),
    [
        (OffsetPaginator(), "offset"),
        (PageNumberPaginator(), "page"),
        (Windows("from_id", "to_id", start=1, step=5), "from_id"),
        (Windows("from_day", "to_day", start="2026-01-01", step=5), "from_day"),
    ],
    ids=["offset", "page", "ids", "days"],
)
def test_a_request_that_lacks_its_place_is_refused(paginator: Paginator, missing: str) -> None:
    assembly = assemble([plugin(table(), paginator=paginator)])
    reply = Mimic(assembly, World(assembly)).reply(Asked("GET", "/rows"))
    assert (reply.status, json.loads(reply.body)) == (400, {"error": f"{missing} is missing"})


def plan(*transforms: Callable[[Record], Record | None], key: str = "id") -> TablePlan:
    named = [Transform(f"transform_{number}", each) for number, each in enumerate(transforms)]
    [found] = assemble([plugin(table(key), transforms=named)]).tables
    return found


def decoded(record: Record) -> Record:
    text = record.get("hash")
    return {**record, "hash": b64decode(text) if text else None}


def fails(record: Record) -> Record:
    raise ValueError(record)


@pytest.mark.parametrize("key", ["id", "hash"])
def test_a_binary_column_needs_a_transform_that_makes_bytes(key: str) -> None:
    with pytest.raises(Broken, match="rows: hash is declared BINARY and gets a str, which the SDK refuses: JSON has no bytes"):
        check_binary(plan(key=key))
    check_binary(plan(decoded, key=key))


def test_a_transform_that_fails_or_leaves_a_record_out_is_not_about_bytes() -> None:
    check_binary(plan(fails))
    check_binary(plan(lambda _: None))


def test_a_made_up_value_of_a_binary_column_is_base64() -> None:
    random = Random(1)  # noqa: S311  (made-up data)
    values = [value_of("BINARY", number, random, key=key) for number in range(40) for key in (True, False)]
    assert {type(value) for value in values} == {str, type(None)}
    assert all(b64decode(value, validate=True) for value in values if value is not None)
