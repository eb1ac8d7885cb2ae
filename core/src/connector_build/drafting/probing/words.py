"""From a draft's words to the objects of `connector_core` that they stand for, and texts that a template leaves as they are."""

import re
from collections.abc import Mapping
from typing import Any

from attrs import evolve

from connector_build.drafting.draft import TableDraft
from connector_build.drafting.made import made
from connector_core import Table
from connector_core.source.templates import SCOPES, Filling


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


_BRACES = re.compile(rf"\{{\{{([A-Za-z_][\w.]*)\}}\}}|\{{((?:{'|'.join(SCOPES)})\.[^{{}}\s]+)\}}")


def literal_text(text: str) -> str:
    """*text* so that a template sends it as it is: ``{settings.x}`` is written ``{{settings.x}}``."""
    return _BRACES.sub(lambda found: f"{{{{{{{found[1]}}}}}}}" if found[1] else f"{{{{{found[2]}}}}}", text)


def literal_json(value: Any) -> Any:
    """The same for each text in JSON."""
    match value:
        case str():
            return literal_text(value)
        case Mapping():
            return {name: literal_json(part) for name, part in value.items()}
        case list():
            return [literal_json(part) for part in value]
    return value


_BARE = re.compile(r"@odata\.\w+|(?![@$]?\Z)[\w@:-]+")


def path_to(*keys: str) -> str:
    """The path to what stands at *keys*, one below the other; ``@`` for none."""
    return ".".join(key if _BARE.fullmatch(key) and not key.isdigit() else _quoted(key) for key in keys) or "@"


def _quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
