"""Who may ask the simulated API: the credential, checked as the plugin's own auth sends it.

What an auth sends is not guessed. The plugin's auth is made from a made-up configuration and signs a request here, as it does in
the sync; a request that comes has to be signed alike. What goes by challenge, by key pair or by a token that is fetched is in
``guards`` and ``exchange``.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import requests
from attrs import evolve, field, frozen
from requests.auth import AuthBase

from connector_build.api.messages import Asked, Reply, refused

PROBE = Asked("GET", "/probe", target="/probe")


@frozen
class Curl:
    """How curl is let in: commands that come first, then options, what goes into the query, and what goes before the path."""

    first: Sequence[str] = ()
    options: str = ""
    query: str = ""
    prefix: str = ""


class Guard(Protocol):
    """What lets requests in, or does not."""

    @property
    def params(self) -> frozenset[str]:
        """The query parameters that belong to the credential."""

    def token(self, request: Asked) -> Reply | None:
        """The answer to a request for a token; None for any other request."""

    def refusal(self, request: Asked) -> Reply | None:
        """The 401 for a request that is not let in; None where it is."""

    def bare(self, request: Asked) -> Asked:
        """*request* without what belongs to the credential in its path and its query."""

    def curl(self) -> Curl:
        """What to give curl."""


@frozen
class Signature:
    """What an auth puts into a request: headers by lower-case name, and query parameters."""

    headers: Mapping[str, str] = field(factory=dict)
    params: Mapping[str, str] = field(factory=dict)

    def missing(self, request: Asked) -> str | None:
        """The first part that *request* has not; None where it has them all."""
        for kind, mine, theirs in self._parts(request):
            for name in mine:
                if name not in theirs:
                    return f"missing {name} {kind}"
        return None

    def differs(self, request: Asked) -> str | None:
        """The first part that is another one in *request*, which has them all; None where all are the same."""
        for _, mine, theirs in self._parts(request):
            for name, value in mine.items():
                if _bytes(theirs[name]) != _bytes(value):
                    return f"wrong {name}"
        return None

    def _parts(self, request: Asked) -> Sequence[tuple[str, Mapping[str, str], Mapping[str, str]]]:
        return (("header", self.headers, request.headers), ("parameter", self.params, request.params))


def signature(auth: AuthBase, url: str, request: Asked = PROBE) -> Signature:
    """What *auth* adds to a request to the API at *url*."""
    before = requests.PreparedRequest()
    before.prepare(request.method, url + request.target, headers=dict(request.headers), data=request.body or None)
    after = auth(before.copy())
    known = dict(before.headers)
    headers = {name.lower(): _text(value) for name, value in after.headers.items() if known.get(name) != value}
    own, sent = _query(str(before.url)), _query(str(after.url))
    return Signature(headers, {name: value for name, value in sent.items() if own.get(name) != value})


def unsigned(request: Asked, made: Signature) -> Asked:
    """*request* as it was before it was signed."""
    parts = urlsplit(request.target or request.path)
    pairs = [pair for pair in parts.query.split("&") if pair and pair.partition("=")[0] not in made.params]
    headers = {name: value for name, value in request.headers.items() if name not in made.headers}
    params = {name: value for name, value in request.params.items() if name not in made.params}
    return evolve(request, target=urlunsplit(parts._replace(query="&".join(pairs))), headers=headers, params=params)


def unauthorized(why: str, challenge: str = "") -> Reply:
    """A 401; RFC 9110, section 11.6.1, asks for a challenge where the scheme is known."""
    return refused(401, why, {"WWW-Authenticate": challenge} if challenge else None)


def _query(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True))


def _bytes(value: str) -> bytes:
    return value.encode("latin-1", "replace")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


class Guarding:
    """What guards have in common: no token is asked for, and nothing of the query belongs to the credential."""

    params: frozenset[str] = frozenset()

    def token(self, request: Asked) -> Reply | None:  # noqa: ARG002  (the signature of every guard)
        """None is asked for."""
        return None

    def bare(self, request: Asked) -> Asked:
        """*request* without the query parameters of the credential."""
        return evolve(request, params={name: value for name, value in request.params.items() if name not in self.params})


class Open(Guarding):
    """An API that asks for no credential."""

    def refusal(self, request: Asked) -> Reply | None:  # noqa: ARG002
        """Everybody is let in."""
        return None

    def curl(self) -> Curl:
        """Nothing."""
        return Curl()


@frozen
class KeyInPath(Guarding):
    """Lets in what has the key in the first segment of its path, behind *prefix*."""

    prefix: str
    key: str = field(repr=False)

    def refusal(self, request: Asked) -> Reply | None:
        """What is wrong there."""
        first = unquote(self._first(request))
        if first == self.prefix + self.key:
            return None
        return unauthorized(f"{'wrong' if first.startswith(self.prefix) else 'missing'} key in the path")

    def bare(self, request: Asked) -> Asked:
        """*request* without that segment, or what stands there in the place of one."""
        first = self._first(request)
        signed = unquote(first) == self.prefix + self.key or (self.prefix and first.startswith(self.prefix))
        return evolve(request, path=request.path.removeprefix(f"/{first}")) if signed else request

    def curl(self) -> Curl:
        """The segment."""
        return Curl(prefix=f"/{self.prefix}{quote(self.key, safe='')}")

    @staticmethod
    def _first(request: Asked) -> str:
        return request.path[1:].partition("/")[0]


class Signed(Guarding):
    """Lets in what is signed as the plugin's auth signs it.

    Where the same request is signed otherwise at another time, by the clock or by chance, only the parts of a signature are asked
    for.
    """

    def __init__(self, auth: AuthBase, url: str, made: Signature) -> None:
        self._auth, self._url, self._made = auth, url, made
        self.params = frozenset(made.params)

    def refusal(self, request: Asked) -> Reply | None:
        """What is missing or wrong."""
        why = self._made.missing(request) or self._differs(request)
        return unauthorized(why, "Basic" if self._is_basic else "") if why else None

    def curl(self) -> Curl:
        """The headers and parameters of the signature."""
        headers = "".join(f" -H '{name}: {value}'" for name, value in self._made.headers.items())
        return Curl(options=headers, query=urlencode(self._made.params))

    @property
    def _is_basic(self) -> bool:
        return self._made.headers.get("authorization", "").startswith("Basic ")

    def _differs(self, request: Asked) -> str | None:
        why = signature(self._auth, self._url, unsigned(request, self._made)).differs(request)
        return why if why and signature(self._auth, self._url) == self._made else None
