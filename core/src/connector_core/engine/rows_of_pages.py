"""From a page to its rows: those of its records, and what it says is gone."""

from collections.abc import Iterator
from itertools import islice

from connector_core.engine.deleted import deleted_keys
from connector_core.engine.reading import Read
from connector_core.engine.records import RowMaker, Rows
from connector_core.plugin.plan import TablePlan
from connector_core.source.rows import records_of

PART = 1000
"""Records of one page that are made into rows before they go out: a page may be larger than memory."""


def rows_of(plan: TablePlan, read: Read | None, maker: RowMaker) -> Iterator[Rows]:
    """The rows of one page of the table of *plan*, a bounded number of them at a time; *maker* counts the page.

    None of a page that is about records, or says that they are gone.
    """
    if read is None or read.request.asks or read.page.gone:
        return
    maker.pages += 1
    where = f"{plan.table.name}: {read.request}"
    if read.gone is not None:
        yield maker.gone(read.gone, where)
        return
    records = iter(records_of(plan.table, read.page, read.request, where))
    first = 1
    while part := list(islice(records, PART)):
        yield maker.rows(part, where, first, read.added, read.page.exact)
        first += len(part)
    if plan.table.gone and not read.page.ended:
        yield maker.gone(deleted_keys(plan.table, read.page.body, where), where, read.added)
