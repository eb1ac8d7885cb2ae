"""Faults of the matrix: whole answers with the wrong records, or with a wrong next page."""

import json
from itertools import pairwise

from attrs import evolve

from connector_build.api.bodies import holding, records_in, said, saying
from connector_build.api.messages import Reply
from connector_build.api.paging import LINKED
from connector_build.api.pointing import cursor_in, innermost, leading_to, linking_to, with_place
from connector_build.testing.matrix.apis import position
from connector_build.testing.matrix.strikes import ELSEWHERE, Asking
from connector_core import CursorPaginator, NextLinkPaginator, PageNumberPaginator, Table, last_page
from connector_core.basics.paths import cached_path
from connector_core.paging.resting import place_of_size
from connector_core.plugin.assembly import TablePlan


def page_before(asking: Asking) -> Reply | None:
    """The page before. Of one whose records are all alike nobody can tell whether it came again."""
    records = records_in(asking.plan.table, asking.before.body) if asking.before else []
    return asking.before if any(one != two for one, two in pairwise(records)) else None


def swapped(asking: Asking) -> Reply | None:
    """The records of this page and of the next, each in the place of the other."""
    memory = asking.api.memory
    if "replies" in memory:  # in each list of them: a child table reads that of its parents too
        here = position(asking.plan, asking.request)
        return next((reply for at, reply in memory["replies"] if at == here), None)
    following = asking.following()
    if following is None:
        return None
    after = evolve(asking, request=following, reply=asking.api.answer(following)[1])
    if not asking.records or len(asking.records) != len(after.records):
        return None
    here, there = position(asking.plan, asking.request), position(asking.plan, following)
    memory["replies"] = [(here, _with_records_of(asking, after)), (there, _with_records_of(after, asking))]
    return _with_records_of(asking, after)


def _with_records_of(one: Asking, other: Asking) -> Reply:
    """The answer to *one* with the records of *other*, of which there are as many."""
    if one.plan.table.format:
        return evolve(one.reply, body=holding(one.plan.table, one.reply.body, other.records))
    body = json.loads(one.reply.body)
    for record, new in zip(one.plan.table.find(body), other.records, strict=True):
        record.clear()
        record.update(new)
    return evolve(one.reply, body=json.dumps(body).encode())


def twice_in_a_page(asking: Asking) -> Reply | None:
    if not asking.records:
        return None
    asking.api.double(asking.plan, asking.request, asking.records[0])
    return asking.api.answer(asking.request)[1]


def shorter(asking: Asking) -> Reply | None:
    return _resized(asking, -2)


def longer(asking: Asking) -> Reply | None:
    return _resized(asking, 2)


def _resized(asking: Asking, by: int) -> Reply | None:
    paginator = innermost(asking.plan)
    where = place_of_size(getattr(paginator, "where", "query"), paginator.size_param, asking.plan.table.path)
    size = asking.request.get(where, paginator.size_param)
    if size is None:
        return None
    return asking.api.answer(with_place(asking.request, where, paginator.size_param, int(size) + by))[1]


def page_without_records(asking: Asking) -> Reply | None:
    """A page without records, behind which the feed goes on where it would have gone on."""
    memory, paginator = asking.api.memory, innermost(asking.plan)
    if "empty" in memory:
        return _later_page(asking, paginator) if isinstance(paginator, PageNumberPaginator) else None
    if asking.following() is None:
        return None
    memory["empty"] = asking.request
    reply = _like(asking.reply, asking.api.empty(asking.request), asking.plan)
    if isinstance(paginator, PageNumberPaginator):
        return _one_page_more(reply, paginator, asking.plan.table)
    if isinstance(paginator, CursorPaginator | NextLinkPaginator):
        return _going_on_at(asking, reply, _renamed(asking, _place(asking)))
    return reply


def _like(reply: Reply, empty: Reply, plan: TablePlan) -> Reply:
    """*empty*, with what *reply* says about the pages that follow."""
    paginator = innermost(plan)
    paths = [getattr(paginator, name, None) for name in ("next_field", "more_field")]
    paths += [getattr(rule, "path", None) for rule in getattr(paginator, "stop", ())]
    there = said(plan.table, reply.body)
    values = {path: value for path in filter(None, paths) if (value := cached_path(path).get(there)) is not None}
    return evolve(reply, body=saying(plan.table, empty.body, values) if values else empty.body)


def _later_page(asking: Asking, paginator: PageNumberPaginator) -> Reply | None:
    """A page behind the empty one, with the records that the page before it would have had."""
    number, empty = (int(each.get(paginator.where, paginator.param)) for each in (asking.request, asking.api.memory["empty"]))
    if number <= empty:
        return None
    request = with_place(asking.request, paginator.where, paginator.param, number - 1)
    return _one_page_more(asking.api.answer(request)[1], paginator, asking.plan.table)


def _one_page_more(reply: Reply, paginator: PageNumberPaginator, table: Table) -> Reply:
    there = said(table, reply.body)
    paths = [rule.path for rule in paginator.stop if isinstance(rule, last_page)]
    values = {path: cached_path(path).get(there) + 1 for path in paths}
    return evolve(reply, body=saying(table, reply.body, values)) if values else reply


def _place(asking: Asking) -> str:
    """The cursor of the request, or of its link; that of the very first page where it has none."""
    return cursor_in(asking.plan, asking.request) or asking.api.cursors.at(0)


def _renamed(asking: Asking, cursor: str) -> str:
    """Another name of the same place."""
    return asking.api.cursors.at(asking.api.cursors.place(cursor) or 0, name=1)


def _going_on_at(asking: Asking, reply: Reply, cursor: str) -> Reply:
    return leading_to(asking.plan, asking.request, reply, asking.api.url, cursor)


def looping(asking: Asking) -> Reply | None:
    """The next page is this one."""
    started = asking.api.is_start(asking.plan, asking.request)
    return None if started or asking.following() is None else _going_on_at(asking, asking.reply, _place(asking))


def circling(asking: Asking) -> Reply | None:
    """The page behind the next is this one again, and so on for ever."""
    memory = asking.api.memory
    if asking.api.is_start(asking.plan, asking.request) or asking.following() is None:
        return None
    place = memory.setdefault("place", _place(asking))
    return None if _place(asking) == place else _going_on_at(asking, asking.reply, place)


def leading_astray(asking: Asking) -> Reply | None:
    if asking.following() is None:
        return None
    return linking_to(asking.plan, asking.reply, f"{ELSEWHERE}{asking.request.path}?{LINKED}={asking.api.cursors.at(1)}")
