"""Which recorded request is nearest to one that was not recorded, and what tells the two apart."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from attrs import evolve

from connector_build.api.messages import Asked
from connector_build.drafting.probing.positions import Position, position


def nearest(asked: Asked, recorded: Iterable[Asked]) -> Asked | None:
    """The request of *recorded* that is most like *asked*: the same path first, the same page next, then the other parameters."""
    return max(recorded, key=lambda each: _alike(asked, each), default=None)


def _alike(asked: Asked, other: Asked) -> tuple[float, ...]:
    path = 1.0 if asked.path.endswith(other.path) else SequenceMatcher(None, asked.path, other.path).ratio()
    pages = [_same(_which(each), _which(than)) for each, than in ((asked.params, other.params), (other.params, asked.params))]
    same = len(asked.params.items() & other.params.items()) - len(asked.params.keys() ^ other.params.keys())
    words = SequenceMatcher(None, _text(asked), _text(other)).ratio()
    return path, float(asked.method == other.method), float(all(pages)), float(same), words


def _text(request: Asked) -> str:
    return f"{sorted(request.params.items())}{sorted(request.headers.items())}{request.json}"


def _same(these: Sequence[Position], those: Sequence[Position]) -> bool:
    return all(any((each.name, each.value) == (other.name, other.value) for other in those) for each in these)


def _which(params: Mapping[str, str]) -> list[Position]:
    """The parameters that say which page is meant."""
    return [each for each in _positions(params) if each.kind != "size"]


def _positions(params: Mapping[str, str]) -> list[Position]:
    found = (position(name, value) for name, value in params.items())
    return [each for each in found if each is not None]


def page_sizes(asked: Asked, other: Asked) -> tuple[int, int] | None:
    """How many records each of the two asks for in a page, by one parameter; None where they do not differ in that."""
    there = {each.name: each.value for each in _positions(other.params) if each.kind == "size"}
    for each in _positions(asked.params):
        if each.kind == "size" and each.name in there and there[each.name] != each.value:
            return each.value, there[each.name]
    return None


def from_the_start(asked: Asked, recorded: Sequence[Asked]) -> Asked | None:
    """*asked* without the parameter that says in a number that it is for the first page; None where it is not.

    An offset of 0 is the first page. So is the page before the first that was recorded by number, and page 1 where none was.
    """
    for each in _which(asked.params):
        if each.value == _first(each, asked.path, recorded):
            return evolve(asked, params={name: value for name, value in asked.params.items() if name != each.name})
    return None


def _first(of: Position, path: str, recorded: Sequence[Asked]) -> int | None:
    if of.kind != "page":
        return 0 if of.kind == "offset" else None
    params = (each.params for each in recorded if path.endswith(each.path))
    pages = [each.value for found in params for each in _which(found) if each.name == of.name]
    return min(pages) - 1 if pages else 1
