"""`connector-build debug`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import (
    check_loudness,
    choice_options,
    dataset_argument,
    force_option,
    loudness_options,
    output_option,
)
from connector_build.errors import BuildError


@click.command("debug", cls=Verb)
@dataset_argument
@choice_options
@output_option
@force_option
@click.option(
    "--configuration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The configuration; configuration.json of the project if not given.",
)
@click.option("--reset", is_flag=True, help="Forget the state and the tables of earlier runs first.")
@loudness_options
def debug_command(
    dataset: str,
    output: Path | None,
    force: bool,
    configuration: Path | None,
    reset: bool,
    quiet: bool,
    verbose: bool,
    **choice: Any,
) -> None:
    """Build a dataset's connector and run `fivetran debug` on it, against the configured API.

    On a terminal a line says how far it is; where it is piped, and with --verbose, the log is shown as it comes.
    """
    check_loudness(quiet=quiet, verbose=verbose)
    from connector_build.local import fivetran
    from connector_build.local.recording import recorded
    from connector_build.local.showing import show_run
    from connector_build.local.watching import log_to, watching
    from connector_build.plugins.discovery import named
    from connector_build.project.configuration import check_can_be_handed_on, check_configuration
    from connector_build.project.making import made
    from connector_build.project.output import write_project
    from connector_build.screen.printing import console

    folder = output or Path("dist", named(dataset))
    check_can_be_handed_on(configuration or folder / "configuration.json")
    project = made(dataset, **choice)
    write_project(project, folder, force=force)
    file = (configuration or folder / "configuration.json").absolute()
    check_configuration(project.assembly, file)
    if reset:
        fivetran.reset(folder)
    printed = console()
    say = log_to(click.echo, every=verbose or not (quiet or printed.is_terminal))
    with watching(None if quiet or verbose else printed, named(dataset), say=say) as hear:
        run = recorded(folder, file, on_line=hear, warn=lambda said: click.echo(said, err=True))
    # Not the exit code: a connector that ends itself in the middle of a sync leaves it at 0.
    if run.error:
        raise BuildError(run.error)
    show_run(folder, run, project.tables, project.assembly.tables, printed)
