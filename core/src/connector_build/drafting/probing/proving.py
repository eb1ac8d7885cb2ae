"""A guess is proved by asking for the second page: other records have to come. And a feed's end by reading to it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from attrs import evolve, field, frozen

from connector_build.drafting.draft import Call, Noted, TableDraft, Value, guessed, words
from connector_build.drafting.made import made
from connector_build.drafting.probing import leading
from connector_build.drafting.probing.asking import Refused, Step, Unknown, Walk, plainly, stepped
from connector_build.drafting.probing.ends import Feed, ends, rule_for
from connector_build.drafting.probing.guesses import Clues, Guess, guesses, says_more
from connector_build.drafting.probing.positions import Given
from connector_build.drafting.texts import literal_text
from connector_core import KeysetPaginator, OffsetPaginator, Request
from connector_core.basics.counting import counted
from connector_core.basics.errors import ConnectorError
from connector_core.basics.names import one_line
from connector_core.basics.paths import cached_path
from connector_core.source.pagination import next_request

TRIES: Final = 10
"""So many guesses are tried at most."""
FAR: Final = 1_000_000
"""A page that no feed comes to."""


@frozen
class Paging:
    """How a table is paged: the paginator, noted where it rests on a guess, and what the table says besides.

    walk: what was read so.
    """

    call: Value
    also: Mapping[str, Value] = field(factory=dict)
    walk: Walk = field(factory=lambda: Walk(()), repr=False)


def paging(feed: Feed, clues: Clues) -> Paging:
    """The first guess that holds; where none does, what speaks for itself, noted; where nothing does, one page."""
    unproved: list[tuple[Guess, str]] = []
    whole = not says_more(clues) and any(each.value == clues.number for each in leading.numbers(clues.beside, "total"))
    for guess in guesses(clues):
        if (whole and not guess.strong) or len(unproved) >= TRIES:
            continue
        result = _tried(feed, guess)
        if result == "":
            return _to_its_end(feed, clues, guess)
        # A key that brings other records leads on, even where it cannot be told whether any are left out between.
        leads = guess.strong or (result == APART and guess.call.word == "KeysetPaginator")
        unproved.append((evolve(guess, strong=leads), result))
    if strong := next(((guess, why) for guess, why in unproved if guess.strong and why != SAME), None):
        return _unproved(feed, *strong)
    return _one_page(feed, clues, unproved, whole=whole)


SAME: Final = "the same records came again"
APART: Final = "what comes after the last record but one is not the last"
_TOLD: Final = (SAME, APART, "it is answered", "the second page has no")


def _tried(feed: Feed, guess: Guess) -> str:
    """Why a guess is not proved; empty where it is: its second page has other rows than the first."""
    try:
        feed = feed.with_options(guess.also)
        table, paginator = feed.made, made(guess.call)
        paginator.check(table) if hasattr(paginator, "check") else None
        request = paginator.first(table, feed.trial, {})
        following = next_request(paginator, request, feed.first.page)
        if following is None:
            return "the first page is the last"
        second = stepped(feed.asker, table, following)
    except Refused as error:
        return f"it is answered {error.status}" if error.status else one_line(error, 120)
    except (Unknown, ConnectorError, ValueError, TypeError) as error:
        return one_line(error, 120)
    known = set(map(plainly, feed.first.rows))
    if not second.rows:
        return "the second page has no records"
    if known.intersection(map(plainly, second.rows)):
        return SAME
    return "" if _joins(feed, paginator, request) else APART


def _joins(feed: Feed, paginator: Any, request: Request) -> bool:
    """Whether pages by offset or by key follow each other without a gap: one that begins a record earlier has to overlap.

    An offset that counts pages, or a key that means something else, brings other records too, and leaves out those between.
    """
    if not isinstance(paginator, OffsetPaginator | KeysetPaginator) or len(feed.first.page.records) < 2:
        return True
    *before, _ = feed.first.page.records
    place = len(before) if isinstance(paginator, OffsetPaginator) else cached_path(paginator.key).get(before[-1])
    try:
        earlier = stepped(feed.asker, feed.made, request.placed(paginator.where, paginator.param, place))
    except (Unknown, Refused, ConnectorError):
        return True  # nothing is known against it
    return bool(earlier.rows) and plainly(earlier.rows[0]) in set(map(plainly, feed.first.rows))


def _to_its_end(feed: Feed, clues: Clues, guess: Guess) -> Paging:
    """The paginator of a guess that holds, with what its end needs."""
    feed = feed.with_options(guess.also)
    call, read = _from_the_first(feed, guess.call)
    found = _ended(feed, clues, call, read, guess.also)
    if found.walk.ended and not _has_all(found.walk, feed.first) and not isinstance(found.call, Noted):
        return evolve(found, call=guessed(found.call, "not every row of the first answer came again when it was read so"))
    return found


def _from_the_first(feed: Feed, call: Call) -> tuple[Call, Walk]:
    """*call* with the number that the first page has, and what it reads."""
    read = feed.read(call)
    if call.word != "PageNumberPaginator" or _begins_alike(read, feed.first):
        return call, read
    other = evolve(call, options={**call.options, "first_page": 0 if call.options.get("first_page", 1) else 1})
    again = feed.read(other)
    return (other, again) if _begins_alike(again, feed.first) else (call, read)


def _ended(feed: Feed, clues: Clues, call: Call, read: Walk, also: Mapping[str, Value]) -> Paging:
    if read.ended:
        return Paging(call, also, read)
    read = evolve(read, steps=tuple(_until_again(read.steps)))
    for more, end in ends(call, clues, read, feed):
        tried = feed.with_options(more).read(end)
        if tried.ended and len(tried.rows) >= len(read.rows):
            return Paging(_noted_end(end), {**also, **more}, tried)
    if read.failed:
        return Paging(guessed(call, f"its second page came, but then: {read.why}"), also, read)
    return Paging(*_unseen_end(feed, call, also, read), read)


def _until_again(steps: Sequence[Step]) -> Iterator[Step]:
    """*steps* up to one that has the rows of another."""
    for number, step in enumerate(steps):
        if step.rows and any(step.rows == before.rows for before in steps[:number]):
            return
        yield step


def _begins_alike(read: Walk, first: Step) -> bool:
    """Whether a feed begins with the rows of the first answer; one of both may be of a larger page."""
    if not read.steps:
        return False
    here, there = set(map(plainly, read.steps[0].rows)), set(map(plainly, first.rows))
    return bool(here) and (here <= there or there <= here)


def _has_all(read: Walk, first: Step) -> bool:
    return set(map(plainly, first.rows)) <= set(map(plainly, read.rows))


def _noted_end(call: Call) -> Value:
    if "repeated_page" in words(call):
        return guessed(call, "beyond the end the same page came again")
    return call


def _unseen_end(feed: Feed, call: Call, also: Mapping[str, Value], read: Walk) -> tuple[Value, dict[str, Value]]:
    """What to say of a feed whose end was not read: pages that are counted are tried far behind it."""
    table, paginator = feed.made, made(call)
    if call.word not in ("PageNumberPaginator", "OffsetPaginator"):
        return guessed(call, f"{counted(len(read.steps), 'page')} came; how the feed ends was not seen"), dict(also)
    far = paginator.first(table, feed.size, {}).placed(paginator.where, paginator.param, FAR)
    try:
        behind = stepped(feed.asker, table, far)
    except Unknown:
        return guessed(call, f"{counted(len(read.steps), 'page')} came; an empty page is taken for the end"), dict(also)
    except Refused as error:
        if rule := rule_for(error, str(far)):
            return call, {**also, "errors": [rule]}
        return guessed(call, f"{counted(len(read.steps), 'page')} came; {one_line(error, 100)}"), dict(also)
    except ConnectorError as error:
        said = f"{counted(len(read.steps), 'page')} came; page {FAR} is answered otherwise: {one_line(error, 100)}"
        return guessed(call, said), dict(also)
    if not behind.rows:
        return call, dict(also)
    if any(behind.rows == each.rows for each in read.steps):
        stop: Sequence[Value] = [Call("repeated_page")]
        return guessed(evolve(call, options={**call.options, "stop": stop}), "behind the end the same page comes again"), dict(
            also
        )
    return guessed(call, f"{counted(len(read.steps), 'page')} came; an empty page is taken for the end"), dict(also)


def _unproved(feed: Feed, guess: Guess, why: str) -> Paging:
    """What speaks for itself but was not proved."""
    feed = feed.with_options(guess.also)
    read = feed.read(guess.call)
    said = f"{guess.why}; not proved, as {why}"
    return Paging(guessed(guess.call, said), guess.also, read)


def _one_page(feed: Feed, clues: Clues, tried: Sequence[tuple[Guess, str]], *, whole: bool) -> Paging:
    call, also = Call("SinglePage"), _as_it_was(feed.table, clues.given)
    read = feed.with_options(also).read(call)
    if whole:
        return Paging(call, also, read)
    asked = [f"{_param(guess.call)} ({why})" for guess, why in tried if why.startswith(_TOLD)][:3]
    because = says_more(clues) or "nothing in the answer leads on"
    said = f"{because}; tried {', '.join(asked)}" if asked else because
    return Paging(guessed(call, said), also, read)


def _as_it_was(table: TableDraft, given: Given) -> dict[str, Value]:
    """What the request had that says which page is meant, for a paginator that has no use for it."""
    query = {each.name: literal_text(str(each.value)) for each in given.positions if each.where == "query" and each.value != ""}
    inside = {each.name: each.value for each in given.positions if each.where == "body" and each.value != ""}
    found: dict[str, Value] = {}
    for option, own in (("params", query), ("body", inside)):
        before = table.table.get(option) or {}
        if own and isinstance(before, Mapping):
            found[option] = {**before, **own}
    path = str(table.table["path"])
    number = next((each.value for each in given.positions if each.where == "path"), None)
    return {**found, **({"path": path.replace("{page}", str(number))} if number is not None else {})}


def _param(call: Call) -> str:
    own = call.options.get("param")
    usual = {"PageNumberPaginator": "page", "OffsetPaginator": "offset", "CursorPaginator": "cursor"}.get(call.word, call.word)
    return str(own or next((each for each in call.args if isinstance(each, str)), usual))
