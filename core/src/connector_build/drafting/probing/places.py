"""Where the records of an answer are: every place that may have them, the likeliest first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from attrs import field, frozen

from connector_build.drafting.draft import Call, Value
from connector_build.drafting.texts import path_to
from connector_core.basics.counting import counted
from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.basics.paths import compile_path

DEPTH = 5
LOOKED_AT = 200
_COMMON = frozenset(
    [
        "data",
        "items",
        "results",
        "records",
        "rows",
        "values",
        "entries",
        "objects",
        "list",
        "content",
        "hits",
        "value",
        "elements",
        "result",
        "documents",
        "response",
    ]
)
_ASIDE = re.compile(
    r"^_?(errors?|warnings?|links?|meta|metadata|paging|pagination|facets?|aggregations?|filters?|included|messages?|columns?|fields?|"
    r"schema|debug|notices?)$",
    re.IGNORECASE,
)


@frozen
class Place:
    """A place that may have the records.

    records: what ``Table(records=…)`` says; rows: its steps. said: for people. number: how many records it has on the first page.
    keys:    what leads there. also: where they may be as well, in words; beside: paths to what stands beside them.
    """

    records: str
    said: str
    number: int
    rows: tuple[Call, ...] = ()
    keys: tuple[str, ...] = ()
    score: float = field(default=0.0, eq=False)
    also: str = ""
    beside: tuple[str, ...] = ()

    @property
    def options(self) -> dict[str, Value]:
        """What a table says of it."""
        steps: dict[str, Value] = {"rows": self.rows[0] if len(self.rows) == 1 else list(self.rows)} if self.rows else {}
        return {"records": self.records, **steps}


def places_in(bodies: Sequence[Any], names: Sequence[str] = ()) -> list[Place]:
    """Every place that has records in the first of *bodies*, the likeliest first; *names* are those that speak for a place."""
    wanted = {_plain(name) for name in names if name}
    found = [place for place in _places(bodies[0], (), wanted) if _is_found(place, bodies[0])]
    return sorted(found, key=lambda place: -place.score)  # which keeps the order in which they stand


def empty_list(body: Any) -> str:
    """The path to an empty list that would have the records, if there were any; empty where there is none."""
    if body == []:
        return "@"
    lists = ((str(name), each) for name, each in body.items()) if isinstance(body, Mapping) else ()
    return next((path_to(name) for name, each in lists if each == [] and not _ASIDE.match(name)), "")


def _is_found(place: Place, body: Any) -> bool:
    try:
        path = compile_path(place.records)
    except PluginError:
        return False
    found = None if path.needs else path.find(body)
    return isinstance(found, list)


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _places(value: Any, keys: tuple[str, ...], wanted: set[str]) -> Iterator[Place]:
    if isinstance(value, list):
        yield from _of_list(value, keys, wanted)
    elif isinstance(value, Mapping) and len(keys) <= DEPTH:
        yield from _of_object(value, keys, wanted)
        for name in list(value)[:LOOKED_AT]:
            if isinstance(value[name], Mapping | list):
                yield from _places(value[name], (*keys, str(name)), wanted)


def _of_list(value: list[Any], keys: tuple[str, ...], wanted: set[str]) -> Iterator[Place]:
    path, number = path_to(*keys), len(value)
    where = "the answer itself" if not keys else one_line(path, 60)
    if value and all(isinstance(each, Mapping) for each in value):
        yield Place(path, f"{where}, a list of {_objects(number)}", number, (), keys, 50 + _score(keys, number, wanted))
    elif number > 1 and not any(isinstance(each, Mapping | list) for each in value):
        named = Call("values", ("value",))
        said = f"{where}, a list of {number} bare values"
        yield Place(path, said, number, (named,), keys, 5 + _score(keys, number, wanted))


def _of_object(value: Mapping[str, Any], keys: tuple[str, ...], wanted: set[str]) -> Iterator[Place]:
    path, score, rates = path_to(*keys), _score(keys, len(value), wanted), _is_of_numbers(value)
    where = "the answer itself" if not keys else one_line(path, 60)
    if columns := _columns(value):
        step = Call("columns_to_rows", (path,) if keys else ())
        said = f"{where}, {counted(len(value), 'list')} of {counted(columns, 'value')} beside each other"
        yield Place("[@]", said, columns, (step,), keys, 45 + score)
    if _is_keyed(value):
        own = {"key": _free_name(value)}
        step = Call("keyed", (path,), own)
        yield Place("[@]", f"{where}, an object of {_objects(len(value))} by their keys", len(value), (step,), keys, 40 + score)
    elif rates:
        step = Call("keyed", (path,), {"key": "name"})
        yield Place("[@]", f"{where}, an object of {rates} numbers by their keys", len(value), (step,), keys, 20 + score)
    if value and not rates and any(not isinstance(each, Mapping | list) for each in value.values()):
        single = f"[{path}]"
        yield Place(single, f"{where}, one object", 1, (), keys, 10 + _score(keys, 1, wanted) + _plainness(value))


def _objects(number: int) -> str:
    return f"{number} object" + "s" * (number != 1)


def _score(keys: tuple[str, ...], number: int, wanted: set[str]) -> float:
    last = keys[-1] if keys else ""
    named = 15 if _plain(last) in wanted else 8 if last.lower() in _COMMON else 0
    aside = sum(25 for key in keys if _ASIDE.match(key))
    return named - aside - 6 * len(keys) + min(number, 50) / 5


def _plainness(value: Mapping[str, Any]) -> float:
    return 3.0 if any(_plain(name) in ("id", "uuid", "key") for name in value) else 0.0


def _columns(value: Mapping[str, Any]) -> int:
    """How long the lists are that stand beside each other; 0 where there are none."""
    lengths = {len(each) if isinstance(each, list) else 0 for each in value.values()}
    flat = all(not isinstance(entry, Mapping | list) for each in value.values() if isinstance(each, list) for entry in each)
    return lengths.pop() if len(lengths) == 1 and len(value) > 1 and flat else 0


def _is_keyed(value: Mapping[str, Any]) -> bool:
    """Whether an object holds records by their ids: two or more, that have most of their fields in common."""
    entries = list(value.values())
    if len(entries) < 2 or not all(isinstance(each, Mapping) and each for each in entries):
        return False
    first, every = set(entries[0]), set().union(*entries)
    common = first.intersection(*entries[1:])
    return len(common) * 2 > len(every)


def _free_name(value: Mapping[str, Any]) -> str:
    """A column for the keys of an object, which no entry has with another value."""
    for name in ("id", "key", "name", "entry_key"):
        if all(each.get(name, at) == at for at, each in value.items()):
            return name
    return "object_key"


_CODE = re.compile(r"[A-Z]{3}|\d{4}-\d{2}-\d{2}.*|\d+")


def _is_of_numbers(value: Mapping[str, Any]) -> int:
    """How many numbers an object has by keys that are no names: currencies, days, ids."""
    numbers = [each for each in value.values() if isinstance(each, int | float) and not isinstance(each, bool)]
    return len(numbers) if len(value) > 1 and len(numbers) == len(value) and all(map(_CODE.fullmatch, map(str, value))) else 0
