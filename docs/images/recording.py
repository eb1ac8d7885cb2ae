"""The demo as a picture, docs/images/demo.svg, of what it really prints: `tox run -e recording`.

Lines appear one after the other at an even pace: how long anything takes is not shown.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Final

from rich.console import Console

from connector_build.screen.printing import line

HERE: Final = Path(__file__).parent
WIDTH: Final = 84
PACE: Final = 0.12
"""Seconds from one line to the next."""


def printed() -> list[str]:
    """What ``connector-build demo fts`` prints, line by line."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(Path(sys.executable).with_name("connector-build")), "demo", "fts"]
        home = {**os.environ, "HOME": folder, "DO_NOT_TRACK": "1"}
        done = subprocess.run(command, cwd=folder, env=home, stdout=subprocess.PIPE, text=True, check=True)
    # Its environment is another one than that of `make demo`, which is shown.
    said = done.stdout.replace(str(Path(sys.executable).parent), ".tox/demo/bin").rstrip()
    before, mark, steps = said.partition("\nNext:\n")
    return f"{before}{mark}{_aligned(steps)}".splitlines()


def _aligned(steps: str) -> str:
    """Two columns again, after the first of them has become narrower."""
    rows = [re.split(r" {2,}", line.strip()) for line in steps.splitlines()]
    width = max(len(command) for command, _ in rows)
    return "\n".join(f"  {command:<{width}}  {what}" for command, what in rows)


def picture(lines: Sequence[str]) -> str:
    """*lines* in a terminal, as an SVG that needs nothing of another host."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, color_system="truecolor")
    line(console, "$ connector-build demo fts", "bold green")
    for each in lines:
        line(console, each, "bold" if each.startswith(("Checked:", "Next:", "operations", "record_id")) else None)
    svg = console.export_svg(title="connector-build demo fts", unique_id="demo")
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.S)
    svg = svg.replace("</style>", f"{_appearing(len(lines) + 1)}\n    </style>")
    return "\n".join(part.rstrip() for part in svg.splitlines()) + "\n"


def _appearing(lines: int) -> str:
    """Style by which the lines come one after the other, unless the reader wants nothing to move."""
    each = (f'[clip-path="url(#demo-line-{number})"] {{ animation-delay: {number * PACE:.2f}s }}' for number in range(lines))
    shown = '.demo-matrix [clip-path^="url(#demo-line"] { animation: demo-appear .1s both }'
    moving = "\n".join(["@keyframes demo-appear { from { opacity: 0 } }", shown, *(f".demo-matrix {one}" for one in each)])
    return f"@media (prefers-reduced-motion: no-preference) {{\n{moving}\n}}"


if __name__ == "__main__":
    (HERE / "demo.svg").write_text(picture(printed()), encoding="utf-8")
