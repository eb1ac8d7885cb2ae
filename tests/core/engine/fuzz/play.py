"""A connector, its API and a destination: syncs, and whether all is right after them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from attrs import define, field
from test_crash_anywhere import Cutting

from connector_build.api.messages import Answering
from connector_build.api.mimic import Mimic
from connector_build.testing.matrix.apis import MadeUpApi
from connector_build.testing.matrix.strikes import Breaker, Fault
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import Crash, ListLog, Warehouse
from connector_build.testing.warehouse.runs import URL, InProcess, configuration_for
from connector_core import Configuration, ConnectorError, Record
from connector_core.basics.errors import InternalError
from connector_core.basics.operations import Log
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly
from fuzz.connector import DATASETS, Spec, assembled
from fuzz.keeping import Case
from fuzz.lies import LIES, RESORTED, SENT_AGAIN, WARNED
from fuzz.line import Clock, Line, Trouble, no_trouble
from fuzz.world import Moving, Sampled

ATTEMPTS = 3


@define
class Play:
    """A connector, its API and a destination, and what is configured between them."""

    case: Case
    spec: Spec
    words: str
    world: Sampled
    on: frozenset[str]
    page_size: int
    warehouse: Warehouse = field(init=False)
    pending: bool = False
    """Whether the last sync came to no good end."""
    moved: bool = False
    """Whether records moved since the last good end, and after a sync that came to none."""
    error: ConnectorError | None = None
    """What the last sync raised."""
    lie: Fault | None = None
    """The assumption that the API breaks."""
    warned: bool = False
    """Whether rows may be wrong after some sync, and it has warned of that."""
    cut: bool = False
    """Whether any sync came to no good end."""
    log: ListLog = field(factory=ListLog)
    """That of the last sync."""

    def __attrs_post_init__(self) -> None:
        self.forget()

    @classmethod
    def begun(cls, case: Case) -> "Play":
        """The play of a case, before anything happened."""
        given = case.get("connector", {})
        spec, words, on = Spec.made({} if "dataset" in given else given), json.dumps(given), frozenset(case.get("on", []))
        seed = case.get("seed", 0)
        dataset = DATASETS.get(given.get("dataset"))
        world = Sampled(assembled(words, on), count_of=0, seed=seed, sample=dataset.sample) if dataset else Moving(spec, seed)
        return cls(case, spec, words, world, on, case.get("page_size", 5), lie=LIES.get(case.get("lie", "")))

    @property
    def assembly(self) -> Assembly:
        return assembled(self.words, self.on)

    @property
    def sure(self) -> bool:
        """Whether the next sync, if it ends well, brings every row: where something moved under a read, it may take two."""
        return not self.moved or self.spec.robust

    @property
    def doubled(self) -> bool:
        """Whether an extra table of an append-only feed may have counted a record twice."""
        return self.cut and self.spec.moves == "append only" and self.lie is not None and self.lie.name in SENT_AGAIN

    def forget(self) -> None:
        """Drop every table and the state, for a sync from the start."""
        self.warehouse = Warehouse(self.assembly)
        self.pending = self.moved = self.cut = self.warned = False

    def sync(self, trouble: Trouble = no_trouble, half: int | None = None) -> Line:
        """One sync, which may crash or fail; *half* is the number of the request in whose answer it dies."""
        gone = self.world.gone if isinstance(self.world, Moving) else []
        line = Line(self._answering(), self.spec, gone, trouble)
        self.error, self.pending, self.log = None, True, ListLog()
        try:
            one_sync(self.assembly, self.warehouse, Cutting(line, half), self.page_size, self.log)
            self.pending = self.moved = False
        except Crash:
            pass
        except ConnectorError as error:
            assert_useful(error)
            self.error = error
        finally:
            self.cut |= self.pending
            self.warned |= self._told
            self.warehouse.crash_at(None)
        return line

    def _answering(self) -> Answering:
        """What answers one sync, which may be a liar."""
        if self.lie is None:
            return Mimic(self.assembly, self.world, URL).reply
        return Breaker(self.lie, MadeUpApi(self.assembly, self.world, URL, self.page_size, self.lie.feed), 1).answer

    def succeed(self) -> None:
        """A sync of an API that behaves, and the right rows; of one that lies, right rows or an error."""
        surely = self.sure
        self.sync()
        assert self.lie or self.error is None, f"an API that behaves, and yet: {self.error!r}"
        if self.error is None:
            self.check(rows=surely)

    def come_clean(self) -> None:
        """The API lies no more. Where its lie gave a place of the feed another meaning, all is synced anew."""
        lie, doubled = self.lie, self.doubled
        self.lie = None
        if self.warned or doubled or (lie and (not lie.mends or lie.name in RESORTED)):
            self.forget()

    def settle(self) -> None:
        """Two syncs: all is right. A third has nothing to say about extra tables."""
        self.succeed()
        self.succeed()
        self.sync()
        self.check()
        plans = self.assembly.tables
        again = self.spec.moves == "sent again"  # an old version of a job goes out before the new one, and so do its lines
        extras = [
            each.name for plan in plans for each in (plan.extra_tables if plan.remembers_lines and not again else plan.grouped)
        ]
        assert [self.warehouse.on(name) for name in extras] == [[] for _ in extras]

    @property
    def _told(self) -> bool:
        """Whether the last sync has warned that its rows may be wrong, where a warning is all that can be asked for."""
        warnings = self.log.warnings if self.lie and self.lie.name in WARNED else []
        return any("overrule=" in warning or "keep=" in warning for warning in warnings)

    def check(self, *, rows: bool = True, but: Iterable[Any] = ()) -> None:
        """The tables hold what the API does, *but* for the jobs of these keys; without *rows*, only extra tables count.

        Rows that the API stops sending stay, and count in no extra table any more. So those are not looked at either once a sync
        has warned that its rows may be wrong, nor where a record may have come in one sync and again in another.
        """
        for plan in self.assembly.tables if rows else ():
            live = self.warehouse.live(plan.table.name)
            wanted = self.world.expected(plan, self.lie.hidden if self.lie else None)
            for key in but:
                live.pop(key, None)
                wanted.pop(key, None)
            wrong = list(differences(live, wanted))
            assert self.warned or not wrong, f"{plan.table.name}: {wrong}"
        if not (but or self.warned or self.doubled):
            assert_exact(self.assembly, self.warehouse)


def differences(live: Mapping[Any, Record], wanted: Mapping[Any, Record]) -> Iterator[str]:
    """What is wrong with the live rows of a table, in words."""
    for key in {**live, **wanted}:
        here, there = live.get(key, {}), wanted.get(key, {})
        if here != there:
            names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
            yield (
                f"{key}: { ({name: (here.get(name), there.get(name)) for name in names}) }"
                if here and there
                else (f"{key} is {'lost' if there else 'too much'}")
            )


def one_sync(assembly: Assembly, warehouse: Warehouse, adapter: InProcess, page_size: int, log: ListLog) -> None:
    """One sync through the real client, with a clock of its own and a checkpoint after each page."""
    clock = Clock()

    def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
        auth, retry = assembly.auth(configuration), Retry(attempts=ATTEMPTS)
        now = partial(_now, clock)
        made = Client(URL, auth, log, secrets=configuration.hidden, retry=retry, sleep=clock.sleep, clock=clock, now=now)
        made.mount(adapter)
        return made

    warehouse.connect(assembly)
    threads = {"threads": "1"} if any(setting.name == "threads" for setting in assembly.settings) else {}
    configuration = configuration_for(assembly, page_size=page_size, **threads)
    engine = Engine(client, checkpoints=CheckpointPolicy(records=1, share=0.0))
    sync(assembly, configuration, warehouse.state, warehouse, log, engine)


def _now(clock: Clock) -> float:
    return 1_790_000_000.0 + clock.now


def assert_useful(error: ConnectorError) -> None:
    """A message is one line that says something, and not everything; and it is about something that was foreseen."""
    message = str(error)
    assert not isinstance(error, InternalError), message
    assert message.isprintable(), repr(message)
    assert 20 < len(message) < 2000, message
