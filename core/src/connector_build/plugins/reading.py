"""What the text of a plugin says, without importing it: what a dataset is, which options it offers, which modules it needs.

Nothing here raises: of what cannot be read, nothing is known.
"""

import ast
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

_OPTIONS: Final = frozenset({"Transform", "DerivedField", "Dimension", "Aggregate", "Nested"})
"""What makes an option, by the name that it is called with; its own name stands first."""


def tree_of(contents: bytes) -> ast.Module:
    """The module, or an empty one for what is no Python."""
    try:
        return ast.parse(contents)
    except (SyntaxError, ValueError, RecursionError):
        return ast.Module([], [])


def summary_of(tree: ast.Module, attribute: str = "") -> str:
    """What a module says it is in the first line of its docstring; of a dataset that is a value in it, what its summary says."""
    if attribute:
        said = [_text(word.value) for call in _calls(_giving(tree, attribute)) for word in call.keywords if word.arg == "summary"]
        return _first_line(next(filter(None, said), ""))
    return _first_line(ast.get_docstring(tree) or "")


def options_of(tree: ast.Module, attribute: str = "") -> set[str]:
    """The names of the options that a module makes, as far as they are written out; of a value in it, what it is made with."""
    within = _reached(tree, attribute) if attribute else tree.body
    calls = (call for call in _calls(within) if _called(call) in _OPTIONS)
    names = ([*call.args[:1], *(word.value for word in call.keywords if word.arg == "name")] for call in calls)
    return {text for each in names for text in map(_text, each[:1]) if text}


def source_of_module(module: str) -> tuple[Path, Path] | None:
    """The file of *module*, and the folder of its package; None where they cannot be found. No package is imported."""
    top, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(top)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parent
    path = root.joinpath(*rest)
    places = (path / "__init__.py", path.with_suffix(".py")) if rest else (Path(spec.origin),)
    return next(((place, root) for place in places if place.is_file()), None)


def modules_below(root: Path) -> dict[str, Path]:
    """The modules of the package in the folder *root*, by their names."""
    found = {}
    for path in sorted(root.rglob("*.py")):
        parts = [root.name, *path.relative_to(root).with_suffix("").parts]
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def needed_by(module: str, known: dict[str, Path]) -> set[str]:
    """*module*, and those of the modules *known* that it imports, in turn, with the packages that they lie in."""
    found = [each for each in _with_parents(module) if each in known]
    for each in found:
        path = known[each]
        package = each if path.name == "__init__.py" else each.rpartition(".")[0]
        for name in imported(tree_of(path.read_bytes()), package, known):
            found += [one for one in _with_parents(name) if one in known and one not in found]
    return set(found)


def imported(tree: ast.Module, package: str, known: Iterable[str]) -> Iterator[str]:
    """What a module of *package* imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            for alias in node.names:
                below = (each for each in known if each.startswith(f"{base}."))
                yield from below if alias.name == "*" else [f"{base}.{alias.name}"]


def _with_parents(module: str) -> Sequence[str]:
    parts = module.split(".")
    return [".".join(parts[:number]) for number in range(1, len(parts) + 1)]


def _giving(tree: ast.Module, name: str) -> list[ast.stmt]:
    """The statements of *tree* that give *name* to something."""
    return [node for node in tree.body if name in _given(node)]


def _given(node: ast.stmt) -> set[str]:
    match node:
        case ast.Assign(targets=targets):
            return {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
    return set()


def _reached(tree: ast.Module, name: str) -> list[ast.stmt]:
    """The statements that give *name*, and those that give what they use."""
    found = _giving(tree, name)
    for each in found:
        uses = {node.id for node in ast.walk(each) if isinstance(node, ast.Name)}
        found += [other for other in tree.body if other not in found and _given(other) & uses]
    return found


def _calls(within: Iterable[ast.AST]) -> Iterator[ast.Call]:
    return (node for each in within for node in ast.walk(each) if isinstance(node, ast.Call))


def _called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0].strip().removesuffix(".")
