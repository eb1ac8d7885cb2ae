"""Tables in pages that are kept: the README of a project, the documentation."""

from collections.abc import Iterable, Sequence


def markdown_table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, without a line end behind it; a cell is one line, and a bar in it no border."""
    lines = (heads, ["---"] * len(heads), *rows)
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def folded(summary: str, text: str) -> str:
    """*text* in Markdown behind a line to be opened by a click; *markdown* is what asks the site to read it as Markdown."""
    return f'<details markdown="1">\n<summary>{summary}</summary>\n\n{text}\n\n</details>'


_ENTITIES = str.maketrans({each: f"&#{ord(each)};" for each in "&<>|\\`*[]"})


def prose(text: str) -> str:
    """*text*, which a plugin says of something, as one line in which nothing is markup, a link, or the border of a table."""
    return " ".join(text.split()).translate(_ENTITIES)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").replace("\r", " ")
