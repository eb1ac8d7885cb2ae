"""Templates: what a plugin says stays what it is where it is written into code."""

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from connector_build.project.templating import python_literal, rendered

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXTS | st.lists(TEXTS) | st.dictionaries(TEXTS, st.integers() | st.none() | st.booleans()))
def test_a_value_that_is_written_into_code_is_read_back(value: object) -> None:
    assert ast.literal_eval(python_literal(value)) == value


@given(TEXTS)
def test_no_title_breaks_the_connector(title: str) -> None:
    text = rendered(
        "connector.py.jinja",
        dataset="crew",
        minimum=(3, 11),
        modules=["a"],
        plugins={title: "a.b"},
        enable=[title],
        disable=[],
        undeclared="",
    )
    calls = [
        node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and ast.unparse(node.func) == "connector_for"
    ]
    given = {word.arg: word.value for word in calls[0].keywords}
    assert ast.literal_eval(given["enable"]) == [title]
    assert isinstance(given["plugins"], ast.Dict)
    assert [ast.literal_eval(key) for key in given["plugins"].keys if key is not None] == [title]


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError, match="'enable' is undefined"):
        rendered("connector.py.jinja", dataset="crew", minimum=(3, 11), modules=[], plugins={}, disable=[], undeclared="")


def test_nothing_is_escaped_as_in_a_web_page() -> None:
    given: dict[str, Any] = {"minimum": (3, 11), "modules": [], "plugins": {}, "enable": [], "disable": [], "undeclared": ""}
    assert "<b>&'" in rendered("connector.py.jinja", dataset="<b>&'", **given)
