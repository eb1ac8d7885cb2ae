"""What a built project delivers: `python replay.py PROJECT DATASET` syncs it several times, and prints a digest as JSON.

It imports nothing of ours but the project itself, so that it can tell a build of one release from that of another. The API is a
small server with made-up records; operations are taken where the Connector SDK would send them.
"""

import importlib
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import md5, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import fivetran_connector_sdk as sdk

Row = dict[str, Any]
RECORDS = 230
APPENDED = 25
CRASH_AT = 150
"""The operation of the sync that is cut off."""

FTS = {
    "customer_id": "CUST_{i:06}", "downtime_hours": 4, "equipment_id": "EQUIP_{g:06}", "erp_order_id": "ORDER_{i:06}",
    "failure_rate": 0.67, "last_updated_epoch": 1748970000, "log_date": "2026-02-{d:02}",
    "log_description": "Performed routine maintenance on equipment", "maintenance_cost": 759.8812345678,
    "maintenance_status": "Cancelled", "maintenance_type": "Predictive", "record_id": "65b2df8b-{i:08}",
    "summarization_time_saved": 4, "summarized_log": "Issue resolved", "technician_id": "TECH_{g:06}",
}  # fmt: skip
MSO = {
    "cad_file_name": "File {i}.dwg", "cad_system": "Autodesk Inventor", "cost_savings": 527.3108956424, "density": 4.058131129,
    "designer_experience": 12, "designer_id": "DES_{g:04}", "designer_name": "Designer {g}",
    "designer_skill_level": "Intermediate", "last_updated_epoch": 1748797200, "material_cost": 102.9187119751,
    "material_id": "MTRL_{g:04}", "material_name": "Material {g}", "material_optimization_date": "2024-04-{d:02}",
    "material_optimization_recommendation": "Recommended", "material_optimization_score": 0.9039157259,
    "material_selection_date": "2024-04-{d:02}", "material_selection_recommendation": "Recommended",
    "material_selection_score": 0.9335058035, "material_waste": 6.0330629414, "material_weight": 67.5975964267,
    "performance_improvement": 94.8842301476, "poissons_ratio": 0.3076327141,
    "product_description": "Description of Product {g}", "product_id": "PRD_{g:04}", "product_lifecycle_stage": "Production",
    "product_lifecycle_status": "Active", "product_name": "Product {g} é", "product_performance": 900.7847057252,
    "record_id": "22eea48a-{i:08}", "waste_reduction": 5.9535572251, "weight_reduction": 12.6936057674,
    "youngs_modulus": 12572.906030128,
}  # fmt: skip
SHAPES: Mapping[str, Mapping[str, Any]] = {"fts": FTS, "mso": MSO}


def record(shape: Mapping[str, Any], number: int, version: int = 0) -> Row:
    """Record *number* of a feed; another *version* of it has other numbers. Some fields are null, and some are not there."""

    def value(place: int, name: str, like: Any) -> Any:
        if isinstance(like, str):
            return like.format(i=number, g=number % 17, d=1 + number % 28)
        if name == "last_updated_epoch":
            return like + number + 1000 * version
        if (number + place) % 41 == 0:
            return None
        moved = (number * (place + 3) + version * 7) % 50
        return like + moved if isinstance(like, int) else round(like + moved / 8, 10)

    made = {name: value(place, name, like) for place, (name, like) in enumerate(shape.items())}
    if number % 53 == 5:
        del made["maintenance_type" if "maintenance_type" in made else "cad_system"]
    return made


def answer(log: list[Row], key: str, query: Mapping[str, list[str]]) -> bytes:
    """A page of *log*, as the documented API answers; a cursor is a position in it."""
    places = {cursor(place): place for place in range(len(log) + 1)}
    start = places[query["cursor"][0]] if "cursor" in query else 0
    end = start + int(query["page_size"][0])
    more = end < len(log)
    return json.dumps({key: log[start:end], "next_cursor": cursor(end) if more else None, "has_more": more}).encode()


def cursor(place: int) -> str:
    return md5(str(place).encode(), usedforsecurity=False).hexdigest()


@contextmanager
def served(log: list[Row], key: str) -> Iterator[str]:
    """The address of an API that serves *log*, which may grow meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = answer(log, key, parse_qs(urlsplit(self.path).query))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class Cut(BaseException):
    """The sync ends here, as where its process is killed."""


class Taken:
    """What was sent, in order; at operation number *cut_at* the sync ends."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []
        self.state: Any = {}
        self.cut_at: int | None = None

    def take(self, kind: str, table: str, data: Any) -> None:
        if len(self.sent) == self.cut_at:
            raise Cut
        self.sent.append((kind, table, data))

    def checkpoint(self, state: Any) -> None:
        self.take("checkpoint", "", state)
        self.state = json.loads(json.dumps(state))


def stand_in(taken: Taken) -> None:
    """Have the SDK's operations go to *taken*, and its log nowhere."""
    for kind in ("upsert", "update", "delete"):
        setattr(sdk.Operations, kind, lambda table, data, kind=kind: taken.take(kind, table, dict(data)))
    sdk.Operations.truncate = lambda table: taken.take("truncate", table, None)
    sdk.Operations.checkpoint = lambda state: taken.checkpoint(state)
    for level in ("fine", "info", "warning", "severe"):
        setattr(sdk.Logging, level, lambda *_: None)


class Connector:
    """In place of the SDK's: only what a connector gives it."""

    def __init__(self, update: Callable[..., Any], schema: Callable[..., Any], **_: Any) -> None:
        self.update, self.schema = update, schema


def digest(taken: Taken) -> dict[str, Any]:
    """How many operations of each kind, a hash of all in their order, the first of each table, and the state."""
    counts = Counter(" ".join(filter(None, (kind, table))) for kind, table, _ in taken.sent)
    lines = [json.dumps([kind, table, data], sort_keys=True, default=repr) for kind, table, data in taken.sent]
    first = {table: json.loads(line)[2] for (kind, table, _), line in reversed(list(zip(taken.sent, lines, strict=True)))
             if kind == "upsert"}  # fmt: skip
    return {
        "operations": dict(sorted(counts.items())),
        "sha256": sha256("\n".join(lines).encode()).hexdigest(),
        "first": dict(sorted(first.items())),
        "state": taken.state,
    }


def replay(dataset: str, connector: Any, taken: Taken) -> dict[str, Any]:
    """The schema, and what each of several syncs sends: the first one cut off, more after changes, two take-overs."""
    shape = SHAPES[dataset]
    log = [record(shape, number) for number in range(RECORDS)]
    found = {}
    with served(log, f"{dataset}_records") as url:
        configuration = {"api_key": "a-key", "base_url": url}

        def sync(name: str, state: Any, cut_at: int | None = None) -> None:
            taken.sent, taken.state, taken.cut_at = [], state, cut_at
            with suppress(Cut):
                connector.update(configuration, json.loads(json.dumps(state)))
            found[name] = digest(taken)

        sync("cut off", {}, CRASH_AT)
        sync("resumed", taken.state)
        log += [record(shape, number) for number in range(RECORDS, RECORDS + APPENDED)]
        log += [record(shape, number, version=1) for number in range(3, 100, 20)]
        sync("after changes", taken.state)
        sync("nothing new", taken.state)
        sync("taken over from next_cursor", {"next_cursor": cursor(200)})
        sync("taken over from cursor", {"cursor": cursor(100)})
    return {"schema": connector.schema({}), "syncs": found}


def main() -> None:
    project, dataset = sys.argv[1:]
    sys.path.insert(0, project)
    taken = Taken()
    stand_in(taken)
    sdk.Connector = Connector
    connector = importlib.import_module("connector").connector
    core = sys.modules["connector_core"].__file__ or ""
    if not core.startswith(project):
        raise SystemExit(f"{core} was imported, and not what lies in {project}")
    print(json.dumps(replay(dataset, connector, taken)))  # noqa: T201  (what this is for)


if __name__ == "__main__":
    main()
