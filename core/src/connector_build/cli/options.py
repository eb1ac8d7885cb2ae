"""The options that several verbs have."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from connector_build.cli.completion import complete_dataset

UNDECLARED = ("allow", "warn", "fail", "drop")
"""As core has them, which takes a while to import."""

F = TypeVar("F", bound=Callable[..., Any])


def names(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Names given as ``a,b`` or by repeating the option."""
    return tuple(name.strip() for value in values for name in value.split(",") if name.strip())


def source_options(command: F) -> F:
    """The options that say which plugins a connector is assembled from, beyond the dataset's own."""
    options = [
        click.option("--with", "extensions", multiple=True, callback=names, metavar="NAMES", help="Installed extensions to add."),
        click.option(
            "--plugin-file",
            "files",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="PATH",
            help="A local Python file with hookimpls to add.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def choice_options(command: F) -> F:
    """The options that say what a connector is assembled from, and what of it is on."""
    options = [
        click.option(
            "--enable",
            multiple=True,
            callback=names,
            metavar="NAMES",
            help="Transforms and extra tables to switch on, with commas.",
        ),
        click.option(
            "--disable", multiple=True, callback=names, metavar="NAMES", help="Transforms and extra tables to switch off."
        ),
        click.option(
            "--undeclared",
            type=click.Choice(UNDECLARED),
            help="What becomes of fields that nobody declared, in tables that do not say it themselves; allow if not given.",
        ),
        source_options,
    ]
    for option in reversed(options):
        command = option(command)
    return command


dataset_argument = click.argument("dataset", shell_complete=complete_dataset)
output_option = click.option(
    "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write; dist/DATASET if not given."
)
force_option = click.option(
    "--force",
    is_flag=True,
    help="Discard changes made by hand in an earlier build, and build anew where its lock is damaged or missing.",
)


def loudness_options(command: F) -> F:
    """The options that say how much is said of what lasts; `check_loudness` holds them against each other."""
    quiet = click.option("--quiet", is_flag=True, help="Say no more than what came of it, and warnings.")
    verbose = click.option("--verbose", is_flag=True, help="Say all there is, also on a terminal.")
    return quiet(verbose(command))


def check_loudness(*, quiet: bool, verbose: bool) -> None:
    """Raise click.UsageError where both are given."""
    if quiet and verbose:
        raise click.UsageError("--quiet and --verbose are opposites. Give one of them.")


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for a script.")
