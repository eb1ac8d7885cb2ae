"""``connector-build serve``: the sample APIs in the foreground, for people and scripts in other terminals."""

import threading
from collections.abc import Sequence

import click

from connector_build.api.sample import SampleTable
from connector_build.errors import UsageProblem


def serve_until_interrupted(tables: Sequence[SampleTable], *, port: int, api_key: str, seed: int, faults: Sequence[str]) -> None:
    """Serve *tables* and say how to ask for them, until Ctrl-C.

    Raises UsageProblem for a fault that cannot be read or a port that is taken.
    """
    try:
        from connector_build.api.serve import SampleServer
    except ImportError as error:
        raise UsageProblem(str(error)) from None
    try:
        server = SampleServer(tables, api_key=api_key, seed=seed, port=port)
    except OSError as error:
        raise UsageProblem(
            f"Port {port} cannot be used: {error.strerror}. Choose another with --port, or 0 for any free one."
        ) from None
    with server:
        try:
            for fault in faults:
                server.faults.add(fault)
        except ValueError as error:
            raise UsageProblem(f"--fault: {error}") from None
        click.echo(_hints(tables, server.url, api_key))
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            click.echo("\nStopped.")


def _hints(tables: Sequence[SampleTable], url: str, api_key: str) -> str:
    lines = []
    for table in tables:
        lines += [
            f"{table.dataset}: {table.sample.count} records",
            f"  curl -H 'api_key: {api_key}' '{url}{table.path}?page_size=2'",
            f"  curl {url}/{table.dataset}_api_spec",
            f"  curl -X POST '{url}/_sample/{table.dataset}/append?count=25'",
            f"  curl -X POST '{url}/_sample/{table.dataset}/change?count=5'",
        ]
    return "\n".join([*lines, "Ctrl-C stops."])
