"""Made-up MSO records for the sample API.

It needs `connector_build`, which is never part of a built project, and so this module is left out of one.
"""

from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from connector_build.sample import Sample

_FIRST_EPOCH: Final = 1_748_797_200  # seconds
_SECONDS_APART: Final = 2700
_PRODUCTS: Final = 50
_DESIGNERS: Final = 24
_RECORDS_A_REVISION: Final = 220

_CAD: Final = {
    "Autodesk Inventor": "dwg",
    "AutoCAD": "dwg",
    "SolidWorks": "sldprt",
    "CATIA": "CATPart",
    "Siemens NX": "prt",
}
_SKILLS: Final = ("Beginner", "Intermediate", "Advanced", "Expert")
_RECOMMENDATIONS: Final = ("Recommended", "Recommended", "Under Review", "Not Recommended")
_STAGES: Final = ("Concept", "Design", "Prototype", "Production", "Retirement")
_STATUSES: Final = {
    "Concept": ("Active", "On Hold"),
    "Design": ("Active", "Active", "On Hold"),
    "Prototype": ("Active", "Under Review"),
    "Production": ("Active",),
    "Retirement": ("Inactive", "Discontinued"),
}
_GOODS: Final = (
    ("Pump Housing", "Cast housing for a centrifugal pump"),
    ("Valve Body", "Forged body of a high pressure gate valve"),
    ("Gearbox Cover", "Ribbed cover with bearing seats"),
    ("Heat Exchanger Plate", "Stamped plate with a herringbone pattern"),
    ("Motor Mount", "Bracket that damps vibration between motor and frame"),
    ("Turbine Blade", "Twisted blade with internal cooling"),
    ("Control Arm", "Suspension arm with pressed bushings"),
    ("Battery Tray", "Welded tray with cooling channels"),
    ("Fan Impeller", "Backward curved impeller, balanced"),
    ("Sensor Bracket", "Bent sheet bracket for a level sensor"),
)
# Name, density (g/cm3), Poisson's ratio, Young's modulus (MPa).
_MATERIALS: Final = (
    ("Aluminium 6061-T6", 2.70, 0.33, 68900.0),
    ("Aluminium 7075-T6", 2.81, 0.33, 71700.0),
    ("Stainless Steel 316L", 7.99, 0.27, 193000.0),
    ("Carbon Steel S355", 7.85, 0.30, 210000.0),
    ("Titanium Ti-6Al-4V", 4.43, 0.342, 113800.0),
    ("Grey Cast Iron", 7.15, 0.26, 110000.0),
    ("Brass CW614N", 8.47, 0.35, 97000.0),
    ("Polyamide PA66-GF30", 1.37, 0.39, 9500.0),
    ("PEEK", 1.30, 0.38, 3800.0),
    ("Carbon Fibre Laminate", 1.60, 0.30, 70000.0),
    ("Magnesium AZ91D", 1.81, 0.35, 45000.0),
    ("Inconel 718", 8.19, 0.29, 200000.0),
)


def _about(rng: Random, low: float, high: float) -> float:
    return round(rng.uniform(low, high), 10)


def _product(number: int, revision: int, rng: Random) -> dict[str, Any]:
    """A product as it is described at some revision: name, text and stage move on with it."""
    name, text = _GOODS[number % len(_GOODS)]
    stage = _STAGES[min(number % 3 + revision, len(_STAGES) - 1)]
    return {
        "product_id": f"PRD_{number:04d}",
        "product_name": f"{name} {number + 1}" + (f" Mk {revision + 1}" if revision > 1 else ""),
        "product_description": text if revision == 0 else f"{text}, revision {revision}",
        "product_lifecycle_stage": stage,
        "product_lifecycle_status": rng.choice(_STATUSES[stage]),
    }


def _designer(number: int) -> dict[str, Any]:
    years = 1 + number * 7 % 30
    return {
        "designer_id": f"DES_{number:04d}",
        "designer_name": f"Designer {number + 1}",
        "designer_experience": years,
        "designer_skill_level": _SKILLS[min(years // 8, len(_SKILLS) - 1)],
    }


def _material(rng: Random) -> dict[str, Any]:
    number = rng.randrange(len(_MATERIALS))
    name, density, ratio, modulus = _MATERIALS[number]
    return {
        "material_id": f"MTRL_{number:04d}",
        "material_name": name,
        "density": round(density * rng.uniform(0.98, 1.02), 10),
        "poissons_ratio": round(ratio * rng.uniform(0.98, 1.02), 10),
        "youngs_modulus": round(modulus * rng.uniform(0.98, 1.02), 10),
    }


def _material_cost(rng: Random) -> float | None:
    chance = rng.random()
    if chance < 0.008:
        return None
    return 0.0 if chance < 0.024 else _about(rng, 20, 400)


def _results(rng: Random) -> dict[str, Any]:
    """The fields that a new calculation changes."""
    return {
        "cost_savings": _about(rng, 50, 1000),
        "material_cost": _material_cost(rng),
        "material_optimization_recommendation": rng.choice(_RECOMMENDATIONS),
        "material_optimization_score": _about(rng, 0.5, 1),
        "material_selection_recommendation": rng.choice(_RECOMMENDATIONS),
        "material_selection_score": _about(rng, 0.5, 1),
        "material_waste": _about(rng, 0.5, 12),
        "material_weight": _about(rng, 5, 120),
        "performance_improvement": None if rng.random() < 0.01 else _about(rng, 1, 100),
        "product_performance": _about(rng, 100, 1000),
        "waste_reduction": _about(rng, 0, 10),
        "weight_reduction": _about(rng, 0, 20),
    }


def _revision(number: int) -> int:
    return min(number // _RECORDS_A_REVISION, len(_STAGES) - 1)


def make(number: int, rng: Random) -> dict[str, Any]:
    """Record number `number`: thirty-two fields, as the public API sends them."""
    updated = _FIRST_EPOCH + number * _SECONDS_APART
    optimized = datetime.fromtimestamp(updated, UTC).date() - timedelta(days=rng.randint(0, 30))
    selected = optimized - timedelta(days=rng.randint(1, 14))
    product = _product(rng.randrange(_PRODUCTS), _revision(number), rng)
    cad = rng.choice(list(_CAD))
    record = {
        "cad_file_name": f"{product['product_name']}.{_CAD[cad]}",
        "cad_system": cad,
        "last_updated_epoch": updated,
        "material_optimization_date": optimized.isoformat(),
        "material_selection_date": selected.isoformat(),
        "record_id": str(UUID(int=rng.getrandbits(128), version=4)),
        **product,
        **_designer(rng.randrange(_DESIGNERS)),
        **_material(rng),
        **_results(rng),
    }
    return dict(sorted(record.items()))


def change(record: dict[str, Any], rng: Random) -> dict[str, Any]:
    """The same record calculated again: new results, one time in eight for another product.

    One time in four the product is described anew.
    """
    number = int(record["product_id"].removeprefix("PRD_"))
    product: dict[str, Any] = {}
    if rng.random() < 0.125:
        product = _product(rng.randrange(_PRODUCTS), rng.randrange(len(_STAGES)), rng)
    elif rng.random() < 0.25:
        product = _product(number, rng.randrange(len(_STAGES)), rng)
    updated = record["last_updated_epoch"] + rng.randint(60, 3600)
    return {**record, **_results(rng), **product, "last_updated_epoch": updated}


SAMPLE: Final = Sample(count=600, make=make, change=change)
