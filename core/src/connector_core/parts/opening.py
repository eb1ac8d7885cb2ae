"""Opening an API for whoever reads parts of it, and saying what goes wrong as a sync does."""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import frozen

from connector_core.basics.discretion import Secrets, strike
from connector_core.basics.logs import DiscreetLog
from connector_core.basics.operations import Log
from connector_core.engine.failures import in_words
from connector_core.engine.journal import Journal
from connector_core.engine.reading import Api
from connector_core.engine.sync import Engine, api_for, make_client
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.plugin.binding import bound
from connector_core.source.configuration import read_configuration


@frozen(hash=False)
class Opened:
    """An API that can be read: the assembly as it is for one connection, and what feeds are read with."""

    assembly: Assembly
    api: Api

    def plan(self, table: str) -> TablePlan:
        """The plan of a table. Raises KeyError for one that there is none of."""
        return {plan.table.name: plan for plan in self.assembly.tables}[table]


@contextmanager
def opened(assembly: Assembly, raw: Mapping[str, Any], log: Log, what: str, engine: Engine | None = None) -> Iterator[Opened]:
    """The API of *assembly* for the configuration *raw*, until the block ends; *what* is read, for messages.

    Whatever is raised in the block is a ConnectorError without a secret in it.
    """
    hidden, failure = Secrets(), None
    engine = engine or Engine(make_client)
    try:
        values = read_configuration(assembly.settings, raw)
        hidden = values.hidden
        assembly = bound(assembly, values)
        quiet = DiscreetLog(log, hidden)
        journal = Journal(quiet, {plan.table.name: plan.table.path for plan in assembly.tables}, time.monotonic)
        with engine.client(assembly, values, quiet) as client:
            yield Opened(assembly, api_for(client, values, quiet, journal))
    except Exception as error:  # noqa: BLE001  (whatever it is, it ends as one paragraph of ours)
        told = in_words(error, what)
        failure = type(told)(strike(hidden, str(told)))
    if failure is not None:
        # Without its cause: what shows the variables of where that was raised would show records.
        raise failure
