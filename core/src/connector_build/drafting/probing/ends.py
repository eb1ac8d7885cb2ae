"""How a feed may say that it ends: each way that the last answers have something for, none of them tried yet."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from connector_build.drafting.draft import Call, Pair, TableDraft, Value, guessed
from connector_build.drafting.made import made
from connector_build.drafting.probing import leading
from connector_build.drafting.probing.asking import Asker, Refused, Step, Unknown, Walk, walk
from connector_build.drafting.probing.guesses import Clues
from connector_build.drafting.probing.words import table_of
from connector_core import Table
from connector_core.basics.errors import ConnectorError
from connector_core.basics.names import one_line
from connector_core.source.pagination import next_request

PAGES: Final = 5
"""So many pages of a feed are read at most."""


@frozen
class Feed:
    """What a guess is tried on: the draft of a table, what asks for its pages, the page size, and the first page.

    trial: the page size with which the second page is asked for; with a larger one there might be none.
    """

    table: TableDraft
    asker: Asker = field(repr=False)
    size: int
    first: Step = field(repr=False)
    trial: int

    @property
    def made(self) -> Table:
        """The table, as it is asked for here."""
        return table_of(self.table)

    def with_options(self, also: Mapping[str, Value]) -> "Feed":
        """The same with further options of the table."""
        return evolve(self, table=evolve(self.table, table={**self.table.table, **also}))

    def read(self, call: Call, most: int = PAGES) -> Walk:
        """What *call* reads of it."""
        return walk(self.asker, self.made, made(call), self.size, most)


def ends(call: Call, clues: Clues, read: Walk, feed: Feed) -> Iterator[tuple[dict[str, Value], Call]]:
    """Ways in which a feed may say that it ends, with what the table says besides."""
    last = read.steps[-1] if read.steps else feed.first

    def having(**options: Value) -> Call:
        return evolve(call, options={**call.options, **options})

    beside = leading.leaves(last.page.body, clues.keys)
    if call.word == "CursorPaginator":
        yield {}, having(missing_ends=True)
        for flag in leading.flags(beside, "more"):
            yield {}, having(more_field=flag.path)
            yield {}, having(stop=[Call("no_more", (flag.path,))])
        for value in _last_values(call, last):
            yield {}, having(ends_at=[value])
    if call.word in ("NextLinkPaginator", "LinkHeaderPaginator"):
        yield {}, having(missing_ends=True)
    for flag in leading.flags(beside, "done"):
        yield {}, having(stop=[Call("field_is", (flag.path, True))])
    if call.word in ("CursorPaginator", "NextLinkPaginator", "LinkHeaderPaginator"):
        yield {}, having(stop=[Call("empty_page")])
    yield {"nothing": "missing"}, call
    yield {"nothing": "null"}, call
    yield from _ends_of_numbers(call, beside, read, feed)


def _last_values(call: Call, last: Step) -> list[Value]:
    field_name = call.options.get("next_field", "next_cursor")
    found = last.page.get(str(field_name))
    return [found] if isinstance(found, str | int | bool) and found in (0, "0", -1, "-1", False) else []


def _ends_of_numbers(
    call: Call, beside: Sequence[leading.Leaf], read: Walk, feed: Feed
) -> Iterator[tuple[dict[str, Value], Call]]:
    if call.word not in ("PageNumberPaginator", "OffsetPaginator", "KeysetPaginator"):
        return
    for rule in _rules(call, list(beside)):
        yield {}, evolve(call, options={**call.options, "stop": [rule]})
    if refusal := _refusal(call, read, feed):
        yield {"errors": [refusal]}, call


def _rules(call: Call, beside: list[leading.Leaf]) -> Iterator[Call]:
    """Stop rules that the answer has something for, then the one for an API that sends its last page again."""
    own = call.options.get("param")
    named: dict[str, Value] = {"param": own} if own else {}
    yield from (Call("no_more", (flag.path,)) for flag in leading.flags(beside, "more"))
    if call.word == "OffsetPaginator":
        yield from (Call("total_reached", (total.path,), named) for total in leading.numbers(beside, "total"))
    if call.word == "PageNumberPaginator":
        yield from (Call("last_page", (pages.path,), named) for pages in leading.numbers(beside, "pages"))
    yield Call("repeated_page")


def _refusal(call: Call, read: Walk, feed: Feed) -> Value:
    """The error rule for what a page behind the end is answered with; None where that says nothing but a status."""
    following = None
    try:
        last = read.steps[-1]
        following = next_request(made(call), last.request, evolve(last.page, witness=None))
        if following is not None:
            feed.asker.page(following)
    except Refused as refused:
        return rule_for(refused, str(following))
    except (Unknown, ConnectorError, IndexError):
        pass
    return None


def rule_for(refused: Refused, what: str) -> Value:
    """The error rule for an answer that refuses a page behind the end; None where that says nothing but a status."""
    content = _code_in(refused.body) if 400 <= refused.status < 500 else None
    if content is None:
        return None
    rule = Call("ignore", (), {"status": refused.status, "content": Pair(content)})
    return guessed(rule, f"so is answered {one_line(what, 100)}, which is behind the end")


def _code_in(body: Any) -> tuple[str, str] | None:
    """Where an answer that refuses says why, in one word or sentence."""
    found = [each for each in leading.leaves(body, ()) if isinstance(each.value, str) and 0 < len(each.value) <= 100]
    named = sorted(found, key=lambda leaf: leaf.name.lower() not in ("code", "error", "type", "reason"))
    return (named[0].path, named[0].value) if named else None
