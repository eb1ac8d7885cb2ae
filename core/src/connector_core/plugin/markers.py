"""Markers: whether the hooks of a plugin are where hooks are found, are marked, and take what hooks are given."""

import inspect
from collections.abc import Callable, Iterator
from typing import Any

from connector_core.basics.blame import begin_of, see
from connector_core.basics.errors import HookError
from connector_core.basics.names import did_you_mean, one_line
from connector_core.plugin import hooks
from connector_core.plugin.plan import Plugin

HOOKS = tuple(name for name in vars(hooks) if name.startswith("connector_"))


def check_markers(plugin: Plugin) -> None:
    """Raise HookError for a ``connector_…`` function without its marker, for a marked function that is no hook, for a hook with
    an argument that hooks are not given, and for hooks inside of a class, where nobody would ask them."""
    for name, value in inspect.getmembers(plugin.module, inspect.isroutine):
        _check_routine(plugin, name, value)
    for holder, name, function in _in_classes(plugin.module):
        raise HookError(
            f"{plugin.name}: {name} stands in the class {holder.__name__}, where it is never asked. A hook is a function of the "
            f"module itself: move it out of the class, and take self away.{see(begin_of(function))}"
        )


def _check_routine(plugin: Plugin, name: str, value: Any) -> None:
    ours = getattr(value, "__module__", None) == getattr(plugin.module, "__name__", None)
    if is_marked(value):
        _check_marked(plugin, name, value)
    elif name.startswith("connector_") and ours:
        remedy = "Write @hookimpl above it" if name in HOOKS else f"There is no such hook{did_you_mean(name, HOOKS)}; rename it"
        raise HookError(
            f"{plugin.name}: the function {name} is not marked as a hook. {remedy}, "
            f"or give it a name without connector_ in front.{see(begin_of(value))}"
        )


def _check_marked(plugin: Plugin, name: str, function: Callable[..., Any]) -> None:
    if name not in HOOKS:
        raise HookError(
            f"{plugin.name}: {name} is marked @hookimpl but is no hook{did_you_mean(name, HOOKS)}. "
            f"The hooks are {', '.join(HOOKS)}.{see(begin_of(function))}"
        )
    given = list(inspect.signature(getattr(hooks, name)).parameters)
    for each in _required(function):
        if isinstance(plugin.module, type) and each == "self":
            own = plugin.module.__name__
            raise HookError(f"{plugin.name} is the class {own}. Give an object of it: {own}().{see(begin_of(function))}")
        if each not in given:
            raise HookError(
                f"{plugin.name}: {name} takes {one_line(each, 60)}{did_you_mean(each, given)}, which this hook is not given. "
                f"Write def {name}({', '.join(given)}): as in docs/hooks.md.{see(begin_of(function))}"
            )


def _required(function: Callable[..., Any]) -> list[str]:
    """The arguments that pluggy would look for by name."""
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    parameters = inspect.signature(function).parameters.values()
    return [each.name for each in parameters if each.kind in kinds and each.default is each.empty]


def is_marked(value: object) -> bool:
    """Whether *value* was marked ``@hookimpl``."""
    return hasattr(value, f"{hooks.PROJECT}_impl")


def _in_classes(module: Any) -> Iterator[tuple[type, str, Any]]:
    """Hooks in a class of *module*, or in an object of one, that the module itself does not have."""
    for value in vars(module).values() if inspect.ismodule(module) else ():
        holder = value if isinstance(value, type) else type(value)
        if holder.__module__ == module.__name__:
            marked = inspect.getmembers(holder, lambda each: inspect.isroutine(each) and is_marked(each))
            yield from ((holder, name, function) for name, function in marked if not is_marked(getattr(module, name, None)))
