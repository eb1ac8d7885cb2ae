"""Plugins that break one rule of the contract each. All are the one that keeps every rule, with something written below it."""

from attrs import frozen

HEALTHY = '''"""Shifts of a ferry line."""

import importlib
import time
from datetime import UTC, datetime
from itertools import count as counter

from attrs import evolve, frozen
from requests.auth import AuthBase

from connector_core import (
    Aggregate,
    ApiKeyHeader,
    CursorPaginator,
    DerivedField,
    Dimension,
    OffsetPaginator,
    PageNumberPaginator,
    Setting,
    Table,
    Transform,
    base_url,
    count,
    hookimpl,
    ignore,
    ratio,
    total,
)

COLUMNS = {
    "shift_id": "STRING",
    "memberId": "STRING",
    "hours": "DOUBLE",
    "pay": "DOUBLE",
    "updated": "LONG",
    "tags": "JSON",
}
PARTS = {"name": "DATASET_shifts", "path": "/shifts", "records": "shifts", "primary_key": ["shift_id"], "columns": COLUMNS}


@hookimpl
def connector_tables():
    return [Table(**PARTS)]


@hookimpl
def connector_auth():
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator(table):
    return CursorPaginator()


@hookimpl
def connector_transforms(table):
    return [DerivedField("pay_per_hour", ratio("pay", "hours"), default=False)]


@hookimpl
def connector_extra_tables(table):
    return [Aggregate("DATASET_totals", ["memberId"], {"shifts": count(), "total_pay": total("pay")}, default=False)]


@hookimpl
def connector_settings():
    return [base_url("https://crew.example.com")]
'''


@frozen
class Sample:
    """A plugin that breaks *rule*: what is written below the healthy one, and words of the message that says how to mend it."""

    rule: str
    name: str
    below: str
    words: tuple[str, ...]
    requires: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    """Names of options in its metadata."""

    @property
    def dataset(self) -> str:
        """What it is installed as; the same name may not be imported twice in one process."""
        return f"{self.rule}_{self.name}".replace(" ", "_").lower()

    @property
    def source(self) -> str:
        """The module."""
        return f"{HEALTHY}\n\n{self.below}".replace("DATASET", self.dataset)
