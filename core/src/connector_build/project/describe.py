"""What a connector is made of, as a value that JSON can hold, and the same printed for a reader."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich.console import Console

from connector_build.project.readme import reading
from connector_build.screen.printing import grid, line
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.measures import Measure
from connector_core.derived.transforms import Transform
from connector_core.plugin.assembly import Assembly, Option, Origin, TablePlan
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
        "auth": {"value": _shown(assembly.auth), "from": _from(assembly.auth_origin)},
        "tables": [_table(plan, assembly.options) for plan in assembly.tables],
        "options": [_option(option) for option in assembly.options],
    }


def _from(origin: Origin) -> dict[str, str]:
    return {"plugin": origin.plugin, "hook": origin.hook}


def _shown(value: object) -> str:
    """The repr of what a plugin made; a function by its name, and nothing that differs from run to run."""
    return str(getattr(value, "__qualname__", None) or _ADDRESS.sub("", repr(value)))


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
        "path": table.path,
        "method": table.method,
        "records": table.records,
        "format": str(table.format) if table.format else "JSON",
        "parent": {"table": table.parent.table, "adds": dict(table.parent.adds), "changed": table.parent.changed}
        if table.parent
        else None,
        "deleted": table.deleted,
        "full_refresh": table.full_refresh,
        "primary_key": list(table.primary_key),
        "append_only": table.append_only,
        "errors": [str(rule) for rule in table.errors],
        "budget": str(table.budget) if table.budget else None,
        "columns": [{"name": name, "type": kind, "derived": name not in table.columns} for name, kind in plan.columns.items()],
        "paginator": {"value": _shown(plan.paginator), "from": _from(plan.paginator_origin)},
        "reads": "the whole feed" if _reads_whole(plan) else "from the cursor on",
        "reading": _reading(plan, options),
        "from": _from(plan.origin),
    }


def _reads_whole(plan: TablePlan) -> bool:
    return (
        plan.table.full_refresh
        or (bool(plan.extra_tables) and plan.repeats)
        or getattr(plan.paginator, "reads", "").startswith("whole")
    )


def _reading(plan: TablePlan, options: Iterable[Option]) -> str:
    """What a sync reads and sends, and what it would if an extra table that is off were on."""
    off = [
        option.name
        for option in options
        if option.table == plan.table.name and not option.enabled and isinstance(option.value, Aggregate | Dimension)
    ]
    would = ""
    if off and plan.repeats and not plan.extra_tables:
        would = f" With {' or '.join(off)} on, each sync would read and send the whole feed."
    return reading(plan).replace("`", "") + would


def _option(option: Option) -> dict[str, Any]:
    value = option.value
    details: dict[str, Any]
    match value:
        case Aggregate():
            details = {"by": list(value.by), "measures": {name: _measure(each) for name, each in value.measures.items()}}
        case Dimension():
            details = {"by": list(value.by), "columns": list(value.columns), "newest": value.newest}
        case Transform():
            details = {"columns": list(value.columns), "removes": list(value.removes), "function": _shown(value.function)}
        case _:
            details = {"columns": list(value.columns)}
    return {
        "name": option.name,
        "kind": option.kind,
        "table": option.table,
        "default": value.default,
        "enabled": option.enabled,
        **details,
        "from": _from(option.origin),
    }


def _measure(measure: Measure) -> str:
    return f"{measure.kind}({measure.column or ''})"


def show(description: Mapping[str, Any], console: Console) -> None:
    """Print what `describe` made."""
    plugins = ", ".join(f"{plugin['name']} {plugin['version']}".strip() for plugin in description["plugins"])
    line(console, f"{description['dataset']}: {plugins}", style="bold")
    _heading(console, "Settings")
    grid(console, ("name", "default", "what it is", "from"), map(_setting_row, description["settings"]))
    auth = description["auth"]
    line(console, f"  auth  {auth['value']}, from {_origin(auth)}")
    for table in description["tables"]:
        _show_table(table, console)
    _heading(console, "Can be switched with --enable and --disable")
    options = description["options"]
    grid(console, ("name", "now", "default", "what it is", "from"), map(_option_row, options))
    for option in options:
        if "by" in option:
            line(console, f"  {option['name']}  by {', '.join(option['by'])}: {_contents(option)}")
        elif "function" in option:
            line(console, f"  {option['name']}  {option['function']}")
    if not options:
        line(console, "  nothing")


def _show_table(table: Mapping[str, Any], console: Console) -> None:
    _heading(console, f"Table {table['name']}")
    line(console, f"  from       {_origin(table)}")
    where = f"under {table['records']}" if table["format"] == "JSON" else f"in {table['format']}"
    line(console, f"  records    {table['method']} {table['path']}, {where}")
    if table["parent"]:
        line(console, f"  parent     {_parent(table['parent'])}")
    if table["deleted"]:
        line(console, f"  deleted    the keys that each answer lists under {table['deleted']}")
    line(console, f"  key        {', '.join(table['primary_key'])}")
    line(console, f"  paginator  {table['paginator']['value']}, from {_origin(table['paginator'])}")
    line(console, f"  each sync  {table['reading']}")
    for rule in table["errors"]:
        line(console, f"  errors     {rule}")
    if table["budget"]:
        line(console, f"  budget     {table['budget']}")
    rows = ((each["name"], each["type"], "derived" if each["derived"] else "") for each in table["columns"])
    grid(console, ("column", "type", ""), rows)


def show_list(installed: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print installed datasets: dataset, distribution, version, summary, options (a list of names), problem (or None)."""
    if not installed:
        line(console, "No dataset is installed. A plugin brings one: pip install connector-fts")
        return
    rows = (
        (each["dataset"], each["distribution"], each["version"], ", ".join(each["options"]) or "-", each["summary"])
        for each in installed
    )
    grid(console, ("dataset", "distribution", "version", "can enable", "summary"), rows)
    for each in installed:
        if each["problem"]:
            line(console, f"{each['dataset']}: {each['problem']}", style="red")


def _parent(parent: Mapping[str, Any]) -> str:
    adds = ", ".join(f"{column} = {name}" for column, name in parent["adds"].items())
    changed = f"; only where {parent['changed']} has changed" if parent["changed"] else ""
    return f"one feed for each record of {parent['table']}, which gives it {adds}{changed}"


def _setting_row(setting: Mapping[str, Any]) -> tuple[str, ...]:
    return setting["name"], setting["default"] or "required", _setting_text(setting), _origin(setting)


def _setting_text(setting: Mapping[str, Any]) -> str:
    low, high = setting["minimum"], setting["maximum"]
    bounds = (f" At least {low}." if low is not None else "") + (f" At most {high}." if high is not None else "")
    return f"{setting['description'] or setting['label']}{bounds}{' Secret.' if setting['secret'] else ''}"


def _option_row(option: Mapping[str, Any]) -> tuple[str, ...]:
    what = f"{option['kind']} of {option['table']}"
    return option["name"], _switch(option["enabled"]), _switch(option["default"]), what, _origin(option)


def _contents(option: Mapping[str, Any]) -> str:
    measures = [f"{name} = {measure}" for name, measure in option.get("measures", {}).items()]
    newest = f", of the record with the largest {option['newest']}" if "newest" in option else ""
    return ", ".join([*option.get("columns", ()), *measures]) + newest


def _switch(value: bool) -> str:
    return "on" if value else "off"


def _origin(part: Mapping[str, Any]) -> str:
    return f"{part['from']['plugin']} ({part['from']['hook']})"


def _heading(console: Console, text: str) -> None:
    console.print()
    line(console, text, style="bold")
