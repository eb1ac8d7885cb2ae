"""Whether pages follow each other: each brings what was not there before, and as much as was asked for."""

from collections.abc import Iterator
from typing import Any

from connector_build.review.live_feed import Asking, Run
from connector_build.review.live_finding import Finding, number_of
from connector_core import KeysetPaginator
from connector_core.basics.counting import counted, plural
from connector_core.plugin.assembly import TablePlan

PARTS = 3
"""A feed that fits into one page is read again in about so many."""


def innermost(paginator: Any) -> Any:
    """The paginator that pages the answers, within the strategies around it."""
    while hasattr(paginator, "pages"):
        paginator = paginator.pages
    return paginator


def named(paginator: Any, *words: str) -> str:
    """A paginator as a plugin writes it, with those of its *words* that it has."""
    said = ", ".join(f'{word}="{value}"' for word in words if isinstance(value := getattr(paginator, word, None), str))
    return f"{type(paginator).__name__}({said})"


def follow(plan: TablePlan, run: Run) -> Iterator[Finding]:
    """What there is to say of how the pages of *run* follow each other."""
    inner = innermost(plan.paginator)
    pages = run.filled
    for number, page in enumerate(run.pages, 1):
        if number > 1 and page.records > 1 and not page.new:
            yield Finding(
                "wrong",
                "pages",
                f"page {number} brings nothing new: each of its {page.records} records was on a page before. It was asked for by "
                f"{page.request}.",
                f"the parameter that leads to the next page, in {named(inner, 'param', 'next_field')}",
            )
            return
    again = sum(page.records - page.new for page in pages[1:])
    if again:
        yield Finding("remark", "pages", f"{number_of(again, 'record')} came on more than one page.")
    elif len(pages) > 1:
        yield Finding("proved", "pages", f"{counted(len(pages), 'page')} follow each other, each with new records only")
    elif run.pages and _is_paged(inner):
        yield Finding("unproved", "pages", "there is one page with records, so nothing is known of how pages follow each other")


def in_order(plan: TablePlan, run: Run) -> Iterator[Finding]:
    """Whether the keys came in order, where the paginator goes on after the last one; keys in another order are an error."""
    inner = innermost(plan.paginator)
    if not isinstance(inner, KeysetPaginator) or inner.order == "any" or run.last is None or run.problem:
        return
    # The position of a request says how the keys went before it.
    trend = run.pages[-1].request.position.get("trend") if len(run.pages) > 1 else None
    if getattr(trend, "known", False):
        yield Finding("proved", "order", f"the API sorts by {inner.key}, {inner.order}")
    else:
        yield Finding("unproved", "order", f"whether the API sorts by {inner.key} cannot be told from what was read")


def _is_paged(inner: Any) -> bool:
    return type(inner).__name__ != "SinglePage"


def smaller(asking: Asking, plan: TablePlan, run: Run, least: int) -> int:
    """A page size in which a feed that fits into one page has several; 0 where there is none, or the API takes none."""
    if not run.ended or len(run.filled) != 1 or run.problem:
        return 0
    size = max(least, -(-run.filled[0].records // PARTS))
    sized = asking.sized(size).first(plan, {})
    return size if size < run.filled[0].records and sized != asking.first(plan, {}) else 0


def in_smaller_pages(plan: TablePlan, whole: Run, parts: Run, size: int) -> Iterator[Finding]:
    """What there is to say of *parts*: the feed of *whole*, one page, read once more in pages of *size*."""
    if parts.problem:
        yield Finding("wrong", "pages", f"read in pages of {size}, the feed fails: {parts.problem}")
        return
    lost, more = whole.keys - parts.keys, parts.keys - whole.keys
    if more:
        yield Finding(
            "wrong",
            "pages",
            f"read in pages of {size}, {number_of(len(more), 'record')} come that do not come in pages as large as configured: "
            "the feed ends too early.",
            f"stop of {named(innermost(plan.paginator))}",
        )
    elif parts.ended and lost:
        yield Finding(
            "wrong",
            "pages",
            f"read in pages of {size}, {len(lost)} of the {counted(len(whole.keys), 'record')} that one page brought "
            "do not come.",
            f"the paginator, {named(innermost(plan.paginator), 'param', 'next_field')}, or its stop rules",
        )
    else:
        yield from follow(plan, parts)


def page_size(asking: Asking, plan: TablePlan, run: Run) -> Iterator[Finding]:
    """Whether the API heeds the page size that it is asked for."""
    asked, sizes = asking.api.page_size, [page.records for page in run.filled]
    if not sizes or asking.first(plan, {}) == asking.sized(asked + 1).first(plan, {}):
        return
    param = getattr(innermost(plan.paginator), "size_param", None) or "size_param"
    full = sizes[:-1]
    if max(sizes) > asked:
        yield Finding(
            "remark",
            "page size",
            f"{counted(asked, 'record')} {plural(asked, 'was', 'were')} asked for, and a page of {max(sizes)} came: "
            f"the API does not heed {param}.",
            "size_param of the paginator; None if the API has no such parameter",
        )
    elif full and max(full) < asked and len(set(full)) == 1:
        yield Finding(
            "remark",
            "page size",
            f"{counted(asked, 'record')} {plural(asked, 'was', 'were')} asked for, and each page has {full[0]}: the "
            f"API caps them.",
            f"page_size(…, maximum={full[0]}) in connector_settings",
        )
    elif full and min(full) < asked:
        yield Finding(
            "remark",
            "page size",
            f"{counted(asked, 'record')} {plural(asked, 'was', 'were')} asked for, and pages have {min(full)} to "
            f"{max(full)} in the middle of the feed: a short page "
            "is not the last one here.",
            "no short_page(…) in the paginator's stop" if _has_short_page(plan) else "",
        )
    elif full or sizes[0] == asked:
        yield Finding("proved", "page size", f"pages are as large as asked for ({asked})")
    else:
        yield Finding("unproved", "page size", f"no page was full, so it is not known whether the API heeds {param}")


def _has_short_page(plan: TablePlan) -> bool:
    return any(type(rule).__name__ == "short_page" for rule in getattr(innermost(plan.paginator), "stop", ()))
