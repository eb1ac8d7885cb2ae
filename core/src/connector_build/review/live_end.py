"""How a feed ended, and by which evidence; where that is none, what comes behind the end."""

from collections.abc import Iterator
from typing import Any

from attrs import frozen

from connector_build.review.live_feed import Asking, Run
from connector_build.review.live_finding import Finding, number_of
from connector_build.review.live_pages import innermost
from connector_core.basics.errors import ConfigurationError, ConnectorError, UnexpectedAnswer
from connector_core.basics.paths import MISSING
from connector_core.engine.reading import Read
from connector_core.paging.evidence import for_the_end
from connector_core.plugin.assembly import TablePlan
from connector_core.source.pagination import Request


@frozen
class Ending:
    """How a feed ended. told: the answer says so itself, by a sign that the core knows or by the field that the plugin names."""

    words: str
    told: bool


def ending(plan: TablePlan, run: Run, most: int) -> Ending:
    """How *run* ended, or why it was read no further."""
    if run.problem or run.refused:
        return Ending("an error", told=False)
    if not run.ended or run.last is None:
        return Ending(f"not its end: {number_of(most, 'page')} at most", told=False)
    signs = for_the_end(plan.table, run.last.request, run.last.page, run.records)
    said = " and ".join(dict.fromkeys(str(sign) for sign in signs[:2]))
    by = _by(innermost(plan.paginator), run.last)
    if by.told or not said:
        return by
    return Ending(f"{by.words}, and {said}", told=True)


def _by(inner: Any, read: Read) -> Ending:
    page, name = read.page, type(inner).__name__
    if page.ended:
        return Ending("an answer that is no page (204, {} or an error rule)", told=True)
    rules = [type(rule).__name__ for rule in getattr(inner, "stop", ()) if _holds(rule, read)]
    if rules:
        return Ending(" and ".join(rules), told=rules != ["short_page"])
    if not page.records:
        return Ending("an empty page", told=True)
    if not hasattr(inner, "named"):
        return Ending(f"{name}, which reads one page" if name == "SinglePage" else f"{name}", told=False)
    found, field = inner.named(page), getattr(inner, "next_header", None) or inner.next_field
    if found is MISSING or (name == "LinkHeaderPaginator" and "link" not in page.headers):
        return Ending(f"no {field} in the answer", told=False)
    return Ending(f"{field} is {'null' if found is None else repr(found)}", told=True)


def _holds(rule: Any, read: Read) -> bool:
    try:
        return bool(rule(read.request, read.page))
    except UnexpectedAnswer:
        return False


def at_the_end(asking: Asking, plan: TablePlan, run: Run) -> Iterator[Finding]:
    """Whether the end of *run* is one: by the answer's own word, or because nothing comes behind it."""
    if run.problem or run.refused:
        return
    by = ending(plan, run, asking.most)
    if not run.ended:
        text = f"the feed was not read to its end, but for {number_of(asking.most, 'page')}: --max-pages reads more"
        yield Finding("unproved", "end", text)
        return
    behind = _behind(plan, run)
    found = _new_behind(asking, plan, run, behind) if behind else None
    if found:
        yield Finding(
            "wrong",
            "end",
            f"the feed ends by {by.words}, but {number_of(found, 'record')} that did not come before stand behind it: {behind}.",
            f"stop of {type(innermost(plan.paginator)).__name__}; empty_page() can always be trusted",
        )
    elif by.told or found == 0:
        yield Finding("proved", "end", f"it ends: {by.words}" + (", and nothing comes behind it" if found == 0 else ""))
    else:
        yield Finding("unproved", "end", f"the feed ends by {by.words}, and the answer does not say itself that there is no more")


def _behind(plan: TablePlan, run: Run) -> Request | None:
    """The request for what would come behind the end, where the paginator can make one by itself."""
    inner = innermost(plan.paginator)
    onward = getattr(inner, "onward", None)
    assert run.last is not None  # noqa: S101  (a feed that has ended has a last page)
    if onward is None or run.last.page.ended or not (run.last.page.records or hasattr(inner, "first_page")):
        return None
    try:
        made: Request = onward(run.last.request, run.last.page)
    except UnexpectedAnswer:
        return None
    return None if made == run.last.request else made


def _new_behind(asking: Asking, plan: TablePlan, run: Run, request: Request) -> int | None:
    """How many records come behind the end that did not come before; None where that cannot be asked."""
    try:
        page = asking.page(plan, request)
    except UnexpectedAnswer:
        return 0  # an API may refuse what is beyond the end
    except ConfigurationError:
        raise
    except ConnectorError:
        return None
    return len(set(map(asking.known(plan.table), page.records)) - run.keys)
