"""`connector-build new`."""

from pathlib import Path

import click

from connector_build.cli.ending import Verb


@click.command("new", cls=Verb)
@click.option(
    "--package",
    "file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Make a distribution of the dataset in this Python file.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FOLDER", help="Where to write; connector-DATASET if not given."
)
def new_command(file: Path | None, output: Path | None) -> None:
    """Begin a plugin: with --package, a distribution of the one file that a dataset is."""
    if file is None:
        raise click.UsageError("Say what to begin with: --package FILE.py makes a distribution of a dataset in one file.")
    _package(file, output)


def _package(file: Path, output: Path | None) -> None:
    from shlex import quote

    from connector_build.project.packaging import package_into

    folder = package_into(output, file)
    shown = quote(str(folder.relative_to(Path.cwd()) if folder.is_relative_to(Path.cwd()) else folder))
    click.echo(f"Wrote {folder}\nNext:\n  pip install -e {shown}\n  python -m pytest {shown}\n  and choose a licence")
