"""The liar: no ready-made paginator, rule or strategy brings wrong rows without a word; and proof that it would be noticed."""

import re
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from connector_build.testing import ListLog
from connector_build.testing.lies_table import WORDS
from connector_build.testing.matrix import runs, strikes, trial
from connector_build.testing.matrix.faults import FAULTS
from connector_build.testing.matrix.lies import LIES
from connector_build.testing.matrix.ready_made import CONNECTORS, FAMILIES
from connector_build.testing.matrix.runs import FAILED, LOUD, NOT, WARNED, Cell, run_cell, run_lies
from connector_build.testing.reliability import LIES_BEGIN, LIES_END, columns
from connector_core import ConnectorError, OffsetPaginator, PageNumberPaginator, Table, hookimpl, last_page, total_reached
from connector_core.engine.sync import sync
from connector_core.http import pages
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from places import ROOT

BY_NAME = {lie.name: lie for lie in LIES}
PAGE = (ROOT / "docs/reliability.md").read_text(encoding="utf-8").partition(LIES_BEGIN)[2].partition(LIES_END)[0]
BELIEVED = {"a total too low", "a rough total"}
"""What the plugin itself asks to believe, with nothing in an answer that speaks against it."""


@cache
def page() -> dict[tuple[str, str], str]:
    """Connector, lie → the word in the documentation."""
    words: dict[tuple[str, str], str] = {}
    header: list[str] = []
    for line in PAGE.splitlines():
        row = [part.strip() for part in line.strip("|").split("|")]
        if line.startswith("| lie"):
            header = row
        elif line.startswith("| ") and len(header) > 2 and "---" not in line:
            words |= {(name, row[0]): word for name, word in zip(header[1:], row[1:], strict=True)}
    return words


@pytest.mark.parametrize("name", CONNECTORS)
def test_no_lie_is_believed_without_a_word(name: str) -> None:
    cells = run_lies(CONNECTORS[name])
    assert [str(cell) for cell in cells if cell.outcome == FAILED] == []
    told = {cell.fault: WORDS[cell.outcome] for cell in cells}
    assert {lie: page().get((name, lie), "-") for lie in told} == told, "run python -m connector_build.testing.reliability again"


def test_every_lie_is_named_once_and_told_in_a_sentence() -> None:
    assert len(BY_NAME) == len(LIES) >= 60
    assert not BY_NAME.keys() & {fault.name for fault in FAULTS}
    for lie in LIES:
        assert re.fullmatch(r"[A-Z0-9][^\n|]*\.", lie.what), lie
        assert f"| {lie.name} | {lie.what} |" in PAGE


def test_every_lie_is_told_to_somebody() -> None:
    assert BY_NAME.keys() - {lie for (_, lie), word in page().items() if word != "-"} == BELIEVED


def test_the_page_has_a_table_for_each_family() -> None:
    assert re.findall(r"^<summary>What becomes of them: (.*)</summary>$", PAGE, re.MULTILINE) == list(FAMILIES)
    assert {name for name, _ in page()} == CONNECTORS.keys()
    assert set(page().values()) <= set(WORDS.values()) - {WORDS[FAILED]}


def test_why_a_lie_does_not_apply_is_said() -> None:
    found = run_cell(CONNECTORS["cursor"], BY_NAME["keys in no order"], incremental=False)
    assert found == Cell("keys in no order", False, NOT, "it is about a KeysetPaginator")
    low = run_cell(CONNECTORS["offset, total_reached"], BY_NAME["a total too low"], incremental=False)
    assert low.detail == "the plugin says that the feed ends at this number, and no answer says otherwise"


# An engine that believes what it is told


def broken(monkeypatch: pytest.MonkeyPatch, name: str, lie: str, engine: Callable[..., None]) -> Cell:
    monkeypatch.setattr(trial, "sync", engine)
    return run_cell(CONNECTORS[name], BY_NAME[lie], incremental=False)


def swallowing(*arguments: Any) -> None:
    with suppress(ConnectorError):
        sync(*arguments)


@pytest.mark.parametrize(
    ("name", "lie"),
    [
        ("keyset", "keys the other way round"),
        ("cursor", "next gone, and more is said"),
        ("single page", "one page of several, a total"),
        ("offset, total_reached", "a total as a text"),
        ("UpdatedSince, cursor", "the time renamed"),
    ],
)
def test_a_sync_that_swallows_what_it_noticed(monkeypatch: pytest.MonkeyPatch, name: str, lie: str) -> None:
    assert run_cell(CONNECTORS[name], BY_NAME[lie], incremental=False).outcome == LOUD
    assert broken(monkeypatch, name, lie, swallowing).outcome == FAILED


def test_a_sync_that_warns_of_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lie = "no more, too early, and a total is said"
    assert run_cell(CONNECTORS["page, no_more"], BY_NAME[lie], incremental=False).outcome == WARNED

    def mute(*arguments: Any) -> None:
        assembly, configuration, state, operations, _, *engine = arguments
        sync(assembly, configuration, state, operations, ListLog(), *engine)

    found = broken(monkeypatch, "page, no_more", lie, mute)
    assert found.outcome == FAILED
    assert "the first sync ends well, but items lacks 12 of 17 rows" in found.detail


def test_a_sync_without_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strikes, "MOST_REQUESTS", 3)
    found = run_cell(CONNECTORS["cursor"], BY_NAME["a capped page"], incremental=False)
    assert (found.outcome, found.detail) == (FAILED, "Endless: the sync made more than 3 requests")


def test_an_error_that_nobody_foresaw(monkeypatch: pytest.MonkeyPatch) -> None:
    def crashing(*arguments: Any) -> None:
        sync(*arguments)
        raise KeyError("cursor")

    found = broken(monkeypatch, "cursor", "newest first", crashing)
    assert (found.outcome, found.detail) == (FAILED, "KeyError: 'cursor'")


# The connectors of other plugins


def others() -> dict[str, Assembly]:
    """What is installed here, and the playground of the tests, with every option enabled."""
    playground = [path for path in (ROOT / "tests/playground").glob("*.py") if "def connector_tables" in path.read_text()]
    return {column.name: column.assembly for column in columns(sorted(playground))}


@pytest.mark.parametrize("name", others())
def test_no_plugin_here_believes_a_lie_without_a_word(name: str) -> None:
    assert [str(cell) for cell in run_lies(others()[name]) if cell.outcome == FAILED] == []


def test_lies_are_told_to_any_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "LIES", tuple(BY_NAME[name] for name in ("a total of -1", "a capped page", "newest first")))
    seen: list[Cell] = []
    cells = run_lies(some(OffsetPaginator(stop=[total_reached("all")])), seen.append)
    assert cells == seen
    assert {cell.outcome for cell in cells} <= {"right rows", LOUD}


AT_ONCE: dict[str, Callable[[bool], Any]] = {
    "offset": lambda parallel: OffsetPaginator(stop=[total_reached("all")], parallel=parallel),
    "page number": lambda parallel: PageNumberPaginator(stop=[last_page("pages")], parallel=parallel),
}


@pytest.mark.parametrize("kind", AT_ONCE)
def test_a_lie_comes_to_the_same_where_pages_are_read_at_the_same_time(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    one_by_one = run_lies(some(AT_ONCE[kind](False)))
    configuration = trial._configuration
    monkeypatch.setattr(trial, "_configuration", lambda *of: {**configuration(*of), "threads": "4"})
    monkeypatch.setattr(pages, "AHEAD_FROM_SECONDS", 0.0)
    at_once = run_lies(some(AT_ONCE[kind](True)))
    assert [(cell.fault, cell.outcome) for cell in at_once] == [(cell.fault, cell.outcome) for cell in one_by_one]


def some(paginator: Any) -> Assembly:
    table = Table("rows", "/rows", "data.rows", ["id"], {"id": "STRING", "at": "UTC_DATETIME"})
    hooks = {"connector_tables": lambda: [table], "connector_paginator": lambda: paginator}
    return assemble([Plugin("some", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])
