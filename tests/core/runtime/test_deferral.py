"""The SDK's deferred truncate, told by what the SDK offers: stand-ins for one that has it, and the real one, which has none."""

# ruff: noqa: ARG004  (the SDK's signatures)

from decimal import Decimal
from typing import Any
from unittest.mock import patch

import pytest
from fivetran_connector_sdk import Operations

from connector_core import Table
from connector_core.basics.operations import Delivery
from connector_core.plugin.assembly import Assembly, assemble
from connector_core.runtime import fivetran
from connector_core.runtime.deferral import deferred_truncate
from support import plugin

calls: list[tuple[str, Any]] = []


class Before:
    """The operations as SDK 3.0 has them; each is noted."""

    @staticmethod
    def upsert(table: str, data: dict[str, Any], *, schema: str | None = None) -> None:
        calls.append(("upsert", data))

    @staticmethod
    def delete(table: str, keys: dict[str, Any], *, schema: str | None = None) -> None:
        calls.append(("delete", keys))

    @staticmethod
    def truncate(table: str, *, schema: str | None = None) -> None:
        calls.append(("truncate", table))

    @staticmethod
    def checkpoint(state: dict[str, Any]) -> None:
        calls.append(("checkpoint", state))


class AsKeyword(Before):
    @staticmethod
    def truncate(table: str, *, schema: str | None = None, deferred: bool = False) -> None:
        calls.append(("truncate at end" if deferred else "truncate", table))


class AsOperation(Before):
    @staticmethod
    def deferred_truncate(table: str, *, schema: str | None = None) -> None:
        calls.append(("truncate at end", table))


class AsMethod(Before):
    """What is no static method has its object bound."""

    def truncate_deferred(self, table: str) -> None:
        calls.append(("truncate at end", table))


class AskingForMore:
    @staticmethod
    def deferred_truncate(table: str, until: str) -> None: ...
    @staticmethod
    def truncate(table: str, deferred: str | None = None) -> None: ...


class NoOperation(Before):
    deferred_truncate = True


@pytest.fixture(autouse=True)
def forgotten() -> None:
    calls.clear()


@pytest.mark.parametrize("operations", [Operations, Before, AskingForMore, NoOperation, object])
def test_an_sdk_without_it(operations: type) -> None:
    assert deferred_truncate(operations) is None


@pytest.mark.parametrize("operations", [AsKeyword, AsOperation, AsMethod()], ids=["keyword", "operation", "method"])
def test_an_sdk_with_it(operations: Any) -> None:
    call = deferred_truncate(operations)
    assert call is not None
    call("jobs")
    assert calls == [("truncate at end", "jobs")]


@pytest.mark.parametrize("operations", [Before, AsKeyword, AsOperation])
def test_a_replaced_table_uses_it_where_it_is_there(operations: Any) -> None:
    with patch.object(fivetran, "Operations", operations):
        delivery = Delivery(fivetran.operations_for(made_of("LONG")))
        delivery.replace("jobs")
        delivery.truncate("jobs")
        delivery.upsert("jobs", {"id": 1, "n": None}, (1,))
        delivery.delete("jobs", {"id": 2})
        delivery.operations.checkpoint({})
    first = "truncate" if operations is Before else "truncate at end"
    assert calls == [
        (first, "jobs"),
        ("truncate", "jobs"),
        ("upsert", {"id": 1, "n": None}),
        ("delete", {"id": 2}),
        ("checkpoint", {}),
    ]


def test_decimals_are_still_written_as_texts() -> None:
    with patch.object(fivetran, "Operations", AsKeyword):
        delivery = Delivery(fivetran.operations_for(made_of("DECIMAL(9,2)")))
        delivery.replace("jobs")
        delivery.upsert("jobs", {"id": 1, "n": Decimal("1E+1")}, (1,))
    assert calls == [("truncate at end", "jobs"), ("upsert", {"id": 1, "n": "10"})]


def made_of(kind: str) -> Assembly:
    return assemble([plugin(Table("jobs", "/jobs", "jobs", ["id"], {"id": "LONG", "n": kind}, full_refresh=True))])
