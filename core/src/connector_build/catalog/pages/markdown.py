"""A dictionary as one page of Markdown, with its diagram in Mermaid."""

from connector_build.catalog.entries import Dictionary, SettingEntry, TableEntry
from connector_build.catalog.pages import words
from connector_build.catalog.pages.mermaid import mermaid
from connector_build.catalog.samples import Examples
from connector_build.screen.markdown import markdown_table, prose
from connector_build.screen.templating import filled


def markdown(dictionary: Dictionary, examples: Examples) -> str:
    """The page."""
    return filled(
        "connector_build.catalog.pages",
        "dictionary.md.jinja",
        filters={"prose": prose, "columns": lambda table: _columns(table, examples), "where": words.where_from},
        dictionary=dictionary,
        kinds=words.KINDS,
        diagram=mermaid(dictionary),
        options=_options(dictionary),
        settings=markdown_table(("setting", "what it is", "value", "default"), map(_setting, dictionary.settings)),
        relations=[words.related(relation) for relation in dictionary.relations],
        examples=bool(examples),
    )


def _columns(table: TableEntry, examples: Examples) -> str:
    """Its columns; those of the table that say nothing in any row are left out."""
    heads = ("column", "in the destination", "type", "what it is", "comes from", "example, made up")
    rows = [
        (
            _code(column.name),
            "" if column.stored_name == column.name else _code(column.stored_name),
            column.type,
            " ".join(filter(None, [prose(column.description), _marked(words.marks(column))])),
            prose(words.comes_from(column)),
            prose(examples.get((table.name, column.name), "")),
        )
        for column in table.columns
    ]
    kept = [number for number in range(len(heads)) if any(row[number] for row in rows)]
    return markdown_table([heads[each] for each in kept], [[row[each] for each in kept] for row in rows])


def _marked(marks: list[str]) -> str:
    return f"({words.listed(marks)})" if marks else ""


def _setting(setting: SettingEntry) -> tuple[str, ...]:
    return _code(setting.name), prose(setting.description or setting.label), words.bounds(setting), prose(words.default(setting))


def _options(dictionary: Dictionary) -> str:
    rows = [
        (_code(option.name), option.kind, prose(option.description), "on" if option.enabled else "off", prose(option.cost))
        for option in dictionary.options
    ]
    return markdown_table(("option", "kind", "what it is", "here", "what it costs"), rows) if rows else ""


def _code(name: str) -> str:
    """A name between backquotes; one that has one of its own stands as it is."""
    return f"`{name}`" if name.isascii() and "`" not in name and "|" not in name else prose(name)
