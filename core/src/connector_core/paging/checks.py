"""What is looked at when a connector is assembled: that stop rules are rules, and that each can work with its paginator."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.source.pagination import Request, StopRule, Where


def listed_rules(rules: Any) -> tuple[StopRule, ...]:
    """The stop rules of a paginator, as its fields keep them. Raises PluginError for what is no list of rules."""
    if isinstance(rules, type):
        raise PluginError(f"stop is the class {rules.__name__}. Write a list of rules: stop=[{rules.__name__}(…)].")
    if callable(rules):
        raise PluginError(f"stop is one rule, {_shown(rules)}. Write a list: stop=[{_shown(rules)}].")
    if isinstance(rules, str | bytes | Mapping) or not isinstance(rules, Iterable):
        raise PluginError(f"stop is {_shown(rules)}. Write a list of stop rules: stop=[empty_page()].")
    found = tuple(rules)
    for rule in found:
        _check_rule(rule)
    return found


def _check_rule(rule: object) -> None:
    if isinstance(rule, type):
        raise PluginError(f"stop has the class {rule.__name__} in it. Write the rule: {rule.__name__}(…).")
    if not callable(rule):
        raise PluginError(f"stop has {_shown(rule)} in it. Each entry has to be a stop rule, such as empty_page().")
    try:
        signature = inspect.signature(rule)
    except (TypeError, ValueError):  # of a function in C
        return
    try:
        signature.bind(None, None)
    except TypeError:
        raise PluginError(
            f"stop has {_shown(rule)} in it, which cannot be called with a request and its page. "
            "Write a function of the two: def ends(request, page)."
        ) from None


def _shown(value: object) -> str:
    return getattr(value, "__qualname__", None) or one_line(repr(value), 60)


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
        kind = type(instance).__name__
        raise PluginError(f"{kind}: {attribute.name} is {_shown(value)}. Write a name, in quotes.")


def place(instance: Any, attribute: Any, value: Any) -> None:
    """A validator for attrs: raise PluginError unless *value* is where a request carries something."""
    if value not in get_args(Where):
        kind = type(instance).__name__
        raise PluginError(f"{kind}: {attribute.name} is {_shown(value)}. Write one of {', '.join(get_args(Where))}.")
