"""How a preview is printed: a line for each column, with its type, and the first rows beside it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import Console

from connector_build.review.preview import Column, Preview
from connector_build.screen.printing import grid, line
from connector_core.basics.counting import counted

WIDEST: Final = 40
"""Characters of a value that are shown."""
LINES: Final = 6
"""Lines of a nested value that are shown."""


def show(found: Preview, console: Console) -> None:
    """Print one table: what brought its rows, its columns, and the rows that fit beside them."""
    more = ", and there are more pages" if found.more else ""
    head = f": {len(found.rows)} of {counted(found.records, 'record')} of {found.request}{more}" if found.rows else ""
    line(console, f"\n{found.table}{head}", style="bold")
    if found.problem:
        asked = f" ({found.request})" if found.request else ""
        line(console, f"  no rows: {found.problem}{asked}")
    rows = found.rows[: _fitting(found, console)]
    heads = ("column", "type", *(f"row {number}" for number, _ in enumerate(rows, 1)))
    grid(console, heads, [[column.name, _type(column), *(cell(row, column) for row in rows)] for column in found.columns])


def _fitting(found: Preview, console: Console) -> int:
    """How many rows fit beside the columns; at least one."""
    if not console.is_terminal:
        return len(found.rows)
    left = max((len(column.name) + len(_type(column)) for column in found.columns), default=0) + 8
    return max(1, (console.width - left) // (WIDEST + 3))


def _type(column: Column) -> str:
    kind = column.type or "?"
    if not column.declared:
        return f"{kind} (not declared)"
    return kind + (" key" if column.key else "") + ("" if column.found else " (in no record)")


def cell(row: Mapping[str, Any], column: Column) -> str:
    """The value of a column: on one line, or on a few where it is nested."""
    if column.name not in row:
        return ""
    lines = list(_lines(row[column.name]))
    return "\n".join(lines if len(lines) <= LINES else [*lines[: LINES - 1], f"… {len(lines) - LINES + 1} more lines"])


def _lines(value: Any) -> Iterator[str]:
    match value:
        case Mapping() if value:
            for name, inner in value.items():
                yield from _below(f"{name}:", inner)
        case list() | tuple() if value:
            for inner in value:
                yield from _below("-", inner)
        case _:
            yield _plain(value)


def _below(head: str, value: Any) -> Iterator[str]:
    """A value behind its name, or below it where it is nested itself."""
    if isinstance(value, Mapping | list | tuple) and value:
        first, *rest = _lines(value)
        if head == "-":
            yield f"- {first}"
        else:
            yield head
            yield f"  {first}"
        yield from (f"  {each}" for each in rest)
    else:
        yield f"{head} {_plain(value)}"


def _plain(value: Any) -> str:
    shown = {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else str(value)
    text = "".join(letter if letter.isprintable() else " " for letter in shown)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
