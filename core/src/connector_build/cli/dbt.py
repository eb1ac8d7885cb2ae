"""`connector-build dbt`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument


@click.command("dbt", cls=Verb)
@dataset_argument
@choice_options
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write; dist/dbt_DATASET if not given."
)
@click.option("--force", is_flag=True, help="Discard changes made by hand to what an earlier call wrote.")
def dbt_command(dataset: str, output: Path | None, force: bool, **choice: Any) -> None:
    """Write a dbt package for the connector: sources, staging models, and its promises as tests."""
    from connector_build.catalog.dbt.package import make_package
    from connector_build.catalog.dbt.writing import told, write_package
    from connector_build.catalog.dictionary import dictionary_of
    from connector_build.plugins.discovery import named
    from connector_build.project.making import assembled

    assembly, sources = assembled(dataset, **choice)
    shrinking = [plan.table.name for plan in assembly.tables if plan.deletes]
    name = named(dataset)
    package = make_package(dictionary_of(assembly, name, version=sources[0].version), shrinking)
    folder = output or Path("dist", f"dbt_{name}")
    write_package(package, folder, force=force)
    click.echo(told(package, folder))
