"""`connector-build demo`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, output_option


@click.command("demo", cls=Verb)
@click.argument("dataset")
@choice_options
@output_option
def demo_command(dataset: str, output: Path | None, **choice: Any) -> None:
    """Go the whole road on this machine: simulated API, build, `fivetran debug` twice, rows, counts, next state."""
    from connector_build.api.simulated import Dataset
    from connector_build.local.demo import demo_project, run_demo
    from connector_build.plugins.discovery import named, sample
    from connector_build.project.output import write_project
    from connector_build.screen.printing import console

    printed = console()
    project = demo_project(dataset, printed, **choice)
    name = named(dataset)
    run_demo(
        Dataset(name, project.assembly, sample(dataset)),
        table_names=project.tables,
        build=lambda target: write_project(project, target, force=True),
        project=output or Path("dist", f"demo-{name}"),
        typed=dataset,
        console=printed,
    )
