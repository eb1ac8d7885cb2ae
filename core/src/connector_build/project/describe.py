"""What a connector is made of, as a value that JSON can hold."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from connector_build.catalog.reading import reading, would_cost
from connector_build.catalog.risks import risks
from connector_build.catalog.words import said
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.derived.transforms import Transform
from connector_core.plugin.assembly import Assembly, Option, Origin, TablePlan
from connector_core.source.columns import Column
from connector_core.source.settings import Setting

_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")


def describe(assembly: Assembly, *, dataset: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """Everything that *assembly* is made of and where each part comes from, as JSON has it.

    *versions* (distribution → version) fills in for plugins that do not say theirs.
    """
    return {
        "dataset": dataset,
        "plugins": [{"name": each.name, "version": each.version or versions.get(each.name, "")} for each in assembly.plugins],
        "settings": [_setting(setting, assembly.setting_origins[setting.name]) for setting in assembly.settings],
        "auth": {"value": _shown(assembly.auth), "words": said(assembly.auth), "from": _from(assembly.auth_origin)},
        "tables": [_table(plan, assembly.options) for plan in assembly.tables],
        "options": [_option(option) for option in assembly.options],
    }


def _from(origin: Origin) -> dict[str, str]:
    return {"plugin": origin.plugin, "hook": origin.hook}


def _shown(value: object) -> str:
    """The repr of what a plugin made; a function by its name, and nothing that differs from run to run."""
    return str(getattr(value, "__qualname__", None) or _ADDRESS.sub("", repr(value)))


def _in_words(paginator: Any) -> str | None:
    """What *paginator*, or one that it is made around, says of itself."""
    said = getattr(paginator, "in_words", None)
    inner = getattr(paginator, "pages", None)
    return said or (None if inner is None else _in_words(inner))


def _setting(setting: Setting, origin: Origin) -> dict[str, Any]:
    return {
        "name": setting.name,
        "label": setting.label,
        "description": setting.description,
        "kind": setting.kind,
        "default": setting.default,
        "minimum": setting.minimum,
        "maximum": setting.maximum,
        "required": setting.required,
        "secret": setting.secret,
        "from": _from(origin),
    }


def _table(plan: TablePlan, options: Iterable[Option]) -> dict[str, Any]:
    table = plan.table
    return {
        "name": table.name,
        "description": table.description,
        "path": table.path,
        "method": table.method,
        "body": None if table.body is None else "form" if table.form else "JSON",
        "records": table.records,
        "format": said(table.format) if table.format else "JSON",
        "parent": {"table": table.parent.table, "adds": dict(table.parent.adds), "changed": table.parent.changed}
        if table.parent and not table.each
        else None,
        "each": {"setting": table.each.setting, "adds": dict(table.each.adds)} if table.each else None,
        "rows": [said(step) for step in table.rows],
        "elsewhere": list(table.elsewhere),
        "deleted": table.deleted,
        "full_refresh": table.full_refresh,
        "primary_key": list(table.primary_key),
        "append_only": table.append_only,
        "undeclared": plan.undeclared,
        "errors": [str(rule) for rule in table.errors],
        "budget": str(table.budget) if table.budget else None,
        "columns": [_column(name, column, name not in table.columns) for name, column in plan.declared.items()],
        "paginator": {
            "value": _shown(plan.paginator),
            "words": said(plan.paginator),
            "from": _from(plan.paginator_origin),
            "in_words": _in_words(plan.paginator),
        },
        "reads": "the whole feed" if plan.reads_whole else "from the cursor on",
        "reading": f"{reading(plan)}{would_cost(plan, options)}".replace("`", ""),
        "risks": risks(plan),
        "from": _from(plan.origin),
    }


def _column(name: str, column: Column, derived: bool) -> dict[str, Any]:
    return {"name": name, "type": column.type, "derived": derived, "description": column.description, "pii": column.pii}


def _option(option: Option) -> dict[str, Any]:
    value = option.value
    details: dict[str, Any]
    match value:
        case Aggregate():
            details = {"by": list(value.by), "measures": {name: said(each) for name, each in value.measures.items()}}
        case Dimension():
            details = {"by": list(value.by), "columns": list(value.columns), "newest": value.newest}
        case Nested():
            details = {
                "at": value.at,
                "key": list(value.key),
                "adds": dict(value.adds),
                "index": value.index,
                "columns": {name: column.type for name, column in value.columns.items()},
            }
        case Transform():
            details = {"columns": list(value.columns), "removes": list(value.removes), "function": said(value.function)}
        case _:
            details = {"columns": list(value.columns)}
    return {
        "name": option.name,
        "kind": option.kind,
        "table": option.table,
        "description": option.description,
        "default": value.default,
        "enabled": option.enabled,
        **details,
        "from": _from(option.origin),
    }
