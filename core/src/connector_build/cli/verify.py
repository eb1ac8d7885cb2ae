"""`connector-build verify`."""

from pathlib import Path

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import json_option


@click.command("verify", cls=Verb)
@click.argument("path", type=click.Path(path_type=Path))
@json_option
def verify_command(path: Path, as_json: bool) -> None:
    """Say what was changed by hand in a built project, a folder or a zip of one, since connector-build wrote it.

    Exit code 1 when anything was.
    """
    from connector_build.review import verify
    from connector_build.screen.printing import console, print_json

    verdict = verify.verify(path)
    if as_json:
        print_json(verify.as_json(path, verdict))
    else:
        verify.show(path, verdict, console())
    if verdict.differences:
        raise click.exceptions.Exit(1)
