"""Lists of objects in made-up records, where a nested list is to be read."""

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from connector_build.api.bodies import set_at
from connector_build.api.values import value_of
from connector_core import Record
from connector_core.basics.paths import cached_path
from connector_core.derived.nested import VALUE, Nested

LONGEST = 4
"""Entries of a list, of which each record has some."""


def with_lists(nested: Iterable[Nested], record: Record, random: Random) -> Record:
    """*record* with a list wherever one of *nested* looks for one and none is there."""
    declared: dict[str, dict[str, tuple[str, bool]]] = {}
    for each in nested:
        columns = {name: (column.type, name in each.key) for name, column in each.columns.items()}
        declared.setdefault(each.at, {}).update(columns)
    for at, columns in declared.items():
        if not isinstance(cached_path(at).get(record), list):
            chosen = sorted(random.sample(range(LONGEST), random.randint(0, LONGEST)))
            record = set_at(record, at, [_entry(columns, number, random) for number in chosen])
    return record


def _entry(columns: Mapping[str, tuple[str, bool]], number: int, random: Random) -> Any:
    made = {name: value_of(kind, number, random, key=key) for name, (kind, key) in columns.items()}
    return made[VALUE] if list(made) == [VALUE] else made
