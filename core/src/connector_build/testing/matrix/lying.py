"""What an API says that lies: each function makes of an answer, or of a request, what a lie needs."""

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode, urlsplit

from attrs import evolve

from connector_build.api.bodies import set_at
from connector_build.api.feed import Entry
from connector_build.api.messages import Asked, Reply, refused
from connector_build.api.paging import LINKED
from connector_build.api.pointing import cursor_in, goes_on, innermost
from connector_build.testing.matrix.saying import (
    Says,
    asked_size,
    body_of,
    changed,
    edited,
    flags,
    from_the_start,
    holding,
    is_last,
    leading,
    next_of,
    numbers,
    placed,
    pointing_at,
    sized,
    whole,
    with_values,
    without,
)
from connector_build.testing.matrix.strikes import Api, Asking
from connector_core import CursorPaginator, KeysetPaginator, OffsetPaginator, PageNumberPaginator, UpdatedSince
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import TablePlan

CAP = 3
"""So many records the API gives at most, where it is asked for more."""
MUCH = 7
"""So many it gives whatever it is asked for."""

Hears = Callable[[Api, Asked], Asked]


# Order


def newest_first(_: Api, entries: list[Entry]) -> list[Entry]:
    return [evolve(entry, place=2**40 - entry.place) for entry in reversed(entries)]


def keys_from_above(asking: Asking) -> Reply:
    """A page begins behind the key that was given, in an order that descends."""
    paginator = innermost(asking.plan)
    ordered = list(reversed(whole(asking)))
    keys = [str(_key(paginator, record)) for record in ordered]
    after = asking.request.params.get(paginator.param)
    return _keyed(asking, ordered[keys.index(after) + 1 if after in keys else 0 :])


def keys_in_no_order(asking: Asking) -> Reply:
    paginator = innermost(asking.plan)
    above = _above(asking, lambda key, given: key > given)
    return _keyed(asking, sorted(above, key=lambda record: str(_key(paginator, record))[::-1]))


def keys_from_the_given(asking: Asking) -> Reply:
    return _keyed(asking, _above(asking, lambda key, given: key >= given))


def _key(paginator: KeysetPaginator, record: Any) -> Any:
    return cached_path(paginator.key).get(record)


def _above(asking: Asking, fits: Callable[[Any, Any], bool]) -> list[Any]:
    paginator = innermost(asking.plan)
    after = asking.request.params.get(paginator.param)
    keyed = [(_key(paginator, record), record) for record in whole(asking)]
    return [record for key, record in keyed if after is None or fits(key, type(key)(after))]


def _keyed(asking: Asking, waiting: Sequence[Any]) -> Reply:
    size = asked_size(asking)
    reply = holding(asking, waiting[:size])
    return with_values(changed(asking, reply), dict.fromkeys(flags(asking.plan), len(waiting) > size))


def overlapping(asking: Asking) -> Reply | None:
    """The page begins with the last record of the page before."""
    found = whole(asking)
    start = found.index(asking.records[0]) if asking.records else 0
    counted = isinstance(innermost(asking.plan), PageNumberPaginator | OffsetPaginator)
    size = asked_size(asking) if counted else len(asking.records) + 1
    return holding(asking, found[start - 1 : start - 1 + size]) if start else None


# The end


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
    """A page in the middle says that it is the last."""
    paginator = innermost(asking.plan)
    paths = flags(asking.plan) or [paginator.more_field]
    return None if is_last(asking) else with_values(asking, dict.fromkeys(paths, False))


def next_gone(asking: Asking) -> Reply | None:
    """No page says where the next is."""
    return None if is_last(asking) else pointing_at(asking, None)


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


# Numbers


def counting(count: Callable[[Asking, int], Any]) -> Says:
    """Where an answer says how many there are, it says what *count* makes of that."""

    def says(asking: Asking) -> Reply | None:
        body = body_of(asking)
        return with_values(asking, {path: count(asking, cached_path(path).get(body)) for path in numbers(asking.plan)})

    return says


def of_the_page(asking: Asking, _: int) -> int:
    """How many records the page has, in the place of how many there are."""
    return len(asking.records)


# Types


def flags_as(make: Callable[[bool], Any]) -> Says:
    def says(asking: Asking) -> Reply | None:
        body = body_of(asking)
        return with_values(asking, {path: make(bool(cached_path(path).get(body))) for path in flags(asking.plan)})

    return says


def next_as(make: Callable[[str], Any]) -> Says:
    def says(asking: Asking) -> Reply | None:
        given = next_of(asking)
        return None if given is None else pointing_at(asking, make(given))

    return says


def next_as_number(asking: Asking) -> Reply | None:
    given = next_of(asking)
    return None if given is None else pointing_at(asking, asking.api.cursors.place(given))


def number_as_next(api: Api, request: Asked) -> Asked:
    plan = api.plan_of(request)
    given = cursor_in(plan, request) if plan else None
    return (
        placed(plan, request, api.cursors.at(int(given))) if plan and given and given.isdigit() and len(given) < 20 else request
    )


# Links


def linked(make: Callable[[str, Asking], str]) -> Says:
    """The next link is written as *make* has it."""

    def says(asking: Asking) -> Reply | None:
        given = next_of(asking)
        return None if given is None else pointing_at(asking, make(given, asking))

    return says


def relative(link: str, _: Asking) -> str:
    parts = urlsplit(link)
    return f"{parts.path}?{parts.query}"


def query_alone(link: str, _: Asking) -> str:
    return f"?{urlsplit(link).query}"


def last_segment(link: str, _: Asking) -> str:
    parts = urlsplit(link)
    return f"{parts.path.rpartition('/')[2]}?{parts.query}"


def without_scheme(link: str, _: Asking) -> str:
    return link.partition(":")[2]


def at_another_path(link: str, asking: Asking) -> str:
    return link.replace(asking.request.path, f"/v2{asking.request.path}")


def from_another_path(_: Api, request: Asked) -> Asked:
    return evolve(request, path=request.path.removeprefix("/v2"))


def place_alone(link: str, asking: Asking) -> str:
    """The link has nothing but the place: neither the filter nor the size."""
    query = urlencode({LINKED: link.partition(f"{LINKED}=")[2].partition("&")[0]})
    return f"{link.partition('?')[0]}?{query}" if link else str(asking)


def unfiltered(api: Api, request: Asked) -> Asked:
    """A link without the filter is followed to what is there without it."""
    plan = api.tables[0]
    api.memory["unfiltered"] = LINKED in request.params and not plan.table.params.keys() <= request.params.keys()
    return evolve(request, params={**plan.table.params, **request.params})


def filtered(api: Api, entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if api.memory.get("unfiltered") or not every_third(entry.number)]


# Sizes


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


def hiding(hides: Callable[[int], bool], beside: Callable[[Asking], dict[str, Any]] = lambda _: {}) -> Says:
    """The page was cut, and then filtered: what may not be seen is taken out. *beside*: what the answer says as well."""

    def says(asking: Asking) -> Reply | None:
        hidden = [entry.record for entry in asking.api.entries(asking.request) if hides(entry.number)]
        reply = holding(asking, [record for record in asking.records if record not in hidden])
        return with_values(changed(asking, reply), beside(asking))

    return says


def more_beside(asking: Asking) -> dict[str, Any]:
    return {"has_more": not is_last(asking)}


def total_beside(asking: Asking) -> dict[str, Any]:
    return {"total": len(whole(asking))}


def more_beside_for_ever(_: Asking) -> dict[str, Any]:
    return {"has_more": True}


def next_beside_for_ever(_: Asking) -> dict[str, Any]:
    return {"next_page": 7}


def off_beside(asking: Asking) -> dict[str, Any]:
    return {"total": len(whole(asking)) + 4}


def beside(values: Callable[[Asking], dict[str, Any]]) -> Says:
    """The answer says more than the plugin asks it for."""
    return lambda asking: with_values(asking, values(asking))


# One page of several


def first_of_several(signs: Callable[[Asking], dict[str, Any]]) -> Says:
    """The answer has the first records alone, and says so."""
    return lambda asking: with_values(changed(asking, holding(asking, asking.records[:CAP])), signs(asking))


def first_of_several_linked(asking: Asking) -> Reply:
    link = f'<{asking.api.url}{asking.request.path}?page=2>; rel="next"'
    reply = holding(asking, asking.records[:CAP])
    return evolve(reply, headers={**reply.headers, "Link": link})


# Records


def moved(asking: Asking) -> Reply:
    return edited(asking, lambda body: {"answer": body})


def renamed(asking: Asking) -> Reply:
    return edited(asking, lambda body: {f"{name}_of_now": value for name, value in body.items()})


def wrapped(asking: Asking) -> Reply:
    return holding(asking, [{"item": record} for record in asking.records])


def by_key(asking: Asking) -> Reply:
    found = {f"key-{number}": record for number, record in enumerate(asking.records)}
    return edited(asking, lambda body: set_at(body, asking.plan.table.records, found))


def one_alone(asking: Asking) -> Reply | None:
    """A list of one record becomes that record, as some that make JSON of XML have it."""
    if len(asking.records) != 1:
        return None
    return edited(asking, lambda body: set_at(body, asking.plan.table.records, asking.records[0]))


def key_renamed(asking: Asking) -> Reply:
    key = asking.plan.table.primary_key[0]
    return holding(asking, [{**_less(record, key), key.upper(): record[key]} for record in asking.records])


def with_null(asking: Asking) -> Reply:
    return edited(asking, lambda body: set_at(body, asking.plan.table.records, [*asking.records, None]))


def time_renamed(asking: Asking) -> Reply:
    name = _newest(asking.plan)
    return holding(asking, [{**_less(record, name), f"{name}_of_now": record[name]} for record in asking.records])


def filter_ignored(api: Api, request: Asked) -> Asked:
    plan = api.plan_of(request)
    strategy = plan.paginator if plan else None
    if not isinstance(strategy, UpdatedSince):
        return request
    return evolve(request, params={name: value for name, value in request.params.items() if name != strategy.param})


def _newest(plan: TablePlan) -> str:
    return str(getattr(plan.paginator, "newest", ""))


def _less(record: Any, name: str) -> dict[str, Any]:
    return {each: value for each, value in record.items() if each != name}
