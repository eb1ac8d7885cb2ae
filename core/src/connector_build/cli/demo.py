"""`connector-build demo`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument, force_option, output_option

if TYPE_CHECKING:
    from rich.console import Console


@click.command("demo", cls=Verb)
@dataset_argument
@choice_options
@output_option
@force_option
@click.option(
    "--pages", type=click.Path(path_type=Path), metavar="FILE", help="Recorded pages that stand in for the API: one sync of them."
)
def demo_command(dataset: str, output: Path | None, force: bool, pages: Path | None, **choice: Any) -> None:
    """Go the whole road on this machine: simulated API, build, `fivetran debug` twice, rows, counts, next state."""
    from connector_build.api.simulated import Dataset
    from connector_build.local.demo import demo_project, run_demo
    from connector_build.local.demo_rows import check_no_other_rows
    from connector_build.plugins.discovery import named, sample
    from connector_build.project.output import write_project
    from connector_build.screen.printing import console

    name = named(dataset)
    printed, folder = console(), output or Path("dist", f"demo-{name}")
    if output is None:
        force = True  # nobody works in that folder
    else:
        check_no_other_rows(output)
    if pages is not None:
        _of_pages(dataset, folder, pages, printed, force, **choice)
        return
    project = demo_project(dataset, printed, **choice)
    run_demo(
        Dataset(name, project.assembly, sample(dataset)),
        table_names=project.tables,
        build=lambda target: write_project(project, target, force=force),
        project=folder,
        typed=dataset,
        console=printed,
    )


def _of_pages(dataset: str, folder: Path, pages: Path, console: "Console", force: bool, **choice: Any) -> None:
    from connector_build.api.recording import Recording
    from connector_build.local.demo import demo_project
    from connector_build.project.output import write_project
    from connector_build.review.replayed import run_replayed

    recording = Recording.load(pages)
    project = demo_project(dataset, console, **choice)

    def build(target: Path) -> None:
        write_project(project, target, force=force)

    run_replayed(dataset, project, recording, build=build, folder=folder, console=console)
