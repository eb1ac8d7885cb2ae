"""One page of a feed, cut as a plugin's own paginator asks for it, and what the answer says about the next one."""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from attrs import evolve, field, frozen

from connector_build.api.feed import CURSOR, Cursors, Entry, after
from connector_build.api.finding import seconds_in, unfilled
from connector_build.api.making import layers, window_field
from connector_build.api.messages import Asked
from connector_core import (
    CursorPaginator,
    FullRead,
    KeysetPaginator,
    LinkHeaderPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePage,
    Table,
    UntilKnown,
    UpdatedSince,
    Windows,
    empty_page,
    field_is,
    hard_limit,
    header_is,
    last_page,
    link_is,
    no_more,
    repeated_page,
    short_page,
    total_reached,
)
from connector_core.basics.paths import cached_path
from connector_core.paging.resting import place_of_size
from connector_core.plugin.assembly import TablePlan

PAGE = 100
"""Records in a page of an API that is not asked for a number."""
MOST_WINDOWS = 5000
"""So many requests for one feed are made at most, to try it."""
TOP = 2**40
"""A place that no feed comes to, from which those of a feed that is served newest first are counted down."""
LINKED = "after"
"""The query parameter of links that takes a cursor."""

_STRATEGIES = (FullRead, UntilKnown, UpdatedSince, Windows)
_PAGINATORS = (CursorPaginator, PageNumberPaginator, OffsetPaginator, KeysetPaginator, NextLinkPaginator, SinglePage)
_RULES = (empty_page, field_is, hard_limit, header_is, last_page, link_is, no_more, repeated_page, short_page, total_reached)
_ALWAYS = (empty_page, field_is, header_is, link_is, repeated_page)
"""Rules for an API that leads on from its last page too."""

Entries = list[Entry]


def why_unknown(plan: TablePlan) -> str | None:
    """Why it cannot be told from a plugin how its API pages a table; None where it can."""
    *strategies, innermost = list(layers(plan.paginator))
    for layer in strategies:
        if isinstance(layer, Windows) and layer.so_far > MOST_WINDOWS:
            return f"{plan.table.name}: it has {layer.so_far} windows by now, which would take too long to try"
    if not isinstance(innermost, _PAGINATORS):
        return f"{plan.table.name}: its paginator is a {type(innermost).__name__}, and how the API answers it cannot be told"
    if strange := [rule for rule in getattr(innermost, "stop", ()) if not isinstance(rule, _RULES)]:
        return f"{plan.table.name}: its stop rule {strange[0]!r} is a function, and what that looks at cannot be told"
    return None


@frozen
class Sizes:
    """How many records a page may have, and how many it has where nobody asks; *greatest* None: as many as one likes.

    unasked: how many it has where nobody can ask.
    """

    least: int = 1
    greatest: int | None = None
    default: int = PAGE
    unasked: int = PAGE

    def asked_for(self, param: str | None, request: Asked, where: str = "query") -> int:
        """How many records *request* asks for. Raises ValueError where the API does not give as many."""
        given = request.get(where, param) if param else None
        if given is None:
            return self.default if param else self.unasked
        text = str(given)
        # isdigit alone would let through digits of other scripts; the length keeps int() within its limit.
        if text.isascii() and text.isdigit() and len(text) < 20 and self.least <= int(text) <= (self.greatest or int(text)):
            return int(text)
        bounds = f"of at least {self.least}" if self.greatest is None else f"from {self.least} to {self.greatest}"
        raise ValueError(f"{param} is a whole number {bounds}, not {text!r}")


@frozen
class Cutting:
    """What pages are cut with: a request to *base*, by its path, the cursors that are known, and the sizes that there are."""

    request: Asked
    base: str
    cursors: Cursors
    sizes: Sizes
    values: dict[str, Any] = field(factory=dict)
    """What goes into the body beside the records, by path."""
    headers: dict[str, str] = field(factory=dict)

    def page(self, paginator: Any, tables: Sequence[Table], lists: Sequence[Entries]) -> list[Entries]:
        """Of each list of entries, in the order of its feed, those of one page.

        Lists that share an answer share its cursor or link too: a page is then so many records of all of them. By numbers and
        keys each list is paged by itself.
        """
        paginator, lists = self.narrowed(paginator, tables, lists)
        match paginator:
            case CursorPaginator():
                return _parted(lists, lambda entries: self._by_cursor(paginator, entries))
            case NextLinkPaginator():
                return _parted(lists, lambda entries: self._by_link(paginator, entries))
            case PageNumberPaginator() | OffsetPaginator():
                return [self._by_offset(paginator, entries) for entries in lists]
            case KeysetPaginator():
                return [self._by_key(paginator, entries) for entries in lists]
        return list(lists)

    def narrowed(self, paginator: Any, tables: Sequence[Table], lists: Sequence[Entries]) -> tuple[Any, Sequence[Entries]]:
        """What pages the lists within the strategies of *paginator*, and of each list what those ask for."""
        while isinstance(paginator, _STRATEGIES):
            lists = [self._narrowed(paginator, table, entries) for table, entries in zip(tables, lists, strict=True)]
            paginator = paginator.pages
        return paginator, lists

    def _by_cursor(self, paginator: CursorPaginator, entries: Entries) -> Entries:
        size = self._size(paginator)
        chosen, more = after(entries, self._place(paginator.param, self.request.get(paginator.where, paginator.param)), size)
        always = _leads_on(paginator.stop)
        token = self.cursors.at(chosen[-1].place) if chosen and (more or always) else None
        self._say(paginator.stop, len(entries), size, more)
        if paginator.next_header:
            self.headers.update({paginator.next_header: token} if token else {})
            return chosen
        if token or not paginator.missing_ends:
            self.values[paginator.next_field] = token or _end(paginator)
        if says_more(paginator) and paginator.more_field not in self.values:
            self.values[paginator.more_field] = more
        return chosen

    def _by_link(self, paginator: NextLinkPaginator, entries: Entries) -> Entries:
        size = self.sizes.asked_for(paginator.size_param, self.request)
        chosen, more = after(entries, self._place(LINKED, self.request.params.get(LINKED)), size)
        leads = more or (_leads_on(paginator.stop) and bool(chosen))
        link = f"{self.base}?{urlencode({**self.request.params, LINKED: self.cursors.at(chosen[-1].place)})}" if leads else None
        if isinstance(paginator, LinkHeaderPaginator):
            self.headers.update({"Link": f'<{link}>; rel="{paginator.next_field}"'} if link else {})
        elif link or not paginator.missing_ends:
            self.values[paginator.next_field] = link or _end(paginator)
        self._say(paginator.stop, len(entries), size, more)
        return chosen

    def _by_offset(self, paginator: PageNumberPaginator | OffsetPaginator, entries: Entries) -> Entries:
        size = self._size(paginator)
        start = self._number(paginator.where, paginator.param)
        if isinstance(paginator, PageNumberPaginator):
            start = (start - paginator.first_page) * size
        if start < 0:
            raise ValueError(f"{paginator.param} is {self.request.get(paginator.where, paginator.param)}, before the first page")
        if start >= len(entries) and any(isinstance(rule, repeated_page) for rule in paginator.stop):
            start = max(0, len(entries) - 1) // size * size  # the last page comes again
        self._say(paginator.stop, len(entries), size, start + size < len(entries))
        return entries[start : start + size]

    def _by_key(self, paginator: KeysetPaginator, entries: Entries) -> Entries:
        size = self._size(paginator)
        ordered = entries if paginator.order == "any" else _ordered(entries, paginator.key)
        ordered = ordered[::-1] if paginator.order == "descending" else ordered
        given = self.request.get(paginator.where, paginator.param)
        if given is not None:
            keys = [cached_path(paginator.key).get(entry.record) for entry in ordered]
            last = _like(ordered, paginator.key, paginator.param, given)
            ordered = _behind(paginator, ordered, keys, last)
        self._say(paginator.stop, len(entries), size, len(ordered) > size)
        return ordered[:size]

    def _size(self, paginator: Any) -> int:
        where = place_of_size(paginator.where, paginator.size_param or "", self.request.template)
        return self.sizes.asked_for(paginator.size_param, self.request, where)

    def _place(self, param: str, cursor: Any) -> int:
        if cursor is None:
            return 0
        if not CURSOR.fullmatch(str(cursor)):
            raise ValueError(f"{param} is 32 hexadecimal digits, not {cursor!r}")
        place = self.cursors.place(cursor)
        if place is None:
            raise ValueError(f"unknown cursor {cursor!r}")
        return place

    def _say(self, rules: Iterable[object], total: int, size: int, more: bool) -> None:
        """Put what the stop rules look at into the answer: of several lists, what is true of the longest."""
        for rule in rules:
            match rule:
                case no_more():
                    self.values[rule.path] = more or bool(self.values.get(rule.path))
                case total_reached():
                    self.values[rule.path] = max(total, self.values.get(rule.path, 0))
                case last_page():
                    self.values[rule.path] = max(1, -(-total // size), self.values.get(rule.path, 0))
                case field_is() | header_is() | link_is():
                    self._end_by(rule, more)

    def _end_by(self, rule: field_is | header_is | link_is, more: bool) -> None:
        """Say what a feed ends with where it does; in the middle, that it does not, where that can be told from the end."""
        match rule:
            case field_is() if not more:
                self.values[rule.path] = rule.value[0]
            case field_is() if isinstance(rule.value[0], bool):
                self.values[rule.path] = not rule.value[0]
            case header_is() if not more:
                self.headers[rule.name] = rule.value[0]
            case link_is() if "Link" in self.headers:
                self.headers["Link"] += f'; {rule.parameter}="{"more" if more else rule.value[0]}"'

    def _narrowed(self, strategy: FullRead | UntilKnown | UpdatedSince | Windows, table: Table, entries: Entries) -> Entries:
        match strategy:
            case UpdatedSince():
                return self._since(strategy, entries)
            case UntilKnown():
                return _newest_first(strategy, table, entries)
            case Windows():
                return self._window(strategy, table, entries)
        return entries

    def _since(self, strategy: UpdatedSince, entries: Entries) -> Entries:
        name = strategy.newest
        given = self.request.get(strategy.where, strategy.param)
        if strategy.template is not None:  # what it was not made into is the filter of a first read
            given = (unfilled(strategy.template, given, {"since"}) or {}).get("since")
        bound: Any = None if given is None else self._bound(strategy, entries, given)
        if bound is None:
            return entries
        seconds = (lambda value: seconds_in(value, None)) if strategy.notation else (lambda value: value)
        times = [(seconds(cached_path(name).get(entry.record)), entry) for entry in entries]
        return [entry for time, entry in times if time > bound or (strategy.inclusive and time == bound)]

    def _bound(self, strategy: UpdatedSince, entries: Entries, given: Any) -> Any:
        if strategy.notation is None:
            return _like(entries, strategy.newest, strategy.param, given)
        return seconds_in(given, strategy.notation)

    def _window(self, strategy: Windows, table: Table, entries: Entries) -> Entries:
        first, last = self._ends(strategy)
        inclusive = strategy.ends == "inclusive"
        if isinstance(strategy.start, int):
            low, high = (Decimal(_whole(strategy.from_param, end)) for end in (first, last))
            numbered = [(Decimal(strategy.start + entry.number - 1), entry) for entry in entries]
        else:
            low, high = (seconds_in(end, strategy.notation) for end in (first, last))
            name = window_field(table, strategy)
            numbered = [(seconds_in(entry.record[name], None), entry) for entry in entries]
        return [entry for at, entry in numbered if low <= at <= high and (inclusive or at < high)]

    def _ends(self, strategy: Windows) -> tuple[Any, Any]:
        """The two ends of the window that is asked for."""
        given = self._given(strategy.where, strategy.from_param)
        if strategy.to_param is not None:
            return given, self._given(strategy.where, strategy.to_param)
        found = unfilled(strategy.template, given, {"from", "to"})
        if found is None:
            raise ValueError(f"{strategy.from_param} is {strategy.template}, not {given!r}")
        return found["from"], found["to"]

    def _given(self, where: str, param: str) -> Any:
        """What the API insists on."""
        found = self.request.get(where, param)
        if found is None:
            raise ValueError(f"{param} is missing")
        return found

    def _number(self, where: str, param: str) -> int:
        return _whole(param, self._given(where, param))


def _whole(param: str, given: Any) -> int:
    try:
        return int(given)
    except (TypeError, ValueError):
        raise ValueError(f"{param} is a whole number, not {given!r}") from None


def _newest_first(strategy: UntilKnown, table: Table, entries: Entries) -> Entries:
    """The feed from its other end: by when its records were changed last or, where it goes by their key, by their number."""
    by_key = strategy.newest in table.primary_key
    placed = [evolve(entry, place=TOP - (entry.number if by_key else entry.place)) for entry in entries]
    return sorted(placed, key=lambda entry: entry.place)


def _leads_on(rules: Iterable[object]) -> bool:
    """Whether the last page leads on too, because a rule tells that it is the last."""
    return any(isinstance(rule, _ALWAYS) for rule in rules)


def says_more(paginator: CursorPaginator) -> bool:
    """Whether an answer says by a flag whether there is more: where nothing else says so."""
    other = paginator.next_header or paginator.missing_ends or paginator.ends_at or _leads_on(paginator.stop)
    return not other


def _end(paginator: CursorPaginator | NextLinkPaginator) -> Any:
    """What stands in the place of a next cursor or link on the last page."""
    return paginator.ends_at[0] if paginator.ends_at else None


def _behind(paginator: KeysetPaginator, ordered: Entries, keys: Sequence[Any], last: Any) -> Entries:
    """What follows the key *last* in the order of the API."""
    if paginator.order == "any":
        return ordered[keys.index(last) + 1 :] if last in keys else []
    descending = paginator.order == "descending"
    return [entry for key, entry in zip(keys, ordered, strict=True) if (key < last if descending else key > last)]


def _parted(lists: Sequence[Entries], cut: Callable[[Entries], Entries]) -> list[Entries]:
    """One page of all lists together, in the lists again."""
    if len(lists) == 1:
        return [cut(lists[0])]
    together = sorted((entry for entries in lists for entry in entries), key=lambda entry: entry.place)
    chosen = {entry.place for entry in cut(together)}
    return [[entry for entry in entries if entry.place in chosen] for entries in lists]


def _ordered(entries: Entries, name: str) -> Entries:
    return sorted(entries, key=lambda entry: cached_path(name).get(entry.record))


def _like(ordered: Entries, name: str, param: str, given: Any) -> Any:
    """*given* as a value of the same kind as the field *name* of the records. Raises ValueError where it is none."""
    kind = type(cached_path(name).get(ordered[0].record)) if ordered else str
    try:
        return kind(given)
    except (TypeError, ValueError):
        raise ValueError(f"{param} is a value of {name}, not {given!r}") from None
