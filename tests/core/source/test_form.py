"""Form-encoded bodies: as they are sent, where a paginator puts its position, and what a feed with one is told by."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core import CursorPaginator, OffsetPaginator, Page, PluginError, Request, Table, hookimpl
from connector_core.engine.identity import identity
from connector_core.paging.places import request_of, stored_request
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.source.form import form_fields


def table(**more: Any) -> Table:
    given: dict[str, Any] = {"body": {"kind": "all", "limit": 5, "deep": True, "states": ["new", "old"]}, "form": True} | more
    return Table("jobs", "/jobs", "items", ["id"], {"id": "LONG"}, **given)


SCALARS = st.text(max_size=5) | st.integers() | st.booleans()


@given(st.dictionaries(st.text(min_size=1, max_size=5), SCALARS | st.lists(SCALARS, max_size=3), max_size=4))
def test_a_form_says_each_value_as_a_text(body: dict[str, Any]) -> None:
    fields = form_fields(body)
    assert {name for name, _ in fields} == {name for name, value in body.items() if value != []}
    for name, value in body.items():
        wanted = value if isinstance(value, list) else [value]
        shown = [str(each).lower() if isinstance(each, bool) else str(each) for each in wanted]
        assert [text for key, text in fields if key == name] == shown
    assert str(Request("/x", method="POST", json=body, form=True)).startswith("POST /x")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"body": None}, "there is none"),
        ({"body": {"a": {"b": 1}}}, "no nested fields"),
        ({"body": {"a": [{"b": 1}]}}, "no nested fields"),
        ({"body": {"a": [["b"]]}}, "no nested fields"),
    ],
)
def test_what_is_no_form(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(PluginError, match=said):
        table(**arguments)


def test_a_position_goes_into_the_form_under_its_own_name() -> None:
    paginator = CursorPaginator("page.cursor", "next", where="body", more_field="more")
    first = paginator.first(table(), 10, {})
    assert first.form
    assert dict(first.json) == {**(table().body or {}), "page_size": 10}
    following = paginator.following(first, Page({"next": "abc", "more": True}, [{}]))
    assert following is not None
    assert following.form
    assert dict(following.json) == {**first.json, "page.cursor": "abc"}
    assert "page.cursor=abc" in str(following)
    offset = OffsetPaginator("start", "rows", where="body").first(table(), 10, {})
    assert ("rows", "10") in form_fields(offset.json)


def test_a_stored_request_is_a_form_again() -> None:
    request = Request("/jobs", method="POST", json={"a": 1}, form=True)
    assert request_of(stored_request(request)) == request
    assert request_of(stored_request(Request("/jobs"))) == Request("/jobs")
    assert "form" not in stored_request(Request("/jobs", method="POST", json={"a": 1}))
    assert request_of({**stored_request(request), "json": None}) == Request("/jobs", method="POST")


def test_a_form_is_another_feed() -> None:
    def plan(one: Table) -> Any:
        class Jobs:
            @hookimpl
            def connector_tables(self) -> list[Table]:
                return [one]

        return assemble([Plugin("jobs", Jobs())]).tables[0]

    assert identity(plan(table())) != identity(plan(table(form=False)))
    assert identity(plan(table())) == identity(plan(table()))
