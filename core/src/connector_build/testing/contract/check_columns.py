"""The rule about column types."""

from random import Random

from connector_build.api.values import value_of
from connector_build.api.world import transformed
from connector_build.testing.contract.outcomes import Broken
from connector_build.testing.contract.subject import Subject
from connector_core.basics.names import COLUMN_TYPES
from connector_core.plugin.assembly import TablePlan


def check_column_types(subject: Subject) -> None:
    """Every declared type is one that the SDK has, and of a kind that a record from JSON can fill."""
    for entry in subject.assembly_with_everything.schema:
        for name, kind in entry["columns"].items():
            if not isinstance(kind, dict) and kind not in COLUMN_TYPES:
                raise Broken(f"{entry['table']}: {name} is declared {kind!r}. Write one of {', '.join(sorted(COLUMN_TYPES))}.")
    for assembly in subject.assemblies:
        for plan in assembly.tables:
            check_binary(plan)


def check_binary(plan: TablePlan) -> None:
    """Raise Broken unless the transforms make bytes of what a BINARY column gets from JSON, which has none."""
    binary = [name for name, kind in plan.columns.items() if kind == "BINARY"]
    if not binary:
        return
    made = {name: value_of(kind, 1, Random(0), key=True) for name, kind in plan.table.columns.items()}  # noqa: S311  (made-up data)
    try:
        row = transformed(plan, made) or {}
    except Exception:  # noqa: BLE001  (another rule is about transforms that fail)
        return
    for name in binary:
        if not isinstance(row.get(name), bytes | bytearray | None):
            raise Broken(
                f"{plan.table.name}: {name} is declared BINARY and gets a {type(row[name]).__name__}, which the SDK refuses: "
                "JSON has no bytes. Declare it STRING, or make bytes of it in a transform, with base64.b64decode for example."
            )
