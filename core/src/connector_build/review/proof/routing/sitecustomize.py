"""Python reads this file at the start of a process in which a connector runs over a recording: see ``connector-build compare``.

Whatever host ``requests``, ``urllib3`` or ``http.client`` asks, by http or https, the server at CONNECTOR_BUILD_REPLAY answers,
in plain http. Any other connection beyond this machine is refused, and noted in the file CONNECTOR_BUILD_REFUSED. Nothing of the
`fivetran` command itself is changed.
"""

import http.client
import os
import socket
from ipaddress import ip_address
from pathlib import Path
from typing import Any

_connect, _create, _resolve = socket.socket.connect, socket.create_connection, socket.getaddrinfo


def _replay() -> tuple[str, int]:
    host, _, port = os.environ["CONNECTOR_BUILD_REPLAY"].rpartition(":")
    return host, int(port)


def _is_here(host: Any) -> bool:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _refuse(host: Any) -> None:
    with Path(os.environ["CONNECTOR_BUILD_REFUSED"]).open("a", encoding="utf-8") as noted:
        noted.write(f"{host!s:.200}\n")
    raise ConnectionRefusedError(
        f"connector-build compare: {host} is asked by something else than requests, urllib3 or http.client, and cannot be led to "
        "the recording"
    )


def _guarded_connect(self: socket.socket, address: Any) -> None:
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(address[0]):
        _refuse(address[0])
    _connect(self, address)


def _guarded_resolve(host: Any, *arguments: Any, **options: Any) -> Any:
    if not _is_here(host):
        _refuse(host)
    return _resolve(host, *arguments, **options)


def _plain(self: Any) -> None:
    """Connect to the recording, without TLS, whatever this connection was made for."""
    self.sock = _create(_replay())


def _of_urllib3(_: Any) -> socket.socket:
    return _create(_replay())


def _connected(self: Any) -> None:
    self.sock = _create(_replay())
    self.is_verified = True


def _route() -> None:
    socket.socket.connect = _guarded_connect  # type: ignore[method-assign, assignment]  # routed
    socket.getaddrinfo = _guarded_resolve
    http.client.HTTPConnection.connect = _plain  # type: ignore[method-assign]  # routed
    http.client.HTTPSConnection.connect = _plain  # type: ignore[method-assign]  # routed
    try:
        from urllib3 import connection
    except ImportError:  # then requests is not there either
        return
    connection.HTTPConnection._new_conn = _of_urllib3  # type: ignore[method-assign, assignment]  # routed
    connection.HTTPSConnection.connect = _connected  # type: ignore[method-assign]  # routed


if "CONNECTOR_BUILD_REPLAY" in os.environ:
    _route()
