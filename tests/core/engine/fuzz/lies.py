"""The assumptions that an API may break in each sync of a history: those of the table of lies, and some about its records."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import product
from types import SimpleNamespace
from typing import Any

from attrs import evolve

from connector_build.api.bodies import records_in
from connector_build.api.feed import Entry
from connector_build.api.messages import Reply
from connector_build.api.pointing import goes_on
from connector_build.testing.matrix.apis import Api
from connector_build.testing.matrix.lies import LIES as LISTED
from connector_build.testing.matrix.lying.order import a_page_of_them, hiding
from connector_build.testing.matrix.lying.saying import holding, more_beside
from connector_build.testing.matrix.reasons import ENDS_EMPTY, ENDS_SHORT
from connector_build.testing.matrix.strikes import Asking, Fault
from connector_core.plugin.assembly import TablePlan
from fuzz.connector import Spec

WARNED = ("no more, too early, and a total is said", "a link without the filter")
"""Lies by which rows may be wrong if the sync warns of it: a total may be an estimate, and a link may carry a filter unseen."""


def _in_objects(plan: TablePlan) -> str | None:
    return "its answers are no JSON" if plan.table.format else None


def _speaking(plan: TablePlan) -> str | None:
    bare = plan.table.format or plan.table.records == "@"
    return "an answer is its records, and says nothing beside them" if bare else None


def _numbers_as_texts(which: Callable[[int], bool]) -> Callable[[Asking], Reply]:
    def says(asking: Asking) -> Reply:
        return holding(asking, [_texted(record) if which(at) else record for at, record in enumerate(asking.records)])

    return says


def _texted(record: Any) -> Any:
    return {name: repr(value) if type(value) in (int, float) else value for name, value in record.items()}


def _twice(_: Api, entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries for _ in range(2)]


def _in_no_order(_: Api, entries: list[Entry]) -> list[Entry]:
    return sorted((evolve(entry, place=entry.place * 7919 % 2**20) for entry in entries), key=lambda entry: entry.place)


def _silent_in_the_middle(asking: Asking) -> Reply | None:
    """A page that is filtered to nothing is a 204, unless it is the first one of a feed."""
    reply = hiding(a_page_of_them, more_beside)(asking)
    silent = reply is not None and not records_in(asking.plan.table, reply.body) and goes_on(asking.plan, asking.request)
    return Reply(204) if silent else reply


REORDERED = ("newest first", "in no order")
"""Lies by which of two versions of a record the older one may come last. Nobody could tell, so no record is sent again there."""


NO_ORDER = "keys in no order"
RESORTED = ("keys the other way round", NO_ORDER)
"""Lies by which a key that a read had come to has others behind it. When the API is honest again, all is synced anew."""

SENT_AGAIN = ("keys from the one given", "pages that overlap", "each record twice")
"""Lies by which a record comes again. Of a feed declared append-only, that counts twice where one sync did not see both."""


ENDS = {"a page of its own size": ENDS_SHORT, "pages filtered after they were cut": ENDS_EMPTY}
"""Lies that make, with pages of any size, a page that ends a feed by the word of some plugins."""


def _lie(name: str, what: str, **parts: Any) -> Fault:
    return Fault(name, what, lasting=True, made_up=True, **parts)


LIES: Mapping[str, Fault] = {
    lie.name: lie
    for lie in (
        *LISTED,
        _lie("numbers as texts", "Each number is a text.", breaks=_numbers_as_texts(lambda _: True), why_not=_in_objects),
        _lie(
            "some numbers as texts",
            "Of every second record each number is a text.",
            breaks=_numbers_as_texts(lambda at: at % 2 == 1),
            why_not=_in_objects,
        ),
        _lie("each record twice", "Each record is there twice, one right behind the other.", feed=_twice),
        _lie("in no order", "The feed is in no order, which stays the same.", feed=_in_no_order),
        _lie(
            "204 in the middle, and more is said",
            "A page in the middle is answered 204, where each other page says has_more: true.",
            breaks=_silent_in_the_middle,
            hides=a_page_of_them,
            why_not=_speaking,
        ),
    )
}
FREE: Mapping[str, Sequence[Any]] = {
    "pages": ["cursor", "page", "offset", "keyset", "link", "single"],
    "stop": ["told", "short", "empty"],
    "strategy": ["none", "full", "since", "ids", "days"],
    "format": ["json", "csv", "json lines"],
    "records": ["items", "data.items", "edges[*].node", "@"],
    "filter": [False, True],
}
"""The words of a connector that decide whether a lie is one."""


def fits(lie: Fault, words: Mapping[str, Any]) -> bool:
    """Whether *lie* is one to a connector of these words, and its plugin does not take it upon itself."""
    spec = Spec.made(words)
    return _fits(lie, SimpleNamespace(table=spec.tables[0], paginator=spec.paginator))


def _fits(lie: Fault, plan: Any) -> bool:
    return lie.why_not(plan) is None and ENDS.get(lie.name, lie.why_not)(plan) is None


def _told_to(lie: Fault) -> list[dict[str, Any]]:
    return [dict(zip(FREE, words, strict=True)) for words, plan in _plans().items() if _fits(lie, plan)]


@cache
def _plans() -> Mapping[tuple[Any, ...], Any]:
    """What a lie looks at, by the words."""
    made = {words: Spec.made(dict(zip(FREE, words, strict=True))) for words in product(*FREE.values())}
    return {words: SimpleNamespace(table=spec.tables[0], paginator=spec.paginator) for words, spec in made.items()}


TOLD = {name: words for name, lie in LIES.items() if (words := _told_to(lie))}
"""The lies that can be told to connectors of these words, and to which of them."""
