"""The API that the test kit makes up: it answers what it cannot serve, as an API does, and its values are those of JSON."""

import json
from base64 import b64decode
from random import Random

import pytest

from connector_build.api.messages import Asked
from connector_build.api.values import value_of
from connector_build.testing import Mimic, World
from connector_core import OffsetPaginator, PageNumberPaginator, Paginator, Table, Windows
from connector_core.plugin.assembly import assemble
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


def test_a_made_up_value_of_a_binary_column_is_base64() -> None:
    random = Random(1)  # noqa: S311  (made-up data)
    values = [value_of("BINARY", number, random, key=key) for number in range(40) for key in (True, False)]
    assert {type(value) for value in values} == {str, type(None)}
    assert all(b64decode(value, validate=True) for value in values if value is not None)
