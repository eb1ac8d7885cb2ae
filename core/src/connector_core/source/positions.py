"""Positions in texts: names in braces, such as ``{since}``, in the place of which a paginator puts something request by request.

They stand in templates of strategies and in paths. What is put into a path is percent-encoded and so stays in its segment
(RFC 3986, sections 2.1 and 3.3). In a template, braces that are meant are written twice; a query and a JSON body are encoded when
they are sent.
"""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Any
from urllib.parse import quote

from connector_core.source.templates import text_of

FILLED = "filled"
"""In the metadata of a paginator's field: ``LATER`` or ``A_PATH``, which say how settings are put into it."""
LATER, A_PATH = "later", "path"


class UnfitPosition(ValueError):  # noqa: N818  (named for what it is about)
    """A value that cannot stand in a path: the segment that it would make is dropped from it, or leads elsewhere."""


def positions_in(part: Any, names: Set[str]) -> Iterator[str]:
    """Which of *names* stand in braces in *part*, a text or JSON of texts."""
    match part:
        case str():
            yield from (found[2] for found in _pattern(names).finditer(part) if found[2])
        case Mapping():
            for value in part.values():
                yield from positions_in(value, names)
        case list() | tuple():
            for value in part:
                yield from positions_in(value, names)


def filled(part: Any, values: Mapping[str, Any]) -> Any:
    """*part*, a text or JSON of texts, with *values* in the place of their names; a name that is all of a text keeps the type."""
    match part:
        case str():
            pattern = _pattern(values.keys())
            whole = pattern.fullmatch(part)
            if whole and whole[2]:
                return values[whole[2]]
            return pattern.sub(lambda found: text_of(values[found[2]]) if found[2] else f"{{{found[1]}}}", part)
        case Mapping():
            return {name: filled(value, values) for name, value in part.items()}
        case list() | tuple():
            return [filled(value, values) for value in part]
    return part


def filled_path(path: str, values: Mapping[str, Any]) -> str:
    """*path* with *values* in the place of their names, each in its segment.

    Raises UnfitPosition for one that makes a segment that is empty or all dots: it would be taken out of the address.
    """
    pattern = _pattern(values.keys())
    made = [
        (segment, pattern.sub(lambda found: quote(text_of(values[found[2]]), safe="") if found[2] else found[0], segment))
        for segment in path.split("/")
    ]
    for written, segment in made:
        if written != segment and segment in ("", ".", ".."):
            raise UnfitPosition(segment)
    return "/".join(segment for _, segment in made)


def _pattern(names: Set[str]) -> re.Pattern[str]:
    """Braces that are written twice, as group 1, and one of *names* in braces, as group 2."""
    return re.compile(rf"\{{\{{([^{{}}]+)\}}\}}|\{{({'|'.join(map(re.escape, sorted(names))) or '(?!)'})\}}")
