"""`connector-build run`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument, json_option


@click.command("run", cls=Verb)
@dataset_argument
@click.option(
    "--to",
    required=True,
    metavar="TARGET",
    help="Where rows go: a DuckDB file (out.duckdb), a folder of Parquet files (out/), - for JSON lines on the standard output, "
    "or singer for Singer messages there.",
)
@click.option(
    "--configuration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; that of dist/DATASET if not given. A value env:NAME is taken from the environment.",
)
@choice_options
@click.option(
    "--state",
    "state_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="For - and singer: the state to go on from. JSON lines keep theirs in it. DuckDB and Parquet have it beside the rows.",
)
@click.option("--full", is_flag=True, help="Read everything anew: forget the state, and the tables of earlier runs.")
@click.option("--quiet", is_flag=True, help="Say nothing but warnings.")
@json_option
def run_command(
    dataset: str,
    to: str,
    configuration: Path | None,
    state_file: Path | None,
    full: bool,
    quiet: bool,
    as_json: bool,
    **choice: Any,
) -> None:
    """Sync a dataset without Fivetran: into DuckDB, Parquet files, JSON lines, or any Singer target.

    The next run goes on where this one ended, also where it was killed. Exit code 1 when the sync fails; what was
    saved until then is there. With - and singer, whatever else there is to say goes to the standard error.
    """
    from connector_build.destinations import given, running, shown
    from connector_build.destinations.targets import target
    from connector_build.plugins.discovery import named
    from connector_build.project.making import assembled
    from connector_build.screen.printing import console, print_json
    from connector_build.screen.progress import status

    where = target(to, state_file, full=full)
    assembly, _ = assembled(dataset, **choice)
    name = named(dataset)
    values = given.configuration(assembly, name, configuration)
    aside = console(stderr=True)
    with status(None if quiet else aside, f"{name}: asking the API") as update:
        summary = running.run(
            name,
            assembly,
            values,
            where,
            shown.Told(aside),
            lambda rows: update(f"{name}: {rows:,} rows until the last checkpoint"),
        )
    if as_json:
        print_json(shown.as_json(name, summary, where), stderr=where.is_stream)
    elif not quiet:
        shown.show(summary, where, aside if where.is_stream else console())
