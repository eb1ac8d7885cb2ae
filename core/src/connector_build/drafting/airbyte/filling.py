"""What the expressions of one stream may name, and what stands for it in a plugin."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen
from jinja2 import nodes

from connector_build.drafting.airbyte.expressions import (
    NotUnderstoodError,
    Reference,
    filled,
    pieces,
    reference,
    references,
    single,
)
from connector_build.drafting.airbyte.manifest import PARAMETERS
from connector_build.drafting.airbyte.settings import Settings
from connector_build.drafting.airbyte.times import notation_of
from connector_build.drafting.shape import object_of
from connector_build.drafting.texts import literal_text
from connector_core.basics.names import one_line

_PARTITIONS = frozenset({"stream_partition", "stream_slice", "partition", "stream_interval"})
_INTERVALS = frozenset({"stream_interval", "stream_slice", "stream_partition", "stream_state"})


@frozen
class Timed:
    """A text in which the ends of a window stand: ``{from}`` and ``{to}``. *whole*: it is one end and nothing else."""

    template: str
    ends: frozenset[str]
    notation: str | None
    whole: bool


@frozen(hash=False)
class Filling:
    """Fills the texts of one stream.

    partition: names in ``stream_partition`` → what stands for each: ``{parent.id}`` or ``{each.value}``.
    ends:      names in ``stream_interval`` → ``from`` or ``to``.
    unclear:   the expressions that were not understood, as they were written.
    """

    settings: Settings
    partition: Mapping[str, str] = field(factory=dict)
    ends: Mapping[str, str] = field(factory=dict)
    unclear: list[str] = field(factory=list)

    def text(self, text: Any, component: Any = None, depth: int = 0) -> str:
        """*text* as a template. Raises NotUnderstoodError, with the expression."""
        if depth > 5:
            raise NotUnderstoodError(one_line(text, 200))
        day = single(text)
        found = self._day(day) if day is not None else None
        return found or filled(text, lambda named: self._for(named, component, depth))

    def constant(self, text: Any, component: Any = None) -> str:
        """*text* with parameters filled, which has to be all: a name or a path. Raises NotUnderstoodError."""
        found = self.text(text, component)
        if "{settings." in found or "{parent." in found or "{each." in found:
            raise NotUnderstoodError(one_line(text, 200))
        return found.replace("{{", "{").replace("}}", "}")

    def soft(self, text: Any, component: Any = None) -> str | None:
        """*text* as a template; None, and kept among what was unclear, where it is not understood."""
        try:
            return self.text(text, component)
        except NotUnderstoodError as error:
            self.unclear.append(str(error))
            return None

    def secret(self, text: Any, component: Any = None) -> tuple[str, str] | None:
        """What stands before it, and the setting, where *text* ends with one secret; None for anything else."""
        named = [each for each in references(text) if each.root == "config" and self.settings.is_secret(each.keys)]
        return self.credential(text, component) if len(named) == 1 else None

    def credential(self, text: Any, component: Any = None) -> tuple[str, str] | None:
        """The text before, and the setting's name, of ``"Token {{ config['key'] }}"``; None where it is made otherwise."""
        try:
            parts = self._whole(text, component)
        except NotUnderstoodError:
            return None
        named = [reference(part) for part in parts if not isinstance(part, str)]
        if len(named) != 1 or named[0] is None or named[0].root != "config" or not parts or isinstance(parts[-1], str):
            return None
        return "".join(part for part in parts if isinstance(part, str)), self.settings.name(named[0].keys)

    def named(self, found: Reference, component: Any) -> str | None:
        """What stands for *found*; None where nothing does."""
        try:
            return self._for(found, component, 0)
        except NotUnderstoodError:
            return None

    def _whole(self, text: Any, component: Any) -> list[str | nodes.Expr]:
        """The pieces of *text*, or of the parameter that it stands for."""
        parts = pieces(str(text).strip())
        found = reference(parts[0]) if len(parts) == 1 and not isinstance(parts[0], str) else None
        if found and found.root == "parameters" and len(found.keys) == 1:
            return pieces(_parameter(component, found))
        return parts

    def timed(self, text: Any, component: Any = None) -> Timed | None:
        """*text* if an end of a window stands in it; None if none does. Raises NotUnderstoodError."""
        text = str(text)
        text = text[1:-1] if len(text) > 2 and text[0] == text[-1] == "'" else text
        found, ends, notation = [], set(), None
        parts = pieces(text)
        known = [None if isinstance(part, str) else self._end(part) for part in parts]
        if not any(known):
            return None
        for part, end in zip(parts, known, strict=True):
            if end is None:
                found.append(literal_text(part) if isinstance(part, str) else self._piece(part, text, component))
            else:
                found.append(f"{{{end[0]}}}")
                ends.add(end[0])
                notation = end[1] or notation
        return Timed("".join(found), frozenset(ends), notation, len(parts) == 1)

    def _piece(self, part: nodes.Expr, text: str, component: Any) -> str:
        named = reference(part)
        found = self._for(named, component, 0) if named else self._day(part)
        if found is None:
            raise NotUnderstoodError(one_line(text, 200))
        return found

    def _day(self, node: nodes.Expr) -> str | None:
        """A setting that is a day: a configured one, or today, which the expression asks for."""
        match node:
            case nodes.Call(node=nodes.Name(name="format_datetime"), args=[inner, nodes.Const(value="%Y-%m-%d"), *_]):
                named = reference(inner)
                if named and named.root == "config" and named.keys:
                    return f"{{settings.{self.settings.read(named.keys, 'date', named.default)}}}"
            case nodes.Call(node=nodes.Getattr(node=inner, attr="strftime"), args=[nodes.Const(value="%Y-%m-%d")]):
                return self._today(inner)
            case nodes.Call(node=nodes.Name(name="today_utc")):
                return self._today(node)
        return None

    def _today(self, node: Any) -> str | None:
        if not (
            isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in ("now_utc", "today_utc")
        ):
            return None
        return f"{{settings.{self.settings.today()}}}"

    def _end(self, node: nodes.Expr) -> tuple[str, str | None] | None:
        """Which end of a window *node* is, and in which notation."""
        found = reference(node)
        if found is not None:
            known = found.root in _INTERVALS and len(found.keys) == 1
            end = self.ends.get(str(found.keys[0])) if known else None
            return ("from", None) if found.root == "stream_state" and self.ends else (end, None) if end else None
        match node:
            case nodes.CondExpr():  # what comes instead is for a first sync, which has a start
                return self._end(node.expr1)
            case nodes.Or():
                return self._end(node.left)
            case nodes.Call(node=nodes.Name(name="format_datetime"), args=[inner, nodes.Const(value=str() as text), *_]):
                known_end = self._end(inner)
                return (known_end[0], notation_of(text)) if known_end else None
            case nodes.Call(node=nodes.Name(name="timestamp"), args=[inner]):
                known_end = self._end(inner)
                return (known_end[0], "epoch") if known_end else None
        return None

    def _for(self, found: Reference, component: Any, depth: int) -> str | None:
        if found.root == "config" and found.keys and not self.settings.is_secret(found.keys):
            return f"{{settings.{self.settings.read(found.keys, default=found.default)}}}"
        if found.root in _PARTITIONS and found.keys:
            return self.of_partition(found)
        if found.root == "parameters" and len(found.keys) == 1:
            return self.text(_parameter(component, found), component, depth + 1)
        return None

    def of_partition(self, found: Reference) -> str | None:
        first, rest = str(found.keys[0]), found.keys[1:]
        if (
            first in ("parent_slice", "extra_fields")
            and rest
            and self.partition
            and "{each.value}" not in self.partition.values()
        ):
            names = [str(key) for key in rest if key not in ("parent_slice", "extra_fields")]
            return f"{{parent.{'.'.join(names)}}}" if names else None
        return self.partition.get(first) if not rest else None


def _parameter(component: Any, found: Reference) -> Any:
    value = object_of(object_of(component).get(PARAMETERS)).get(str(found.keys[0]), found.default)
    if value is None or isinstance(value, dict | list):
        raise NotUnderstoodError(f"parameters.{found.keys[0]}")
    return value
