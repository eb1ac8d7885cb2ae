"""A dataset in one file, with its sample records, for the tests."""

CREW = '''"""Crew: shifts of a ferry line."""

from random import Random
from typing import Any

from connector_build import Sample
from connector_core import Aggregate, ApiKeyHeader, DerivedField, Setting, Table, base_url, hookimpl, ratio, total

NAMES = ("Ann", "Bo")


# How shifts are made up.
def make(number: int, rng: Random) -> dict[str, Any]:
    return {
        "shift_id": f"S-{number:06}",
        "member": NAMES[number % 2],
        "hours": rng.randrange(1, 9) / 2,
        "pay": 12.5,
        "last_updated_epoch": 1767312000 + number,
    }


def change(record: dict[str, Any], rng: Random) -> dict[str, Any]:
    return {**record, "pay": float(rng.randrange(9)), "last_updated_epoch": record["last_updated_epoch"] + 1000}


SAMPLE = Sample(count=250, make=make, change=change)

SHIFTS = Table(
    name="crew_shifts",
    path="/shifts",
    records="shifts",
    primary_key=["shift_id"],
    columns={"shift_id": "STRING", "member": "STRING", "hours": "DOUBLE", "pay": "DOUBLE", "last_updated_epoch": "LONG"},
)


@hookimpl
def connector_tables() -> list[Table]:
    return [SHIFTS]


@hookimpl
def connector_auth() -> ApiKeyHeader:
    return ApiKeyHeader("api_key")


@hookimpl
def connector_settings() -> list[Setting]:
    return [base_url("https://crew.example.com")]


@hookimpl
def connector_transforms(table: Table) -> list[DerivedField]:
    return [DerivedField("pay_per_hour", ratio("pay", "hours"), default=False)]


@hookimpl
def connector_extra_tables(table: Table) -> list[Aggregate]:
    return [Aggregate("crew_members", by=["member"], measures={"pay": total("pay")}, default=False)]
'''
