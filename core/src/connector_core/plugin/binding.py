"""Binding: what a plugin says, with the values of one configuration in the place of ``{settings.account}``."""

from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Any

from attrs import Attribute, evolve, fields, has

from connector_core.basics.errors import ConfigurationError, PluginError
from connector_core.plugin.parents import with_parents
from connector_core.plugin.plan import Assembly, TablePlan
from connector_core.source.positions import A_PATH, FILLED, LATER
from connector_core.source.tables import Table
from connector_core.source.templates import Filling, placeholders


def bound(assembly: Assembly, values: Mapping[str, Any]) -> Assembly:
    """*assembly* as it is for the configuration *values*.

    One that is bound already stays as it is. Raises ConfigurationError for a value that cannot stand where it has to.
    """
    if any(plan.written for plan in assembly.tables):
        return assembly
    days = {setting.name for setting in assembly.settings if setting.kind == "date"}
    plans = [_bound(evolve(plan, parent=None), values, days) for plan in assembly.tables]
    return evolve(assembly, tables=with_parents(plans, values))


def constants(value: Any) -> Iterator[tuple[str, Any]]:
    """The texts that a frozen value of the plugin's words, or one that it is made of, was given, each with its argument."""
    for each in _arguments(value):
        held = getattr(value, each.name)
        for part in held if isinstance(held, list | tuple) else (held,):
            if isinstance(part, str | Mapping):
                yield each.name, part
            else:
                yield from constants(part)


def _arguments(value: Any) -> Sequence["Attribute[Any]"]:
    return [each for each in fields(type(value)) if each.init] if has(type(value)) else []


def _bound(plan: TablePlan, values: Mapping[str, Any], days: Set[str]) -> TablePlan:
    table = plan.table
    try:
        return evolve(
            plan,
            table=_table(table, Filling(lambda _, name: values.get(name, ""), ("settings",), last=table.parent is None)),
            paginator=_filled(plan.paginator, Filling(lambda _, name: values.get(name, ""), ("settings",))),
            written=table,
            # A day does not tell which feed it is: one such as 30 days ago is another each day.
            told={name: values.get(name) for name in sorted(_named(table) - days)},
        )
    except (PluginError, ValueError) as error:
        raise ConfigurationError(f"{table.name}: {str(error).rstrip('.')}. Correct the configuration.") from None


def _named(table: Table) -> set[str]:
    """The settings that *table* names."""
    parts = (table.path, table.params, table.headers, table.body)
    return {name for part in parts for scope, name in placeholders(part) if scope == "settings"}


def _table(table: Table, filling: Filling) -> Table:
    path, body = filling.path(table.path), None if table.body is None else filling.json(table.body)
    params = {name: filling.text(value) for name, value in table.params.items()}
    headers = {name: filling.header(value) for name, value in table.headers.items()}
    if (path, params, headers, body) == (table.path, table.params, table.headers, table.body):
        return table
    # What stands for a setting that was left empty is not sent.
    return evolve(table, path=path, params=_said(params, table.params), headers=_said(headers, table.headers), body=body)


def _said(filled: Mapping[str, str], written: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in filled.items() if value or not written[name]}


def _filled_as(how: str | None, value: Any, filling: Filling) -> Any:
    """*value* filled as its field wants it: as a path, or so that the paginator can put its positions into it afterwards."""
    if how == A_PATH and isinstance(value, str):
        return filling.path(value)
    return _filled(value, evolve(filling, last=False) if how == LATER else filling)


def _filled(value: Any, filling: Filling) -> Any:
    """*value*, of the plugin's words, with what it was given filled."""
    if isinstance(value, str | Mapping):
        return filling.json(value)
    if isinstance(value, list | tuple):
        return type(value)(_filled(part, filling) for part in value)
    changed = {}
    for each in _arguments(value):
        old = getattr(value, each.name)
        if (new := _filled_as(each.metadata.get(FILLED), old, filling)) != old:
            changed[str(each.alias)] = new
    return evolve(value, **changed) if changed else value
