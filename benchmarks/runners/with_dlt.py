"""dlt's REST API source for the same table: extracted, normalised and loaded into a Parquet file."""

from pathlib import Path
from typing import Any

import dlt
import pyarrow.parquet
from dlt.sources.rest_api import rest_api_source
from measure import add, measured, told


def source_of(asked: dict[str, Any]) -> Any:
    """The source, as dlt's documentation configures one."""
    return rest_api_source(
        {
            "client": {
                "base_url": asked["url"],
                "auth": {"type": "api_key", "name": "api_key", "api_key": asked["key"], "location": "header"},
                "paginator": {"type": "cursor", "cursor_path": "next_cursor", "cursor_param": "cursor"},
            },
            "resources": [
                {
                    "name": "fts_records",
                    "primary_key": "record_id",
                    "endpoint": {"path": "fts_data", "params": {"page_size": asked["page_size"]}, "data_selector": "fts_records"},
                }
            ],
        }
    )


def main() -> None:
    asked = told()
    folder = Path(asked["folder"])
    with measured(asked["report"]):
        pipeline = dlt.pipeline(
            "fts",
            pipelines_dir=str(folder / "state"),
            destination=dlt.destinations.filesystem(bucket_url=str(folder / "files")),
            dataset_name="fts",
            progress=None,
        )
        pipeline.run(source_of(asked), loader_file_format="parquet").raise_on_failed_jobs()
    files = (folder / "files").rglob("fts_records/*.parquet")
    # What was loaded, and not what dlt says of it.
    add(asked["report"], rows={"fts_records": sum(pyarrow.parquet.read_metadata(file).num_rows for file in files)})


if __name__ == "__main__":
    main()
