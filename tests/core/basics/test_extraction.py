"""Where an answer has its records: paths without a library, JMESPath expressions with it, and a build that checks for it."""

import importlib
import json
import re
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from connector_core import NoAuth, Parent, PluginError, Request, Table, UnexpectedAnswer
from connector_core.basics.extraction import finder, needs_library, value_at
from connector_core.http.answers import records_in
from connector_core.http.client import Client
from connector_core.plugin.assembly import assemble
from connector_core.source.configuration import Configuration
from distributions import PLUGIN, connector_build, install_dataset, lock_of
from sinks import Answer, Log, recorder
from support import plugin

jmespath: Any = importlib.import_module("jmespath")  # it comes without types
BODY: dict[str, Any] = {
    "shifts": [{"id": 1, "hours": 8}, {"id": 2, "hours": 4}, {"id": 3}],
    "data": {"items": [{"id": 4}], "one": {"id": 5}, "nothing": None},
    "edges": [{"node": {"id": 6}}, {"node": None}, {}, {"node": {"id": 7}}],
    "a-b": [{"id": 8}],
    "@odata.count": 1,
    "with.dot": [{"id": 9}],
}


def table(records: str, **parts: Any) -> Table:
    return Table("shifts", "/shifts", records, ["id"], {"id": "LONG"}, **parts)


# What a path finds

PLAIN: list[tuple[str, Any]] = [
    ("shifts", BODY["shifts"]),
    ("data.items", [{"id": 4}]),
    ("data.nothing", None),
    ("data.nothing.below", None),
    ("shifts.id", None),
    ("gone", None),
    ("gone.below", None),
    ("a-b", [{"id": 8}]),
    ("@", BODY),
    ("[@]", [BODY]),
    ("[data]", [BODY["data"]]),
    ("[data.one]", [{"id": 5}]),
    ("[ data.one ]", [{"id": 5}]),
    ("[shifts]", [BODY["shifts"]]),
    ("[data.nothing]", None),
    ("[gone]", None),
]
EXPRESSIONS: list[tuple[str, Any]] = [
    ("shifts[0]", {"id": 1, "hours": 8}),
    ("shifts[:2]", BODY["shifts"][:2]),
    ("shifts[-1:]", [{"id": 3}]),
    ("edges[*].node", [{"id": 6}, {"id": 7}]),
    ("edges[].node", [{"id": 6}, {"id": 7}]),
    ("edges[*].nodes", []),
    ("gone[*].node", None),
    ("shifts[?hours > `5`]", [{"id": 1, "hours": 8}]),
    ("shifts[?hours].{id: id}", [{"id": 1}, {"id": 2}]),
    ("[data.one, edges[0].node]", [{"id": 5}, {"id": 6}]),
    ("gone || data.items", [{"id": 4}]),
    ("data.*", [[{"id": 4}], {"id": 5}]),
    ('"with.dot"', [{"id": 9}]),
    ("values(data)[?@ != `null`] | [1:]", [{"id": 5}]),
    ("sort_by(shifts[?hours], &hours)", [{"id": 2, "hours": 4}, {"id": 1, "hours": 8}]),
    ("length(shifts)", 3),
    ("sort_by(shifts, &hours)", None),  # a value to sort by that is none: there is nothing of that kind
    ("length(data.nothing)", None),
]


@pytest.mark.parametrize(("path", "found"), [*PLAIN, *EXPRESSIONS])
def test_what_stands_at_a_path(path: str, found: Any) -> None:
    assert finder(path)(BODY) == found
    assert table(path).find(BODY) == found


@pytest.mark.parametrize(("path", "body", "found"), [("[0]", [7, 8], 7), ("[:2]", [7, 8, 9], [7, 8]), ("[-1]", [7, 8], 8)])
def test_an_index_and_a_slice_are_no_brackets_around_one_object(path: str, body: Any, found: Any) -> None:
    assert needs_library(path)
    assert finder(path)(body) == found


@pytest.mark.parametrize("path", [*(path for path, _ in PLAIN), "@odata.value", "a b", "1"])
def test_keys_with_dots_need_no_library(path: str) -> None:
    assert not needs_library(path)
    assert table(path).needs == ()


@pytest.mark.parametrize("path", [*(path for path, _ in EXPRESSIONS), "[0]", "[:2]", "[]", "[*]", "[a, b]", "[[a]]", "a | b"])
def test_whatever_is_more_needs_the_library(path: str) -> None:
    assert needs_library(path)
    assert table(path).needs == ("jmespath",)


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,2}", fullmatch=True)
bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=6,
)


@given(body=bodies, keys=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3), brackets=st.booleans())
def test_paths_without_the_library_mean_what_they_mean_with_it(body: Any, keys: Sequence[str], brackets: bool) -> None:
    path = ".".join(keys)
    found = jmespath.search(path, body)
    assert value_at(body, path) == found
    if brackets:
        assert finder(f"[{path}]")(body) == (None if found is None else jmespath.search(f"[{path}]", body))


@given(st.lists(names, min_size=1, max_size=3))
def test_identifiers_with_dots_never_need_the_library(keys: Sequence[str]) -> None:
    assert not needs_library(".".join(keys))
    assert not needs_library(f"[{'.'.join(keys)}]")


# Expressions that cannot be used


@pytest.mark.parametrize("path", ["shifts[", "edges[*.node", "shifts[?]", "(shifts", '"shifts', "{shifts}", "a==", "[a"])
def test_what_is_no_expression_is_an_error_of_the_table(path: str) -> None:
    with pytest.raises(PluginError, match=rf"^Table shifts: The path {re.escape(repr(path))} is no JMESPath expression: .+\.$"):
        table(path)


@pytest.mark.parametrize("path", ["", None, 7, ["shifts"]])
def test_what_is_no_path_at_all(path: Any) -> None:
    with pytest.raises(PluginError, match=r"^Table shifts: records is .*\. Name the key of the answer that holds the list"):
        table(path)


def without_library(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> ModuleType:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", missing)


def test_without_the_library_an_expression_names_the_dependency(monkeypatch: pytest.MonkeyPatch) -> None:
    without_library(monkeypatch)
    with pytest.raises(PluginError) as caught:
        table("edges[*].node")
    assert str(caught.value) == (
        "Table shifts: The path 'edges[*].node' is a JMESPath expression. Add \"jmespath>=1.0\" to the plugin's dependencies, "
        "or write keys with dots between them."
    )


@pytest.mark.parametrize(("path", "found"), PLAIN)
def test_without_the_library_plain_paths_are_found(path: str, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    without_library(monkeypatch)
    assert table(path).find(BODY) == found


# On a real client


def fetched(records: str, body: Any, pages: int = 1) -> Sequence[Any]:
    """The records of the last of some pages, each of which a server answers with *body*."""
    asked, auth = table(records), NoAuth()(Configuration({}))
    with recorder(Answer(body=json.dumps(body).encode())) as api, Client(api.url, auth, Log()) as client:
        return [client.fetch(asked, Request("/shifts")).records for _ in range(pages)][-1]


@pytest.mark.parametrize(
    ("path", "records"),
    [
        ("shifts", BODY["shifts"]),
        ("data.items", [{"id": 4}]),
        ("[data.one]", [{"id": 5}]),
        ("[@]", [BODY]),
        ("edges[*].node", [{"id": 6}, {"id": 7}]),
        ("shifts[?hours].{id: id}", [{"id": 1}, {"id": 2}]),
        ("edges[*].nodes", []),
    ],
)
def test_records_of_an_answer(path: str, records: list[Any]) -> None:
    assert fetched(path, BODY) == records


def test_an_answer_that_is_the_list() -> None:
    assert fetched("@", [{"id": 1}]) == [{"id": 1}]


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("shifts", {"shift": []}, "the answer has no 'shifts', only shift"),
        ("shifts", {}, "the answer has no 'shifts', only no key at all"),
        ("shifts", {"shifts": None}, "'shifts' is a JSON null, not a list"),
        ("shifts", {"shifts": {"id": 1}}, "'shifts' is a JSON object, not a list"),
        ("shifts", [{"id": 1}], "the answer is a JSON list, not an object"),
        ("data.items", {"data": {"items": None}}, "the answer has no 'data.items', only data"),
        ("data.items", {"data": []}, "the answer has no 'data.items', only data"),
        ("@", {"shifts": []}, "'@' is a JSON object, not a list"),
        ("[data]", {"data": None}, r"the answer has no '\[data\]', only data"),
        ("[data]", {"error": "busy"}, r"the answer has no '\[data\]', only error"),
        ("edges[*].node", {"edges": None}, r"the answer has no 'edges\[\*\]\.node', only edges"),
        ("shifts[0]", BODY, r"'shifts\[0\]' is a JSON object, not a list"),
        ("length(shifts)", BODY, r"'length\(shifts\)' is a JSON number, not a list"),
        ("length(gone)", BODY, r"the answer has no 'length\(gone\)', only shifts, data"),
    ],
)
def test_an_answer_without_a_list_there(path: str, body: Any, message: str) -> None:
    with pytest.raises(UnexpectedAnswer, match=rf"^shifts: GET /shifts: {message}"):
        fetched(path, body)


def test_an_expression_is_compiled_once_for_a_table(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    compile_one = jmespath.compile

    def noted(path: str) -> Any:
        compiled.append(path)
        return compile_one(path)

    monkeypatch.setattr(jmespath, "compile", noted)
    assert fetched("edges[*].node", BODY, pages=5) == [{"id": 6}, {"id": 7}]
    assert compiled == ["edges[*].node"]


def test_where_the_records_are_is_what_makes_two_tables_equal() -> None:
    assert table("edges[*].node") == table("edges[*].node")
    assert table("edges[*].node") != table("edges[].node")
    assert evolve(table("shifts"), records="[data]").find(BODY) == [BODY["data"]]
    assert "find" not in repr(table("shifts"))


def test_what_a_connector_needs_is_what_its_tables_need() -> None:
    one, other = table("edges[*].node"), evolve(table("shifts[]"), name="others")
    assert assemble([plugin(one, other)]).needs == ("jmespath",)
    assert assemble([plugin(table("[data]"))]).needs == ()
    child = evolve(
        other,
        path="/shifts/{parent.id}",
        columns={"id": "LONG", "of": "LONG"},
        parent=Parent("shifts", adds={"of": "id"}),
    )
    assert assemble([plugin(table("shifts"), child)]).needs == ("jmespath",)


# A build


def test_a_build_pins_the_library_of_a_plugin_that_declares_it(tmp_path: Path) -> None:
    source = PLUGIN.format(dataset="crew").replace('"items"', '"edges[*].node"')
    assert "edges[*].node" in source
    install_dataset(tmp_path / "site", "crew", source, requires=("jmespath>=1.0",))
    done = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    project = tmp_path / "dist" / "crew"
    assert f"jmespath=={version('jmespath')}" in (project / "requirements.txt").read_text(encoding="utf-8").split()
    assert f"jmespath=={version('jmespath')}" in done.stdout
    assert lock_of(project)


@pytest.mark.parametrize("requires", [(), ("attrs",)])
def test_a_build_without_the_dependency_fails_and_says_what_to_do(tmp_path: Path, requires: tuple[str, ...]) -> None:
    source = PLUGIN.format(dataset="crew").replace('"items"', '"edges[*].node"')
    install_dataset(tmp_path / "site", "crew", source, requires=requires)
    done = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        "Error: This connector needs the package jmespath, which would not be there on Fivetran. "
        "Add the distribution that provides it to the plugin's dependencies, and install the plugin again.\n"
    )
    assert not (tmp_path / "dist").exists()


def test_a_build_of_plain_paths_needs_nothing(tmp_path: Path) -> None:
    source = PLUGIN.format(dataset="crew").replace('"items"', '"[data.items]"')
    install_dataset(tmp_path / "site", "crew", source)
    done = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "jmespath" not in (tmp_path / "dist/crew/requirements.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", ["lengthh(a)", "length(a, b)"])
def test_a_function_that_does_not_exist_is_the_plugins_fault(path: str) -> None:
    with pytest.raises(PluginError, match="cannot be followed"):
        finder(path)


@pytest.mark.parametrize("path", ["a..b", ".a", "a.", "[a..b]"])
def test_a_dot_too_many(path: str) -> None:
    with pytest.raises(PluginError, match="has a dot too many"):
        finder(path)


@pytest.mark.parametrize(("path", "found"), [("[*].node", [1, 2]), ("[0]", {"node": 1}), ("@[?node > `1`].node", [2])])
def test_an_expression_may_read_an_answer_that_is_a_list(path: str, found: object) -> None:
    assert finder(path)([{"node": 1}, {"node": 2}]) == found


def test_null_is_no_list_of_records() -> None:
    table = Table("jobs", "/jobs", "@", ["id"], {"id": "LONG"})
    with pytest.raises(UnexpectedAnswer, match="'@' is a JSON null, not a list of records"):
        records_in(table, "here", None)
    lists = Table("jobs", "/jobs", "[*].node", ["id"], {"id": "LONG"})
    assert records_in(lists, "here", [{"node": {"id": 1}}]) == [{"id": 1}]
