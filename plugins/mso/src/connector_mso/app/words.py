"""The words of the app: its columns, its units, what is measured, and what a recommendation or a stage means."""

from collections.abc import Mapping, Sequence
from typing import Final

from connector_app.asking.measures import Better, Quantity
from connector_app.asking.rows import Rows
from connector_app.data.session import Kind
from connector_app.page.theme import BAD, GOOD, WARN, ordered
from connector_app.page.units import unit

RECORDS_TABLE: Final = "mso_records"
PRODUCTS_TABLE: Final = "mso_products"
_TEXTS: Final = (
    "record_id cad_file_name cad_system designer_id designer_name designer_skill_level material_id material_name "
    "material_optimization_recommendation material_selection_recommendation product_description product_id "
    "product_lifecycle_stage product_lifecycle_status product_name"
)
_NUMBERS: Final = (
    "designer_experience last_updated_epoch cost_savings density material_cost material_optimization_score "
    "material_selection_score material_waste material_weight performance_improvement poissons_ratio product_performance "
    "waste_reduction weight_reduction youngs_modulus"
)
EXPECTED: Final[Mapping[str, Kind]] = {
    **dict.fromkeys(_TEXTS.split(), "text"),
    **dict.fromkeys(_NUMBERS.split(), "number"),
    "material_optimization_date": "date",
    "material_selection_date": "date",
}
"""The columns that the plugin declares: one that Fivetran was told to leave out is empty here."""
LABELS: Final = {
    "material_optimization_date": "optimized",
    "material_name": "material",
    "cad_system": "CAD system",
    "product_lifecycle_stage": "lifecycle stage",
    "product_lifecycle_status": "lifecycle status",
    "designer_skill_level": "designer's skill",
    "material_optimization_recommendation": "optimization is",
}

UNITS: Final = {
    "cost": ("Costs and savings", "such as USD"),
    "weight": ("Weights", "such as kg"),
    "waste": ("Waste", "such as kg"),
    "density": ("Density", "such as g/cm³"),
    "stiffness": ("Young's modulus", "such as MPa"),
    "performance": ("Performance", "such as %"),
    "experience": ("Experience", "such as years"),
}
# Column → label, unit, which way is good news. Density, stiffness and Poisson's ratio are good or bad for a purpose only.
_MEASURED: Final[Mapping[str, tuple[str, str, Better]]] = {
    "material_cost": ("cost of the material", "cost", "lower"),
    "material_weight": ("weight of the material", "weight", "lower"),
    "density": ("density", "density", "neither"),
    "youngs_modulus": ("Young's modulus", "stiffness", "neither"),
    "poissons_ratio": ("Poisson's ratio", "", "neither"),
    "cost_savings": ("cost saved", "cost", "higher"),
    "material_waste": ("waste", "waste", "lower"),
    "waste_reduction": ("waste avoided", "waste", "higher"),
    "weight_reduction": ("weight taken off", "weight", "higher"),
    "performance_improvement": ("performance added", "performance", "higher"),
    "product_performance": ("performance of the product", "", "higher"),
    "material_selection_score": ("selection score", "", "higher"),
    "material_optimization_score": ("optimization score", "", "higher"),
    "efficiency_ratio": ("efficiency ratio", "", "higher"),
}
PROPERTIES: Final = ("material_cost", "material_weight", "density", "youngs_modulus", "poissons_ratio")
GAINS: Final = ("cost_savings", "performance_improvement", "waste_reduction", "weight_reduction")

_CALLED: Final = {"material_name": "material", "product_id": "product", "designer_id": "designer", "product_name": "name"}

SELECTED: Final = "material_selection_recommendation"
OPTIMIZED: Final = "material_optimization_recommendation"
YES, OPEN, NO = "recommended", "open", "not recommended"
STAGES: Final = ("Concept", "Design", "Prototype", "Production", "Retirement")
SKILLS: Final = ("Beginner", "Intermediate", "Advanced", "Expert")
STAGE_COLOURS: Final = ordered(STAGES)
DECISION_COLOURS: Final = {YES: GOOD, OPEN: WARN, NO: BAD}


def quantity(column: str) -> Quantity:
    """What a column measures, in the unit that the user named."""
    label, kind, better = _MEASURED[column]
    return Quantity(column, label, unit(kind), better)


def called(column: str) -> str:
    """How a table calls a column."""
    if column in _MEASURED:
        asked = quantity(column)
        return f"{asked.label} ({asked.unit})" if asked.unit else asked.label
    return _CALLED.get(column, LABELS.get(column, column.replace("_", " ")))


def measured(rows: Rows, columns: Sequence[str]) -> dict[str, Quantity]:
    """Label → quantity for those of *columns* that the table has, `efficiency_ratio` too where it is on."""
    found = [quantity(column) for column in (*columns, "efficiency_ratio") if column in EXPECTED or rows.has(column)]
    return {each.label: each for each in found}


def decision(column: str) -> str:
    """SQL for what a recommendation comes to: yes, no, or open, in whatever words (such as Under Review) it says so."""
    said = f"LOWER(TRIM({column}))"
    return (
        f"CASE WHEN {column} IS NULL THEN NULL WHEN {said} = 'recommended' THEN '{YES}' "
        f"WHEN {said} LIKE 'not %' OR {said} LIKE '%reject%' THEN '{NO}' ELSE '{OPEN}' END"
    )


DESIGNER: Final = "COALESCE(designer_name || ' · ' || designer_id, designer_id)"
"""A designer as the page names one: two may have one name."""
GROUPS: Final = {
    "material": "material_name",
    "CAD system": "cad_system",
    "lifecycle stage": "product_lifecycle_stage",
}
ORDERS: Final[Mapping[str, Sequence[str]]] = {"product_lifecycle_stage": STAGES, "designer_skill_level": SKILLS}
