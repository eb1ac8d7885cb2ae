"""Executors in processes of their own: the rows of the sync, and one that dies in the middle."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession
from reads import alike, collected, served

from connector_build.api.messages import Asked, json_reply
from connector_build.api.server import ApiServer
from parts_support import CUT, synced


@pytest.mark.parametrize("name", [*CUT, "cursor", "UpdatedSince, cursor"])
def test_rows_equal_those_of_the_sync(name: str, cluster: SparkSession, tmp_path: Path) -> None:
    with served(name, tmp_path) as tried:
        plan = tried.assembly.tables[-1]
        expected = list(synced(tried.assembly, tried.configuration).live(tried.table).values())
        found = collected(tried.read(cluster, numPartitions="4"))
    assert alike(found, plan.declared) == alike(expected, plan.declared)


PLUGIN = """
from connector_core import CursorPaginator, Parent, Table, hookimpl

@hookimpl
def connector_tables():
    columns = {"id": "LONG", "name": "STRING"}
    parent = Parent("items", {"item": "id"})
    return [Table("items", "/items", "items", ["id"], columns),
            Table("parts", "/items/{parent.id}/parts", "parts", ["item", "id"], {"item": "LONG", **columns}, parent=parent)]

@hookimpl
def connector_paginator(table):
    return CursorPaginator(size_param="limit")
"""


def executors() -> Iterator[int]:
    """The processes of this test's executors, and no others."""
    mine = f"-Dtests.of={os.getpid()}".encode()
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            said = process.read_bytes().split(b"\0")
            if mine in said and any(b"CoarseGrainedExecutorBackend" in word for word in said):
                yield int(process.parent.name)


def test_executors_that_die_in_the_middle_change_nothing(cluster: SparkSession, tmp_path: Path) -> None:
    """Their tasks are done again by others, and no row is missing or comes twice. All die: one alone may have had no task yet."""
    (tmp_path / "plugin.py").write_text(PLUGIN)
    asked: list[str] = []
    killed: list[int] = []
    lock = threading.Lock()

    def answer(request: Asked) -> Any:
        with lock:
            asked.append(request.path)
            if len(asked) == 30:
                killed.extend(executors())
                for each in killed:
                    os.kill(each, signal.SIGKILL)
        many = request.path == "/items"
        records = [{"id": number, "name": request.path} for number in range(60 if many else 2)]
        return json_reply({"items" if many else "parts": records, "next_cursor": None})

    server = ApiServer(answer)
    try:
        options = {"dataset": str(tmp_path / "plugin.py"), "table": "parts", "base_url": server.url, "threads": "1"}
        frame = cluster.read.format("connector").options(**options, numPartitions="4").load()
        found = sorted((row["item"], row["id"]) for row in collected(frame))
    finally:
        server.close()
    assert killed
    assert found == [(item, number) for item in range(60) for number in range(2)]
    assert len(asked) > 61
