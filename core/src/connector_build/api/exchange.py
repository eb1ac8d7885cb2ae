"""Tokens that are fetched: the requests for them are known from listening to the plugin's own auth while it makes one."""

import json
import time
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, Never
from urllib.parse import urlsplit

import requests
from attrs import evolve, field, frozen
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from connector_build.api.bodies import set_at
from connector_build.api.errors import Unmimicked
from connector_build.api.guard import Curl, Guarding, Signature, signature, unauthorized
from connector_build.api.messages import Asked, Reply, asked, json_reply
from connector_core import SessionLogin

LIFETIME = 3600.0
"""Seconds that a token lives."""

_REHEARSED = "rehearsed-token"

Make = Callable[[], AuthBase]


class Line:
    """Stands for the client of an auth object: takes what it posts for a token, and gives one."""

    def __init__(self, url: str, answer: Callable[[str], Mapping[str, Any]]) -> None:
        self._url = url
        self._answer = answer
        self.posted: list[Asked] = []

    def post(
        self,
        address: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        auth: AuthBase | None = None,
    ) -> requests.Response:
        """A token, for whatever is posted. Raises Unmimicked for another host, where nobody can be simulated."""
        if not address.startswith("/") and not address.startswith(f"{self._url}/"):
            host = urlsplit(address).hostname
            raise Unmimicked(f"Its token comes from {host}, and only what lies below base_url can be simulated")
        prepared = requests.PreparedRequest()
        prepared.prepare(
            "POST", address if "://" in address else self._url + address, data=form, json=json, auth=auth, headers={}
        )
        content = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        self.posted.append(asked("POST", str(prepared.path_url), dict(prepared.headers), content))
        return _response(self._answer(_REHEARSED))

    def mount(self, adapter: BaseAdapter) -> Never:  # noqa: ARG002  (the signature of the client's)
        """A transport of the auth's own is for TLS."""
        raise Unmimicked("Its auth needs TLS, such as for a client certificate, and the simulated API speaks plain HTTP")


def _response(body: Mapping[str, Any]) -> requests.Response:
    response = requests.Response()
    response.status_code = 200
    response._content = json.dumps(body).encode()
    return response


def token_answer(factory: object, token: str) -> dict[str, Any]:
    """What an API answers with *token* in it, where *factory* makes the auth that reads it."""
    if isinstance(factory, SessionLogin):
        answer: dict[str, Any] = set_at({}, factory.token, token)
        return set_at(answer, factory.lifetime, LIFETIME) if isinstance(factory.lifetime, str) else answer
    body = {"access_token": token, "token_type": "Bearer", "expires_in": int(LIFETIME)}
    return body if hasattr(factory, "token_url") else body | {"token": token}


@frozen(eq=False)
class Rehearsal:
    """What an auth posted for its token, and how it signs with that."""

    posted: tuple[Asked, ...]
    made: Signature

    @classmethod
    def of(cls, auth: AuthBase, factory: object, url: str) -> "Rehearsal":
        """Let *auth* make a signature. Raises Unmimicked where it needs what cannot be simulated."""
        line = Line(url, lambda token: token_answer(factory, token))
        attach = getattr(auth, "attach", None)
        if attach is not None:
            attach(line)
        made = signature(auth, url)
        return cls(tuple(line.posted), made)


@frozen(eq=False)
class Exchange(Guarding):
    """Gives a token to who asks as the plugin's auth asks, and lets in who shows one that is still good.

    rehearse: lets a new auth of the same kind make a signature.
    """

    rehearsal: Rehearsal
    answer: Callable[[str], Mapping[str, Any]]
    rehearse: Callable[[], Rehearsal]
    lifetime: float = LIFETIME
    _issued: dict[str, float] = field(factory=dict)
    _numbers: Any = field(factory=lambda: count(1))

    def token(self, request: Asked) -> Reply | None:
        """A new token, or a 401 for wrong credentials; None for a request that is for no token."""
        alike = [each for each in self.rehearsal.posted if (each.method, each.path) == (request.method, request.path)]
        if not alike:
            return None
        if not any(self._fits(each, request) for each in alike):
            return unauthorized("the credentials for a token are missing or wrong")
        token = f"sample-token-{next(self._numbers)}"
        self._issued[token] = time.monotonic() + self.lifetime
        return json_reply(self.answer(token))

    def refusal(self, request: Asked) -> Reply | None:
        """Whether the token was issued here, and is still good."""
        why = self.rehearsal.made.missing(request)
        if why is None:
            shown = {name: request.headers[name] for name in self.rehearsal.made.headers}
            if not any(self._with(token).headers == shown for token, ends in self._issued.items() if time.monotonic() < ends):
                why = "the token is none of this API's, or has ended"
        return unauthorized(why, "Bearer") if why else None

    def curl(self) -> Curl:
        """A token first, and then what is signed with it."""
        [*_, asks] = self.rehearsal.posted
        kind = {name: asks.headers[name] for name in ("content-type", "authorization") if name in asks.headers}
        options = "".join(f" -H '{name}: {value}'" for name, value in kind.items())
        data = f" -d '{asks.body.decode()}'" if asks.body else ""
        signed = "".join(f" -H '{name}: {value}'" for name, value in self._with("TOKEN").headers.items())
        return Curl((f"curl -X POST{options}{data} URL{asks.path}",), signed)

    def _with(self, token: str) -> Signature:
        made = self.rehearsal.made
        return evolve(made, headers={name: value.replace(_REHEARSED, token) for name, value in made.headers.items()})

    def _fits(self, wanted: Asked, request: Asked) -> bool:
        """Whether *request* says what *wanted* does; of what another rehearsal says otherwise, only that it is there."""
        if _said(wanted) == _said(request):
            return True
        again = next((each for each in self.rehearse().posted if each.path == wanted.path), wanted)
        changing = {name for name, value in _said(again).items() if _said(wanted).get(name) != value}
        first, second = _said(wanted), _said(request)
        return first.keys() == second.keys() and all(first[name] == second[name] for name in first.keys() - changing)


def _said(request: Asked) -> dict[str, Any]:
    """All of a request for a token that tells who asks."""
    body = request.json if isinstance(request.json, dict) else {"": request.json}
    return {**body, "Authorization:": request.headers.get("authorization")}
