"""The README of a built project, written from its assembly."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from connector_build.project.risks import risks
from connector_build.project.templating import rendered
from connector_build.screen.markdown import markdown_table
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.plugin.assembly import Assembly, Option, TablePlan
from connector_core.runtime.scripts.pythons import DEFAULT_PYTHON_VERSION
from connector_core.source.settings import Setting


def readme(dataset: str, assembly: Assembly, python_version: str = DEFAULT_PYTHON_VERSION) -> str:
    """Markdown: settings, tables, columns, derived fields, how to debug, deploy and reset, and common errors."""
    return rendered(
        "README.md.jinja",
        filters={"names": _names, "columns": _columns, "meaning": _meaning, "reading": reading, "risks": risks, "table": _grid},
        dataset=dataset,
        python_version=python_version,
        written=[table["table"] for table in assembly.schema],
        plugins=[f"{plugin.name} {plugin.version}".rstrip() for plugin in assembly.plugins],
        settings=[_setting(setting) for setting in assembly.settings],
        plans=assembly.tables,
        options=[_option(option) for option in assembly.options],
        errors=_errors_of_settings(assembly.settings),
    )


def _errors_of_settings(settings: Iterable[Setting]) -> Iterator[tuple[str, str]]:
    """What goes wrong with the settings of this connector, for the end of its common errors."""
    for setting in settings:
        if setting.name == "base_url":
            yield (
                "`the host was not found`",
                "Look for a typing error in `base_url`. If the host is known in your own network only, Fivetran cannot find it.",
            )
        if setting.secret and setting.required:
            yield (
                f"`{setting.name} is missing`, `{setting.name} still holds its placeholder`",
                f"Write the value of `{setting.name}` into `configuration.json`, in quotes, or into the connection's setup.",
            )


def reading(plan: TablePlan) -> str:
    """What a sync of one source table reads and sends, and why."""
    name = plan.table.name
    how = _how(plan)
    if not plan.extra_tables:
        return f"`{name}` is read {how}."
    extras = _names(extra.name for extra in plan.extra_tables)
    if not plan.repeats and not how.startswith("whole"):
        return f"`{name}` only ever grows, so {extras} is kept up from the cursor on; its totals are part of the state."
    if plan.table.full_refresh or not plan.repeats:
        return f"`{name}` is read {how}. {extras} is made from it; rows are sent only when they changed."
    return (
        f"{extras} is made from the records of `{name}`. That feed may send a record again with new values, "
        "so each sync reads and "
        f"sends the whole of `{name}`: as many requests and upserts as the feed has pages and records. "
        f"Rows of {extras} are sent only "
        "when they changed, and deleted when their last record has gone elsewhere."
    )


def _how(plan: TablePlan) -> str:
    """How a table without extra tables is read."""
    table = plan.table
    if table.full_refresh:
        return "whole in each sync, and replaced: rows that the API no longer sends are deleted"
    reads = str(getattr(plan.paginator, "reads", "as its paginator says"))
    if table.parent is None:
        return reads
    changed = f" whose `{table.parent.changed}` has changed" if table.parent.changed else ""
    if table.each:
        return f"once for each value of the setting `{table.each.setting}`, for each of them {reads}"
    return f"once for each record of `{table.parent.table}`{changed}, for each of them {reads}"


def _setting(setting: Setting) -> tuple[str, str, str]:
    bounds = (
        f" From {setting.minimum} to {setting.maximum}." if setting.minimum is not None and setting.maximum is not None else ""
    )
    secret = " Secret." if setting.secret else ""
    return (
        f"`{setting.name}`",
        f"{setting.description}{bounds}{secret}",
        "required" if setting.required else f"`{setting.default}`",
    )


def _meaning(extra: Dimension | Aggregate) -> str:
    """What the rows of an extra table hold beside their key."""
    if isinstance(extra, Dimension):
        return f"the values of its newest record (by `{extra.newest}`)"
    return "what its records add up to"


def _option(option: Option) -> tuple[str, ...]:
    now = "on" if option.enabled else "off"
    return f"`{option.name}`", option.kind, f"`{option.table}`", now, option.origin.plugin


def _columns(columns: Mapping[str, str]) -> str:
    return markdown_table(("column", "type"), [(f"`{name}`", kind) for name, kind in columns.items()])


def _grid(rows: Iterable[Sequence[str]], *heads: str) -> str:
    return markdown_table(heads, rows)


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
