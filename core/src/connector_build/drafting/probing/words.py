"""From a draft's words to what they stand for, and JSON that a template leaves as it is."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve

from connector_build.drafting.draft import TableDraft
from connector_build.drafting.made import made
from connector_build.drafting.texts import literal_text
from connector_core import Table
from connector_core.source.templates import Filling


def table_of(draft: TableDraft) -> Table:
    """The table that *draft* writes, as it is asked for. Raises PluginError where it cannot be one."""
    table = Table(**{name: made(value) for name, value in draft.table.items()})
    filling = Filling(lambda _, __: "", ())  # no setting is named; what is written twice becomes single
    return evolve(
        table,
        path=filling.path(table.path),
        params={name: filling.text(value) for name, value in table.params.items()},
        headers={name: filling.header(value) for name, value in table.headers.items()},
        body=filling.json(table.body),
    )


def literal_json(value: Any) -> Any:
    """*value* with each text in it as ``literal_text`` writes it."""
    match value:
        case str():
            return literal_text(value)
        case Mapping():
            return {name: literal_json(part) for name, part in value.items()}
        case list():
            return [literal_json(part) for part in value]
    return value
