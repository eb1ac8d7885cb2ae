"""A child table of 20,000 parents at 20 ms each, read by Spark in 1, 2, 4 and 8 partitions; and a budget that they share.

    python benchmarks/spark_partitions.py [--parents N] [--milliseconds N] [--plot FILE]

The API is a process of its own on this machine. It waits before each answer for a parent's children, and counts when each request
came. Each partition asks one request at a time. The model is in docs/scale.md: parents, times the latency, by requests at a time.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

PARTITIONS = (8, 4, 2, 1)
PAGE = 1000
FEW = "/few"
WINDOW = 1.0
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"

PLUGIN = """
from connector_core import Budget, CursorPaginator, Parent, Table, hookimpl

BUDGET = {budget}
COLUMNS = {{"id": "LONG", "name": "STRING"}}


@hookimpl
def connector_tables():
    parent = Parent("items", {{"item": "id"}})
    columns = {{"item": "LONG", **COLUMNS}}
    return [
        Table("items", "/items", "items", ["id"], COLUMNS),
        Table("parts", "/items/{{parent.id}}/parts", "parts", ["item", "id"], columns, parent=parent, budget=BUDGET),
    ]


@hookimpl
def connector_paginator(table):
    return CursorPaginator(size_param="limit")
"""


class Api:
    """An API of so many items, each with one part; *told* hands over its port, and then the times of requests, when asked."""

    def __init__(self, parents: int, seconds: float) -> None:
        self._parents, self._seconds = parents, seconds
        self._times: list[float] = []

    async def serve(self, told: Connection) -> None:
        server = await asyncio.start_server(self._one, "127.0.0.1", 0)
        told.send(server.sockets[0].getsockname()[1])
        while True:
            await asyncio.to_thread(told.recv)
            told.send(self._times)
            self._times = []

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := (await reader.readuntil(b"\r\n\r\n")).decode():
                body = json.dumps(await self._answer(head.split(" ")[1])).encode()
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def _answer(self, target: str) -> dict[str, Any]:
        path, _, query = target.partition("?")
        parents, path = (16, path.removeprefix(FEW)) if path.startswith(FEW) else (self._parents, path)
        if path == "/items":
            start = int(dict(each.split("=") for each in query.split("&")).get("cursor", "c0")[1:])
            end = min(start + PAGE, parents)
            items = [{"id": number, "name": f"item {number}"} for number in range(start, end)]
            return {"items": items, "next_cursor": f"c{end}" if end < parents else None}
        self._times.append(time.monotonic())
        await asyncio.sleep(self._seconds)
        return {"parts": [{"id": 1, "name": path}], "next_cursor": None}


def serve(parents: int, seconds: float, told: Connection) -> None:
    """What the process of the API does."""
    asyncio.run(Api(parents, seconds).serve(told))


def read(spark: Any, plugin: Path, url: str, partitions: int) -> tuple[float, int]:
    """Seconds that a read in so many partitions takes, and its rows."""
    options = {"dataset": str(plugin), "table": "parts", "base_url": url, "threads": "1", "numPartitions": str(partitions)}
    begun = time.monotonic()
    rows = spark.read.format("connector").options(**options, page_size="200").load().count()
    return time.monotonic() - begun, rows


def most_within(times: Sequence[float], seconds: float) -> int:
    """How many of *times* lie in so many seconds at most."""
    ordered, most, first = sorted(times), 0, 0
    for last, each in enumerate(ordered):
        while each - ordered[first] >= seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def session() -> Any:
    """Eight threads of one JVM: they wait more than they work."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    from pyspark.sql import SparkSession

    from connector_spark import ConnectorSource

    quiet = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.log.level": "ERROR"}
    builder = SparkSession.builder.master("local[8]")
    for name, value in quiet.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.dataSource.register(ConnectorSource)
    return spark


LEFT, TOP, WIDE, HIGH = 70, 40, 520, 260


def plot(measured: Sequence[tuple[int, float]], parents: int, milliseconds: float, to: Path) -> None:
    """Time against partitions, as SVG, with what the model says."""
    model = [parents * milliseconds / 1000 / partitions for partitions, _ in measured]
    longest = max([*model, *(seconds for _, seconds in measured)])
    title = f"{parents:,} parents at {milliseconds:g} ms: seconds by partitions, of one request at a time each"
    rows = [f'<text x="{LEFT}" y="22" font-weight="bold">{title}</text>']
    for index, ((partitions, seconds), said) in enumerate(zip(measured, model, strict=True)):
        x, y, line = (
            LEFT + WIDE * (index + 0.5) / len(measured),
            TOP + HIGH * (1 - seconds / longest),
            TOP + HIGH * (1 - said / longest),
        )
        rows += [
            f'<rect x="{x - 34:.0f}" y="{y:.0f}" width="68" height="{TOP + HIGH - y:.0f}" fill="#2f6f9f"/>',
            f'<text x="{x:.0f}" y="{y - 6:.0f}" text-anchor="middle">{seconds:.0f} s</text>',
            f'<text x="{x:.0f}" y="{TOP + HIGH + 18}" text-anchor="middle">{partitions}</text>',
            f'<line x1="{x - 44:.0f}" x2="{x + 44:.0f}" y1="{line:.0f}" y2="{line:.0f}" stroke="#c0392b" stroke-width="2"/>',
        ]
    rows.append(f'<text x="{LEFT}" y="{TOP + HIGH + 42}">Red: the model, parents times latency by partitions.</text>')
    body = "\n".join(rows)
    box = 'viewBox="0 0 640 360" font-family="sans-serif" font-size="13"'
    background = '<rect width="640" height="360" fill="#ffffff"/>'
    to.write_text(f'<svg xmlns="http://www.w3.org/2000/svg" {box}>\n{background}\n{body}\n</svg>\n', encoding="utf-8")


def say(text: str) -> None:
    """A line, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def measure(parents: int, milliseconds: float, budget: int) -> tuple[list[tuple[int, float]], int]:
    """Partitions and seconds, from one partition on; and the most requests in a second that a budget let through."""
    here, there = multiprocessing.Pipe()
    api = multiprocessing.Process(target=serve, args=(parents, milliseconds / 1000, there), daemon=True)
    api.start()
    url = f"http://127.0.0.1:{here.recv()}"
    spark = session()
    with tempfile.TemporaryDirectory() as folder:
        plugin = Path(folder, "plugin.py")
        plugin.write_text(PLUGIN.format(budget=None))
        read(spark, plugin, f"{url}{FEW}", 8)  # so that no process has to be started in what is measured
        found = []
        for partitions in PARTITIONS:
            seconds, rows = read(spark, plugin, url, partitions)
            if rows != parents:
                raise SystemExit(f"{rows} rows of {parents}")
            found.append((partitions, seconds))
            say(f"{partitions} partitions: {seconds:.1f} s, {parents / seconds:.0f} parents a second")
        here.send("times")
        here.recv()
        plugin.with_name("budgeted.py").write_text(PLUGIN.format(budget=f"Budget({budget}, {WINDOW:g})"))
        read(spark, plugin.with_name("budgeted.py"), url, 8)
        here.send("times")
        times = here.recv()
    spark.stop()
    api.terminate()
    found.reverse()
    return found, most_within(times, WINDOW)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parents", type=int, default=20_000)
    parser.add_argument("--milliseconds", type=float, default=20)
    parser.add_argument("--budget", type=int, default=80, help="requests a second that the budget allows")
    parser.add_argument("--plot", type=Path, help="where the plot goes, as SVG")
    given = parser.parse_args()
    found, most = measure(given.parents, given.milliseconds, given.budget)
    alone = dict(found)[1]
    say(f"{platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for partitions, seconds in found:
        say(f"| {partitions} | {seconds:.0f} s | {alone / seconds:.1f} |")
    say(f"a budget of {given.budget} in {WINDOW:g} s: at most {most} requests in any {WINDOW:g} s, as the API counted them")
    if given.plot:
        plot(found, given.parents, given.milliseconds, given.plot)


if __name__ == "__main__":
    main()
