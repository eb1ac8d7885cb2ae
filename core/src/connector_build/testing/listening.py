"""A client that records each page that it fetches, without the secrets."""

import json
from collections.abc import Iterable, Mapping
from io import BytesIO
from threading import RLock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from attrs import define, evolve, field
from requests.adapters import BaseAdapter
from requests.utils import requote_uri
from urllib3 import HTTPResponse

from connector_build.api.messages import Asked, sent_body
from connector_build.api.recording import Recorded, Recording, without_struck
from connector_build.testing.discreet import again, text_of, without_secrets
from connector_build.testing.warehouse.runs import URL
from connector_core import Table
from connector_core.basics.errors import RequestRejected
from connector_core.http.client import Client
from connector_core.source.pagination import Page, Request

KEPT_HEADERS = frozenset({"content-type", "link", "location", "retry-after"})
"""Headers of an answer that are recorded, beside those that the paginator reads."""


@define
class _Heard:
    """The last answer, unpacked: status, headers and body."""

    last: tuple[int, Mapping[str, str], bytes] | None = None


class _Listening(BaseAdapter):
    """A transport that keeps the last answer before it hands it on."""

    def __init__(self, inner: BaseAdapter, heard: _Heard) -> None:
        super().__init__()
        self._inner = inner
        self._heard = heard

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        response = self._inner.send(request, *arguments, **options)
        content = response.content
        headers = {name.lower(): value for name, value in response.headers.items()}
        self._heard.last = (response.status_code, headers, content)
        response.headers.pop("Content-Encoding", None)
        response.raw = HTTPResponse(BytesIO(content), status=response.status_code, preload_content=False)
        response.connection = self  # type: ignore[assignment]  # an auth object sends through it again
        return response

    def close(self) -> None:
        self._inner.close()


@define
class Recorder:
    """A client that records each page it fetches; made by ``recorder``. Threads wait for each other. Use it as a context manager.

    elsewhere: the origins, beside the API's own, that something was fetched from.
    """

    client: Client = field(repr=False)
    base_url: str
    secrets: Iterable[str] = field(repr=False)
    headers: frozenset[str] = KEPT_HEADERS
    answers: list[Recorded] = field(factory=list, repr=False)
    elsewhere: list[str] = field(factory=list)
    _heard: _Heard = field(factory=_Heard, init=False, repr=False)
    _lock: Any = field(factory=RLock, init=False, repr=False)
    _tables: dict[str, Table] = field(factory=dict, init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        session = self.client._session  # its own mount takes https only, and forgets the transport that is there
        session.mount(f"{origin(self.base_url)}/", _Listening(session.get_adapter(self.base_url), self._heard))
        for host, adapter in self.client.elsewhere.items():
            self.client.mount(_Listening(adapter, self._heard), elsewhere=host)

    def __enter__(self) -> "Recorder":
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def fetch(self, table: Table, request: Request) -> Page:
        """The page that *request* brings, as the client fetches it; the last answer to it is recorded, also one that refuses."""
        with self._lock:
            try:
                page = self.client.fetch(table, request)
            except RequestRejected:
                self._note(table, request)
                raise
            self._note(table, request)
            return page

    def asked(self, request: Request) -> Asked:
        """*request*, which the auth has not touched, without what the API may have put into it."""
        parts = urlsplit(requote_uri(self._shown(request.path)).removeprefix(URL))  # as it is sent
        params = {name: self._shown(str(value)) for name, value in request.params.items()}
        headers = {name.lower(): self._shown(value) for name, value in request.headers.items()}
        body = None if request.json is None else json.loads(self._shown(json.dumps(sent_body(request))))
        in_path = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Asked(request.method, parts.path, without_struck({**in_path, **params}), headers, body)

    def recording(self, page_size: int, **more: Any) -> Recording:
        """What was recorded so far, without what was known for a secret only later, such as what signs an address.

        *more* are further fields of it.
        """
        elsewhere = tuple(self._shown(each) for each in self.elsewhere)
        return Recording(page_size, tuple(map(self._struck, self.answers)), elsewhere=elsewhere, **more)

    def _note(self, table: Table, request: Request) -> None:
        assert self._heard.last is not None  # noqa: S101  (the client fetched through it)
        status, headers, content = self._heard.last
        asked = self.asked(request)
        if request.asks:  # how far something is: the last answer is the one that it ends with
            self.answers = [each for each in self.answers if each.request != asked]
        if any(each.request == asked for each in self.answers):
            return
        self._tables[table.name] = table
        self._note_place(request.path)
        text, encoding = text_of(table, content, self._shown)
        kept = {name: self._shown(value) for name, value in headers.items() if name in self.headers}
        self.answers.append(Recorded(asked, status, kept, text, encoding, table.name, bool(request.asks)))

    def _note_place(self, path: str) -> None:
        place = origin(path)
        if "://" in path and place not in (*self.elsewhere, origin(self.base_url)):
            self.elsewhere.append(place)

    def _struck(self, answer: Recorded) -> Recorded:
        headers = {name: self._shown(value) for name, value in answer.headers.items()}
        body = again(self._tables[answer.table], answer.body, answer.encoding, self._shown)
        return evolve(answer, headers=headers, body=body, request=self._struck_request(answer.request))

    def _struck_request(self, asked: Asked) -> Asked:
        params = without_struck({name: self._shown(value) for name, value in asked.params.items()})
        body = asked.json if asked.json is None else json.loads(self._shown(json.dumps(asked.json)))
        return evolve(asked, path=self._shown(asked.path), params=params, json=body)

    def _shown(self, text: str) -> str:
        """*text* without secrets, and with the address of tests in the place of the API's own."""
        for own in (self.base_url.rstrip("/"), origin(self.base_url)):
            for form in (own, own.replace("/", "\\/")):
                text = text.replace(form, URL)
        return without_secrets(self.secrets, text)


def recorder(client: Client, base_url: str, secrets: Iterable[str], *, headers: Iterable[str] = ()) -> Recorder:
    """*client* with everything that it fetches from *base_url* recorded, without *secrets*.

    *secrets* is the configuration's ``hidden``, to which tokens are added as they come. *headers*: further ones of an answer to
    keep.
    """
    return Recorder(client, base_url, secrets, KEPT_HEADERS | {name.lower() for name in headers})


def origin(url: str) -> str:
    """Scheme, host and port of *url*."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
