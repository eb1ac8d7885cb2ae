"""What the scripts and a sync print, line by line, as their users know it.

In a transcript ``<word>`` stands for any text, and a line that is ``<more>`` for any lines; white space and the length of a rule
do not count.
"""

import re
from pathlib import Path

FOLDER = Path(__file__).parent


def assert_like(printed: str, transcript: str) -> None:
    """*printed* has the lines of the transcript of that name, one by one, and no other."""
    text = (FOLDER / f"{transcript}.txt").read_text(encoding="utf-8")
    patterns = [r"(?:.*\n)*?" if line.strip() == "<more>" else _pattern(line) for line in text.splitlines() if line.strip()]
    got = "".join(f"{_collapsed(line)}\n" for line in printed.splitlines() if line.strip())
    for number in range(1, len(patterns) + 1):
        begins = re.match("".join(patterns[:number]), got)
        assert begins, f"{transcript}: no line is like\n{patterns[number - 1]}\nat its place in\n{printed}"
    assert re.fullmatch("".join(patterns), got), f"{transcript} has no more lines than\n{text}\nbut this has\n{printed}"


def _pattern(line: str) -> str:
    return ".*".join(map(re.escape, re.split(r"<\w+>", _collapsed(line)))) + "\n"


def _collapsed(line: str) -> str:
    return re.sub("([─=])+", r"\1", " ".join(line.split()))
