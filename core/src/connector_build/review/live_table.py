"""Everything that `check --live` looks into of one table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import define, evolve, field, frozen

from connector_build.review.drift import Comparison, Drift, Failure, row_of
from connector_build.review.live_again import next_start, next_sync, resumed
from connector_build.review.live_columns import ready
from connector_build.review.live_end import at_the_end, ending
from connector_build.review.live_feed import LOOKED_AT, Asking, Run, given
from connector_build.review.live_finding import Finding, merged, number_of
from connector_build.review.live_keys import Keys
from connector_build.review.live_pages import follow, in_order, in_smaller_pages, page_size, smaller
from connector_core.derived.applying import LeftOut
from connector_core.derived.named_fields import watch_for
from connector_core.engine.deleted import deleted_keys
from connector_core.engine.reading import Read
from connector_core.plugin.assembly import TablePlan
from connector_core.source.children import check_parents, for_parent
from connector_core.source.tables import Record, Table

PARENTS = 3
"""The children of so many parents are read."""


@frozen(hash=False)
class Looked:
    """What was found of one table. first: its first request. ended, next: how its feed ended, where the next sync starts."""

    first: str
    pages: int
    records: int
    ended: str
    next: str
    drift: Drift
    columns: str
    findings: tuple[Finding, ...]


@define
class _Rows:
    """What is noted of each record of a table, whichever feed it comes from."""

    plan: TablePlan
    compared: Comparison
    keys: Keys
    pages: int = field(default=0, init=False)
    records: int = field(default=0, init=False)
    unseen: int = field(default=0, init=False)

    def took(self, read: Read, added: Mapping[str, Any]) -> None:
        """Note a page. Raises UnexpectedAnswer where no record of it has a field that the plugin names."""
        where = f"{self.plan.table.name}: {read.request}"
        self.pages += 1
        self.records += len(read.page.records)
        self.unseen += max(0, len(read.page.records) - LOOKED_AT)
        watch = self.compared.watch = watch_for(self.plan.transforms)
        for record in given(read.page.records, added, self.plan.table.name):
            if (row := self.compared.add(record)) is not None:
                self.keys.add(row, self.pages)
        if watch is not None:
            watch.check(f"{where}: no record of this page", read.page.records)
        if self.plan.table.gone and not read.page.ended:
            deleted_keys(self.plan.table, read.page.body, where)

    def findings(self, drift: Drift) -> Iterator[Finding]:
        """What there is to say of all records together."""
        yield from self.keys.findings()
        yield from _columns(drift)
        if drift.left_out and not drift.records:
            by = ", ".join(self.compared.left_out)
            yield Finding(
                "wrong",
                "transforms",
                f"the transform {by} leaves out every record that was read, {drift.left_out} of them, so each row is deleted.",
                f"the function of {by}: it has to return the record",
            )
        if drift.meeting:
            text = f"{' and '.join(drift.meeting)} become one column in the destination, where one value overwrites the other."
            yield Finding("wrong", "names", text, "a transform: rename({…}) or drop(…)")
        if self.unseen:
            yield Finding("unproved", "records", f"{number_of(self.unseen, 'record')} behind the first {LOOKED_AT:,} of a page")
        if not self.records:
            yield Finding("unproved", "records", "there is no record, so nothing is known of columns, keys and pages")


@frozen(hash=False)
class Looker:
    """Looks into one table. least: the smallest page size that the connector takes."""

    asking: Asking
    secrets: Any = field(repr=False)
    least: int = 1

    def own(self, plan: TablePlan, first: list[Any]) -> Looked:
        """A table with a feed of its own; *first* is given the records of its first page."""
        rows = self._rows(plan)

        def took(read: Read) -> None:
            if not rows.pages:
                first.extend(read.page.records[:LOOKED_AT])
            rows.took(read, {})

        run = self.asking.run(plan, took=took)
        return self._looked(plan, rows, [run], list(self._proofs(self.asking, plan, run, rows)))

    def children(self, plan: TablePlan, parents: Sequence[Record], where: str) -> Looked:
        """A child table, of which the feeds of these *parents* are read; *where* names their page."""
        rows = self._rows(plan)
        asking = evolve(self.asking, most=max(2, self.asking.most // PARENTS))
        runs: list[Run] = []
        findings: list[Finding] = []
        for record in parents:
            child = evolve(plan, table=_child(plan.table, record, where))
            assert plan.table.parent is not None  # noqa: S101  (the caller has looked)
            added = plan.table.parent.added(record)
            runs.append(asking.run(child, took=lambda read, added=added: rows.took(read, added)))  # type: ignore[misc]  # a default
            findings += self._proofs(asking, child, runs[-1], rows)
        return self._looked(plan, rows, runs, list(merged(findings)))

    def _rows(self, plan: TablePlan) -> _Rows:
        return _Rows(plan, Comparison(plan, self.secrets), Keys(plan.table))

    def _proofs(self, asking: Asking, plan: TablePlan, run: Run, rows: _Rows) -> Iterator[Finding]:
        """What there is to say of one feed, beyond its records."""
        if rows.keys.broken:
            run, asking = run.by_whole(), evolve(asking, whole=True)
        if run.problem:
            yield Finding("wrong", "answers", run.problem)
            return
        yield from at_the_end(asking, plan, run)
        size = smaller(asking, plan, run, self.least)
        if not size:
            yield from follow(plan, run)
            yield from page_size(asking, plan, run)
            yield from self._again(asking, plan, run)
            return
        within = asking.sized(size)
        parts = within.run(plan)
        yield from in_smaller_pages(plan, run, parts, size)
        yield from merged([*page_size(asking, plan, run), *page_size(within, plan, parts)])
        yield from self._again(within, plan, run if parts.problem else parts)

    def _again(self, asking: Asking, plan: TablePlan, run: Run) -> Iterator[Finding]:
        yield from in_order(plan, run)
        yield from resumed(asking, plan, run)
        yield from next_sync(asking, plan, run)

    def _looked(self, plan: TablePlan, rows: _Rows, runs: Sequence[Run], findings: Sequence[Finding]) -> Looked:
        drift = rows.compared.result()
        ends = dict.fromkeys(ending(plan, run, self.asking.most).words for run in runs)
        nexts = dict.fromkeys(filter(None, map(next_start, runs)))
        return Looked(
            str(runs[0].pages[0].request) if runs and runs[0].pages else "",
            rows.pages,
            rows.records,
            "; ".join(ends),
            "; ".join(nexts) if len(nexts) < 2 else f"{len(nexts)} places, one for each parent",
            drift,
            ready(plan.table.declared, drift.fields),
            merged([*rows.findings(drift), *findings]),
        )


def _columns(drift: Drift) -> Iterator[Finding]:
    """What there is to say of columns that are as declared; of the others, the drift says it."""
    if not drift.records:
        return
    if drift.empty:
        yield Finding("unproved", "columns", f"of {', '.join(drift.empty)} nothing but null came, so their types are not known")
    elif not drift.fields:
        yield Finding("proved", "columns", "each declared column came, with values of its type")


def _child(table: Table, record: Record, where: str) -> Table:
    return for_parent(table, record, f"{where}: a record")


def chosen(plan: TablePlan, parent: TablePlan, records: Sequence[Any], where: str) -> list[Record]:
    """Of the *records* of *parent*, a few that its transforms do not leave out.

    Raises UnexpectedAnswer for a field that *plan* names of its parent and that none of them has.
    """
    check_parents(plan.table, records, where)
    failures: dict[str, Failure] = {}
    found: dict[str, Record] = {}
    for record in records:
        row = row_of(parent, record, failures) if isinstance(record, dict) else None
        if row is not None and not isinstance(row, LeftOut):
            found.setdefault(str([row.get(name) for name in parent.table.primary_key]), dict(record))
        if len(found) == PARENTS:
            break
    return list(found.values())
