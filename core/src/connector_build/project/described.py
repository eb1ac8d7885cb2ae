"""What `describe` made, and what is installed, printed for a reader."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console

from connector_build.screen.printing import entry, grid, line

KEYLESS = "none: a row is told by all that it holds, and two that are alike are one"


def show(description: Mapping[str, Any], console: Console) -> None:
    """Print what `describe` made."""
    plugins = ", ".join(f"{plugin['name']} {plugin['version']}".strip() for plugin in description["plugins"])
    line(console, f"{description['dataset']}: {plugins}", style="bold")
    _heading(console, "Settings")
    grid(console, ("name", "default", "what it is", "from"), map(_setting_row, description["settings"]))
    auth = description["auth"]
    entry(console, "auth", f"{auth['words']}; from {_origin(auth)}", len("auth"))
    for table in description["tables"]:
        _show_table(table, console)
    _heading(console, "Can be switched with --enable and --disable")
    options = description["options"]
    grid(console, ("name", "now", "default", "what it is", "from"), map(_option_row, options))
    for option in options:
        if option["description"]:
            _entry_of(option, option["description"], console)
        if "by" in option:
            _entry_of(option, f"by {', '.join(option['by'])}: {_contents(option)}", console)
        elif "function" in option:
            _entry_of(option, option["function"], console)
    if not options:
        line(console, "  nothing")
    else:
        line(console, "connector-build cost says what a month takes, and what each of them changes.")


def _entry_of(option: Mapping[str, Any], text: str, console: Console) -> None:
    entry(console, option["name"], text, len(option["name"]))


def _show_table(table: Mapping[str, Any], console: Console) -> None:
    _heading(console, f"Table {table['name']}")
    if table["description"]:
        entry(console, "each row", table["description"])
    entry(console, "from", _origin(table))
    for name, text in _facts(table):
        entry(console, name, text)
    grid(console, ("column", "type", "what it is", ""), map(_column_row, table["columns"]))


def _facts(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What there is to say of a table, each with its name."""
    where = f"under {table['records']}" if table["format"] == "JSON" else f"in {table['format']}"
    sent = " with a form" if table["body"] == "form" else ""
    yield "records", f"{table['method']} {table['path']}{sent}, {where}"
    yield from _whose(table)
    if table["elsewhere"]:
        yield "elsewhere", f"links may lead to {', '.join(table['elsewhere'])}, which is asked by https without any credential"
    if table["deleted"]:
        yield "deleted", f"the keys that each answer lists under {table['deleted']}"
    yield "key", ", ".join(table["primary_key"]) or KEYLESS
    yield "paginator", f"{table['paginator']['words']}; from {_origin(table['paginator'])}"
    if table["paginator"]["in_words"]:
        yield "export", table["paginator"]["in_words"]
    yield "each sync", table["reading"]
    yield from (("risk", risk) for risk in table["risks"])
    yield from (("errors", rule) for rule in table["errors"])
    if table["budget"]:
        yield "budget", table["budget"]


def _whose(table: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if table["parent"]:
        yield "parent", _parent(table["parent"])
    if table["each"]:
        adds = ", ".join(table["each"]["adds"])
        yield "each", f"one feed for each value of the setting {table['each']['setting']}, which stands in {adds}"
    if table["rows"]:
        yield "rows", f"{'; then '.join(table['rows'])}"


def show_list(installed: Sequence[Mapping[str, Any]], console: Console) -> None:
    """Print installed datasets: dataset, distribution, version, summary, options (a list of names), problem (or None)."""
    if not installed:
        line(console, "No dataset is installed. A plugin brings one: pip install THE_FOLDER_OF_THE_PLUGIN")
        return
    rows = (
        (each["dataset"], each["distribution"], each["version"], ", ".join(each["options"]) or "-", each["summary"])
        for each in installed
    )
    grid(console, ("dataset", "distribution", "version", "can enable", "summary"), rows)
    for each in installed:
        if each["problem"]:
            line(console, f"{each['dataset']}: {each['problem']}", style="red")


def _column_row(column: Mapping[str, Any]) -> tuple[str, ...]:
    marks = [mark for mark, marked in (("derived", column["derived"]), ("personal data", column["pii"])) if marked]
    return column["name"], column["type"], column["description"], ", ".join(marks)


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
    measures = [f"{name}, {measure}" for name, measure in option.get("measures", {}).items()]
    newest = f", of the record with the largest {option['newest']}" if "newest" in option else ""
    return "; ".join([*([", ".join(option["columns"])] if option.get("columns") else []), *measures]) + newest


def _switch(value: bool) -> str:
    return "on" if value else "off"


def _origin(part: Mapping[str, Any]) -> str:
    return f"{part['from']['plugin']} ({part['from']['hook']})"


def _heading(console: Console, text: str) -> None:
    console.print()
    line(console, text, style="bold")
