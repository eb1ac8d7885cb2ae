"""Where the pages of an API come from that a plugin is drafted from: the API itself, or files."""

import json
from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlsplit

from attrs import define, evolve, field

from connector_build.api.messages import Asked
from connector_build.api.recording import Recorded, Recording, without_struck
from connector_build.drafting.made import made
from connector_build.drafting.probing.asking import Refused, Unknown, told
from connector_build.drafting.probing.drafted import Access
from connector_build.drafting.probing.files import Kept
from connector_build.testing.recording import Recorder, recorder
from connector_build.testing.warehouse.runs import URL
from connector_core import Page, Request, Table, base_url, hookimpl, ignore
from connector_core.basics.discretion import Secrets, strike
from connector_core.basics.operations import Log
from connector_core.engine.sync import make_client
from connector_core.http.retries import Retry
from connector_core.paging.sign_names import kind_of
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.source.configuration import read_configuration

REFUSED: Final = (400, 404, 405, 409, 410, 412, 414, 416, 422)
"""What an API answers to a request that it does not take."""
_FIRST: Final = Table("evidence", "/", "[@]", [], {}, full_refresh=True)
_FURTHER: Final = evolve(_FIRST, errors=[ignore(status=list(REFUSED))])
_KEPT: Final = ("content-type", "link", "content-range")


class Source(Protocol):
    """What brings pages, and keeps those that came."""

    def fetch(self, request: Request) -> Page:
        """The page of a request. Raises Refused, Unknown, or a ConnectorError."""

    def recording(self, requests: Iterable[Request], size: int) -> Recording:
        """What came for some requests, without a secret."""

    def close(self) -> None:
        """Let go of whatever is open."""


@define
class LiveSource:
    """The API itself, asked with the client of a sync: one request after the other, patient where it asks for that."""

    _recorder: Recorder
    _answers: dict[str, Recorded] = field(factory=dict, init=False)

    @classmethod
    def of(cls, access: Access, configuration: Mapping[str, str], log: Log) -> "LiveSource":
        """Raises ConfigurationError for an address or a secret that cannot be used."""
        auth = made(access.auth)
        settings = [base_url(access.origin)]
        hooks: dict[str, Any] = {"connector_tables": lambda: [_FIRST], "connector_settings": lambda: settings}
        hooks |= {"connector_auth": lambda: auth} if auth is not None else {}
        plugin = Plugin("connector-build new", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))
        assembly = assemble([plugin])
        values = read_configuration(assembly.settings, configuration)
        retry = Retry(attempts=3, first_wait=0.5, longest_wait=10.0, longest_asked=120.0)
        client = make_client(assembly, values, log, plain_floats=(), retry=retry, timeout=(10.0, 60.0))
        return cls(recorder(client, access.origin, values.hidden, headers=_KEPT))

    def fetch(self, request: Request) -> Page:
        known = len(self._recorder.answers)
        page = self._recorder.fetch(_FURTHER if self._answers else _FIRST, request)
        answers = self._recorder.answers
        if len(answers) > known:
            about = {name: value for name, value in page.headers.items() if kind_of(name)}
            self._answers[told(request)] = evolve(answers[-1], headers={**answers[-1].headers, **about})
        if page.ended and page.status >= 400:
            body = _decoded(answers[-1].body)
            raise Refused(f"the API answers {page.status} to {request}", page.status, body)
        return page

    def recording(self, requests: Iterable[Request], size: int) -> Recording:
        wanted = [self._answers[told(each)] for each in requests if told(each) in self._answers]
        self._recorder.answers = wanted
        return self._recorder.recording(size)

    def close(self) -> None:
        """Let go of the connections."""
        self._recorder.client.close()


def is_for_caches(name: str, value: str) -> bool:
    """Whether a parameter is another one in each request of a browser, so that no cache answers."""
    return name in ("_", "_t", "cb", "cachebuster") and value.isdigit()


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


@define
class FileSource:
    """Answers that were kept in files: by their requests or, where nobody kept these, in their order."""

    kept: Sequence[Kept]
    secrets: Secrets = field(factory=Secrets, repr=False)
    _given: dict[str, Kept] = field(factory=dict, init=False)

    @property
    def ordered(self) -> bool:
        """Whether nobody kept the requests."""
        return not any(each.url for each in self.kept)

    def fetch(self, request: Request) -> Page:
        found = self._next() if self.ordered else self._for(request)
        self._given[told(request)] = found
        return Page(found.body, [], headers=found.headers, status=found.status, url=found.url.partition("?")[0])

    def _next(self) -> Kept:
        if len(self._given) >= len(self.kept):
            raise Unknown("no further page was given")
        return self.kept[len(self._given)]

    def _for(self, request: Request) -> Kept:
        parts = urlsplit(request.path)
        params = {
            **dict(parse_qsl(parts.query, keep_blank_values=True)),
            **{name: str(each) for name, each in request.params.items()},
        }
        for each in self.kept:
            there = urlsplit(each.url)
            query = dict(parse_qsl(there.query, keep_blank_values=True))
            query = {name: value for name, value in query.items() if name in params or not self._is_left_out(name, value)}
            if (each.method, there.path, query, each.json) == (request.method, parts.path, params, request.json):
                return each
        raise Unknown(f"{request} is in none of the files")

    def _is_left_out(self, name: str, value: str) -> bool:
        return self.secrets.sent_back(name, value) or is_for_caches(name, value)

    def recording(self, requests: Iterable[Request], size: int) -> Recording:
        found = [self._recorded(each, self._given[told(each)]) for each in requests if told(each) in self._given]
        return Recording(size, tuple(found))

    def _recorded(self, request: Request, kept: Kept) -> Recorded:
        parts = urlsplit(request.path)
        params = {
            **dict(parse_qsl(parts.query, keep_blank_values=True)),
            **{name: str(each) for name, each in request.params.items()},
        }
        origin = f"{parts.scheme}://{parts.netloc}" if parts.netloc else _origin(kept.url)
        asked = Asked(
            request.method, parts.path, without_struck({n: self._shown(v, origin) for n, v in params.items()}), json=request.json
        )
        headers = {name: self._shown(value, origin) for name, value in kept.headers.items() if name in _KEPT or kind_of(name)}
        headers.setdefault("content-type", "application/json")
        return Recorded(asked, kept.status, headers, self._shown(kept.text, origin))

    def _shown(self, text: str, origin: str) -> str:
        for form in (origin, origin.replace("/", "\\/")):
            text = text.replace(form, URL) if form else text
        return strike(self.secrets, text)

    def close(self) -> None:
        """Nothing is open."""


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
