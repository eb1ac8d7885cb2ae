"""`connector-build lakeflow`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument


@click.command("lakeflow", cls=Verb)
@dataset_argument
@choice_options
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Where to write; dist/lakeflow/DATASET.py if not given."
)
@click.option("--force", is_flag=True, help="Replace a file that was not written by an earlier call.")
def lakeflow_command(dataset: str, output: Path | None, force: bool, **choice: Any) -> None:
    """Write a dataset as a source of Databricks' Lakeflow community connectors: one file, without any secret."""
    from connector_build.lakeflow.generating import source_of, told, write
    from connector_build.plugins.discovery import core, named
    from connector_build.project.making import assembled

    assembly, sources = assembled(dataset, **choice)
    name = named(dataset)
    file = output or Path("dist", "lakeflow", f"{name}.py")
    write(file, source_of(name, assembly, core(), sources), force=force)
    said = told(file, name, assembly)
    click.echo(f"Wrote {file}: {', '.join(said['tables'])}.")
    click.echo(f"Options of the connection: {', '.join(said['settings'])}. What it needs installed stands at its top.")
