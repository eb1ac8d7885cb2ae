"""The one file of a dataset without its sample records: what goes, what stays, and that lines stay where they were."""

import ast
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.errors import BuildError
from connector_build.plugins.cutting import without_sample
from crew_file import CREW


def cut(text: str) -> str:
    return without_sample("crew.py", text.encode()).decode()


def lines(text: str) -> list[str]:
    return [line for line in cut(text).splitlines() if line.strip()]


def test_the_sample_goes_with_all_that_only_it_needs() -> None:
    shipped = cut(CREW)
    for name in ("Sample", "SAMPLE", "make", "change", "Random", "Any", "NAMES", "How shifts"):
        assert name not in shipped
    for name in ("SHIFTS = Table(", "def connector_tables", "@hookimpl"):
        assert name in shipped


def test_lines_stay_where_they_were() -> None:
    before, after = CREW.splitlines(), cut(CREW).splitlines()
    assert len(before) == len(after)
    assert all(now in (was, "") for was, now in zip(before, after, strict=True))


def test_a_file_without_a_sample_stays_as_it_is() -> None:
    text = "import random\n\ndef unused():\n    pass\n\n\n\n"
    assert cut(text) == text
    assert cut(f"# connector_build is not imported\n{text}").endswith(text)


USES = "from connector_build import Sample\n"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("def make(): pass\nSAMPLE = Sample(make)\ndef hook(): make()\n", ["def make(): pass", "def hook(): make()"]),
        ("def one(): two()\ndef two(): one()\nSAMPLE = Sample(one)\n", []),
        ("class Maker: pass\nmaker = Maker()\nSAMPLE = Sample(maker.make)\n", []),
        ("def unused(): pass\nSAMPLE = Sample(1)\n", ["def unused(): pass"]),
        ("A = []\nA.append(1)\nSAMPLE = Sample(A)\n", ["A = []", "A.append(1)"]),
        ("import random as r, json\nSAMPLE = Sample(r)\nX = json\n", ["import random as r, json", "X = json"]),
        ("A = 1\ndef f(A): return A\nSAMPLE = Sample(A)\n", ["def f(A): return A"]),
        ("def f():\n    Sample = 1\n    return Sample\nS = Sample(1)\n", ["def f():", "    Sample = 1", "    return Sample"]),
        ("if __name__ == '__main__':\n    print(Sample)\n", []),
        ("N = 1\nSAMPLE: Sample = Sample(N)\n", []),
        ("def f(): return [g() for _ in range(3)]\ndef g(): pass\nS = Sample(f)\n", []),
        ("COUNT = 0\ndef f():\n    global COUNT\n    COUNT = Sample\nx = 1\n", ["COUNT = 0", "x = 1"]),
        ("X = 1\n# about the sample\n@staticmethod\ndef s(): Sample\n", ["X = 1"]),
        ("TEXT = '''\n\n\nSample\n'''\nSAMPLE = Sample(1)\n", ["TEXT = '''", "Sample", "'''"]),
    ],
)
def test_what_goes(text: str, left: list[str]) -> None:
    assert lines(USES + text) == left


@pytest.mark.parametrize(
    ("head", "left"),
    [
        ("import connector_build.sample\nS = connector_build.sample.Sample(1)\n", []),
        ("from connector_build.sample import Sample as Made\nS = Made(1)\n", []),
        ("from connector_build.sample import *\nS = Sample(1)\n", []),
        (
            "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from connector_build import Sample\nX = 1\n",
            ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:", "    from connector_build import Sample", "X = 1"],
        ),
        (
            "try:\n    from connector_build import Sample\nexcept ImportError:\n    Sample = None\n",
            ["try:", "    from connector_build import Sample", "except ImportError:", "    Sample = None"],
        ),
        ("from __future__ import annotations\nfrom connector_build import Sample\n", ["from __future__ import annotations"]),
    ],
)
def test_how_the_sample_may_be_imported(head: str, left: list[str]) -> None:
    assert lines(head) == left


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("@hookimpl\ndef connector_tables(): return Sample\n", r"crew\.py, line 3: connector_tables needs what is made with"),
        (
            "def helper(): return Sample\n@core.hookimpl(tryfirst=True)\ndef connector_auth(): return helper()\n",
            "connector_auth needs",
        ),
        ("X = 1; S = Sample(1)\n", r"crew\.py, line 2: it shares a line"),
        ("S = Sample(1); X = 1\n", r"crew\.py, line 2: it shares a line"),
        ("def f(:\n", r"crew\.py, line 2, is not valid Python"),
    ],
)
def test_what_cannot_be_cut(text: str, words: str) -> None:
    with pytest.raises(BuildError, match=words):
        cut(USES + text)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_other_line_ends(ending: str) -> None:
    shipped = without_sample("crew.py", CREW.replace("\n", ending).encode())
    ast.parse(shipped)
    assert b"SAMPLE" not in shipped


NAMES = [f"n{number}" for number in range(8)]


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A module of functions that name each other, some of them hooks, and of samples made of some of them."""
    parts = ["from connector_build import Sample", "from connector_core import hookimpl"]
    for name in draw(st.permutations(NAMES)):
        uses = ", ".join(draw(st.lists(st.sampled_from(NAMES), max_size=2)))
        parts.append(f"def {name}(): return [{uses}]")
    uses = ", ".join(draw(st.lists(st.sampled_from(NAMES), max_size=3)))
    parts.append(f"SAMPLE = Sample([{uses}], 1, 2)")
    for number in range(draw(st.integers(0, 2))):
        parts.append(f"@hookimpl\ndef hook{number}(): return [{', '.join(draw(st.lists(st.sampled_from(NAMES), max_size=2)))}]")
    return "\n".join(parts) + "\n"


@given(modules())
def test_what_ships_names_nothing_that_went(text: str) -> None:
    shipped = cut(text)
    scope: dict[str, Any] = {}
    exec(shipped, scope)  # noqa: S102  (what was made above)
    assert "Sample" not in scope
    for name in [*NAMES, "hook0", "hook1"]:
        if name in scope:
            scope[name]()
        elif name.startswith("hook"):
            assert name not in text
    assert cut(shipped) == shipped


def named_in(node: ast.AST) -> set[str]:
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)} & set(NAMES)


def names_of(text: str) -> Iterator[str]:
    yield from (node.name for node in ast.parse(text).body if isinstance(node, ast.FunctionDef))


@given(modules())
def test_what_goes_was_reached_from_the_sample_alone(text: str) -> None:
    tree = ast.parse(text).body
    uses = {node.name: named_in(node) for node in tree if isinstance(node, ast.FunctionDef)}
    reached = named_in(next(node for node in tree if isinstance(node, ast.Assign)))
    for _ in NAMES:
        reached |= {other for name in reached for other in uses[name]}
    gone = set(names_of(text)) - set(names_of(cut(text)))
    assert gone <= reached


FAMILY = """
from a import dataset
from b import only_ports
API = dataset()
SHARED = 1
PORTS = only_ports(SHARED)
ships = API.with_(SHARED)
ports = API.with_(PORTS)
old_ships = ships.with_(2)
"""


@pytest.mark.parametrize(
    ("dataset", "gone"),
    [
        ("ships", {"only_ports", "PORTS", "ports", "old_ships"}),
        ("ports", {"ships", "old_ships"}),
        ("old_ships", {"only_ports", "PORTS", "ports"}),
    ],
)
def test_sisters_go_with_all_that_only_they_need(dataset: str, gone: set[str]) -> None:
    sisters = {"ships", "ports", "old_ships"} - {dataset}
    shipped = without_sample("ferry.py", FAMILY.encode(), dataset, sisters).decode()
    left = {node.id for node in ast.walk(ast.parse(shipped)) if isinstance(node, ast.Name)}
    left |= {alias.name for node in ast.walk(ast.parse(shipped)) if isinstance(node, ast.ImportFrom) for alias in node.names}
    everything = {"dataset", "only_ports", "API", "SHARED", "PORTS", "ships", "ports", "old_ships"}
    assert left == everything - gone


def test_a_dataset_that_needs_the_sample() -> None:
    text = f"{USES}ships = API.with_(Sample)\nports = API.with_(1)\n"
    with pytest.raises(BuildError, match=r"line 2: ships needs what is made with connector_build"):
        without_sample("ferry.py", text.encode(), "ships", ["ports"])
    assert b"ships" not in without_sample("ferry.py", text.encode(), "ports", ["ships"])
