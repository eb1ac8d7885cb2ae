"""Lists of objects inside of the rows, as extra tables that are off until somebody wants them."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

from attrs import frozen

from connector_build.drafting.draft import Call, Value, bare, guessed
from connector_build.drafting.made import made
from connector_build.drafting.named import Names
from connector_build.drafting.probing.columns import columns_of
from connector_build.drafting.probing.keys import keys_of
from connector_build.drafting.probing.naming import fields_of, free, renamed
from connector_build.drafting.texts import path_to
from connector_build.drafting.writing import name_of, table_name_of
from connector_core import Column, Record
from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line, stored_name

MOST = 5
"""So many lists become tables at most."""


@frozen
class _Source:
    """The table that the lists are in. prefix: what the names of its extra tables begin with."""

    name: str
    prefix: str
    key: Sequence[str]
    columns: Mapping[str, Value]


def nested_tables(
    dataset: str, table: str, key: Sequence[str], rows: Sequence[Record], columns: Mapping[str, Value]
) -> list[Value]:
    """An extra table for each list of objects with ids of their own, noted; its name says whose it is."""
    own = stored_name(f"{dataset}_")
    prefix = f"{table}_" if f"{table}_".startswith(own) else f"{own}{table}_"
    source = _Source(table, stored_name(prefix), key, columns)
    names = Names(called=table_name_of)
    found = (_nested(source, rows, name, names.given(name)) for name, kind in columns.items() if bare(kind) == "JSON")
    return list(islice((each for each in found if each is not None), MOST))


def _nested(source: _Source, rows: Sequence[Record], name: str, called: str) -> Value:
    for inside in ((), ("data",), ("items",)):
        lists = [entries for row in rows if (entries := _list_at(row.get(name), inside)) is not None]
        entries = [entry for each in lists for entry in each]
        if entries and all(isinstance(entry, Mapping) for entry in entries):
            return _table(source, (name, *inside), called, lists, entries)
    return None


def _list_at(value: Any, inside: Sequence[str]) -> list[Any] | None:
    for step in inside:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value if isinstance(value, list) else None


def _table(source: _Source, at: Sequence[str], called: str, lists: Sequence[Any], entries: Sequence[Record]) -> Value:
    fields = fields_of(entries)
    if renamed(fields):
        return None
    own = columns_of(entries, fields)
    keys = [each.names[0] for each in keys_of(entries, own, name_of(at[0])) if len(each.names) == 1]
    identity = next(
        (each for each in keys if each.lower() in ("id", "uuid", "key", "sku", "name") or each.lower().endswith("id")), None
    )
    if identity is None:
        return None
    taken = {stored_name(each) for each in fields}
    adds: dict[str, str] = {}
    for each in source.key:
        adds[free(f"{source.name}_{each}", {*taken, *adds})] = each
    made_of = Call(
        "Nested",
        (f"{source.prefix}{called}",),
        {"at": path_to(*at), "key": [*adds, identity], "adds": adds, "columns": own, "default": False},
    )
    why = f"{len(entries)} entries in {len(lists)} lists, each with another {one_line(identity, 40)}; enable it by its name"
    return guessed(made_of, why) if _is_one(made_of, source.columns) else None


def _is_one(call: Call, columns: Mapping[str, Value]) -> bool:
    try:
        made(call).columns_from({name: _column(made(kind)) for name, kind in columns.items()})
    except (PluginError, KeyError):
        return False
    return True


def _column(kind: Any) -> Any:
    return Column(kind) if isinstance(kind, str) else kind
