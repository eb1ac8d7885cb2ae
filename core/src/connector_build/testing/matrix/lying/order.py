"""Lies about the order of a feed, and about how much of it a page has."""

from collections.abc import Callable, Sequence
from typing import Any

from attrs import evolve

from connector_build.api.feed import Entry
from connector_build.api.messages import Asked, Reply
from connector_build.api.paging import TOP
from connector_build.api.pointing import innermost
from connector_build.testing.matrix.apis import Api
from connector_build.testing.matrix.lying.saying import (
    Says,
    Signs,
    asked_size,
    changed,
    flags,
    holding,
    is_last,
    silent,
    sized,
    whole,
    with_values,
)
from connector_build.testing.matrix.strikes import Asking
from connector_core import KeysetPaginator, OffsetPaginator, PageNumberPaginator
from connector_core.basics.paths import cached_path

CAP = 3
"""So many records the API gives at most, where it is asked for more."""
MUCH = 7
"""So many it gives whatever it is asked for."""


def newest_first(_: Api, entries: list[Entry]) -> list[Entry]:
    return [evolve(entry, place=TOP - entry.place) for entry in reversed(entries)]


def pinned(_: Api, entries: list[Entry]) -> list[Entry]:
    """The oldest record comes before all others of a feed that is served newest first."""
    return [*entries[1:], evolve(entries[0], place=TOP // 2, number=TOP // 2)] if entries else entries


def keys_the_other_way(asking: Asking) -> Reply:
    """Pages go through the keys from the wrong end."""
    return _keyed(asking, _behind(asking, whole(asking)[::-1]))


def keys_in_no_order(asking: Asking) -> Reply:
    paginator = innermost(asking.plan)
    ordered = sorted(whole(asking), key=lambda record: str(_key(paginator, record))[::-1])
    # By chance, a page might be sorted all the same, and then nobody could tell.
    return _keyed(asking, _behind(asking, [*ordered[1::-1], *ordered[2:]] if _ascend(paginator, ordered[:2]) else ordered))


def _ascend(paginator: KeysetPaginator, records: Sequence[Any]) -> bool:
    return records == sorted(records, key=lambda record: _key(paginator, record))


def keys_from_the_given(asking: Asking) -> Reply:
    return _keyed(asking, _behind(asking, whole(asking), with_it=True))


def _key(paginator: KeysetPaginator, record: Any) -> Any:
    return cached_path(paginator.key).get(record)


def _behind(asking: Asking, ordered: Sequence[Any], *, with_it: bool = False) -> Sequence[Any]:
    """What follows the key that is asked for; all where none is."""
    paginator = innermost(asking.plan)
    given = asking.request.get(paginator.where, paginator.param)
    keys = [str(_key(paginator, record)) for record in ordered]
    if given is None or str(given) not in keys:
        return ordered
    return ordered[keys.index(str(given)) + (not with_it) :]


def _keyed(asking: Asking, waiting: Sequence[Any]) -> Reply:
    size = asked_size(asking)
    reply = holding(asking, waiting[:size])
    return with_values(changed(asking, reply), dict.fromkeys(flags(asking.plan), len(waiting) > size))


def overlapping(asking: Asking) -> Reply | None:
    """The page begins with the last record of the page before. Of pages of one size the last one is longer by that record."""
    found = whole(asking)
    start = found.index(asking.records[0]) if asking.records else 0
    counted = isinstance(innermost(asking.plan), PageNumberPaginator | OffsetPaginator)
    size = asked_size(asking) if counted and not is_last(asking) else len(asking.records) + 1
    return holding(asking, found[start - 1 : start - 1 + size]) if start else None


def capped(api: Api, request: Asked) -> Asked:
    return _resized(api, request, lambda size: min(size, CAP))


def size_ignored(api: Api, request: Asked) -> Asked:
    return _resized(api, request, lambda _: MUCH)


def _resized(api: Api, request: Asked, make: Callable[[int], int]) -> Asked:
    plan = api.plan_of(request)
    if plan is None or not getattr(innermost(plan), "size_param", None):
        return request
    return sized(plan, request, make(asked_size(Asking(api, plan, request, Reply()))))


def every_third(number: int) -> bool:
    return number % 3 == 0


def a_page_of_them(number: int) -> bool:
    return 6 <= number <= 10


def hiding(hides: Callable[[int], bool], beside: Signs = silent) -> Says:
    """The page was cut, and then filtered: what may not be seen is taken out. *beside*: what the answer says as well."""

    def says(asking: Asking) -> Reply | None:
        hidden = [entry.record for entry in asking.api.entries(asking.request) if hides(entry.number)]
        reply = holding(asking, [record for record in asking.records if record not in hidden])
        return with_values(changed(asking, reply), beside(asking))

    return says
