"""Descriptions that mean harm, and small ones at random: a plugin of words and literals, or one sentence that says why not."""

import ast
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from connector_build.drafting.made import assembled, kept
from connector_build.drafting.openapi.drafting import openapi_draft
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError

EVIL = [
    '"""\nimport os\nos.system("true")\n"""',
    "'); __import__('os').system('true'); ('",
    "{settings.api_key}",
    "{parent.id}",
    "{{x}}",
    "\\",
    "line\nbreak\r\u2028",
    "# TODO: none",
    "../../etc/passwd",
    "_fivetran_id",
    "$",
    "*",
    " ",
    "é",
    "class",
    "@",
    "a.b[0]",
]
WORDS = st.one_of(st.sampled_from(EVIL), st.text(max_size=12), st.sampled_from(["id", "data", "next", "cursor", "page", "limit"]))
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-5, 5000), WORDS)


def schemas(depth: int = 3) -> st.SearchStrategy[Any]:
    leaf = st.one_of(
        st.fixed_dictionaries(
            {"type": st.sampled_from(["string", "integer", "number", "boolean", "null", "odd", 7, ["string", "null"]])}
        ),
        st.fixed_dictionaries({"type": st.just("string"), "format": WORDS, "description": WORDS}),
        st.just({"$ref": "#/components/schemas/Self"}),
        PLAIN,
    )
    if depth == 0:
        return leaf
    below = schemas(depth - 1)
    return st.one_of(
        leaf,
        st.fixed_dictionaries({"type": st.just("object"), "properties": st.dictionaries(WORDS, below, max_size=4)}),
        st.fixed_dictionaries({"type": st.just("array"), "items": below}),
        st.fixed_dictionaries({"allOf": st.lists(below, max_size=2)}),
        st.fixed_dictionaries({"oneOf": st.lists(below, max_size=2)}),
    )


PARAMETERS = st.lists(
    st.fixed_dictionaries(
        {"name": WORDS, "in": st.sampled_from(["query", "header", "path", "cookie"]), "required": st.booleans()},
        optional={
            "schema": st.fixed_dictionaries(
                {}, optional={"type": WORDS, "default": PLAIN, "enum": st.lists(PLAIN, max_size=2), "maximum": PLAIN}
            )
        },
    ),
    max_size=4,
)
OPERATION = st.fixed_dictionaries(
    {
        "parameters": PARAMETERS,
        "responses": st.dictionaries(
            st.sampled_from(["200", "default"]),
            st.fixed_dictionaries(
                {"content": st.fixed_dictionaries({"application/json": st.fixed_dictionaries({"schema": schemas()})})}
            ),
            min_size=1,
        ),
    },
    optional={"summary": WORDS, "tags": st.lists(WORDS, max_size=2), "security": st.just([{"main": ["a b"]}])},
)
PATHS = st.dictionaries(
    st.builds(
        lambda parts: "/" + "/".join(parts), st.lists(st.one_of(WORDS, st.builds("{{{}}}".format, WORDS)), min_size=1, max_size=3)
    ),
    st.fixed_dictionaries({}, optional={"get": OPERATION, "post": OPERATION}),
    min_size=1,
    max_size=4,
)
SPECS = st.fixed_dictionaries(
    {
        "openapi": st.just("3.1.0"),
        "info": st.fixed_dictionaries({"title": WORDS, "description": WORDS, "version": PLAIN}),
        "paths": PATHS,
        "components": st.fixed_dictionaries(
            {
                "schemas": st.fixed_dictionaries({"Self": schemas(1)}),
                "securitySchemes": st.fixed_dictionaries(
                    {
                        "main": st.fixed_dictionaries(
                            {
                                "type": st.sampled_from(["apiKey", "http", "oauth2", "odd"]),
                                "in": WORDS,
                                "name": WORDS,
                                "scheme": WORDS,
                                "flows": PLAIN,
                            }
                        )
                    }
                ),
            }
        ),
    },
    optional={"servers": st.lists(st.fixed_dictionaries({"url": WORDS}), max_size=2)},
)


@settings(max_examples=120, deadline=None)
@given(SPECS)
def test_any_description_is_a_plugin_of_literals_or_one_sentence(spec: dict[str, Any]) -> None:
    try:
        draft = kept(openapi_draft("crew", json.dumps(spec)))
    except BuildError as refused:
        assert "\n" not in str(refused)  # noqa: PT017
        return
    only_words(plugin_text(draft))
    assert assembled(draft).tables


def only_words(text: str) -> None:
    """Nothing but imports of connector_core, constants of its words with literals, and hooks that return them."""
    tree = ast.parse(text)
    for node in tree.body[1:]:
        assert isinstance(node, ast.ImportFrom | ast.Assign | ast.FunctionDef), ast.dump(node)
        assert not isinstance(node, ast.ImportFrom) or node.module in ("connector_core", "datetime")
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert all(isinstance(call, ast.Name) or ast.unparse(call) in ("PAGING.get", "TRANSFORMS.get") for call in calls)


def test_names_that_mean_harm_stay_names() -> None:
    """Every one of them at once, wherever a description has room for one."""
    evil = {name: {"type": "string", "description": name, "format": name} for name in EVIL}
    record = {"type": "object", "properties": {"id": {"type": "integer"}, **evil}, "description": EVIL[0]}
    paths = {f"/{name}": listing(record, name) for name in EVIL} | {
        f"/crews/{{{name}}}/x{at}": listing(record, name) for at, name in enumerate(EVIL)
    }
    spec = {"openapi": "3.0.0", "info": {"title": EVIL[0], "description": EVIL[1]}, "paths": paths, "servers": [{"url": EVIL[0]}]}
    draft = kept(openapi_draft("crew", json.dumps(spec)))
    only_words(plugin_text(draft))
    tables = {plan.table.path: plan.table for plan in assembled(draft).tables}
    assert "/{{settings.api_key}}" not in tables  # a parameter of a path is a setting of its own
    assert all("_fivetran_id" not in table.columns for table in tables.values())


def listing(record: dict[str, Any], name: str) -> dict[str, Any]:
    parameters = [
        {"name": name, "in": where, "required": True, "schema": {"type": "string", "default": name}}
        for where in ("query", "header")
    ]
    content = {"application/json": {"schema": {"type": "array", "items": record}}}
    return {"get": {"summary": name, "parameters": parameters, "responses": {"200": {"content": content}}}}


def test_braces_of_a_default_are_sent_as_they_are() -> None:
    record = {"type": "object", "properties": {"id": {"type": "integer"}}}
    spec = {"openapi": "3.0.0", "paths": {"/crews": listing(record, "{settings.api_key}")}}
    (plan,) = assembled(kept(openapi_draft("crew", json.dumps(spec)))).tables
    assert list(plan.table.params.values()) == ["{{settings.api_key}}"]
