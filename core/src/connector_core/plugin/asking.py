"""Ask each hook of each plugin once, and lay answers and errors at the door of the plugin that gave them."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, get_args

import pluggy

from connector_core.basics.errors import HookError, PluginError
from connector_core.basics.names import did_you_mean, one_line
from connector_core.plugin import defaults, hooks
from connector_core.plugin.plan import Origin, Plugin

HOOKS = tuple(name for name in vars(hooks) if name.startswith("connector_"))

CORE = Plugin("connector-core", defaults)


def register(plugins: Sequence[Plugin]) -> pluggy.PluginManager:
    """A manager of this assembly alone: core first, then the dataset, then extensions."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    for plugin in (CORE, *plugins):
        check_markers(plugin)
        try:
            manager.register(plugin.module, plugin.name)
        except pluggy.PluginValidationError as error:
            raise HookError(f"{plugin.name}: {one_line(error)}. See the hook's signature in docs/hooks.md.") from None
        except ValueError:
            raise PluginError(f"{plugin.name} is named twice. Name each plugin once.") from None
    return manager


def check_markers(plugin: Plugin) -> None:
    """Raise PluginError for a ``connector_…`` function without its marker, and for a marked function that is no hook."""
    for name, value in inspect.getmembers(plugin.module, inspect.isroutine):
        marked = hasattr(value, f"{hooks.PROJECT}_impl")
        ours = getattr(value, "__module__", None) == getattr(plugin.module, "__name__", None)
        if marked and name not in HOOKS:
            raise HookError(
                f"{plugin.name}: {name} is marked @hookimpl but is no hook{did_you_mean(name, HOOKS)}. "
                f"The hooks are {', '.join(HOOKS)}."
            )
        if name.startswith("connector_") and ours and not marked:
            remedy = (
                "Write @hookimpl above it" if name in HOOKS else f"There is no such hook{did_you_mean(name, HOOKS)}; rename it"
            )
            raise HookError(
                f"{plugin.name}: the function {name} is not marked as a hook. {remedy}, "
                "or give it a name without connector_ in front."
            )


def answers(manager: pluggy.PluginManager, hook: str, **arguments: Any) -> list[tuple[Any, Origin]]:
    """Each plugin's own answer, in the order core, dataset, extensions; None left out.

    Pluggy keeps its implementations in this order, ``trylast`` and ``tryfirst`` at the ends, and calls the last first. Each
    is called here rather than through the hook, so that an answer and an error can be laid at its plugin's door.
    """
    found = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        origin = Origin(implementation.plugin_name, hook)
        if implementation.hookwrapper or implementation.wrapper:
            raise HookError(
                f"{origin}: a wrapper cannot answer, because no hook sees what another plugin says. Write a plain @hookimpl."
            )
        try:
            answer = implementation.function(*(arguments[name] for name in implementation.argnames))
        except PluginError as error:
            raise type(error)(f"{origin}: {error}") from error
        except Exception as error:
            raise PluginError(
                f"{origin} failed with {type(error).__name__}: {one_line(error)}. "
                "Correct the function; it is called without network and configuration."
            ) from error
        if answer is not None:
            found.append((answer, origin))
    return found


def one(
    manager: pluggy.PluginManager, hook: str, fits: Callable[[Any], bool], wanted: str, **arguments: Any
) -> tuple[Any, Origin]:
    """The answer to a *hook* with one: of those who gave one, the last. Raises HookError unless it *fits*."""
    answer, origin = answers(manager, hook, **arguments)[-1]
    if isinstance(answer, type) or not fits(answer):
        raise HookError(f"{origin} returned {shown(answer)}. Return {wanted}.")
    return answer, origin


def many(manager: pluggy.PluginManager, hook: str, wanted: Any, **arguments: Any) -> list[tuple[Any, Origin]]:
    """The entries of all answers to a *hook* with a list of *wanted*. Raises HookError for one of another type."""
    names = " or ".join(kind.__name__ for kind in get_args(wanted) or (wanted,))
    found = []
    for answer, origin in answers(manager, hook, **arguments):
        if not isinstance(answer, list | tuple):
            raise HookError(f"{origin} returned {shown(answer)}. Return a list: [{names}(…)].")
        for value in answer:
            if not isinstance(value, wanted):
                raise HookError(f"{origin} returned a list with {shown(value)} in it. Each entry has to be a {names}.")
            found.append((value, origin))
    return found


def shown(value: object) -> str:
    """*value* as a message names it: its type, and how it looks."""
    return f"the class {value.__name__}" if isinstance(value, type) else f"{type(value).__name__} {one_line(repr(value), 60)}"
