"""Bare requests: to another host than the API's, with nothing of ours in them, and to public addresses only."""

import socket
from collections.abc import Callable, Mapping
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from ipaddress import ip_address
from typing import Any

import requests
from requests.adapters import BaseAdapter

from connector_core.auth.kinds import Anonymous
from connector_core.basics.errors import UnexpectedAnswer
from connector_core.http.connections import Adapter, Secure, SecurePool
from connector_core.http.origin import host_of
from connector_core.http.prepared import Prepared
from connector_core.source.elsewhere import is_public


class _Public(Secure):
    """https to a public address. It is looked at where the connection was made: what a name stands for may change at any time."""

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()
        # Through a proxy, it is the proxy that knows the address; the environment's own may well be a private one.
        if getattr(self, "proxy", None) is None and not is_public(ip_address(made.getpeername()[0])):
            made.close()
            raise UnexpectedAnswer(
                f"{self.host} is at an address of a private network or of this machine, where no link of an API may lead. "
                "Nothing was sent. Ask the API's owner; if the name is wrong, correct elsewhere in the plugin's Table."
            )
        return made


class _PublicPool(SecurePool):
    ConnectionCls = _Public


class PublicAdapter(Adapter):
    """What sends bare requests."""

    pools: Mapping[str, Any] = {"https": _PublicPool}


class Bare:
    """Sends bare requests, by a session of its own that keeps no cookie.

    make: makes a session with an adapter for https.
    """

    def __init__(self, make: Callable[[], requests.Session]) -> None:
        self._session = make()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._route = lru_cache(maxsize=64)(self._route_to)

    def close(self) -> None:
        """Let go of the connections."""
        self._session.close()

    def mount(self, host: str, adapter: BaseAdapter) -> None:
        """Send what goes to *host*, ``*`` for any, through *adapter*, which answers for where that is."""
        self._session.mount("https://" if host == "*" else f"https://{host}/", adapter)

    @property
    def adapters(self) -> Mapping[str, BaseAdapter]:
        """The adapters, by host."""
        return {prefix.removeprefix("https://").rstrip("/") or "*": each for prefix, each in self._session.adapters.items()}

    def send(self, url: str, accept: Mapping[str, str], timeout: tuple[float, float]) -> requests.Response:
        """The answer to a GET of *url*. Raises UnexpectedAnswer for an address that is not public."""
        prepared = Prepared()
        prepared.prepare("GET", url, headers={**self._session.headers, **accept}, auth=Anonymous())
        route = self._route(host_of(url) or "")
        return self._session.send(prepared, timeout=timeout, allow_redirects=False, stream=True, **route)

    def _route_to(self, host: str) -> Mapping[str, Any]:
        """Proxies and certificates as the environment has them for *host*."""
        route = dict(self._session.merge_environment_settings(f"https://{host}/", {}, True, None, None))
        return {name: value for name, value in route.items() if name != "stream"}
