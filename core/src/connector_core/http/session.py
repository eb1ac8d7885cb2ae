"""The session that requests go through, and their route: proxies and certificates as the environment has them."""

import os
import ssl
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.utils import select_proxy

from connector_core.basics.errors import ConfigurationError
from connector_core.basics.wire import create_urllib3_context
from connector_core.http.bare import Bare, PublicAdapter
from connector_core.http.connections import Adapter
from connector_core.http.encodings import ACCEPTED
from connector_core.http.origin import host_of, origin
from connector_core.source.setting_kinds import is_loopback
from connector_core.source.settings import CA_CERTIFICATE

CHECK_PROXY = (
    "check HTTPS_PROXY. It has to be http://host:port, with name:password@ in front of the host if the proxy wants that."
)


class Sessions:
    """The session for an API at *base_url*, and others for what an auth object sends elsewhere.

    authority: a certificate to trust, in PEM, besides the usual ones.
    """

    def __init__(self, base_url: str, agent: str, authority: str = "") -> None:
        self._base_url = base_url
        self._agent = agent
        self._authority = authority
        self.main = self._session_for(base_url)

    @cached_property
    def route(self) -> Mapping[str, Any]:
        """Proxies and certificates as the environment has them, for every request: they all go to one origin.

        To look them up costs a third of what a request does, and requests would do it each time.
        """
        route = self.main.merge_environment_settings(self._base_url, {}, True, None, None)
        proxy = select_proxy(self._base_url, route["proxies"])
        if proxy and not host_of(proxy):
            raise ConfigurationError(f"The environment names a proxy without a host: {CHECK_PROXY}")
        return route

    def proxy_of(self, url: str) -> str | None:
        """The proxy that a request to *url* goes through, if any."""
        return select_proxy(url, self.route["proxies"])

    def of(self, url: str) -> requests.Session:
        """The session for an auth object's own request: one without proxies for an address of this machine."""
        local = is_loopback(origin(url)[1] or "")
        return self._session_for(url) if local and self.main.trust_env else self.main

    @cached_property
    def bare(self) -> Bare:
        """What sends requests to other hosts than the API's."""
        return Bare(self._bare_session)

    def _bare_session(self) -> requests.Session:
        session = _Session()
        session.adapters.pop("http://")
        session.mount("https://", PublicAdapter(self._trusted()))
        session.headers.update(self._headers)
        return session

    def close(self) -> None:
        """Let go of the connections."""
        self.main.close()
        if "bare" in vars(self):
            self.bare.close()

    def present(self, context: ssl.SSLContext) -> None:
        """Speak TLS with the API by *context* (see connector_core.auth.tokens.Line)."""
        if urlsplit(self._base_url).scheme != "https":
            raise ConfigurationError("base_url is plain http, over which no client certificate is sent. Write https://.")
        self.mount(Adapter(self._trusting(context)))

    def mount(self, adapter: BaseAdapter) -> None:
        """Send what goes to ``base_url`` through *adapter*."""
        parts = urlsplit(self._base_url)
        self.main.mount(f"{parts.scheme}://{parts.netloc}/", adapter)

    def _session_for(self, url: str) -> requests.Session:
        session = _Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, Adapter(self._trusted()))
        session.headers.update(self._headers)
        if is_loopback(origin(url)[1] or ""):
            # Plain http is allowed to this machine only, so no proxy of the environment may carry it elsewhere.
            session.trust_env = False
            session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        return session

    @property
    def _headers(self) -> dict[str, str]:
        return {"Accept": "application/json", "Accept-Encoding": ACCEPTED, "User-Agent": self._agent}

    def _trusted(self) -> ssl.SSLContext | None:
        """What TLS is spoken with; None for the usual."""
        return self._trusting(create_urllib3_context()) if self._authority else None

    def _trusting(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """*context*, which trusts the authority that the configuration names as well."""
        if self._authority:
            try:
                context.load_verify_locations(cadata=self._authority)
            except ssl.SSLError:
                raise ConfigurationError(
                    f"{CA_CERTIFICATE} holds no certificate that can be read. Check it in the configuration."
                ) from None
        return context


class _Session(requests.Session):
    """A session that follows no redirect, and does not look at where one would lead either: it would read its body whole."""

    def resolve_redirects(self, *_: Any, **__: Any) -> Iterator[Any]:
        """None: see ``connector_core.http.origin.check_redirect``."""
        return iter(())
