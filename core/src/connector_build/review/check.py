"""`connector-build check`: the contract that every plugin has to keep, run rule by rule, and what came of it in print."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from connector_build.errors import UsageProblem
from connector_build.screen.printing import grid, line
from connector_build.screen.progress import status
from connector_core.basics.counting import counted
from connector_core.basics.names import did_you_mean, one_line

if TYPE_CHECKING:
    from connector_build.testing.contract.contract import Finding

RESULTS: Final[Mapping[str, str]] = {"pass": "pass", "fail": "FAIL", "skip": "not checked"}
"""Status of a finding → what the table calls it."""
SLOW: Final = ("bare_import", "same_bytes", "survives_faults")
"""Rules that start processes and servers."""
PART: Final = "in part"
"""What it calls a rule that holds for those tables that it could be checked for."""


def run_contract(
    dataset: str,
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
    pages: Path | None = None,
    rules: Sequence[str] = (),
    console: Console | None = None,
) -> "list[Finding]":
    """What each rule of the contract finds of *dataset*; of those that *rules* names, if it names any.

    *console* shows how far it is: in a terminal always, piped before a rule that takes long.

    Raises UsageProblem for an unknown rule, and for *pages* that are not there.
    """
    from connector_build.testing.contract.contract import RULES, check_contract

    chosen = tuple(dict.fromkeys(rules))
    check_rules(chosen)
    if pages is not None and not pages.is_file():
        raise UsageProblem(f"--pages {pages}: there is no such file. Name one with recorded pages of the API.")
    names = [rule.name for rule in RULES if not chosen or rule.name in chosen]
    with _progress(console, dataset, names) as on_finding:
        return check_contract(
            dataset, extensions=extensions, files=files, pages=pages, on_finding=on_finding, rules=chosen or None
        )


@contextmanager
def _progress(console: Console | None, dataset: str, names: Sequence[str]) -> "Iterator[Callable[[Finding], None]]":
    """What is told each finding, of as many rules as there are *names*, which are checked in this order."""
    following = iter(names)
    done = count(1)

    def begin() -> None:
        name = next(following, None)
        if name in SLOW and console is not None and not console.is_terminal:
            line(console, f"{dataset}: {name} ...")

    with status(console, f"{dataset}: {counted(len(names), 'rule')}") as update:

        def on_finding(finding: "Finding") -> None:
            update(f"{dataset}: {next(done)} of {counted(len(names), 'rule')}, last {finding.rule}")
            begin()

        begin()
        yield on_finding


def check_rules(names: Iterable[str]) -> None:
    """Raise UsageProblem for a name that no rule has."""
    from connector_build.testing.contract.contract import RULES

    known = [rule.name for rule in RULES]
    for name in names:
        if name not in known:
            raise UsageProblem(
                f"--rule {one_line(name, 60)}: there is no such rule{did_you_mean(name, known)}. "
                f"The rules are {', '.join(known)}."
            )


def _result(finding: "Finding") -> str:
    return PART if finding.status == "pass" and finding.message else RESULTS[finding.status]


def as_json(findings: Iterable["Finding"]) -> list[dict[str, Any]]:
    """The findings as JSON has them."""
    return [{"rule": each.rule, "title": each.title, "status": each.status, "message": each.message} for each in findings]


def show(findings: Sequence["Finding"], console: Console) -> None:
    """Print a table of the rules, below it what to do about each that failed or was not checked, and the numbers."""
    results = [(each.rule, each.title, _result(each)) for each in findings]
    grid(console, ("rule", "what it checks", "result"), results)
    for wanted, style in (("pass", None), ("skip", None), ("fail", "red")):
        told: dict[str, list[str]] = {}  # what several rules say is said once
        for each in findings:
            if each.status == wanted and each.message:
                told.setdefault(each.message, []).append(each.rule)
        for message, rules in told.items():
            console.print()
            line(console, f"{PART if wanted == 'pass' else RESULTS[wanted]}: {', '.join(rules)}: {message}", style=style)
    numbers = {wanted: sum(each.status == wanted for each in findings) for wanted in RESULTS}
    console.print()
    line(
        console,
        f"{counted(len(findings), 'rule')}: {numbers['pass']} pass, {numbers['fail']} fail, {numbers['skip']} not checked",
        style="bold red" if numbers["fail"] else "bold",
    )
