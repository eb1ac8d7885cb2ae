"""What becomes of an API's records within a month: how many there are, come and change, and where that is known from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any, Final

from attrs import evolve, field, frozen

from connector_build.api.recording import Recording
from connector_build.errors import UsageProblem
from connector_build.local.past_runs import past_runs
from connector_build.sample import Sample
from connector_build.testing.contract.apis import Api
from connector_build.testing.warehouse.runs import signed
from connector_core import Record
from connector_core.plugin.assembly import Assembly, TablePlan

ROWS: Final = 750
"""Records of a table when the month begins, where nothing says how many."""
PAST: Final = 50
"""So many runs are looked at for what a first sync wrote."""


@frozen
class Month:
    """A month of syncs.

    rows:    table → records when the month begins, after a first sync; *others*: those of tables that are not in it.
    new:     records that come to each table before each sync.
    changed: records of each table that change before each sync.
    sample:  how records of the first table look; None: made up by the declared types.
    said:    where the numbers come from, in words.
    """

    rows: Mapping[str, int] = field(factory=dict)
    others: int = ROWS
    new: int = 25
    changed: int = 5
    syncs_a_day: int = 1
    days: int = 30
    page_size: int | None = None
    sample: Sample | None = field(default=None, repr=False)
    said: str = f"{ROWS} rows, a default: --rows says how many there are"

    @property
    def syncs(self) -> int:
        """How many there are in it."""
        return self.syncs_a_day * self.days

    def rows_of(self, table: str) -> int:
        """How many records *table* begins with."""
        return self.rows.get(table, self.others)


def of_runs(month: Month, folders: Sequence[Path], assembly: Assembly) -> Month:
    """*month* with the rows that the local runs of the projects in *folders* wrote, where there are some.

    A first sync writes every row, so it is the most that one run wrote.
    """
    found: dict[str, int] = {}
    where = ""
    for run in past_runs(folders, PAST):
        for plan in assembly.tables:
            wrote = _wrote(run, plan.table.name)
            if wrote > found.get(plan.table.name, 0):
                found[plan.table.name], where = wrote, str(run["project"])
    return evolve(month, rows=found, said=f"rows: the most that one of the last runs of {where} wrote") if found else month


def _wrote(run: Mapping[str, Any], table: str) -> int:
    tables = run.get("tables")
    counts = tables.get(table) if isinstance(tables, Mapping) else None
    number = counts.get("upserted") if isinstance(counts, Mapping) else None
    return number if isinstance(number, int) and not run.get("error") else 0


def of_recording(month: Month, file: Path, assembly: Assembly) -> Month:
    """*month* with the rows, the page size and the values of a recording.

    Raises UsageProblem where it cannot be read, or does not answer what the plugin asks.
    """
    recording = Recording.load(file)
    api = Api(signed(assembly, recording.settings), recording.reply, (recording.page_size,))
    records = {
        plan.table.name: _recorded(file, api, plan, recording.page_size) for plan in api.assembly.tables if not plan.parent
    }
    first = assembly.tables[0]
    known = [] if first.table.rows else records.get(first.table.name, [])
    sample = _like(known, first.table.primary_key) if known else month.sample
    rows = {name: len(found) for name, found in records.items()}
    return evolve(month, rows=rows, page_size=recording.page_size, sample=sample, said=f"rows and their values: {file}")


def _recorded(file: Path, api: Api, plan: TablePlan, size: int) -> list[Record]:
    feed = api.read(plan, plan.table, size)
    if feed.problem:
        raise UsageProblem(f"{file}: {plan.table.name}: {feed.problem}")
    return [dict(record) for step in feed.steps for record in step.page.records if isinstance(record, Mapping)]


def _like(records: Sequence[Record], keys: Sequence[str]) -> Sample:
    """Makes the *records* again, and more that have their values and keys of their own."""

    def make(number: int, random: Random) -> Record:
        if number < len(records):
            return dict(records[number])
        record = dict(random.choice(records))
        return record | {key: _another(record.get(key), number) for key in keys}

    def change(record: Record, random: Random) -> Record:
        return dict(random.choice(records)) | {key: record.get(key) for key in keys}

    return Sample(len(records), make, change)


def _another(value: Any, number: int) -> Any:
    """A key that no recorded record has, of the kind of *value*."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return 10**12 + number if whole else f"{value}-{number}"
