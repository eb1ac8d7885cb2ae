"""Whether the state has room for what extra tables need of each row, where a table has more rows than are simulated."""

from collections.abc import Sequence
from itertools import islice

from attrs import evolve

from connector_build.testing.warehouse.memory import ListLog
from connector_core import Record
from connector_core.basics.discretion import Secrets
from connector_core.engine import row_values
from connector_core.engine.ledger import Ledger
from connector_core.engine.row_values import RowValues
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.tables import Key
from connector_core.source.values import in_form

LOOKED_AT = 1_000
"""Rows whose size stands for that of all."""


def has_room(plan: TablePlan, rows: dict[Key, Record], number: int) -> bool:
    """Whether what the extra tables of *plan* need fits the state, for so many rows that look like *rows*."""
    some = [(key, in_form(plan.declared, row)) for key, row in islice(rows.items(), LOOKED_AT)]
    kept = RowValues.of(plan, None, Secrets(), ListLog())
    if kept is None or not some:
        return True
    with_values = Ledger(kept.layout.names)
    with_values.put(some)
    kept.write(with_values)
    return row_values.size(kept.state()) / len(some) * number <= row_values.MOST


def forgetting(assembly: Assembly, tables: Sequence[str]) -> Assembly:
    """*assembly* as it is where nothing of the rows of *tables* is kept."""
    plans = (evolve(plan, forgets=True) if plan.table.name in tables else plan for plan in assembly.tables)
    return evolve(assembly, tables=tuple(plans))
