"""Two recordings of one API, and what has drifted between them."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal

from attrs import define, field, frozen

from connector_build.api.recording import Recorded, Recording
from connector_build.review.column_types import kind_of
from connector_build.testing.contract.apis import Api
from connector_build.testing.warehouse.runs import signed
from connector_core import ConnectorError, Request, Table
from connector_core.basics.names import one_line
from connector_core.paging.times import day_of, moment_of
from connector_core.plugin.assembly import Assembly
from connector_core.source.rows import records_of

Level = Literal["fine", "look", "breaks"]
LEVELS: Final[Mapping[Level, int]] = {"fine": 0, "look": 10, "breaks": 20}
"""Level → the exit code of a comparison whose gravest drift it is; the same as those of ``connector-build diff``."""
SHOWN: Final = 300
_WIDER: Final = {("whole number", "float"), ("date", "time")}
_TOLD_OF: Final = frozenset({"link", "location"})
"""The headers that say where a feed goes on."""


@frozen
class Drift:
    """One thing that another recording has otherwise. *what*: a field, ``records``, ``status``, a word of the page, a header."""

    level: Level
    table: str
    what: str
    message: str


@define
class Outline:
    """What the recorded answers for one table look like.

    fields: path of a field → kind of value → how many records have it so. page: the same of what stands beside the records.
    """

    answers: int = 0
    records: int = 0
    fields: dict[str, Counter[str]] = field(factory=dict)
    page: dict[str, Counter[str]] = field(factory=dict)
    headers: set[str] = field(factory=set)
    refused: dict[int, str] = field(factory=dict)


def outlines(assembly: Assembly, recording: Recording) -> dict[str, Outline]:
    """Table → what its recorded answers look like, as the connector reads them."""
    assembly = signed(assembly, recording.settings)
    tables = {plan.table.name: plan.table for plan in assembly.tables}
    found: dict[str, Outline] = {}
    with Api(assembly, recording.reply, (recording.page_size,)).client() as client:
        for each in recording.answers:
            if each.table in tables:
                _note(found.setdefault(each.table, Outline()), client, tables[each.table], each)
    return found


def _note(outline: Outline, client: Any, table: Table, each: Recorded) -> None:
    asked = each.request
    request = Request(
        asked.path, dict(asked.params), method=asked.method, json=asked.json, headers=dict(asked.headers), asks=each.asks
    )
    outline.answers += 1
    outline.headers |= set(each.headers) & _TOLD_OF
    try:
        page = client.fetch(table, request)
        records = [] if each.asks else list(records_of(table, page, request, table.name))
    except ConnectorError as error:
        outline.refused[each.status] = one_line(error, SHOWN)
        return
    outline.records += len(records)
    for record in records:
        _count(outline.fields, dict(_leaves("", record)))
    beside = {path: kind for path, kind in _leaves("", page.body) if "[]" not in path and not _is_below(path, table)}
    _count(outline.page, beside)


def _is_below(path: str, table: Table) -> bool:
    where = table.records
    return not isinstance(where, str) or where == "@" or path == where or path.startswith((f"{where}.", f"{where}["))


def _count(into: dict[str, Counter[str]], kinds: Mapping[str, str]) -> None:
    for path, kind in kinds.items():
        into.setdefault(path, Counter())[kind] += 1


def _leaves(path: str, value: Any) -> Iterator[tuple[str, str]]:
    """The paths in a JSON value that lead to no object, each with the kind of value; the entries of a list share one."""
    match value:
        case Mapping() if value:
            for name, inner in value.items():
                yield from _leaves(f"{path}.{name}" if path else str(name), inner)
        case list() | tuple() if value:
            for inner in value:
                yield from _leaves(f"{path}[]", inner)
        case _ if path:
            yield path, _kind(value)


def _kind(value: Any) -> str:
    if isinstance(value, str) and "-" in value and moment_of(value):
        return "date" if day_of(value) else "time"
    return "float" if isinstance(value, float) else kind_of(value)


def drifts(old: Mapping[str, Outline], new: Mapping[str, Outline]) -> list[Drift]:
    """What differs between two recordings, the gravest first."""
    found: list[Drift] = []
    for table in (*old, *(name for name in new if name not in old)):
        if table not in new:
            found.append(Drift("breaks", table, "table", "nothing is asked for it any more"))
        elif table not in old:
            found.append(Drift("look", table, "table", "is new in the recording"))
        else:
            found += _of_table(table, old[table], new[table])
    return sorted(found, key=lambda each: -LEVELS[each.level])


def gravest(found: Iterable[Drift]) -> Level:
    """The level of the gravest of *found*."""
    return max((each.level for each in found), key=LEVELS.__getitem__, default="fine")


def _of_table(table: str, old: Outline, new: Outline) -> Iterator[Drift]:
    if new.records != old.records:
        level: Level = "breaks" if not new.records else "fine"
        yield Drift(level, table, "records", f"{old.records:,} before, {new.records:,} now")
    for status, told in new.refused.items():
        if status not in old.refused:
            yield Drift("breaks", table, "status", f"an answer of status {status} cannot be read: {told}")
    for name in sorted(old.headers - new.headers):
        yield Drift("breaks", table, f"header {name}", "is not sent any more; paging may go by it")
    for name in sorted(new.headers - old.headers):
        yield Drift("look", table, f"header {name}", "is sent now; look whether the feed goes on by it")
    if old.records and new.records:
        yield from _of_fields(table, old.fields, new.fields, old.records)
    yield from _of_fields(table, old.page, new.page, old.answers, " beside the records")


def _of_fields(
    table: str, old: Mapping[str, Counter[str]], new: Mapping[str, Counter[str]], every: int, where: str = ""
) -> Iterator[Drift]:
    for path in (*old, *(name for name in new if name not in old)):
        what = path + where
        if path not in new:
            always = old[path].total() >= every
            if not any(_inside(path, other) for other in new):
                words = "is gone" if always else f"is gone; {old[path].total()} of {every} had it"
                yield Drift("breaks" if always else "look", table, what, words)
        elif path not in old and (set(new[path]) - _NOTHING or not any(_inside(path, other) for other in old)):
            yield Drift("look", table, what, f"is new: {_words(new[path])}")
        elif path in old:
            yield from _retyped(table, what, old[path], new[path])


def _inside(path: str, other: str) -> bool:
    """Whether *other* is what an object or list at *path*, which was empty or null once, holds; or the other way round."""
    return other.startswith((f"{path}.", f"{path}[")) or path.startswith((f"{other}.", f"{other}["))


_NOTHING: Final = frozenset({"null", "list", "object"})
"""What says nothing of the type of other values: null, and what is empty."""


def _retyped(table: str, what: str, old: Counter[str], new: Counter[str]) -> Iterator[Drift]:
    before, after = set(old) - _NOTHING, set(new) - _NOTHING
    if came := sorted(after - before) if before else []:
        wider = all(any((kind, one) in _WIDER for kind in before) for one in came)
        yield Drift("look" if wider else "breaks", table, what, f"was {_words(old)} and is {_words(new)}")
    elif "null" in new and "null" not in old:
        yield Drift("look", table, what, f"is null in {new['null']} of {new.total()}, and never was before")
    elif before and not after:
        yield Drift("look", table, what, f"was {_words(old)} and is {_words(new)} everywhere")


def _words(kinds: Counter[str]) -> str:
    return " or ".join(kind for kind, _ in sorted(kinds.items(), key=lambda each: (-each[1], each[0])))
