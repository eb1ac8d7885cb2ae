"""`connector-build record`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import dataset_argument, json_option, source_options
from connector_build.errors import UsageProblem


@click.command("record", cls=Verb)
@dataset_argument
@source_options
@click.option(
    "--configuration",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="The configuration to ask the real API with.",
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="The recording; DATASET.pages.json if not given.")
@click.option(
    "--max-requests", type=click.IntRange(min=1), default=100, show_default=True, metavar="N", help="Refuse to ask for more."
)
@click.option("--force", is_flag=True, help="Replace a recording that is there.")
@click.option("--again", is_flag=True, help="Say how the API has drifted from the recording that is there, which stays.")
@click.option("--update", is_flag=True, help="With --again: and replace it.")
@json_option
def record_command(
    dataset: str,
    configuration: Path,
    output: Path | None,
    max_requests: int,
    force: bool,
    again: bool,
    update: bool,
    as_json: bool,
    **sources: Any,
) -> None:
    """Record what the real API answers to two syncs of a dataset, without secrets, to be replayed.

    check, serve, demo, preview and compare take the file as --pages.

    The exit code of --again is 0 where nothing speaks against the recording, 10 where something is to be looked at, and 20 where
    something is gone or is of another type; with --update it is 0.
    """
    from connector_build.plugins.references import named
    from connector_build.project.making import assembled
    from connector_build.review import recorded
    from connector_build.screen.printing import console, print_json

    file = output or Path(f"{named(dataset)}.pages.json")
    _check_options(file, force=force, again=again, update=update)
    assembly, _ = assembled(dataset, **sources)
    screen = console()
    old = recorded.loaded(file) if again else None
    asked = recorded.Asked(dataset, assembly, configuration, max_requests)
    made = recorded.read(asked, None if as_json else screen, lambda said: click.echo(said, err=True))
    drifts = recorded.drifts(assembly, old, made) if old else []
    if old is None or update:
        made.save(file)
    if as_json:
        print_json(recorded.as_json(file, made, drifts, compared=again, written=old is None or update))
    else:
        recorded.show(dataset, file, made, drifts, screen, compared=again, written=old is None or update)
    if not update:
        raise click.exceptions.Exit(recorded.exit_code(drifts))


def _check_options(file: Path, *, force: bool, again: bool, update: bool) -> None:
    if update and not again:
        raise click.UsageError("--update is for --again. To replace a recording without a look at it, write --force.")
    if again and force:
        raise click.UsageError("--again looks at the recording, and --force does not. Leave one of them out.")
    if again and not file.exists():
        raise UsageProblem(f"{file} is not there, so nothing can have drifted from it. Leave out --again to make it.")
    if file.exists() and not force and not again:
        raise UsageProblem(
            f"{file} is there already. Write --again to see how the API has drifted from it, --force to replace it, or another "
            "--output."
        )
