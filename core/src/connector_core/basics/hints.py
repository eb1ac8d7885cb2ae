"""What may be meant by a path at which nothing stands: the places that are there, and those of them that are near."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from connector_core.basics.names import one_line
from connector_core.basics.paths import MISSING, Path

DEPTH = 4
LOOKED_AT = 300
SHOWN = 12


def places(values: Iterable[Any]) -> list[str]:
    """Where anything stands in decoded JSON objects, as paths, each once; of a list, its first entry is looked into."""
    found: dict[str, None] = {}
    for value in values:
        found.update(dict.fromkeys(islice(_places(value, "", DEPTH), LOOKED_AT)))
    return list(found)[:LOOKED_AT]


def _places(value: Any, above: str, depth: int) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name in value:
            path = f"{above}.{name}" if above else str(name)
            yield path
            if depth > 1:
                yield from _places(value[name], path, depth - 1)
    elif isinstance(value, list) and value and above:
        yield from _places(value[0], f"{above}[0]", depth - 1)


def near(path: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Those of the paths *known* that *path* may be meant for, the likeliest first."""
    known = list(known)
    wanted, last = _plain(path), _plain(_last(path))
    same = [each for each in known if _plain(each) == wanted]
    nested = [each for each in known if _plain(_last(each)) == last]
    alike = difflib.get_close_matches(path, known, n=most, cutoff=0.6)
    ends: dict[str, list[str]] = {}
    for each in known:
        ends.setdefault(_plain(_last(each)), []).append(each)
    close = [each for end in difflib.get_close_matches(last, list(ends), n=most, cutoff=0.7) for each in ends[end]]
    within = [each for each in known if len(last) > 3 and (last in _plain(_last(each)) or _plain(_last(each)) in (last, wanted))]
    return list(dict.fromkeys([*same, *nested, *alike, *close, *within]))[:most]


def did_you_mean_place(path: str, values: Iterable[Any]) -> str:
    """``" (did you mean X?)"`` for the places in *values* that *path* may be meant for, or an empty text."""
    found = near(path, places(values))
    return f" (did you mean {one_line(' or '.join(found), 120)}?)" if found else ""


def there_is(path: str, values: Iterable[Any]) -> str:
    """What to say about *path*, at which none of *values* has anything: near places, or all that there are."""
    values = list(values)
    if found := did_you_mean_place(path, values):
        return found
    known = places(values)
    shown = ", ".join(known[:SHOWN]) + (", ..." if len(known) > SHOWN else "")
    return f" (there is {one_line(shown or 'nothing', 300)})"


def shown_at(path: Path, value: Any) -> str:
    """What stands at *path* of *value*, for a message; what may be meant where nothing does."""
    found = path.find(value)
    if found is MISSING:
        return f"{path} is not there{there_is(path.text, [value])}"
    return f"{path} is {one_line(repr(found), 60)}"


def nowhere(path: Path, values: Iterable[Any]) -> str | None:
    """What to say about *path* where it is a field of none of *values*; None where one of them has it, or may have it.

    An object of which it would be a part, and that is null or empty, may have it. What is no object says nothing.
    """
    objects = [value for value in values if isinstance(value, Mapping)]
    if not objects or any(path.knows(value) for value in objects):
        return None
    return there_is(path.text, objects[:LOOKED_AT])


def _last(path: str) -> str:
    return re.sub(r"\[-?\d+\]$", "", path).rpartition(".")[2]


def _plain(text: str) -> str:
    """*text* without capitals and signs: ``updatedAt`` and ``updated_at`` are one."""
    return re.sub(r"[^a-z0-9]", "", text.lower())
