"""Pages that start after a key."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, Literal

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.hints import there_is
from connector_core.basics.names import one_line
from connector_core.basics.paths import Path, compile_path
from connector_core.paging.checks import check_carried, check_first, check_positions, check_where, listed_rules, text
from connector_core.paging.order import Trend, Verdict, out_of_order
from connector_core.paging.places import can_carry
from connector_core.paging.resting import Paged, first_request, sized
from connector_core.paging.stop_rules import empty_page
from connector_core.source.pagination import Bookmark, Page, Request, StopRule, Where
from connector_core.source.positions import A_PATH, FILLED
from connector_core.source.tables import Table

Order = Literal["ascending", "descending", "any"]


@frozen(hash=False)
class KeysetPaginator(Paged):
    """Pages start after a key: the API sorts by *key*, and *param* takes the last one seen.

    param:      what takes it, such as ``after_id``.
    key:        the field of a record that the API sorts by, and that no two records share.
    size_param: what takes the setting ``page_size``; None when the API has none.
    stop:       what ends the feed; an empty page unless said otherwise.
    where:      whether the request carries the key in its ``query``, its JSON ``body``, its ``header`` or its ``path``, and the
                size in the body or a path that has a place for it, else in the query. In a body, the key keeps its JSON type, and
                may be a list. In a path, *next_path* has the name of *param* in braces: ``/items/after/{id}``.
    order:      how the API sorts: ``ascending``, ``descending`` where it sends the newest first, or ``any`` where it knows by
                itself what comes after a key. Keys that are seen to be sorted otherwise are an error.
    incremental: the next sync reads only what comes after the keys of this one, for a feed in which nothing changes that is
                older. It needs ascending keys.
    next_path:  the path of every request that carries a key, for an API that has one of its own.

    While a read is under way the state holds ``{"page_after": key}``. A finished sync rests at the start. With *incremental* it
    holds ``{"after": key}`` and rests before the last page that had a record, which the next sync reads again: one record with
    a key far ahead of all others hides nothing.
    """

    param: str = field(validator=text)
    key: str = field(validator=text)
    size_param: str | None = "page_size"
    stop: Sequence[StopRule] = field(default=(empty_page(),), converter=listed_rules)
    where: Where = "query"
    order: Order = "ascending"
    incremental: bool = False
    next_path: str | None = field(default=None, kw_only=True, metadata={FILLED: A_PATH})
    _place: Path = field(init=False, eq=False, repr=False)

    @_place.default
    def _(self) -> Path:
        return compile_path(self.key)

    def __attrs_post_init__(self) -> None:
        if self.incremental and self.order != "ascending":
            raise PluginError(
                f"KeysetPaginator: order={self.order!r} and incremental=True. What is new does not come after the last key "
                "then. Leave incremental out, so that each sync reads the feed whole."
            )
        check_positions(self, [])

    @property
    def reads(self) -> str:
        """What a sync reads, for people."""
        if not self.incremental:
            return "whole in each sync, from its start"
        return f"incrementally: each sync starts a page before the last {self.key} that was seen"

    @property
    def risk(self) -> str:
        """What the plugin takes upon itself."""
        if not self.incremental:
            return ""
        late = f"or comes late with an older {self.key}"
        return f"A record that changes, {late}, is not read again, because the plugin says incremental=True."

    @property
    def repeats(self) -> bool:
        """The last page is read again."""
        return self.incremental

    def check(self, table: Table) -> None:
        """Raise PluginError when a stop rule reads what the requests for *table* do not have."""
        check_carried(self, self.first(table, 1, {}))
        check_first(self, table)
        check_where(self, table, self.param, path=self.next_path)

    def first(self, table: Table, page_size: int, bookmark: Bookmark) -> Request:
        request = sized(first_request(table), self.size_param, page_size, self.where)
        after, before = bookmark.get(self._name), bookmark.get("before")
        position = {"column": table.columns.get(self.key), "trend": Trend()}
        if not self._is_key(after):
            return evolve(request, position=position)
        position |= {"after": after, "before": before if self._is_key(before) else None}
        return evolve(self._at(request, after), position=position)

    def following(self, request: Request, page: Page) -> Request | None:
        self._trend(request, page)
        if any(rule(request, page) for rule in self.stop):
            return None
        if not page.records:
            raise UnexpectedAnswer(
                f"{request}: the page is empty, without a record to go on after, and nothing says that the feed ends here. "
                "If an empty page is its end, add empty_page() to the paginator's stop; if not, ask the API's owner."
            )
        return self.onward(request, page)

    def onward(self, request: Request, page: Page) -> Request:
        """The request for what comes after the last key of this page, whatever the stop rules say."""
        last = self._last(request, page)
        place = {**request.position, "trend": self._trend(request, page), "after": last, "before": request.position.get("after")}
        return evolve(self._at(request, last), position=place)

    def bookmark(self, request: Request) -> Bookmark:
        after, before = request.position.get("after"), request.position.get("before")
        if after is None:
            return {}
        return {self._name: after} | ({"before": before} if self.incremental and before is not None else {})

    def rest(self, request: Request, page: Page) -> Bookmark:
        if not self.incremental or not self._trend(request, page).known:
            return {}
        place = request.position.get("after" if page.records else "before")
        return {} if place is None else {"after": place}

    def remarks(self, request: Request, page: Page) -> Iterator[str]:
        """Keys that two records share, and an order that cannot be told though the next sync would go by it."""
        shared = next((key for key, _ in self._shared(page)), None)
        if shared is not None:
            yield (
                f"records share the {self.key} {one_line(repr(shared), 60)}. The next page starts after it, so one that has it "
                "too may be passed over. Page by a field that no two records share."
            )
        if self.incremental and not self._trend(request, page).known:
            yield (
                f"it cannot be told whether the API sorts by {self.key}, so the next sync reads the feed whole. "
                "Leave incremental=True out of the paginator, or sort by numbers or times."
            )

    @property
    def _name(self) -> str:
        return "after" if self.incremental else "page_after"

    def _at(self, request: Request, key: Any) -> Request:
        there = request.at(self.next_path) if self.next_path else request
        return there.placed(self.where, self.param, key)

    def _is_key(self, value: Any) -> bool:
        if isinstance(value, list):
            return self.where == "body"
        return isinstance(value, str | int | float) and value != "" and can_carry(self.where, value)

    def _trend(self, request: Request, page: Page) -> Trend:
        """How the keys go, this page's too. Raises UnexpectedAnswer when they are not sorted as the plugin says."""
        trend: Trend = request.position.get("trend", Trend())
        if self.order == "any" or not page.records:
            return trend
        after = request.position.get("after")
        keys = [] if after is None else [after]
        keys += [self._key_of(record) for record in page.records]
        known = [key for key in keys if key is not None]
        if self.order == "descending":
            known.reverse()
        found, verdict = trend.after(known, request.position.get("column"))
        if verdict in ("backwards", "unsorted"):
            raise UnexpectedAnswer(self._sorted_otherwise(request, known, verdict))
        return found

    def _sorted_otherwise(self, request: Request, keys: Sequence[Any], verdict: Verdict) -> str:
        one, two = (one_line(repr(key), 60) for key in out_of_order(keys))
        if self.order == "descending":
            return (
                f"{request}: the keys do not descend, as the plugin says: {self.key} {one} comes right after {two}. "
                f"Ask the API to sort by {self.key}, descending, with a parameter in the table's params. If it sends the least "
                'first, leave order="descending" out of the paginator.'
            )
        how = f"{self.key} {two} comes right after {one}"
        if verdict == "unsorted":
            return (
                f"{request}: the keys are in no order: {how}. The next page starts after the last key of this one, so what is "
                f"before it would be passed over. Ask the API to sort by {self.key}, with a parameter in the table's params, or "
                'use another paginator. If the API knows by itself what comes after a key, write order="any".'
            )
        return (
            f"{request}: the keys descend: {how}. Ask the API to sort by {self.key}, ascending, with a parameter in the table's "
            'params. If it only sends the newest first, write order="descending": each sync then reads the feed whole.'
        )

    def _shared(self, page: Page) -> Iterator[tuple[Any, Any]]:
        for one, two in pairwise(page.records):
            key = self._key_of(one)
            if key is not None and key == self._key_of(two) and one != two:
                yield key, two

    def _key_of(self, record: Any) -> Any:
        return self._place.get(record) if isinstance(record, Mapping) else None

    def _last(self, request: Request, page: Page) -> Any:
        value = self._key_of(page.records[-1])
        if not self._is_key(value):
            raise UnexpectedAnswer(
                f"{request}: the last record has no {self.key} to go on after{there_is(self.key, page.records[-1:])}. "
                "If the API changed, change the plugin's paginator."
            )
        return value
