"""The feed of a table whose deletes another feed tells of: the events first, and then the table's own feed."""

from collections.abc import Generator, Mapping
from typing import Any

from attrs import evolve

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.hints import nowhere
from connector_core.engine.reading import Api, BookmarkRejectedError, Feed, Opens, Read
from connector_core.plugin.plan import TablePlan
from connector_core.source.deletes import DeletedBy
from connector_core.source.pagination import Bookmark
from connector_core.source.rows import records_of

GONE = "gone"
"""Where the bookmark of the events stands, in that of the table."""


class EventsFeed:
    """Two feeds as one. What an event says is gone is deleted before the API's records go out: these are what there is.

    The bookmark is that of the table's own feed, with that of the events in it.
    """

    def __init__(self, plan: TablePlan, events: TablePlan, api: Api, bookmark: Bookmark, opens: Opens) -> None:
        self._plan = plan
        self._events_plan = events
        self._api = api
        self._opens = opens
        own = {name: value for name, value in bookmark.items() if name != GONE}
        told = bookmark.get(GONE)
        self._own: Feed = opens(evolve(plan, events=None), api, own)
        self._told: Feed = opens(events, api, told if isinstance(told, Mapping) else {}, ahead=False)

    @property
    def start(self) -> Bookmark:
        """Where the table's own feed starts: what is deleted does not tell whether it is read whole."""
        return self._own.start

    @property
    def bookmark(self) -> Bookmark:
        """Where both go on."""
        told = self._told.bookmark
        return {**self._own.bookmark, **({GONE: dict(told)} if told else {})}

    @property
    def anew(self) -> Bookmark:
        """What a read of the table's own feed from its start may begin with."""
        return self._own.anew

    @property
    def left_aside(self) -> bool:
        """Whether the table's own feed had a bookmark that said nothing."""
        return self._own.left_aside

    @property
    def ended(self) -> bool:
        """Whether the page that was read last is known to be the last one."""
        return self._own.ended

    def reads(self) -> Generator[Read | None, None, None]:
        """The events' pages, each with the keys that it says are gone, and then the table's own."""
        try:
            yield from self._events()
        except BookmarkRejectedError as error:
            self._api.log.warning(f"{self._plan.table.name}: of what is gone, {error} Reading it again from its start.")
            self._told = self._opens(self._events_plan, self._api, {}, ahead=False)
            yield from self._events()
        yield from self._own.reads()

    def _events(self) -> Generator[Read | None, None, None]:
        for read in self._told.reads():
            yield None if read is None else evolve(read, gone=self._keys(read), last=False, again=False)

    def _keys(self, read: Read) -> list[dict[str, Any]]:
        rule = self._plan.table.deleted_by
        assert rule is not None  # noqa: S101  (an EventsFeed is made for a table that has one)
        where = f"{self._plan.table.name}: {read.request}"
        events = list(records_of(self._events_plan.table, read.page, read.request, where))
        _check(rule, events, where)
        return [rule.gone(event) for event in events if rule.tells(event)]


def _check(rule: DeletedBy, events: list[Any], where: str) -> None:
    """Raise UnexpectedAnswer for a field that none of a page's *events* has: misspelt, it would delete nothing, ever."""
    told = [event for event in events if rule.tells(event)]
    places = [("when", rule.about, events)] if rule.about else []
    places += [(f"key, for {column},", place, told) for column, place in rule.places.items()]
    for what, place, records in places:
        if records and place is not None and (hint := nowhere(place, records)):
            raise UnexpectedAnswer(
                f"{where}: no record of {rule.table} on this page has {place}, which {what} of deleted_by names{hint}. "
                "Correct it."
            )
