"""What is about to be saved holds no secret: Fivetran does not encrypt a state."""

import json
from collections.abc import Mapping
from typing import Any

from connector_core.basics.discretion import Secrets, shows
from connector_core.basics.errors import PluginError
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Bookmark


def check_discreet(plan: TablePlan, hidden: Secrets, bookmark: Bookmark, state: Mapping[str, Any]) -> None:
    """Raise PluginError when the *bookmark* of a table, or what *state* has of its extra tables, holds a secret."""
    if hidden.stands_in(bookmark):
        raise PluginError(
            f"{plan.paginator_origin}: the place to go on from holds a secret, which no state may. "
            "Make the next request without it; the auth adds it again."
        )
    if plan.extra_tables and shows(hidden, json.dumps(state)):
        raise PluginError(
            f"{plan.table.name}: a record holds a secret in a column that an extra table groups by, and no state may hold that. "
            "Disable the extra table, or take the value out of the column with a transform."
        )
