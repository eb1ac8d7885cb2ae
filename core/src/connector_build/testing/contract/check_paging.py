"""The rules about paginators: a feed ends, no request is made twice, and a bookmark leads back to its request."""

import json
from typing import Any

from connector_build.api.making import layers
from connector_build.testing.contract.apis import Feed
from connector_build.testing.contract.outcomes import Broken
from connector_build.testing.contract.subject import Subject
from connector_core import CursorPaginator, Windows
from connector_core.basics.counting import counted, plural
from connector_core.basics.names import one_line
from connector_core.paging.places import counts_up, is_counted
from connector_core.source.pagination import Bookmark, Request

RESUMED = 3
"""From so many places of a feed it is read on with another page size."""


def check_ends(subject: Subject) -> None:
    """Every feed can be read, and the paginator says where it ends."""
    for feed in subject.feeds:
        if feed.problem:
            raise Broken(f"{_where(feed)}: {feed.problem.removesuffix('.')}. Correct the paginator, or the table that it pages.")
        if not feed.ended:
            raise Broken(
                f"{_where(feed)}: after {counted(len(feed.steps), 'page')} it still asks for another, the last time with "
                f"{feed.requests[-1]}. Let following return None where the feed ends."
            )


def check_advances(subject: Subject) -> None:
    """No request is made twice in one read, but for those that ask how far something is."""
    for feed in subject.feeds:
        for number, request in enumerate(feed.requests):
            if request in feed.requests[:number] and not request.asks:
                raise Broken(
                    f"{_where(feed)}: it makes the request {request} a second time, so a sync takes the feed to go in circles. "
                    "Build the next request from the one that is given and from its page, and put the place into it."
                )


def check_bookmarks(subject: Subject) -> None:
    """Each bookmark leads back to its request through the state, and to the same records with another page size."""
    for feed in subject.feeds:
        _check_round_trips(feed)
        _check_rest(feed)
        if feed.api.world is not None:  # nobody recorded another page size
            _check_other_size(feed)


def _check_round_trips(feed: Feed) -> None:
    paginator = feed.plan.paginator
    for number, request in enumerate(feed.requests):
        bookmark = paginator.bookmark(request)
        again = paginator.first(feed.table, feed.size, _stored(feed, bookmark))
        if not bookmark and _shifts(paginator, request):
            continue  # a read that was cut short starts over
        # What was made by an export is come to by asking for the export.
        kept = (again == request or (again.asks and request.leased)) and paginator.bookmark(again) == bookmark
        if not kept and not _goes_back_to_a_window(feed, number, again):
            raise Broken(
                f"{_where(feed)}: the bookmark of {request} is {_shown(bookmark)}, and leads to {again}, whose bookmark is "
                f"{_shown(paginator.bookmark(again))}. A sync that goes on from it would lose its place: let bookmark hold all "
                "that first needs in order to make the request again."
            )


def _shifts(paginator: Any, request: Request) -> bool:
    """Whether the place of *request* is counted, so that it is another one when records come or go."""
    *_, inner = layers(paginator)
    cursor = request.found(inner.where, inner.param) if isinstance(inner, CursorPaginator) else None
    return getattr(paginator, "counts", False) or is_counted(request) or counts_up(cursor)


def _goes_back_to_a_window(feed: Feed, number: int, again: Request) -> bool:
    """Whether *again*, to which the bookmark of request *number* leads, is where an earlier window begins, and leads to itself.

    Windows go back to the last one that had a record: it may have been the feed's end.
    """
    paginator = feed.plan.paginator
    if not any(isinstance(each, Windows) for each in layers(paginator)) or again not in feed.requests[:number]:
        return False
    return bool(again == paginator.first(feed.table, feed.size, _stored(feed, paginator.bookmark(again))))


def _check_rest(feed: Feed) -> None:
    last = feed.steps[-1]
    rest = _stored(feed, feed.plan.paginator.rest(last.request, last.page))
    again = feed.api.read(feed.plan, feed.table, feed.size, rest)
    if not again.ended:
        why = again.problem or f"it does not end within {counted(len(again.steps), 'page')}."
        raise Broken(f"{_where(feed)}: the next sync starts from {_shown(rest)}, and there {why} Correct rest.")


def _check_other_size(feed: Feed) -> None:
    size = next((size for size in feed.api.sizes if size != feed.size), feed.size)
    for number in range(0, len(feed.steps), max(1, len(feed.steps) // RESUMED)):
        bookmark = _stored(feed, feed.plan.paginator.bookmark(feed.requests[number]))
        rest = feed.api.read(feed.plan, feed.table, size, bookmark)
        lost = sorted(feed.keys(number) - rest.keys())
        if rest.problem or lost:
            why = (
                rest.problem
                or f"{counted(len(lost), 'record')} {plural(len(lost), 'does', 'do')} not come, such as {', '.join(lost[0])}."
            )
            raise Broken(
                f"{_where(feed)}: from {_shown(bookmark)}, and then with pages of {size}, {why} Let bookmark say the place in "
                "records, not in pages."
            )


def _stored(feed: Feed, bookmark: Bookmark) -> dict[str, Any]:
    """*bookmark* as the state of the next sync has it."""
    try:
        again = json.loads(json.dumps(dict(bookmark), allow_nan=False))
    except (TypeError, ValueError) as error:
        raise Broken(
            f"{_where(feed)}: its bookmark {_shown(bookmark)} is no JSON object ({one_line(error)}). Use texts, numbers, lists "
            "and dicts."
        ) from None
    if again != dict(bookmark):
        raise Broken(
            f"{_where(feed)}: its bookmark {_shown(bookmark)} comes back from the state as {_shown(again)}. Use texts, numbers, "
            "lists, and dicts with texts for keys."
        )
    return dict(again)


def _shown(bookmark: Bookmark) -> str:
    return one_line(repr(bookmark if not isinstance(bookmark, dict) else dict(bookmark)))


def _where(feed: Feed) -> str:
    how = "recorded pages" if feed.api.world is None else "a made-up API"
    return f"{feed.plan.table.name}, from {how} with pages of {feed.size}"
