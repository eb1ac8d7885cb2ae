"""The command ``connector-build``: its verbs, one module each, wired together.

Everything beyond click is imported inside the commands, so that ``--help`` answers at once.
"""

from pathlib import Path

import click

from connector_build.cli.app import app_command
from connector_build.cli.backfill import backfill_command
from connector_build.cli.check import check_command
from connector_build.cli.compare import compare_command
from connector_build.cli.cost import cost_command
from connector_build.cli.dbt import dbt_command
from connector_build.cli.debug import debug_command
from connector_build.cli.demo import demo_command
from connector_build.cli.diff import diff_command
from connector_build.cli.docs import docs_command
from connector_build.cli.ending import tidily
from connector_build.cli.fleet import build_fleet
from connector_build.cli.group import Commands
from connector_build.cli.list import list_command
from connector_build.cli.new import new_command
from connector_build.cli.preview import preview_command
from connector_build.cli.record import record_command
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
@click.pass_context
def main(context: click.Context, build_all: bool, fleet: Path | None, force: bool) -> None:
    """Assemble installed dataset plugins into Fivetran Connector SDK projects.

    \b
    connector-build list              what is installed
    connector-build new orders        write a plugin from an address, from pages of an API, or from the gallery
    connector-build fts               write the connector of the dataset fts into dist/fts
    connector-build fts --help        the options of a build
    connector-build crew.py           the same of a plugin that is one local file, here and below
    connector-build demo fts          try it on this machine, against a sample API
    connector-build preview fts       the first page of each table, as rows with types
    connector-build record fts        real answers without secrets, to be replayed
    connector-build runs fts          the last runs on this machine
    connector-build cost fts          what a month takes: keys, upserts and requests, and what each choice changes
    connector-build app fts           its app, over the rows of the last demo or debug
    connector-build backfill fts      all of it at once, in parts, by Spark, into files
    connector-build dbt fts           a dbt package for its tables: sources, staging models, tests
    connector-build check fts         what every plugin has to keep, rule by rule
    connector-build docs fts          what its tables, columns and settings mean, as a web page
    connector-build verify dist/fts   what was changed by hand since the build
    connector-build diff dist/fts     what building it again would change in the destination
    connector-build compare OLD fts   a hand-written connector and this one, row by row
    connector-build --all             every connector that connectors.toml lists
    """
    if context.invoked_subcommand is None:
        _without_command(context, build_all, fleet, force)
    elif build_all or fleet or force:
        raise click.UsageError("--all builds what a file lists: name no dataset or command beside it.")


def _without_command(context: click.Context, build_all: bool, fleet: Path | None, force: bool) -> None:
    if not build_all:
        if fleet or force:
            raise click.UsageError("--file and --force go with --all here.")
        click.echo(context.get_help())
        context.exit(2)
    with tidily():
        build_fleet(context, fleet, force=force)


for _command in (
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
    runs_command,
    cost_command,
    dbt_command,
    new_command,
):
    main.add_command(_command)
