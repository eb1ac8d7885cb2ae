"""`connector-build runs`."""

from pathlib import Path

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import dataset_argument, json_option


@click.command("runs", cls=Verb)
@dataset_argument
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="The project; dist/DATASET and dist/demo-DATASET if not given.",
)
@click.option("-n", "most", type=click.IntRange(min=1), default=10, show_default=True, metavar="N", help="The last N runs.")
@json_option
def runs_command(dataset: str, output: Path | None, most: int, as_json: bool) -> None:
    """Show the last runs of a dataset on this machine: how each ended, and what it wrote.

    How long a run took is not kept: the licence of what `fivetran debug` runs on allows no timings of it.
    """
    from connector_build.local.past_runs import past_runs, show_runs
    from connector_build.plugins.references import named
    from connector_build.screen.printing import console, print_json

    name = named(dataset)
    folders = [output] if output else [Path("dist", name), Path("dist", f"demo-{name}")]
    if not any(folder.is_dir() for folder in folders):
        _check_known(dataset, output)
    found = past_runs(folders, most)
    if as_json:
        print_json(found)
    else:
        show_runs(dataset, found, console())


def _check_known(dataset: str, output: Path | None) -> None:
    """A name that is misspelt has no runs either, and that is not what is to be said of it."""
    from connector_build.errors import UsageProblem
    from connector_build.plugins.discovery import find

    if output is not None:
        raise UsageProblem(f"--output {output}: there is no such folder. Name a built project.")
    find(dataset)
