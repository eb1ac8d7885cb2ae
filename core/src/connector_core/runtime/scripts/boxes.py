"""Rows as a table in a box that fits the screen: where it has too many columns, the first and the last of them."""

import unicodedata
from collections.abc import Collection, Sequence
from typing import Any, Final

GAP: Final = "…"
"""Stands for what is left out: the end of a value, or the columns in the middle."""
WIDEST: Final = 24
"""The widest cell."""


def box(heads: Sequence[str], rows: Sequence[Sequence[Any]], room: int, numbers: Collection[int] = ()) -> list[str]:
    """The lines of a table, at most *room* wide where one column fits that; *numbers*: the columns that go to the right."""
    cells = [[tidy(value) for value in row] for row in [heads, *rows]]
    widths = [max(wide(row[column]) for row in cells) for column in range(len(heads))]
    chosen = ends(widths, room)
    shown = [len(GAP) if column is None else widths[column] for column in chosen]

    def edge(left: str, between: str, right: str) -> str:
        return left + between.join("─" * (width + 2) for width in shown) + right

    def line(row: Sequence[str]) -> str:
        texts = [GAP if column is None else _padded(row[column], widths[column], column in numbers) for column in chosen]
        return f"│ {' │ '.join(texts)} │"

    head, *body = map(line, cells)
    return [edge("┌", "┬", "┐"), head, edge("├", "┼", "┤"), *body, edge("└", "┴", "┘")]


def ends(widths: Sequence[int], room: int) -> list[int | None]:
    """The columns that fit into *room*: all, or as many from both ends, with None for those between; at least the first."""
    if _taken(widths) <= room:
        return list(range(len(widths)))
    last = len(widths) - 1
    outside_in = sorted(range(len(widths)), key=lambda column: (min(column, last - column), column))
    number = 1
    while _taken([*(widths[column] for column in outside_in[: number + 1]), len(GAP)]) <= room:
        number += 1
    chosen = sorted(outside_in[:number])
    front = [column for column in chosen if column <= last - column]
    return [*front, *([None] if last else []), *chosen[len(front) :]]


def _taken(widths: Sequence[int]) -> int:
    """The width of a table: each cell between two spaces and behind a line, and one line at the end."""
    return sum(widths) + 3 * len(widths) + 1


def tidy(value: Any) -> str:
    """A value as one short piece of text; what could steer a terminal becomes a space."""
    text = "NULL" if value is None else "".join(letter if letter.isprintable() else " " for letter in str(value))
    if wide(text) <= WIDEST:
        return text
    text = text[:WIDEST]
    while wide(text) >= WIDEST:
        text = text[:-1]
    return f"{text}{GAP}"


def wide(text: str) -> int:
    """How many columns of a screen *text* takes: two for one of East Asia, none for an accent by itself."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF") for letter in text)


def _padded(text: str, width: int, right: bool) -> str:
    space = " " * (width - wide(text))
    return f"{space}{text}" if right else f"{text}{space}"
