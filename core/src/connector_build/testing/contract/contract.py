"""The contract: every rule that a plugin has to keep, as findings, or as tests of a plugin's own.

In a plugin's tests one line is the whole of it::

    test_contract = contract_for("crew")
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import click
from attrs import define, field, frozen

from connector_build.errors import UsageProblem
from connector_build.testing.contract.outcomes import Broken, NotChecked
from connector_build.testing.contract.rules import RULES, Rule
from connector_build.testing.contract.subject import Subject
from connector_core.basics.errors import ColumnTypeError, HookError, KeyColumnsError, NameTakenError, PluginError, UnkeptNameError
from connector_core.basics.names import did_you_mean, one_line

__all__ = ["RULES", "Finding", "Rule", "check_contract", "contract_for"]

Status = Literal["pass", "fail", "skip"]

_BLAMED: Mapping[type[BaseException], str] = {
    HookError: "hooks",
    UnkeptNameError: "names",
    NameTakenError: "distinct_names",
    KeyColumnsError: "keys",
    ColumnTypeError: "column_types",
}
"""What core raises while it assembles → the rule that it is laid at; any other error is laid at ``assembles``."""


@frozen
class Finding:
    """What became of one rule.

    message: what is wrong and how to mend it, or why it was not checked; of one that passes, what it could not be checked for.
    """

    rule: str
    title: str
    status: Status
    message: str = ""


@define
class _Contract:
    """The findings about one subject, each made once."""

    subject: Subject
    _found: dict[str, Finding] = field(factory=dict, init=False)

    def finding(self, rule: Rule) -> Finding:
        """The finding for *rule*, after those for the rules that it needs."""
        if rule.name not in self._found:
            self._found[rule.name] = Finding(rule.name, rule.title, *self._judged(rule))
        return self._found[rule.name]

    def _judged(self, rule: Rule) -> tuple[Status, str]:
        if self.subject.error is not None:
            blamed, message = _blame(self.subject.error)
            return ("fail", message) if rule.name == blamed else ("skip", f"It does not assemble: see {blamed}.")
        for need in (self.finding(each) for each in RULES if each.name in rule.needs):
            # One that cannot be checked says nothing about this one.
            if need.status == "fail":
                return "skip", f"It needs {need.rule} to hold first."
        return _checked(rule, self.subject)


def _checked(rule: Rule, subject: Subject) -> tuple[Status, str]:
    try:
        rule.check(subject)
    except Broken as broken:
        return "fail", str(broken)
    except NotChecked as reason:
        return "skip", str(reason)
    except UsageProblem:
        raise
    except Exception as error:  # noqa: BLE001  (whatever a plugin's own code raises)
        return "fail", (
            f"{type(error).__name__} while it was checked: {one_line(error, 500)}. Correct the plugin where it comes from; "
            "if it does not come from there, please report it."
        )
    left_out = subject.left_out if rule.api else ""
    return "pass", f"Not checked for {left_out}" if left_out else ""


def _blame(error: BaseException) -> tuple[str, str]:
    """The rule that an error of import or assembly is laid at, and what it says."""
    for cause in _chain(error):
        for kind, rule in _BLAMED.items():
            if isinstance(cause, kind):
                return rule, str(cause)
    told = next((cause for cause in _chain(error) if isinstance(cause, PluginError)), error)
    if isinstance(told, SystemExit):
        return "assembles", "It ends the process while it is assembled. Return values from the hooks, and no more."
    return "assembles", str(told)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """*error* and what it was raised from, or on the way from."""
    found: list[BaseException | None] = [error]
    for each in found:
        if each is not None and each not in found[: found.index(each)]:
            yield each
            found += [each.__cause__, each.__context__]


def check_contract(
    dataset: str,
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
    pages: Path | None = None,
    on_finding: Callable[[Finding], None] | None = None,
    rules: Sequence[str] | None = None,
) -> list[Finding]:
    """What becomes of each rule for an installed dataset, with *extensions* and local *files* on top.

    pages:      a recording of its API (see ``record``), for a plugin whose API cannot be made up.
    on_finding: called with each finding as soon as it is there.
    rules:      the names of those to check; None for all.

    Raises UsageProblem where there is no such dataset, extension, file or rule.
    """
    contract = _Contract(Subject(dataset, extensions, files, pages))
    findings = []
    for rule in _chosen(rules):
        findings.append(contract.finding(rule))
        if on_finding:
            on_finding(findings[-1])
    return findings


def contract_for(
    dataset: str,
    *,
    extensions: Sequence[str] = (),
    files: Sequence[Path] = (),
    pages: Path | None = None,
    rules: Sequence[str] | None = None,
) -> Callable[[Rule], None]:
    """A test function with one test for each rule, named like it. Options as for ``check_contract``.

    A rule that cannot be checked is skipped with the reason. Where there is no such dataset, extension or file, the first rule
    that is tried fails with that, and the others are skipped. Raises UsageProblem where pytest is not installed.
    """
    pytest = _pytest()
    told: list[str] = []
    contract = _Contract(Subject(dataset, extensions, files, pages))
    chosen = _chosen(rules)

    def test_contract(rule: Rule) -> None:
        if told and told[0] != rule.name:
            pytest.skip(f"There is nothing to check: see {told[0]}.")
        finding = _finding_or_problem(contract, rule)
        if isinstance(finding, UsageProblem):
            told.append(rule.name)
            pytest.fail(str(finding), pytrace=False)
        elif finding.status == "skip":
            pytest.skip(finding.message)
        elif finding.status == "fail":
            pytest.fail(f"{dataset} breaks the rule {rule.name} ({rule.title}). {finding.message}", pytrace=False)
        elif finding.message:
            click.echo(finding.message)  # which pytest shows with -rP

    marked: Callable[[Rule], None] = pytest.mark.parametrize("rule", chosen, ids=[rule.name for rule in chosen])(test_contract)
    return marked


def _finding_or_problem(contract: _Contract, rule: Rule) -> Finding | UsageProblem:
    try:
        return contract.finding(rule)
    except UsageProblem as problem:
        return problem


def _chosen(names: Sequence[str] | None) -> list[Rule]:
    known = [rule.name for rule in RULES]
    for name in names or ():
        if name not in known:
            raise UsageProblem(f"There is no rule {name!r}{did_you_mean(name, known)}. The rules are {', '.join(known)}.")
    return [rule for rule in RULES if names is None or rule.name in names]


def _pytest() -> Any:
    try:
        import pytest
    except ModuleNotFoundError:
        raise UsageProblem(
            "contract_for makes tests for pytest, which is not installed here: pip install 'connector-core[testing]'. Without "
            "pytest, call check_contract, or run connector-build check."
        ) from None
    return pytest
