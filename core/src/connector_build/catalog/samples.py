"""Example values of columns, from the records that a dataset's plugin makes up."""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from random import Random
from typing import Any

from connector_build.sample import Sample
from connector_core.plugin.plan import TablePlan
from connector_core.source.values import in_form, read

RECORDS = 40
"""Records that are made up to find examples in."""
LENGTH = 60
"""Letters of an example that are shown."""

Examples = Mapping[tuple[str, str], str]
"""Table and column → an example of its values; nothing where none is known."""


def examples(plan: TablePlan, sample: Sample | None) -> dict[tuple[str, str], str]:
    """An example for each column of the table of *plan* and of its extra tables: the first value that is not null.

    The same for the same plugin. None at all where the plugin makes up no records, or where they do not pass its transforms.
    """
    if sample is None:
        return {}
    rng = Random(0)  # noqa: S311  (made up)
    made = (sample.make(number, rng) for number in range(min(RECORDS, sample.count)))
    try:
        rows = [row for record in made if (row := _transformed(plan, record)) is not None]
        tables = {plan.table.name: rows, **dict(_extra_rows(plan, rows))}
    except Exception:  # noqa: BLE001  (a plugin's functions, over records that its own plugin made up: there are no examples then)
        return {}
    return {(table, column): text for table, found in tables.items() for column, text in _firsts(found)}


def _transformed(plan: TablePlan, record: dict[str, Any]) -> dict[str, Any] | None:
    row: dict[str, Any] | None = deepcopy(record)
    for transform in plan.transforms:
        row = None if row is None else transform(row)
    return row


def _extra_rows(plan: TablePlan, rows: list[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for nested in plan.nested:
        columns = plan.extra_declared[nested.name]
        formed = (in_form({name: plan.declared[name] for name in nested.needs}, row) for row in rows)
        lines = (line for row in formed for line in nested.lines(row, columns, plan.table.name))
        yield nested.name, [in_form(columns, line) for line in lines]
    for extra in plan.grouped:
        groups: dict[Any, Any] = {}
        for row in rows:
            values = {name: read(plan.declared[name], row.get(name)) for name in (*extra.needs, *plan.table.primary_key)}
            group = tuple(values[name] for name in extra.by)
            groups[group] = extra.fold(groups.get(group), values, tuple(values[name] for name in plan.table.primary_key))
        yield extra.name, [extra.row(group, folded) for group, folded in groups.items() if None not in group]


def _firsts(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    found: dict[str, str] = {}
    for row in rows:
        for name, value in row.items():
            if value not in (None, "") and name not in found:
                found[name] = _shown(value)
    yield from found.items()


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 1]}…"
