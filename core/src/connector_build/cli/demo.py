"""`connector-build demo`."""

from pathlib import Path
from typing import Any

import click

from connector_build.cli.options import choice_options, output_option


@click.command("demo")
@click.argument("dataset")
@choice_options
@output_option
def demo_command(dataset: str, output: Path | None, **choice: Any) -> None:
    """Go the whole road on this machine: sample API, build, `fivetran debug` twice, rows, counts, next state."""
    from connector_build.cli.samples import sample_tables
    from connector_build.local.demo import run_demo
    from connector_build.project.making import made
    from connector_build.project.output import write_project
    from connector_build.screen.printing import console

    project = made(dataset, **choice)
    folder = output or Path("dist", f"demo-{dataset}")
    run_demo(
        dataset=dataset,
        tables=sample_tables(dataset, project.assembly),
        table_names=project.tables,
        build=lambda target: write_project(project, target, force=True),
        project=folder,
        console=console(),
        plans=project.assembly.tables,
    )
