"""The HTTP edge: one request in, one JSON object out, with retries; credentials go to the configured origin only."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from functools import cache, partial
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.auth import AuthBase

from connector_core.basics.counting import counted
from connector_core.basics.decoding import NotJson, WebPage
from connector_core.basics.discretion import Secrets
from connector_core.basics.errors import ConfigurationError, UnexpectedAnswer
from connector_core.basics.links import link_without
from connector_core.basics.operations import Log
from connector_core.basics.quieting import quieten
from connector_core.basics.telling import came_back, shown
from connector_core.http.answers import CHECK_URL, Answer, may_have_floats, records_in
from connector_core.http.attempts import Attempts
from connector_core.http.bodies import ANSWER_BYTES, Bodies, begins_as_a_page, with_an_end
from connector_core.http.origin import shown_origin
from connector_core.http.reasons import CONNECT_SECONDS, READ_SECONDS, refuse, refuse_elsewhere
from connector_core.http.retries import NotYet, Patience, Retry, TransientError, is_transient, retry_after
from connector_core.http.rulings import Rulings, TokenOver
from connector_core.http.sending import Sender
from connector_core.http.session import Sessions
from connector_core.source.limits import Limits
from connector_core.source.pagination import Page, Request
from connector_core.source.spooled import Records
from connector_core.source.tables import Table

TAKEN = frozenset({200, 201, 203, 206})
"""The statuses of an answer that may be a page: a search may be answered 201, and a part of a feed 206."""
GONE = frozenset({404, 410})
"""Those of an answer that there is nothing any more."""
TOLD = frozenset({202, 204, 205, 302, 303})
"""Those besides of an answer to whoever asks how far something is."""

TELLING = frozenset({200, 201})
"""Those of an answer that says something, and not only that it was taken in."""
EMPTY = frozenset({204, 205})
"""Those of an answer that has no body, so there is nothing."""
KEPT_BYTES = 4_000_000
"""The largest answer whose text is kept until its rows are made, for whoever asks for exact numbers."""


class Client:
    """Fetches pages of one API. Use it as a context manager; ``close`` also ends a pause between two tries.

    base_url: checked already (see settings); auth: what signs each request; secrets: texts that no message may show;
    it may grow during the sync, by the tokens that the API issues; limit: the largest body, unpacked, in bytes; timeout: seconds
    to connect, and to wait for the next bytes, and both together for all that comes before a body; authority: a certificate to
    trust, in PEM, besides the usual ones; plain_floats: the tables whose records come with plain floats, for whoever asks the
    page for exact ones where that matters; sleep, clock and now (seconds since 1970) are for tests.
    """

    def __init__(
        self,
        base_url: str,
        auth: AuthBase,
        log: Log,
        *,
        secrets: Iterable[str] = (),
        retry: Retry | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
        agent: str = "connector-core",
        limit: int = ANSWER_BYTES,
        timeout: tuple[float, float] = (CONNECT_SECONDS, READ_SECONDS),
        authority: str = "",
        plain_floats: Iterable[str] = (),
    ) -> None:
        self._auth = auth
        self._now = now
        self._plain_floats = set(plain_floats)
        self._secrets = secrets if isinstance(secrets, Secrets) else Secrets(secrets)
        self._bodies = Bodies(limit)
        self._spoken: set[str] = set()  # the tables that the API has answered for in what was expected
        self._patience = Patience(retry or Retry(), Limits(clock, now), log, shown_origin(base_url), sleep)
        self._rulings = Rulings(self._secrets, log, now)
        self._sender = Sender(
            base_url.rstrip("/"),
            auth,
            self._secrets,
            log,
            Sessions(base_url.rstrip("/"), agent, authority),
            Attempts(sum(timeout), clock),
            self._bodies,
            self._patience,
            timeout,
        )
        self._session = self._sender.sessions.main
        self._base_path = urlsplit(base_url).path.rstrip("/")
        quieten(self._secrets)
        if attach := getattr(auth, "attach", None):
            attach(self._sender)

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections; a request in a pause gives up, and so does one that waits for its answer."""
        self._sender.close()

    def mount(self, adapter: BaseAdapter, elsewhere: str = "") -> None:
        """Send what goes to ``base_url``, or without credentials to the host *elsewhere* (``*``: to any), through *adapter*.

        That is for tests: whether such a host has a public address is then for the adapter to say.
        """
        if elsewhere:
            self._sender.sessions.bare.mount(elsewhere, adapter)
        else:
            self._sender.sessions.mount(adapter)

    @property
    def elsewhere(self) -> Mapping[str, BaseAdapter]:
        """What goes to other hosts goes through these adapters, by host."""
        return self._sender.sessions.bare.adapters

    def fetch(self, table: Table, request: Request) -> Page:
        """The page that *request* brings, its records taken from where *table* says.

        The first of the table's error rules that fits an answer decides what becomes of it. A request waits until its budget
        allows it.

        Raises ConfigurationError (key refused), RequestRejected, UnexpectedAnswer, or SourceError once the retries are used up.
        """
        where = f"{table.name}: {request.sent_below(self._base_path)}"
        if request.after > 0:
            self._patience.let_pass(where, request.after)
        attempt, waited, renewed = 1, 0.0, False
        while True:
            try:
                return self._page(table, request, where)
            except TokenOver as error:
                self._renew(where, error, again=renewed)
                renewed = True
            except NotYet as answer:
                waited = self._patience.wait(where, waited, answer)
            except TransientError as error:
                self._patience.pause(where, attempt, error)
                attempt += 1

    def _renew(self, where: str, over: TokenOver, *, again: bool) -> None:
        """Let the auth have another token for the next try. Raises ConfigurationError where that does not help."""
        renew = getattr(self._auth, "renew", None)
        if again:
            raise ConfigurationError(
                f"{where}: {over.came_back}. So says the API of a new token as well: check the credentials in the configuration, "
                "and what they are allowed to read."
            ) from None
        if renew is None:
            raise ConfigurationError(
                f"{where}: {over.came_back}. By the plugin's error rule a new token would help, but its auth has none to renew: "
                "check the key in the configuration."
            ) from None
        renew(over.request)

    def _page(self, table: Table, request: Request, where: str) -> Page:
        with self._sender.attempts.one() as attempt:
            response = self._sender.send(table, request, where, attempt)
            with closing(response):
                return self._read(table, request, where, response)

    def _read(self, table: Table, request: Request, where: str, response: requests.Response) -> Page:
        """The page that an answer to *request* is."""
        made = partial(
            Page,
            seconds=response.elapsed.total_seconds(),
            headers=dict(response.headers.lower_items()),
            status=response.status_code,
            at=self._now(),
            url=link_without((response.url or "").partition("?")[0], self._secrets.sent_back),  # its query may hold the key too
        )
        answer = Answer(response, lambda: self._bodies.of(where, response))
        if request.leased and self._is_gone(response):
            return made(None, [], gone=True, told=came_back(self._secrets, response, answer.content))
        streamed = response.status_code in TAKEN and table.format is not None and not request.asks
        ruling = self._rulings.on(table, where, answer, streamed=streamed)
        if ruling == "ended":
            return made({}, [], ended=True)
        if ruling == "empty":
            return made(answer.at("@") or {}, [], empty=True)
        if request.asks and response.status_code in TAKEN | TOLD:
            body = self._told(table, where, answer, in_json=request.asks == "json" and response.status_code in TELLING)
            return made(body, [], told=came_back(self._secrets, response, b"" if body is None else answer.content))
        return self._of_records(table, where, answer, made)

    def _of_records(self, table: Table, where: str, answer: Answer, made: Callable[..., Page]) -> Page:
        """The page of records that an answer is, for which there is no rule."""
        response = answer.response
        if response.status_code in EMPTY:
            return made({}, [], ended=True, silent=True)
        if response.status_code not in TAKEN:
            self._refuse(where, answer)
        if table.format is not None:
            spooled = self._bodies.read(where, response, lambda chunks: self._spooled(table, where, response, chunks))
            return made(spooled.beside, spooled)
        plainly = table.name in self._plain_floats and len(answer.content) <= KEPT_BYTES
        try:
            body = self._decode(table, where, answer, "plain" if plainly else "exact")
            records = records_in(table, where, body)
            if plainly and may_have_floats(body, besides=records):  # one of them may be a place to go on from
                plainly, records = False, self._exactly(table, where, answer)
                body = answer.json()
        except UnexpectedAnswer:
            if response.status_code != 200:  # so that is why it is not what was expected
                self._refuse(where, answer)
            raise
        self._spoken.add(table.name)
        # An answer in which there is nothing at all does not say what follows either.
        silent = not records and body in ({}, None)
        exact = cache(partial(self._exactly, table, where, answer)) if plainly else None
        return made(body, records, ended=silent, silent=silent, exact=exact)

    def _told(self, table: Table, where: str, answer: Answer, *, in_json: bool) -> Any:
        """What an answer that is about records says; None where it is no JSON, and need not be, and is then not read."""
        kind = answer.response.headers.get("Content-Type", "json").lower()
        if not in_json and not ("json" in kind and answer.content.strip()):
            return None
        body = self._decode(table, where, answer)
        self._spoken.add(table.name)
        return body

    def _is_gone(self, response: requests.Response) -> bool:
        """Whether nothing is there any more. A store refuses an address that was signed for less long."""
        status = response.status_code
        away = not self._sender.is_home(response.url or self._sender.base_url)
        return status in GONE or (away and 400 <= status < 500 and not is_transient(response))

    def _exactly(self, table: Table, where: str, answer: Answer) -> list[Any]:
        """The records of an answer with the digits of their numbers; from now on those of *table* come so at once."""
        self._plain_floats.discard(table.name)
        return records_in(table, where, self._decode(table, where, answer))

    def _spooled(self, table: Table, where: str, response: requests.Response, chunks: Iterator[bytes]) -> Records:
        assert table.format is not None  # noqa: S101  (the caller has looked)
        page, chunks = begins_as_a_page(chunks, any_tag=not table.format.of_tags)
        if page and table.name in self._spoken:
            raise TransientError("200, but the answer is a web page")
        whole = with_an_end(response, chunks) if table.format.of_lines else chunks
        records = table.format.spool(whole, table.declared, where, self._bodies.limit)
        self._spoken.add(table.name)
        return records

    def _refuse(self, where: str, answer: Answer) -> NoReturn:
        told = came_back(self._secrets, answer.response, answer.content)
        if is_transient(answer.response):
            raise TransientError(told, retry_after(answer.response))
        if not self._sender.is_home(answer.response.url or self._sender.base_url):
            refuse_elsewhere(where, told)
        refuse(where, answer.response.status_code, told)

    def _decode(self, table: Table, where: str, answer: Answer, floats: Literal["plain", "exact"] = "exact") -> Any:
        status = answer.response.status_code
        try:
            return answer.plain_json() if floats == "plain" else answer.json()
        except NotJson as error:
            told = shown(self._secrets, answer.content) if error.shown else ""
            if isinstance(error, WebPage) and table.name in self._spoken:
                raise TransientError(f"{status}, but the answer {error}{told}") from None
            raise UnexpectedAnswer(f"{where}: the answer {error}{told}. {CHECK_URL}") from None
        except ValueError:
            # A body that was cut is worth another try; one that is no JSON at all fails the same way after the last.
            size = len(answer.content)
            told = shown(self._secrets, answer.content)
            raise TransientError(f"{status}, but the body is not whole JSON ({counted(size, 'byte')}{told})") from None
