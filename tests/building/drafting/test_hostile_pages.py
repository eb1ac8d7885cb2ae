"""Pages that nobody would write: a plugin is made of them that says no more than data, or one clear error."""

import ast
import json
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import connector_core
from connector_build.drafting.probing.beginning import first_of
from connector_build.drafting.probing.files import read_files
from connector_build.drafting.probing.positions import position
from connector_build.errors import BuildError
from connector_build.review.new_evidence import of_files
from connector_build.review.newly import Made, made_from
from connector_core.basics.errors import ConnectorError

NASTY = st.sampled_from(
    [
        *('"', "'", '"""', "\\", "\n", "\x00", "\ud800", "\u202e", "", " ", "É", "漢", "a.b", "@", "$", "[0]", "*", "x" * 300),
        *("{settings.x}", "{{a}}", "{parent.id}", "# guessed: no", "')+__import__('os').system('id')#", "../..", "__class__"),
        *("_fivetran_x", "_fivetran_deleted", "userId", "user_id", "ID", "id", "next", "data"),
    ]
)
NAMES = st.one_of(NASTY, st.text(max_size=8), st.sampled_from(["id", "name", "total", "next_cursor", "has_more", "created_at"]))
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**80), 2**80), st.floats(allow_nan=False, allow_infinity=False), NASTY,
    st.sampled_from(["2024-01-01", "2024-01-01T00:00:00Z", "12.50", "0000-00-00"]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4), max_leaves=12
)
RECORDS = st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=5), min_size=1, max_size=5)
PAGES = st.one_of(RECORDS, st.dictionaries(NAMES, st.one_of(RECORDS, VALUES), max_size=4), VALUES)


def drafted(folder: Path, *pages: Any, url: str = "") -> Made:
    paths = []
    for number, page in enumerate(pages):
        paths.append(folder / f"{number}.json")
        paths[-1].write_text(page if isinstance(page, str) else json.dumps(page), encoding="utf-8")
    found = of_files(read_files(paths), "crew", url, {}, [], None, first_of)
    return made_from("crew", found, most=20)


def made_or_told(folder: Path, *pages: Any, url: str = "") -> Made | str:
    try:
        return drafted(folder, *pages, url=url)
    except (BuildError, ConnectorError) as error:
        return str(error)


def assert_harmless(text: str) -> None:
    """Nothing but literals, calls of the core's words, and hooks that return them."""
    tree = ast.parse(text)
    words = {*connector_core.__all__, "list", "table"}
    constants = {
        target.id for node in tree.body if isinstance(node, ast.Assign) for target in node.targets if isinstance(target, ast.Name)
    }
    assert {type(node) for node in tree.body} <= {ast.Expr, ast.ImportFrom, ast.Assign, ast.FunctionDef}
    assert {node.module for node in tree.body if isinstance(node, ast.ImportFrom)} == {"connector_core"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name)
            assert node.func.id in words
        if isinstance(node, ast.Name):
            assert node.id in words | constants
        assert not isinstance(node, ast.Attribute | ast.Lambda | ast.JoinedStr | ast.BinOp | ast.Subscript) or isinstance(
            node, ast.Subscript
        )


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(pages=st.lists(PAGES, min_size=1, max_size=2))
def test_any_page_becomes_a_plugin_that_brings_its_records_or_one_clear_error(
    pages: list[Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("pages")
    made = made_or_told(folder, *pages)
    if isinstance(made, str):
        assert len(made) < 2000
        assert made.isprintable()
        return
    assert_harmless(made.text)
    assert made.recording is None or made.total > 0
    assert sorted(path.name for path in folder.iterdir()) == [f"{number}.json" for number in range(len(pages))]


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(path=st.text(max_size=10), params=st.dictionaries(NASTY, NASTY, max_size=3))
def test_any_address_is_asked_for_as_it_is(path: str, params: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    params = {name: value for name, value in params.items() if f"{name}{value}".isprintable() and not position(name, value)}
    url = f"https://api.example.com/v1/{quote(path, errors='replace')}?{urlencode(params)}"
    made = made_or_told(tmp_path_factory.mktemp("pages"), [{"id": 1}, {"id": 2}], url=url)
    assert isinstance(made, Made)
    assert_harmless(made.text)
    assert made.recording is not None
    (answer,) = made.recording.answers
    assert answer.request.params == params
