"""Positions that a plugin puts into paths and templates, found in a request again."""

import re
from collections.abc import Mapping, Set
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote

from attrs import evolve

from connector_build.api.messages import Asked
from connector_core.paging.checks import fills_of
from connector_core.paging.notation import EPOCHS
from connector_core.paging.times import Mark, seconds_of
from connector_core.plugin.assembly import TablePlan
from connector_core.source.positions import positions_in


def located(request: Asked, template: str, start: str, names: Set[str]) -> Asked | None:
    """*request* with what stands in its path where *template* has *names* in braces; None for a path of another shape.

    start: the path of the first request.
    """
    pieces = re.split(rf"\{{({'|'.join(map(re.escape, sorted(names))) or '(?!)'})\}}", template)
    shape = "".join("([^/]+)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces))
    found = re.fullmatch(shape, request.path)
    if found is None:
        return None
    places = {name: unquote(value) for name, value in zip(pieces[1::2], found.groups(), strict=True)}
    return evolve(request, template=template, places=places, start=start)


def names_in_paths(plan: TablePlan) -> Set[str]:
    """The names in braces that the paginator of *plan* puts something in the place of in a path."""
    return fills_of(plan.paginator)


def unfilled(template: Any, sent: Any, names: Set[str]) -> dict[str, Any] | None:
    """What stands in *sent* where *template*, of which it was made, has *names* in braces; None where it was not."""
    match template:
        case str() if any(positions_in(template, names)):
            return _in_text(template, sent, names)
        case Mapping():
            parts = [(value, sent.get(name) if isinstance(sent, Mapping) else None) for name, value in template.items()]
        case list() | tuple():
            listed = sent if isinstance(sent, list) and len(sent) == len(template) else [None] * len(template)
            parts = list(zip(template, listed, strict=True))
        case _:
            return {}
    found: dict[str, Any] = {}
    for part, value in parts:
        inner = unfilled(part, value, names)
        if inner is None:
            return None
        found |= inner
    return found


def _in_text(template: str, sent: Any, names: Set[str]) -> dict[str, Any] | None:
    pieces = re.split(rf"\{{({'|'.join(map(re.escape, sorted(names)))})\}}", template)
    if len(pieces) == 3 and not pieces[0] and not pieces[2]:
        return {pieces[1]: sent} if sent is not None else None
    shape = "".join("(.+?)" if number % 2 else re.escape(_single(piece)) for number, piece in enumerate(pieces))
    match = re.fullmatch(shape, sent) if isinstance(sent, str) else None
    return dict(zip(pieces[1::2], match.groups(), strict=True)) if match else None


def _single(text: str) -> str:
    return re.sub(r"\{\{([^{}]+)\}\}", r"{\1}", text)


def seconds_in(value: Any, notation: str | None) -> Decimal:
    """The moment, in seconds since 1970, that a request says in *notation*. Raises ValueError where it says none."""
    if notation in EPOCHS:
        return Decimal(str(value)) / EPOCHS[notation] if re.fullmatch(r"-?\d+", str(value)) else _no_time(value)
    if notation is not None:
        found = datetime.strptime(str(value), notation)
        return seconds_of(found if found.tzinfo else found.replace(tzinfo=UTC))
    mark = Mark.read(value)
    return mark.seconds if mark is not None and mark.seconds is not None else _no_time(value)


def _no_time(value: Any) -> Decimal:
    raise ValueError(f"{value!r} is no time")
