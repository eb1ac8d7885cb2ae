"""What the contract is checked on: one dataset, loaded and assembled once, and the APIs that it can be tried against."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any
from unittest.mock import patch

from attrs import frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.mimic import PAGE, Answering, Mimic
from connector_build.api.sample import Sample
from connector_build.api.world import World, layers
from connector_build.errors import UsageProblem
from connector_build.plugins import discovery
from connector_build.project import making
from connector_build.project.describe import describe
from connector_build.project.writer import Project, digest, make_project
from connector_build.testing.contract.recording import NotRecorded, Recording, Step, feeds_of, read_feed
from connector_build.testing.warehouse.memory import ListLog
from connector_build.testing.warehouse.runs import URL, InProcess, configuration_for, signed
from connector_core import SinglePage, Table, Windows
from connector_core.auth.kinds import Anonymous
from connector_core.basics.names import one_line
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, Plugin, TablePlan, assemble
from connector_core.source.pagination import Bookmark, Request

RECORDS = 12
"""Records of each table in a made-up API: three pages of the page sizes below."""

SIZES = (5, 4)
"""Page sizes to read with: one that leaves a short page at the end, and one that does not."""

REQUESTS = 500
"""A feed of so few records that takes more requests than this, one for each window not counted, does not end."""

PARENTS = 3
"""Of so many parents the children are read."""

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


class Broken(Exception):  # noqa: N818  (reads better where it is raised)
    """A rule does not hold. The text says what is wrong and how to mend it."""


class NotChecked(Exception):  # noqa: N818  (an outcome, no failure)
    """A rule cannot be checked. The text says why."""


@contextmanager
def no_network() -> Iterator[list[str]]:
    """Refuse connections and look-ups of hosts in this process; what was asked for all the same, also if nobody was told."""
    asked: list[str] = []

    def refuse(*arguments: Any, **_: Any) -> None:
        address = arguments[1] if isinstance(arguments[0], socket.socket) else arguments[:2]
        asked.append(one_line(":".join(map(str, address)) if isinstance(address, tuple) else address, 100))
        raise OSError(f"{asked[-1]} is out of reach: there is no network here")

    with ExitStack() as stack:
        for owner, name in ((socket.socket, "connect"), (socket.socket, "connect_ex"), (socket, "getaddrinfo")):
            stack.enter_context(patch.object(owner, name, refuse))
        yield asked


@frozen(eq=False)
class _Loaded:
    """A dataset as it was found; *asked*: what of the network its import and its assembly asked for."""

    sources: tuple[discovery.Source, ...]
    defaults: Assembly
    everything: Assembly
    sample: Sample | None
    asked: tuple[str, ...]


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
        """A client of it that tries each request once, and signs none."""
        with Client(URL, Anonymous(), ListLog(), retry=Retry(attempts=1)) as client:
            client.mount(InProcess(self.answering))
            yield client

    def read(self, plan: TablePlan, table: Table, size: int, bookmark: Bookmark | None = None) -> "Feed":
        """One feed from *bookmark* to its end, or for so many requests that it seems to have none."""
        most = REQUESTS + sum(_windows(layer) for layer in layers(plan.paginator) if isinstance(layer, Windows))
        steps: list[Step] = []
        problem = None
        with self.client() as client:
            try:
                for step in read_feed(client.fetch, plan.paginator, table, size, bookmark or {}):
                    steps.append(step)
                    if len(steps) >= most:
                        break
            except NotRecorded as error:
                problem = str(error)
            except Exception as error:  # noqa: BLE001  (whatever a plugin's paginator raises)
                problem = f"after {len(steps)} pages, {type(error).__name__}: {one_line(error, 500)}"
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
        records = (record for step in self.steps[start:] for record in step.page.records)
        return {tuple(str(record.get(name)) for name in names) for record in records}


class Subject:
    """One dataset with extensions and local files; *pages*: a recording of its API. Everything is made when it is needed."""

    def __init__(
        self, dataset: str, extensions: Sequence[str] = (), files: Sequence[Path] = (), pages: Path | None = None
    ) -> None:
        self.dataset = dataset
        self._extensions = extensions
        self._files = [path.absolute() for path in files]
        self._pages = pages

    @property
    def error(self) -> BaseException | None:
        """Why it cannot be assembled; None if it can. Raises UsageProblem where there is no such dataset or file."""
        return self._loaded if isinstance(self._loaded, BaseException) else None

    @property
    def asked(self) -> tuple[str, ...]:
        """The addresses that it asked the network for while it was imported and assembled."""
        return self._found.asked

    @property
    def sources(self) -> tuple[discovery.Source, ...]:
        """What it is assembled from."""
        return self._found.sources

    @property
    def assembly(self) -> Assembly:
        """The connector with its defaults."""
        return self._found.defaults

    @property
    def assembly_with_everything(self) -> Assembly:
        """The connector with every option enabled."""
        return self._found.everything

    @property
    def assemblies(self) -> tuple[Assembly, ...]:
        """With everything and, where that is something else, with the defaults."""
        both = (self.assembly_with_everything, self.assembly)
        return both if any(not option.enabled for option in self.assembly.options) else both[:1]

    @property
    def sample(self) -> Sample | None:
        """How its plugin makes up records, if it says so."""
        return self._found.sample

    @cached_property
    def project(self) -> Project:
        """The built project, with every option enabled. Raises BuildError."""
        return make_project(self.dataset, self.assembly_with_everything, discovery.core(), self.sources)

    def assemble_anew(self) -> Assembly:
        """Ask each hook once more, with every option enabled."""
        return assemble(_plugins(self.sources), [option.name for option in self.assembly.options])

    def described(self, assembly: Assembly) -> dict[str, Any]:
        """All that *assembly* is made of, as JSON has it; no address in memory, and nothing that differs from run to run."""
        description = describe(assembly, dataset=self.dataset, versions={each.name: each.version for each in self.sources})
        return {**description, "in full": [_ADDRESS.sub("", repr(plan.table)) for plan in assembly.tables]}

    def hashes(self) -> dict[str, str]:
        """Path → SHA-256 of each file of a project that is built anew."""
        project = make_project(self.dataset, self.assemble_anew(), discovery.core(), self.sources)
        return {path: digest(contents) for path, contents in project.files.items()}

    def hashes_elsewhere(self) -> str:
        """The same as JSON, made by another process, in which sets have another order. Raises CalledProcessError."""
        seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        paths = [path or str(Path.cwd()) for path in sys.path]
        arguments = [self.dataset, ",".join(self._extensions), *map(str, self._files)]
        ran = subprocess.run(
            [sys.executable, "-P", "-c", _BUILD, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.splitlines()[-1]

    def apis(self, assembly: Assembly) -> list[Api]:
        """What *assembly* can be tried against: a made-up API, and a recorded one where there are pages.

        Raises NotChecked where there is neither.
        """
        found = []
        why = ""
        try:
            found.append(self._made_up(signed(assembly)))
        except Unmimicked as error:
            why = str(error)
        if self._pages is not None:
            recording = Recording.load(self._pages)
            found.append(Api(signed(assembly), recording.reply, (recording.page_size,)))
        if not found:
            raise NotChecked(f"Its API cannot be made up. {why}")
        return found

    def _made_up(self, assembly: Assembly) -> Api:
        world = World(assembly, count_of=_records(assembly), sample=self.sample)
        mimic = Mimic(assembly, world, URL)
        mimic.check()
        return Api(assembly, mimic.reply, _sizes(assembly), world)

    @cached_property
    def feeds(self) -> list[Feed]:
        """Every feed of every API, read with every page size; of child tables those of a few parents."""
        found = []
        for api in self.apis(self.assembly_with_everything):
            for plan in api.assembly.tables:
                for size in api.sizes if _has_size(plan) else api.sizes[:1]:
                    found += [api.read(plan, table, size) for table in self._tables(api, plan, size)]
        return found

    def _tables(self, api: Api, plan: TablePlan, size: int) -> list[Table]:
        """The table itself; of a child table what it is for a few parents, as the API lists them."""
        if plan.parent is None:
            return [plan.table]
        listed = api.read(plan.parent, plan.parent.table, size)
        return feeds_of(plan, (record for step in listed.steps for record in step.page.records))[:PARENTS]

    @property
    def _found(self) -> _Loaded:
        if isinstance(self._loaded, BaseException):
            raise NotChecked("It does not assemble.")
        return self._loaded

    @cached_property
    def _loaded(self) -> _Loaded | BaseException:
        """What was loaded and assembled, or the error that ended it: either is made once."""
        try:
            with no_network() as asked:
                sources = tuple(discovery.load(self.dataset, self._extensions, self._files))
                defaults = assemble(_plugins(sources))
                everything = assemble(_plugins(sources), [option.name for option in defaults.options])
                sample = discovery.sample(self.dataset)
        except UsageProblem:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever a plugin raises)
            return error
        return _Loaded(sources, defaults, everything, sample, tuple(asked))


_BUILD = """
import json, pathlib, sys
from connector_build.testing.contract.subject import Subject
dataset, extensions, *files = sys.argv[1:]
subject = Subject(dataset, list(filter(None, extensions.split(","))), list(map(pathlib.Path, files)))
if subject.error is not None:
    sys.exit(str(subject.error))
print()
print(json.dumps(subject.hashes()))
"""


def _plugins(sources: Sequence[discovery.Source]) -> list[Plugin]:
    return [Plugin(source.name, source.module, source.version) for source in sources]


def assembled(
    dataset: str,
    enable: Sequence[str] = (),
    disable: Sequence[str] = (),
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
) -> Assembly:
    """An installed dataset, assembled as ``connector-build`` does it."""
    return making.assembled(dataset, enable, disable, extensions, files)[0]


def _records(assembly: Assembly) -> int:
    """How many records make several pages of a table, whether or not its API takes a page size."""
    least = next(setting.minimum or 1 for setting in assembly.settings if setting.name == "page_size")
    every_layer = (layer for plan in assembly.tables for layer in layers(plan.paginator))
    sizeless = any(getattr(layer, "size_param", "") is None for layer in every_layer)
    return max(RECORDS, 2 * least + 2, 2 * PAGE + RECORDS if sizeless else 0)


def _has_size(plan: TablePlan) -> bool:
    """Whether its API can be asked for a page size, as far as one can tell."""
    *_, innermost = layers(plan.paginator)
    return bool(getattr(innermost, "size_param", not isinstance(innermost, SinglePage)))


def _sizes(assembly: Assembly) -> tuple[int, ...]:
    """SIZES, or two of those next to them that the setting takes."""
    first, second = (_allowed(assembly, size) for size in SIZES)
    return tuple(dict.fromkeys([first, second if second != first else _allowed(assembly, first + 1)]))


def _allowed(assembly: Assembly, size: int) -> int:
    return int(configuration_for(assembly, page_size=size)["page_size"])


def _windows(windows: Windows) -> int:
    if isinstance(windows.start, int):
        return 0
    return (datetime.now(UTC).date() - date.fromisoformat(windows.start)).days // windows.step


def difference(first: Any, second: Any, where: str = "") -> str:
    """Where two descriptions differ first, and what stands there; empty where they are equal."""
    if isinstance(first, Mapping) and isinstance(second, Mapping) and first.keys() == second.keys():
        return next(filter(None, (difference(first[name], second[name], f"{where}.{name}") for name in first)), "")
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        pairs = enumerate(zip(first, second, strict=True))
        return next(filter(None, (difference(*pair, f"{where}[{number}]") for number, pair in pairs)), "")
    if first == second:
        return ""
    if isinstance(first, str) and isinstance(second, str):
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(first, second, strict=False)))
        start = max(0, same - 30)
        first, second = first[start : start + 60], second[start : start + 60]
    return f"{where.strip('.')}: {one_line(repr(first))}, then {one_line(repr(second))}"
