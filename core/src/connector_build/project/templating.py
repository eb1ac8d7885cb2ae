"""Files from templates: what lies in ``templates/``, filled in by Jinja."""

import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


@cache
def _environment() -> Environment:
    # Not escaped for HTML: what is written is Python, Markdown and settings, which have escapes of their own (the filters). A
    # name that is not given is an error, and no empty text.
    made = Environment(
        loader=PackageLoader("connector_build.project"),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  (see above)
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["python"] = python_literal
    return made


def rendered(name: str, filters: Mapping[str, Callable[..., Any]] | None = None, **values: Any) -> str:
    """The template *name* with *values* filled in; *filters* are those that it alone uses.

    Raises jinja2.UndefinedError for a value that the template names and *values* lacks.
    """
    environment = _environment().overlay()
    environment.filters = {**environment.filters, **(filters or {})}
    return environment.get_template(name).render(**values)


def python_literal(value: Any) -> str:
    """Python code for *value*, of the types that literals have: a text in double quotes, anything else as its repr."""
    text = str(value)  # raises for a value that was not given, which has a repr
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) else repr(value)
