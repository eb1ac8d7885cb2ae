"""Kinds crossed: auth x pagination x incremental strategy over real HTTP, each with a crash at a random request."""

import threading
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from itertools import product
from random import Random
from typing import Any

import pytest
from attrs import define, field
from flask import Flask, Response, jsonify, request
from werkzeug.serving import WSGIRequestHandler, make_server

from connector_core import (
    ApiKeyHeader,
    ApiKeyQuery,
    AuthFactory,
    BasicAuth,
    BearerToken,
    Configuration,
    CursorPaginator,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    Page,
    PageNumberPaginator,
    Paginator,
    Request,
    SessionLogin,
    Table,
    UpdatedSince,
    hookimpl,
    last_page,
    total_reached,
)
from connector_core.basics.operations import Log
from connector_core.engine.checkpoints import CheckpointPolicy
from connector_core.engine.sync import Engine, make_client, sync
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from support import Crash, ListLog, Warehouse, plugin

KEY = "canary-51c0de"
TABLE = Table("jobs", "/jobs", "items", ["id"], {"id": "LONG", "at": "LONG", "worker": "STRING"})

AUTHS: Mapping[str, AuthFactory] = {
    "key in a header": ApiKeyHeader("X-API-Key"),
    "key in the query": ApiKeyQuery("api_key"),
    "bearer": BearerToken("api_key"),
    "basic": BasicAuth("username", "api_key"),
    "session": SessionLogin("/login", {"user": "username", "password": "api_key"}, token="session.token", public=("username",)),
}
PAGINATORS: Mapping[str, Paginator] = {
    "cursor": CursorPaginator(size_param="limit"),
    "page number": PageNumberPaginator(size_param="limit", stop=[last_page("pages")]),
    "offset": OffsetPaginator(stop=[total_reached("total")]),
    "keyset": KeysetPaginator("after", "id", "limit"),
    "next link": NextLinkPaginator("links.next", size_param="limit"),
    "link header": LinkHeaderPaginator(size_param="limit"),
}


@define
class Jobs:
    """An API of jobs that takes any of the credentials, pages in any of the ways, and filters by ``since``."""

    jobs: dict[int, tuple[int, str]] = field(factory=dict)
    auth: str = ""
    url: str = ""

    def fill(self, numbers: range, worker: str) -> None:
        for number in numbers:
            self.jobs[number] = (max((at for at, _ in self.jobs.values()), default=0) + 1, worker)

    def records(self, since: int) -> list[dict[str, Any]]:
        return [{"id": n, "at": at, "worker": worker} for n, (at, worker) in sorted(self.jobs.items()) if at >= since]

    def allows(self) -> bool:
        headers = request.headers
        return {
            "key in a header": headers.get("X-API-Key") == KEY,
            "key in the query": request.args.get("api_key") == KEY,
            "bearer": headers.get("Authorization") == f"Bearer {KEY}",
            "basic": headers.get("Authorization") == "Basic " + b64encode(f"me:{KEY}".encode()).decode(),
            "session": headers.get("Authorization") == "Bearer of-this-session",
        }[self.auth]

    def answer(self) -> Response:
        if not self.allows():
            return Response("no", 401)
        asked = request.args
        found, limit = self.records(int(asked.get("since", 0))), int(asked["limit"])
        found = [record for record in found if record["id"] > int(asked.get("after", 0))]
        start = int(asked.get("offset") or asked.get("cursor") or (int(asked.get("page", 1)) - 1) * limit)
        end = start + limit
        # Like many an API, it repeats every parameter in its links, the key in the query among them.
        kept = "".join(f"&{name}={asked[name]}" for name in ("since", "api_key") if name in asked)
        link = f"{self.url}/jobs?limit={limit}&offset={end}{kept}" if end < len(found) else None
        body = {
            "items": found[start:end],
            "total": len(found),
            "pages": -(-len(found) // limit),
            "next_cursor": str(end) if end < len(found) else None,
            "links": {"next": link},
        }
        answer = jsonify(body)
        if link:
            answer.headers["Link"] = f'<{link}>; rel="next"'
        return answer


class Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (Werkzeug's name)
        """Nothing."""


@pytest.fixture(scope="module")
def api() -> Iterator[Jobs]:
    jobs, app = Jobs(), Flask("jobs")
    app.add_url_rule("/jobs", view_func=jobs.answer)
    app.add_url_rule("/login", view_func=_login, methods=["POST"])
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Quiet)
    jobs.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield jobs
    server.shutdown()
    server.server_close()
    thread.join()


def _login() -> Response:
    if request.get_json() != {"user": "me", "password": KEY}:
        return Response("no", 401)
    return jsonify({"session": {"token": "of-this-session"}})


class Crashing(Client):
    """A client that crashes instead of making request number *crash_at*."""

    crash_at: int | None = None
    made = 0

    def fetch(self, table: Table, request: Request) -> Page:
        if self.made == self.crash_at:
            raise Crash
        self.made += 1
        return super().fetch(table, request)


def synced(assembly: Assembly, warehouse: Warehouse, api: Jobs, page_size: int, crash_at: int | None = None) -> None:
    def client(assembly: Assembly, configuration: Configuration, log: Log) -> Client:
        made = make_client(assembly, configuration, log)
        made.__class__ = Crashing
        made.crash_at = crash_at  # type: ignore[attr-defined]  # it is a Crashing now
        return made

    log = ListLog()
    warehouse.connect(assembly)
    configuration = {"api_key": KEY, "username": "me", "base_url": api.url, "page_size": str(page_size)}
    configuration = {
        name: value for name, value in configuration.items() if name in {setting.name for setting in assembly.settings}
    }
    try:
        sync(assembly, configuration, warehouse.state, warehouse, log, Engine(client, checkpoints=CheckpointPolicy(records=1)))
    finally:
        assert KEY not in "".join([*log.infos, *log.warnings, str(warehouse.state)])


@pytest.mark.parametrize(("auth", "paging", "since"), list(product(AUTHS, PAGINATORS, (False, True))))
def test_any_auth_with_any_paging_and_strategy_ends_in_the_right_rows(api: Jobs, auth: str, paging: str, since: bool) -> None:
    random = Random(f"{auth} {paging} {since}")  # noqa: S311  (the same places in every run)
    paginator = UpdatedSince("since", "at", PAGINATORS[paging]) if since else PAGINATORS[paging]
    signed = Plugin("signed", type("Signed", (), {"connector_auth": staticmethod(hookimpl(lambda: AUTHS[auth]))}))
    assembly = assemble([plugin(TABLE, paginator=paginator), signed])
    warehouse = Warehouse(assembly)
    api.auth, api.jobs = auth, {}
    for numbers, worker in ((range(1, 18), "A"), (range(18, 31), "B")):
        api.fill(numbers, worker)
        with suppress(Crash):
            synced(assembly, warehouse, api, random.randint(1, 6), crash_at=random.randint(0, 5))
        synced(assembly, warehouse, api, random.randint(1, 6))
        expected = {(number,): {"id": number, "at": at, "worker": worker} for number, (at, worker) in api.jobs.items()}
        assert warehouse.live("jobs") == expected
