"""What everything is printed with: nothing that comes from a plugin steers the terminal or the table that it stands in."""

import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from connector_build.screen.markdown import markdown_table
from connector_build.screen.printing import entry, grid, line, print_json
from connector_build.screen.progress import lasting, meter, status


def piped() -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=40), out


def test_numbers_stand_to_the_right_and_a_pipe_gets_the_whole_width() -> None:
    console, out = piped()
    grid(console, ("name", "count"), [("a" * 60, "7"), ("[red]b", "12,000")], numbers=("count",))
    head, _, first, second = out.getvalue().splitlines()
    assert head.split() == ["name", "count"]
    assert first.endswith("a        7")
    assert second.startswith("[red]b ")
    assert second.endswith(" 12,000")


def test_a_table_without_rows_is_nothing() -> None:
    console, out = piped()
    grid(console, ("name",), [])
    assert out.getvalue() == ""


@given(st.text(), st.text())
def test_nothing_steers_the_terminal(head: str, cell: str) -> None:
    console, out = piped()
    line(console, f"{head}{cell}")
    grid(console, (head,), [(cell,)])
    assert all(letter.isprintable() or letter == "\n" for letter in out.getvalue())


def test_what_lasts_says_that_it_has_begun_where_nothing_moves() -> None:
    console, out = piped()
    with lasting(console, "First sync") as update:
        update("half")
    with status(console, "quiet") as update:
        update("half")
    assert out.getvalue() == "First sync ...\n"


def test_json_is_printed_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": ["[red]", "é"]})
    assert json.loads(capsys.readouterr().out) == {"a": ["[red]", "é"]}


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=4))
def test_a_cell_of_a_page_stays_a_cell(rows: list[list[str]]) -> None:
    lines = markdown_table(("a", "b"), rows).split("\n")
    assert lines[:2] == ["| a | b |", "| --- | --- |"]
    assert len(lines) == 2 + len(rows)
    borders = [len(made.replace("\\|", "").split("|")) for made in lines]
    assert set(borders) == {4}


def metered(total: int | None, *, terminal: bool = True) -> str:
    """What a meter shows after 200 of something in two seconds."""
    out, now = io.StringIO(), [0.0]
    console = Console(file=out, width=120, force_terminal=terminal, _environ={})
    with meter(console, "[red]fts", "row", total, clock=lambda: now[0]) as update:
        for done in (100, 200):
            now[0] += 1
            update(done, f"{done // 100} pages")
    return out.getvalue()


def test_a_meter_says_how_many_how_fast_and_how_long_it_still_takes() -> None:
    shown = metered(600)
    assert "[red]fts" in shown
    assert "200 of 600 rows, 2 pages, 100 rows a second" in shown
    assert "00:04" in shown


def test_a_meter_without_a_total_has_no_bar_and_no_end() -> None:
    shown = metered(None)
    assert "200 rows, 2 pages, 100 rows a second" in shown
    assert "━" not in shown


def test_a_meter_is_never_fuller_than_full() -> None:
    assert "200 of 200 rows" in metered(150)


def test_a_meter_is_quiet_where_it_is_piped_and_without_a_console() -> None:
    assert metered(600, terminal=False) == ""
    with meter(None, "fts", "row") as update:
        update(1, "")


WORDS = st.lists(st.text("abcdefgh_", min_size=1, max_size=24), min_size=1, max_size=8).map(" ".join)


@given(st.integers(1, 5).flatmap(lambda columns: st.lists(st.lists(WORDS, min_size=columns, max_size=columns), min_size=1)))
def test_no_word_is_broken_on_a_narrow_terminal(rows: list[list[str]]) -> None:
    out = io.StringIO()
    heads = [f"head_{number}" for number in range(len(rows[0]))]
    grid(Console(file=out, width=60, force_terminal=True, no_color=True, _environ={}), heads, rows)
    shown = re.sub(r"\x1b\[\d*m", "", out.getvalue())
    assert max(map(len, shown.splitlines())) <= 60
    assert {word for row in rows for cell in row for word in cell.split()} <= set(shown.split())


def test_an_address_may_be_broken_or_no_table_would_have_room_for_one() -> None:
    out = io.StringIO()
    grid(Console(file=out, width=60, force_terminal=True, no_color=True, _environ={}), ("name", "where"), [("a", "/" + "b" * 80)])
    assert "".join(re.findall(r"/?b{3,}", out.getvalue())) == "/" + "b" * 80


def test_what_is_said_of_something_stays_beside_its_name() -> None:
    out = io.StringIO()
    entry(Console(file=out, width=30, force_terminal=True, no_color=True, _environ={}), "risk", "[b]one two three four five")
    assert [line.rstrip() for line in out.getvalue().splitlines()] == ["  risk       [b]one two three", "             four five"]
    entry(piped()[0], "risk", "short")
