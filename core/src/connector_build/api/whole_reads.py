"""Whether a feed can be read whole from a made-up API although it cannot be told how its API pages: by trying."""

from attrs import evolve

from connector_build.api.bodies import records_in, said
from connector_build.api.messages import Asked, Reply, asked, sent_body
from connector_build.api.mimic import Mimic
from connector_core import Page, Request, Table
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line
from connector_core.plugin.assembly import TablePlan
from connector_core.source.children import for_parent
from connector_core.source.pagination import next_request

MOST_REQUESTS = 1000


def why_not_read(mimic: Mimic, plan: TablePlan, page_size: int) -> str | None:
    """Why the plugin's own paginator does not come to the end of what *mimic* serves, without a full stop; None where it does."""
    parent = mimic.world.records(plan.parent.table.name)[0] if plan.parent else {}
    table = for_parent(plan.table, parent, plan.table.name) if plan.parent else plan.table
    wanted = len(mimic.world.entries(plan, parent))
    try:
        came = _read(mimic, plan, table, page_size)
    except Exception as error:  # noqa: BLE001  (whatever a plugin's paginator raises)
        return one_line(f"its paginator fails on an answer of a simulated API with {type(error).__name__}: {error}", 300)
    if came is None:
        return "its paginator goes on and on where everything comes in one answer of a simulated API"
    return None if came >= wanted else f"its paginator ends after {came} of {counted(wanted, 'record')} of a simulated API"


def _read(mimic: Mimic, plan: TablePlan, table: Table, page_size: int) -> int | None:
    """How many records come; None where there is no end."""
    request: Request | None = plan.paginator.first(table, page_size, {})
    came = 0
    for _ in range(MOST_REQUESTS):
        if request is None:
            return came
        page = _page(table, mimic.reply(_asked(request, mimic.url)))
        came += len(page.records)
        request = next_request(plan.paginator, request, page)
    return None


def _asked(request: Request, url: str) -> Asked:
    headers = {name.lower(): value for name, value in request.headers.items()}
    there = asked(request.method, request.path.removeprefix(url), headers)
    return evolve(there, params={**there.params, **request.params}, json=sent_body(request))


def _page(table: Table, reply: Reply) -> Page:
    if reply.status != 200:
        raise ValueError(f"{reply.status} {reply.body.decode()}")
    headers = {name.lower(): value for name, value in reply.headers.items()}
    return Page(said(table, reply.body), records_in(table, reply.body), headers=headers)
