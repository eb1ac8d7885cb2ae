"""The tables as an entity relationship diagram in SVG: boxes in columns, lines from many (a crow's foot) to one (a bar).

A table stands one column right of what it hangs on: a child of its parent, an extra table of its source. Within a column, tables
keep the order of the dictionary. A box shows the columns that relate it to others, and says how many more it has.
"""

from collections.abc import Iterator, Mapping
from html import escape

from attrs import frozen

from connector_build.catalog.entries import ColumnEntry, Dictionary, Relation, TableEntry
from connector_build.catalog.pages.words import key_columns, one_line
from connector_core.basics.counting import counted

LINE, PADDING, GAP_X, GAP_Y, MARGIN = 22, 12, 110, 28, 16
LETTER = 7.3
"""Width of a letter at 12 pixels, a little more than any usual monospaced font has."""

_STYLE = """\
.er-box{fill:#fff;stroke:#8a94a6}
.er-head{fill:#e8edf5;stroke:#8a94a6}
.er-line{fill:none;stroke:#53637f;stroke-width:1.4}
.er-text{fill:#1c2433;font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.er-name{font-weight:600}
.er-soft{fill:#5d6a80}
@media (prefers-color-scheme:dark){
.er-box{fill:#161b24;stroke:#566178}
.er-head{fill:#242d3d;stroke:#566178}
.er-line{stroke:#9db0d0}
.er-text{fill:#e6eaf2}
.er-soft{fill:#a3afc4}
}
@media print{
.er-box{fill:#fff;stroke:#555}
.er-head{fill:#eee;stroke:#555}
.er-line{stroke:#333}
.er-text,.er-soft{fill:#000}
}
"""


@frozen
class Box:
    """A table as it is drawn: its place, its size, and the lines that it shows."""

    table: TableEntry
    x: float
    y: float
    width: float
    rows: tuple[ColumnEntry, ...]

    @property
    def more(self) -> int:
        """Columns that are not shown."""
        return len(self.table.columns) - len(self.rows)

    @property
    def height(self) -> float:
        """The head, a line for each row, and one for what is not shown."""
        return LINE * (1 + len(self.rows) + bool(self.more))

    def at(self, column: str) -> float:
        """The middle of the line of *column*."""
        return self.y + LINE * (1.5 + [row.name for row in self.rows].index(column))


def diagram(dictionary: Dictionary) -> str:
    """The SVG, the same for the same dictionary."""
    boxes = _boxes(dictionary)
    width = max((box.x + box.width for box in boxes.values()), default=0) + MARGIN
    height = max((box.y + box.height for box in boxes.values()), default=0) + MARGIN
    title = f"Tables of {dictionary.dataset} and how they are related"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'role="img" aria-label="{escape(title)}">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}</style>",
        *(part for relation in dictionary.relations for part in _line(relation, boxes)),
        *(part for box in boxes.values() for part in _drawn(box)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _boxes(dictionary: Dictionary) -> Mapping[str, Box]:
    """The box of each table, by its name."""
    levels = _levels(dictionary)
    boxes: dict[str, Box] = {}
    x: float = MARGIN
    for level in sorted(set(levels.values())):
        y: float = MARGIN
        for table in (each for each in dictionary.tables if levels[each.name] == level):
            rows = tuple(key_columns(dictionary, table))
            boxes[table.name] = box = Box(table, x, y, _width(table, rows), rows)
            y += box.height + GAP_Y
        x = max(box.x + box.width for box in boxes.values()) + GAP_X
    return boxes


def _levels(dictionary: Dictionary) -> dict[str, int]:
    """How many tables stand left of each: a parent or a source stands in front of what hangs on it."""
    found: dict[str, int] = {}
    for table in dictionary.tables:  # a source stands before its extra tables, and no child has children
        found[table.name] = 0 if table.source is None and table.parent is None else 1
    return {each.name: found[each.name] + (found[each.source] if each.source else 0) for each in dictionary.tables}


def _width(table: TableEntry, rows: tuple[ColumnEntry, ...]) -> float:
    longest = max([len(table.stored_name), *(len(row.stored_name) + len(row.type) + 4 for row in rows), 19])
    return round(longest * LETTER + 2 * PADDING)


def _drawn(box: Box) -> Iterator[str]:
    said = one_line(box.table.description) or box.table.name
    yield f'<g><title>{escape(said)}</title><rect class="er-box" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
    yield f'height="{box.height:g}" rx="5"/><rect class="er-head" x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" '
    yield f'height="{LINE}" rx="5"/>'
    yield _text(box.x + PADDING, box.y + LINE / 2, box.table.stored_name, "er-text er-name")
    for row in box.rows:
        middle = box.at(row.name)
        yield _text(box.x + PADDING, middle, row.stored_name, "er-text er-name" if row.key else "er-text")
        yield _text(box.x + box.width - PADDING, middle, row.type, "er-text er-soft", "end")
    if box.more:
        words = f"and {counted(box.more, 'more column')}"
        yield _text(box.x + PADDING, box.y + box.height - LINE / 2, words, "er-text er-soft")
    yield "</g>"


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    return f'<text class="{kind}" x="{x:g}" y="{y:g}" dominant-baseline="central" text-anchor="{anchor}">{escape(text)}</text>'


def _line(relation: Relation, boxes: Mapping[str, Box]) -> Iterator[str]:
    """A line between the first columns of a relation, with a foot at the many and a bar at the one."""
    many, one = boxes[relation.table], boxes[relation.to_table]
    left, right = (many, one) if many.x < one.x else (one, many)
    columns = {many.table.name: relation.columns[0], one.table.name: relation.to_columns[0]}
    x1, y1 = left.x + left.width, left.at(columns[left.table.name])
    x2, y2 = right.x, right.at(columns[right.table.name])
    middle = (x1 + x2) / 2
    yield f'<path class="er-line" d="M{x1:g} {y1:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"/>'
    foot, bar = ((x1, y1, 1), (x2, y2, -1)) if left is many else ((x2, y2, -1), (x1, y1, 1))
    x, y, way = foot
    yield f'<path class="er-line" d="M{x:g} {y - 6:g}L{x + way * 12:g} {y:g}L{x:g} {y + 6:g}"/>'
    x, y, way = bar
    yield f'<path class="er-line" d="M{x + way * 9:g} {y - 6:g}V{y + 6:g}"/>'
