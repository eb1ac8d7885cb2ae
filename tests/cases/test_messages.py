"""Principle 9: each message names the culprit. What a plugin's author gets wrong is answered with the place in the plugin."""

import contextlib
import inspect
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import connector_core
from connector_build.errors import BuildError
from connector_build.plugins.importing import imported_file
from connector_core import ConfigurationError, Csv, CursorPaginator, NoAuth, PluginError, count, hookimpl, no_more
from connector_core.plugin.assembly import Plugin, assemble
from distributions import connector_build, install

VALID: Mapping[str, Any] = {
    "name": "crew",
    "path": "crew.total",
    "records": "items",
    "primary_key": ["id"],
    "columns": {"id": "STRING", "hours": "DOUBLE"},
    "by": ["crew"],
    "key": ["crew"],
    "newest": "changed",
    "measures": {"shifts": count()},
    "setting": "api_key",
    "settings": ("api_key",),
    "header": "X-Key",
    "param": "cursor",
    "pages": CursorPaginator(),
    "options": {"none": NoAuth()},
    "function": str,
    "next_request": getattr,
    "from_param": "from",
    "to_param": "to",
    "start": 1,
    "step": 10,
    "table": "crews",
    "adds": {"crew_id": "id"},
    "action": "retry",
    "status": 503,
    "hint": "Renew the plan.",
    "column": "hours",
    "kind": "count",
    "requests": 10,
    "body": {},
    "values": ["a"],
    "value": ["done"],
    "parameter": "results",
    "numerator": "pay",
    "denominator": "hours",
    "salt": "grain",
    "fields": {"old": "new"},
    "login_path": "/login",
    "token_path": "token",
    "token_url": "https://auth.example.com/token",
    "type": "STRING",
    "record": "item",
    "part": "year",
    "minuend": "pay",
    "subtrahend": "hours",
    "at": "lines",
}
"""Parameter → what it may be given, for those that have no default."""

OF_NAME: Mapping[str, Mapping[str, Any]] = {
    "Configuration": {"values": {}},
    "ErrorRule": {"status": 503},
    "DeletedBy": {"key": {"id": "object.id"}},
    "Dimension": {"columns": ["crew_name"]},
    "Each": {"setting": "crews", "adds": {"crew": "value"}},
    "Job": {"create": "id", "status": "/jobs/{job}", "done": "ready"},
    "KeysetPaginator": {"key": "id"},
    "ListedIn": {"key": {"id": "id"}},
    "Nested": {"key": ["crew_id", "line"], "columns": {"line": "LONG"}},
    "Page": {"records": []},
    "Parent": {"adds": {"crew_id": "id"}},
    "Request": {"path": "/crew"},
    "SessionLogin": {"path": "/login"},
    "Setting": {"kind": "text"},
    "Table": {"path": "/crew"},
    "Zip": {"format": Csv()},
    **{name: {"fields": "pay"} for name in ("coalesce", "concat", "product", "sum_of")},
    "drop": {"fields": "pay"},
    "flatten": {"fields": "pay"},
    "hard_limit": {"records": 1000},
    "key_of": {"fields": "pay"},
    "keyed": {"key": "id"},
    "stamped": {"adds": {"day": "date"}},
    "hashed": {"fields": "pay"},
    "empty": {"status": 503},
    "fail": {"status": 503},
    "ignore": {"status": 503},
    "renew": {"status": 503},
    "retry": {"status": 503},
    "start_over": {"status": 503},
    "wait_until": {"header": "X-Reset", "status": 503},
    **{name: {"path": "more"} for name in ("last_page", "no_more", "only_if", "tombstones", "total_reached")},
}
"""The same where one name stands for several things."""


class Odd:
    """What no argument is made for."""

    def __repr__(self) -> str:
        return "Odd()"


WRONG: tuple[Any, ...] = (
    *(None, True, 0, -1, 2.5, float("nan"), 10**400, "", "100", "id", b"id"),
    *([], ["id"], [None], [Odd()], (1, 2), {}, {"id": 1}, {1: "id"}, {"id": None}, {"id"}),
    *(Odd(), Odd, len, no_more, [no_more], no_more("more"), CursorPaginator(), CursorPaginator, print, dict),
    *(datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)),
)
"""Values of every kind: for each argument most of them are wrong."""

PUBLIC = [
    name
    for name in connector_core.__all__
    if name != "Page" and (attrs.has(getattr(connector_core, name)) or inspect.isfunction(getattr(connector_core, name)))
]
"""What a plugin calls. A page is made by the client, and given to it."""


def parameters(name: str) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(getattr(connector_core, name)).parameters


def valid(name: str) -> dict[str, Any]:
    """Arguments with which the public *name* can be called: those that have no default."""
    given = {**VALID, **OF_NAME.get(name, {})}
    needed = [each for each, of in parameters(name).items() if of.default is of.empty]
    if unknown := [each for each in needed if each not in given]:
        pytest.fail(f"{name} takes {unknown}, which is new here: give VALID a value for it")
    return {each: given[each] for each in given if each in needed or (each in OF_NAME.get(name, {}))}


def called(name: str, arguments: Mapping[str, Any]) -> Any:
    several = [each for each, of in parameters(name).items() if of.kind is of.VAR_POSITIONAL and each in arguments]
    named = {each: value for each, value in arguments.items() if each not in several}
    return getattr(connector_core, name)(*(arguments[each] for each in several), **named)


def assert_names(message: str, argument: str, value: object, *, alone: bool) -> None:
    """The message has the argument's name, is one paragraph of whole sentences, and says nothing about our own files."""
    words = {argument, argument.removesuffix("s"), *argument.split("_"), repr(value)[:20]}
    assert alone or any(word in message for word in words), f"{argument} = {value!r}: {message}"
    assert ".." not in message.replace("...", ""), message
    assert message.endswith((".", "!", "?")), message
    assert "\n" not in message
    assert "connector_core/" not in message


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_can_be_called(name: str) -> None:
    called(name, valid(name))


PAIRS = [(name, argument) for name in PUBLIC for argument in parameters(name)]


@pytest.mark.parametrize(("name", "argument"), PAIRS)
def test_a_wrong_argument_is_named(name: str, argument: str) -> None:
    for value in WRONG:
        try_out(name, argument, value)


def try_out(name: str, argument: str, value: object) -> None:
    try:
        called(name, valid(name) | {argument: value})
    except (PluginError, ConfigurationError) as error:
        assert_names(str(error), argument, value, alone=len(parameters(name)) == 1)


ANYTHING = st.recursive(
    st.sampled_from(WRONG) | st.text(max_size=8) | st.integers() | st.floats() | st.binary(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3) | st.tuples(inner),
    max_leaves=6,
)


@given(st.sampled_from(PAIRS), ANYTHING)
def test_whatever_an_argument_is_the_answer_is_ours(pair: tuple[str, str], value: object) -> None:
    with contextlib.suppress(PluginError, ConfigurationError):
        called(pair[0], valid(pair[0]) | {pair[1]: value})


@pytest.mark.parametrize("name", PUBLIC)
def test_an_argument_that_there_is_not_is_named(name: str) -> None:
    with pytest.raises(PluginError) as caught:
        called(name, valid(name) | {"colums": 1})
    assert f"{name}" in str(caught.value)
    assert "takes no argument colums" in str(caught.value)


@pytest.mark.parametrize("name", PUBLIC)
def test_an_argument_that_is_missing_is_named(name: str) -> None:
    for missing, of in parameters(name).items():
        if of.default is of.empty and of.kind is not of.VAR_POSITIONAL:
            with pytest.raises(PluginError, match=missing):
                called(name, {each: value for each, value in valid(name).items() if each != missing})


# What is written in a plugin, and where it is answered


HEAD = "from connector_core import *\nfrom connector_core import hookimpl\n"
TABLE = 'SHIFTS = Table("crew_shifts", "/shifts", "shifts", ["id"], {"id": "STRING"})\n'
TABLES = f"{HEAD}{TABLE}@hookimpl\ndef connector_tables():\n    return [SHIFTS]\n"
"""Six lines of a plugin that is right."""


def answered(tmp_path: Path, text: str) -> str:
    """What assembling the plugin *text* fails with."""
    file = tmp_path / "crew.py"
    file.write_text(text)
    with pytest.raises((PluginError, BuildError)) as caught:
        assemble([Plugin("connector-crew", imported_file("crew", file, "crew.py"))])
    message = str(caught.value)
    assert ".." not in message.replace("...", "")
    assert "\n" not in message
    assert "connector_core/" not in message
    return message


def hook(text: str) -> str:
    return f"{TABLES}@hookimpl\n{text}\n"


MISTAKES = {
    "a wrong argument of a hook": (
        hook("def connector_transforms(tabel):\n    return []"),
        7,
        "connector_transforms takes tabel (did you mean table?), which this hook is not given. Write def conn",
    ),
    "an argument of a hook without any": (
        hook("def connector_auth(configuration):\n    return NoAuth()"),
        7,
        "connector_auth takes configuration, which this hook is not given. Write def connector_auth():",
    ),
    "hooks in a class": (
        f"{HEAD}{TABLE}class Crew:\n    @hookimpl\n    def connector_tables(self):\n        return [SHIFTS]\n",
        5,
        "connector_tables stands in the class Crew, where it is never asked",
    ),
    "hooks in an object of a class": (
        f"{HEAD}{TABLE}class Crew:\n    @hookimpl\n    def connector_tables(self):\n        return [SHIFTS]\ncrew = Crew()\n",
        5,
        "connector_tables stands in the class Crew, where it is never asked",
    ),
    "tables without a return": (
        f"{HEAD}{TABLE}@hookimpl\ndef connector_tables():\n    [SHIFTS]\n",
        4,
        "connector-crew (connector_tables) has no return, so it answers nothing",
    ),
    "an auth without a return": (
        hook('def connector_auth():\n    ApiKeyHeader("X-Key")'),
        7,
        "connector-crew (connector_auth) has no return, so it answers nothing",
    ),
    "a rule that is not made": (
        hook("def connector_paginator(table):\n    return CursorPaginator(\n        stop=no_more\n    )"),
        9,
        "connector-crew (connector_paginator): CursorPaginator: stop is the class no_more. It takes a list",
    ),
    "a rule in a list that is not made": (
        hook("def connector_paginator(table):\n    return CursorPaginator(stop=[empty_page])"),
        9,
        "stop[0] is the class empty_page. It takes a function that is given a Request and a Page. Write empty_page(…).",
    ),
    "a rule that is no list": (
        hook("def connector_paginator(table):\n    return CursorPaginator(stop=no_more('more'))"),
        9,
        "Put it into a list: stop=[…].",
    ),
    "a rule of another signature": (
        hook("def connector_paginator(table):\n    return CursorPaginator(stop=[lambda page: not page.records])"),
        9,
        "It takes a function that is given a Request and a Page.",
    ),
    "a number in quotes": (
        hook('def connector_settings():\n    return [page_size("100")]'),
        9,
        "connector-crew (connector_settings): page_size: default is str '100'. It takes a whole number. Write 100, without quo",
    ),
    "a key that is not declared": (
        f'{HEAD}\nSHIFTS = Table("crew_shifts", "/shifts", "shifts", ["shift_id"], {{"id": "STRING"}})\n',
        4,
        "Table crew_shifts: primary_key names shift_id, which columns does not declare.",
    ),
    "a misspelt argument": (
        f'{HEAD}SHIFTS = Table("crew_shifts", "/shifts", "shifts", ["id"], colums={{"id": "STRING"}})\n',
        3,
        "Table crew_shifts takes no argument colums (did you mean columns?).",
    ),
    "a misspelt name": ("from connector_core import Tabel\n", 1, "connector_core has no Tabel (did you mean Table?)."),
    "a hook that raises": (
        hook("def connector_transforms(table):\n    return [Transform('x', COLUMNS['x'])]"),
        9,
        "connector-crew (connector_transforms) failed with NameError: name 'COLUMNS' is not defined. Correct the function",
    ),
    "a hook that raises far away": (
        f"import json\n{hook('def connector_transforms(table):' + chr(10) + '    return json.loads(chr(123))')}",
        10,
        "connector-crew (connector_transforms) failed with JSONDecodeError: ",
    ),
    "an import that fails far away": ("import json\njson.loads('{')\n", 2, "JSONDecodeError ("),
    "a hook that is not marked": (
        f"{TABLES}def connector_auth():\n    return NoAuth()\n",
        7,
        "connector_auth is not marked as a hook",
    ),
    "a hook that is none": (
        hook("def connector_table():\n    return []"),
        7,
        "connector_table is marked @hookimpl but is no hook",
    ),
    "an answer of another type": (
        hook("def connector_paginator(table):\n    return 'cursor'"),
        7,
        "connector-crew (connector_paginator) returned str 'cursor'. Return a paginator: CursorPaginator(…).",
    ),
    "two columns of one name": (
        hook("def connector_transforms(table):\n    return [DerivedField('id', str)]"),
        7,
        "The column id of crew_shifts is claimed twice, by connector-crew (connector_tables) and by connector-crew (connector_",
    ),
    "a column that is not there": (
        hook("def connector_extra_tables(table):\n    return [Aggregate('crews', ['crew'], {'shifts': count()})]"),
        7,
        "connector-crew (connector_extra_tables): crews reads crew, which crew_shifts does not declare.",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_line_of_the_plugin_is_named(mistake: str, tmp_path: Path) -> None:
    text, line, words = MISTAKES[mistake]
    message = answered(tmp_path, text)
    assert words in message
    assert f"{tmp_path}/crew.py, line {line}" in message


def test_hooks_of_an_object_that_the_module_hands_out_are_asked(tmp_path: Path) -> None:
    file = tmp_path / "crew.py"
    file.write_text(
        f"{HEAD}{TABLE}class Crew:\n    @hookimpl\n    def connector_tables(self):\n        return [SHIFTS]\n"
        "connector_tables = Crew().connector_tables\n"
    )
    [plan] = assemble([Plugin("connector-crew", imported_file("crew", file, "crew.py"))]).tables
    assert plan.table.name == "crew_shifts"


def test_a_class_is_no_plugin() -> None:
    class Crew:
        @hookimpl
        def connector_tables(self) -> list[Any]:
            return []

    with pytest.raises(PluginError, match=r"connector-crew is the class Crew\. Give an object of it: Crew\(\)\."):
        assemble([Plugin("connector-crew", Crew)])


# What is installed, and not as it has to be


def refused(tmp_path: Path, points: Mapping[str, Mapping[str, str]], source: str = TABLES) -> str:
    install(tmp_path / "site", "connector-crew", {"connector_crew/__init__.py": source}, points)
    done = connector_build("crew", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert "pip install connector-" not in done.stderr
    return done.stderr


@pytest.mark.parametrize(
    ("points", "words"),
    [
        ({}, "connector-crew 1.0 is installed, but has no such entry point. Write it in its pyproject.toml below "),
        (
            {"connector-core": {"crew": "connector_crew"}},
            "connector-crew has crew in the entry-point group connector-core, ",
        ),
        (
            {"connectors_core": {"crew": "connector_crew"}},
            "connector-crew has crew in the entry-point group connectors_core, ",
        ),
        (
            {"connector_core_options": {"crew.total": "connector_crew"}},
            "connector-crew has crew.total in the entry-point group connector_core_options, where",
        ),
    ],
    ids=["none", "misspelt", "plural", "options"],
)
def test_a_plugin_that_is_installed_is_not_to_be_installed(
    points: Mapping[str, Mapping[str, str]], words: str, tmp_path: Path
) -> None:
    message = refused(tmp_path, points)
    assert words in message
    assert "[project.entry-points.connector_core]" in message
    assert "install that first" not in message


def test_a_misspelt_module_is_told_from_a_broken_one(tmp_path: Path) -> None:
    message = refused(tmp_path, {"connector_core": {"crew": "connector_crw"}})
    assert "No module named 'connector_crw'. Its entry point names it (did you mean connector_crew?)" in message


def test_an_unknown_dataset_advises_no_name_that_may_be_anybodys(tmp_path: Path) -> None:
    done = connector_build("salesforce", path=tmp_path, cwd=tmp_path)
    assert done.returncode == 2
    assert "the folder or the file of the plugin" in done.stderr
    assert "connector-salesforce" not in done.stderr


@pytest.mark.parametrize("end", ["import os\nos._exit(0)\n", "import sys\nsys.exit(0)\n"])
def test_a_plugin_that_ends_the_process_builds_nothing_in_silence(end: str, tmp_path: Path) -> None:
    message = refused(tmp_path, {"connector_core": {"crew": "connector_crew"}}, end)
    assert "connector_crew/__init__.py, line 2" in message
    assert not (tmp_path / "dist").exists()
