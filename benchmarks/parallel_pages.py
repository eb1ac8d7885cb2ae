"""One table of many pages by offset: several at the same time, one after another, and a loop by hand.

    python benchmarks/parallel_pages.py [--pages 200] [--wait 50] [--threads 4] [--rounds 5]

All read the same pages of 100 records from an API in another process, into a sink that drops what it is given; the SDK is in
neither. A ratio is taken within a round.
"""

import argparse
import sys
from collections.abc import Callable
from typing import Any

import requests
from several_tables import PAGE, Sink, told
from speed.api import KEY, make_pages, running

from connector_core import ApiKeyHeader, OffsetPaginator, Table, hookimpl, total_reached
from connector_core.engine.sync import sync
from connector_core.plugin.assembly import Assembly, Plugin, assemble


class Dataset:
    """A dataset of one table, whose pages may be asked for at the same time if *parallel*."""

    def __init__(self, *, parallel: bool) -> None:
        columns = {"record_id": "STRING", "failure_rate": "DOUBLE", "maintenance_cost": "DOUBLE", "log_date": "NAIVE_DATE"}
        self.table = Table("tasks", "/by_offset", "fts_records", ["record_id"], columns)
        self.paginator = OffsetPaginator(size_param="page_size", stop=[total_reached("total")], parallel=parallel)

    @hookimpl
    def connector_tables(self) -> list[Table]:
        return [self.table]

    @hookimpl
    def connector_auth(self) -> ApiKeyHeader:
        return ApiKeyHeader("api_key")

    @hookimpl
    def connector_paginator(self, table: Table) -> OffsetPaginator:
        return self.paginator


def ours(assembly: Assembly, configuration: dict[str, str]) -> int:
    """How many rows a sync delivers."""
    sink = Sink()
    sync(assembly, {"api_key": KEY, "page_size": str(PAGE), **configuration}, {}, sink, sink)
    return sink.rows


def by_hand(url: str) -> int:
    """How many rows the loop delivers that people write: a session, a request, its rows, the next request."""
    sink = Sink()
    session = requests.Session()
    while True:
        params: dict[str, Any] = {"page_size": PAGE, "offset": sink.rows}
        page = session.get(f"{url}/by_offset", headers={"api_key": KEY}, params=params, timeout=60).json()
        for record in page["fts_records"]:
            sink.upsert("tasks", record)
        if sink.rows >= page["total"]:
            return sink.rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="parallel_pages.py", description="Pages by offset, at the same time and one by one.")
    for name, default in {"pages": 200, "wait": 50, "threads": 4, "rounds": 5}.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"({default})")
    asked = parser.parse_args()
    one_by_one, at_once = (assemble([Plugin("pages", Dataset(parallel=parallel))]) for parallel in (False, True))
    rows = asked.pages * PAGE
    with running() as api:
        url = f"{api}/{rows}/{asked.wait}"
        make_pages(api, rows, PAGE)
        runs: dict[str, Callable[[], int]] = {
            "one after another": lambda: ours(one_by_one, {"base_url": url}),
            "by hand": lambda: by_hand(url),
            f"{asked.threads} at a time": lambda: ours(at_once, {"base_url": url, "threads": str(asked.threads)}),
        }
        sys.stdout.write(told(runs, rows, asked.rounds, "one after another"))


if __name__ == "__main__":
    main()
