"""`connector-build show`."""

from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument, json_option


@click.command("show", cls=Verb)
@dataset_argument
@choice_options
@json_option
def show_command(dataset: str, as_json: bool, **choice: Any) -> None:
    """Show a dataset's settings, tables, columns, paging and options, and where each comes from."""
    from connector_build.plugins.discovery import named
    from connector_build.project.describe import describe
    from connector_build.project.described import show
    from connector_build.project.making import assembled
    from connector_build.screen.printing import console, print_json

    assembly, sources = assembled(dataset, **choice)
    description = describe(assembly, dataset=named(dataset), versions={source.name: source.version for source in sources})
    if as_json:
        print_json(description)
    else:
        show(description, console())
