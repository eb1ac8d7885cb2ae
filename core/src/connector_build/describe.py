"""What a connector is made of, as a value that JSON can hold, and the same printed for a reader."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table as Grid

from connector_build.readme import reading
from connector_core.assembly import Assembly, Option, Origin, TablePlan
from connector_core.extra_tables import Aggregate, Dimension, Measure
from connector_core.settings import Setting

_ADDRESS: Final = re.compile(r" at 0x[0-9a-fA-F]+")


def describe(assembly: Assembly, *, dataset: str, versions: Mapping[str, str]) -> dict[str, Any]:
    """Everything that *assembly* is made of and where each part comes from, as JSON has it.

    *versions* (distribution → version) fills in for plugins that do not say theirs; a distribution that is no plugin of the
    assembly, such as the core, is left out unless something comes from it.
    """
    return {
        "dataset": dataset,
        "plugins": [{"name": each.name, "version": each.version or versions.get(each.name, "")} for each in assembly.plugins],
        "settings": [_setting(setting, assembly.setting_origins[setting.name]) for setting in assembly.settings],
        "auth": {"value": _shown(assembly.auth), "from": _from(assembly.auth_origin)},
        "tables": [_table(plan) for plan in assembly.tables],
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


def _table(plan: TablePlan) -> dict[str, Any]:
    table = plan.table
    whole = bool(plan.extra_tables) and not table.append_only
    return {
        "name": table.name,
        "path": table.path,
        "records": table.records,
        "primary_key": list(table.primary_key),
        "append_only": table.append_only,
        "columns": [
            {"name": name, "type": kind, "derived": name not in table.columns} for name, kind in plan.columns.items()
        ],
        "paginator": {"value": _shown(plan.paginator), "from": _from(plan.paginator_origin)},
        "reads": "the whole feed" if whole else "from the cursor on",
        "reading": reading(plan).replace("`", ""),
        "from": _from(plan.origin),
    }


def _option(option: Option) -> dict[str, Any]:
    value = option.value
    details: dict[str, Any]
    match value:
        case Aggregate():
            details = {"by": list(value.by), "measures": {name: _measure(each) for name, each in value.measures.items()}}
        case Dimension():
            details = {"by": list(value.by), "columns": list(value.columns), "newest": value.newest}
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
    _heading(console, f"{description['dataset']}: {plugins}")
    _heading(console, "Settings")
    _grid(console, ("name", "default", "what it is", "from"), map(_setting_row, description["settings"]))
    auth = description["auth"]
    _line(console, f"  auth  {auth['value']}, from {_origin(auth)}")
    for table in description["tables"]:
        _show_table(table, console)
    _heading(console, "Can be switched with --enable and --disable")
    _grid(console, ("name", "now", "default", "what it is", "from"), map(_option_row, description["options"]))
    if not description["options"]:
        _line(console, "  nothing")


def _show_table(table: Mapping[str, Any], console: Console) -> None:
    _heading(console, f"Table {table['name']}")
    _line(console, f"  from       {_origin(table)}")
    _line(console, f"  records    GET {table['path']}, under {table['records']}")
    _line(console, f"  key        {', '.join(table['primary_key'])}")
    _line(console, f"  paginator  {table['paginator']['value']}, from {_origin(table['paginator'])}")
    _line(console, f"  each sync  {table['reading']}")
    rows = ((each["name"], each["type"], "derived" if each["derived"] else "") for each in table["columns"])
    _grid(console, ("column", "type", ""), rows)


def show_list(installed: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print installed datasets: dataset, distribution, version, summary, options (a list of names), problem (or None)."""
    if not installed:
        _line(console, "No dataset is installed. A plugin brings one: pip install connector-fts")
        return
    rows = (
        (each["dataset"], each["distribution"], each["version"], ", ".join(each["options"]) or "-", each["summary"])
        for each in installed
    )
    _grid(console, ("dataset", "distribution", "version", "can enable", "summary"), rows)
    for each in installed:
        if each["problem"]:
            _line(console, f"{each['dataset']}: {each['problem']}", style="red")


def _setting_row(setting: Mapping[str, Any]) -> tuple[str, ...]:
    return setting["name"], setting["default"] or "required", _setting_text(setting), _origin(setting)


def _setting_text(setting: Mapping[str, Any]) -> str:
    low, high = setting["minimum"], setting["maximum"]
    bounds = (f" At least {low}." if low is not None else "") + (f" At most {high}." if high is not None else "")
    return f"{setting['description'] or setting['label']}{bounds}{' Secret.' if setting['secret'] else ''}"


def _option_row(option: Mapping[str, Any]) -> tuple[str, ...]:
    return option["name"], _switch(option["enabled"]), _switch(option["default"]), _option_text(option), _origin(option)


def _option_text(option: Mapping[str, Any]) -> str:
    what = f"{option['kind']} of {option['table']}"
    if "by" not in option:
        return what
    measures = [f"{name} = {measure}" for name, measure in option.get("measures", {}).items()]
    return f"{what} by {', '.join(option['by'])}: {', '.join([*option.get('columns', ()), *measures])}"


def _switch(value: bool) -> str:
    return "on" if value else "off"


def _origin(part: Mapping[str, Any]) -> str:
    return f"{part['from']['plugin']} ({part['from']['hook']})"


def _heading(console: Console, text: str) -> None:
    console.print()
    _line(console, text, style="bold")


def _line(console: Console, text: str, style: str | None = None) -> None:
    # Names come from plugins: brackets in them are no markup. A line that is piped is not folded.
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=not console.is_terminal)


def _grid(console: Console, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table without frame; where nobody looks at it in a terminal, as wide as it needs to be."""
    grid = Grid(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold")
    for head in heads:
        grid.add_column(head, overflow="fold")
    for row in rows:
        grid.add_row(*(_plain(cell) for cell in row))
    if not grid.rows:
        return
    if console.is_terminal:
        console.print(grid)
    else:
        widest = Measurement.get(console, console.options.update(width=100_000), grid).maximum
        console.print(grid, width=widest, crop=False, soft_wrap=False)


def _plain(cell: str) -> str:
    from rich.markup import escape

    return escape(cell)
