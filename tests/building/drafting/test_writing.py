"""A draft becomes the text of a plugin: valid Python that says what the draft says, and nothing else."""

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.drafting.draft import Call, Draft, TableDraft, Value, guessed, notes, todo
from connector_build.drafting.writing import constant_of, literal, name_of, plugin_text

TEXTS = st.text(st.characters(codec=None), max_size=30)


def drafted(**options: Value) -> Draft:
    table: dict[str, Value] = {"name": "shifts", "path": "/shifts", "records": "shifts", "primary_key": ["id"]}
    return Draft("crew", "Crew: shifts", (TableDraft({**table, "columns": {"id": "STRING"}, **options}),))


@given(TEXTS, TEXTS, TEXTS)
def test_whatever_stands_in_a_draft_is_a_literal_in_the_plugin(key: str, value: str, why: str) -> None:
    draft = drafted(params={key: guessed(value, why)}, headers={"X": todo(value, why)})
    text = plugin_text(Draft("crew", value, draft.tables, remarks=(why, value)))
    tree = ast.parse(text)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names == {"Table", "SHIFTS", "hookimpl", "list"}
    (table,) = (node.value for node in tree.body if isinstance(node, ast.Assign))
    assert isinstance(table, ast.Call)
    written = {each.arg: ast.literal_eval(each.value) for each in table.keywords}
    assert written["params"] == {key: value}
    assert written["headers"] == {"X": value}


@given(TEXTS)
def test_a_name_of_anything_is_one_that_python_and_fivetran_keep(text: str) -> None:
    assert name_of(text).isidentifier()
    assert name_of(text).isascii()
    assert constant_of(name_of(text)).isidentifier()


@pytest.mark.parametrize("value", [object(), b"x", float("nan"), float("inf")])
def test_nothing_is_written_by_its_own_repr(value: Any) -> None:
    with pytest.raises(TypeError):
        literal(value)


def test_a_word_that_the_core_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="has no eval"):
        plugin_text(drafted(rows=Call("eval", ("1",))))


def test_tables_that_page_alike_share_a_hook_and_others_do_not() -> None:
    first = TableDraft(
        {"name": "a", "path": "/a", "records": "a", "primary_key": ["id"], "columns": {"id": "LONG"}}, Call("SinglePage")
    )
    second = TableDraft({**first.table, "name": "b", "path": "/b"}, Call("SinglePage"))
    third = TableDraft({**first.table, "name": "c", "path": "/c"}, Call("FullRead", (Call("SinglePage"),)))
    assert "-> SinglePage:\n    return SinglePage()" in plugin_text(Draft("d", "D", (first, second)))
    assert 'PAGING = {\n    "a": SinglePage(),' in plugin_text(Draft("d", "D", (first, second, third)))


def test_notes_are_found_wherever_they_stand() -> None:
    draft = drafted(columns={"id": guessed("STRING", "why")}, each=Call("Each", (todo("x", "what"),)))
    assert [note.why for note in notes(draft)] == ["why", "what"]
