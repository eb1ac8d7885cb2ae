"""The sync: configuration → requests → pages → records → operations → checkpoints."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, frozen
from requests.auth import AuthBase

from connector_core.auth.jwt_bearer import pem
from connector_core.basics.discretion import Secrets, strike
from connector_core.basics.errors import ConfigurationError, PluginError
from connector_core.basics.logs import DiscreetLog
from connector_core.basics.operations import Delivery, Log, Operations
from connector_core.engine.desk import Desk
from connector_core.engine.failures import in_words
from connector_core.engine.journal import Journal, PacedLog
from connector_core.engine.reading import Api
from connector_core.engine.side_by_side import AlertsAtDesk, SideBySide, at_most
from connector_core.engine.state import States, read_state
from connector_core.engine.table_sync import Engine, TableSync
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly
from connector_core.plugin.binding import bound
from connector_core.source.configuration import Configuration, read_configuration, unknown_names
from connector_core.source.settings import CA_CERTIFICATE, MAX_ANSWER, THREADS

__all__ = ["Engine", "api_for", "make_client", "sync"]


def make_client(assembly: Assembly, configuration: Configuration, log: Log, **parts: Any) -> Client:
    """The client of a real sync; *parts* are further ones of it. Raises PluginError when the plugin's auth cannot be made."""
    try:
        auth = assembly.auth(configuration)
    except ConfigurationError:
        raise
    except PluginError as error:
        raise PluginError(f"{assembly.auth_origin}: {error}") from None
    except Exception as error:  # noqa: BLE001  (whatever the plugin raises)
        raise PluginError(
            f"{assembly.auth_origin}: the auth failed with {type(error).__name__}. Check what it reads from the configuration."
        ) from None
    if not isinstance(auth, AuthBase):
        raise PluginError(f"{assembly.auth_origin}: the auth made {type(auth).__name__}. Return a requests.auth.AuthBase.")
    limit = configuration[MAX_ANSWER] * 1_000_000
    authority = pem(configuration, CA_CERTIFICATE) if configuration.get(CA_CERTIFICATE) else ""
    parts = {
        "secrets": configuration.hidden,
        "limit": limit,
        "authority": authority,
        "plain_floats": assembly.plain_floats,
        **parts,
    }
    return Client(configuration["base_url"], auth, log, **parts)


def api_for(client: Client, values: Configuration, log: Log, journal: Journal) -> Api:
    """What feeds are read with, by *client*, for the configuration *values*."""
    threads = values.get(THREADS, 1)
    fetch = at_most(client.fetch, threads) if threads > 1 else client.fetch
    return Api(fetch, values["base_url"], values["page_size"], values.hidden, log, journal, threads)


def sync(
    assembly: Assembly,
    configuration: Mapping[str, Any],
    state: Mapping[str, Any],
    operations: Operations,
    log: Log,
    engine: Engine | None = None,
) -> None:
    """Bring every table of *assembly* up to date, from where *state* says that the last sync stopped.

    It returns only when every page was read and every row delivered. Otherwise it raises a ConnectorError, whatever it was that
    went wrong, and the next sync goes on from the last checkpoint. What ends a process (KeyboardInterrupt) goes through.
    """
    failure = _failure(assembly, configuration, state, _To(operations, log, engine or Engine(make_client)))
    if failure is not None:
        raise failure


@frozen
class _To:
    """Where a sync delivers and logs, and what it runs on."""

    operations: Operations
    log: Log
    engine: Engine


def _failure(assembly: Assembly, raw: Mapping[str, Any], state: Mapping[str, Any], to: _To) -> BaseException | None:
    """Sync every table; what goes wrong comes back without a secret in it.

    It is not raised from here: an error carries along the one that was being handled, and a crash report shows the variables of
    the functions that it came through.
    """
    hidden = Secrets()
    where = "The configuration"
    try:
        values = read_configuration(assembly.settings, raw)
        hidden = values.hidden
        assembly = _narrowed(bound(assembly, values), to.engine)
        log = DiscreetLog(PacedLog(to.log, to.engine.clock), hidden)
        journal = Journal(log, {plan.table.name: plan.table.path for plan in assembly.tables}, to.engine.clock)
        for remark in unknown_names(assembly.settings, raw):
            log.warning(f"Configuration: {remark}.")
        where = "The state"
        states = read_state(state, assembly.tables, log, hidden)
        with to.engine.client(assembly, values, log) as client:
            api = api_for(client, values, log, journal)
            if api.threads > 1 and len(assembly.tables) > 1:
                _side_by_side(assembly, api, states, to)
            else:
                for plan in assembly.tables:
                    where = plan.table.name
                    TableSync(plan, api, states, Delivery(to.operations), to.engine).run()
    except Exception as error:  # noqa: BLE001  (whatever it is, it ends as one paragraph of ours)
        failure = in_words(error, where)
        # Without its cause: a crash report would show the variables of where that was raised, records among them.
        return type(failure)(strike(hidden, str(failure)))
    except BaseException as error:  # noqa: BLE001  (what ends a process; it goes on from where nothing is to be seen)
        error.__cause__ = error.__context__ = None
        return error.with_traceback(None)
    return None


def _narrowed(assembly: Assembly, engine: Engine) -> Assembly:
    """*assembly* with the tables that the engine is for."""
    if engine.only is None:
        return assembly
    return evolve(assembly, tables=tuple(plan for plan in assembly.tables if plan.table.name in engine.only))


def _side_by_side(assembly: Assembly, api: Api, states: States, to: _To) -> None:
    desk = Desk()
    api = evolve(api, log=AlertsAtDesk(api.log, desk))
    together = SideBySide(desk, api.threads, api.log)
    delivery = Delivery(to.operations, desk.do)
    tables = [TableSync(plan, api, states, delivery, to.engine, together.stopping) for plan in assembly.tables]
    together.run({each.name: each.run for each in tables})
