"""The command ``connector-build``: its verbs, one module each, wired together.

Everything beyond click is imported inside the commands, so that ``--help`` answers at once.
"""

from pathlib import Path

import click

from connector_build.cli.app import app_command
from connector_build.cli.backfill import backfill_command
from connector_build.cli.check import check_command
from connector_build.cli.compare import compare_command
from connector_build.cli.completion import completion_command
from connector_build.cli.cost import cost_command
from connector_build.cli.dbt import dbt_command
from connector_build.cli.debug import debug_command
from connector_build.cli.demo import demo_command
from connector_build.cli.diff import diff_command
from connector_build.cli.docs import docs_command
from connector_build.cli.ending import tidily
from connector_build.cli.fleet import build_fleet
from connector_build.cli.group import Commands
from connector_build.cli.lakeflow import lakeflow_command
from connector_build.cli.list import list_command
from connector_build.cli.new import new_command
from connector_build.cli.options import check_loudness
from connector_build.cli.preview import preview_command
from connector_build.cli.record import record_command
from connector_build.cli.run import run_command
from connector_build.cli.runs import runs_command
from connector_build.cli.serve import serve_command
from connector_build.cli.show import show_command
from connector_build.cli.verify import verify_command


@click.group(
    cls=Commands,
    subcommand_metavar="DATASET | COMMAND [OPTIONS]",
    context_settings={"help_option_names": ["-h", "--help"]},
    invoke_without_command=True,
)
@click.version_option(package_name="connector-core", prog_name="connector-build")
@click.option("--all", "build_all", is_flag=True, help="Build every connector that connectors.toml lists.")
@click.option(
    "--file", "fleet", type=click.Path(path_type=Path), metavar="FILE", help="With --all: the list; connectors.toml if not given."
)
@click.option("--force", is_flag=True, help="With --all: discard changes made by hand in earlier builds.")
@click.option("--quiet", is_flag=True, help="With --all: say only which have failed, and why.")
@click.option("--verbose", is_flag=True, help="With --all: say all that each build says.")
@click.pass_context
def main(context: click.Context, /, build_all: bool, fleet: Path | None, **options: bool) -> None:
    """Assemble dataset plugins, installed ones or local files, into Fivetran Connector SDK projects."""
    given = [f"--{name}" for name, value in {"file": fleet, **options}.items() if value]
    if context.invoked_subcommand is not None:
        if build_all or given:
            raise click.UsageError("--all builds what a file lists: name no dataset or command beside it.")
    elif build_all:
        check_loudness(quiet=options["quiet"], verbose=options["verbose"])
        with tidily():
            build_fleet(context, fleet, **options)
    elif given:
        raise click.UsageError(f"{' and '.join(given)} {'go' if len(given) > 1 else 'goes'} with --all here.")
    else:
        click.echo(context.get_help())
        context.exit(2)


for _command in (
    lakeflow_command,
    backfill_command,
    list_command,
    new_command,
    show_command,
    docs_command,
    debug_command,
    check_command,
    verify_command,
    diff_command,
    compare_command,
    demo_command,
    app_command,
    serve_command,
    preview_command,
    record_command,
    run_command,
    runs_command,
    cost_command,
    dbt_command,
    completion_command,
):
    main.add_command(_command)
