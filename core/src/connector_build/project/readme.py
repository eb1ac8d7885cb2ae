"""The README of a built project, written from its assembly."""

from collections.abc import Iterable, Iterator, Sequence

from connector_build.catalog.reading import names, reading
from connector_build.catalog.risks import risks
from connector_build.project.templating import rendered
from connector_build.screen.markdown import markdown_table, prose
from connector_core.derived.extra_tables import Aggregate, Dimension
from connector_core.derived.nested import Nested
from connector_core.plugin.assembly import Assembly, Option
from connector_core.runtime.scripts.pythons import DEFAULT_PYTHON_VERSION
from connector_core.source.columns import Column, Declared
from connector_core.source.settings import Setting


def readme(dataset: str, assembly: Assembly, python_version: str = DEFAULT_PYTHON_VERSION) -> str:
    """Markdown: settings, tables, columns, derived fields, how to debug, deploy and reset, and common errors."""
    return rendered(
        "README.md.jinja",
        filters={
            "names": names,
            "columns": _columns,
            "meaning": _meaning,
            "prose": prose,
            "reading": reading,
            "risks": risks,
            "table": _grid,
        },
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


def _meaning(extra: Dimension | Aggregate | Nested) -> str:
    """What the rows of an extra table hold beside their key."""
    if isinstance(extra, Nested):
        return f"the fields of an entry of `{extra.at}`"
    if isinstance(extra, Dimension):
        return f"the values of its newest record (by `{extra.newest}`)"
    return "what its records add up to"


def _option(option: Option) -> tuple[str, ...]:
    now = "on" if option.enabled else "off"
    return f"`{option.name}`", option.kind, f"`{option.table}`", prose(option.description), now, option.origin.plugin


def _columns(columns: Declared) -> str:
    """A table of columns; where none says what it is, of their types alone."""
    if not any(column.description or column.pii for column in columns.values()):
        return markdown_table(("column", "type"), [(f"`{name}`", column.type) for name, column in columns.items()])
    rows = [(f"`{name}`", column.type, _said(column)) for name, column in columns.items()]
    return markdown_table(("column", "type", "what it is"), rows)


def _said(column: Column) -> str:
    return f"{prose(column.description)}{' (personal data)' if column.pii else ''}".strip()


def _grid(rows: Iterable[Sequence[str]], *heads: str) -> str:
    return markdown_table(heads, rows)
