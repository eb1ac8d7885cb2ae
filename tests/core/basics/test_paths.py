"""Where an answer has its records: paths without a library, JMESPath expressions with it, and a build that checks for it."""

import copy
import importlib
import json
import pickle
import re
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_core import NoAuth, Parent, PluginError, Request, Table, UnexpectedAnswer
from connector_core.basics.paths import MISSING, compile_path
from connector_core.http.answers import records_in
from connector_core.http.client import Client
from connector_core.plugin.assembly import assemble
from connector_core.source.configuration import Configuration
from distributions import PLUGIN, connector_build, install_dataset, lock_of
from places import ROOT
from sinks import Answer, Log, recorder
from support import plugin

Keys = Sequence[str]
jmespath: Any = importlib.import_module("jmespath")  # it comes without types
BODY: dict[str, Any] = {
    "shifts": [{"id": 1, "hours": 8}, {"id": 2, "hours": 4}, {"id": 3}],
    "data": {"items": [{"id": 4}], "one": {"id": 5}, "nothing": None, "empty": [], "@odata.nextLink": "/next"},
    "edges": [{"node": {"id": 6}}, {"node": None}, {}, {"node": {"id": 7}}],
    "a-b": [{"id": 8}],
    "@odata.count": 1,
    "with.dot": [{"id": 9}],
    "errors": [{"extensions": {"code": "THROTTLED"}}],
    "both": {"ways": "nested"},
    "both.ways": "joined",
    "both.other": "joined",
    "2024": {"total": 5},
    'quo"ted': 6,
    "$skiptoken": 7,
    "a b": 8,
}


def table(records: str, **parts: Any) -> Table:
    return Table("shifts", "/shifts", records, ["id"], {"id": "LONG"}, **parts)


# What a path finds

PLAIN: list[tuple[str, Any]] = [
    ("shifts", BODY["shifts"]),
    ("data.items", [{"id": 4}]),
    ("data.nothing", None),
    ("data.nothing.below", MISSING),
    ("data.empty", []),
    ("shifts.id", MISSING),
    ("gone", MISSING),
    ("gone.below", MISSING),
    ("a-b", [{"id": 8}]),
    ("@", BODY),
    ("@.data.items", [{"id": 4}]),
    ("[@]", [BODY]),
    ("[data]", [BODY["data"]]),
    ("[data.one]", [{"id": 5}]),
    ("[ data.one ]", [{"id": 5}]),
    ("[shifts]", [BODY["shifts"]]),
    ("[data.nothing]", None),
    ("[gone]", MISSING),
    ("shifts[0]", {"id": 1, "hours": 8}),
    ("shifts[-1].id", 3),
    ("shifts[ 1 ].hours", 4),
    ("shifts.1.hours", 4),
    ("shifts[3]", MISSING),
    ("shifts[-4]", MISSING),
    ("data[0]", MISSING),
    ("shifts[0].id[0]", MISSING),
    ("[shifts[0]]", [{"id": 1, "hours": 8}]),
    ("errors[0].extensions.code", "THROTTLED"),
    ("@odata.count", 1),
    ("data.@odata.nextLink", "/next"),
    ("with.dot", [{"id": 9}]),
    ("with.dot[0].id", 9),
    ('"with.dot"[0].id', 9),
    ('"with.dot"', [{"id": 9}]),
    ('"data.items"', MISSING),
    ('data."@odata.nextLink"', "/next"),
    ("both.ways", "nested"),
    ('"both.ways"', "joined"),
    ("both.other", "joined"),
    ("2024.total", 5),
    ('"quo\\"ted"', 6),
    ("$skiptoken", 7),
    ("a b", 8),
]
EXPRESSIONS: list[tuple[str, Any]] = [
    ("shifts[:2]", BODY["shifts"][:2]),
    ("shifts[-1:]", [{"id": 3}]),
    ("edges[*].node", [{"id": 6}, {"id": 7}]),
    ("edges[].node", [{"id": 6}, {"id": 7}]),
    ("edges[*].nodes", []),
    ("gone[*].node", MISSING),
    ("shifts[?hours > `5`]", [{"id": 1, "hours": 8}]),
    ("shifts[?hours].{id: id}", [{"id": 1}, {"id": 2}]),
    ("[data.one, edges[0].node]", [{"id": 5}, {"id": 6}]),
    ("gone || data.items", [{"id": 4}]),
    ("values(data)[?@ != `null`] | [2:]", [[], "/next"]),
    ("sort_by(shifts[?hours], &hours)", [{"id": 2, "hours": 4}, {"id": 1, "hours": 8}]),
    ("length(shifts)", 3),
    ("data.nothing || `null`", MISSING),  # JMESPath has no word for what is not there
    ("sort_by(shifts, &hours)", MISSING),  # a value to sort by that is none: there is nothing of that kind
    ("length(data.nothing)", MISSING),
]


@pytest.mark.parametrize(("path", "found"), [*PLAIN, *EXPRESSIONS])
def test_what_stands_at_a_path(path: str, found: Any) -> None:
    compiled = compile_path(path)
    assert compiled.find(BODY) == found
    assert (compiled.find(BODY) is MISSING) == (found is MISSING)
    assert compiled.get(BODY) == (None if found is MISSING else found)
    assert table(path).place.find(BODY) == found


def test_nothing_is_told_from_null_and_from_what_is_empty() -> None:
    assert not MISSING
    assert repr(MISSING) == "MISSING"
    others: list[object] = [None, False, 0, "", [], {}]
    assert MISSING not in others
    assert copy.deepcopy([MISSING])[0] is MISSING
    assert pickle.loads(pickle.dumps(MISSING)) is MISSING  # noqa: S301  (dumped right here)


@pytest.mark.parametrize(("path", "body", "found"), [("[0]", [7, 8], 7), ("[:2]", [7, 8, 9], [7, 8]), ("[-1]", [7, 8], 8)])
def test_an_index_and_a_slice_are_no_brackets_around_one_object(path: str, body: Any, found: Any) -> None:
    assert compile_path(path).find(body) == found


@pytest.mark.parametrize("path", [*(path for path, _ in PLAIN), "@odata.value", "a b", "1", "[0]", "[-1].a", "a:b", "#text"])
def test_keys_and_indices_need_no_library(path: str) -> None:
    assert not compile_path(path).needs
    assert table(path).needs == ()


@pytest.mark.parametrize("path", [*(path for path, _ in EXPRESSIONS), "[:2]", "[]", "[*]", "[a, b]", "[[a]]", "a | b", "data.*"])
def test_whatever_is_more_needs_the_library(path: str) -> None:
    assert compile_path(path).needs
    assert table(path).needs == ("jmespath",)


def test_paths_are_equal_by_their_text() -> None:
    assert compile_path("data.items") == compile_path("data.items") != compile_path('data."items"')
    assert str(compile_path("data.items")) == "data.items"
    assert "closure" not in repr(compile_path("data.items"))
    assert hash(compile_path("data.items")) == hash(compile_path("data.items"))


# Against an oracle: every way to join keys, in the order of the rule, each followed step by step

KEYS = ["a", "b", "0", "a.b", "b.a", "a.b.a", "@c"]
bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)
steps = st.tuples(st.sampled_from(["bare", "quoted", "index"]), st.sampled_from(["a", "b", "0", "@c"]), st.integers(-2, 1))
Steps = Sequence[tuple[str, str, int]]


def written(path: Steps) -> str:
    """The text of a path, whose first step is a key."""
    text = ""
    for kind, key, index in path:
        part = {"bare": key, "quoted": json.dumps(key), "index": f"[{index}]"}[kind]
        text += part if kind == "index" or not text else f".{part}"
    return text


def joinings(path: Steps) -> Iterator[list[tuple[str, Any]]]:
    """Every way to take the steps of a path, the shortest keys first."""
    if not path:
        yield []
        return
    kind, _, index = path[0]
    if kind == "index":
        yield from ([("index", index), *rest] for rest in joinings(path[1:]))
        return
    for count in range(1, len(path) + 1):
        taken = path[:count]
        if count > 1 and any(each[0] != "bare" for each in taken):
            return
        name = ".".join(each[1] for each in taken)
        yield from ([("bare" if count == 1 and kind == "bare" else "joined", name), *rest] for rest in joinings(path[count:]))


def followed(body: Any, way: Sequence[tuple[str, Any]]) -> Any:
    for kind, name in way:
        if isinstance(body, list):
            number = name if kind == "index" else int(name) if kind == "bare" and name == "0" else None
            if number is None:
                return MISSING
            try:
                body = body[number]
            except IndexError:
                return MISSING
        elif isinstance(body, dict) and kind != "index" and name in body:
            body = body[name]
        else:
            return MISSING
    return body


def oracle(body: Any, path: Steps) -> Any:
    return next((found for way in joinings(path) if (found := followed(body, way)) is not MISSING), MISSING)


@given(body=bodies, path=st.lists(steps, min_size=1, max_size=5).filter(lambda path: path[0][0] != "index"))
@settings(max_examples=500)
def test_a_path_finds_what_the_rule_says(body: Any, path: Steps) -> None:
    found, expected = compile_path(written(path)).find(body), oracle(body, path)
    assert found is expected or found == expected
    assert (found is MISSING) == (expected is MISSING)


@given(body=bodies, path=st.lists(steps, min_size=1, max_size=4).filter(lambda path: all(each[0] != "index" for each in path)))
def test_what_is_put_somewhere_is_found_there_and_nothing_else_moves(body: Any, path: Steps) -> None:
    before = json.dumps(body)
    compiled = compile_path(written(path))
    if not isinstance(body, dict):
        return
    put = compiled.put(body, "new")
    assert compiled.find(put) == "new"
    assert json.dumps(body) == before
    if compiled.find(body) is not MISSING:
        assert put.keys() == body.keys()


plain_keys = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3)
plain_bodies = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=6,
)


@given(body=plain_bodies, keys=plain_keys, index=st.none() | st.integers(-2, 1), brackets=st.booleans())
def test_paths_without_the_library_mean_what_they_mean_with_it(body: Any, keys: Keys, index: int | None, brackets: bool) -> None:
    path = ".".join(keys) + (f"[{index}]" if index is not None else "")
    found = jmespath.search(path, body)
    assert compile_path(path).get(body) == found
    if brackets:
        assert compile_path(f"[{path}]").get(body) == (None if found is None else jmespath.search(f"[{path}]", body))


@given(st.lists(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,2}", fullmatch=True), min_size=1, max_size=3))
def test_identifiers_with_dots_never_need_the_library(keys: Sequence[str]) -> None:
    assert not compile_path(".".join(keys)).needs
    assert not compile_path(f"[{'.'.join(keys)}]").needs


@given(st.text(max_size=12))
def test_a_text_is_a_path_or_an_error_that_says_what_to_write(text: str) -> None:
    try:
        compile_path(text).find(BODY)
    except PluginError as error:
        said = str(error)
    else:
        said = "Write nothing"
    assert "Write" in said or "quotes" in said or "cannot be followed" in said


# Expressions that cannot be used


@pytest.mark.parametrize(
    "path", ["shifts[", "edges[*.node", "shifts[?]", "(shifts", '"shifts', "{shifts}", "a==", "[a", 'a["b"]']
)
def test_what_is_no_expression_is_an_error_of_the_table(path: str) -> None:
    with pytest.raises(
        PluginError, match=rf"^Table shifts: The path {re.escape(repr(path))} is no JMESPath expression: .+\. Write .+\.$"
    ):
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
        "or do without it. Write keys with dots between them (meta.next), indices in brackets (errors[0].code), "
        'and a key that has a dot of its own in double quotes ("a.b".c).'
    )


@pytest.mark.parametrize(("path", "found"), PLAIN)
def test_without_the_library_plain_paths_are_found(path: str, found: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    without_library(monkeypatch)
    assert table(path).place.find(BODY) == found


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
        ("data.items", {"data": {"items": None}}, "'data.items' is a JSON null, not a list"),
        ("data.items", {"data": []}, "the answer has no 'data.items', only data"),
        ("@", {"shifts": []}, "'@' is a JSON object, not a list"),
        ("[data]", {"data": None}, r"'\[data\]' is a JSON null, not a list"),
        ("[data]", {"error": "busy"}, r"the answer has no '\[data\]', only error"),
        ("edges[*].node", {"edges": None}, r"the answer has no 'edges\[\*\]\.node', only edges"),
        ("shifts[0]", BODY, r"'shifts\[0\]' is a JSON object, not a list"),
        ("length(shifts)", BODY, r"'length\(shifts\)' is a JSON number, not a list"),
        ("edges[*].nodes", BODY, r"no entry of edges has nodes \(did you mean node"),
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
    assert evolve(table("shifts"), records="[data]").place.find(BODY) == [BODY["data"]]
    assert "place" not in repr(table("shifts"))


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
        compile_path(path)


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("a..b", "has a dot too many"),
        (".a", "has a dot too many"),
        ("a.", "has a dot too many"),
        ("[a..b]", "has a dot too many"),
        ("a[0]b", "has a dot too few"),
        ('a"b"', "has a dot too few"),
        ("$.data.items", r"written as in another language\. Write 'data\.items'"),
        ("$[0].id", r"Write '\[0\]\.id'"),
        ("/data/items", r"Write 'data\.items'"),
        (" data", "blank at the edge of a key"),
        ("data. items", "blank at the edge of a key"),
        ("'a.b'", "is a text to JMESPath"),
        ('"a\\q"', "which is no JSON text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_write(path: str, message: str) -> None:
    with pytest.raises(PluginError, match=message):
        compile_path(path)


@pytest.mark.parametrize(("path", "found"), [("[*].node", [1, 2]), ("[0]", {"node": 1}), ("@[?node > `1`].node", [2])])
def test_an_expression_may_read_an_answer_that_is_a_list(path: str, found: object) -> None:
    assert compile_path(path).find([{"node": 1}, {"node": 2}]) == found


def test_null_is_no_list_of_records() -> None:
    table = Table("jobs", "/jobs", "@", ["id"], {"id": "LONG"})
    with pytest.raises(UnexpectedAnswer, match="'@' is a JSON null, not a list of records"):
        records_in(table, "here", None)
    lists = Table("jobs", "/jobs", "[*].node", ["id"], {"id": "LONG"})
    assert records_in(lists, "here", [{"node": {"id": 1}}]) == [{"id": 1}]


# docs/sources.md

SOURCES = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
TABLE = SOURCES.partition("\n## Paths\n")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| `(.+?)` \| `(.+?)` \| `(.+?)` \|$", TABLE, re.M)


@pytest.mark.parametrize(("path", "body", "found"), ROWS)
def test_the_paths_of_the_documentation(path: str, body: str, found: str) -> None:
    assert compile_path(path).find(json.loads(body)) == json.loads(found)


def test_the_documentation_has_each_kind_of_path() -> None:
    assert len(ROWS) == 12
