"""What `connector-build check` shows of the contract: progress, a table of rules, remedies, numbers and the exit code."""

import io
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import click
import pytest
from attrs import define, evolve, field
from click.testing import CliRunner, Result
from rich.console import Console

from connector_build.cli.main import main
from connector_build.errors import UsageProblem
from connector_build.plugins.discovery import COMMANDS, VERBS
from connector_build.review import check
from connector_build.testing.contract.contract import RULES, Finding
from distributions import PLUGIN, connector_build, install_dataset
from places import ROOT

CONTRACT = "connector_build.testing.contract.contract"


PASS = Finding("assembles", "assembles without network", "pass")
FAIL = Finding("names", "names are kept", "fail", "The table [Crew] would be renamed. Write crew.")
SKIP = Finding("matrix", "survives the fault matrix", "skip", "The API cannot be made up. Give --pages.")


@define
class Contract:
    """Stands for the contract: finds what it is told to, and remembers how it was called."""

    findings: Sequence[Finding] = (PASS, FAIL, SKIP)
    calls: list[tuple[str, dict[str, Any]]] = field(factory=list)

    def check_contract(
        self,
        dataset: str,
        *,
        on_finding: Callable[[Finding], None] | None = None,
        rules: Sequence[str] | None = None,
        **rest: Any,
    ) -> list[Finding]:
        self.calls.append((dataset, {"rules": rules, **rest}))
        found = [finding for finding in self.findings if rules is None or finding.rule in rules]
        for finding in found:
            if on_finding:
                on_finding(finding)
        return found


@pytest.fixture
def contract(monkeypatch: pytest.MonkeyPatch) -> Contract:
    made = Contract()
    module = ModuleType(CONTRACT)
    module.RULES = tuple(SimpleNamespace(name=each.rule, title=each.title) for each in made.findings)  # type: ignore[attr-defined]
    module.check_contract = made.check_contract  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, CONTRACT, module)
    monkeypatch.setenv("COLUMNS", "100")
    return made


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)])


def printed(findings: Sequence[Finding], **options: Any) -> str:
    console = Console(file=io.StringIO(), width=60, highlight=False, **options)
    check.show(findings, console)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


# What is shown


def test_a_table_the_remedies_and_the_numbers(contract: Contract) -> None:
    result = command("fts")
    assert result.exit_code == 1
    assert result.stderr == ""
    rows = [line.rstrip() for line in result.stdout.splitlines()]
    assert rows == [
        "rule        what it checks              result",
        "─" * 51,
        "assembles   assembles without network   pass",
        "names       names are kept              FAIL",
        "matrix      survives the fault matrix   not checked",
        "",
        "not checked: matrix: The API cannot be made up. Give --pages.",
        "",
        "FAIL: names: The table [Crew] would be renamed. Write crew.",
        "",
        "3 rules: 1 pass, 1 fail, 1 not checked",
    ]


@pytest.mark.parametrize(("findings", "code"), [([PASS], 0), ([PASS, SKIP], 0), ([SKIP, FAIL], 1), ([], 0)])
def test_only_a_rule_that_is_broken_fails(contract: Contract, findings: list[Finding], code: int) -> None:
    contract.findings = findings
    assert command("fts").exit_code == code
    assert command("fts", "--json").exit_code == code


def test_as_json(contract: Contract) -> None:
    result = command("fts", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == [
        {"rule": each.rule, "title": each.title, "status": each.status, "message": each.message} for each in contract.findings
    ]
    assert result.stderr == ""


def test_piped_a_long_remedy_is_one_line() -> None:
    text = printed([Finding("names", "t", "fail", "word " * 100 + "end")])
    assert "word word end\n" in text
    assert "\x1b" not in text


def test_in_a_terminal_it_fits_and_has_colour_unless_that_is_unwanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[31m" in printed([PASS, FAIL], force_terminal=True)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", printed([PASS, evolve(FAIL, message="word " * 100)], force_terminal=True))
    assert max(map(len, plain.splitlines())) <= 60
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[31m" not in printed([PASS, FAIL], force_terminal=True)


def test_a_status_line_in_a_terminal_and_nowhere_else(contract: Contract) -> None:
    contract.findings = [PASS, Finding("[red]odd", "t", "pass")]
    console = Console(file=io.StringIO(), width=100, force_terminal=True)
    check.run_contract("fts", console=console)
    assert "fts: 2 of 3 rules, last [red]odd" in console.file.getvalue()  # type: ignore[attr-defined]
    piped = Console(file=io.StringIO(), width=100)
    check.run_contract("fts", console=piped)
    assert piped.file.getvalue() == ""  # type: ignore[attr-defined]


def test_piped_a_line_says_that_a_slow_rule_has_begun(contract: Contract, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check, "SLOW", ("names", "matrix"))
    piped = Console(file=io.StringIO(), width=100)
    check.run_contract("fts", console=piped)
    assert piped.file.getvalue() == "fts: names ...\nfts: matrix ...\n"  # type: ignore[attr-defined]
    assert command("fts", "--rule", "matrix").stdout.startswith("fts: matrix ...\nrule")
    assert json.loads(command("fts", "--json").stdout)


def test_the_slow_rules_are_rules() -> None:
    assert {rule.name for rule in RULES} >= set(check.SLOW)


def test_a_real_terminal(tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    fake = (
        "import sys, types, time\n"
        "from types import SimpleNamespace as S\n"
        f"module = types.ModuleType({CONTRACT!r})\n"
        "module.RULES = [S(name=str(n), title='t') for n in range(3)]\n"
        "def check_contract(dataset, *, on_finding, **_):\n"
        "    found = [S(rule=rule.name, title='t', status='pass', message='') for rule in module.RULES]\n"
        "    for each in found:\n"
        "        time.sleep(0.3)\n"
        "        on_finding(each)\n"
        "    return found\n"
        "module.check_contract = check_contract\n"
        f"sys.modules[{CONTRACT!r}] = module\n"
        "from connector_build.cli.main import main\n"
        "main(['check', 'fts'])\n"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "TERM": "xterm-256color", "COLUMNS": "80"}
    with subprocess.Popen(
        [sys.executable, "-c", fake], stdout=follower, stderr=follower, stdin=subprocess.DEVNULL, env=environment
    ) as process:
        os.close(follower)
        text = b"".join(_read(leader)).decode()
    os.close(leader)
    assert process.returncode == 0
    assert "fts: 1 of 3 rules, last 0" in text
    assert "fts: 2 of 3 rules, last 1" in text
    assert text.rstrip().endswith("3 rules: 3 pass, 0 fail, 0 not checked\x1b[0m")


def _read(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            yield os.read(terminal, 4096)
        except OSError:  # the other end was closed
            return


# What is passed on


def test_the_options_reach_the_contract(contract: Contract, tmp_path: Path) -> None:
    pages = tmp_path / "pages.json"
    pages.write_text("{}")
    command("fts", "--with", "a,b", "--plugin-file", "x.py", "--pages", pages, "--rule", "names", "--rule", "matrix,names")
    assert contract.calls == [
        ("fts", {"rules": ("names", "matrix"), "extensions": ("a", "b"), "files": (Path("x.py"),), "pages": pages})
    ]


def test_without_options_every_rule_is_checked(contract: Contract) -> None:
    command("fts")
    assert contract.calls == [("fts", {"rules": None, "extensions": (), "files": (), "pages": None})]


# Wrong usage


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ftss"], "There is no dataset 'ftss' (did you mean fts?)"),
        (["fts", "--rule", "name"], "--rule name: there is no such rule (did you mean names?). The rules are assembles, names, "),
        (["fts", "--rule", "x\ny"], "--rule x y: there is no such rule. The rules are"),
        (["fts", "--pages", "no.json"], "--pages no.json: there is no such file. Name one with recorded pages"),
        (["fts", "--live"], "--live needs to know how to ask the API. Add --configuration dist/DATASET/configuration.json."),
        (["fts", "--configuration", "c.json"], "--configuration is for --live"),
        (["fts", "--live", "--configuration", "c.json", "--rule", "names"], "Leave out --rule and --pages, or --live."),
        (["fts", "--live", "--configuration", "c.json", "--pages", "p"], "Leave out --rule and --pages, or --live."),
        (["ftss", "--live", "--configuration", "c.json"], "did you mean fts?"),
    ],
)  # fmt: skip
def test_wrong_usage(contract: Contract, arguments: list[str], words: str) -> None:
    result = command(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.stderr
    assert result.stderr.count("\n") == 1
    assert contract.calls == []


def test_no_dataset_at_all() -> None:
    assert command().exit_code == 2


def test_rules_are_checked_before_anything_runs(contract: Contract) -> None:
    with pytest.raises(UsageProblem):
        check.run_contract("fts", rules=["names", "nothing"])
    assert contract.calls == []


# Beside the other commands


@pytest.mark.parametrize("verb", ["check", "verify"])
def test_the_verbs_are_commands_that_no_dataset_may_take(verb: str) -> None:
    assert verb in COMMANDS
    assert verb in VERBS
    assert verb in main.commands
    assert set(main.commands) == set(COMMANDS)
    listed = CliRunner().invoke(main, ["--help"]).output
    assert f"connector-build {verb} " in listed
    options = CliRunner().invoke(main, [verb, "--help"])
    assert options.exit_code == 0
    assert "--json" in options.output
    assert isinstance(main.get_command(click.Context(main), verb), click.Command)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom connector_build.cli.main import main\n"
        "for arguments in (['--help'], ['check', '--help'], ['verify', '--help']):\n"
        "    assert CliRunner().invoke(main, arguments).exit_code == 0\n"
        "print([name for name in sys.modules if name.startswith(('rich', 'requests', 'attr', 'connector_core'))])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# The contract itself


def test_a_dataset_that_keeps_the_contract(tmp_path: Path) -> None:
    done = connector_build("check", "fts", "--rule", "keys,same_bytes", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.endswith("\n2 rules: 2 pass, 0 fail, 0 not checked\n")
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_built_project_in_the_current_folder_is_not_what_is_checked(tmp_path: Path) -> None:
    connector_build("fts", path=tmp_path / "site", cwd=tmp_path).check_returncode()
    (tmp_path / "dist/fts/connector_core/__init__.py").write_text("raise RuntimeError('not me')")
    done = connector_build("check", "fts", "--rule", "same_bytes", path=tmp_path / "site", cwd=tmp_path / "dist/fts")
    assert done.returncode == 0, done.stdout


def test_no_child_looks_into_the_current_folder() -> None:
    for path in (ROOT / "core/src/connector_build").rglob("*.py"):
        for line in path.read_text().splitlines():
            assert "[sys.executable," not in line or '[sys.executable, "-P",' in line, f"{path}: {line}"


def test_a_dataset_that_breaks_it(tmp_path: Path) -> None:
    install_dataset(tmp_path / "site", "crew", PLUGIN.format(dataset="crew").replace('"crew_records"', '"crewRecords"'))
    done = connector_build("check", "crew", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 1
    assert "\nFAIL: names: connector-crew (connector_tables): A table is named 'crewRecords', which Fivetran would" in done.stdout
    assert "1 fail" in done.stdout.splitlines()[-1]
    done = connector_build("check", "crew", "--json", "--rule", "names", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 1
    (finding,) = json.loads(done.stdout)
    assert (finding["rule"], finding["status"]) == ("names", "fail")


def test_a_plugin_that_cannot_be_imported_breaks_it_too(tmp_path: Path) -> None:
    install_dataset(tmp_path / "site", "crew", "raise RuntimeError('boom')")
    done = connector_build("check", "crew", "--rule", "assembles", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 1
    assert "FAIL: assembles: connector-crew: its module connector_crew cannot be imported: RuntimeError (" in done.stdout
    assert "connector_crew/__init__.py, line 1): boom" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fts", "--with", "nothing"], "nothing"),
        (["fts", "--plugin-file", "none.py"], "none.py: there is no such Python file."),
        (["fts", "--rule", "key"], "did you mean keys?"),
        (["fts", "--pages", "no.json"], "--pages no.json: there is no such file."),
    ],
)
def test_wrong_usage_of_the_contract_itself(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = connector_build("check", *arguments, path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert words in done.stderr
    assert done.stdout == ""
