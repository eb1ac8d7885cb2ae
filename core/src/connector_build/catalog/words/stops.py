"""Stop rules in words: behind "until"."""

from typing import Any

from connector_build.catalog.words.saying import any_of, said, sent_in
from connector_core.paging.stop_rules import (
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


@said.register
def _(_: empty_page) -> str:
    return "a page has no records"


@said.register
def _(rule: short_page) -> str:
    return f"a page has fewer records than {sent_in(rule.param, rule.where)} asks for"


@said.register
def _(rule: no_more) -> str:
    return f"{rule.path} is false"


@said.register
def _(rule: field_is) -> str:
    return f"{rule.path} is {any_of(rule.value)}"


@said.register
def _(rule: header_is) -> str:
    return f"the header {rule.name} is {any_of(rule.value)}"


@said.register
def _(rule: link_is) -> str:
    return f"the {rule.relation} link has {rule.parameter} {any_of(rule.value)}"


@said.register
def _(_: repeated_page) -> str:
    return "a page has the records of another"


@said.register
def _(rule: total_reached) -> str:
    return f"as many records came as {rule.path} says"


@said.register
def _(rule: last_page) -> str:
    return f"the page is the last one by {rule.path}"


@said.register
def _(rule: hard_limit) -> str:
    return f"it would go beyond {rule.records:,} records, which is an error"


def ends(stop: Any) -> str:
    """When a feed with the rules *stop* ends; empty without any."""
    rules = list(stop)
    return f", until {any_of(rules, said)}" if rules else ""
