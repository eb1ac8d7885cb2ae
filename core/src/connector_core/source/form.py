"""Form-encoded bodies, ``application/x-www-form-urlencoded`` (WHATWG URL, section 5): a flat list of names and texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from connector_core.basics.errors import PluginError
from connector_core.basics.names import one_line
from connector_core.source.templates import text_of


def form_fields(body: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The fields of a form as they are sent: a list is its name once for each entry, and null is left out."""
    return [(name, text_of(each)) for name, value in body.items() for each in _each(value) if each is not None]


def check_form(body: object, where: str) -> None:
    """Raise PluginError for a *body* that no form can carry; *where* names the table."""
    if not isinstance(body, Mapping):
        raise PluginError(
            f'{where}: form=True says how a body is sent, and there is none. Write its fields: body={{"kind": "all"}}.'
        )
    for name, value in body.items():
        if not isinstance(name, str) or any(isinstance(each, Mapping | list | tuple) for each in _each(value)):
            raise PluginError(
                f"{where}: body has {one_line(repr(value), 60)} under {name!r}, and a form has no nested fields. Write texts, "
                "numbers, true or false, or a list of them; where the API wants JSON, leave out form=True."
            )


def _each(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        yield from value
    else:
        yield value
