"""One connector, an API on a real port, and a destination: what the cells of the matrix are tried on."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Protocol

from requests import PreparedRequest, Response

from connector_build.api.mimic import Mimic
from connector_build.api.paging import PAGE
from connector_build.api.pointing import innermost
from connector_build.api.recording import Recording
from connector_build.api.server import ApiServer
from connector_build.api.world import World
from connector_build.sample import Sample
from connector_build.testing.matrix.apis import Api, MadeUpApi, RecordedApi
from connector_build.testing.matrix.strikes import Breaker, Fault, Stage
from connector_build.testing.warehouse.exact import assert_exact
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_build.testing.warehouse.runs import CANARY, URL, configuration_for, filled, signed
from connector_core import Configuration, Record
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line
from connector_core.basics.operations import Log
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.connections import Adapter
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, TablePlan

PAGE_SIZE = 5
FULL_PAGES = 3
"""A table begins with so many full pages and a short one."""
CHANGED = 3
GONE = 2
TRIES = 3
LIMIT = 16_000_000
"""The largest answer that is taken: more than a text of 10 MB, and little enough to be over soon."""
SHOWN = 300
NO_FAULT = Fault("no fault", "Everything is as it should be.")

Rows = Mapping[tuple[Any, ...], Record]


class Source(Protocol):
    """What stands in for a connector's API: made up, or recorded."""

    page_size: int

    @property
    def world(self) -> World | None:
        """Where its records lie, if it is made up."""

    def api(self, assembly: Assembly, url: str, fault: Fault) -> Api:
        """The API of one sync, at an address."""

    def expected(self, plan: TablePlan, fault: Fault, arrived: Rows) -> Rows:
        """The rows that a table has to have, where *arrived* is there."""

    def move_on(self) -> None:
        """Let records change and come."""


class MadeUp:
    """An API that is made up from the plugin's words. Raises Unmimicked where it cannot be."""

    def __init__(self, assembly: Assembly, sample: Sample | None) -> None:
        self.page_size = PAGE_SIZE
        self._page = _page_of(assembly)
        assembly = filled(assembly)
        self.world: World | None = World(assembly, count_of=FULL_PAGES * self._page + 2, sample=sample)
        Mimic(assembly, self._made).check()

    @property
    def _made(self) -> World:
        assert self.world is not None  # noqa: S101  (it was made above)
        return self.world

    def api(self, assembly: Assembly, url: str, fault: Fault) -> Api:
        return MadeUpApi(assembly, self._made, url, int(_configuration(assembly, url, self.page_size)["page_size"]), fault.feed)

    def expected(self, plan: TablePlan, fault: Fault, arrived: Rows) -> Rows:  # noqa: ARG002  (the signature of every source)
        return self._made.expected(plan, fault.hidden)

    def move_on(self) -> None:
        """Change records, and let some vanish, where an incremental sync can notice that, and append some."""
        self._made.move_on(2 * self._page - 1, CHANGED, GONE)


class Recorded:
    """An API that answers as it was recorded: the rows that a first sync brings are those that have to come in every other."""

    world = None

    def __init__(self, recording: Recording) -> None:
        self.page_size = recording.page_size
        self._recording = recording
        self._known: dict[str, Rows] = {}

    def api(self, assembly: Assembly, url: str, fault: Fault) -> Api:  # noqa: ARG002
        return RecordedApi(assembly, self._recording, url)

    def expected(self, plan: TablePlan, fault: Fault, arrived: Rows) -> Rows:  # noqa: ARG002
        return self._known.setdefault(plan.table.name, dict(arrived))

    def move_on(self) -> None:
        """What was recorded stays as it is."""


class Trial:
    """One connector, its API on a real port, and a warehouse that outlives its syncs. Use it as a context manager.

    recorded: what stands in for the API; None: it is made up, with *sample* for the records of the first table.
    """

    def __init__(self, assembly: Assembly, sample: Sample | None = None, recorded: Recorded | None = None) -> None:
        self.assembly = signed(assembly)
        self.source: Source = recorded or MadeUp(self.assembly, sample)
        self.warehouse = Warehouse(self.assembly)
        self.log = ListLog()
        self.struck = 0
        """How often the fault of the last sync struck."""
        self._server = ApiServer()

    def __enter__(self) -> "Trial":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()

    def sync(self, fault: Fault = NO_FAULT, *, first: int = 1) -> None:
        """One sync from the last checkpoint; *fault* strikes from request number *first* on. It raises what the sync raises."""
        url = self._server.url
        breaker = Breaker(fault, self.source.api(self.assembly, url, fault), first)
        self._server.answering = breaker.answer
        around = fault.around or _straight
        try:
            with around(Stage(self.assembly, url, self.source.world)) as there:
                self._sync(there, fault)
        finally:
            self.struck = breaker.struck
            if self._server.errors:
                raise self._server.errors[0]

    def _sync(self, url: str, fault: Fault) -> None:
        self.warehouse.connect(self.assembly)
        engine = Engine(_clients(fault, self._server.url), checkpoints=CheckpointPolicy(records=1, share=0.0))
        configuration = _configuration(self.assembly, url, self.source.page_size)
        sync(self.assembly, configuration, self.warehouse.state, self.warehouse, self.log, engine)

    def wrong(self, fault: Fault = NO_FAULT) -> str:
        """What is wrong with the rows in the warehouse, where the API hides what *fault* does; empty when they are right."""
        for plan in self.assembly.tables:
            arrived = self.warehouse.live(plan.table.name)
            live, expected = _texts(arrived), _texts(self.source.expected(plan, fault, arrived))
            if live != expected:
                shared = live.keys() & expected.keys()
                different = sum(live[key] != expected[key] for key in shared)
                return (
                    f"{plan.table.name} lacks {len(expected.keys() - shared)} of {counted(len(expected), 'row')}, "
                    f"has {len(live.keys() - shared)} that should not be there, and {different} with other values"
                )
        try:
            assert_exact(self.assembly, self.warehouse)
        except AssertionError as error:
            return one_line(error, SHOWN)
        return ""

    def leaks(self, *texts: str) -> bool:
        """Whether a secret shows in what was logged, in the state or in *texts*."""
        shown = [*self.log.infos, *self.log.warnings, json.dumps(self.warehouse.state), *texts]
        return any(CANARY in text for text in shown)


def _texts(rows: Rows) -> dict[tuple[Any, ...], str]:
    """Primary key → row as JSON, where 1 is neither 1.0 nor true."""
    return {key: json.dumps(row, sort_keys=True, default=repr) for key, row in rows.items()}


def _configuration(assembly: Assembly, url: str, page_size: int) -> dict[str, str]:
    # One thread: which request comes second must not depend on the machine.
    threads = {"threads": "1"} if any(setting.name == "threads" for setting in assembly.settings) else {}
    return configuration_for(assembly, url=url, page_size=page_size, **threads)


def _page_of(assembly: Assembly) -> int:
    """Records in a page: as many as are asked for, or as the made-up API gives when it is not asked for a number."""
    unasked = any(getattr(innermost(plan), "size_param", "none") is None for plan in assembly.tables)
    # Each record of a parent is a request for its children.
    has_children = any(plan.parent for plan in assembly.tables)
    return PAGE if unasked and not has_children else int(_configuration(assembly, URL, PAGE_SIZE)["page_size"])


@contextmanager
def _straight(stage: Stage) -> Iterator[str]:
    yield stage.url


class _Elsewhere(Adapter):
    """Any host beside the API: it is the API's own server, at *url*."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: PreparedRequest, *arguments: Any, **options: Any) -> Response:
        asked = str(request.url)
        request.url = f"{self._url}{request.path_url}"
        answer = super().send(request, *arguments, **{**options, "proxies": None})
        answer.url = asked
        return answer


def _clients(fault: Fault, url: str) -> Callable[[Assembly, Configuration, Log], Client]:
    """Clients that wait for nothing, with the time-outs of *fault*; *url*: where every host is but the API's."""

    def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
        made = Client(
            configuration["base_url"],
            assembly.auth(configuration),
            log,
            secrets=configuration.hidden,
            retry=Retry(attempts=TRIES, first_wait=0.001, longest_wait=0.001),
            sleep=lambda _: None,
            limit=LIMIT,
            timeout=(fault.seconds, fault.seconds),
            plain_floats=assembly.plain_floats,
        )
        made.mount(_Elsewhere(url), elsewhere="*")
        return made

    return client
