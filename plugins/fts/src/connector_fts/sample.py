"""Made-up FTS records for the sample API.

It needs `connector_build`, which is never part of a built project, and so this module is left out of one.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from connector_build.sample import Sample

_FIRST_EPOCH: Final = 1_747_890_000  # seconds
_SECONDS_APART: Final = 1800
_TECHNICIANS: Final = 40
_CUSTOMERS: Final = 120
_EQUIPMENT: Final = 260

_TYPES: Final = ("Predictive", "Corrective", "Condition-Based")
_STATUSES: Final = ("Completed", "In Progress", "Delayed", "Cancelled")
_STATUS_WEIGHTS: Final = (62, 16, 14, 8)
_UNITS: Final = (
    "wellhead assembly",
    "gas compressor",
    "separator",
    "mud pump",
    "blowout preventer",
    "pipeline valve",
    "flow meter",
    "glycol dehydrator",
    "pump jack",
    "storage tank",
)
_WORK: Final = {
    "Predictive": (
        "Vibration trend of the {unit} is above its baseline; bearings replaced ahead of failure",
        "Oil analysis of the {unit} showed metal particles; oil and filter changed",
        "Thermal scan of the {unit} found a hot spot; terminals tightened and scanned again",
    ),
    "Corrective": (
        "Found a leaking seal on the {unit}; seal replaced and pressure tested",
        "The {unit} tripped on high temperature; cooler cleaned and restarted",
        "Pressure sensor of the {unit} read zero; sensor and cable replaced",
        "Emergency repair of the {unit} after loss of power",
    ),
    "Condition-Based": (
        "Inspected the {unit} after a corrosion alarm; wall thickness within limits",
        "Performed routine maintenance on the {unit}",
        "Calibrated the instruments of the {unit} after drift was reported",
    ),
}
_SUMMARIES: Final = {
    "Completed": ("Issue resolved", "Repaired and back in service", "Maintenance done, no further action"),
    "In Progress": ("Work under way", "Parts fitted, test still to do", "Second visit planned"),
    "Delayed": ("Waiting for parts", "Held up by weather", "No access to the site yet"),
    "Cancelled": ("Order withdrawn", "Unit taken out of service", "Duplicate of another order"),
}


def _technician(rng: Random) -> str:
    # Squared: some technicians have far more tasks than others.
    return f"TECH_{int(_TECHNICIANS * rng.random() ** 2):06d}"


def _hours(rng: Random) -> int | None:
    chance = rng.random()
    if chance < 0.008:
        return None
    return 0 if chance < 0.024 else rng.randint(1, 24)


def _cost(rng: Random) -> float | None:
    return None if rng.random() < 0.006 else round(rng.lognormvariate(6.4, 0.7), 2)


def _progress(rng: Random) -> dict[str, Any]:
    """The fields that change while a task goes on."""
    status = rng.choices(_STATUSES, _STATUS_WEIGHTS)[0]
    return {
        "downtime_hours": _hours(rng),
        "maintenance_cost": _cost(rng),
        "maintenance_status": status,
        "summarization_time_saved": rng.randint(1, 12),
        "summarized_log": rng.choice(_SUMMARIES[status]),
    }


def make(number: int, rng: Random) -> dict[str, Any]:
    """Task record number `number`: fifteen fields, as the public API sends them."""
    updated = _FIRST_EPOCH + number * _SECONDS_APART
    logged = datetime.fromtimestamp(updated, UTC).date() - timedelta(days=rng.randint(0, 30))
    kind = rng.choice(_TYPES)
    record = {
        "customer_id": f"CUST_{rng.randrange(_CUSTOMERS):06d}",
        "equipment_id": f"EQUIP_{rng.randrange(_EQUIPMENT):06d}",
        "erp_order_id": f"ORDER_{number:06d}",
        "failure_rate": round(rng.betavariate(2, 4), 2),
        "last_updated_epoch": updated,
        "log_date": logged.isoformat(),
        "log_description": rng.choice(_WORK[kind]).format(unit=rng.choice(_UNITS)),
        "maintenance_type": kind,
        "record_id": str(UUID(int=rng.getrandbits(128), version=4)),
        "technician_id": _technician(rng),
        **_progress(rng),
    }
    return dict(sorted(record.items()))


def change(record: dict[str, Any], rng: Random) -> dict[str, Any]:
    """The same task later on: new progress, and one time in eight another technician."""
    technician = _technician(rng) if rng.random() < 0.125 else record["technician_id"]
    updated = record["last_updated_epoch"] + rng.randint(60, 3600)
    return {**record, **_progress(rng), "technician_id": technician, "last_updated_epoch": updated}


SAMPLE: Final = Sample(count=750, make=make, change=change)
