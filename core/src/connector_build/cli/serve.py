"""`connector-build serve`."""

from collections.abc import Sequence

import click


@click.command("serve")
@click.argument("datasets", nargs=-1)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 for any free one.")
@click.option("--api-key", default="sample-key", show_default=True, help="The key that the API asks for.")
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed gives the same records and cursors.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="FAULT",
    help="Misbehave, such as status=429,retry_after=2,times=3; see above, and repeat for several.",
)
def serve_command(datasets: Sequence[str], port: int, api_key: str, seed: int, faults: Sequence[str]) -> None:
    """Serve the sample APIs of the installed datasets, until Ctrl-C.

    \b
    A FAULT is one of
      status=CODE      answer with this status; with retry_after=SECONDS, or a date
      drop             close the connection without an answer
      truncate         send less than was promised
      html             a web page, and no JSON
      loop             a next_cursor that leads back to the same page
      expire           forget every cursor
      latency=SECONDS  wait first; goes with each of the others
    and behind it, with a comma, times=N for the next N requests, or every=K for each Kth one.
    """
    from connector_build.api.serving import serve_until_interrupted
    from connector_build.cli.samples import every_sample_table, sample_tables
    from connector_build.project.making import assembled

    if datasets:
        tables = [table for name in datasets for table in sample_tables(name, assembled(name)[0])]
    else:
        tables = every_sample_table()
    serve_until_interrupted(tables, port=port, api_key=api_key, seed=seed, faults=faults)
