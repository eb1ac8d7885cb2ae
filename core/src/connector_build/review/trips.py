"""The proof of `connector-build new`: plugins are drafted from one address of their simulated API, and bring the same rows.

``roundtrip`` writes what comes of it into the documentation.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from connector_build.api.errors import Unmimicked
from connector_build.api.guard import Open, Signed
from connector_build.api.simulated import Dataset, Simulated
from connector_build.api.simulation import Simulation
from connector_build.drafting.draft import notes
from connector_build.drafting.probing.asking import Asker, plainly
from connector_build.drafting.probing.credentials import Credential
from connector_build.drafting.probing.drafted import drafted
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError
from connector_build.plugins.importing import imported_file
from connector_build.review import like
from connector_build.review.new_evidence import Evidence, of_url
from connector_build.review.newly import on_trial
from connector_build.testing.matrix.ready_made import FAMILIES
from connector_build.testing.reading import tables_of
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import ApiKeyHeader, ApiKeyQuery, BasicAuth, BearerToken, NoAuth, Record, Request, Table
from connector_core.basics.counting import counted, plural
from connector_core.basics.errors import ConnectorError
from connector_core.basics.names import one_line
from connector_core.engine.sync import make_client, sync
from connector_core.http.client import Client
from connector_core.http.pages import read_pages
from connector_core.plugin.assembly import Assembly, Plugin, TablePlan, assemble
from connector_core.plugin.binding import bound
from connector_core.source.columns import UnfitError
from connector_core.source.configuration import read_configuration
from connector_core.source.rows import records_of
from connector_core.source.values import as_json, in_form

SECRET: Final = "round-trip-secret-5ec2e7"  # noqa: S105  (of a simulated API)
AUTHS: Final[Mapping[str, Any]] = {
    "no auth": NoAuth(),
    "key in a header": ApiKeyHeader("X-API-Key"),
    "key with a prefix": ApiKeyHeader("Authorization", prefix="Token "),
    "key in the query": ApiKeyQuery("api_key"),
    "bearer token": BearerToken(),
    "user and password": BasicAuth(),
    "key as user": BasicAuth("api_key", password_setting=None),
}
Outcome = Literal["same", "guessed", "differs", "not"]
WORDS: Final[Mapping[Outcome, str]] = {
    "same": "the same rows", "guessed": "a guess on that line", "differs": "other rows", "not": "not by one address",
}  # fmt: skip


@frozen
class Trip:
    """What became of one plugin's table. detail: why its rows are others; guesses: lines of the draft that rest on one."""

    outcome: Outcome
    detail: str = ""
    guesses: int = 0
    requests: int = 0


@frozen(eq=False)
class Subject:
    """A plugin whose API is simulated; *table* is the one that is drafted again."""

    name: str
    group: str
    assembly: Assembly = field(repr=False)
    table: int = 0


def subjects() -> Iterator[Subject]:
    """Every table of the gallery, and each ready-made paginator and strategy with each kind of auth."""
    for name in like.known():
        assembly = gallery(name)
        for number, plan in enumerate(assembly.tables):
            yield Subject(f"{name}: {plan.table.name}", "gallery", assembly, number)
    for auth_name, auth in AUTHS.items():
        for connectors in FAMILIES.values():
            for name, assembly in connectors.items():
                yield Subject(name, auth_name, with_auth(assembly, auth), len(assembly.tables) - 1)


def gallery(name: str) -> Assembly:
    """A plugin of the gallery, assembled."""
    from connector_build import gallery as package

    path = Path(package.__path__[0], f"{name}.py")
    return assemble([Plugin(name, imported_file(name, path, name))])


def with_auth(assembly: Assembly, auth: Any) -> Assembly:
    """*assembly* with another auth, and its settings."""
    known = {setting.name for setting in assembly.settings}
    own = [setting for setting in getattr(auth, "settings", ()) if setting.name not in known]
    return evolve(assembly, auth=auth, settings=(*assembly.settings, *own))


def travel(subject: Subject) -> Trip:
    """Draft the table of *subject* anew from one address of its simulated API, and hold the rows of both against each other."""
    try:
        with Simulation([Dataset("trip", subject.assembly)], secret=SECRET) as simulation:
            simulated = simulation.of("trip")
            if isinstance(simulated.ways[0].guard, Open | Signed):
                return _compared(subject, simulated, simulation.url)
    except Unmimicked as reason:
        if isinstance(subject.assembly.auth, BearerToken):
            return Trip("not", one_line(str(reason).removeprefix("trip: ").partition(". ")[0], 160))
    # A token that has to be fetched is given as it is by whoever has one.
    return travel(evolve(subject, assembly=with_auth(subject.assembly, BearerToken())))


def _compared(subject: Subject, simulated: Simulated, url: str) -> Trip:
    values = read_configuration(subject.assembly.settings, simulated.configuration)
    assembly = bound(subject.assembly, values)
    plan = assembly.tables[subject.table]
    client = make_client(assembly, values, ListLog(), plain_floats=())
    with client:
        table = _first_table(client, plan, values["page_size"])
        request = plan.paginator.first(table, values["page_size"], {})
        if request.asks or table.format is not None:
            return Trip("not", "it is read by an export job" if request.asks else "it is no JSON")
        reads = list(read_pages(partial(client.fetch, table), plan.paginator, request, table.name, ahead=False))
        expected = [row for read in reads for row in records_of(table, read.page, read.request, table.name)]
    request = next((read.request for read in reads if read.page.records), request)  # one that records come back for
    return _drafted(url, request, _credentials(simulated), expected)


def _first_table(client: Client, plan: TablePlan, size: int) -> Table:
    def listed(parent: TablePlan, table: Table) -> list[Record]:
        reads = read_pages(partial(client.fetch, table), parent.paginator, parent.paginator.first(table, size, {}), table.name)
        return [record for read in reads for record in read.page.records]

    return tables_of(plan, listed, 1)[0]


def _credentials(simulated: Simulated) -> list[Credential]:
    """What signs a request, as somebody would copy it out of a page of documentation."""
    guard = simulated.ways[0].guard
    if not isinstance(guard, Signed):
        return []
    made = guard._made  # what the plugin's own auth signs with
    names = {"authorization": "Authorization"}
    return [Credential("header", names.get(name, name), value) for name, value in made.headers.items()] + [
        Credential("query", name, value) for name, value in made.params.items()
    ]


def _drafted(url: str, request: Request, credentials: Sequence[Credential], expected: Sequence[Record]) -> Trip:
    address = f"{url}{request.path}" + (f"?{urlencode(dict(request.params))}" if request.params else "")
    found: Evidence = of_url(address, dict(request.headers), credentials, request.json, ListLog())
    try:
        asker = Asker(found.source.fetch, 20)
        made = drafted("trip", found.given, found.access, asker)
        with on_trial("trip", plugin_text(made.draft)) as assembly:
            why = _held_against(assembly, {"base_url": url, **found.configuration}, expected)
    except (BuildError, ConnectorError) as error:
        return Trip("differs", one_line(error, 300))
    finally:
        found.source.close()
    said = len(notes(made.draft))
    if not why:
        return Trip("same", "", said, asker.asked)
    line = [note.why for note in (*notes(made.table.paginator), *notes(dict(made.table.table)))]
    return Trip("guessed" if line else "differs", "; ".join([why, *line]), said, asker.asked)


def _held_against(assembly: Assembly, configuration: Mapping[str, str], expected: Sequence[Record]) -> str:
    """How the rows that a plugin brings differ from those *expected*; empty where they are the same.

    Those of an extra table of its, of the entries of a list, may be the ones that are meant.
    """
    everything = assemble(assembly.plugins, [option.name for option in assembly.options])
    warehouse = Warehouse(everything)
    try:
        sync(everything, configuration, {}, warehouse, ListLog())
    except ConnectorError as error:
        return one_line(error, 200)
    plan = everything.tables[0]
    why = _difference(plan, expected, list(warehouse.live(plan.table.name).values()))
    entries = [list(warehouse.live(extra.name).values()) for extra in plan.extra_tables]
    return "" if why and any(_are_entries(expected, rows) for rows in entries) else why


def _are_entries(expected: Sequence[Record], rows: Sequence[Record]) -> bool:
    """Whether the entries of a list are the records that are meant, but for what both are given of the record around them."""
    common = set().union(*expected).intersection(set().union(*rows)) if rows else set()
    wanted, found = ([{name: row.get(name) for name in common} for row in each] for each in (expected, rows))
    return len(common) > 1 and Counter(map(_canonical, wanted)) == Counter(map(_canonical, found))


def _difference(plan: TablePlan, expected: Iterable[Record], live: Sequence[Record]) -> str:
    """What the rows of a new plugin lack, or have too many; empty where they are the same."""
    try:
        wanted = Counter(_canonical({**dict.fromkeys(plan.columns), **in_form(plan.declared, row)}) for row in _once(expected))
    except UnfitError as error:
        return f"a value {error}"
    found = Counter(map(_canonical, live))
    lacking, more = sum((wanted - found).values()), sum((found - wanted).values())
    if not lacking and not more:
        return ""
    lost = f"{lacking} of {counted(sum(wanted.values()), 'row')} {plural(lacking, 'does', 'do')} not come"
    return f"{lost}, {counted(more, 'other')} {plural(more, 'does', 'do')}"


def _once(rows: Iterable[Record]) -> list[Record]:
    return list({plainly(row): row for row in rows}.values())


def _canonical(row: Record) -> str:
    return plainly(
        {
            name: as_json(value) if not isinstance(value, dict | list) else value
            for name, value in row.items()
            if value is not None
        }
    )
