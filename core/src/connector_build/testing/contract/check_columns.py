"""The rule about column types."""

from connector_build.testing.contract.outcomes import Broken
from connector_build.testing.contract.subject import Subject
from connector_core.basics.names import COLUMN_TYPES


def check_column_types(subject: Subject) -> None:
    """Every declared type is one that the SDK has."""
    for entry in subject.assembly_with_everything.schema:
        for name, kind in entry["columns"].items():
            if not isinstance(kind, dict) and kind not in COLUMN_TYPES:
                raise Broken(f"{entry['table']}: {name} is declared {kind!r}. Write one of {', '.join(sorted(COLUMN_TYPES))}.")
