"""Answers of the real API, recorded once with the secrets removed, to be replayed in tests.

A recording is a JSON file that belongs beside the tests: the page size, and each request with its answer. It holds no
credential, but it holds the records as the API sent them: look through it before you publish it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import requests
from attrs import define, field
from requests.adapters import BaseAdapter
from requests.utils import requote_uri
from urllib3 import HTTPResponse

from connector_build.api.making import layers
from connector_build.api.messages import Asked, sent_body
from connector_build.api.recording import Recorded, Recording, to_json, without_struck
from connector_build.errors import BuildError, UsageProblem
from connector_build.testing.datasets import assembled
from connector_build.testing.reading import Fetch, Step, read_feed, tables_of
from connector_build.testing.warehouse.memory import ListLog
from connector_build.testing.warehouse.runs import URL
from connector_core import Csv, Record, Table
from connector_core.basics.discretion import Secrets, strike
from connector_core.engine.sync import make_client
from connector_core.http.client import Client
from connector_core.plugin.assembly import Assembly, TablePlan
from connector_core.plugin.binding import bound
from connector_core.source.configuration import read_configuration
from connector_core.source.pagination import Page, Request
from connector_core.source.unpacking import unpacked

KEPT_HEADERS = frozenset({"content-type", "link", "retry-after"})
"""Headers of an answer that are recorded, beside those that the paginator reads."""


class _Listening(BaseAdapter):
    """A transport that keeps the last answer, unpacked, before it hands it on."""

    def __init__(self, inner: BaseAdapter) -> None:
        super().__init__()
        self._inner = inner
        self.last: tuple[int, Mapping[str, str], bytes] | None = None

    def send(self, request: requests.PreparedRequest, *arguments: Any, **options: Any) -> requests.Response:
        response = self._inner.send(request, *arguments, **options)
        content = response.content
        headers = {name.lower(): value for name, value in response.headers.items()}
        self.last = (response.status_code, headers, content)
        response.headers.pop("Content-Encoding", None)
        response.raw = HTTPResponse(BytesIO(content), status=response.status_code, preload_content=False)
        response.connection = self  # type: ignore[assignment]  # an auth object sends through it again
        return response

    def close(self) -> None:
        self._inner.close()


@define
class Recorder:
    """A client that records each page it fetches; made by ``recorder``. Use it in one thread, as a context manager."""

    client: Client = field(repr=False)
    base_url: str
    secrets: Iterable[str] = field(repr=False)
    headers: frozenset[str] = KEPT_HEADERS
    answers: list[Recorded] = field(factory=list, repr=False)
    _transport: _Listening = field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        session = self.client._session  # its own mount takes https only, and forgets the transport that is there
        self._transport = _Listening(session.get_adapter(self.base_url))
        session.mount(f"{_origin(self.base_url)}/", self._transport)

    def __enter__(self) -> "Recorder":
        self.client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def fetch(self, table: Table, request: Request) -> Page:
        """The page that *request* brings, as the client fetches it; the last answer to it is recorded."""
        page = self.client.fetch(table, request)
        assert self._transport.last is not None  # noqa: S101  (the client fetched through it)
        status, headers, content = self._transport.last
        text, encoding = _text_of(table, b"".join(unpacked([content], max(len(content), 1) * 2000)))
        kept = {name: self._shown(value) for name, value in headers.items() if name in self.headers}
        asked = self._asked(request)
        if not any(each.request == asked for each in self.answers):
            self.answers.append(Recorded(asked, status, kept, self._shown(text), encoding))
        return page

    def recording(self, page_size: int) -> Recording:
        """What was recorded so far."""
        return Recording(page_size, tuple(self.answers))

    def _asked(self, request: Request) -> Asked:
        """*request*, which the auth has not touched, without what the API may have put into it."""
        parts = urlsplit(requote_uri(self._shown(request.path)).removeprefix(URL))  # as it is sent
        params = {name: self._shown(str(value)) for name, value in request.params.items()}
        headers = {name.lower(): self._shown(value) for name, value in request.headers.items()}
        body = None if request.json is None else json.loads(self._shown(json.dumps(sent_body(request))))
        in_path = dict(parse_qsl(parts.query, keep_blank_values=True))
        return Asked(request.method, parts.path, without_struck({**in_path, **params}), headers, body)

    def _shown(self, text: str) -> str:
        """*text* without secrets, and with the address of tests in the place of the API's own."""
        for own in (self.base_url.rstrip("/"), _origin(self.base_url)):
            for form in (own, own.replace("/", "\\/")):
                text = text.replace(form, URL)
        return strike(self.secrets, text)


def recorder(client: Client, base_url: str, secrets: Iterable[str], *, headers: Iterable[str] = ()) -> Recorder:
    """*client* with everything that it fetches from *base_url* recorded, without *secrets*.

    *secrets* is the configuration's ``hidden``, to which tokens are added as they come. *headers*: further ones of an answer to
    keep.
    """
    return Recorder(client, base_url, secrets, KEPT_HEADERS | {name.lower() for name in headers})


def record(
    dataset: str,
    configuration: Mapping[str, str],
    path: Path,
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
    limit: int = 100,
) -> Recording:
    """Read every table of *dataset* from the real API, as two syncs do, and write what it answered into the file *path*.

    Raises UsageProblem where that takes more than *limit* requests, and then writes nothing.
    """
    assembly = assembled(dataset, extensions=extensions, files=files)
    values = read_configuration(assembly.settings, configuration)
    assembly = bound(assembly, values)
    client = make_client(assembly, values, ListLog(), plain_floats=())
    headers = [layer.next_header for plan in assembly.tables for layer in layers(plan.paginator) if _has_header(layer)]
    with recorder(client, values["base_url"], values.hidden, headers=headers) as listening:
        for number, _ in enumerate(_every_step(listening.fetch, assembly, values["page_size"], values.hidden), 1):
            if number > limit:
                raise UsageProblem(
                    f"The feeds of {dataset} take more than {limit} requests. Record an account with fewer records, give a "
                    "larger page_size, or raise limit."
                )
    found = listening.recording(values["page_size"])
    _check_discreet(found, values.hidden)
    found.save(path)
    return found


def _origin(base_url: str) -> str:
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}"


def _text_of(table: Table, body: bytes) -> tuple[str, str]:
    """The body of an answer as a text, and the encoding that makes the same bytes of it again."""
    encoding = table.format.encoding if isinstance(table.format, Csv) else "utf-8"
    try:
        return body.decode(encoding), encoding
    except UnicodeDecodeError:  # an archive, or XML that declares another one
        return body.decode("latin-1"), "latin-1"


def _has_header(layer: Any) -> bool:
    return bool(getattr(layer, "next_header", None))


def _every_step(fetch: Fetch, assembly: Assembly, size: int, secrets: Secrets) -> Iterator[Step]:
    """What a first sync asks for, and a second one right after it."""

    def listed(parent: TablePlan, table: Table) -> Iterator[Record]:
        steps = list(read_feed(fetch, parent.paginator, table, size, {}, secrets))
        return (record for step in steps for record in step.page.records)

    for plan in assembly.tables:
        for table in tables_of(plan, listed):
            step = None
            for step in read_feed(fetch, plan.paginator, table, size, {}, secrets):
                yield step
            if step is not None:
                yield from read_feed(fetch, plan.paginator, table, size, plan.paginator.rest(step.request, step.page), secrets)


def _check_discreet(recording: Recording, secrets: Secrets) -> None:
    """A last look, at what is about to be written as a whole."""
    for each in recording.answers:
        text = json.dumps(to_json(each), ensure_ascii=False)
        if strike(secrets, text) != text:
            raise BuildError(f"{each.request.path}: its answer still holds a secret, so nothing was written. Please report it.")
