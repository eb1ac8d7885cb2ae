"""Filters: a text or JSON around a position, such as ``updatedAt ge {since}``, beside the table's own constant parameters."""

from collections.abc import Mapping, Sequence
from typing import Any

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.paging.resting import first_request
from connector_core.source.pagination import Where
from connector_core.source.positions import positions_in
from connector_core.source.tables import Table

Template = str | Mapping[str, Any] | Sequence[Any]
"""A text with names in braces or, for a JSON body, JSON of such texts."""


def check_template(kind: str, template: Any, where: Where, *names: str, argument: str = "template") -> None:
    """Raise PluginError unless *template* has each of *names* in braces, and is one that a request can carry at *where*.

    argument: what the plugin's author calls it.
    """
    if template is None:
        return
    if where != "body" and not isinstance(template, str):
        raise PluginError(f'{kind}: {argument} is {type(template).__name__}, which only a JSON body can hold: where="body".')
    for name in names:
        if name not in positions_in(template, {name}):
            raise PluginError(
                f"{kind}: {argument} has no {{{name}}} in it: {one_line(repr(template), 60)}. Write {{{name}}} where the value "
                "is to stand."
            )


def check_own_filter(strategy: Any, table: Table, param: str) -> None:
    """Raise PluginError where a template would take the place of a constant of *table* without having it in itself."""
    kind, own = type(strategy).__name__, first_request(table).found(strategy.where, param)
    if strategy.template is None or own is None:
        return
    if not _holds(strategy.template, own):
        shown = one_line(repr(own), 60)
        raise PluginError(
            f"{kind}: {table.name} sends {param} {shown}, which its template does not have, so that filter would be lost. Write "
            f"the whole filter into the template, with {shown} as it stands there."
        )


def _holds(template: Any, own: Any) -> bool:
    """Whether all that *own* says is in *template*."""
    if isinstance(own, str) and isinstance(template, str):
        return own in template
    if isinstance(own, Mapping) and isinstance(template, Mapping):
        return all(name in template and _holds(template[name], value) for name, value in own.items())
    if isinstance(own, list) and isinstance(template, list | tuple):
        return all(any(_holds(each, value) for each in template) for value in own)
    return bool(own == template)
