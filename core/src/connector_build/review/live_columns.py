"""The columns of a table as a plugin writes them, changed to what its API sends: ready to be copied."""

import json
from collections.abc import Iterable, Mapping

from attrs import evolve, fields

from connector_build.review.fields import FieldDrift
from connector_core.source.columns import Column, Declared


def ready(declared: Declared, drifts: Iterable[FieldDrift]) -> str:
    """``columns={…}`` of a plugin that declares *declared*, with what *drifts* say; empty where nothing of it has to change."""
    found = {each.name: each for each in drifts if each.kind != "converted"}
    moved = {each.now for each in found.values() if each.kind == "missing"}
    lines = [_line(name, column, found.get(name), found) for name, column in declared.items()]
    for name, each in found.items():
        if each.kind == "new" and name not in moved and each.fits:
            lines.append(f'    {json.dumps(name)}: "{each.fits}",  # new')
    unchanged = [_as_it_is(name, column) for name, column in declared.items()]
    return "" if lines == unchanged else "\n".join(["columns={", *lines, "}"])


def _line(name: str, column: Column, drift: FieldDrift | None, found: Mapping[str, FieldDrift]) -> str:
    if drift is not None and drift.kind == "missing":
        new = found.get(drift.now)
        if new is None:
            return f"    {json.dumps(name)}: {written(column)},  # no record has it"
        return f"    {json.dumps(drift.now)}: {written(evolve(column, type=new.fits or column.type))},  # was {name}"
    if drift is None or not drift.fits or (drift.fits == column.type and not drift.nulls):
        return _as_it_is(name, column)
    if drift.nulls:
        return f"    {json.dumps(name)}: {written(evolve(column, null=(*column.null, *drift.nulls)))},  # these stand for null"
    return f"    {json.dumps(name)}: {written(evolve(column, type=drift.fits))},  # was {column.type}"


def _as_it_is(name: str, column: Column) -> str:
    return f"    {json.dumps(name)}: {written(column)},"


def written(column: Column) -> str:
    """A column as a plugin writes it: the type as a text where nothing else is said of it."""
    parts = {each.name: getattr(column, each.name) for each in fields(Column) if getattr(column, each.name) != each.default}
    kind = parts.pop("type", column.type)
    if not parts:
        return f'"{kind}"'
    return f'Column("{kind}", {", ".join(f"{name}={_value(value)}" for name, value in parts.items())})'


def _value(value: object) -> str:
    """A value in Python, texts in double quotes."""
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
