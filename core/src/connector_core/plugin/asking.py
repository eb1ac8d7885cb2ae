"""Ask each hook of each plugin once, and lay answers and errors at the door of the plugin that gave them."""

import ast
import inspect
from collections.abc import Callable, Sequence
from textwrap import dedent
from typing import Any, get_args

import pluggy

from connector_core.basics.blame import begin_of, culprit, see, sentence
from connector_core.basics.errors import HookError, PluginError, WrongCallError
from connector_core.basics.kinds import shown
from connector_core.basics.names import one_line
from connector_core.plugin import defaults, hooks
from connector_core.plugin.markers import check_markers
from connector_core.plugin.plan import Origin, Plugin

CORE = Plugin("connector-core", defaults)


_Answer = tuple[Any, Origin, Callable[..., Any]]
"""What a function said, where it comes from, and the function."""


def register(plugins: Sequence[Plugin]) -> pluggy.PluginManager:
    """A manager of this assembly alone: core first, then the dataset, then extensions."""
    manager = pluggy.PluginManager(hooks.PROJECT)
    manager.add_hookspecs(hooks)
    for plugin in (CORE, *plugins):
        check_markers(plugin)
        try:
            manager.register(plugin.module, plugin.name)
        except pluggy.PluginValidationError as error:
            raise HookError(f"{plugin.name}: {sentence(one_line(error))} See the hook's signature in docs/hooks.md.") from None
        except ValueError:
            raise PluginError(f"{plugin.name} is named twice. Name each plugin once.") from None
    return manager


def answers(manager: pluggy.PluginManager, hook: str, **arguments: Any) -> list[tuple[Any, Origin]]:
    """Each plugin's own answer, in the order core, dataset, extensions; None left out.

    Pluggy keeps its implementations in this order, ``trylast`` and ``tryfirst`` at the ends, and calls the last first. Each
    is called here rather than through the hook, so that an answer and an error can be laid at its plugin's door.
    """
    found: list[_Answer] = []
    silent: list[_Answer] = []
    for implementation in getattr(manager.hook, hook).get_hookimpls():
        origin = Origin(implementation.plugin_name, hook, begin_of(implementation.function))
        if implementation.hookwrapper or implementation.wrapper:
            raise HookError(
                f"{origin}: a wrapper cannot answer, because no hook sees what another plugin says. Write a plain @hookimpl."
                f"{see(origin.place)}"
            )
        answer = _asked(implementation, origin, arguments)
        (silent if answer is None else found).append((answer, origin, implementation.function))
    if not any(origin.plugin != CORE.name for _, origin, _ in found):
        _check_returns(silent)
    return [(answer, origin) for answer, origin, _ in found]


def _asked(implementation: pluggy.HookImpl, origin: Origin, arguments: dict[str, Any]) -> Any:
    function = implementation.function
    try:
        return function(*(arguments[name] for name in implementation.argnames))
    except PluginError as error:
        if not isinstance(error, WrongCallError):
            raise type(error)(f"{origin}: {sentence(error)}{see(culprit(error, function))}") from error
        raise _failed(origin, "TypeError", error, function) from error
    except Exception as error:
        raise _failed(origin, type(error).__name__, error, function) from error


def _failed(origin: Origin, kind: str, error: Exception, function: Callable[..., Any]) -> PluginError:
    return PluginError(
        f"{origin} failed with {sentence(f'{kind}: {one_line(error, 400)}')} "
        f"Correct the function; it is called without network and configuration.{see(culprit(error, function))}"
    )


def _check_returns(silent: Sequence[_Answer]) -> None:
    """Raise HookError for a function that cannot answer, where no other plugin does: its ``return`` was forgotten."""
    for _, origin, function in silent:
        if not _returns(function):
            raise HookError(
                f"{origin} has no return, so it answers nothing. Write return in front of its answer, or take the function away."
                f"{see(origin.place)}"
            )


def _returns(function: Callable[..., Any]) -> bool:
    """Whether there is a ``return`` in *function*; True as well where its source cannot be had."""
    try:
        tree = ast.parse(dedent(inspect.getsource(inspect.unwrap(function))))
    except (OSError, TypeError, SyntaxError):
        return True
    return any(isinstance(node, ast.Return | ast.Lambda) for node in ast.walk(tree))


def one(
    manager: pluggy.PluginManager, hook: str, fits: Callable[[Any], bool], wanted: str, **arguments: Any
) -> tuple[Any, Origin]:
    """The answer to a *hook* with one: of those who gave one, the last. Raises HookError unless it *fits*."""
    answer, origin = answers(manager, hook, **arguments)[-1]
    if isinstance(answer, type) or not fits(answer):
        raise HookError(f"{origin} returned {shown(answer)}. Return {wanted}.{see(origin.place)}")
    return answer, origin


def many(manager: pluggy.PluginManager, hook: str, wanted: Any, **arguments: Any) -> list[tuple[Any, Origin]]:
    """The entries of all answers to a *hook* with a list of *wanted*. Raises HookError for one of another type."""
    names = " or ".join(kind.__name__ for kind in get_args(wanted) or (wanted,))
    found = []
    for answer, origin in answers(manager, hook, **arguments):
        if not isinstance(answer, list | tuple):
            raise HookError(f"{origin} returned {shown(answer)}. Return a list: [{names}(…)].{see(origin.place)}")
        for value in answer:
            if not isinstance(value, wanted):
                raise HookError(
                    f"{origin} returned a list with {shown(value)} in it. Each entry has to be a {names}.{see(origin.place)}"
                )
            found.append((value, origin))
    return found
