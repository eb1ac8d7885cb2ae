"""Lies about how a place is written: the cursors and links that lead on."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from attrs import evolve

from connector_build.api.feed import Entry
from connector_build.api.messages import Asked, Reply
from connector_build.api.paging import LINKED
from connector_build.api.pointing import cursor_in
from connector_build.testing.matrix.apis import Api
from connector_build.testing.matrix.lying.order import every_third
from connector_build.testing.matrix.lying.saying import Says, body_of, flags, next_of, placed, pointing_at, with_values
from connector_build.testing.matrix.strikes import Asking
from connector_core.basics.paths import cached_path


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
