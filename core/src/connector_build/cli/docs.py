"""`connector-build docs`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument


@click.command("docs", cls=Verb)
@dataset_argument
@choice_options
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write; dist/docs-DATASET if not given."
)
@click.option(
    "--destination",
    default="",
    metavar="URI",
    help="For openlineage.json: where the tables are, such as snowflake://ACCOUNT.",
)
def docs_command(dataset: str, output: Path | None, destination: str, **choice: Any) -> None:
    """Write what a dataset's tables, columns, settings and choices mean: a web page, Markdown, JSON, DBML, SVG, OpenLineage."""
    from connector_build.plugins.discovery import named
    from connector_build.project.documenting import documents, write_documents
    from connector_build.screen.printing import console, line

    name = named(dataset)
    folder = output or Path("dist", f"docs-{name}")
    pages = documents(dataset, destination=destination, **choice)
    write_documents(pages, folder)
    printed = console()
    line(printed, f"Wrote {', '.join(pages)} into {folder}")
    line(printed, f"Next: open {folder / f'{name}.html'}")
