"""Feeds that are read outside of a sync end too, also those that have no end."""

from itertools import count, islice

import pytest

from connector_build.testing.reading import read_feed
from connector_core import CursorPaginator, Page, PageNumberPaginator, Request, Table
from connector_core.basics.errors import CircularFeed

ITEMS = Table("items", "/items", "items", ["id"], {"id": "LONG"})


def test_a_feed_that_goes_in_circles_is_given_up() -> None:
    def fetch(table: Table, request: Request) -> Page:
        return Page({"next_cursor": "again"}, [{"id": 1}, {"id": 2}])

    with pytest.raises(CircularFeed):
        list(islice(read_feed(fetch, CursorPaginator(), ITEMS, 10, {}), 100))
    assert len(list(islice(read_feed(fetch, CursorPaginator(), ITEMS, 10, {}, guarded=False), 100))) == 100


def test_a_feed_that_brings_nothing_new_is_given_up() -> None:
    numbers = count()

    def fetch(table: Table, request: Request) -> Page:
        return Page({"next_cursor": f"c{next(numbers)}"}, [])

    with pytest.raises(CircularFeed, match="5 pages in a row were empty"):
        list(islice(read_feed(fetch, CursorPaginator(max_empty_pages=5), ITEMS, 10, {}), 100))


def test_a_feed_that_ends_is_read_whole() -> None:
    def fetch(table: Table, request: Request) -> Page:
        page = int(request.params["page"])
        return Page({}, [{"id": page}] if page < 4 else [])

    assert [step.page.records for step in read_feed(fetch, PageNumberPaginator(), ITEMS, 1, {})] == [
        [{"id": 1}],
        [{"id": 2}],
        [{"id": 3}],
        [],
    ]
