"""The evidence at the end of a feed: where a paginator ends it while the answer says that there is more, the answer is believed.

The signs are those of ``signs``. They are weighed once, when a feed ends; a plugin overrules one by its name.

An answer in which there is nothing at all, such as a 204, is an empty page and has no sign. So it is held against what the page
before it said in so many words: that there is more, how many pages there are, or how many records. A cursor or a link that led to
it is nothing against it. Many APIs hand one out with each page that is full, and answer 204 when nothing comes after it.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from attrs import define, field

from connector_core.basics.counting import counted, plural
from connector_core.basics.errors import StalePlace, UnexpectedAnswer
from connector_core.paging.signs import Sign, signs_in
from connector_core.paging.stop_rules import repeated_page
from connector_core.source.pagination import Page, Request
from connector_core.source.tables import Table

Warn = Callable[[str, str], object]
"""Called with the name of a sign, to warn of it once, and with the warning."""

TENTH = 10
"""A total that differs by no more than this part of itself is taken for an estimate."""


@define
class Evidence:
    """What was read of one feed so far, and the judge of its end: the ``witness`` of each of its pages.

    warn:  what takes a warning.
    whole: the read started at the start of the feed, so what was read can be held against a total.
    judged: whether the page in hand was held against an end.
    here:   the page in hand; before: the one before it, kept where the page in hand is silent.
    """

    table: Table
    warn: Warn
    whole: bool = True
    records: int = field(default=0, init=False)
    pages: int = field(default=0, init=False)
    largest: int = field(default=0, init=False)
    fresh: int = field(default=0, init=False)
    """Records of pages that were not there already."""
    judged: bool = field(default=False, init=False)
    here: Page | None = field(default=None, init=False, repr=False)
    before: Page | None = field(default=None, init=False, repr=False)

    def took(self, page: Page) -> None:
        """Count a page that was read."""
        number = len(page.records)
        self.records += number
        self.fresh += 0 if page.repeated else number
        self.largest = max(self.largest, number)
        self.pages += 1
        self.judged = False
        self.before, self.here = (self.here if page.silent else None), page

    def ended(self, paginator: Any, request: Request, page: Page) -> Request | None:
        """What to make of it that *paginator* ends its feed with *page*: None where nothing is against it.

        Where the answer says that there is more, the request that goes on all the same; for that a paginator may have a method
        ``onward``, with the arguments of ``following``. Raises UnexpectedAnswer where there is none; StalePlace where a read that
        was taken up again gets a silent page first, and nobody knows what the page before it said.
        """
        self.judged = True
        if page.silent and not self.whole and self.pages == 1 and _is_within(paginator, request, page):
            raise StalePlace(f"{request}: there is nothing in the answer, where a read that was cut short had to go on")
        signs = [sign for sign in self._signs(request, page) if sign.name not in self.table.overrule]
        self._check_fresh(paginator, request, page, signs)
        total = self._missing(signs)
        against = next(self._against(signs, paginator, page), None) or (None if _says_no(signs, next_too=True) else total)
        following = _onward(paginator, request, page) if against else None
        if against and following:
            self.warn(against.name, f"{request}: {_told(against, paginator, page)} Going on. {_remedy(against, paginator, page)}")
            return following
        if against and (against is not total or self._is_far(against.value, page)):
            way_out = f"If the rest is not wanted, or {against.name} says something else, {self._overruling(against)}."
            raise UnexpectedAnswer(f"{request}: {_told(against, paginator, page)} {_remedy(against, paginator, page)} {way_out}")
        if total:
            estimate = f"If {total.name} is no more than an estimate, or counts something else, {self._overruling(total)}."
            self.warn(total.name, f"the feed has ended, but {total}. {estimate}")
        self._begin_another()
        return None

    def _check_fresh(self, paginator: Any, request: Request, page: Page, signs: Sequence[Sign]) -> None:
        """Raise UnexpectedAnswer where a feed that is counted ends with a page that was there already, and not at its end.

        A cache may answer with the page before, and then the rest counts as read that never came.
        """
        if not (page.repeated and getattr(paginator, "counts", False) and _is_mixed(page.records)):
            return
        totals = [sign.value for sign in signs if sign.kind == "total"]
        asked_for = any(isinstance(rule, repeated_page) for rule in getattr(paginator, "stop", ()))
        if (totals and min(totals) <= self.fresh) or (not totals and asked_for):
            return
        known = f" of {min(totals)}" if totals else ""
        raise UnexpectedAnswer(
            f"{request}: the API sends the same records as for a page before it, and yet the feed would end here, after "
            f"{self.fresh}{known} {plural(min(totals, default=self.fresh), 'record')}. If the API does so for every page "
            "beyond the end, add repeated_page() to the "
            "paginator's stop; if not, the next sync tries again, and if that fails the same way, ask the API's owner."
        )

    def _signs(self, request: Request, page: Page) -> list[Sign]:
        """The signs in the answer; where it is silent, those of the page before that say more than where to look for another."""
        if not page.silent:
            return signs_in(self.table, request, page)
        before = signs_in(self.table, request, self.before) if self.before else []
        return [sign for sign in before if sign.kind not in ("next", "likely next")]

    def _begin_another(self) -> None:
        """What comes next is another feed, such as the next window."""
        self.here = self.before = None
        self.records = self.pages = self.largest = self.fresh = 0
        self.whole = True

    def _against(self, signs: Sequence[Sign], paginator: Any, page: Page) -> Iterator[Sign]:
        """The signs against the end of the feed, the plainest first."""
        yield from (sign for sign in signs if sign.kind == "more" and sign.value)
        if not _says_no(signs):
            yield from (sign for sign in signs if sign.kind == "done")
            yield from self._pages_left(signs, self.pages - page.silent)
            yield from _leading_on(signs, paginator, page)

    def _pages_left(self, signs: Sequence[Sign], read: int) -> Iterator[Sign]:
        """Numbers such as page 1 of 23. Whether they count from 0 or 1 is told by how many pages were *read*."""
        for last in signs:
            for current in signs:
                if (last.kind, current.kind) == ("pages", "page") and last.holder == current.holder:
                    first = 1 if not self.whole else read - current.value
                    if first in (0, 1) and current.value + first < last.value:
                        yield last.saying(f"{current.name} is {current.value} of {last.value} {last.name}")

    def _missing(self, signs: Sequence[Sign]) -> Sign | None:
        """The total that was not reached, the smallest of several."""
        totals = [sign for sign in signs if sign.kind == "total" and sign.value > self.records] if self.whole else []
        total = min(totals, key=lambda sign: int(sign.value), default=None)
        read = f"{counted(self.records, 'record')} {plural(self.records, 'was', 'were')} read"
        return total.saying(f"{total.name} is {total.value}, and {read}") if total else None

    def _is_far(self, total: int, page: Page) -> bool:
        """Whether a *total* is more than an estimate may be off by; behind an empty page, a whole page more."""
        missing = total - self.records
        return missing * TENTH > total and (bool(page.records) or missing >= self.largest)

    def _overruling(self, sign: Sign) -> str:
        return f'write overrule=["{sign.name}"] in Table {self.table.name}'


def _is_mixed(records: Sequence[Any]) -> bool:
    """Whether *records* are more than one and the same, which may have come several times running."""
    return any(one != two for one, two in pairwise(records))


def _says_no(signs: Sequence[Sign], *, next_too: bool = False) -> bool:
    """Whether a flag says that there is no more; with *next_too*, or a next field that is there and empty."""
    return any(
        (sign.kind == "more" and not sign.value)
        or (sign.kind == "done" and sign.value)
        or (next_too and sign.kind == "next" and sign.value is None)
        for sign in signs
    )


def _onward(paginator: Any, request: Request, page: Page) -> Request | None:
    """The request that *paginator* would go on with if it were not for its stop rules; behind an empty page it is not asked."""
    onward = getattr(paginator, "onward", None)
    following: Request | None = onward(request, page) if onward and page.records else None
    return following


def for_the_end(table: Table, request: Request, page: Page, records: int) -> list[Sign]:
    """The signs in the answer *page* that the feed ends with it, *records* of it having been read."""
    return [sign for sign in signs_in(table, request, page) if _says_end(sign, records, len(page.records))]


def _says_end(sign: Sign, records: int, here: int) -> bool:
    if sign.kind == "total":
        # A count that is that of the page in hand is no total, unless it is called one.
        return bool(sign.value == records and (records != here or "total" in sign.name.lower()))
    return sign.value is {"more": False, "done": True, "next": None}.get(sign.kind, sign)


def _leading_on(signs: Sequence[Sign], paginator: Any, page: Page) -> Iterator[Sign]:
    """Links, cursors and numbers of a next page, but for what *paginator* itself goes by."""
    named = getattr(paginator, "named", None)
    own = (getattr(paginator, "next_field", "").replace('"', ""), named(page) if named else None)
    leads = [
        sign for sign in signs if sign.kind == "next" and sign.name != own[0] and (sign.value is None or sign.value != own[1])
    ]
    yield from (sign for sign in leads if sign.value is not None and not _is_beyond(sign, signs))
    if not any(sign.kind == "next" for sign in signs):
        yield from (sign for sign in signs if sign.kind == "likely next" and sign.value not in (None, own[1]))


def _is_beyond(sign: Sign, signs: Sequence[Sign]) -> bool:
    """Whether a number of a next page is no page: not after the one in hand, or behind the last."""
    if not isinstance(sign.value, int) or isinstance(sign.value, bool):
        return False
    beside = [each for each in signs if each.holder == sign.holder]
    return any(
        (each.kind == "page" and sign.value <= each.value) or (each.kind == "pages" and sign.value > each.value)
        for each in beside
    )


def _is_within(paginator: Any, request: Request, page: Page) -> bool:
    """Whether *request* is for a place within a read that would begin anew in the next sync."""
    return bool(paginator.bookmark(request)) and not paginator.rest(request, page)


def _told(sign: Sign, paginator: Any, page: Page) -> str:
    if page.silent:
        return f"there is nothing at all in the answer, but the page before says that there is more: {sign}."
    return f"{_name_of(paginator)} ends the feed here, but the answer says that there is more: {sign}."


def _name_of(paginator: Any) -> str:
    return type(paginator).__name__


def _remedy(sign: Sign, paginator: Any, page: Page) -> str:
    """Which word of the plugin is likely wrong, and what to write."""
    if page.silent:
        return "The next sync tries again; if it fails the same way, ask the API's owner."
    name = f'"{sign.name}"'
    wrong = f"{_name_of(paginator)} looks for {paginator.next_field}. " if getattr(paginator, "next_field", None) else ""
    rules = ", ".join(type(rule).__name__ for rule in getattr(paginator, "stop", ()))
    wrong = wrong or (f"Its stop rules are {rules}. " if rules else "")
    if sign.name == "Link":
        return f"{wrong}Write LinkHeaderPaginator()."
    if sign.kind in ("next", "likely next") and isinstance(sign.value, str):
        is_link = "/" in sign.value or sign.value.startswith("?")
        return f"{wrong}Write {'NextLinkPaginator(' if is_link else 'CursorPaginator(next_field='}{name})."
    if sign.kind == "more":
        return f"{wrong}Write the paginator of this API; a stop rule for it is no_more({name})."
    if sign.kind == "total":
        return f"{wrong}Write the paginator of this API; a stop rule for it is total_reached({name})."
    if sign.kind == "pages":
        return f"{wrong}Write the paginator of this API; a stop rule for it is last_page({name})."
    return f"{wrong}Write the paginator of this API (docs/sources.md, Pagination)."
