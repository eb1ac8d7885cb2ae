"""Arguments: what a plugin gives to a public name is held against the annotations of that name.

Without it, a wrong argument shows as a TypeError somewhere in our code, or not before a sync. What a name's own checks say of
an argument is more than an annotation can, and comes first.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, wraps
from typing import Any, TypeVar, cast, get_type_hints

import attrs

from connector_core.basics.blame import sentence
from connector_core.basics.errors import ConnectorError, PluginError, WrongCallError
from connector_core.basics.kinds import Misfit, misfit, plainly
from connector_core.basics.names import did_you_mean, one_line

T = TypeVar("T")


def guarded(public: T) -> T:
    """*public*, a frozen value's class or a function, so that a call with a wrong argument raises PluginError with its name.

    A class is changed in place, because it is the same for everybody. What is neither is given back as it is.
    """
    if isinstance(public, type) and attrs.has(public):
        guard = _Guard(public.__name__, vars(public)["__init__"], public)
        setattr(public, "__init__", guard.init())  # noqa: B010  (for mypy a method, which nobody assigns)
    if inspect.isfunction(public):
        return cast("T", _Guard(public.__name__, public).function())
    return public


class _Guard:
    """What holds the arguments of one public name, and the fields that its class makes of them, against their annotations.

    These are read at its first call, when every module has been imported that an annotation names.
    """

    def __init__(self, name: str, call: Callable[..., Any], made: type | None = None) -> None:
        self._name = name
        self._call = call
        self._made = made

    def init(self) -> Callable[..., None]:
        """The ``__init__`` of a class."""
        call = self._call

        @wraps(call)
        def __init__(made: Any, *arguments: Any, **named: Any) -> None:  # noqa: N807  (what it stands for)
            try:
                call(made, *arguments, **named)
            except Exception as error:  # noqa: BLE001  (whatever a wrong value leads to)
                raise self._refused((made, *arguments), named, error) from None
            for name, kind, plainly_right in self._fields:
                value = getattr(made, name)
                if not plainly_right(value) and (wrong := misfit(value, kind, name.lstrip("_"))):
                    raise PluginError(f"{self._what((made, *arguments), named)}: {wrong}")

        return __init__

    def function(self) -> Callable[..., Any]:
        """The function itself."""
        call = self._call

        @wraps(call)
        def checked(*arguments: Any, **named: Any) -> Any:
            try:
                made = call(*arguments, **named)
            except Exception as error:  # noqa: BLE001  (whatever a wrong value leads to)
                raise self._refused(arguments, named, error) from None
            if wrong := self._wrong(arguments, named):
                raise PluginError(f"{self._name}: {wrong}")
            return made

        return checked

    @cached_property
    def _fields(self) -> Sequence[tuple[str, Any, Callable[[Any], bool]]]:
        """Of each field that is given: its name, its annotation, and a quick look at its value."""
        hints = _hints(self._made)
        kinds = {each.name: hints.get(each.name, Any) for each in attrs.fields(self._made) if each.init} if self._made else {}
        return [(name, kind, plainly(kind)) for name, kind in kinds.items() if kind is not Any]

    @cached_property
    def _parameters(self) -> Mapping[str, inspect.Parameter]:
        return inspect.signature(self._call).parameters

    @cached_property
    def _kinds(self) -> Mapping[str, Any]:
        """Argument → annotation: of a field that is converted, that of what converts it."""
        own, of_fields = _hints(self._call), _hints(self._made)
        return {name: own.get(name, of_fields.get(name, Any)) for name in self._parameters}

    def _refused(self, arguments: Sequence[Any], named: Mapping[str, Any], error: Exception) -> Exception:
        """What to say of a call that failed with *error*: by an argument that is too many, missing or wrong, or by what *error*
        says itself."""
        what = self._what(arguments, named)
        try:
            wrong = self._wrong(arguments, named)
        except TypeError as unbound:
            return WrongCallError(f"{what}{self._unbound(named, unbound)}")
        said = wrong is None or len(self._parameters) == 1 or wrong.argument.removesuffix("s") in str(error)
        if isinstance(error, ConnectorError) and said:
            return error
        return PluginError(f"{what}: {wrong or sentence(f'{type(error).__name__}: {one_line(error)}')}")

    def _what(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> str:
        """The public name, with that of the value that is to be made, if it has one."""
        own = {**dict(zip(self._parameters, arguments, strict=False)), **named}.get("name")
        return f"{self._name} {one_line(own, 60)}" if isinstance(own, str) and own.isidentifier() else self._name

    def _wrong(self, arguments: Sequence[Any], named: Mapping[str, Any]) -> Misfit | None:
        """The first argument that is of another kind than its annotation. Raises TypeError for one too many or too few."""
        bound = inspect.signature(self._call).bind(*arguments, **named)
        found = (misfit(value, self._kinds[name], name) for name, value in self._given(bound.arguments))
        return next((wrong for wrong in found if wrong), None)

    def _given(self, bound: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, value in bound.items():
            several = self._parameters[name].kind is inspect.Parameter.VAR_POSITIONAL
            yield from ((name, each) for each in (value if several else (value,)))

    def _unbound(self, named: Mapping[str, Any], why: TypeError) -> str:
        known = [name for name in self._parameters if name != "self"]
        takes = f"It takes {', '.join(known)}." if known else "It takes no argument."
        for name in named:
            if name not in known:
                return f" takes no argument {one_line(name, 60)}{did_you_mean(name, known)}. {takes}"
        return f": {sentence(why)} {takes}"


def _hints(annotated: Any) -> Mapping[str, Any]:
    try:
        return get_type_hints(annotated) if annotated else {}
    except NameError:  # an annotation that only a type checker can read
        return {}
