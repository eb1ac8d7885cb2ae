"""LogLynx: the app of the dataset fts, for technicians, maintenance managers and operations managers.

It stands on the app kit alone, and imports nothing of the plugin: in Snowflake there is neither the core nor the plugin.
"""

from typing import Final

from connector_app.asking.filters import Filterable
from connector_app.asking.rows import Rows
from connector_app.data.session import Session
from connector_app.page.frame import App, draw, sections
from connector_app.page.units import units
from connector_app.reports.facts import AREAS
from connector_fts.app import customers, downtime, equipment, facts, failures, log, overview, technicians, types
from connector_fts.app.words import DATE, EXPECTED, LABELS, RECORDS_TABLE, UNITS

FILTERABLE: Final = Filterable(
    date=DATE,
    categories=("maintenance_type", "maintenance_status", "equipment_id", "technician_id", "customer_id"),
    text=("log_description", "summarized_log", "equipment_id", "technician_id", "customer_id", "erp_order_id", "record_id"),
)
SECTIONS: Final = {
    "Overview": overview.draw,
    "Equipment": equipment.draw,
    "Failures": failures.draw,
    "Maintenance types": types.draw,
    "Technicians": technicians.draw,
    "Downtime": downtime.draw,
    "Customers": customers.draw,
    "Log": log.draw,
}


def metrics(rows: Rows) -> None:
    """The first part of the page: its units, and one section."""
    units(UNITS)
    sections(SECTIONS, rows)


APP: Final = App(
    name="LogLynx",
    tagline="What broke, what did it cost, what to do next? For technicians, maintenance managers and operations managers.",
    icon=":material/build:",
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
