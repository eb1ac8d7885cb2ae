"""The API that every runner reads: one process, one thread, pages ready beforehand, connections kept open.

``/<records>/<milliseconds>/fts_data`` answers as the fts API does, for a feed of so many records, after so many milliseconds.
``…/by_offset`` answers with the same pages, by ``offset``, each with the ``total``; behind them with none.
``/<records>/<milliseconds>/groups`` and ``…/groups/<number>/fts_data`` are a parent table and its children.
"""

import asyncio
import json
import multiprocessing
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from urllib.parse import parse_qsl, urlsplit

from attrs import frozen

from speed.pages import cursor_at, feed_pages, group_pages, groups_page, position_of

KEY = "benchmark-key"
SIZES = range(1, 201)
DEFAULT_SIZE = 100
_REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found"}
_END = b"\r\n\r\n"


@frozen
class Answer:
    """What goes back, and after how long."""

    status: int
    body: bytes
    seconds: float = 0.0

    @property
    def message(self) -> bytes:
        head = (
            f"HTTP/1.1 {self.status} {_REASONS[self.status]}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n"
        )
        return head.encode() + self.body


class _Refused(Exception):  # noqa: N818  (a refusal is an answer here)
    def __init__(self, status: int, why: str) -> None:
        self.answer = Answer(status, json.dumps({"error": why}).encode())


def answer_to(head: bytes) -> Answer:
    """The answer to a request, of which *head* is everything before the empty line."""
    line, _, fields = head.decode("latin-1").partition("\r\n")
    try:
        _check_key(fields)
        return _answer(line.split(" ")[1])
    except _Refused as refused:
        return refused.answer


def _check_key(fields: str) -> None:
    for each in fields.split("\r\n"):
        name, _, value = each.partition(":")
        if name.lower() == "api_key" and value.strip() == KEY:
            return
    raise _Refused(401, "missing or wrong api_key header")


def _answer(target: str) -> Answer:
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    match parts.path.split("/")[1:]:
        case [records, wait, "fts_data"]:
            return Answer(200, _feed_page(int(records), query), int(wait) / 1000)
        case [records, wait, "by_offset"]:
            return Answer(200, _page_at(int(records), query), int(wait) / 1000)
        case [_, wait, "groups"]:
            return Answer(200, groups_page(), int(wait) / 1000)
        case [_, wait, "groups", number, "fts_data"]:
            return Answer(200, group_pages(_size(query))[int(number)], int(wait) / 1000)
    raise _Refused(404, f"nothing at {parts.path}")


def _feed_page(records: int, query: dict[str, str]) -> bytes:
    if unknown := query.keys() - {"cursor", "page_size"}:
        raise _Refused(400, f"unknown parameter {min(unknown)!r}")
    size, cursor = _size(query), query.get("cursor", cursor_at(0))
    pages = feed_pages(records, size)
    try:
        number, between = divmod(position_of(cursor), size)
    except ValueError:
        raise _Refused(400, f"unknown cursor {cursor!r}") from None
    # A page that begins between two of ours is not ready; no client of the benchmark asks for one.
    if between or number >= len(pages):
        raise _Refused(400, f"unknown cursor {cursor!r}")
    return pages[number]


def _page_at(records: int, query: dict[str, str]) -> bytes:
    offset = int(query.pop("offset", "0"))
    if offset >= records:
        return b'{"total":%d,"fts_records":[]}' % records
    page = _feed_page(records, {"cursor": cursor_at(offset), **query})
    return b'{"total":%d,' % records + page[1:]


def _size(query: dict[str, str]) -> int:
    text = query.get("page_size", str(DEFAULT_SIZE))
    if not text.isdigit() or int(text) not in SIZES:
        raise _Refused(400, f"page_size is a whole number from {SIZES[0]} to {SIZES[-1]}, not {text!r}")
    return int(text)


class _Line(asyncio.Protocol):
    """One connection. Nothing is queued: a client sends its next request once the answer is there."""

    def __init__(self) -> None:
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (create_server makes no other)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._received.endswith(_END):
            return
        head, self._received = self._received.removesuffix(_END), b""
        answer = answer_to(head)
        if answer.seconds:
            asyncio.get_running_loop().call_later(answer.seconds, self._send, answer.message)
        else:
            self._send(answer.message)

    def _send(self, message: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(message)


async def _serve(pipe: Connection) -> None:
    server = await asyncio.get_running_loop().create_server(_Line, "127.0.0.1", 0)
    pipe.send(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _run(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


@contextmanager
def running() -> Iterator[str]:
    """The API's address, without the part that says how many records; in a process of its own while the context lasts."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_run, args=(there,), daemon=True)
    process.start()
    try:
        if not here.poll(60):
            raise RuntimeError("the benchmark's API did not start")
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()


def make_pages(api: str, records: int, size: int) -> None:
    """Let the API make its pages now, and not while a runner waits for the first."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    for path in ("fts_data", "groups/0/fts_data"):
        address = f"{api}/{records}/0/{path}?page_size={size}"
        opener.open(urllib.request.Request(address, headers={"api_key": KEY}), timeout=600).read()  # noqa: S310  (our own)
