"""Imports: which modules a source needs in order to run there, and which it can do without.

An import is optional where the code around it provides for its failing, in any of the usual forms: ``try`` with an ``except``
that takes an ImportError and goes on, ``contextlib.suppress``, and a guard by ``importlib.util.find_spec``. What is only for type
checkers, for another system, for another Python or for a module that is run by itself is not run there at all.
"""

import ast
import operator
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from connector_build.errors import BuildError

_PROVIDED_FOR = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_THERE: Mapping[str, Any] = {
    "TYPE_CHECKING": False,
    "typing.TYPE_CHECKING": False,
    "__name__": "a module of a project",
    "sys.platform": "linux",
    "os.name": "posix",
    "platform.system()": "Linux",
    "sys.version_info": sys.version_info[:2],
    "sys.version_info[:2]": sys.version_info[:2],
    "sys.version_info[0]": sys.version_info[0],
    "sys.version_info.major": sys.version_info[0],
}
"""What a condition may ask for → what it is on Fivetran. The Python is that of the build, as for the markers of dependencies."""


@cache
def imports_of(path: str, contents: bytes) -> tuple[tuple[str, int], ...]:
    """Top-level name and line of each import of a module that has to succeed there."""
    try:
        tree = ast.parse(contents, path)
    except SyntaxError as error:
        raise BuildError(f"{path}, line {error.lineno}, is not valid Python: {error.msg}. Correct the plugin.") from None
    looked_for = _looked_for(tree) if b"find_spec" in contents else frozenset()
    return tuple((name, line) for name, line in _imports(tree.body, inside=False) if name not in looked_for)


def _imports(statements: Iterable[ast.stmt], *, inside: bool) -> Iterator[tuple[str, int]]:
    """The imports of *statements*, *inside* of a function or not, but for those that are optional."""
    for node in statements:
        match node:
            case ast.Import():
                yield from ((alias.name.partition(".")[0], node.lineno) for alias in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0], node.lineno
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _imports(node.body, inside=True)
            case _:
                yield from _imports(_run(node, inside=inside), inside=inside)


def _run(node: ast.stmt, *, inside: bool) -> Iterator[ast.stmt]:
    """The statements in *node* that may be run there, and whose failing nobody provides for."""
    match node:
        case ast.If():
            holds = _holds(node.test)
            yield from node.body if holds is not False else ()
            yield from node.orelse if holds is not True else ()
        case ast.Try() | ast.TryStar():
            tried = () if any(_goes_on(handler, inside=inside) for handler in node.handlers) else (*node.body, *node.orelse)
            yield from (*tried, *(each for handler in node.handlers for each in handler.body), *node.finalbody)
        case ast.With() | ast.AsyncWith():
            yield from () if any(_suppresses(item.context_expr) for item in node.items) else node.body
        case ast.Match():
            yield from (each for case in node.cases for each in case.body)
        case _:
            yield from (*getattr(node, "body", ()), *getattr(node, "orelse", ()))


def _goes_on(handler: ast.ExceptHandler, *, inside: bool) -> bool:
    """Whether *handler* provides for a failing import. To raise another error is no way on, but in a function that may never be
    called: it is how a feature says that it needs more."""
    if not (handler.type is None or _names_import_error(handler.type)):
        return False
    return inside or not isinstance(handler.body[-1], ast.Raise)


def _names_import_error(type_: ast.expr) -> bool:
    several = type_.elts if isinstance(type_, ast.Tuple) else [type_]
    return any(ast.unparse(each).rpartition(".")[2] in _PROVIDED_FOR for each in several)


def _suppresses(context: ast.expr) -> bool:
    called = isinstance(context, ast.Call) and ast.unparse(context.func).rpartition(".")[2] == "suppress"
    return called and any(_names_import_error(each) for each in getattr(context, "args", ()))


def _holds(test: ast.expr) -> bool | None:
    """Whether a condition holds on Fivetran; None where that cannot be told."""
    match test:
        case ast.Constant(value=bool(value)):
            return value
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = _holds(operand)
            return None if inner is None else not inner
        case ast.BoolOp(op=op, values=values):
            found = [_holds(each) for each in values]
            decides = isinstance(op, ast.Or)
            return decides if decides in found else None if None in found else not decides
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARED:
            return _compared(_THERE.get(ast.unparse(left)), op, right)
    known = _THERE.get(ast.unparse(test))
    return known if isinstance(known, bool) else None


def _compared(known: Any, op: ast.cmpop, right: ast.expr) -> bool | None:
    try:
        wanted = ast.literal_eval(right)
        return None if known is None else bool(_COMPARED[type(op)](known, wanted))
    except (ValueError, TypeError):
        return None


def _looked_for(tree: ast.AST) -> frozenset[str]:
    """The modules that the code looks for with ``find_spec`` and can do without."""
    needed = {id(part) for node in ast.walk(tree) if isinstance(node, ast.If) and _gives_up(node) for part in ast.walk(node.test)}
    return frozenset(
        str(node.args[0].value).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and id(node) not in needed and ast.unparse(node.func).rpartition(".")[2] == "find_spec"
        if node.args and isinstance(node.args[0], ast.Constant)
    )


def _gives_up(node: ast.If) -> bool:
    """Whether it does nothing but raise."""
    return isinstance(node.body[-1], ast.Raise) and not node.orelse
