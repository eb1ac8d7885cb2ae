"""Parameters of paths: each is a field of a parent, or a setting."""

import re
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from connector_build.drafting.columns import type_of
from connector_build.drafting.draft import Call, Value, guessed
from connector_build.drafting.texts import singular
from connector_build.drafting.writing import name_of
from connector_core.basics.names import stored_name


@frozen(hash=False)
class Listed:
    """A table that others may be children of. *filled*: for each parameter of its own path what stands there."""

    name: str
    columns: Mapping[str, Value] = field(repr=False)
    key: tuple[str, ...] = ()
    filled: Mapping[str, str] = field(factory=dict)


@frozen(hash=False)
class Placed:
    """A path with something in the place of each parameter.

    adds: the columns that a child is given, and the fields of the parent that they come from. settings: names → descriptions.
    """

    path: str
    filled: Mapping[str, str]
    parent: Listed | None = None
    adds: Mapping[str, str] = field(factory=dict)
    settings: Mapping[str, str] = field(factory=dict)


_PARAM = re.compile(r"\{([^{}/]+)\}")


def placed(path: str, listed: Mapping[str, Listed]) -> Placed:
    """*path* of which the last parameter that a table in *listed* has a field for is its, and each other one a setting."""
    for found in reversed(list(_PARAM.finditer(path))):
        parent = listed.get(path[: found.start()].rstrip("/"))
        if parent is None or not parent.key or path[: found.start()][-1:] != "/" or path[found.end() :][:1] not in ("", "/"):
            continue
        if source := _field(found[1], parent):
            return _as_child(path, found[1], parent, source)
    filled = {name: f"{{settings.{setting_name(name)}}}" for name in _PARAM.findall(path)}
    return Placed(_filled(path, filled), filled, settings={setting_name(name): name for name in filled})


def setting_name(param: str) -> str:
    """The setting that stands for a parameter."""
    return name_of(param, "value")


def _as_child(path: str, param: str, parent: Listed, source: str) -> Placed:
    column = name_of(param) if name_of(param) not in ("id", "key", "name") else f"{singular(parent.name)}_{name_of(param)}"
    before = {name: text for name, text in parent.filled.items() if not text.startswith("{parent.")}
    # What a parent was given by its own parent stands in its record, under the column's name.
    above = {
        name: f"{{parent.{_column_of(name, parent)}}}" for name, text in parent.filled.items() if text.startswith("{parent.")
    }
    filled = {**before, **above, param: f"{{parent.{source}}}"}
    rest = {name: f"{{settings.{setting_name(name)}}}" for name in _PARAM.findall(path) if name not in filled}
    filled |= rest
    return Placed(_filled(path, filled), filled, parent, {column: source}, {setting_name(name): name for name in rest})


def _column_of(param: str, parent: Listed) -> str:
    stored = {stored_name(name): name for name in parent.columns}
    return stored.get(stored_name(name_of(param)), name_of(param))


def _filled(path: str, filled: Mapping[str, str]) -> str:
    return _PARAM.sub(lambda found: filled[found[1]], path)


def _field(param: str, parent: Listed) -> str:
    """The field of the parent's record that *param* is; empty where none looks like it."""
    simple = {
        name_of(name): name for name, kind in parent.columns.items() if type_of(kind) != "JSON" and re.fullmatch(r"[\w-]+", name)
    }
    plain, one = name_of(param), singular(parent.name)
    wishes = [plain, plain.removeprefix(f"{one}_")]
    wishes += [plain.rpartition("_")[2]] if "_" in plain else []
    found = next((simple[wish] for wish in wishes if wish in simple), "")
    if found:
        return found
    last = parent.key[0] if len(parent.key) == 1 else "id"
    return last if last in parent.columns and re.fullmatch(r"[\w-]+", last) else ""


def parent_options(where: Placed, columns: dict[str, Value]) -> dict[str, Value]:
    """What a child table says of its parent; *columns* get what it is given."""
    if where.parent is None:
        return {}
    adds: dict[str, Value] = {}
    stored = {stored_name(name): name for name in columns}
    for column, source in where.adds.items():
        own = stored.get(stored_name(column))
        if own is not None and type_of(columns[own]) == "JSON":
            own, column = None, f"{singular(where.parent.name)}_{column}"
        name = own or column
        columns.setdefault(name, type_of(where.parent.columns.get(source, "STRING")))
        adds[name] = source
    why = f"the path goes on behind that of {where.parent.name}"
    return {"parent": guessed(Call("Parent", (where.parent.name,), {"adds": adds}), why)}


def given_columns(options: Mapping[str, Value]) -> list[str]:
    """The columns that the parent gives a child."""
    call: Any = options.get("parent")
    return list(call.value.options["adds"]) if call is not None else []
