"""The table of lies: an API that serves what the plugin says, but breaks one of its assumptions, in every sync.

A sync of a lying API has to bring the right rows, or to be loud: authors err and APIs change, but rows are never silently wrong.
Where nothing in any answer could tell a lie, or where the plugin says in so many words what the lie breaks, it does not apply.
"""

from typing import Any

from connector_build.api.pointing import innermost
from connector_build.testing.matrix import lying
from connector_build.testing.matrix import reasons as why
from connector_build.testing.matrix.saying import Says, flags, in_header, numbers
from connector_build.testing.matrix.strikes import Fault
from connector_core import (
    CursorPaginator,
    KeysetPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePage,
    UpdatedSince,
)
from connector_core.plugin.assembly import TablePlan

Why = why.Why


def _lie(name: str, what: str, says: Says | None = None, *whys: Why, **more: Any) -> Fault:
    return Fault(name, what, says or (lambda asking: asking.reply), why_not=why.first_reason(*whys), lasting=True, **more)


# Why a lie does not apply


def _only(*kinds: type) -> Why:
    names = " or ".join(kind.__name__ for kind in kinds)
    return lambda plan: None if isinstance(innermost(plan), kinds) else f"it is about a {names}"


def _objects(plan: TablePlan) -> str | None:
    bare = plan.table.records == "@" or plan.table.format is not None
    return "an answer is its records, and says nothing beside them" if bare else None


def _flagged(plan: TablePlan) -> str | None:
    return None if flags(plan) else "no answer says true or false there"


def _numbered(plan: TablePlan) -> str | None:
    return None if numbers(plan) else "no answer says how many there are"


def _sized(plan: TablePlan) -> str | None:
    return None if getattr(innermost(plan), "size_param", None) else "nothing is said about the size of a page"


def _in_the_body(plan: TablePlan) -> str | None:
    return "what leads on is in a header" if in_header(plan) else None


def _filtered(plan: TablePlan) -> str | None:
    return None if plan.table.params else "its requests have no filter"


def _since(plan: TablePlan) -> str | None:
    return None if isinstance(plan.paginator, UpdatedSince) else "it is about UpdatedSince"


_POINTED = _only(CursorPaginator, NextLinkPaginator)
_CURSOR = _only(CursorPaginator)
_LINKED = _only(NextLinkPaginator)
_COUNTED = _only(PageNumberPaginator, OffsetPaginator)
_KEYED = _only(KeysetPaginator)
_NOT_KEYED = why.paged_by(KeysetPaginator, "it has lies of its own about order")
_ALONE = _only(SinglePage)


def _ends(value: Any) -> Fault:
    says, hears = lying.ends_with(value)
    what = f"The next cursor of the last page is {value!r}; where that is sent, the API begins again."
    return _lie(f"the end is {value!r}", what, says, _CURSOR, _in_the_body, hears=hears)


LIES: tuple[Fault, ...] = (
    # Order and repetition
    _lie("newest first", "What came last comes first.", None, _NOT_KEYED, feed=lying.newest_first),
    _lie("keys that descend", "The greatest key comes first, and what follows a key is below it.", lying.keys_from_above, _KEYED),
    _lie("keys in no order", "What comes behind a key is in no order.", lying.keys_in_no_order, _KEYED),
    _lie("keys from the one given", "A page begins with the key that was given.", lying.keys_from_the_given, _KEYED),
    _lie(
        "pages that overlap",
        "A page begins with the last record of the page before.",
        lying.overlapping,
        why.one_page,
        _NOT_KEYED,
    ),
    # The end
    _lie("no end marker", "What says that the feed ends is left out where it ends.", lying.no_marker, _objects, why.one_page),
    _lie("always a next page", "An empty page follows the last one, and leads to itself.", lying.always_next, _POINTED),
    _lie("the next page is this one", "The last page leads to itself.", lying.next_is_this, _POINTED),
    _lie("ever new cursors", "Empty pages follow the last one, each with a new cursor.", lying.ever_new, _POINTED),
    _lie("there is more, for ever", "Each page says that there is more.", lying.more_for_ever, _flagged),
    _lie(
        "no more, too early",
        "A page that leads on says that there is no more.",
        lying.no_more_at_once,
        _CURSOR,
        _in_the_body,
    ),
    _lie("next gone", "A page that says that there is more does not lead on.", lying.next_gone, _CURSOR, _flagged),
    *(_ends(value) for value in (0, "0", -1, False, "")),
    _lie("beyond the end, the last page", "Beyond the end the last page comes again.", lying.last_page_again, _COUNTED),
    _lie("beyond the end, the first page", "Beyond the end the first page comes again.", lying.first_page_again, _COUNTED),
    _lie("beyond the end, 404", "Beyond the end the answer is 404.", lying.refused_beyond(404), _COUNTED),
    _lie("nothing is null", "Where there is nothing, null stands for the list.", lying.nothing_is(None), _objects),
    _lie("nothing is no key", "Where there is nothing, the list is left out.", lying.nothing_is_no_key, _objects),
    _lie("nothing is 204", "Where there is nothing, the answer is 204.", lying.nothing_is_204),
    # Numbers
    _lie("a total too low", "The total is half of what there is.", lying.counting(lambda _, total: total // 2), _numbered),
    _lie("a total too high", "The total is three too high.", lying.counting(lambda _, total: total + 3), _numbered),
    _lie("a rough total", "The total is rounded down to tens.", lying.counting(lambda _, total: total // 10 * 10), _numbered),
    _lie("a total of the page", "The total is that of the page.", lying.counting(lying.of_the_page), _numbered),
    _lie("a total of -1", "The total is -1: nobody has counted.", lying.counting(lambda _, __: -1), _numbered),
    _lie("no total", "The total is null.", lying.counting(lambda _, __: None), _numbered),
    # Types
    _lie("a total as a text", "The total is a text.", lying.counting(lambda _, total: str(total)), _numbered),
    _lie(
        "flags as texts",
        'Instead of true and false, the answer says "true" and "false".',
        lying.flags_as(lambda flag: str(flag).lower()),
        _flagged,
    ),
    _lie("flags as numbers", "Instead of true and false, the answer says 1 and 0.", lying.flags_as(int), _flagged),
    _lie("a cursor that is a number", "The next cursor is a number.", lying.next_as_number, _CURSOR, hears=lying.number_as_next),
    _lie(
        "a cursor in an object",
        "The next cursor is in an object.",
        lying.next_as(lambda given: {"cursor": given}),
        _POINTED,
        _in_the_body,
    ),
    _lie("a cursor in a list", "The next cursor is in a list.", lying.next_as(lambda given: [given]), _POINTED, _in_the_body),
    # Links
    _lie("a relative link", "The next link has no host.", lying.linked(lying.relative), _LINKED),
    _lie("a link of a query alone", "The next link is a query alone.", lying.linked(lying.query_alone), _LINKED),
    _lie(
        "a link from the last segment",
        "The next link begins with the last part of the path.",
        lying.linked(lying.last_segment),
        _LINKED,
    ),
    _lie("a link without a scheme", "The next link begins with two slashes.", lying.linked(lying.without_scheme), _LINKED),
    _lie(
        "a link to another path",
        "The next link leads to another path, where the feed goes on.",
        lying.linked(lying.at_another_path),
        _LINKED,
        hears=lying.from_another_path,
    ),
    _lie(
        "a link without the filter",
        "The next link has nothing but the place, and leads to records outside the filter.",
        lying.linked(lying.place_alone),
        _LINKED,
        _filtered,
        hears=lying.unfiltered,
        feed=lying.filtered,
        hides=lying.every_third,
    ),
    # Sizes
    _lie("a capped page", f"The API gives at most {lying.CAP} records.", None, _sized, why.ENDS_SHORT, hears=lying.capped),
    _lie("a page of its own size", f"The API gives {lying.MUCH} records.", None, _sized, hears=lying.size_ignored),
    _lie(
        "pages filtered after they were cut",
        "Each third record may not be seen, so pages are short in the middle.",
        lying.hiding(lying.every_third),
        why.ENDS_SHORT,
        hides=lying.every_third,
    ),
    _lie(
        "a page filtered to nothing",
        "No record of a page in the middle may be seen.",
        lying.hiding(lying.a_page_of_them),
        why.ENDS_SHORT,
        why.ENDS_EMPTY,
        hides=lying.a_page_of_them,
    ),
    _lie(
        "a page filtered to nothing, and more is said",
        "The same, and the answer says has_more: true.",
        lying.hiding(lying.a_page_of_them, lying.more_beside),
        _objects,
        hides=lying.a_page_of_them,
    ),
    _lie(
        "a page filtered to nothing, and a total is said",
        "The same, and the answer has a total.",
        lying.hiding(lying.a_page_of_them, lying.total_beside),
        _objects,
        hides=lying.a_page_of_them,
    ),
    _lie(
        "a short page in the middle, and more is said",
        "Each third record may not be seen, and the answer says has_more: true.",
        lying.hiding(lying.every_third, lying.more_beside),
        _objects,
        hides=lying.every_third,
    ),
    # More than the plugin knows of
    _lie("there is more, beside", "Each answer has has_more: true beside.", lying.beside(lying.more_beside_for_ever), _objects),
    _lie("a next page, beside", "Each answer has next_page: 7 beside.", lying.beside(lying.next_beside_for_ever), _objects),
    _lie("a total that is off, beside", "The answer has a total that is too high.", lying.beside(lying.off_beside), _objects),
    _lie(
        "one page of several, has_more",
        "The answer has the first records alone, and has_more: true.",
        lying.first_of_several(lambda _: {"has_more": True}),
        _ALONE,
        _objects,
    ),
    _lie(
        "one page of several, a total",
        "The answer has the first records alone, and a total.",
        lying.first_of_several(lying.total_beside),
        _ALONE,
        _objects,
    ),
    _lie(
        "one page of several, a link",
        "The answer has the first records alone, and next_page_url.",
        lying.first_of_several(lambda asking: {"next_page_url": f"{asking.api.url}/items?page=2"}),
        _ALONE,
        _objects,
    ),
    _lie(
        "one page of several, a header",
        "The answer has the first records alone, and a Link header.",
        lying.first_of_several_linked,
        _ALONE,
    ),
    # Records
    _lie("records moved", "The whole answer is in an object.", lying.moved, _objects),
    _lie("keys of the answer renamed", "The keys of the answer have other names.", lying.renamed, _objects),
    _lie("records wrapped", "Each record is in an object.", lying.wrapped),
    _lie("records by key", "The records are in an object, by their keys.", lying.by_key, _objects),
    _lie("one record alone", "A list of one record is that record.", lying.one_alone, _objects),
    _lie("the key renamed", "The key of the records has another name.", lying.key_renamed),
    _lie("a record that is null", "A page has null among its records.", lying.with_null, _objects),
    # Times
    _lie("the time renamed", "The field that the feed goes by has another name.", lying.time_renamed, _since),
    _lie("a filter that is ignored", "The API pays no heed to the filter.", None, _since, hears=lying.filter_ignored),
)
"""Every lie."""
