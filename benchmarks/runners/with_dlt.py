"""dlt: extracted, normalised and loaded into a Parquet file.

One table is read by its REST API source. With ``workers``, so many threads read parallelised resources over its REST client: that
took less time than the source with all of its resources parallelised. Pages by offset are deferred, which is how dlt reads pages
of one resource at the same time.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt
import pyarrow.parquet
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator
from dlt.sources.rest_api import rest_api_source
from measure import add, measured, told


def source_of(asked: dict[str, Any]) -> Any:
    """The source of one table, as dlt's documentation configures one."""
    endpoint = {"path": asked["path"], "params": {"page_size": asked["page_size"]}, "data_selector": "fts_records"}
    return rest_api_source(
        {
            "client": {
                "base_url": asked["url"],
                "auth": {"type": "api_key", "name": "api_key", "api_key": asked["key"], "location": "header"},
                "paginator": {"type": "cursor", "cursor_path": "next_cursor", "cursor_param": "cursor"},
            },
            "resources": [{"name": asked["tables"][0], "primary_key": "record_id", "endpoint": endpoint}],
        }
    )


def client_of(asked: dict[str, Any]) -> RESTClient:
    """A client with a session of its own."""
    return RESTClient(asked["url"], auth=APIKeyAuth("api_key", asked["key"], "header"))


def parallelised(name: str, asked: dict[str, Any]) -> Any:
    """The resource of one of several tables."""
    pages = JSONResponseCursorPaginator(cursor_path="next_cursor", cursor_param="cursor")
    told = {"params": {"page_size": asked["page_size"]}, "data_selector": "fts_records", "paginator": pages}

    @dlt.resource(name=name, primary_key="record_id", parallelized=True)
    def table() -> Iterator[Any]:
        yield from client_of(asked).paginate(asked["path"], **told)

    return table()


def deferred(asked: dict[str, Any]) -> Any:
    """The resource of one table by offset, whose pages are asked for at the same time once the first has told the total."""
    client, size = client_of(asked), asked["page_size"]

    def page(offset: int) -> dict[str, Any]:
        found: dict[str, Any] = client.get(asked["path"], params={"page_size": size, "offset": offset}).json()
        return found

    @dlt.defer
    def records(offset: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = page(offset)["fts_records"]
        return found

    @dlt.resource(name=asked["tables"][0], primary_key="record_id")
    def table() -> Iterator[Any]:
        first = page(0)
        yield first["fts_records"]
        for offset in range(size, first["total"], size):
            yield records(offset)

    return table()


def data_of(asked: dict[str, Any]) -> Any:
    """What the pipeline runs."""
    if asked["by"] == "offset":
        return deferred(asked)
    return [parallelised(name, asked) for name in asked["tables"]] if asked["workers"] else source_of(asked)


def main() -> None:
    asked = told()
    folder = Path(asked["folder"])
    if asked["workers"]:
        os.environ["EXTRACT__WORKERS"] = str(asked["workers"])
    with measured(asked["report"]):
        pipeline = dlt.pipeline(
            "fts",
            pipelines_dir=str(folder / "state"),
            destination=dlt.destinations.filesystem(bucket_url=str(folder / "files")),
            dataset_name="fts",
            progress=None,
        )
        pipeline.run(data_of(asked), loader_file_format="parquet").raise_on_failed_jobs()
    # What was loaded, and not what dlt says of it.
    add(asked["report"], rows={name: _rows(folder / "files", name) for name in asked["tables"]})


def _rows(folder: Path, table: str) -> int:
    return sum(pyarrow.parquet.read_metadata(file).num_rows for file in folder.rglob(f"{table}/*.parquet"))


if __name__ == "__main__":
    main()
