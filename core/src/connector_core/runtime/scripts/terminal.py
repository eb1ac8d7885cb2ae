"""Where a script prints and asks: colour on a terminal only, and nothing of what it is given steers that terminal."""

import shutil
from collections.abc import Mapping
from typing import Final, TextIO

from attrs import frozen

GREEN, RED, BOLD, CYAN = "32", "31", "1", "36"
NO_WIDTH: Final = (100, 24)
"""What is taken for the terminal's size where there is no terminal."""


@frozen
class Terminal:
    """The three streams of a script. *coloured*: what is printed to *out* may be coloured; *width*: columns of the screen."""

    out: TextIO
    err: TextIO
    answers: TextIO
    coloured: bool = False
    width: int = NO_WIDTH[0]

    @classmethod
    def of(cls, out: TextIO, err: TextIO, answers: TextIO, environment: Mapping[str, str]) -> "Terminal":
        """The terminal that these streams are, if they are one; ``NO_COLOR`` (no-color.org) is respected."""
        plain = environment.get("NO_COLOR") or environment.get("TERM") == "dumb"
        return cls(out, err, answers, out.isatty() and not plain, shutil.get_terminal_size(NO_WIDTH).columns)

    def say(self, text: str = "", colour: str = "") -> None:
        """One line."""
        self.write(f"{self._in(colour, text)}\n")

    def good(self, text: str) -> None:
        """A line about something that is done."""
        self.say(f"{self._in(GREEN, '✓')} {text}")

    def step(self, number: int, text: str) -> None:
        """The title of a step, with space above it."""
        self.say(f"\n{self._in(CYAN, f'Step {number}: {text}')}")

    def banner(self, title: str) -> None:
        """A title between two lines."""
        edge = "=" * max(len(title), 48)
        self.say(f"\n{edge}\n{title}\n{edge}", BOLD)

    def write(self, text: str) -> None:
        """*text* as it is, at once."""
        self.out.write(text)
        self.out.flush()

    def complain(self, text: str) -> None:
        """A paragraph on the other stream, behind what was printed before."""
        self.out.flush()
        self.err.write(f"{text}\n")
        self.err.flush()

    def ask(self, question: str, *, aside: bool = False) -> str | None:
        """The answer to *question*, without its line break; None where the input has ended. *aside*: asked on *err*."""
        stream = self.err if aside else self.out
        stream.write(question)
        stream.flush()
        answer = self.answers.readline()
        if not self.answers.isatty() or not answer:
            stream.write("\n")
        return answer.rstrip("\r\n") if answer else None

    def _in(self, colour: str, text: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self.coloured and colour else text
