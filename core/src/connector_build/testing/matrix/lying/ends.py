"""Lies about where a feed ends, and about how much there is."""

from collections.abc import Callable
from typing import Any

from attrs import evolve

from connector_build.api.messages import Asked, Reply, refused
from connector_build.api.pointing import cursor_in, goes_on, innermost
from connector_build.testing.matrix.apis import Api
from connector_build.testing.matrix.lying.saying import (
    Hears,
    Says,
    Signs,
    asked_size,
    body_of,
    changed,
    flags,
    from_the_start,
    holding,
    is_last,
    leading,
    more_beside,
    numbers,
    pointing_at,
    silent,
    total_beside,
    whole,
    with_values,
    without,
)
from connector_build.testing.matrix.strikes import Asking
from connector_core import CursorPaginator
from connector_core.basics.paths import cached_path

FIRST = 3
"""Records of the one page that a feed has where it says that it has more."""


def no_marker(asking: Asking) -> Reply | None:
    """What says that the feed ends is left out where it ends."""
    paginator = innermost(asking.plan)
    own = [paginator.next_field] if isinstance(paginator, CursorPaginator) and not paginator.next_header else []
    return without(asking, *flags(asking.plan), *numbers(asking.plan), *own) if is_last(asking) else None


def always_next(asking: Asking) -> Reply | None:
    """There is a next page behind the last one, an empty one, which leads to itself."""
    if not is_last(asking):
        return None
    own = cursor_in(asking.plan, asking.request) or asking.api.cursors.at(0)
    return leading(asking, asking.api.cursors.at(_last_place(asking)) if asking.records else own)


def next_is_this(asking: Asking) -> Reply | None:
    """The last page leads to itself."""
    own = cursor_in(asking.plan, asking.request) or asking.api.cursors.at(0)
    return leading(asking, own) if is_last(asking) else None


def ever_new(asking: Asking) -> Reply | None:
    """Behind the last page are empty ones, each with a new cursor."""
    if not is_last(asking):
        return None
    number = asking.api.memory["number"] = asking.api.memory.get("number", 0) + 1
    return leading(asking, asking.api.cursors.at(_last_place(asking), name=number % 2**15))


def _last_place(asking: Asking) -> int:
    return max((entry.place for entry in asking.api.entries(asking.request)), default=0)


def more_for_ever(asking: Asking) -> Reply:
    return with_values(asking, dict.fromkeys(flags(asking.plan), True))


def no_more_at_once(asking: Asking) -> Reply | None:
    """A page in the middle says that it is the last. That alone could be so: an API may hand out a cursor to come back with."""
    flagged = dict.fromkeys(flags(asking.plan), False)
    return None if is_last(asking) else with_values(asking, {**flagged, **total_beside(asking)})


def next_gone(asking: Asking) -> Reply | None:
    """No page says where the next is, though it says that there is one."""
    return None if is_last(asking) else with_values(changed(asking, pointing_at(asking, None)), more_beside(asking))


def ends_with(value: Any) -> tuple[Says, Hears]:
    """The next cursor of the last page is *value*. Where it is sent, the API begins again: it takes it for none."""

    def says(asking: Asking) -> Reply | None:
        return without(changed(asking, pointing_at(asking, value)), *flags(asking.plan)) if is_last(asking) else None

    def hears(api: Api, request: Asked) -> Asked:
        plan = api.plan_of(request)
        given = cursor_in(plan, request) if plan else None
        strange = plan is not None and given is not None and api.cursors.place(given) is None
        return from_the_start(plan, request) if plan and strange else request

    return says, hears


def beyond(asking: Asking) -> bool:
    """Whether a page behind the last one is asked for."""
    return not asking.records and goes_on(asking.plan, asking.request)


def last_page_again(asking: Asking) -> Reply | None:
    return holding(asking, whole(asking)[-2:]) if beyond(asking) else None


def first_page_again(asking: Asking) -> Reply | None:
    return holding(asking, whole(asking)[: asked_size(asking)]) if beyond(asking) else None


def refused_beyond(status: int) -> Says:
    return lambda asking: refused(status, "no such page") if beyond(asking) else None


def nothing_is(value: Any) -> Says:
    """Where there is nothing, *value* stands in the place of the records."""
    return lambda asking: None if asking.records else with_values(asking, {asking.plan.table.records: value})


def nothing_is_no_key(asking: Asking) -> Reply | None:
    return None if asking.records else without(asking, asking.plan.table.records)


def nothing_is_204(asking: Asking) -> Reply | None:
    return None if asking.records else Reply(204)


def counting(count: Callable[[Asking, int], Any], beside: Signs = silent) -> Says:
    """Where an answer says how many there are, it says what *count* makes of that; *beside*: what it says as well."""

    def says(asking: Asking) -> Reply | None:
        body = body_of(asking)
        counted = {path: count(asking, cached_path(path).get(body)) for path in numbers(asking.plan)}
        return with_values(asking, {**counted, **beside(asking)})

    return says


def half(_: Asking, total: int) -> int:
    return total // 2


def in_tens(_: Asking, total: int) -> int:
    return total // 10 * 10


def of_the_page(asking: Asking, _: int) -> int:
    """How many records the page has, in the place of how many there are."""
    return len(asking.records)


def more_beside_for_ever(_: Asking) -> dict[str, Any]:
    return {"has_more": True}


def next_beside_for_ever(_: Asking) -> dict[str, Any]:
    return {"next_page": 7}


def off_beside(asking: Asking) -> dict[str, Any]:
    return {"total": len(whole(asking)) + 4}


def beside(values: Signs) -> Says:
    """The answer says more than the plugin asks it for."""
    return lambda asking: with_values(asking, values(asking))


def first_of_several(signs: Signs) -> Says:
    """The answer has the first records alone, and says so."""
    return lambda asking: with_values(changed(asking, holding(asking, asking.records[:FIRST])), signs(asking))


def first_of_several_linked(asking: Asking) -> Reply:
    link = f'<{asking.api.url}{asking.request.path}?page=2>; rel="next"'
    reply = holding(asking, asking.records[:FIRST])
    return evolve(reply, headers={**reply.headers, "Link": link})
