"""The sample records in the one file of a dataset: which statements only they need, and the file without them.

``connector_build`` never ships, so neither does what uses it. Nor does what nothing else uses: helper functions, constants and
imports of the sample. Whole statements of the module go, and lines stay where they were, so that an error there names the
line that its author sees here.
"""

import ast
import symtable
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from attrs import frozen

from connector_build.errors import BuildError
from connector_build.plugins.imports import imports_of

_NEVER_SHIPS = "connector_build"
_DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)
"""Statements that do nothing but give names to things, as far as can be told."""


@frozen(eq=False)
class Statement:
    """One statement of a module: the names that it gives, and those of the module that it uses."""

    node: ast.stmt
    gives: frozenset[str]
    uses: frozenset[str]
    never_ships: bool
    """Whether it needs an import of what never ships."""

    @property
    def first(self) -> int:
        """Its first line, decorators included."""
        decorators: Sequence[ast.expr] = getattr(self.node, "decorator_list", ())
        return min([self.node.lineno, *(each.lineno for each in decorators)])

    @property
    def last(self) -> int:
        """Its last line."""
        return self.node.end_lineno or self.node.lineno

    @property
    def movable(self) -> bool:
        """Whether it may go where nothing uses what it gives."""
        future = isinstance(self.node, ast.ImportFrom) and self.node.module == "__future__"
        return isinstance(self.node, _DEFINES) and bool(self.gives) and not future


def without_sample(path: str, contents: bytes, dataset: str = "", sisters: Collection[str] = ()) -> bytes:
    """The module *contents* without what only its sample records need; as it is where it has none.

    Where it holds several datasets, *dataset* is the name of the one that ships, and what only its *sisters* need goes too.
    Raises BuildError where a hook needs what goes, and for what is no Python.
    """
    if _NEVER_SHIPS.encode() not in contents and not sisters:
        return contents
    statements = statements_of(path, contents)
    cut = cut_from(path, statements, dataset, sisters)
    return _blanked(path, contents, cut, statements) if cut else contents


def statements_of(path: str, contents: bytes) -> list[Statement]:
    """The statements of a module, in order. Raises BuildError for what is no Python."""
    imports_of(path, contents)  # which says so, with the line
    return [_statement(path, node) for node in ast.parse(contents).body]


def cut_from(path: str, statements: Sequence[Statement], dataset: str = "", sisters: Collection[str] = ()) -> list[Statement]:
    """Those of *statements* that only the sample records or *sisters* need, in order. Raises BuildError where a hook, or the
    *dataset* itself, needs the sample records."""
    lost = _closure([each for each in statements if each.never_ships], lambda one: _users(one, statements))
    for each in lost:
        if _is_hook(each.node) or dataset in each.gives:
            raise BuildError(
                f"{path}, line {each.node.lineno}: {', '.join(each.gives)} needs what is made with connector_build, which never "
                "ships. Let only the sample records use that."
            )
    aside = [each for each in statements if each.gives.intersection(sisters)]
    used = _closure([*lost, *aside], lambda one: _used(one, statements))
    stays = [each for each in statements if dataset in each.gives or not (each in used and each.movable)]
    roots = [each for each in stays if each not in lost]
    kept = _closure(roots, lambda one: _used(one, statements))
    return [each for each in statements if each in lost or each not in kept]


def _blanked(path: str, contents: bytes, cut: Iterable[Statement], statements: Iterable[Statement]) -> bytes:
    """*contents* with empty lines in place of the statements *cut*, and of the comments that stand right above each."""
    lines = contents.splitlines(keepends=True)
    gone = sorted({number for each in cut for number in lines_of(lines, each)})
    for each in statements:
        if each not in cut and {each.first, each.last} & set(gone):
            raise BuildError(f"{path}, line {each.first}: it shares a line with the sample records. Give it its own.")
    for number in gone:
        lines[number - 1] = b"\n"
    return b"".join(lines).rstrip() + b"\n"


def lines_of(lines: Sequence[bytes], statement: Statement) -> range:
    """The numbers of the lines of *statement* and of the comments right above it."""
    first = statement.first
    while first > 1 and lines[first - 2].startswith(b"#") and not lines[first - 2].startswith((b"#!", b"# ///")):
        first -= 1
    return range(first, statement.last + 1)


def _statement(path: str, node: ast.stmt) -> Statement:
    if _only_for_types(node):
        return Statement(node, frozenset(), frozenset(), never_ships=False)
    text = ast.unparse(node)
    top = symtable.symtable(text, path, "exec")
    gives = {each.get_name() for each in top.get_symbols() if each.is_assigned() or each.is_imported()}
    uses = {each.get_name() for each in top.get_symbols() if each.is_referenced()}
    for inner in _inside(top):
        found = [each for each in inner.get_symbols() if each.is_global()]
        uses |= {each.get_name() for each in found if each.is_referenced()}
        gives |= {each.get_name() for each in found if each.is_declared_global() and each.is_assigned()}
    never_ships = _NEVER_SHIPS in [name for name, _ in imports_of(path, text.encode())]
    if never_ships and isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        gives = {"Sample"}
    return Statement(node, frozenset(gives), frozenset(uses), never_ships)


def _inside(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    for child in table.get_children():
        yield child
        yield from _inside(child)


def _only_for_types(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING") and not node.orelse


def _is_hook(node: ast.stmt) -> bool:
    return any(ast.unparse(each).rpartition(".")[2].startswith("hookimpl") for each in getattr(node, "decorator_list", ()))


def _users(one: Statement, statements: Collection[Statement]) -> list[Statement]:
    return [each for each in statements if each.uses & one.gives]


def _used(one: Statement, statements: Collection[Statement]) -> list[Statement]:
    return [each for each in statements if each.gives & one.uses]


def _closure(begin: Iterable[Statement], further: Callable[[Statement], list[Statement]]) -> list[Statement]:
    """*begin*, and all that *further* leads to from there."""
    found = list(begin)
    for each in found:
        found += [other for other in further(each) if other not in found]
    return found
