"""`connector-build serve`."""

from collections.abc import Sequence
from pathlib import Path

import click

from connector_build.cli.completion import complete_dataset
from connector_build.cli.ending import Verb


@click.command("serve", cls=Verb)
@click.argument("datasets", nargs=-1, shell_complete=complete_dataset)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any free one.")
@click.option("--api-key", default="sample-key", show_default=True, help="The key, password or token that the APIs ask for.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same records and cursors.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="Misbehave, such as status=429,retry_after=2,times=3; see above, and repeat for several.",
)
@click.option("--pages", type=click.Path(path_type=Path), metavar="FILE", help="Of one dataset: answer what was recorded.")
def serve_command(datasets: Sequence[str], port: int, api_key: str, seed: int, faults: Sequence[str], pages: Path | None) -> None:
    """Serve the APIs of the installed datasets, simulated from what their plugins say, until Ctrl-C.

    \b
    A FAULT is one of
      status=CODE      answer with this status;
                       with retry_after=SECONDS, or a date
      drop             close the connection without an answer
      truncate         send less than was promised
      html             a web page, and no JSON
      loop             a next_cursor that leads back
      expire           forget every cursor
      latency=SECONDS  wait first; goes with the others

    Behind it, with a comma, stands times=N for the next N requests, or every=K for each Kth one.
    """
    from connector_build.api.serving import serve_until_interrupted
    from connector_build.api.simulated import Dataset
    from connector_build.plugins.discovery import named, sample
    from connector_build.project.making import assembled, every_assembled

    def leave_out(why: str) -> None:
        click.echo(f"Left out: {why}", err=True)

    if pages is not None:
        _serve_recorded(datasets, pages, faults, port=port, api_key=api_key)
        return
    every = every_assembled(leave_out) if not datasets else [(name, assembled(name)[0]) for name in datasets]
    found = [Dataset(named(dataset), assembly, sample(dataset)) for dataset, assembly in every]
    told = None if datasets else leave_out
    serve_until_interrupted(found, port=port, api_key=api_key, seed=seed, faults=faults, leave_out=told)


def _serve_recorded(datasets: Sequence[str], pages: Path, faults: Sequence[str], *, port: int, api_key: str) -> None:
    if len(datasets) != 1 or faults:
        raise click.UsageError("--pages answers what was recorded of one API: name its dataset, and no --fault.")
    from connector_build.api.recording import Recording
    from connector_build.api.serving import serve_recorded
    from connector_build.project.making import assembled

    [dataset] = datasets
    serve_recorded(dataset, assembled(dataset)[0], Recording.load(pages), port=port, api_key=api_key)
