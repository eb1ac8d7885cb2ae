"""Runs a connector under SDK 2.13.1's gRPC server, and counts and drops what arrives: one process for each side.

Measured is the connector's process. Its time runs from the call of Update to the arrival of the last operation: the stream itself
ends up to a second later, because the SDK then waits for a thread of its own that sleeps. What is asked (see measure.py) has also
``connector``, the connector's file, and maybe ``settings``.
"""

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from operator import attrgetter
from pathlib import Path
from typing import Any

import grpc
from fivetran_connector_sdk.protos import connector_sdk_pb2, connector_sdk_pb2_grpc
from measure import peak_mb, told, write

SERVE = Path(__file__).resolve().parents[1] / "connectors" / "serve.py"
LONGEST = 900.0
"""Seconds after which a sync that has not ended is a failure."""
STARTS = 60.0
"""Seconds after which a server that is not there is a failure."""
_TICKS = os.sysconf("SC_CLK_TCK")
_UTIME, _STIME = 11, 12
"""Where /proc/<pid>/stat has the CPU time, counted behind the name in brackets (proc_pid_stat(5))."""


def cpu_of(process: int) -> float:
    """CPU seconds of *process* so far, all of its threads together."""
    fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_STIME])) / _TICKS


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@contextmanager
def served(connector: str, folder: Path) -> Iterator[tuple[Any, int]]:
    """A stub for the served connector, and the number of its process."""
    port = _free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("FIVETRAN", "ConnectorSdk"))}
    with (folder / "printed.txt").open("wb") as printed:
        process = subprocess.Popen(
            [sys.executable, str(SERVE), connector, str(port)],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
        )
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]) as channel:
                _wait_for(channel, process)
                yield connector_sdk_pb2_grpc.SourceConnectorStub(channel), process.pid
        except Exception:
            sys.stderr.write((folder / "printed.txt").read_text("utf-8")[-4000:])
            raise
        finally:
            process.kill()
            process.wait()


def _wait_for(channel: Any, process: subprocess.Popen[bytes]) -> None:
    ready = grpc.channel_ready_future(channel)
    end = time.monotonic() + STARTS
    while True:
        try:
            ready.result(timeout=0.1)
        except grpc.FutureTimeoutError:
            if process.poll() is not None or time.monotonic() > end:
                ready.cancel()
                raise RuntimeError("the connector is not served") from None
        else:
            return


def drain(stream: Any) -> tuple[Counter[str], float]:
    """Rows by table, counted and dropped, and when the last operation arrived; checkpoints count as a table, too."""
    table = attrgetter("table_name")
    found: Counter[str] = Counter()
    last = time.perf_counter()
    for response in stream:
        kind = response.WhichOneof("operation")
        if kind == "structured_records":
            found.update(map(table, response.structured_records.structured_records))
        elif kind == "structured_record":
            found[response.structured_record.table_name] += 1
        else:
            found[kind] += 1
        last = time.perf_counter()
    return found, last


def main() -> None:
    asked = told()
    configuration = {
        "api_key": asked["key"],
        "base_url": asked["url"],
        "page_size": str(asked["page_size"]),
        **asked.get("settings", {}),
    }
    with served(asked["connector"], Path(asked["folder"])) as (stub, process):
        # The process knows no type before it was asked for its schema.
        stub.Schema(connector_sdk_pb2.SchemaRequest(configuration=configuration), timeout=STARTS)
        request = connector_sdk_pb2.UpdateRequest(configuration=configuration, state_json="{}")
        cpu, wall = cpu_of(process), time.perf_counter()
        rows, last = drain(stub.Update(request, timeout=LONGEST))
        found = {"seconds": last - wall, "cpu": cpu_of(process) - cpu, "peak_mb": peak_mb(process)}
    checkpoints = rows.pop("checkpoint", 0)
    write(asked["report"], {**found, "rows": dict(rows), "checkpoints": checkpoints})


if __name__ == "__main__":
    main()
