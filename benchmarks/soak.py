"""A million records from an API that misbehaves on 2 % of the requests: ``tox run -e soak``.

The API runs in another process and answers some requests with a 500, a 429, a reset connection or half a body. The sync goes
through the real HTTP client, with both extra options of fts, into a sink that keeps a digest of each table instead of its rows.
Afterwards every row is compared, by its digest, with one that is computed here. The command fails when a row is wrong, or when
the peak memory of the whole sync is not that of its first tenth.
"""

import json
import multiprocessing
import resource
import socket
import struct
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from http.server import ThreadingHTTPServer
from io import BytesIO
from math import fsum
from multiprocessing.connection import Connection
from random import Random
from threading import Lock
from typing import Any, ClassVar

import requests
from attrs import define, field
from memory import CHOICES, MEGABYTE, Feed, record

import connector_fts
from connector_core import Configuration
from connector_core.basics.operations import Log
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly, Plugin, assemble

RECORDS = 1_000_000
EARLY = 200_000
"""By then the ledger of the extra table has moved from memory into a file; see connector_core.engine.ledger."""
SHARE = 0.02
"""Of the requests, how many meet a fault."""
FLAT = 1.1
"""How many times the peak memory of the first records that of all may be."""
TECHNICIANS = "fts_technicians"


class Unruly(Feed):
    """The feed of the memory benchmark, now and then not as it should be."""

    random = Random("soak")  # noqa: S311  (the same share in every run)
    lock = Lock()
    seen: ClassVar[Counter[str]] = Counter()

    def do_GET(self) -> None:  # noqa: N802  (named by http.server)
        if self.path == "/seen":
            return self.send(200, json.dumps(self.seen).encode())
        with self.lock:
            fault = self.random.choice(("500", "429", "reset", "truncated")) if self.random.random() < SHARE else ""
            self.seen["requests"] += 1
            self.seen[fault] += 1
        match fault:
            case "500" | "429":
                return self.send(int(fault), b'{"error": "not now"}', {"Retry-After": "0"} if fault == "429" else {})
            case "reset":
                return self.reset()
            case "truncated":
                return self.truncate()
        return super().do_GET()

    def send(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def reset(self) -> None:
        """End the connection with a reset (RST), which a socket sends that is closed without lingering."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.rfile.close()
        self.connection.close()

    def truncate(self) -> None:
        """Promise the whole page, send half of it, and end the connection."""
        line, self.wfile = self.wfile, BytesIO()
        super().do_GET()
        whole, self.wfile = self.wfile.getvalue(), line
        self.wfile.write(whole[: len(whole) // 2])
        self.close_connection = True


def serve(pipe: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Unruly)
    pipe.send(server.server_port)
    server.serve_forever()


@define
class Digest:
    """What a table comes to, whatever the order of its rows: their number and the sum of their hashes."""

    rows: int = 0
    sum: int = 0

    def add(self, row: Mapping[str, Any]) -> None:
        text = json.dumps(row, sort_keys=True).encode()
        self.rows += 1
        self.sum = (self.sum + int.from_bytes(blake2b(text, digest_size=16).digest())) % 2**128


@define
class Sink:
    """Keeps a digest of each table, the technicians' rows, and the peak memory once *EARLY* records were there."""

    digests: dict[str, Digest] = field(factory=lambda: defaultdict(Digest))
    technicians: dict[str, dict[str, Any]] = field(factory=dict)
    checkpoints: int = 0
    retries: int = 0
    early: float = 0.0

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.digests[table].add(data)
        if table == TECHNICIANS:
            self.technicians[data["technician_id"]] = data
        elif self.digests[table].rows == EARLY:
            self.early = peak()

    def delete(self, table: str, keys: dict[str, Any]) -> None:
        raise AssertionError(f"nothing is gone, and yet {keys} of {table} is deleted")

    def truncate(self, table: str) -> None:
        raise AssertionError(f"nothing is gone, and yet {table} is emptied")

    def checkpoint(self, state: dict[str, Any]) -> None:
        self.checkpoints += 1

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None:
        self.retries += ". Try " in message

    def alert(self, message: str) -> None:
        self.warning(message)


def peak() -> float:
    """The largest resident set of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE


def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
    """The real client, which waits less between two tries."""
    return Client(
        configuration["base_url"],
        assembly.auth(configuration),
        log,
        secrets=configuration.hidden,
        retry=Retry(first_wait=0.001, longest_wait=0.01),
    )


def expected() -> tuple[Digest, dict[str, dict[str, Any]]]:
    """The digest of all records with their cost per hour, and the technicians' rows: computed here, without the core."""
    digest, tasks = Digest(), defaultdict[str, list[tuple[float, int, int]]](list)
    for number in range(RECORDS):
        row = record(number)
        cost, hours, saved = row["maintenance_cost"], row["downtime_hours"], row["summarization_time_saved"]
        digest.add(row | {"cost_per_hour": cost / hours if hours else 0.0})
        tasks[row["technician_id"]].append((cost, hours, saved))
    return digest, {name: technician(name, *zip(*of_one, strict=True)) for name, of_one in tasks.items()}


def technician(name: str, costs: Sequence[float], hours: Sequence[int], saved: Sequence[int]) -> dict[str, Any]:
    return {
        "technician_id": name,
        "total_tasks": len(costs),
        "total_maintenance_cost": fsum(costs),
        "total_downtime_hours": sum(hours),
        "total_time_saved": sum(saved),
    }


def faults_in(sink: Sink, late: float) -> list[str]:
    """What is wrong with a finished sync, whose peak memory was *late*."""
    digest, technicians = expected()
    found = []
    if sink.digests["fts_records"] != digest:
        found.append(f"fts_records: {sink.digests['fts_records']} instead of {digest}")
    if sink.technicians != technicians or sink.digests[TECHNICIANS].rows != len(technicians):
        wrong = [name for name in technicians.keys() | sink.technicians if technicians.get(name) != sink.technicians.get(name)]
        found.append(f"{TECHNICIANS}: {len(wrong)} rows differ, {sink.digests[TECHNICIANS].rows} were sent")
    if late > FLAT * sink.early:
        found.append(f"the peak grew from {sink.early:.1f} to {late:.1f} MB")
    return found


def report(sink: Sink, seen: Counter[str], late: float) -> None:
    kinds = ("500", "429", "reset", "truncated")
    of_kinds = ", ".join(f"{seen[kind]} {kind}" for kind in kinds)
    lines = {
        "records": f"{sink.digests['fts_records'].rows:,}",
        "requests": f"{seen['requests']:,}",
        "faults met": f"{sum(seen[kind] for kind in kinds):,} ({of_kinds})",
        "retries": f"{sink.retries:,}",
        "checkpoints": f"{sink.checkpoints:,}",
        f"peak MB at {EARLY:,}": f"{sink.early:.1f}",
        f"peak MB at {RECORDS:,}": f"{late:.1f}",
        "rows compared": f"{sum(digest.rows for digest in sink.digests.values()):,}",
    }
    sys.stdout.writelines(f"{name:<20}  {value}\n" for name, value in lines.items())


def main() -> int:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{here.recv()}"
    sink = Sink()
    assembly = assemble([Plugin("connector-fts", connector_fts)], enable=CHOICES[-1])
    configuration = {"api_key": "key", "base_url": f"{url}/{RECORDS}", "page_size": "200"}
    sync(assembly, configuration, {}, sink, sink, Engine(client))
    late = peak()
    report(sink, Counter(requests.get(f"{url}/seen", timeout=10).json()), late)
    server.terminate()
    found = faults_in(sink, late)
    sys.stdout.writelines(f"WRONG: {fault}\n" for fault in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
