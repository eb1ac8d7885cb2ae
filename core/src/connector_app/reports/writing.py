"""From facts to a report: a prompt that holds only them, a model that writes, and the check of what it cites."""

import re
from collections.abc import Sequence
from typing import Final, Protocol

from attrs import field, frozen

from connector_app.data.session import Session
from connector_app.reports.facts import Fact, Facts

MODELS: Final = ("llama3.1-70b", "mistral-large2", "claude-3-5-sonnet", "llama3.1-8b")
"""Models of SNOWFLAKE.CORTEX.COMPLETE to choose from; an account may have others, so any name may be typed."""
_CITED: Final = re.compile(r"\[(\d+(?:\s*[,;-]\s*\d+)*)\]")
_NUMBER: Final = re.compile(r"(?<![\w.\[])\d[\d,]*(?:\.\d+)?")


class Model(Protocol):
    """Who writes a report: anything with a name that turns a prompt into text."""

    @property
    def name(self) -> str:
        """As it is kept with the report."""

    def complete(self, prompt: str) -> str:
        """The report. Raises SessionError where the model cannot be asked."""


@frozen(hash=False)
class CortexModel:
    """A model of SNOWFLAKE.CORTEX.COMPLETE, asked where the data is."""

    session: Session
    name: str

    def complete(self, prompt: str) -> str:
        answer = self.session.complete(self.name, prompt)
        # A session without a model beside its data writes plainly, and says so.
        return PlainModel().complete(prompt) if answer is None else answer


@frozen
class PlainModel:
    """No model: the facts of the prompt in their order, and a sentence that says that no model wrote it."""

    name: str = "none"

    def complete(self, prompt: str) -> str:
        focus = next((line.removeprefix(_FOCUS) for line in prompt.splitlines() if line.startswith(_FOCUS)), "The data")
        filtered = next((line.removeprefix(_FILTERS) for line in prompt.splitlines() if line.startswith(_FILTERS)), "")
        facts = [line for line in prompt.splitlines() if re.match(r"\[\d+\] ", line)]
        lines = [f"- {line.partition('] ')[2]} {line.partition(' ')[0]}" for line in facts]
        body = "\n".join(lines) or "There are no facts: no record has a value here under these filters."
        return f"### {focus}\n\nFilters: {filtered}.\n\n{body}\n\n*{NO_MODEL}*"


NO_MODEL: Final = "No language model wrote this report: it lists what SQL found, in a fixed order, and draws no conclusion."
_FOCUS: Final = "Focus: "
_FILTERS: Final = "Filters: "


def prompt(app: str, focus: str, filters: str, facts: Facts) -> str:
    """What a model is told: the task, the focus, the filters and the numbered facts; nothing else of the data."""
    listed = "\n".join(fact.line(number) for number, fact in enumerate(facts, 1))
    return (
        f"You write a short report for the users of {app}. Use only the numbered facts below, which SQL computed. "
        "After each statement cite the facts that it rests on by their numbers in brackets, such as [1] or [2, 5]. "
        "Do not state any figure that is not among the facts. Where the facts do not answer a question, say so. "
        "Write Markdown: a paragraph that sums up, then at most five points, each with what to do next.\n\n"
        f"{_FOCUS}{focus}\n{_FILTERS}{filters}\n\nFacts:\n{listed}\n"
    )


@frozen
class Cited:
    """What a report cites.

    known: numbers of facts that are there. unknown: numbers that no fact has. uncited: facts that it does not mention.
    foreign: figures in the text that stand in no fact.
    """

    known: tuple[int, ...] = ()
    unknown: tuple[int, ...] = ()
    uncited: tuple[int, ...] = ()
    foreign: tuple[str, ...] = field(default=())

    @property
    def sound(self) -> bool:
        """Whether it cites something, and nothing that is not there."""
        return bool(self.known) and not self.unknown

    def words(self, total: int) -> str:
        """For the reader, beneath the report."""
        said = [f"It cites {len(self.known)} of {total} facts."]
        if not self.known:
            said = ["It cites no fact: read it with care."]
        if self.unknown:
            said.append(f"It cites {_list(self.unknown)}, which no fact has: do not rely on these statements.")
        if self.foreign:
            said.append(f"Figures that stand in no fact: {', '.join(self.foreign[:5])}.")
        return " ".join(said)


def cited(text: str, facts: Sequence[Fact]) -> Cited:
    """Which facts a report cites, by number, and which of its figures no fact has."""
    numbers = {number for found in _CITED.findall(text) for number in _numbers(found)}
    there = range(1, len(facts) + 1)
    written = " ".join(fact.line(number) for number, fact in enumerate(facts, 1))
    known_figures = {_bare(each) for each in _NUMBER.findall(written)}
    figures = dict.fromkeys(each for each in _NUMBER.findall(_CITED.sub("", text)) if len(_bare(each)) > 1)
    foreign = tuple(each for each in figures if _bare(each) not in known_figures)
    known = tuple(sorted(numbers & set(there)))
    return Cited(known, tuple(sorted(numbers - set(there))), tuple(each for each in there if each not in known), foreign)


def _numbers(found: str) -> list[int]:
    numbers: list[int] = []
    for part in re.split(r"[,;]", found):
        first, _, last = part.partition("-")
        numbers += range(int(first), min(int(last or first), int(first) + 1000) + 1)
    return numbers


def _bare(figure: str) -> str:
    return figure.replace(",", "").rstrip(".")


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(f"[{number}]" for number in numbers)
