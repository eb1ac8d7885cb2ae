"""`connector-build list`."""

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import json_option


@click.command("list", cls=Verb)
@json_option
def list_command(as_json: bool) -> None:
    """List installed datasets, their versions and what each can enable; imports none of them."""
    from connector_build.plugins.discovery import installed
    from connector_build.project.described import show_list
    from connector_build.screen.printing import console, print_json

    rows = [
        {
            "dataset": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "summary": each.summary,
            "options": list(each.options),
            "problem": each.problem,
        }
        for each in installed()
    ]
    if as_json:
        print_json(rows)
    else:
        show_list(rows, console())
