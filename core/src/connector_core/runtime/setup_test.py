"""The setup test: one real request for one record, and what came of it in a sentence."""

from collections.abc import Callable, Mapping
from typing import Any

from attrs import evolve

from connector_core.basics.discretion import strike
from connector_core.basics.errors import ConfigurationError, ConnectorError, RequestRejected
from connector_core.basics.logs import SilentLog
from connector_core.basics.operations import Log
from connector_core.engine.failures import in_words
from connector_core.engine.sync import make_client
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.paging.given import Given
from connector_core.paging.job import Job
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.plugin.binding import bound
from connector_core.source.children import for_parent
from connector_core.source.configuration import Configuration, read_configuration

ATTEMPTS = 2
TIMEOUT = (5.0, 20.0)
"""Seconds to connect, and to wait for an answer: somebody sits in front of the form."""

Connect = Callable[[Assembly, Configuration, Log], Client]


def setup_test(assembly: Assembly, configuration: Mapping[str, Any], connect: Connect | None = None) -> str | None:
    """What stands in the way of a sync with *configuration*, as one paragraph without a secret; None when nothing does.

    One record of the first table that is not read by an export job is asked for; where all are, an export is. Where the
    configured page size is another than the API's usual one, a page of that size is asked for as well.
    """
    try:
        values = read_configuration(assembly.settings, configuration)
        assembly = bound(assembly, values)
    except ConnectorError as error:
        return str(error)
    try:
        with (connect or _patient)(assembly, values, SilentLog()) as client:
            return _asked(assembly, values, client)
    except Exception as error:  # noqa: BLE001  (whatever it is, it ends as one paragraph of ours)
        return strike(values.hidden, str(in_words(error, "The test")))


def _asked(assembly: Assembly, values: Configuration, client: Client) -> str | None:
    plan = _first(assembly)
    setting = next(setting for setting in assembly.settings if setting.name == "page_size")
    _page(plan, client, max(1, setting.minimum or 1))
    if str(values["page_size"]) != setting.default and not _exports(plan):
        try:
            _page(plan, client, values["page_size"])
        except RequestRejected as error:
            size = values["page_size"]
            return f"The API takes one record at a time, but refuses page_size {size}: set page_size lower. It said: {error}"
    return None


def _first(assembly: Assembly) -> TablePlan:
    """The first table that can be asked for without another one's records: for one value of its list, where it has one."""
    plans = [plan for plan in assembly.tables if plan.parent is None or plan.table.each]
    # To ask for an export only to see whether one may would leave one behind.
    plan = next((plan for plan in plans if not _exports(plan)), plans[0])
    if plan.parent is None:
        return plan
    record = next(iter(plan.parent.paginator.page.records), None) if isinstance(plan.parent.paginator, Given) else None
    if record is None:
        raise ConfigurationError(f"The configuration lists nothing to read {plan.table.name} for.")
    return evolve(plan, table=for_parent(plan.table, record, plan.table.name), parent=None)


def _exports(plan: TablePlan) -> bool:
    """Whether the table is read by an export job."""
    paginator: Any = plan.paginator
    while paginator is not None and not isinstance(paginator, Job):
        paginator = getattr(paginator, "pages", None)
    return paginator is not None


def _page(plan: TablePlan, client: Client, page_size: int) -> None:
    client.fetch(plan.table, plan.paginator.first(plan.table, page_size, {}))


def _patient(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
    return make_client(assembly, configuration, log, retry=Retry(attempts=ATTEMPTS), timeout=TIMEOUT)
