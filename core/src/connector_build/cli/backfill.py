"""`connector-build backfill`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument, json_option

FORMATS = ("parquet", "delta", "iceberg")
"""As connector_spark has them, which needs Spark."""


@click.command("backfill", cls=Verb)
@dataset_argument
@choice_options
@click.option("--engine", type=click.Choice(["spark"]), default="spark", show_default=True, help="What reads the parts.")
@click.option(
    "--to", required=True, metavar="FOLDER", help="Where the files go, a folder for each table; for iceberg, a namespace."
)
@click.option("--format", "form", type=click.Choice(FORMATS), default="parquet", show_default=True, help="Of the files.")
@click.option(
    "--configuration", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The configuration of the connection."
)
@click.option(
    "--partitions", type=click.IntRange(1, 10_000), default=8, show_default=True, metavar="N", help="Parts of a table at most."
)
@click.option(
    "--state", type=click.Path(path_type=Path), metavar="FILE", help="Where the state goes; DATASET.state.json if not given."
)
@click.option(
    "--master", metavar="URL", help="The cluster; that of the session or of spark-submit, or all cores here, if not given."
)
@click.option("--conf", "conf", multiple=True, metavar="NAME=VALUE", help="A property of Spark, such as spark.jars.packages.")
@click.option("--force", is_flag=True, help="Replace tables that are in the folder already.")
@json_option
def backfill_command(
    dataset: str,
    engine: str,  # noqa: ARG001  (there is one)
    to: str,
    form: str,
    configuration: Path,
    partitions: int,
    state: Path | None,
    master: str | None,
    conf: Sequence[str],
    force: bool,
    as_json: bool,
    **choice: Any,
) -> None:
    """Read all tables at once, in parts, into files; and write the state from which a Fivetran connection goes on.

    Needs Spark (pip install 'connector-core[spark]') and Java 17.
    """
    from connector_build.local import backfilling
    from connector_build.plugins.references import named
    from connector_build.screen.printing import console, line, print_json
    from connector_build.screen.progress import status

    screen = console()
    wanted = backfilling.Wanted(dataset, to, form, configuration, partitions, master, tuple(conf), force, choice)
    with status(None if as_json else screen, "reading with Spark") as update:
        found = backfilling.run(wanted, update)
    written = backfilling.write_state(state or Path(f"{named(dataset)}.state.json"), found.state)
    if as_json:
        print_json(backfilling.as_json(found, written))
        return
    for text in backfilling.lines(found, to, written):
        line(screen, text)
