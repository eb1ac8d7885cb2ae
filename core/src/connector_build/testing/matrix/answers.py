"""Faults of the matrix: answers that come, but not as they should."""

import gzip
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from urllib.parse import urlencode

from attrs import evolve

from connector_build.api.messages import Reply, json_reply
from connector_build.api.wire import Flood, Misbehaviour, Raw, Reset, head, unruly
from connector_build.testing.matrix.strikes import LARGE, Asking, Breaks
from connector_build.testing.warehouse.runs import CANARY
from connector_core import Csv, Xml


def sends(how: Misbehaviour) -> Breaks:
    return lambda asking: unruly(asking.reply, how)


def half(asking: Asking) -> Reply:
    return unruly(asking.reply, Reset(after=len(asking.reply.body) // 2))


def status(status: int, **headers: str) -> Breaks:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return lambda asking: _error(asking, status, named)


def _error(asking: Asking, status: int, headers: Mapping[str, str]) -> Reply:
    """A refusal that says aloud which key it was given."""
    keys = " ".join(value for value in asking.request.headers.values() if CANARY in value)
    return json_reply({"error": f"not now, not for the key {keys}"}, status, headers)


def until_a_date(asking: Asking) -> Reply:
    when = datetime.now(UTC) + timedelta(seconds=90)
    return _error(asking, 429, {"Retry-After": format_datetime(when, usegmt=True)})


def redirects(to: str) -> Breaks:
    return lambda asking: Reply(307, {"Location": f"{to}{asking.request.path}?{urlencode(asking.request.params)}"})


def expired(status: int) -> Breaks:
    def breaks(asking: Asking) -> Reply | None:
        return None if asking.api.is_start(asking.plan, asking.request) else _error(asking, status, {})

    return breaks


def body(make: Callable[[bytes], bytes], **headers: str) -> Breaks:
    named = {name.replace("_", "-").title(): value for name, value in headers.items()}
    return lambda asking: evolve(asking.reply, body=make(asking.reply.body), headers={**asking.reply.headers, **named})


def cut(body: bytes) -> bytes:
    """Two thirds of it, and no whole line at the end: after one of those, lines of JSON may well be over."""
    kept = len(body) * 2 // 3
    around = body[max(0, kept - 1) : kept + 1]
    return body[:kept].rstrip()[:-1] if b"\n" in around or b"\r" in around else body[:kept]


def page_of_html(asking: Asking) -> Reply:
    keys = " ".join(value for value in asking.request.headers.values() if CANARY in value)
    text = f"<!doctype html><title>Log in</title><p>Who are you? Not {keys}."
    return Reply(200, {"Content-Type": "text/html"}, text.encode())


def polite_error(asking: Asking) -> Reply:
    return _error(asking, 200, {})


def half_of(body: bytes) -> bytes:
    return body[: len(body) // 2]


def twice_on_the_wire(asking: Asking) -> Reply:
    return unruly(asking.reply, Raw((head(asking.reply) + asking.reply.body) * 2))


def flood(asking: Asking) -> Reply:
    """The page, and behind it nothing but blanks, which JSON allows."""
    return unruly(asking.reply, Flood(b" " * 1_000_000, 200))


@cache
def _blanks() -> bytes:
    """A gigabyte of blanks in a megabyte: gzip may have several members (RFC 1952, section 2.2)."""
    return gzip.compress(b" " * LARGE) * 100


def bomb(body: bytes) -> bytes:
    return gzip.compress(body) + _blanks()


def with_value(value: bytes) -> Breaks:
    """The first record gets a field that is written as *value*, which need not be JSON."""
    mark = "the value stands here"

    def breaks(asking: Asking) -> Reply | None:
        if not asking.records:
            return None
        lines = asking.reply.body.splitlines() if asking.plan.table.format else [asking.reply.body]
        body = json.loads(lines[0])
        record = body if asking.plan.table.format else asking.plan.table.find(body)[0]
        record["added"] = mark
        lines[0] = json.dumps(body).encode().replace(json.dumps(mark).encode(), value)
        return evolve(asking.reply, body=b"\n".join(lines))

    return breaks


def not_unicode(asking: Asking) -> Reply | None:
    if not isinstance(asking.plan.table.format, Csv | Xml):
        return with_value(b'"\xff\xfe\xff"')(asking)
    return evolve(asking.reply, body=asking.reply.body[:-3] + b"\xff\xfe\xff" + asking.reply.body[-3:])
