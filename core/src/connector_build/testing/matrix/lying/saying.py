"""Parts of an answer, taken out and changed: what a lie is made of."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from attrs import evolve

from connector_build.api.bodies import set_at, with_records
from connector_build.api.messages import Asked, Reply
from connector_build.api.paging import LINKED, says_more
from connector_build.api.pointing import innermost, leading_to, linking_to, started_over, with_place
from connector_build.testing.matrix.apis import MANY, Api
from connector_build.testing.matrix.strikes import Asking
from connector_core import CursorPaginator, LinkHeaderPaginator, NextLinkPaginator, last_page, no_more, total_reached
from connector_core.basics.paths import cached_path
from connector_core.paging.resting import place_of_size
from connector_core.plugin.assembly import TablePlan

Says = Callable[[Asking], Reply | None]
Hears = Callable[[Api, Asked], Asked]
Signs = Callable[[Asking], dict[str, Any]]
"""What an answer says beside what it is asked for, by path."""


def silent(_: Asking) -> dict[str, Any]:
    return {}


# What an answer says


def body_of(asking: Asking) -> Any:
    """The JSON of the answer."""
    return json.loads(asking.reply.body)


def flags(plan: TablePlan) -> list[str]:
    """Where an answer says whether there is more."""
    paginator = innermost(plan)
    stop = getattr(paginator, "stop", ())
    found = [rule.path for rule in stop if isinstance(rule, no_more)]
    beside = isinstance(paginator, CursorPaginator) and says_more(paginator) and paginator.more_field not in found
    return [*found, paginator.more_field] if beside else found


def numbers(plan: TablePlan) -> list[str]:
    """Where an answer says how many records or pages there are."""
    return [rule.path for rule in getattr(innermost(plan), "stop", ()) if isinstance(rule, total_reached | last_page)]


def next_of(asking: Asking) -> str | None:
    """The next cursor or link of the answer, whether in its body or in a header."""
    paginator = innermost(asking.plan)
    if isinstance(paginator, LinkHeaderPaginator):
        return asking.reply.headers.get("Link", "").partition("<")[2].partition(">")[0] or None
    if isinstance(paginator, CursorPaginator) and paginator.next_header:
        return asking.reply.headers.get(paginator.next_header)
    found: str | None = cached_path(paginator.next_field).get(body_of(asking))
    return found


def asked_size(asking: Asking) -> int:
    """How many records are asked for."""
    paginator = innermost(asking.plan)
    given = asking.request.get(_where_size(asking.plan), paginator.size_param) if paginator.size_param else None
    return int(given or 100)


def whole(asking: Asking) -> list[Any]:
    """All records of the feed that is asked for, in its order."""
    request = sized(asking.plan, from_the_start(asking.plan, asking.request), MANY)
    return evolve(asking, request=request, reply=asking.api.whole(request)).records


def is_last(asking: Asking) -> bool:
    """Whether no record follows those of this page."""
    return not asking.records or asking.records[-1] == whole(asking)[-1]


def in_header(plan: TablePlan) -> str | None:
    """The header of an answer that leads on, if one does."""
    paginator = innermost(plan)
    return "Link" if isinstance(paginator, LinkHeaderPaginator) else getattr(paginator, "next_header", None)


# What is asked


def from_the_start(plan: TablePlan, request: Asked) -> Asked:
    """*request* as one for the first page."""
    request = started_over(plan, request)
    paginator = innermost(plan)
    if isinstance(paginator, NextLinkPaginator):
        return evolve(request, params={name: value for name, value in request.params.items() if name != LINKED})
    return placed(plan, request, None) if isinstance(paginator, CursorPaginator) else request


def placed(plan: TablePlan, request: Asked, cursor: str | None) -> Asked:
    """*request* with another cursor, in a link or where the paginator has it; None: with none."""
    paginator = innermost(plan)
    where, name = ("query", LINKED) if isinstance(paginator, NextLinkPaginator) else (paginator.where, paginator.param)
    return with_place(request, where, name, cursor)


def sized(plan: TablePlan, request: Asked, size: int) -> Asked:
    """*request* for so many records, where its API can be asked for a number."""
    paginator = innermost(plan)
    if not getattr(paginator, "size_param", None):
        return request
    return with_place(request, _where_size(plan), paginator.size_param, size)


def _where_size(plan: TablePlan) -> str:
    paginator = innermost(plan)
    return place_of_size(getattr(paginator, "where", "query"), paginator.size_param, plan.table.path)


# The answer, changed


def edited(asking: Asking, edit: Callable[[Any], Any]) -> Reply:
    """The answer with its JSON edited."""
    return evolve(asking.reply, body=json.dumps(edit(body_of(asking))).encode())


def with_values(asking: Asking, values: Mapping[str, Any]) -> Reply:
    """The answer with *values* at their paths."""

    def edit(body: Any) -> Any:
        for path, value in values.items():
            body = set_at(body, path, value)
        return body

    return edited(asking, edit) if values else asking.reply


def without(asking: Asking, *paths: str) -> Reply:
    """The answer without what stands at *paths*."""

    def edit(body: Any) -> Any:
        for path in paths:
            outer, _, last = path.rpartition(".")
            holder = cached_path(outer).get(body) if outer else body
            if isinstance(holder, dict):
                holder.pop(last if last in holder else path, None)
        return body

    return edited(asking, edit) if paths else asking.reply


def holding(asking: Asking, records: Sequence[Any]) -> Reply:
    """The answer with other records."""
    return edited(asking, lambda body: with_records(body, asking.plan.table, list(records)))


def pointing_at(asking: Asking, value: Any) -> Reply:
    """The answer with *value* for its next cursor or link, whatever that is."""
    paginator = innermost(asking.plan)
    if isinstance(paginator, NextLinkPaginator) and isinstance(value, str):
        return linking_to(asking.plan, asking.reply, value)
    if header := in_header(asking.plan):
        others = {name: each for name, each in asking.reply.headers.items() if name != header}
        text = value if isinstance(value, str) else json.dumps(value)
        return evolve(asking.reply, headers=others if value is None else {**others, header: text})
    return with_values(asking, {paginator.next_field: value})


def leading(asking: Asking, cursor: str) -> Reply:
    """The answer, followed by the page at *cursor*; nothing in it says that there is no more."""
    reply = without(asking, *flags(asking.plan)) if isinstance(innermost(asking.plan), CursorPaginator) else asking.reply
    return leading_to(asking.plan, asking.request, reply, asking.api.url, cursor)


def changed(asking: Asking, reply: Reply | None) -> Asking:
    """The same with another answer, to be changed further."""
    return evolve(asking, reply=reply) if reply is not None else asking


# What an answer says beside what the plugin asks it for


def more_beside(asking: Asking) -> dict[str, Any]:
    return {"has_more": not is_last(asking)}


def total_beside(asking: Asking) -> dict[str, Any]:
    return {"total": len(whole(asking))}
