"""A draft → the text of a plugin. Every value is written as a literal, so nothing that an API sent can become code."""

import keyword
import re
from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Final

import connector_core
from connector_build.drafting.draft import Call, Draft, Noted, Pair, TableDraft, Value, bare, words
from connector_core.basics.names import one_line, stored_name

WIDTH: Final = 100
"""Columns that a line has, unless a comment stands behind it or it cannot be broken."""
_STEP: Final = 4


def plugin_text(draft: Draft) -> str:
    """The Python source of *draft*, formatted; the same bytes for the same draft.

    Raises ValueError for a word that ``connector_core`` does not have.
    """
    blocks = [
        [f'"""{_plain(draft.summary)}"""', *_remarks(draft.remarks)],
        _imports(draft),
        [line for table in draft.tables for line in _constant(table)],
        *_hooks(draft),
    ]
    head, imports, constants, *hooks = ["\n".join(block) for block in blocks]
    named = _named(draft)
    return "\n\n".join([head, imports, constants]) + "".join(f"\n\n{each}" for each in named) + _joined(hooks)


def constant_of(name: str) -> str:
    """The name of the constant that holds the table *name*."""
    upper = re.sub(r"[^A-Z0-9]+", "_", name.upper()).strip("_") or "TABLE"
    return f"T_{upper}" if upper[0].isdigit() or upper in _OWN else upper


_OWN: Final = frozenset({"PAGING", "TRANSFORMS", "EXTRA_TABLES", "SAMPLE"})


def name_of(text: str, fallback: str = "records") -> str:
    """*text* as a name that Fivetran and Python keep: lower-case snake_case, a letter first."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    name = re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_") or fallback
    name = name if name[0].isalpha() else f"n_{name}"
    return f"{name}_" if keyword.iskeyword(name) else name


def table_name_of(text: str, fallback: str = "records") -> str:
    """The same for a table, whose name is the one that it has in the destination: ``top10`` is ``top_10``."""
    return name_of(stored_name(text), stored_name(fallback))


def _joined(hooks: Sequence[str]) -> str:
    return "".join(f"\n\n\n{each}" for each in hooks) + "\n"


def _plain(text: str) -> str:
    """A line of a docstring."""
    return one_line(text, 110).replace("\\", "/").replace('"', "'") or "A dataset."


def _remarks(remarks: Sequence[str]) -> list[str]:
    lines = [line for each in remarks for line in wrap(one_line(each, 600), WIDTH - 2, break_long_words=False)]
    return ["", *(f"# {line}" for line in lines)] if lines else []


def _imports(draft: Draft) -> list[str]:
    used = (words(draft) | {"Table", "hookimpl"} | _types(draft)) - {"timedelta"}
    if unknown := sorted(used - set(connector_core.__all__)):
        raise ValueError(f"connector_core has no {', '.join(unknown)}")
    names = sorted(used)
    line = f"from connector_core import {', '.join(names)}"
    lines = [line] if len(line) <= WIDTH else ["from connector_core import (", *(f"    {name}," for name in names), ")"]
    return ["from datetime import timedelta", "", *lines] if "timedelta" in words(draft) else lines


def _types(draft: Draft) -> set[str]:
    """The words that only the annotations of the hooks name."""
    settings = {"Setting"} if draft.settings else set()
    paging = {"Paginator"} if len(_paginators(draft)) > 1 else set()
    return settings | paging


def _constant(table: TableDraft) -> list[str]:
    return shown(Call("Table", (), table.table), f"{constant_of(table.name)} = ")


def _paginators(draft: Draft) -> list[Value]:
    """Each paginator once, None among them where a table leaves that to the core."""
    found: list[Value] = []
    for table in draft.tables:
        if table.paginator not in found:
            found.append(table.paginator)
    return found


def _named(draft: Draft) -> list[str]:
    """The mappings from a table's name to what it has, where tables differ."""
    found: dict[str, Mapping[str, Value]] = {}
    if len(_paginators(draft)) > 1:
        found["PAGING"] = {table.name: table.paginator for table in draft.tables if table.paginator is not None}
    if len(draft.tables) == 1:
        return []
    if transforms := {table.name: list(table.transforms) for table in draft.tables if table.transforms}:
        found["TRANSFORMS"] = transforms
    if extra := {table.name: list(table.extra_tables) for table in draft.tables if table.extra_tables}:
        found["EXTRA_TABLES"] = extra
    return ["\n".join(shown(value, f"{name} = ", lines=True)) for name, value in found.items()]


def _hooks(draft: Draft) -> list[list[str]]:
    hooks = [_hook("connector_tables()", "list[Table]", _listed([constant_of(each.name) for each in draft.tables]))]
    if draft.auth is not None:
        hooks.append(_hook("connector_auth()", _word(draft.auth), shown(draft.auth, "return ")))
    paginators = _paginators(draft)
    if len(paginators) > 1:
        hooks.append(_hook("connector_paginator(table: Table)", "Paginator | None", ["return PAGING.get(table.name)"]))
    elif paginators[0] is not None:
        hooks.append(_hook("connector_paginator(table: Table)", _word(paginators[0]), shown(paginators[0], "return ")))
    hooks += _by_table(draft)
    if draft.settings:
        settings = shown(list(draft.settings), "return ", lines=len(draft.settings) > 1)
        hooks.append(_hook("connector_settings()", "list[Setting]", settings))
    return hooks


def _listed(names: Sequence[str]) -> list[str]:
    line = f"return [{', '.join(names)}]"
    return [line] if len(line) + _STEP <= WIDTH else ["return [", *(f"    {name}," for name in names), "]"]


def _by_table(draft: Draft) -> list[list[str]]:
    hooks = []
    if len(draft.tables) == 1:
        return _of_one(draft.tables[0])
    if any(table.transforms for table in draft.tables):
        hooks.append(_hook("connector_transforms(table: Table)", "list", ["return TRANSFORMS.get(table.name, [])"]))
    if any(table.extra_tables for table in draft.tables):
        hooks.append(_hook("connector_extra_tables(table: Table)", "list", ["return EXTRA_TABLES.get(table.name, [])"]))
    return hooks


def _of_one(table: TableDraft) -> list[list[str]]:
    """The hooks of a dataset that has no other table."""
    parts = {"connector_transforms": table.transforms, "connector_extra_tables": table.extra_tables}
    return [
        _hook(f"{name}(table: Table)", "list", shown(list(values), "return ", lines=True))
        for name, values in parts.items()
        if values
    ]


def _hook(signature: str, returns: str, body: Sequence[str]) -> list[str]:
    return ["@hookimpl", f"def {signature} -> {returns}:", *(f"    {line}" for line in body)]


def _word(value: Value) -> str:
    call = bare(value)
    return call.word if isinstance(call, Call) else "object"


def shown(value: Value, prefix: str = "", suffix: str = "", indent: int = 0, *, lines: bool = False) -> list[str]:
    """The lines of *value* between *prefix* and *suffix*; *lines*: each of its parts on one of its own."""
    note = f"  # {value.kind}: {one_line(value.why, 300)}" if isinstance(value, Noted) else ""
    value = bare(value)
    margin, parts = " " * indent, _parts_of(value)
    line = f"{margin}{prefix}{_flat(value)}{suffix}"
    if not parts or not (lines or _has_note(value) or len(line) + _hook_margin(indent) > WIDTH):
        return [line + note]
    opening, closing = _brackets(value)
    inner = [each for name, part in parts for each in shown(part, name, ",", indent + _STEP)]
    return [f"{margin}{prefix}{opening}{note}", *inner, f"{margin}{closing}{suffix}"]


def _hook_margin(indent: int) -> int:
    """What a hook's body is moved to the right by, which the first line does not know yet."""
    return 0 if indent else _STEP


def _has_note(value: Value) -> bool:
    return any(isinstance(part, Noted) or _has_note(part) for _, part in _parts_of(value))


def _parts_of(value: Value) -> list[tuple[str, Value]]:
    """What stands between the brackets of *value*, each part with the name in front of it."""
    match value:
        case Call():
            return [*(("", arg) for arg in value.args), *((f"{name}=", part) for name, part in value.options.items())]
        case Mapping():
            return [(f"{literal(name)}: ", part) for name, part in value.items()]
        case list() | tuple():
            return [("", part) for part in value]
    return []


def _brackets(value: Value) -> tuple[str, str]:
    if isinstance(value, Call):
        return f"{value.word}(", ")"
    if isinstance(value, Pair):
        return "(", ")"
    return ("{", "}") if isinstance(value, Mapping) else ("[", "]")


def _flat(value: Value) -> str:
    value = bare(value)
    if isinstance(value, Call | Mapping | list | tuple):
        opening, closing = _brackets(value)
        return opening + ", ".join(f"{name}{_flat(part)}" for name, part in _parts_of(value)) + closing
    return literal(value)


def literal(value: Value) -> str:
    """A text, number, bool or None as Python writes it, in double quotes where that needs no further escape.

    Raises TypeError for anything else: no object is written by its own ``repr``.
    """
    if isinstance(value, str):
        text = repr(str(value))
        return f'"{text[1:-1]}"' if text[0] == "'" and '"' not in text and "\\'" not in text else text
    if value is None or isinstance(value, bool | int | float):
        if isinstance(value, float) and not (float("-inf") < value < float("inf")):
            raise TypeError(f"no plugin can have {value!r} in it")
        return repr(value)
    raise TypeError(f"no plugin can have a {type(value).__name__} in it")
