"""The dataset fts with its table declared append-only: an aggregate is then kept up from the cursor on."""

import sys

from attrs import evolve

import connector_fts
from connector_core import Aggregate, DerivedField, Table, hookimpl
from connector_core.runtime.fivetran import connector_for
from connector_fts import connector_auth, connector_paginator, connector_settings

RECORDS = evolve(connector_fts.RECORDS, append_only=True)
HOOKS = (connector_auth, connector_paginator, connector_settings)
"""Those of the dataset that do not ask for the table; they are this plugin's too."""


@hookimpl
def connector_tables() -> list[Table]:
    return [RECORDS]


@hookimpl
def connector_transforms() -> list[DerivedField]:
    return connector_fts.connector_transforms(connector_fts.RECORDS)


@hookimpl
def connector_extra_tables() -> list[Aggregate]:
    return connector_fts.connector_extra_tables(connector_fts.RECORDS)


connector = connector_for({"appending": sys.modules[__name__]}, enable=["cost_per_hour", "fts_technicians"])
