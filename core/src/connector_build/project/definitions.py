"""Definitions: what the options of a connector do to its rows, so that two builds can be compared.

A transform may be any function. It is told by a hash over its source, the values that it was made with, and whatever of its own
package it names: a helper that changes changes the transform as well.
"""

import ast
import inspect
import linecache
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from hashlib import blake2b
from textwrap import dedent
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import attrs

from connector_core.derived.ready_transforms import Hashed
from connector_core.plugin.assembly import Option, TablePlan

_PLAIN = (str, int, float, bool, bytes, type(None))
_HELD = (*_PLAIN, list, tuple, set, frozenset, Mapping)
_FOR_PEOPLE = frozenset({"description", "pii"})
_NOT_THEIRS = frozenset({*sys.stdlib_module_names, "connector_core", "attr", "attrs"})


def definition(option: Option) -> dict[str, Any]:
    """What a lock says of *option*: its kind, its table, a hash of what it is made of, and the columns that it hides."""
    function = getattr(option.value, "function", None)
    hides = {"hashes": list(function.fields)} if isinstance(function, Hashed) else {}
    made_of = "\n".join(_made_of(option.value, set())).encode(errors="surrogatepass")
    return {
        "kind": option.kind,
        "table": option.table,
        "made_of": blake2b(made_of, digest_size=8).hexdigest(),
        **hides,
    }


def how_read(plan: TablePlan) -> str:
    """How a table is read, as a lock says it: its strategy, and what of it is deleted."""
    table = plan.table
    replaced = ", and replaced" if table.full_refresh else ""
    deletes = f", with deletes of what stands under {table.deleted}" if table.deleted else ""
    return f"{getattr(plan.paginator, 'reads', 'as its paginator says')}{replaced}{deletes}"


def _made_of(value: Any, seen: set[int]) -> Iterator[str]:
    """Texts that are the same for the same definition, in this process and in any other."""
    if isinstance(value, _PLAIN):
        yield repr(value)
    elif id(value) not in seen:  # a function may name itself
        seen.add(id(value))
        yield type(value).__qualname__
        if isinstance(value, set | frozenset):
            yield from sorted("".join(_made_of(each, seen)) for each in value)
        else:
            for part in _parts(value):
                yield from _made_of(part, seen)


def _parts(value: Any) -> Iterable[Any]:
    """What *value* is made of, in an order that is always the same."""
    match value:
        case list() | tuple() | Mapping():
            return [*value, *(value.values() if isinstance(value, Mapping) else ())]
        case partial():
            return [value.func, value.args, value.keywords]
        case MethodType():
            return [value.__func__, value.__self__]
        case FunctionType():
            return [_source(value), value.__defaults__, value.__kwdefaults__, *_closed_over(value), *_named_by(value)]
        case type():
            return [value.__qualname__ if _package(value) in _NOT_THEIRS else _source(value)]
        case _ if attrs.has(type(value)):
            return [_counting(value, each.name) for each in attrs.fields(type(value)) if each.eq]
        case _ if _package(type(value)) not in _NOT_THEIRS:
            return [type(value), getattr(value, "__dict__", None)]
    return [str(getattr(value, "pattern", getattr(value, "__qualname__", "")))]


def _counting(value: Any, name: str) -> Any:
    """A part of a value, as far as rows can depend on it: what one of ours says for people is as if it said nothing."""
    part = getattr(value, name)
    return type(part)() if name in _FOR_PEOPLE and _package(type(value)) == "connector_core" else part


def _closed_over(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # nothing is in it yet
            continue


def _named_by(function: FunctionType) -> Iterator[Any]:
    """What *function* names among the globals of its own module, and in other modules of its package."""
    names = sorted(set(_names(function.__code__)))
    found = function.__globals__
    modules = [found[name] for name in names if isinstance(found.get(name), ModuleType)]
    for scope in (found, *(vars(each) for each in modules if _package(each) == _package(function))):
        for name in names:
            held = scope.get(name)
            if isinstance(held, _HELD) or _package(held) == _package(function) or attrs.has(type(held)):
                yield from (name, held)


def _names(code: CodeType) -> Iterator[str]:
    """The globals and attributes that *code* names, and those of the functions in it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)


def _package(value: Any) -> str:
    """The top-level package that *value*, a module or what was made in one, belongs to; empty where nobody knows."""
    module = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else ""


def _lambda(code: CodeType) -> ast.Lambda:
    """The source of a lambda alone: there may be several in its line. Raises StopIteration where it cannot be found."""
    tree = ast.parse("".join(linecache.getlines(code.co_filename)))
    start = min((line, column) for line, _, column, _ in code.co_positions() if line and column is not None)
    lambdas = (node for node in ast.walk(tree) if isinstance(node, ast.Lambda))
    return next(node for node in lambdas if (node.body.lineno, node.body.col_offset) == start)


def _compiled(code: CodeType | None) -> str:
    """What Python made of a function whose source cannot be had."""
    if code is None:
        return ""
    constants = [_compiled(each) if isinstance(each, CodeType) else "".join(sorted(repr(each))) for each in code.co_consts]
    return f"{code.co_code.hex()} {' '.join(constants)} {' '.join(code.co_names)}"


def _source(made: Any) -> str:
    """The source of a function or a class, without comments and docstrings; what Python made of it where there is none."""
    try:
        tree = _lambda(made.__code__) if made.__name__ == "<lambda>" else ast.parse(dedent(inspect.getsource(made)).strip())
    except (OSError, TypeError, SyntaxError, StopIteration):
        return f"{made.__qualname__} {_compiled(getattr(made, '__code__', None))}"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
