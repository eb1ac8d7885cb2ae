"""Answers of the real API, recorded once with the secrets removed, to be replayed in tests.

A recording is a JSON file that belongs beside the tests: the page size, and each request with its answer. It holds no
credential, but it holds the records as the API sent them: look through it before you publish it.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, cast

from attrs import define, field

from connector_build.api.making import layers
from connector_build.api.recording import Recording, to_json
from connector_build.errors import BuildError, UsageProblem
from connector_build.testing.datasets import assembled
from connector_build.testing.listening import Recorder, recorder
from connector_build.testing.reading import Fetch, Step, read_feed, tables_of
from connector_build.testing.warehouse.memory import ListLog
from connector_core import Record, Table
from connector_core.basics.counting import counted
from connector_core.basics.discretion import Secrets, strike
from connector_core.basics.errors import ConnectorError
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.http.client import Client
from connector_core.paging.newest import utc_now
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.plugin.binding import bound
from connector_core.source.configuration import Configuration, read_configuration
from connector_core.source.pagination import Page, Request
from connector_core.source.settings import OF_CORE

__all__ = ["REQUESTS", "Recorder", "record", "record_pages", "recorder"]

REQUESTS = 100
"""So many requests a recording takes, unless the caller says another number."""
SYNCS = 2
"""So many syncs are recorded: a first one, and the next."""


def record(
    dataset: str,
    configuration: Mapping[str, str],
    path: Path,
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
    limit: int = REQUESTS,
) -> Recording:
    """Read every table of *dataset* from the real API, as two syncs do, and write what it answered into the file *path*.

    Raises UsageProblem where that takes more than *limit* requests, and then writes nothing.
    """
    assembly = assembled(dataset, extensions=extensions, files=files)
    found, _ = record_pages(dataset, assembly, configuration, limit=limit)
    found.save(path)
    return found


def record_pages(
    dataset: str,
    assembly: Assembly,
    configuration: Mapping[str, str],
    *,
    limit: int = REQUESTS,
    on_request: Callable[[int, str], object] = lambda *_: None,
    client: Callable[..., Client] = make_client,
    now: Callable[[], datetime] = utc_now,
) -> tuple[Recording, list[str]]:
    """What the API of *dataset* answers to two syncs of *assembly*, and remarks: warnings of those syncs, and what ended one.

    on_request: told the number of each request, and for which table it is. client and now are for tests.

    Raises UsageProblem where that takes more than *limit* requests, and a ConnectorError, without any secret, where the API
    cannot be read.
    """
    values = read_configuration(assembly.settings, configuration)
    made = f"{now():%Y-%m-%dT%H:%M:%SZ}"
    settings = _settings(assembly, configuration, values)
    assembly, log = bound(assembly, values), ListLog()
    opened = client(assembly, values, log, plain_floats=())
    headers = [layer.next_header for plan in assembly.tables for layer in layers(plan.paginator) if _has_header(layer)]
    with recorder(opened, values["base_url"], values.hidden, headers=headers) as listening:
        asking = _Asking(dataset, listening, limit, on_request)
        for _ in _every_step(asking.fetch, assembly, values["page_size"], values.hidden):
            pass
        problem = _synced(assembly, configuration, asking, log)
    found = listening.recording(values["page_size"], made=made, settings=settings)
    _check_discreet(found, values.hidden)
    return found, [strike(values.hidden, each) for each in dict.fromkeys([*log.warnings, *problem])]


@define
class _Asking:
    """What fetches pages for a recording: each once, and no more than *limit*."""

    dataset: str
    listening: Recorder
    limit: int
    on_request: Callable[[int, str], object]
    requests: int = 0
    _pages: dict[tuple[str, str], Page] = field(factory=dict)
    _asked_for: Counter[str] = field(factory=Counter)

    def __enter__(self) -> "_Asking":
        return self

    def __exit__(self, *_: object) -> None:
        """The recorder closes its client."""

    def fetch(self, table: Table, request: Request) -> Page:
        asked = (table.name, repr(self.listening.asked(request)))
        if asked in self._pages:
            return self._pages[asked]
        self.requests += 1
        if self.requests > self.limit:
            [(most, number)] = self._asked_for.most_common(1)
            raise TooMany(
                f"The feeds of {self.dataset} take more than {counted(self.limit, 'request')}. Record an account with "
                f"fewer records "
                f"({number} are for {most}), give a larger page_size or a later start, or raise the limit (--max-requests)."
            )
        self._asked_for[table.name] += 1
        self.on_request(self.requests, table.name)
        page = self.listening.fetch(table, request)
        if table.format is None and not request.asks:  # what is streamed is read from a file that goes
            self._pages[asked] = page
        return page


class TooMany(UsageProblem):
    """A recording would take more requests than were allowed."""


class _Nowhere:
    """A destination that keeps the state alone."""

    def __init__(self) -> None:
        self.state: dict[str, Any] = {}

    def upsert(self, table: str, data: dict[str, Any]) -> None: ...
    def delete(self, table: str, keys: dict[str, Any]) -> None: ...
    def truncate(self, table: str) -> None: ...

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.state = json.loads(json.dumps(state))


def _synced(assembly: Assembly, configuration: Mapping[str, str], asking: _Asking, log: ListLog) -> list[str]:
    """Let syncs ask for what they do; what ended one before its time, in words."""
    nowhere = _Nowhere()
    engine = Engine(lambda *_: cast(Client, asking))
    for _ in range(SYNCS):
        try:
            sync(assembly, configuration, nowhere.state, nowhere, log, engine)
        except ConnectorError as error:
            if asking.requests > asking.limit:
                raise UsageProblem(str(error)) from None
            return [f"A sync of what was recorded fails: {error}"]
    return []


def _settings(assembly: Assembly, configuration: Mapping[str, str], values: Configuration) -> dict[str, str]:
    """What the configuration says that requests may be made of; a day that was counted from today is one of the calendar."""
    of_auth = {setting.name for setting in getattr(assembly.auth, "settings", ())}
    others = {*OF_CORE, *of_auth}
    plain = [each for each in assembly.settings if not each.secret and each.kind != "url" and each.name not in others]
    given = {each.name: str(configuration.get(each.name) or each.default or "").strip() for each in plain}
    days = {each.name: str(values.get(each.name) or "") for each in plain if each.kind == "date"}
    return {name: strike(values.hidden, text) for name, text in {**given, **days}.items() if text}


def _has_header(layer: Any) -> bool:
    return bool(getattr(layer, "next_header", None))


def _every_step(fetch: Fetch, assembly: Assembly, size: int, secrets: Secrets) -> Iterator[Step]:
    """What a first sync asks for, and a second one right after it."""

    def listed(parent: TablePlan, table: Table) -> Iterator[Record]:
        steps = list(read_feed(fetch, parent.paginator, table, size, {}, secrets))
        return (record for step in steps for record in step.page.records)

    for plan in assembly.tables:
        for table in tables_of(plan, listed):
            step = None
            for step in read_feed(fetch, plan.paginator, table, size, {}, secrets):
                yield step
            if step is not None:
                yield from read_feed(fetch, plan.paginator, table, size, plan.paginator.rest(step.request, step.page), secrets)


def _check_discreet(recording: Recording, secrets: Secrets) -> None:
    """A last look, at what is about to be written as a whole."""
    for each in recording.answers:
        text = json.dumps(to_json(each), ensure_ascii=False)
        if strike(secrets, text) != text:
            raise BuildError(f"{each.request.path}: its answer still holds a secret, so nothing was written. Please report it.")
