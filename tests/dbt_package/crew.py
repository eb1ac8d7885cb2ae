"""A dataset for dbt: a child table, a key of two columns, a column of each type, and names that Fivetran or SQL do not like."""

from typing import Any, Final

from connector_build.api.messages import Asked, Reply, json_reply
from connector_core import (
    Aggregate,
    Column,
    Dimension,
    NoAuth,
    Parent,
    SinglePage,
    Table,
    base_url,
    count,
    hookimpl,
    maximum,
    minimum,
    total,
)

ODD: Final = 'it\'s "so": {{ 1 / 0 }} {% endraw %} {# no #} 100% \\ C:\\n | ünï 😀\ttab\nline {{{ end'
"""A description that dbt's Jinja and YAML would make something else of, or nothing at all."""

CREWS = Table("crews", "/crews", "crews", ["crewId"], {"crewId": "STRING", "name": Column("STRING", ODD)}, description=ODD)
SHIFTS = Table(
    "crew_shifts",
    "/crews/{parent.crewId}/shifts",
    "shifts",
    ["crew", "number"],
    {
        "crew": "STRING",
        "number": "LONG",
        "kind": "STRING",
        "order": "STRING",
        "p95ms": "INT",
        "paid": "DECIMAL(12,3)",
        "load": "FLOAT",
        "hours": "DOUBLE",
        "night": "BOOLEAN",
        "day": "NAIVE_DATE",
        "local": "NAIVE_DATETIME",
        "at": "UTC_DATETIME",
        "note": "JSON",
        "raw": "BINARY",
        "mail": Column("STRING", "of the foreman", pii=True),
    },
    parent=Parent("crews", adds={"crew": "crewId"}),
)
TOTALS = Aggregate(
    "shift_totals",
    by=["crew", "kind"],
    measures={
        "shifts": count(),
        "p95ms": total("p95ms"),
        "paid": total("paid"),
        "load": total("load"),
        "hours": total("hours"),
        "first": minimum("day"),
        "last": maximum("at"),
        "order": maximum("order"),
    },
)
KINDS = Dimension("kinds", ["kind"], ["note", "order", "local", "night", "raw", "hours"], newest="at")

NOTHING: Final = {"order": None, "p95ms": None, "paid": None, "load": None, "hours": None, "at": None}
SHIFTS_OF: Final[dict[str, list[dict[str, Any]]]] = {
    "C1": [
        {"kind": "day", "order": "a", "p95ms": 5, "paid": "10.125", "load": 0.1, "hours": 0.1, "at": "2026-01-01T08:00:00Z"},
        {"kind": "day", "order": "b", "p95ms": 7, "paid": "0.001", "load": 0.2, "hours": 0.2, "at": "2026-01-02T08:00:00Z"},
        {"kind": "night", **NOTHING},
        {"kind": None, "order": "c", "p95ms": 1, "paid": "1.000", "load": 1.5, "hours": 1e300, "at": "2026-01-04T08:00:00Z"},
    ],
    "C2": [
        {"kind": "day", "order": "z", "p95ms": -3, "paid": "-4.5", "load": 2.5, "hours": -0.3, "at": "2026-01-02T08:00:00Z"},
        {"kind": "night", "order": "y", "p95ms": 2, "paid": "2.5", "load": 0.3, "hours": 8.5, "at": "2026-01-01T22:00:00+02:00"},
    ],
    "C3": [],
}
"""Crew → its shifts, each with the number of its place. Two of a kind have the same time; one has none."""
MORE: Final = {"night": True, "day": "2026-01-01", "local": "2026-01-01 08:00:00", "raw": "AAEC", "mail": "a@b.c"}


def answer(asked: Asked) -> Reply:
    """The API: crews, and the shifts of each."""
    if asked.path == "/crews":
        return json_reply({"crews": [{"crewId": crew, "name": crew.lower()} for crew in SHIFTS_OF]})
    crew = asked.path.split("/")[2]
    numbered = enumerate(SHIFTS_OF[crew], 1)
    return json_reply({"shifts": [{**MORE, "note": {"crew": crew}, "number": number, **shift} for number, shift in numbered]})


@hookimpl
def connector_tables() -> list[Table]:
    return [CREWS, SHIFTS]


@hookimpl
def connector_auth() -> Any:
    return NoAuth()


@hookimpl
def connector_paginator(table: Table) -> SinglePage:
    return SinglePage()


@hookimpl
def connector_extra_tables(table: Table) -> list[Aggregate | Dimension]:
    return [TOTALS, KINDS] if table == SHIFTS else []


@hookimpl
def connector_settings() -> Any:
    return [base_url("https://api.example.com")]
