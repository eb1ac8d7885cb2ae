"""The table of lies: an API that serves what the plugin says, but breaks one of its assumptions, in every sync.

A sync of a lying API has to bring the right rows, or to be loud: authors err and APIs change, but rows are never silently wrong.
Where nothing in any answer could tell a lie, or where the plugin says in so many words what the lie breaks, it does not apply.
"""

from typing import Any

from connector_build.api.messages import Reply
from connector_build.api.pointing import innermost
from connector_build.testing.matrix import reasons as why
from connector_build.testing.matrix.lying import ends, order, places, shapes
from connector_build.testing.matrix.lying.saying import Says, flags, in_header, more_beside, numbers, total_beside
from connector_build.testing.matrix.strikes import Asking, Fault
from connector_core import (
    CursorPaginator,
    KeysetPaginator,
    NextLinkPaginator,
    OffsetPaginator,
    PageNumberPaginator,
    SinglePage,
    UntilKnown,
    UpdatedSince,
)
from connector_core.plugin.assembly import TablePlan

Why = why.Why


def _honest(asking: Asking) -> Reply:
    """The answer as it is: to another request, or of another feed."""
    return asking.reply


def _lie(name: str, what: str, says: Says = _honest, *whys: Why, **more: Any) -> Fault:
    whys = whys if says is _honest else (*whys, _json)
    return Fault(name, what, says, why_not=why.first_reason(*whys), lasting=True, made_up=True, **more)


def _json(plan: TablePlan) -> str | None:
    return "its answers are no JSON" if plan.table.format else None


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


def _believed(plan: TablePlan) -> str | None:
    """Where a feed ends by a number, and nothing in an answer speaks against that."""
    return "the plugin says that the feed ends at this number, and no answer says otherwise" if numbers(plan) else None


def _sorted(plan: TablePlan) -> str | None:
    any_order = innermost(plan).order == "any"
    return "the plugin says that the API knows what comes after a key, in whatever order" if any_order else None


def _behind_cursors(plan: TablePlan) -> str | None:
    goes_on = getattr(innermost(plan), "incremental", False)
    return "the plugin says that what is new comes behind the last cursor" if goes_on else None


def _keyed_rows(plan: TablePlan) -> str | None:
    return None if shapes.sent_key(plan) else "its records have no key"


def _sized(plan: TablePlan) -> str | None:
    return None if getattr(innermost(plan), "size_param", None) else "nothing is said about the size of a page"


def _in_the_body(plan: TablePlan) -> str | None:
    return "what leads on is in a header" if in_header(plan) else None


def _filtered(plan: TablePlan) -> str | None:
    return None if plan.table.params else "its requests have no filter"


def _since(plan: TablePlan) -> str | None:
    return None if isinstance(plan.paginator, UpdatedSince) else "it is about UpdatedSince"


def _timed(plan: TablePlan) -> str | None:
    return None if isinstance(plan.paginator, UpdatedSince | UntilKnown) else "it is about UpdatedSince or UntilKnown"


def _until_known(plan: TablePlan) -> str | None:
    return None if isinstance(plan.paginator, UntilKnown) else "it is about UntilKnown"


_POINTED = _only(CursorPaginator, NextLinkPaginator)
_CURSOR = _only(CursorPaginator)
_LINKED = _only(NextLinkPaginator)
_COUNTED = _only(PageNumberPaginator, OffsetPaginator)
_KEYED = _only(KeysetPaginator)
_NOT_KEYED = why.paged_by(KeysetPaginator, "it has lies of its own about order")
_ALONE = _only(SinglePage)


def _ends(value: Any) -> Fault:
    says, hears = ends.ends_with(value)
    what = f"The next cursor of the last page is {value!r}; where that is sent, the API begins again."
    return _lie(f"the end is {value!r}", what, says, _CURSOR, _in_the_body, hears=hears)


LIES: tuple[Fault, ...] = (
    # Order and repetition
    _lie("newest first", "What came last comes first.", _honest, _NOT_KEYED, _behind_cursors, feed=order.newest_first),
    _lie(
        "an old record on top",
        "The oldest record comes first, as one does that is pinned there.",
        _honest,
        _until_known,
        feed=order.pinned,
    ),
    _lie("keys the other way round", "The feed begins at the other end of its keys.", order.keys_the_other_way, _KEYED),
    _lie("keys in no order", "What comes behind a key is in no order.", order.keys_in_no_order, _KEYED, _sorted),
    _lie("keys from the one given", "A page begins with the key that was given.", order.keys_from_the_given, _KEYED),
    _lie(
        "pages that overlap",
        "A page begins with the last record of the page before.",
        order.overlapping,
        why.one_page,
        _NOT_KEYED,
    ),
    # The end
    _lie("no end marker", "What says that the feed ends is left out where it ends.", ends.no_marker, _objects, why.one_page),
    _lie("always a next page", "An empty page follows the last one, and leads to itself.", ends.always_next, _POINTED),
    _lie("the next page is this one", "The last page leads to itself.", ends.next_is_this, _POINTED),
    _lie("ever new cursors", "Empty pages follow the last one, each with a new cursor.", ends.ever_new, _POINTED),
    _lie("there is more, for ever", "Each page says that there is more.", ends.more_for_ever, _flagged),
    _lie(
        "no more, too early, and a total is said",
        "A page in the middle says that there is no more, beside a total that says that there is.",
        ends.no_more_at_once,
        _flagged,
        _objects,
    ),
    _lie("next gone, and more is said", "A page does not lead on, and says has_more: true.", ends.next_gone, _POINTED, _objects),
    *(_ends(value) for value in (0, "0", -1, False, "")),
    _lie("beyond the end, the last page", "Beyond the end the last page comes again.", ends.last_page_again, _COUNTED),
    _lie("beyond the end, the first page", "Beyond the end the first page comes again.", ends.first_page_again, _COUNTED),
    _lie("beyond the end, 404", "Beyond the end the answer is 404.", ends.refused_beyond(404), _COUNTED),
    _lie("nothing is null", "Where there is nothing, null stands for the list.", ends.nothing_is(None), _objects),
    _lie("nothing is no key", "Where there is nothing, the list is left out.", ends.nothing_is_no_key, _objects),
    _lie("nothing is 204", "Where there is nothing, the answer is 204.", ends.nothing_is_204),
    # Numbers
    _lie(
        "a total too low", "The total is half of what there is.", ends.counting(lambda _, total: total // 2), _numbered, _believed
    ),
    _lie(
        "a rough total",
        "The total is rounded down to tens.",
        ends.counting(lambda _, total: total // 10 * 10),
        _numbered,
        _believed,
    ),
    _lie(
        "a total too low, and more is said",
        "The total is half of what there is, and the answer says has_more: true where there is more.",
        ends.counting(ends.half, more_beside),
        _numbered,
    ),
    _lie(
        "a total of the page, and more is said",
        "The total is that of the page, and the answer says has_more: true where there is more.",
        ends.counting(ends.of_the_page, more_beside),
        _numbered,
    ),
    _lie("a total too high", "The total is three too high.", ends.counting(lambda _, total: total + 3), _numbered),
    _lie("a total of -1", "The total is -1: nobody has counted.", ends.counting(lambda _, __: -1), _numbered),
    _lie("no total", "The total is null.", ends.counting(lambda _, __: None), _numbered),
    # Types
    _lie("a total as a text", "The total is a text.", ends.counting(lambda _, total: str(total)), _numbered),
    _lie(
        "flags as texts",
        'Instead of true and false, the answer says "true" and "false".',
        places.flags_as(lambda flag: str(flag).lower()),
        _flagged,
    ),
    _lie("flags as numbers", "Instead of true and false, the answer says 1 and 0.", places.flags_as(int), _flagged),
    _lie(
        "a cursor that is a number", "The next cursor is a number.", places.next_as_number, _CURSOR, hears=places.number_as_next
    ),
    _lie(
        "a cursor in an object",
        "The next cursor is in an object.",
        places.next_as(lambda given: {"cursor": given}),
        _POINTED,
        _in_the_body,
    ),
    _lie("a cursor in a list", "The next cursor is in a list.", places.next_as(lambda given: [given]), _POINTED, _in_the_body),
    # Links
    _lie("a relative link", "The next link has no host.", places.linked(places.relative), _LINKED),
    _lie("a link of a query alone", "The next link is a query alone.", places.linked(places.query_alone), _LINKED),
    _lie(
        "a link from the last segment",
        "The next link begins with the last part of the path.",
        places.linked(places.last_segment),
        _LINKED,
    ),
    _lie("a link without a scheme", "The next link begins with two slashes.", places.linked(places.without_scheme), _LINKED),
    _lie(
        "a link to another path",
        "The next link leads to another path, where the feed goes on.",
        places.linked(places.at_another_path),
        _LINKED,
        hears=places.from_another_path,
    ),
    _lie(
        "a link without the filter",
        "The next link has nothing but the place, and leads to records outside the filter.",
        places.linked(places.place_alone),
        _LINKED,
        _filtered,
        hears=places.unfiltered,
        feed=places.filtered,
        hides=order.every_third,
    ),
    # Sizes
    _lie("a capped page", f"The API gives at most {order.CAP} records.", _honest, _sized, why.ENDS_SHORT, hears=order.capped),
    _lie("a page of its own size", f"The API gives {order.MUCH} records.", _honest, _sized, hears=order.size_ignored),
    _lie(
        "pages filtered after they were cut",
        "Each third record may not be seen, so pages are short in the middle.",
        order.hiding(order.every_third),
        why.ENDS_SHORT,
        hides=order.every_third,
    ),
    _lie(
        "a page filtered to nothing",
        "No record of a page in the middle may be seen.",
        order.hiding(order.a_page_of_them),
        why.ENDS_SHORT,
        why.ENDS_EMPTY,
        hides=order.a_page_of_them,
    ),
    _lie(
        "a page filtered to nothing, and more is said",
        "The same, and the answer says has_more: true.",
        order.hiding(order.a_page_of_them, more_beside),
        _objects,
        hides=order.a_page_of_them,
    ),
    _lie(
        "a page filtered to nothing, and a total is said",
        "The same, and the answer has a total.",
        order.hiding(order.a_page_of_them, total_beside),
        _objects,
        hides=order.a_page_of_them,
    ),
    _lie(
        "a short page in the middle, and more is said",
        "Each third record may not be seen, and the answer says has_more: true.",
        order.hiding(order.every_third, more_beside),
        _objects,
        hides=order.every_third,
    ),
    # More than the plugin knows of
    _lie("there is more, beside", "Each answer has has_more: true beside.", ends.beside(ends.more_beside_for_ever), _objects),
    _lie("a next page, beside", "Each answer has next_page: 7 beside.", ends.beside(ends.next_beside_for_ever), _objects),
    _lie("a total that is off, beside", "The answer has a total that is too high.", ends.beside(ends.off_beside), _objects),
    _lie(
        "one page of several, has_more",
        "The answer has the first records alone, and has_more: true.",
        ends.first_of_several(lambda _: {"has_more": True}),
        _ALONE,
        _objects,
    ),
    _lie(
        "one page of several, a total",
        "The answer has the first records alone, and a total.",
        ends.first_of_several(total_beside),
        _ALONE,
        _objects,
    ),
    _lie(
        "one page of several, a link",
        "The answer has the first records alone, and next_page_url.",
        ends.first_of_several(lambda asking: {"next_page_url": f"{asking.api.url}/items?page=2"}),
        _ALONE,
        _objects,
    ),
    _lie(
        "one page of several, a header",
        "The answer has the first records alone, and a Link header.",
        ends.first_of_several_linked,
        _ALONE,
    ),
    # Records
    _lie("records moved", "The whole answer is in an object.", shapes.moved, _objects),
    _lie("keys of the answer renamed", "The keys of the answer have other names.", shapes.renamed, _objects),
    _lie("records wrapped", "Each record is in an object.", shapes.wrapped),
    _lie("records by key", "The records are in an object, by their keys.", shapes.by_key, _objects),
    _lie("one record alone", "A list of one record is that record.", shapes.one_alone, _objects),
    _lie("the key renamed", "The key of the records has another name.", shapes.key_renamed, _keyed_rows),
    _lie("a record that is null", "A page has null among its records.", shapes.with_null, _objects),
    # Times
    _lie("the time renamed", "The field that the feed goes by has another name.", shapes.time_renamed, _timed),
    _lie("a filter that is ignored", "The API pays no heed to the filter.", _honest, _since, hears=shapes.filter_ignored),
)
"""Every lie."""
