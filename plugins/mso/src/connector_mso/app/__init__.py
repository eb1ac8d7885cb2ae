"""MaterialMind: the app of the dataset mso, for product designers, materials engineers and operations directors.

It stands on the app kit alone, and imports nothing of the plugin: in Snowflake there is neither the core nor the plugin.
"""

from typing import Final

from connector_app.asking.filters import Filterable
from connector_app.asking.rows import Rows
from connector_app.data.session import Session
from connector_app.page.frame import App, draw, sections
from connector_app.page.units import units
from connector_app.reports.facts import AREAS
from connector_mso.app import comparison, designers, facts, lifecycle, overview, properties, recommendations, savings
from connector_mso.app.words import EXPECTED, LABELS, RECORDS_TABLE, UNITS

FILTERABLE: Final = Filterable(
    date="material_optimization_date",
    categories=(
        "material_name",
        "cad_system",
        "product_lifecycle_stage",
        "product_lifecycle_status",
        "designer_skill_level",
        "material_optimization_recommendation",
    ),
    text=("product_name", "product_description", "material_name", "cad_file_name", "designer_name", "record_id", "product_id"),
)
SECTIONS: Final = {
    "Overview": overview.draw,
    "Properties": properties.draw,
    "Compare": comparison.draw,
    "Savings": savings.draw,
    "Recommendations": recommendations.draw,
    "Designers": designers.draw,
    "Lifecycle": lifecycle.draw,
}


def metrics(rows: Rows) -> None:
    """The first part of the page: its units, and one section."""
    units(UNITS)
    sections(SECTIONS, rows)


APP: Final = App(
    name="MaterialMind",
    tagline="Which material, at what cost, for which product? For designers, materials engineers and operations directors.",
    icon=":material/layers:",
    table=RECORDS_TABLE,
    filterable=FILTERABLE,
    metrics=metrics,
    areas=dict(zip(AREAS, facts.GATHERED, strict=True)),
    labels=LABELS,
    expected=EXPECTED,
)


def main(session: Session) -> None:
    """Draw the app over *session*."""
    draw(APP, session)
