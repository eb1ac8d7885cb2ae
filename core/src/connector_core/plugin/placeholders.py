"""Placeholders, such as ``{account}``, that nobody fills: they would be sent as they stand."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from connector_core.auth.kinds import NoAuth
from connector_core.basics.blame import see
from connector_core.basics.errors import PluginError
from connector_core.basics.names import did_you_mean
from connector_core.paging.checks import fills_of
from connector_core.plugin.asking import CORE
from connector_core.plugin.binding import constants
from connector_core.plugin.plan import Origin, TablePlan
from connector_core.source.pagination import Paginator
from connector_core.source.parents import Each
from connector_core.source.settings import OF_CORE, Setting
from connector_core.source.tables import Table
from connector_core.source.templates import NAME as _NAME
from connector_core.source.templates import names_in

_IN_PATH = re.compile(rf"(?<!\{{)\{{({_NAME})\}}(?!\}})")
_IN_TEXT = re.compile(rf"(?<![\w)\]}}{{])\{{({_NAME})\}}(?!\}})")
"""Not after a word: ``comments{message}`` says which fields are wanted, with more than one API."""
_IN_BODY = re.compile(rf"^\{{({_NAME})\}}$|(?<!\{{)\{{(\w+\.[\w.]+)\}}")
"""In a body, a text that is nothing else, or a name with a dot in it: what else stands in braces may be GraphQL."""


def check_filled(table: Table, origin: Origin, paginator: Paginator, paginator_origin: Origin) -> None:
    """Raise PluginError for a placeholder of *table*, or of a constant of its *paginator*, that nothing is put in place of."""
    parts = {"path": table.path, "params": table.params, "headers": table.headers, "body": table.body}
    fills = fills_of(paginator)
    for part, value in parts.items():
        pattern = _IN_PATH if part == "path" else _IN_BODY if part == "body" else _IN_TEXT
        for name in _named(value, pattern):
            filled = name.startswith("settings.") or (table.parent and name.startswith(f"{table.parent.scope}."))
            if not filled and not (part == "path" and name in fills):
                raise PluginError(f"{origin}: Table {table.name}: {part} has {{{name}}} in it, {_what_to_do(table, name)}")
    for field, value in constants(paginator):
        for name in _named(value, _IN_TEXT):
            if not name.startswith("settings.") and name not in fills:
                raise PluginError(
                    f"{paginator_origin}: {field} of the paginator of {table.name} has {{{name}}} in it, which nothing is put in "
                    f"place of. Write the value itself, or {{settings.{_last(name)}}} for one of the configuration."
                )


def _what_to_do(table: Table, name: str) -> str:
    fields = "of the parent's record, {parent.id}, are filled in" if table.parent else "are filled in for a child table only"
    return (
        f"which nothing is put in place of: fields {fields}. Write the value itself, or {{settings.{_last(name)}}} for one of "
        "the configuration; braces that are meant are written twice."
    )


def _last(name: str) -> str:
    return name.rpartition(".")[2].lower()


def check_settings(plans: Sequence[TablePlan], settings: Mapping[str, tuple[Setting, Origin]], auth: Any) -> None:
    """Raise PluginError for a placeholder that names no setting, or a secret one, and for a setting that nothing reads."""
    read: set[str] = set()
    for plan in plans:
        table = plan.table
        of_table = names_in([table.path, table.params, table.headers, table.body], "settings")
        of_paginator = names_in([value for _, value in constants(plan.paginator)], "settings")
        for names, origin in ((of_table, plan.origin), (of_paginator, plan.paginator_origin)):
            for name in names:
                _check_named(table.name, name, origin, settings)
                read.add(name)
        if isinstance(table.parent, Each):
            _check_list(table.name, table.parent.setting, plan.origin, settings)
            read.add(table.parent.setting)
    if not (hasattr(auth, "settings") or isinstance(auth, NoAuth)):
        return  # a function may read whatever it likes
    read |= {setting.name for setting in getattr(auth, "settings", ())} | {
        setting.when[0] for setting, _ in settings.values() if setting.when
    }
    for name, (_, origin) in settings.items():
        if name not in read and name not in OF_CORE and origin.plugin != CORE.name:
            raise PluginError(
                f"{origin}: nothing reads the setting {name}. Name it in a table or a paginator, {{settings.{name}}}, let the "
                f"auth read it, or take it out.{see(origin.place)}"
            )


def _check_list(table: str, name: str, origin: Origin, settings: Mapping[str, tuple[Setting, Origin]]) -> None:
    _check_named(table, name, origin, settings)
    kind = settings[name][0].kind
    if kind != "list":
        raise PluginError(
            f'{origin}: {table}: the setting {name}, of which it is read for each value, is of kind {kind}. Write kind="list".'
            f"{see(origin.place)}"
        )


def _check_named(table: str, name: str, origin: Origin, settings: Mapping[str, tuple[Setting, Origin]]) -> None:
    if name not in settings:
        raise PluginError(
            f"{origin}: {table}: {{settings.{name}}} is no setting of this connector{did_you_mean(name, settings)}. Give it one "
            f'in connector_settings: Setting("{name}").{see(origin.place)}'
        )
    if settings[name][0].secret:
        raise PluginError(
            f"{origin}: {table}: the setting {name} is a secret, which an auth puts into a request and nothing else does. "
            f"Let connector_auth read it: ApiKeyHeader, ApiKeyQuery, ApiKeyPath.{see(origin.place)}"
        )


def _named(part: Any, pattern: re.Pattern[str]) -> Iterator[str]:
    match part:
        case str():
            yield from (next(filter(None, found.groups())) for found in pattern.finditer(part))
        case Mapping():
            for value in part.values():
                yield from _named(value, pattern)
        case list() | tuple():
            for value in part:
                yield from _named(value, pattern)
