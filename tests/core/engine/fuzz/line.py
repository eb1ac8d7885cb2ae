"""The API as one sync meets it: what it answers, and what trouble makes of that."""

import gzip
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from attrs import define, evolve

from connector_build.api.bodies import set_at
from connector_build.api.messages import Answering, Asked, Reply
from connector_core import Csv, Record, Table
from fuzz.connector import Spec

MOST_REQUESTS = 2000
"""More than any sync here needs: one that makes more would never end."""


Honest = Callable[[], Reply]
Trouble = Callable[[int, Asked, Honest], Reply]
"""What becomes of request *number* (from 0): the honest answer, another one, or an exception."""


def no_trouble(number: int, asked: Asked, honest: Honest) -> Reply:
    return honest()


@define
class Line:
    """The API as one sync meets it."""

    answering: Answering
    spec: Spec
    gone: Sequence[Record] = ()
    """The keys of what was deleted, where answers list them."""
    trouble: Trouble = no_trouble
    made: int = 0

    def __call__(self, asked: Asked) -> Reply:
        number, self.made = self.made, self.made + 1
        assert number < MOST_REQUESTS, f"the sync goes on for ever, at {asked}"
        return self.trouble(number, asked, partial(self.honest, asked))

    def honest(self, asked: Asked) -> Reply:
        """What the API says when nothing is wrong."""
        reply = self.answering(asked)
        if reply.status == 200 and self.spec.nothing != "list" and not self.gone and not records_of(self.spec.tables[0], reply):
            reply = nothing_in(self.spec, reply)
        if self.spec.gone == "list" and reply.status == 200:
            body = json.loads(reply.body) | {"gone": {"keys": self._gone()}}
            reply = evolve(reply, body=json.dumps(body).encode())
        if self.spec.gzip and reply.status != 204:
            reply = evolve(reply, body=gzip.compress(reply.body, 1))
        return sized(reply)

    def _gone(self) -> list[Any]:
        return [next(iter(key.values())) if len(key) == 1 and number % 2 else key for number, key in enumerate(self.gone)]


def nothing_in(spec: Spec, reply: Reply) -> Reply:
    """*reply*, which has no records, as an API says that in its own way."""
    if spec.nothing == "204":
        return Reply(204)
    path = spec.records.partition("[")[0]
    return evolve(reply, body=json.dumps(None if spec.bare else set_at(json.loads(reply.body), path, None)).encode())


def sized(reply: Reply) -> Reply:
    """*reply* with the length of its body, so that one that is cut is noticed."""
    return evolve(reply, headers={**reply.headers, "Content-Length": str(len(reply.body))})


@define
class Clock:
    """Time that passes when somebody sleeps."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def records_of(table: Table, reply: Reply) -> list[Any]:
    """The records in an honest answer; of CSV and JSON lines, their lines."""
    body = gzip.decompress(reply.body) if reply.body.startswith(b"\x1f\x8b") else reply.body
    if table.format is not None:
        return body.splitlines()[isinstance(table.format, Csv) :]
    found = table.find(json.loads(body))
    return found if isinstance(found, list) else []
