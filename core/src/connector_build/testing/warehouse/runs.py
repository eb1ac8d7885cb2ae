"""One sync of an assembled connector, with the real client, from an API in this process into a warehouse in memory."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

import requests
from attrs import evolve, field, frozen
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from connector_build.api.configured import made_up_configuration
from connector_build.api.messages import Answering, asked
from connector_build.api.wire import headers_of
from connector_build.testing.warehouse.memory import ListLog, Warehouse
from connector_core import ApiKeyHeader, Configuration
from connector_core.basics.operations import Log
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, sync
from connector_core.http.client import Client
from connector_core.http.retries import Retry
from connector_core.plugin.assembly import Assembly
from connector_core.plugin.binding import bound
from connector_core.source.configuration import read_configuration
from connector_core.source.settings import Setting

URL = "https://api.example.com"
CANARY = "canary-5ec2e7-"
"""What every secret of a made-up configuration begins with: nothing may show it."""

KEY = Setting("contract_key", description="The key of the made-up API.", secret=True)


def signed(assembly: Assembly, settings: Mapping[str, str] | None = None) -> Assembly:
    """*assembly* with a key in a header for its auth, so that no token has to be asked for; its own settings stay.

    Where its requests name settings, they have the values of *settings*, or made-up ones.
    """
    return filled(evolve(assembly, auth=ApiKeyHeader("X-Contract-Key", KEY.name), settings=(*assembly.settings, KEY)), settings)


def filled(assembly: Assembly, settings: Mapping[str, str] | None = None) -> Assembly:
    """*assembly* with the values of *settings*, or made-up ones, where its requests name settings."""
    known = {setting.name for setting in assembly.settings}
    given = {name: value for name, value in (settings or {}).items() if name in known}
    return bound(assembly, read_configuration(assembly.settings, configuration_for(assembly) | given))


def configuration_for(assembly: Assembly, *, url: str = URL, page_size: int | None = None, **more: str) -> dict[str, str]:
    """A configuration that *assembly* takes: defaults, made-up texts, and canaries for secrets."""
    values = made_up_configuration(assembly, "https://other.example.com", _canary) | {"base_url": url}
    if page_size is not None:
        size = next(setting for setting in assembly.settings if setting.name == "page_size")
        low, high = size.minimum or 1, size.maximum or page_size
        values["page_size"] = str(min(max(page_size, low), high))
    return values | more


def _canary(setting: Setting) -> str:
    host = f"https://{CANARY}{setting.name.replace('_', '-')}.example.com"
    return host if setting.kind == "url" else f"{CANARY}{setting.name}{'-long' * 10}"  # long enough to sign with


class InProcess(BaseAdapter):
    """A transport for ``requests`` that hands each request to a function instead of a socket."""

    def __init__(self, answering: Answering) -> None:
        super().__init__()
        self._answering = answering

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        body = request.body if isinstance(request.body, bytes) else (request.body or "").encode()
        reply = self._answering(asked(str(request.method), str(request.path_url), dict(request.headers), body))
        response = requests.Response()
        response.status_code = reply.status
        response.reason = "Said"
        headers = headers_of(reply)
        response.headers.update(headers)
        response.raw = HTTPResponse(BytesIO(reply.body), headers, reply.status, preload_content=False)
        response.url = str(request.url)
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is open."""


@frozen
class Run:
    """How a connector is tried: page size, threads, records between two checkpoints, and tries of a request that fails.

    settings: what the configuration says beyond that, in place of made-up values.
    remembered: as of `Engine`.
    """

    page_size: int = 5
    threads: int = 2
    checkpoint_records: int = 1
    attempts: int = 3
    settings: Mapping[str, str] = field(factory=dict)
    remembered: Mapping[str, int] = field(factory=dict)

    def sync(
        self,
        assembly: Assembly,
        warehouse: Warehouse,
        answering: Answering,
        *,
        log: ListLog | None = None,
        wrap: Callable[[Client], Client] | None = None,
    ) -> ListLog:
        """One sync from the state of the warehouse's last checkpoint; it raises what the sync raises."""

        def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
            patient = Client(
                URL,
                assembly.auth(configuration),
                log,
                secrets=configuration.hidden,
                retry=Retry(attempts=self.attempts, first_wait=0.001, longest_wait=0.001),
                sleep=lambda _: None,
                plain_floats=assembly.plain_floats,
            )
            patient.mount(InProcess(answering))
            patient.mount(InProcess(answering), elsewhere="*")
            return wrap(patient) if wrap else patient

        log = log or ListLog()
        warehouse.connect(assembly)
        threads = {"threads": str(self.threads)} if any(setting.name == "threads" for setting in assembly.settings) else {}
        more = {**threads, **self.settings}
        configuration: Mapping[str, str] = configuration_for(assembly, page_size=self.page_size, **more)
        policy = CheckpointPolicy(records=self.checkpoint_records, share=0.0)
        engine = Engine(client, checkpoints=policy, remembered=self.remembered)
        sync(assembly, configuration, warehouse.state, warehouse, log, engine)
        return log
