"""Peak memory of a sync, for feeds of several lengths: ``tox run -e memory``.

Each sync runs in a process of its own, through the real HTTP client, from an API in another process, into a sink that counts
operations and drops them. What is printed is the largest resident set that the operating system saw (``ru_maxrss``).
"""

import json
import multiprocessing
import resource
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import parse_qs, urlsplit

import connector_fts
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Plugin, assemble

LENGTHS = (10_000, 100_000, 1_000_000)
CHOICES = ((), ("fts_technicians", "cost_per_hour"))
MEGABYTE = 1024 * 1024


def record(number: int) -> dict[str, Any]:
    """Record *number* of a feed in which 500 technicians share the tasks."""
    return {
        "record_id": f"{number:036d}",
        "customer_id": f"CUST_{number % 9973:06d}",
        "equipment_id": f"EQUIP_{number % 7919:06d}",
        "erp_order_id": f"ORDER_{number:06d}",
        "technician_id": f"TECH_{number % 500:06d}",
        "log_description": "Performed routine maintenance on equipment",
        "maintenance_status": "Completed",
        "maintenance_type": "Predictive",
        "summarized_log": "Issue resolved",
        "log_date": "2026-02-17",
        "downtime_hours": number % 9,
        "summarization_time_saved": number % 5,
        "last_updated_epoch": 1_748_970_000 + number,
        "failure_rate": (number % 100) / 100,
        "maintenance_cost": number % 1000 + 0.88,
    }


class Feed(BaseHTTPRequestHandler):
    """Serves ``/<length>/fts_data``; a cursor is the number of records before the page."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length, start, size = int(parts.path.split("/")[1]), int(query.get("cursor", 0)), int(query["page_size"])
        end = min(start + size, length)
        more = end < length
        page = {
            "fts_records": [record(n) for n in range(start, end)],
            "next_cursor": str(end) if more else None,
            "has_more": more,
        }
        body = json.dumps(page).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: a line for each request would be the bulk of the output."""


def serve(pipe: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    pipe.send(server.server_port)
    server.serve_forever()


class CountingSink:
    """Counts what is delivered and drops it; logs nothing."""

    def __init__(self) -> None:
        self.upserts = 0

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.upserts += 1

    def delete(self, table: str, keys: dict[str, Any]) -> None: ...

    def truncate(self, table: str) -> None: ...

    def checkpoint(self, state: dict[str, Any]) -> None: ...

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...

    def alert(self, message: str) -> None: ...


def one_sync(url: str, options: list[str]) -> None:
    """Run one sync in this process and print its upserts and its peak memory in MB."""
    sink = CountingSink()
    assembly = assemble([Plugin("connector-fts", connector_fts)], enable=options)
    sync(assembly, {"api_key": "key", "base_url": url, "page_size": "200"}, {}, sink, sink)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / MEGABYTE
    sys.stdout.write(f"{sink.upserts} {peak:.1f}")


def main() -> None:
    here, there = multiprocessing.Pipe()
    server = multiprocessing.Process(target=serve, args=(there,), daemon=True)
    server.start()
    port = here.recv()
    sys.stdout.write(f"{'records':>10}  {'upserts':>10}  {'peak MB':>8}  enabled\n")
    for options in CHOICES:
        for length in LENGTHS:
            command = [sys.executable, __file__, f"http://127.0.0.1:{port}/{length}", *options]
            upserts, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            sys.stdout.write(f"{length:>10}  {upserts:>10}  {peak:>8}  {', '.join(options) or '-'}\n")
            sys.stdout.flush()
    server.terminate()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one_sync(sys.argv[1], sys.argv[2:])
    else:
        main()
