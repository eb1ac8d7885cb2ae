"""`connector-build check --all`: the contract of everything that is installed or listed, side by side."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from os import cpu_count
from typing import Any

from attrs import frozen
from rich.console import Console

from connector_build.fleet.members import Member
from connector_build.screen.printing import grid, line
from connector_build.screen.progress import meter
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line

_LEAST_ROOM = 600
"""Letters of what a process that failed has said."""


@frozen
class Checkable:
    """What the contract is checked on: what it is called, and what `connector-build check` is told of it."""

    name: str
    words: tuple[str, ...]


@frozen
class Checked:
    """What came of one: a finding of each rule, as JSON has it, or why there is none."""

    name: str
    findings: Sequence[Mapping[str, str]] = ()
    error: str = ""

    @property
    def fails(self) -> bool:
        """Whether a rule is broken, or could not be checked because the dataset cannot be loaded."""
        return bool(self.error) or any(each["status"] == "fail" for each in self.findings)


def checkables(installed: Sequence[str], members: Sequence[Member]) -> list[Checkable]:
    """Everything that is *installed*, then what a list has beyond that: a dataset as it is listed counts once."""
    found: dict[tuple[str, ...], str] = {(name,): name for name in installed}
    for member in members:
        more = [("--with", each) for each in member.choice["extensions"]]
        more += [("--plugin-file", each) for each in member.choice["files"]]
        found.setdefault((member.dataset, *(word for pair in more for word in pair)), member.name)
    return [Checkable(name, words) for words, name in found.items()]


def check_all(subjects: Sequence[Checkable], rules: Sequence[str], console: Console | None) -> list[Checked]:
    """Check each of *subjects*, as many at a time as there are processors, in their order.

    Each is checked by a process of its own: a plugin that ends its process takes no other with it.
    """
    with meter(console, "checking", "dataset", len(subjects)) as update, ThreadPoolExecutor(cpu_count() or 2) as pool:
        running = {pool.submit(_checked, each, rules): each for each in subjects}
        done = {}
        try:
            for number, future in enumerate(as_completed(running), 1):
                done[running[future]] = future.result()
                update(number, f"last {running[future].name}")
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C only those are finished that have begun
    return [done[each] for each in subjects]


def _checked(subject: Checkable, rules: Sequence[str]) -> Checked:
    chosen = [word for rule in rules for word in ("--rule", rule)]
    dataset, *more = subject.words
    command = [sys.executable, "-P", "-m", "connector_build", "check", *more, *chosen, "--json", "--", dataset]
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    try:
        # A plugin may have printed something first.
        findings = json.loads(ran.stdout[max(ran.stdout.find("[\n"), 0) :])
    except ValueError:
        said = ran.stderr.strip().removeprefix("Error: ") or f"its process ended with exit code {ran.returncode}"
        return Checked(subject.name, error=one_line(said, _LEAST_ROOM))
    return Checked(subject.name, findings)


def as_json(checked: Sequence[Checked]) -> list[dict[str, Any]]:
    """What came of each, for a script."""
    return [
        {
            "dataset": each.name,
            "status": "fail" if each.fails else "pass",
            "error": each.error or None,
            "findings": list(each.findings),
        }
        for each in checked
    ]


def show(checked: Sequence[Checked], console: Console) -> None:
    """Print a line for each, what is wrong with those that fail, and the numbers."""
    grid(console, ("dataset", "result", "rules"), [(each.name, _verdict(each), _numbers(each)) for each in checked])
    for each in checked:
        if each.error:
            line(console, f"{each.name}: {each.error}", style="red")
        for finding in (one for one in each.findings if one["status"] == "fail"):
            line(console, f"{each.name}: {finding['rule']}: {finding['message']}", style="red")
    failed = sum(each.fails for each in checked)
    line(
        console,
        f"{counted(len(checked), 'dataset')}: {len(checked) - failed} pass, {failed} fail",
        style="bold red" if failed else "bold",
    )


def _verdict(checked: Checked) -> str:
    return "FAIL" if checked.fails else "pass"


def _numbers(checked: Checked) -> str:
    said = {"pass": "pass", "fail": "fail", "skip": "not checked"}
    numbers = {word: sum(each["status"] == kind for each in checked.findings) for kind, word in said.items()}
    return ", ".join(f"{number} {word}" for word, number in numbers.items() if number) or "none checked"
