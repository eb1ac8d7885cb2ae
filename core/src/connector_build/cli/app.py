"""`connector-build app`."""

from pathlib import Path

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import dataset_argument


@click.command("app", cls=Verb)
@dataset_argument
@click.option("--port", type=click.IntRange(1, 65535), help="The port on this machine; the first free one from 8501 on.")
@click.option("--no-browser", is_flag=True, help="Do not open a browser.")
@click.option(
    "--warehouse",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The rows to show; those of the last debug or demo if not given, or of a demo that is made now.",
)
@click.option(
    "--run",
    "script",
    type=click.Path(path_type=Path),
    metavar="APP.py",
    help="Run a Streamlit app that was written for Snowflake, as it is, over these rows.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Do not run it: write what Snowflake deploys into this folder.",
)
def app_command(
    dataset: str, port: int | None, no_browser: bool, warehouse: Path | None, script: Path | None, output: Path | None
) -> None:
    """Open the app of a dataset over the rows of the last debug or demo, or the standard explorer where it has none."""
    from connector_build.screen.printing import console

    if output is None:
        from connector_build.apps.opening import open_app

        open_app(dataset, console(), port=port, browser=not no_browser, warehouse=warehouse, script=script)
        return
    if port is not None or no_browser or warehouse or script:
        raise click.UsageError("--output writes files: no --port, --no-browser, --warehouse or --run beside it.")
    from connector_build.apps.snowflake import write_for_snowflake
    from connector_build.screen.printing import line

    line(console(), write_for_snowflake(dataset, output))
