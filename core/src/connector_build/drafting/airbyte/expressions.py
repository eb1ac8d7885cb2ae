"""Expressions of a manifest (Jinja): parsed, and never evaluated. What is none of the forms below is not understood."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from attrs import field, frozen
from jinja2 import Environment, TemplateError, nodes

from connector_build.drafting.texts import literal_text, path_to
from connector_core.basics.names import one_line

_PARSER: Final = Environment(autoescape=False)  # noqa: S701  (nothing is ever rendered)
_PASSING: Final = frozenset({"string", "tojson", "trim", "int", "lower", "urlencode", "safe"})
"""Filters of which a value comes out as a request has it anyway."""
_MOST: Final = 4000

Keys = tuple[str | int, ...]


class NotUnderstoodError(ValueError):
    """An expression that is none of the known forms; its text is the expression."""


@frozen
class Reference:
    """What an expression names: ``config['a']['b']`` is root ``config`` and keys ``("a", "b")``."""

    root: str
    keys: Keys = ()
    default: Any = field(default=None, eq=False)

    @property
    def path(self) -> str:
        """Where it is, as a path; an index stands in brackets."""
        found = ""
        for key in self.keys:
            found += f"[{key}]" if isinstance(key, int) else f"{'.' if found else ''}{path_to(key)}"
        return found or "@"


def pieces(text: Any) -> list[str | nodes.Expr]:
    """The texts and expressions that *text* is made of, in order. Raises NotUnderstoodError for statements and broken syntax."""
    text = str(text)
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return [text]
    if len(text) > _MOST:
        raise NotUnderstoodError(one_line(text, 100))
    try:
        body = _PARSER.parse(text).body
    except (TemplateError, RecursionError):
        raise NotUnderstoodError(one_line(text, 200)) from None
    found: list[str | nodes.Expr] = []
    for node in body:
        if not isinstance(node, nodes.Output):
            raise NotUnderstoodError(one_line(text, 200))
        found += [each.data if isinstance(each, nodes.TemplateData) else each for each in node.nodes]
    return found


def single(text: Any) -> nodes.Expr | None:
    """The one expression that *text* is, if it is nothing else."""
    try:
        found = [each for each in pieces(text) if not isinstance(each, str) or each.strip()]
    except NotUnderstoodError:
        return None
    return found[0] if len(found) == 1 and not isinstance(found[0], str) else None


def reference(node: Any) -> Reference | None:
    """What *node* names; None for anything that does more than name something."""
    match node:
        case nodes.Name():
            return Reference(node.name)
        case nodes.Getattr():
            return _below(reference(node.node), node.attr)
        case nodes.Getitem():
            key = _key(node.arg)
            return None if key is None else _below(reference(node.node), key)
        case nodes.Call(node=nodes.Getattr(attr="get") as got, args=[nodes.Const(value=str() as key), *rest]) if len(rest) < 2:
            return _below(reference(got.node), key, _constant(rest[0]) if rest else None)
        case nodes.Filter():
            return _through(node)
        case nodes.Or(right=nodes.Const() | nodes.Dict()):
            return _with_default(reference(node.left), _constant(node.right))
    return None


def _through(node: nodes.Filter) -> Reference | None:
    if node.name in _PASSING:
        return reference(node.node)
    if node.name in ("default", "d") and len(node.args) == 1:
        return _with_default(reference(node.node), _constant(node.args[0]))
    return None


def _key(node: Any) -> str | int | None:
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const) and isinstance(node.node.value, int):
        return -node.node.value
    value = _constant(node)
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


def _below(found: Reference | None, key: str | int, default: Any = None) -> Reference | None:
    return None if found is None else Reference(found.root, (*found.keys, key), default)


def _with_default(found: Reference | None, value: Any) -> Reference | None:
    return None if found is None else Reference(found.root, found.keys, value)


def _constant(node: Any) -> Any:
    return node.value if isinstance(node, nodes.Const) else None


def references(text: Any) -> Iterator[Reference]:
    """Everything that *text* names, however it is used."""
    try:
        parts = pieces(text)
    except NotUnderstoodError:
        return
    for part in parts:
        if not isinstance(part, str):
            yield from _within(part)


def _within(node: Any) -> Iterator[Reference]:
    found = reference(node)
    if found is not None:
        yield found
        return
    for child in node.iter_child_nodes():
        yield from _within(child)


def equality(node: Any) -> tuple[Reference, list[Any]] | None:
    """What is compared, and the values that it may have: ``x == 1`` and ``x in [1, 2]``."""
    if not isinstance(node, nodes.Compare) or len(node.ops) != 1:
        return None
    found, operand = reference(node.expr), node.ops[0]
    if operand.op == "eq" and isinstance(operand.expr, nodes.Const):
        values = [operand.expr.value]
    elif operand.op == "in" and isinstance(operand.expr, nodes.List | nodes.Tuple):
        values = [each.value for each in operand.expr.items if isinstance(each, nodes.Const)]
    else:
        return None
    return (found, values) if found and values and all(isinstance(each, str | int | float | bool) for each in values) else None


Fill = Callable[[Reference], str | None]
"""A reference → the template that stands for it; None where there is none."""


def filled(text: Any, fill: Fill) -> str:
    """*text* as a template of a plugin. Raises NotUnderstoodError, with the expression, for one that cannot be said so."""
    found = []
    for piece in pieces(text):
        put = literal_text(piece) if isinstance(piece, str) else _filled(piece, fill)
        if put is None:
            raise NotUnderstoodError(one_line(str(text), 200))
        found.append(put)
    return "".join(found)


def _filled(node: Any, fill: Fill) -> str | None:
    named = reference(node)
    if named is not None:
        return fill(named)
    match node:
        case nodes.Const(value=str() | int() | float() as value):
            return literal_text(str(value))
        case nodes.Concat(nodes=parts):
            return _joined([_filled(part, fill) for part in parts])
        case nodes.Add():
            return _joined([_filled(node.left, fill), _filled(node.right, fill)])
        case nodes.Or():
            return _either(node, fill)
    return None


def _either(node: nodes.Or, fill: Fill) -> str | None:
    """The first of two that can be said; a setting on the left has a default of its own."""
    try:
        first = _filled(node.left, fill)
    except NotUnderstoodError:
        first = None
    return first if first is not None else _filled(node.right, fill)


def _joined(parts: list[str | None]) -> str | None:
    return None if None in parts else "".join(part for part in parts if part is not None)
