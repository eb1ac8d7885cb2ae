"""A stand-in for Fivetran's REST API: it keeps what `fivetran deploy` sends it, and refuses as a test tells it.

It answers the calls that the command was seen to make, in the shapes that the command was seen to read.
"""

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from attrs import define, field
from flask import Flask, Response, abort, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

Fault = Literal["error", "page", "hang", "drop"]
"""error: 500, for ever. page: 502, as HTML. hang: the call is done and never answered. drop: the line is cut in the call."""

PATIENCE = 60.0
"""Seconds that a test waits for a call to arrive, on a machine however busy."""


@define
class Connection:
    """A connection: what it syncs with. configuration and package are what the last deploy sent."""

    id: str
    name: str
    group: str
    service: str
    configuration: dict[str, str] = field(factory=dict)
    package: str | None = None
    python_version: str = ""
    naming: str = "FIVETRAN_NAMING"
    paused: bool = True
    resyncs: int = 0


@define
class Fivetran:
    """One account: its key (base64 of key:secret), its destinations by name, and what was sent to it.

    packages: id → zip. connections: id → connection. calls: each call, such as ``GET /v1/groups``, in the order they came.
    failing_test: what the setup test of each connection says went wrong; empty where it passes.
    """

    key: str
    groups: dict[str, str] = field(factory=lambda: {"Elsewhere": "group_one", "Warehouse": "group_two"})
    packages: dict[str, bytes] = field(factory=dict)
    connections: dict[str, Connection] = field(factory=dict)
    calls: list[str] = field(factory=list)
    failing_test: str = ""
    url: str = ""
    _faults: dict[str, Fault] = field(factory=dict)
    _arrived: threading.Event = field(factory=threading.Event)
    _over: threading.Event = field(factory=threading.Event)
    _numbers: Iterator[int] = field(factory=itertools.count)

    def fail(self, call: str, fault: Fault) -> None:
        """Let *fault* happen at each call that starts with *call*."""
        self._faults[call] = fault

    def wait_for_fault(self) -> None:
        """Wait until a call has met a fault."""
        assert self._arrived.wait(PATIENCE), self.calls

    def add(self, name: str, service: str, group: str = "Warehouse") -> Connection:
        """Add a connection that no deploy made."""
        made = Connection(f"connection_{next(self._numbers)}", name, self.groups[group], service)
        self.connections[made.id] = made
        return made

    def named(self, name: str) -> Connection:
        """The one connection called *name*."""
        [found] = [connection for connection in self.connections.values() if connection.name == name]
        return found

    # Around every call

    def before(self) -> Response | None:
        """Write the call down; what refuses it, if anything does."""
        self.calls.append(f"{request.method} {request.path}")
        if request.headers.get("Authorization") != f"Basic {self.key}":
            return _answer(401, message="The API key is not valid.")
        fault = self._fault()
        if fault is None or fault == "hang":
            return None
        self._arrived.set()
        if fault == "drop":
            request.stream.read(1000)
            request.environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        if fault == "page":
            return Response("<html><h1>502 Bad Gateway</h1></html>", 502, content_type="text/html")
        return _answer(500, message="Something went wrong on our side.")

    def after(self, response: Response) -> Response:
        """The answer, unless it is never to come."""
        if self._fault() == "hang":
            self._arrived.set()
            self._over.wait()
        return response

    def stop_hanging(self) -> None:
        """Let the calls that hang end."""
        self._over.set()

    def _fault(self) -> Fault | None:
        this = f"{request.method} {request.path}"
        return next((fault for call, fault in self._faults.items() if this.startswith(call)), None)

    # The calls

    def list_groups(self) -> Response:
        return _answer(items=[{"id": id_, "name": name} for name, id_ in self.groups.items()], next_cursor=None)

    def list_for_migration(self) -> Response:
        names = {id_: name for name, id_ in self.groups.items()}
        found = [
            {**_shown(each), "group_name": names[each.group], "python_version": each.python_version, "package_shared": False}
            for each in self.connections.values()
            if each.service == "connector_sdk"
        ]
        return _answer(items=found, next_cursor=None)

    def list_connections(self, group: str) -> Response:
        found = [each for each in self.connections.values() if (each.group, each.name) == (group, request.args["schema"])]
        return _answer(items=[_shown(each) for each in found], next_cursor=None)

    def get_destination(self, group: str) -> Response:
        return _answer(id=group, hybrid_deployment_agent_id=None) if group in self.groups.values() else abort(404)

    def get_connection(self, id_: str) -> Response:
        return _answer(**_shown(self._connection(id_)))

    def get_package(self, id_: str) -> Response:
        return _answer(**self._package(id_))

    def list_packages(self) -> Response:
        """Two to a page, whatever the limit: a cursor is a position."""
        start = int(request.args.get("cursor", 0))
        end = start + min(2, int(request.args["limit"]))
        more = end < len(self.packages)
        return _answer(items=[self._package(id_) for id_ in [*self.packages][start:end]], next_cursor=str(end) if more else None)

    def update_package(self, id_: str) -> Response:
        self._package(id_)
        self.packages[id_] = request.files["file"].read()
        return _answer(**self._package(id_))

    def delete_package(self, id_: str) -> Response:
        if self.packages.pop(id_, None) is None:
            abort(404)
        return _answer()

    def create_package(self) -> Response:
        id_ = f"package_{next(self._numbers)}"
        self.packages[id_] = request.files["file"].read()
        return _answer(201, id=id_, connection_ids=[])

    def create_connection(self) -> Response:
        sent: dict[str, Any] = request.get_json()
        config = sent["config"]
        if any((each.group, each.name) == (sent["group_id"], config["schema"]) for each in self.connections.values()):
            return _answer(400, message=f"The name {config['schema']} is taken.")
        made = Connection(f"connection_{next(self._numbers)}", config["schema"], sent["group_id"], sent["service"])
        made.naming, made.paused = sent["destination_schema_names"], sent["paused"]
        self.connections[made.id] = made
        return self._deployed(made, config, 201)

    def update_connection(self, id_: str) -> Response:
        return self._deployed(self._connection(id_), request.get_json()["config"], 200)

    def change_connection(self, id_: str) -> Response:
        """What a user asks for, by hand; no deploy does."""
        connection = self._connection(id_)
        connection.paused = request.get_json()["paused"]
        return _answer(**_shown(connection))

    def resync(self, id_: str) -> Response:
        self._connection(id_).resyncs += 1
        return _answer(message="Re-sync has been triggered successfully")

    def _package(self, id_: str) -> dict[str, Any]:
        if id_ not in self.packages:
            abort(404)
        return {"id": id_, "connection_ids": [each.id for each in self.connections.values() if each.package == id_]}

    def _connection(self, id_: str) -> Connection:
        return self.connections.get(id_) or abort(404)

    def _deployed(self, connection: Connection, config: dict[str, Any], status: int) -> Response:
        if config["package_id"] not in self.packages:
            return _answer(400, message="There is no such package.")
        connection.package, connection.python_version = config["package_id"], config["python_version"]
        connection.configuration = {secret["key"]: secret["value"] for secret in config.get("secrets_list", [])}
        passed = {"title": "Read one record", "status": "PASSED", "message": ""}
        failed = {"title": "Read one record", "status": "FAILED", "message": self.failing_test}
        return _answer(status, **_shown(connection), setup_tests=[failed if self.failing_test else passed])


def _shown(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "group_id": connection.group,
        "service": connection.service,
        "schema": connection.name,
        "paused": connection.paused,
        "destination_schema_names": connection.naming,
        "config": {
            "package_id": connection.package,
            "python_version": connection.python_version,
            "secrets_list": [{"key": key, "value": "******"} for key in connection.configuration],
        },
    }


def _answer(status: int = 200, /, message: str = "", **data: Any) -> Response:
    answer = jsonify(code="Success" if status < 400 else "Failed", message=message, data=data)
    answer.status_code = status
    return answer


def _refused(error: HTTPException) -> Response:
    return _answer(error.code or 500, message=error.name)


class _Quiet(WSGIRequestHandler):
    """A handler that logs nothing."""

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002  (Werkzeug's name)
        """Nothing."""


def _app(account: Fivetran) -> Flask:
    app = Flask("fivetran")
    app.before_request(account.before)
    app.after_request(account.after)
    app.register_error_handler(HTTPException, _refused)
    routes: dict[str, Callable[..., Response]] = {
        "GET /v1/connector-sdk/migration/connections": account.list_for_migration,
        "GET /v1/groups": account.list_groups,
        "GET /v1/groups/<group>/connectors": account.list_connections,
        "GET /v1/destinations/<group>": account.get_destination,
        "GET /v1/connections/<id_>": account.get_connection,
        "PATCH /v1/connections/<id_>": account.change_connection,
        "POST /v1/connections/<id_>/resync": account.resync,
        "POST /v1/connector-sdk/packages": account.create_package,
        "GET /v1/connector-sdk/packages": account.list_packages,
        "GET /v1/connector-sdk/packages/<id_>": account.get_package,
        "PATCH /v1/connector-sdk/packages/<id_>": account.update_package,
        "DELETE /v1/connector-sdk/packages/<id_>": account.delete_package,
        "POST /v1/connectors": account.create_connection,
        "GET /v1/connectors/<id_>": account.get_connection,
        "PATCH /v1/connectors/<id_>": account.update_connection,
    }
    for route, view in routes.items():
        method, path = route.split()
        app.add_url_rule(path, route, view, methods=[method])
    return app


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of *app*, which is served on this machine, without a line of log."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def standin(key: str) -> Iterator[Fivetran]:
    """An account whose key is *key*, served on this machine."""
    account = Fivetran(key)
    with served(_app(account)) as account.url:
        try:
            yield account
        finally:
            account.stop_hanging()
