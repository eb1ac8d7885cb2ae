"""The faults of the matrix, each with what a message about it has to say and why it makes no sense for some tables."""

import gzip
import zlib
from collections.abc import Iterator
from typing import Any

from connector_build.api.wire import Drip, Endless, Raw, Reset, Silence, WrongLength
from connector_build.testing.matrix import answers, pages, ways
from connector_build.testing.matrix import reasons as why
from connector_build.testing.matrix.strikes import ELSEWHERE, Breaks, Fault
from connector_core import KeysetPaginator, NextLinkPaginator

BLINK = 0.25
"""Seconds to connect, and to wait for the next bytes, where a fault is about time."""

STATUSES = (408, 425, 429, 500, 502, 503, 504)


def _once_and_for_ever(name: str, what: str, breaks: Breaks, says: str, **more: Any) -> tuple[Fault, Fault]:
    """A fault that passes, and the same one that lasts. *what* ends without a full stop."""
    return (
        Fault(f"{name}, once", f"{what}, once.", breaks, says, times=1, **more),
        Fault(f"{name}, for ever", f"{what}, each time.", breaks, says, **more),
    )


def _statuses() -> Iterator[Fault]:
    for status in STATUSES:
        yield from _once_and_for_ever(
            f"{status}", f"A request is answered {status}", answers.status(status), rf"\b{status}\b", why_not=why.ignored(status)
        )


_CLOSED = "connection was closed before"
_NOT_WHOLE = r"not whole JSON|is not JSON|no text in|blank|ends too early|cut or damaged|no XML"
_NO_RECORDS = "only error|there is error|not a list|not an object|is missing|header|not CSV|no XML|no zip"
_LARGER = r"larger than \d+ MB"
_AGAIN = "already read|same records|the page is empty"

FAULTS: tuple[Fault, ...] = (
    Fault(
        "no connection",
        "The address takes no connection: it listens, and its queue is full.",
        around=ways.deaf,
        says="no connection within",
        seconds=BLINK,
    ),
    Fault("no such host", "The host's name cannot be looked up.", around=ways.no_such_host, says="host was not found"),
    Fault("no TLS", "The port of an https address speaks plain HTTP.", around=ways.tls_to_a_plain_port, says="TLS"),
    *_once_and_for_ever(
        "silence", "A request is taken and not answered", answers.sends(Silence()), "no answer within", seconds=BLINK
    ),
    *_once_and_for_ever(
        "slow drip",
        "A body comes byte by byte, so slowly that it would take hours",
        answers.sends(Drip()),
        "too slowly|no answer within",
        seconds=BLINK,
    ),
    *_once_and_for_ever("reset before the answer", "The connection is reset before any byte", answers.sends(Reset()), _CLOSED),
    *_once_and_for_ever("reset in the body", "The connection is reset in the middle of the body", answers.half, _CLOSED),
    *_once_and_for_ever("chunks without an end", "A body in chunks stops before the last", answers.sends(Endless()), _CLOSED),
    *_once_and_for_ever(
        "Content-Length too long", "Content-Length promises more than comes", answers.sends(WrongLength(10)), _CLOSED
    ),
    *_once_and_for_ever(
        "Content-Length too short",
        "Content-Length promises less than comes",
        answers.sends(WrongLength(-10)),
        _NOT_WHOLE,
        why_not=why.CSV_ENDS_ANYWHERE,
    ),
    *_once_and_for_ever("no HTTP", "What comes back is no HTTP", answers.sends(Raw(b"220 mail.example.com\r\n")), _CLOSED),
    Fault("an answer twice", "An answer comes twice on one connection.", answers.twice_on_the_wire, times=1),
    *_statuses(),
    Fault(
        "429 with seconds",
        "A request is answered 429 with Retry-After: 7.",
        answers.status(429, retry_after="7"),
        "429",
        times=1,
        why_not=why.ignored(429),
    ),
    Fault(
        "429 with a date",
        "A request is answered 429 with a date in Retry-After.",
        answers.until_a_date,
        "429",
        times=1,
        why_not=why.ignored(429),
    ),
    Fault(
        "429 until tomorrow",
        "A request is answered 429 with Retry-After: 86400.",
        answers.status(429, retry_after="86400"),
        "429",
        times=1,
        why_not=why.ignored(429),
    ),
    Fault("401", "The key is refused in the middle of a sync.", answers.status(401), "401", why_not=why.ignored(401)),
    Fault("403", "Access is refused in the middle of a sync.", answers.status(403), "403", why_not=why.ignored(403)),
    *(
        fault
        for status in (400, 410)
        for fault in _once_and_for_ever(
            f"expired cursor, {status}",
            f"A request for any place but the start is answered {status}",
            answers.expired(status),
            f"{status}",
            why_not=why.first_reason(why.one_request, why.ignored(status)),
        )
    ),
    Fault("redirect elsewhere", "A request is redirected to another host.", answers.redirects(ELSEWHERE), "redirects to"),
    Fault("redirect in circles", "A request is redirected to itself.", answers.redirects(""), "redirected"),
    *_once_and_for_ever(
        "cut JSON",
        "A third of the JSON is missing, and Content-Length does not tell",
        answers.body(answers.cut),
        _NOT_WHOLE,
        why_not=why.CSV_ENDS_ANYWHERE,
    ),
    *_once_and_for_ever(
        "empty body", "The answer is 200 without a body", answers.body(lambda _: b""), _NOT_WHOLE, why_not=why.LINES_MAY_BE_NONE
    ),
    *_once_and_for_ever("HTML", "The answer is 200 and a page of HTML to log in", answers.page_of_html, "a web page"),
    Fault("an error with 200", "The answer is 200 and an object with an error.", answers.polite_error, _NO_RECORDS, times=1),
    *_once_and_for_ever(
        "no gzip",
        "Content-Encoding says gzip, and the body is none",
        answers.body(lambda body: body, content_encoding="gzip"),
        "unpacked",
    ),
    *_once_and_for_ever(
        "cut gzip",
        "The body is gzip whose second half is missing",
        answers.body(lambda body: answers.half_of(gzip.compress(body)), content_encoding="gzip"),
        _NOT_WHOLE + "|gzip data",
    ),
    *_once_and_for_ever(
        "cut deflate",
        "The body is deflate, as HTTP has it, whose second half is missing",
        answers.body(lambda body: answers.half_of(zlib.compress(body)), content_encoding="deflate"),
        "deflate data",
    ),
    *_once_and_for_ever(
        "cut deflate, bare",
        "The body is deflate, as many servers have it, whose last bytes are missing",
        answers.body(lambda body: zlib.compress(body, wbits=-zlib.MAX_WBITS)[:-3], content_encoding="deflate"),
        "deflate data",
    ),
    Fault(
        "an unknown encoding",
        "The body is packed as nobody asked for.",
        answers.body(lambda body: body, content_encoding="br"),
        "packed as 'br'",
    ),
    *_once_and_for_ever(
        "cut gzip, unannounced",
        "The body is gzip whose second half is missing, and no header says that it is gzip",
        answers.body(lambda body: answers.half_of(gzip.compress(body))),
        "gzip data",
    ),
    Fault(
        "gzip bomb",
        "A megabyte of gzip becomes a gigabyte.",
        answers.body(answers.bomb, content_encoding="gzip"),
        _LARGER,
    ),
    Fault("gzip bomb, unannounced", "The same, and no header says that it is gzip.", answers.body(answers.bomb), _LARGER),
    Fault("200 MB", "A page has 200 MB.", answers.flood, _LARGER),
    Fault("NaN", "A number is NaN, which JSON does not have.", answers.with_value(b"NaN"), "NaN", why_not=why.NOT_IN_TEXTS),
    Fault("1e400", "A number is larger than a 64-bit float.", answers.with_value(b"1e400"), "1e400", why_not=why.NOT_IN_TEXTS),
    Fault(
        "a text of 10 MB", "A record has a text of 10 MB in a field.", around=ways.long_text, made_up=True, why_not=why.made_rows
    ),
    Fault(
        "10,000 levels",
        "A value is nested 10,000 levels deep.",
        answers.with_value(b"[" * 10_000 + b"]" * 10_000),
        "nested too deeply",
        why_not=why.NOT_IN_TEXTS,
    ),
    *_once_and_for_ever("no UTF-8", "A text is no UTF-8", answers.not_unicode, _NOT_WHOLE, why_not=why.other_encoding),
    Fault(
        "a record twice in a page",
        "The API has a record twice, one right behind the other.",
        pages.twice_in_a_page,
        "twice",
        times=1,
        why_not=why.made_rows,
    ),
    Fault(
        "a page twice", "A request is answered with the page before it.", pages.page_before, _AGAIN, times=1, why_not=why.one_page
    ),
    Fault(
        "two pages swapped",
        "Two pages of a feed come in each other's place.",
        pages.swapped,
        why_not=why.first_reason(
            why.one_page, why.paged_by(KeysetPaginator, "the last key of a page says where the next begins")
        ),
    ),
    Fault(
        "a shorter page",
        "A page has fewer records than were asked for, and the feed goes on behind them.",
        pages.shorter,
        times=1,
        why_not=why.first_reason(why.one_page, why.NUMBERED, why.ENDS_SHORT, why.no_size),
    ),
    Fault(
        "a longer page",
        "A page has more records than were asked for, and the feed goes on behind them.",
        pages.longer,
        times=1,
        why_not=why.first_reason(why.one_page, why.NUMBERED, why.no_size),
    ),
    Fault(
        "an empty page",
        "A page in the middle of a feed has no record, and the feed goes on behind it.",
        pages.page_without_records,
        _AGAIN,
        why_not=why.first_reason(why.one_page, why.ENDS_EMPTY, why.ENDS_SHORT, why.cannot_be_empty),
    ),
    Fault(
        "a cursor that loops", "The cursor of the next page is that of this page.", pages.looping, _AGAIN, why_not=why.NO_CURSOR
    ),
    Fault("cursors in a circle", "The cursors lead back to an earlier page.", pages.circling, _AGAIN, why_not=why.NO_CURSOR),
    Fault(
        "a link elsewhere",
        "The link to the next page leads to another host.",
        pages.leading_astray,
        "credentials go to",
        why_not=why.not_paged_by((NextLinkPaginator,), "its API hands out no links"),
    ),
)
"""Every fault of the matrix."""
