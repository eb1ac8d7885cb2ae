"""A dictionary, made from an assembly: pure, and the same for the same assembly."""

from collections.abc import Iterator, Mapping, Sequence

from connector_build.catalog.entries import (
    ApiEntry,
    ColumnEntry,
    Dictionary,
    OptionEntry,
    ParentEntry,
    PluginEntry,
    SettingEntry,
    TableEntry,
)
from connector_build.catalog.lineage import Lineages, extra_lineages, lineages
from connector_build.catalog.reading import cost, extra_reading, reading
from connector_build.catalog.relations import kind_of, relations
from connector_build.catalog.risks import risks
from connector_build.catalog.words import said
from connector_core.basics.names import stored_name
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.plugin.assembly import Assembly, Option, TablePlan
from connector_core.source.columns import Declared
from connector_core.source.parents import Each, Parent
from connector_core.source.settings import Setting


def dictionary_of(
    assembly: Assembly, dataset: str, *, version: str = "", summary: str = "", versions: Mapping[str, str] | None = None
) -> Dictionary:
    """The dictionary of *dataset*, assembled as *assembly*: what is switched off is listed among the options only.

    version, summary: those of the dataset's distribution. versions: distribution → version, for plugins that do not say theirs.
    """
    title, what = _title(dataset, summary)
    known = versions or {}
    return Dictionary(
        dataset,
        title,
        version,
        what,
        tuple(PluginEntry(each.name, each.version or known.get(each.name, "")) for each in assembly.plugins),
        tuple(entry for plan in assembly.tables for entry in _tables(plan, assembly.options)),
        tuple(map(_setting, assembly.settings)),
        tuple(_option(option, assembly.tables) for option in assembly.options),
        tuple(relations(assembly.tables)),
    )


def _title(dataset: str, summary: str) -> tuple[str, str]:
    """A summary may begin with the dataset's name, written as people write it: ``FTS: what field technicians did``."""
    head, colon, rest = summary.partition(": ")
    return (head, rest) if colon and head.casefold() == dataset.casefold() else (dataset, summary)


def _tables(plan: TablePlan, options: Sequence[Option]) -> Iterator[TableEntry]:
    """A source table, and behind it the extra tables that are made from it."""
    table = plan.table
    yield TableEntry(
        table.name,
        stored_name(table.name),
        "child" if table.parent and not table.each else "source",
        table.description,
        None,
        _parent(table.parent),
        ApiEntry(table.method, table.path, table.records, said(table.format) if table.format else "JSON"),
        table.primary_key,
        None,
        table.append_only,
        table.full_refresh,
        reading(plan).replace("`", ""),
        tuple(risks(plan)),
        tuple(each.name for each in plan.transforms),
        _columns(plan.declared, table.primary_key, lineages(plan)),
    )
    described = {option.name: option.description for option in options}
    for extra in plan.extra_tables:
        yield _extra(plan, extra, described[extra.name])


def _extra(plan: TablePlan, extra: Dimension | Aggregate | Nested, description: str) -> TableEntry:
    return TableEntry(
        extra.name,
        stored_name(extra.name),
        kind_of(extra),
        description,
        plan.table.name,
        None,
        None,
        extra.by,
        extra.newest if isinstance(extra, Dimension) else None,
        append_only=False,
        full_refresh=False,
        reading=extra_reading(plan, extra),
        risks=(),
        transforms=(),
        columns=_columns(plan.extra_declared[extra.name], extra.by, extra_lineages(extra, plan.table.name)),
    )


def _columns(declared: Declared, key: Sequence[str], made: Lineages) -> tuple[ColumnEntry, ...]:
    return tuple(
        ColumnEntry(
            name,
            stored_name(name),
            column.type,
            column.description,
            column.pii,
            name in key,
            name not in key and made[name].measure != "count",
            made[name],
        )
        for name, column in declared.items()
    )


def _setting(setting: Setting) -> SettingEntry:
    return SettingEntry(
        setting.name,
        setting.label,
        setting.description,
        setting.kind,
        setting.default,
        setting.required and setting.when is None,
        setting.secret,
        setting.minimum,
        setting.maximum,
        setting.choices,
        setting.when,
    )


def _option(option: Option, plans: Sequence[TablePlan]) -> OptionEntry:
    value = option.value
    match value:
        case Aggregate():
            columns = (*value.by, *value.measures)
        case Dimension():
            columns = (*value.by, *value.columns)
        case Nested():
            columns = tuple(dict.fromkeys([*value.key, *value.adds, *([value.index] if value.index else []), *value.columns]))
        case _:
            columns = tuple(value.columns)
    plan = next(plan for plan in plans if plan.table.name == option.table)
    return OptionEntry(
        option.name, option.kind, option.table, option.description, option.enabled, value.default, columns, cost(option, plan)
    )


def _parent(parent: Parent | Each | None) -> ParentEntry | None:
    return ParentEntry(parent.table, dict(parent.adds), parent.changed) if isinstance(parent, Parent) else None
