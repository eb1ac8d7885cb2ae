"""The APIs that a connector is tried against, and the feeds that are read from them."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from attrs import frozen

from connector_build.api.making import layers
from connector_build.api.messages import Answering
from connector_build.api.mimic import Mimic, known_part
from connector_build.api.paging import PAGE
from connector_build.api.recording import NotRecorded
from connector_build.api.world import World
from connector_build.sample import Sample
from connector_build.testing.reading import Step, read_feed, tables_of
from connector_build.testing.warehouse.memory import ListLog
from connector_build.testing.warehouse.runs import URL, InProcess, configuration_for
from connector_core import Record, SinglePage, Table, Windows
from connector_core.auth.kinds import Anonymous
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.pagination import Bookmark, Request
from connector_core.source.rows import records_of

RECORDS = 12
"""Records of each table in a made-up API: three pages of the page sizes below."""

SIZES = (5, 4)
"""Page sizes to read with: one that leaves a short page at the end, and one that does not."""

REQUESTS = 500
"""A feed of so few records that takes more requests than this, one for each window not counted, does not end."""

PARENTS = 3
"""Of so many parents the children are read."""


@frozen(eq=False)
class Api:
    """What answers in the API's place: a world that was made up for *assembly*, or what was recorded of the real one.

    sizes: the page sizes that it can be asked with.
    """

    assembly: Assembly
    answering: Answering
    sizes: tuple[int, ...]
    world: World | None = None

    @contextmanager
    def client(self) -> Iterator[Client]:
        """A client of it that tries each request once, signs none, and waits for nothing."""
        with Client(URL, Anonymous(), ListLog(), retry=Retry(attempts=1), sleep=lambda _: None) as client:
            client.mount(InProcess(self.answering))
            client.mount(InProcess(self.answering), elsewhere="*")
            yield client

    def read(self, plan: TablePlan, table: Table, size: int, bookmark: Bookmark | None = None) -> "Feed":
        """One feed from *bookmark* to its end, or for so many requests that it seems to have none."""
        most = REQUESTS + sum(layer.so_far for layer in layers(plan.paginator) if isinstance(layer, Windows))
        steps: list[Step] = []
        problem = None
        with self.client() as client:
            try:
                for step in read_feed(client.fetch, plan.paginator, table, size, bookmark or {}, guarded=False):
                    steps.append(step)
                    if len(steps) >= most:
                        break
            except NotRecorded as error:
                problem = str(error)
            except Exception as error:  # noqa: BLE001  (whatever a plugin's paginator raises)
                problem = f"after {counted(len(steps), 'page')}, {type(error).__name__}: {one_line(error, 500)}"
        return Feed(self, plan, table, size, tuple(steps), problem)


@frozen(eq=False)
class Feed:
    """One read of one feed; *problem*: what ended it before its end."""

    api: Api
    plan: TablePlan
    table: Table
    size: int
    steps: tuple[Step, ...]
    problem: str | None

    @property
    def ended(self) -> bool:
        """Whether the paginator said that there is no more."""
        return bool(self.steps) and self.steps[-1].following is None

    @property
    def requests(self) -> list[Request]:
        """Every request, in order."""
        return [step.request for step in self.steps]

    def keys(self, start: int = 0) -> set[tuple[str, ...]]:
        """The primary keys of the records from page number *start* on, as far as the API says them."""
        names = self.plan.table.primary_key
        made = (records_of(self.table, step.page, step.request, self.table.name) for step in self.steps[start:])
        records = (record for records in made for record in records)
        return {tuple(str(record.get(name)) for name in names) for record in records}


def made_up(assembly: Assembly, sample: Sample | None) -> Api | None:
    """An API that is made up for those tables of *assembly* for which that can be; None where there is none.

    sample: makes the records of the first table.
    """
    part, _ = known_part(assembly)
    if not part.tables:
        return None
    own = sample if part.tables[0] is assembly.tables[0] else None
    world = World(part, count_of=_records(part), sample=own)
    return Api(part, Mimic(part, world, URL).reply, _sizes(part), world)


def few_tables(api: Api, plan: TablePlan, size: int) -> list[Table]:
    """The table itself; of a child table what it is for a few parents, as the API lists them."""

    def listed(parent: TablePlan, table: Table) -> Iterable[Record]:
        steps = api.read(parent, table, size).steps
        return (record for step in steps for record in records_of(table, step.page, step.request, table.name))

    return tables_of(plan, listed, PARENTS)


def _records(assembly: Assembly) -> int:
    """How many records make several pages of a table, whether or not its API takes a page size."""
    least = next(setting.minimum or 1 for setting in assembly.settings if setting.name == "page_size")
    every_layer = (layer for plan in assembly.tables for layer in layers(plan.paginator))
    sizeless = any(getattr(layer, "size_param", "") is None for layer in every_layer)
    return max(RECORDS, 2 * least + 2, 2 * PAGE + RECORDS if sizeless else 0)


def has_size(plan: TablePlan) -> bool:
    """Whether its API can be asked for a page size, as far as one can tell."""
    *_, innermost = layers(plan.paginator)
    return bool(getattr(innermost, "size_param", not isinstance(innermost, SinglePage)))


def _sizes(assembly: Assembly) -> tuple[int, ...]:
    """SIZES, or two of those next to them that the setting takes."""
    first, second = (_allowed(assembly, size) for size in SIZES)
    return tuple(dict.fromkeys([first, second if second != first else _allowed(assembly, first + 1)]))


def _allowed(assembly: Assembly, size: int) -> int:
    return int(configuration_for(assembly, page_size=size)["page_size"])
