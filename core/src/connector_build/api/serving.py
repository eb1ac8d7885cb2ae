"""``connector-build serve``: simulated or recorded APIs in the foreground, for people and scripts in other terminals."""

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from urllib.parse import urlencode

import click

from connector_build.api.errors import Unmimicked
from connector_build.api.guard import Curl
from connector_build.api.messages import Asked
from connector_build.api.recording import Recording
from connector_build.api.replaying import Replayed
from connector_build.api.simulated import Dataset, Simulated
from connector_build.api.simulation import CONTROL, Simulation
from connector_build.errors import BuildError, UsageProblem
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.source.children import for_parent
from connector_core.source.form import form_fields

SHOWN = 2
"""Records in the page that a hint asks for."""


def serve_until_interrupted(
    datasets: Sequence[Dataset],
    *,
    port: int,
    api_key: str,
    seed: int,
    faults: Sequence[str],
    leave_out: Callable[[str], None] | None = None,
) -> None:
    """Serve *datasets* and say how to ask for them, until Ctrl-C.

    leave_out: told why a dataset cannot be simulated, which is then left out; None: that is a BuildError.

    Raises UsageProblem for a fault that cannot be read or a port that is taken.
    """
    try:
        simulation = Simulation(datasets, secret=api_key, seed=seed, port=port, leave_out=leave_out)
    except OSError as error:
        raise _taken(port, error) from None
    except Unmimicked as error:
        raise BuildError(f"{error}.") from None
    with simulation:
        try:
            for fault in faults:
                simulation.faults.add(fault)
        except ValueError as error:
            raise UsageProblem(f"--fault: {error}") from None
        _stay(hints(simulation))


def serve_recorded(name: str, assembly: Assembly, recording: Recording, *, port: int, api_key: str) -> None:
    """Serve what was recorded of the API of the dataset *name*, and say how to ask for it, until Ctrl-C.

    Raises UsageProblem for a port that is taken.
    """
    try:
        replayed = Replayed(recording, assembly, api_key, port=port, missed=lambda said: click.echo(said, err=True))
    except OSError as error:
        raise _taken(port, error) from None
    with replayed:
        _stay(recorded_hints(name, replayed))


def recorded_hints(name: str, replayed: Replayed) -> Iterator[str]:
    """What to type in another terminal: the first request of each table."""
    answers, made = replayed.recording.answers, replayed.recording.made[:10]
    yield f"{name}: {len(answers)} recorded answers{f' of {made}' if made else ''}, for any credential"
    firsts = {each.table: each.request for each in reversed(answers)}
    yield from (f"  curl{_sent(each)} '{replayed.url}{each.path}{_query(each)}'" for each in reversed(firsts.values()))
    yield f"  configuration.json: {json.dumps(_beyond_defaults(replayed.assembly, replayed.configuration))}"


def _sent(request: Asked) -> str:
    headers = "".join(f" -H '{name}: {value}'" for name, value in request.headers.items())
    method = "" if request.method == "GET" else f" -X {request.method}"
    return method + headers + ("" if request.json is None else f"{_JSON} -d '{json.dumps(request.json)}'")


def _query(request: Asked) -> str:
    return f"?{urlencode(request.params)}" if request.params else ""


def _stay(lines: Iterable[str]) -> None:
    click.echo("\n".join([*lines, "Ctrl-C stops."]))
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        click.echo("\nStopped.")


def _taken(port: int, error: OSError) -> UsageProblem:
    return UsageProblem(f"Port {port} cannot be used: {error.strerror}. Choose another with --port, or 0 for any free one.")


def hints(simulation: Simulation) -> Iterator[str]:
    """What to type in another terminal."""
    for api in simulation.apis:
        counts = [f"{len(api.feed(plan.table.name))} {plan.table.name}" for plan in api.tables]
        yield f"{api.name}: {', '.join(counts) if len(counts) > 1 else counts[0].partition(' ')[0] + ' records'}"
        yield from (f"  {command.replace('URL', simulation.url)}" for command in api.ways[0].guard.curl().first)
        yield from (f"  {_curl(api, plan, simulation.url)}" for plan in api.tables)
        yield f"  curl {simulation.url}/{api.name}_api_spec"
        yield f"  curl -X POST '{simulation.url}{CONTROL}{api.name}/append?count=25'"
        yield f"  curl -X POST '{simulation.url}{CONTROL}{api.name}/change?count=5'"
        yield f"  configuration.json: {json.dumps(_beyond_defaults(api.mimic.assembly, api.configuration))}"


def _beyond_defaults(assembly: Assembly, configuration: Mapping[str, str]) -> dict[str, str]:
    """Of a configuration what is no default."""
    defaults = {setting.name: setting.default for setting in assembly.settings}
    return {name: value for name, value in configuration.items() if value != defaults[name]}


_JSON = " -H 'content-type: application/json'"


def _curl(api: Simulated, plan: TablePlan, url: str) -> str:
    """The command that asks for a first page of a table."""
    table = plan.table
    if plan.parent:
        table = for_parent(table, api.world.records(plan.parent.table.name)[0], table.name)
    request = plan.paginator.first(table, max(SHOWN, api.mimic.sizes.least), {})
    curl: Curl = api.ways[0].guard.curl()
    headers = "".join(f" -H '{name}: {value}'" for name, value in request.headers.items())
    sent = f" -d '{urlencode(form_fields(request.json))}'" if request.form else f"{_JSON} -d '{json.dumps(request.json)}'"
    body = "" if request.json is None else sent
    query = "&".join(filter(None, [urlencode(request.params), curl.query]))
    return f"curl{curl.options}{headers}{body} '{url}{curl.prefix}{request.path}{'?' if query else ''}{query}'"
