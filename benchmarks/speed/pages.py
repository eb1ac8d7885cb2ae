"""Pages of the fts API, serialised once: what the benchmark's API sends is ready before anybody asks for it.

The first records are those of the sample API. A longer feed goes on with the same records under other ids.
"""

import json
from collections.abc import Sequence
from functools import lru_cache

from attrs import evolve, frozen

from connector_build.api.feed import Feed
from connector_fts.sample import SAMPLE

DIFFERENT = 10_000
"""Records that the sample makes; the feed repeats them under other ids beyond that."""
GROUPS = 200
"""Parents, each with one page of children."""
_ID = '"record_id":"'
_ID_DIGITS = 8
"""The first digits of an id, which hold the number of a repeated record."""


@frozen
class _Body:
    """A serialised record, cut around the first digits of its id."""

    before: str
    digits: str
    behind: str

    def numbered(self, number: int) -> str:
        """The text of record *number*, of which this is the body."""
        digits = self.digits if number < DIFFERENT else f"{number:0{_ID_DIGITS}x}"
        return f"{self.before}{digits}{self.behind}"


@lru_cache(maxsize=1)
def _bodies() -> Sequence[_Body]:
    feed = Feed("fts_records", evolve(SAMPLE, count=DIFFERENT))
    return [_cut(json.dumps(record, separators=(",", ":"))) for record in feed.records()]


def _cut(text: str) -> _Body:
    start = text.index(_ID) + len(_ID)
    end = start + _ID_DIGITS
    return _Body(text[:start], text[start:end], text[end:])


def technicians(records: int) -> int:
    """How many groups the aggregate of a feed of *records* has."""
    feed = Feed("fts_records", evolve(SAMPLE, count=min(records, DIFFERENT)))
    return len({record["technician_id"] for record in feed.records()})


def cursor_at(position: int) -> str:
    """The cursor of the page that begins behind *position* records: 32 hexadecimal digits that no tool takes for a number."""
    return f"c{position:031x}"


def position_of(cursor: str) -> int:
    """The position that a cursor stands for. Raises ValueError when it is none of ours."""
    position = int(cursor.removeprefix("c"), 16)
    if cursor != cursor_at(position):
        raise ValueError(cursor)
    return position


@lru_cache(maxsize=3)  # of a million records, one feed is half a gigabyte
def feed_pages(records: int, size: int) -> Sequence[bytes]:
    """Every page of a feed, as the body of an answer."""
    return [_page(start, min(start + size, records), start + size < records) for start in range(0, records, size)]


@lru_cache(maxsize=1)
def group_pages(size: int) -> Sequence[bytes]:
    """The children of each group: one page of *size* records, behind which the feed ends."""
    return [_page(number * size, (number + 1) * size, False) for number in range(GROUPS)]


def groups_page() -> bytes:
    """The one page of the parents."""
    return json.dumps({"groups": [{"id": number} for number in range(GROUPS)]}).encode()


def _page(start: int, end: int, more: bool) -> bytes:
    bodies = _bodies()
    records = ",".join(bodies[number % DIFFERENT].numbered(number) for number in range(start, end))
    behind = f'"{cursor_at(end)}"' if more else "null"
    return f'{{"fts_records":[{records}],"next_cursor":{behind},"has_more":{"true" if more else "false"}}}'.encode()
