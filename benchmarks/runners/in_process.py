"""Syncs without a socket and without the SDK, of whatever release of ours this environment has: older ones have other modules.

It is told on standard input what to read, a JSON object on a line, and answers each with the seconds that its sync took:

    dataset: its name. enable: what is switched on in it.
    url:     the address of an API; empty for the pages of *folder*, which then are all that there is of an API.
    folder:  page by page what the API answers, ``0.json``, ``1.json`` and so on. A cursor is the number of a page.
"""

import gc
import json
import sys
import time
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

KEY = "benchmark-key"


def ours(*names: str) -> Any:
    """The first of these modules of ``connector_core`` that there is."""
    for name in names:
        try:
            return import_module(f"connector_core.{name}")
        except ModuleNotFoundError:
            continue
    raise SystemExit(f"this connector_core has no {' or '.join(names)}: bring benchmarks/runners/in_process.py up to date")


fivetran = ours("runtime.fivetran", "fivetran")
engine = ours("engine.sync", "sync")
assembly = ours("plugin.assembly", "assembly")


@cache
def pages_in(folder: str) -> Mapping[str, bytes]:
    """Cursor → what the API answers."""
    return {path.stem: path.read_bytes() for path in Path(folder).glob("*.json")}


class InMemory(BaseAdapter):
    """A transport for ``requests`` that answers with ready-made pages."""

    def __init__(self, pages: Mapping[str, bytes]) -> None:
        super().__init__()
        self._pages = pages

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        [cursor] = parse_qs(urlsplit(request.url or "").query).get("cursor", ["0"])
        headers = {"Content-Type": "application/json", "Content-Length": str(len(self._pages[cursor]))}
        response = requests.Response()
        response.status_code, response.request, response.url = 200, request, str(request.url)
        response.headers.update(headers)
        response.raw = HTTPResponse(BytesIO(self._pages[cursor]), headers, 200, preload_content=False)
        return response

    def close(self) -> None:
        """Nothing is open."""


class Sink:
    """The SDK's operations and its log, which count rows and drop everything."""

    def __init__(self) -> None:
        self.rows = 0

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.rows += 1

    def checkpoint(self, state: dict[str, Any]) -> None:
        json.dumps(state)

    def nothing(self, *_: object) -> None:
        """Of what this feed does not do, and of what the log says."""

    delete = truncate = info = warning = alert = nothing


def shipped(plan: Any, sink: Sink) -> Any:
    """What a built connector gives to the sync in the place of *sink*: some releases convert values there."""
    fivetran.Operations = sink
    if hasattr(fivetran, "operations_for"):
        return fivetran.operations_for(plan)
    dates = ours("dates").converters
    upsert = fivetran._Operations({table["table"]: dates(table["columns"]) for table in plan.schema}).upsert
    return SimpleNamespace(upsert=upsert, delete=sink.nothing, truncate=sink.nothing, checkpoint=sink.checkpoint)


def sync_of(asked: Mapping[str, Any]) -> tuple[Callable[[], None], Sink]:
    """A first sync that is ready to run, and where its rows go."""
    name, sink = asked["dataset"], Sink()
    plan = assembly.assemble([assembly.Plugin(f"connector-{name}", import_module(f"connector_{name}"))], asked["enable"])

    def client(*parts: Any) -> Any:
        made = engine.make_client(*parts)
        if not asked["url"]:
            made.mount(InMemory(pages_in(asked["folder"])))
        return made

    configuration = {"api_key": KEY, "base_url": asked["url"] or "https://localhost", "page_size": "100"}
    operations = shipped(plan, sink)
    return lambda: engine.sync(plan, configuration, {}, operations, sink, engine.Engine(client)), sink


def main() -> None:
    """One sync for each line."""
    for line in sys.stdin:
        sync, sink = sync_of(json.loads(line))
        gc.collect()
        wall, cpu = time.perf_counter(), time.process_time()
        sync()
        found = {"cpu": time.process_time() - cpu, "seconds": time.perf_counter() - wall, "rows": sink.rows}
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
