"""What is looked at when a connector is assembled: that each stop rule can work with its paginator."""

from collections.abc import Iterable, Sequence
from typing import Any, get_args

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.source.pagination import Request, StopRule, Where
from connector_core.source.positions import positions_in
from connector_core.source.tables import Table


def listed_rules(rules: Sequence[StopRule]) -> Sequence[StopRule]:
    """The stop rules of a paginator, as its fields keep them."""
    return tuple(rules) if isinstance(rules, list) else rules


def check_positions(paginator: object, positions: Iterable[tuple[Where, str]]) -> None:
    """Raise PluginError when a stop rule of *paginator* counts by a parameter that is none of its *positions*."""
    kind, known = type(paginator).__name__, list(positions)
    for rule in getattr(paginator, "stop", ()):
        position = getattr(rule, "position", None)
        if position is None or position in known:
            continue
        name = type(rule).__name__
        counts = " or ".join(carried(each) for each in known)
        remedy = (
            f"{kind} counts by {counts}: write {name}(…, param={known[0][1]!r}), or another rule"
            if known
            else f"{kind} does not count. Use another rule, such as empty_page(), no_more(…) or field_is(…)"
        )
        raise PluginError(f"{kind}: its stop rule {name} reads {carried(position)}, which {kind} does not send. {remedy}.")


def check_carried(paginator: object, request: Request) -> None:
    """Raise PluginError when a stop rule of *paginator* reads a parameter that its first *request* does not have."""
    kind = type(paginator).__name__
    for rule in getattr(paginator, "stop", ()):
        asked = getattr(rule, "asked", None)
        if asked is None or request.found(*asked) is not None:
            continue
        where = next((place for place in get_args(Where) if request.found(place, asked[1]) is not None), None)
        remedy = f'It is in the {where}: write where="{where}"' if where else "Name the parameter that takes the page size"
        raise PluginError(
            f"{kind}: its stop rule {type(rule).__name__} reads {carried(asked)}, which the request "
            f"{request} does not have. {remedy}, or use another rule."
        )


def carried(place: tuple[Where, str]) -> str:
    """A parameter and where it is, for people."""
    where, name = place
    return f"{name} in the {where}"


def text(instance: Any, attribute: Any, value: Any) -> None:
    """A validator for attrs: raise PluginError unless *value* is a text that names something."""
    if not isinstance(value, str) or not value.strip():
        raise PluginError(f"{type(instance).__name__}: {attribute.name} is {one_line(repr(value), 60)}. Write a name, in quotes.")


def check_where(paginator: Any, table: Table, *names: str, path: str | None = None) -> None:
    """Raise PluginError when requests for *table* cannot carry what *paginator* puts under *names* where it says.

    path: that of the requests which carry it, where it is not the table's.
    """
    kind, where = type(paginator).__name__, paginator.where
    if where == "body" and table.body is None:
        raise PluginError(
            f'{kind}: where="body", and {table.name} has no body, so its requests are GETs. Write body={{}} in its Table.'
        )
    if where != "path":
        return
    written, what = (table.path, f"path of {table.name}") if path is None else (path, "next_path")
    for name in names:
        if name not in positions_in(written, {name}):
            raise PluginError(
                f'{kind}: where="path", and the {what}, {written}, has no {{{name}}} in it. Write it where {name} stands: '
                f"{written.rstrip('/')}/{{{name}}}."
            )


def check_first(paginator: Any, table: Table) -> None:
    """Raise PluginError unless *paginator*, whose first request has no position, has another path for those that have one."""
    if paginator.where != "path":
        return
    kind, name = type(paginator).__name__, paginator.param
    if paginator.next_path is None or name in positions_in(table.path, {name}):
        raise PluginError(
            f'{kind}: where="path", and the first request has no {name} to put there. Leave {{{name}}} out of the path of '
            f'{table.name}, and write next_path="{table.path.replace(f"/{{{name}}}", "").rstrip("/")}/{{{name}}}" for those that '
            "follow."
        )


def fills_of(paginator: Any) -> set[str]:
    """The names in braces that *paginator*, or one that it is made around, puts something in the place of."""
    names: set[str] = set()
    while paginator is not None:
        names.update(getattr(paginator, "fills", ()))
        paginator = getattr(paginator, "pages", None)
    return names
