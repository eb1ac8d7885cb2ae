"""Several tables of one dataset: ours, which reads them side by side, beside a loop that reads them one after another.

    python benchmarks/several_tables.py [--tables 8] [--records 2000] [--wait 50] [--threads 4] [--rounds 5]

Both read the same pages from an API in another process, into a sink that drops what it is given; the SDK is in neither. A ratio
is taken within a round.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

import requests
from speed.api import KEY, make_pages, running

from connector_core import ApiKeyHeader, CursorPaginator, Table, hookimpl
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble

PAGE = 100


class Sink:
    """The SDK's operations and its log: it counts rows, and drops everything."""

    def __init__(self) -> None:
        self.rows = 0

    def upsert(self, table: str, data: dict[str, Any]) -> None:
        self.rows += 1

    def nothing(self, *_: object) -> None:
        """Of what these feeds do not do, and of what the log says."""

    delete = truncate = checkpoint = info = warning = alert = nothing


class Dataset:
    """A dataset of so many tables, which are alike."""

    def __init__(self, tables: int) -> None:
        columns = {"record_id": "STRING", "failure_rate": "DOUBLE", "maintenance_cost": "DOUBLE", "log_date": "NAIVE_DATE"}
        self.tables = [Table(f"tasks_{at}", "/fts_data", "fts_records", ["record_id"], columns) for at in range(tables)]

    @hookimpl
    def connector_tables(self) -> list[Table]:
        return self.tables

    @hookimpl
    def connector_auth(self) -> ApiKeyHeader:
        return ApiKeyHeader("api_key")

    @hookimpl
    def connector_paginator(self, table: Table) -> CursorPaginator:
        return CursorPaginator(size_param="page_size")


def ours(assembly: Assembly, url: str, threads: int) -> int:
    """How many rows a sync delivers."""
    sink = Sink()
    sync(assembly, {"base_url": url, "api_key": KEY, "page_size": str(PAGE), "threads": str(threads)}, {}, sink, sink)
    return sink.rows


def by_hand(tables: int, url: str) -> int:
    """How many rows the loop delivers that people write: a session, a request, its rows, the next request."""
    sink = Sink()
    session = requests.Session()
    for at in range(tables):
        params: dict[str, Any] = {"page_size": PAGE}
        while True:
            page = session.get(f"{url}/fts_data", headers={"api_key": KEY}, params=params, timeout=60).json()
            for record in page["fts_records"]:
                sink.upsert(f"tasks_{at}", record)
            if not page["has_more"]:
                break
            params["cursor"] = page["next_cursor"]
    return sink.rows


def seconds(run: Callable[[], int], rows: int) -> float:
    """How long *run* takes. Raises ValueError unless it delivers every row."""
    begun = time.perf_counter()
    if (found := run()) != rows:
        raise ValueError(f"{found} of {rows} rows were delivered")
    return time.perf_counter() - begun


def told(runs: Mapping[str, Callable[[], int]], rows: int, rounds: int, beside: str) -> str:
    """What each of *runs* takes, all of them in each round, and of the time of the one called *beside*."""
    found = [{name: seconds(run, rows) for name, run in runs.items()} for _ in range(rounds)]
    lines = []
    for name in runs:
        ratios = sorted(each[name] / each[beside] for each in found)
        took = median(each[name] for each in found)
        lines.append(f"{name:<18} {took:>7.2f} s   {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) of {beside}\n")
    return "".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="several_tables.py", description="Several tables, side by side and one after another.")
    for name, default in {"tables": 8, "records": 2000, "wait": 50, "threads": 4, "rounds": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"({default})")
    asked = parser.parse_args()
    assembly = assemble([Plugin("several", Dataset(asked.tables))])
    rows = asked.tables * asked.records
    with running() as api:
        url = f"{api}/{asked.records}/{asked.wait}"
        make_pages(api, asked.records, PAGE)
        runs: dict[str, Callable[[], int]] = {
            "by hand": lambda: by_hand(asked.tables, url),
            "ours, 1 thread": lambda: ours(assembly, url, 1),
            f"ours, {asked.threads} threads": lambda: ours(assembly, url, asked.threads),
        }
        sys.stdout.write(told(runs, rows, asked.rounds, "by hand"))


if __name__ == "__main__":
    main()
