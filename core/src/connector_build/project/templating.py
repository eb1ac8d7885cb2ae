"""Files of a project from its templates."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from connector_build.screen.templating import filled


def rendered(name: str, filters: Mapping[str, Callable[..., Any]] | None = None, **values: Any) -> str:
    """The template *name* with *values* filled in; *filters* are those that it alone uses.

    Raises jinja2.UndefinedError for a value that the template names and *values* lacks.
    """
    return filled("connector_build.project", name, {"python": python_literal, **(filters or {})}, **values)


def python_literal(value: Any) -> str:
    """Python code for *value*, of the types that literals have: a text in double quotes, anything else as its repr."""
    text = str(value)  # raises for a value that was not given, which has a repr
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) else repr(value)
