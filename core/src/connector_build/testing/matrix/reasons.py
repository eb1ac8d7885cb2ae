"""Faults of the matrix: why one makes no sense for a table."""

from collections.abc import Callable

from connector_build.api.pointing import innermost
from connector_core import (
    Csv,
    CursorPaginator,
    JsonLines,
    NextLinkPaginator,
    PageNumberPaginator,
    SinglePage,
    Windows,
    Xml,
    Zip,
    empty_page,
    last_page,
    no_more,
    short_page,
)
from connector_core.basics.paths import cached_path
from connector_core.plugin.assembly import TablePlan

Why = Callable[[TablePlan], str | None]


def first_reason(*whys: Why) -> Why:
    return lambda plan: next(filter(None, (why(plan) for why in whys)), None)


def _of_format(kinds: type | tuple[type, ...], reason: str) -> Why:
    return lambda plan: reason if isinstance(plan.table.format, kinds) else None


def not_paged_by(kinds: tuple[type, ...], reason: str) -> Why:
    return lambda plan: None if isinstance(innermost(plan), kinds) else reason


def paged_by(kinds: type, reason: str) -> Why:
    return lambda plan: reason if isinstance(innermost(plan), kinds) else None


def one_request(plan: TablePlan) -> str | None:
    windows = isinstance(plan.paginator, Windows)
    return "the feed is one request" if isinstance(innermost(plan), SinglePage) and not windows else None


def one_page(plan: TablePlan) -> str | None:
    return "the feed is one page" if isinstance(innermost(plan), SinglePage) else None


def made_rows(plan: TablePlan) -> str | None:
    return "its rows are made of an answer that has no records of their own" if plan.table.rows else None


def ignored(status: int) -> Why:
    """Where the plugin itself takes such an answer for the end of the feed."""
    body = {"error": "not now"}

    def why(plan: TablePlan) -> str | None:
        for rule in plan.table.errors:
            if rule.matches(status, {}, lambda path: cached_path(path).get(body)):
                return "the plugin says that such an answer ends the feed" if rule.action == "ignore" else None
        return None

    return why


def _has_rule(kind: type, reason: str) -> Why:
    return lambda plan: reason if any(isinstance(rule, kind) for rule in getattr(innermost(plan), "stop", ())) else None


def no_size(plan: TablePlan) -> str | None:
    return None if innermost(plan).size_param else "nothing is said about the size of a page"


def cannot_be_empty(plan: TablePlan) -> str | None:
    """Where pages have numbers, and a rule that goes by more than the number of pages ends the feed."""
    paginator = innermost(plan)
    known = (last_page, no_more)
    if isinstance(paginator, PageNumberPaginator) and not all(isinstance(rule, known) for rule in paginator.stop):
        return "its stop rule goes by the records so far"
    return None


def other_encoding(plan: TablePlan) -> str | None:
    form = plan.table.format
    if isinstance(form, Zip):
        return "its texts are packed in an archive"
    other = isinstance(form, Csv) and form.encoding.lower() not in ("utf-8", "utf8")
    return "its texts are not UTF-8 anyway" if other else None


NOT_IN_TEXTS = first_reason(
    _of_format(Csv, "a CSV has no values of its own kind: each is a text"),
    _of_format(Xml, "XML has no values of its own kind: each is a text"),
    _of_format(Zip, "its values are packed in an archive"),
)
CSV_ENDS_ANYWHERE = _of_format(Csv, "a CSV has no end that could be missed")
LINES_MAY_BE_NONE = _of_format(JsonLines, "an empty body is an answer without records")
NUMBERED = paged_by(PageNumberPaginator, "pages with numbers have one size")
_CURSORS = (CursorPaginator, NextLinkPaginator)
NO_CURSOR = not_paged_by(_CURSORS, "its API hands out neither a cursor nor a link")
ENDS_EMPTY = _has_rule(empty_page, "an empty page is the documented end of the feed")
ENDS_SHORT = _has_rule(short_page, "a short page is the documented end of the feed")
