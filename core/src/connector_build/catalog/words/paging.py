"""Paginators in words: how one page leads to the next, and what a sync asks for."""

from datetime import timedelta
from typing import Any

from connector_build.catalog.words.saying import all_of, any_of, said, sent_in
from connector_build.catalog.words.stops import ends
from connector_core.basics.counting import counted
from connector_core.paging.cursor import CursorPaginator
from connector_core.paging.full_read import FullRead
from connector_core.paging.function import FunctionPaginator
from connector_core.paging.job import Job
from connector_core.paging.keyset import KeysetPaginator
from connector_core.paging.links import LinkHeaderPaginator, NextLinkPaginator
from connector_core.paging.numbers import OffsetPaginator, PageNumberPaginator
from connector_core.paging.single import SinglePage
from connector_core.paging.until_known import UntilKnown
from connector_core.paging.updated_since import UpdatedSince
from connector_core.paging.windows import Windows


@said.register
def _(_: SinglePage) -> str:
    return "one answer has everything"


@said.register
def _(pages: CursorPaginator) -> str:
    place = f"the header {pages.next_header}" if pages.next_header else pages.next_field
    path = f", asked at {pages.next_path}" if pages.next_path else ""
    return f"by a cursor from {place}, sent back in {sent_in(pages.param, pages.where)}{path}{_sized(pages)}{_ended(pages)}"


@said.register
def _(pages: KeysetPaginator) -> str:
    path = f", asked at {pages.next_path}" if pages.next_path else ""
    sorted_by = "in any order" if pages.order == "any" else pages.order
    behind = f"after the last {pages.key}, {sorted_by}, sent in {sent_in(pages.param, pages.where)}"
    return f"{behind}{path}{_sized(pages)}{ends(pages.stop)}"


@said.register
def _(pages: OffsetPaginator) -> str:
    counted = f"after so many records, sent in {sent_in(pages.param, pages.where)}"
    return f"{counted}{_sized(pages)}{ends(pages.stop)}{_side_by_side(pages)}"


@said.register
def _(pages: PageNumberPaginator) -> str:
    counted = f"by number, from {pages.first_page} on, sent in {sent_in(pages.param, pages.where)}"
    return f"{counted}{_sized(pages)}{ends(pages.stop)}{_side_by_side(pages)}"


@said.register
def _(pages: NextLinkPaginator) -> str:
    return f"by the address of the next page under {pages.next_field}{_sized(pages)}{_linked(pages)}"


@said.register
def _(pages: LinkHeaderPaginator) -> str:
    return f"by the address of the next page in the header Link (rel {pages.next_field}){_sized(pages)}{_linked(pages)}"


@said.register
def _(pages: FunctionPaginator) -> str:
    name = getattr(pages.next_request, "__qualname__", type(pages.next_request).__name__)
    return f"by {name}, a function of the plugin{_sized(pages)}{ends(pages.stop)}"


@said.register
def _(pages: FullRead) -> str:
    return f"{said(pages.pages)}; from its start in each sync"


@said.register
def _(_: Job) -> str:
    return "by an export that the API makes when it is asked to"


@said.register
def _(pages: UpdatedSince) -> str:
    from_then = f"from {pages.start} on at first, " if pages.start else ""
    back = f", and {pages.lookback:g} s before that" if pages.lookback else ""
    asked = f"{from_then}then from the newest {pages.newest} on{back}, sent in {sent_in(pages.param, pages.where)}"
    return f"{asked}; pages {said(pages.pages)}"


@said.register
def _(pages: UntilKnown) -> str:
    back = f", and {pages.lookback:g} s further" if pages.lookback else ""
    return f"newest first, down to the {pages.newest} that the last sync had seen{back}; pages {said(pages.pages)}"


@said.register
def _(pages: Windows) -> str:
    params = all_of([sent_in(name, pages.where) for name in (pages.from_param, pages.to_param) if name])
    side = ", several at the same time" if pages.parallel else ""
    return f"in stretches of {_step(pages)} from {pages.start} on, sent in {params}{side}; pages {said(pages.pages)}"


def _step(pages: Windows) -> str:
    """How long a window is: of days, of another time, or so many ids."""
    if isinstance(pages.step, timedelta):
        return str(pages.step)
    return counted(pages.step, "id" if isinstance(pages.start, int) else "day")


def _sized(pages: Any) -> str:
    size = pages.size_param
    return f", {size} records a page" if size else ""


def _ended(pages: Any) -> str:
    """How a cursor says that there is no other page."""
    there = [f"the cursor is {any_of(pages.ends_at)}"] if pages.ends_at else []
    gone = ["there is none"] if pages.missing_ends else []
    rules = [said(rule) for rule in pages.stop]
    return f", until {any_of([*rules, *there, *gone], str)}" if rules or there or gone else ", until it is null"


def _linked(pages: Any) -> str:
    kept = f", with {all_of(list(pages.keep))} sent along" if pages.keep else ""
    path = ", of which the path alone counts" if pages.path_only else ""
    return f"{path}{kept}{ends(pages.stop)}"


def _side_by_side(pages: Any) -> str:
    return ", several at the same time" if pages.parallel else ""
