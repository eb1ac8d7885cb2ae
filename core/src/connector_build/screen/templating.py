"""Files from templates: what lies in a package's folder ``templates``, filled in by Jinja."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape


@cache
def _environment(package: str) -> Environment:
    # A web page is escaped. What else is written is Python, Markdown and settings, which have escapes of their own (the filters).
    # A name that is not given is an error, and no empty text.
    return Environment(
        loader=PackageLoader(package),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html.jinja"], default=False),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def filled(package: str, name: str, filters: Mapping[str, Callable[..., Any]] | None = None, **values: Any) -> str:
    """The template *name* of *package* with *values* filled in; *filters* are those that it uses beyond Jinja's own.

    Raises jinja2.UndefinedError for a value that the template names and *values* lacks.
    """
    environment = _environment(package).overlay()
    environment.filters = {**environment.filters, **(filters or {})}
    return environment.get_template(name).render(**values)
