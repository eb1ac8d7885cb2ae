"""docs/deploy.md followed word for word, with the real ``fivetran`` command, to a stand-in for Fivetran's REST API.

What arrived at each deploy is then run, each on the state and the rows that the one before it has left. The workflow beside the
page is held against GitHub's schema, and its steps are run the same way.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from attrs import define, field, frozen
from ruamel.yaml import YAML
from test_docs import Block, Command, assert_shown, blocks, commands

import connector_fts
from connector_build.api.simulation import Simulation
from connector_build.local.comparing import difference, expected
from connector_build.local.fivetran import debug, read_tables
from connector_build.project.writer import LOCK
from connector_build.review.verify import verify
from connector_core.plugin.assembly import Plugin, assemble
from deploy_standin import Fivetran, standin
from places import ROOT
from simulated import simulated

pytestmark = pytest.mark.xdist_group("deploy-docs")

PAGE = ROOT / "docs/deploy.md"
WORKFLOW = ROOT / "docs/workflows/deploy.yml"
ACTIONS = {path.parent.name: path for path in sorted((ROOT / "docs/workflows/actions").glob("*/action.yml"))}
KEY = base64.b64encode(b"KEY:SECRET").decode()
API_KEY = "the-key-of-your-api"
EXTRAS = ("fts_technicians", "cost_per_hour")
TABLE = simulated("fts")
BASH, GIT = (shutil.which(name) or name for name in ("bash", "git"))
END = "end of the command:"


@frozen
class Arrived:
    """What Fivetran has after a deploy."""

    package: bytes = field(repr=False)
    configuration: dict[str, str]
    connection: str


@define
class Desk:
    """A machine with a folder under git on it, and a ``fivetran`` command that deploys to *account*.

    arrived: what each deploy has sent, oldest first.
    """

    folder: Path
    environment: dict[str, str]
    account: Fivetran
    api: Simulation
    arrived: list[Arrived] = field(factory=list)

    def write(self, block: Block) -> None:
        """What a line ``File …`` says. The address of an API that does not exist becomes that of the sample API."""
        path = self.folder / str(block.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block.text.replace("https://api.example.com", self.api.url))

    @property
    def where_it_deploys(self) -> dict[str, str]:
        """The environment in which the ``fivetran`` command knows the stand-in."""
        return {**self.environment, "HOME": f"{self.environment['HOME']}/deploys"}

    @property
    def origin(self) -> str:
        """The repository that it pushes to."""
        return f"{self.environment['HOME']}/origin"

    def git(self, *arguments: str) -> str:
        done = subprocess.run(
            [GIT, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def note_what_arrived(self) -> None:
        """Keep what the connection of the page has now."""
        connection = self.account.named("fts")
        assert connection.package
        self.arrived.append(Arrived(self.account.packages[connection.package], dict(connection.configuration), connection.id))


@pytest.fixture(scope="module")
def account() -> Iterator[Fivetran]:
    with standin(KEY) as account:
        yield account


@pytest.fixture(scope="module")
def api() -> Iterator[Simulation]:
    with Simulation([TABLE], secret=API_KEY) as server:
        yield server


@pytest.fixture(scope="module")
def new_desk(account: Fivetran, api: Simulation, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Desk]:
    """A desk with a new clone of an empty repository, from which is deployed to *account*."""

    def made(account: Fivetran = account) -> Desk:
        home = tmp_path_factory.mktemp("home")
        for each in (home, home / "deploys"):
            settings = each / ".fivetran/connector_sdk"
            settings.mkdir(parents=True)
            (settings / "_last_version_check").write_text("9999999999")
        # Elsewhere than where a project is checked: the SDK says so whenever a connector is imported.
        (settings / "_config.json").write_text(json.dumps({"production_base_url": account.url}))
        pipreqs = home / "bin/pipreqs"  # what would ask the package index
        pipreqs.parent.mkdir()
        pipreqs.write_text("#!/bin/sh\nexit 0\n")
        pipreqs.chmod(0o755)
        names = {f"GIT_{who}_{what}": "tests@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {
            "PATH": f"{pipreqs.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(home),
            "DO_NOT_TRACK": "1",
            "NO_COLOR": "1",
            "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            **names,
        }
        desk = Desk(home / "connectors", environment, account, api)
        desk.folder.mkdir()
        desk.git("init", "-q", "--bare", "-b", "main", desk.origin)
        desk.git("init", "-q", "-b", "main")
        desk.git("remote", "add", "origin", desk.origin)
        return desk

    return made


# The page


class Shell:
    """One bash, in which each command of the page is run: what one sets, the next one has."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._bash = subprocess.Popen(
            [BASH, "--noprofile", "--norc", "-o", "pipefail"],
            cwd=desk.folder,
            env=desk.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def follow(self, command: Command) -> None:
        """Run *command*, which has to end well and to print what the page shows."""
        if re.match(r"python -m pip install\b", command.line):
            return  # what runs this test is such an environment
        line = command.line.replace("https://api.fivetran.com", self._desk.account.url)
        code, printed = self._run(re.sub(r"^(?=\S+/deploy.sh)", f"HOME={self._desk.where_it_deploys['HOME']} ", line))
        assert code == 0, f"{command.line}: exit {code}\n{printed}"
        assert_shown(command, printed)
        if "/deploy.sh" in command.line:
            self._desk.note_what_arrived()

    def _run(self, line: str) -> tuple[int, str]:
        assert self._bash.stdin
        assert self._bash.stdout
        self._bash.stdin.write(f"{{ {line}\n}} </dev/null 2>&1; printf '\\n{END}%s\\n' $?\n")
        self._bash.stdin.flush()
        printed: list[str] = []
        for text in self._bash.stdout:
            if text.startswith(END):
                return int(text.removeprefix(END)), "".join(printed)
            printed.append(text)
        pytest.fail(f"bash ended at {line}\n{''.join(printed)}")

    def close(self) -> None:
        self._bash.communicate()


@pytest.fixture(scope="module")
def followed(new_desk: Callable[..., Desk]) -> Desk:
    """The page followed from its first line to its last."""
    desk = new_desk()
    shell = Shell(desk)
    try:
        for block in blocks(PAGE.read_text(encoding="utf-8")):
            if block.path:
                desk.write(block)
            elif block.kind == "console":
                for command in commands(block):
                    shell.follow(command)
    finally:
        shell.close()
    return desk


def test_the_first_four_lines_are_enough(new_desk: Callable[..., Desk], tmp_path: Path) -> None:
    [lines] = [block.text for block in blocks(PAGE.read_text(encoding="utf-8")) if block.kind == "sh"]
    assert lines.count("\n") == 4
    with standin(KEY) as account:
        desk = new_desk(account)
        editor = tmp_path / "editor"
        editor.write_text(f"#!/bin/sh\nsed -i 's|<.*>|{API_KEY}|' \"$1\"\n")
        editor.chmod(0o755)
        done = subprocess.run(
            [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", lines],
            cwd=desk.folder,
            env={**desk.where_it_deploys, "EDITOR": str(editor)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        connection = account.named("fts")
    assert connection.configuration["api_key"] == API_KEY
    assert connection.paused


def test_it_ends_with_a_connection_that_is_unpaused(followed: Desk, account: Fivetran) -> None:
    connection = account.named("fts")
    assert [each.connection for each in followed.arrived] == [connection.id] * 3
    assert (connection.paused, connection.resyncs) == (False, 1)


def test_what_arrived_runs_one_after_the_other(
    followed: Desk, api: Simulation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", followed.environment["HOME"])
    first, second, back = (unpacked(each, tmp_path / str(number)) for number, each in enumerate(followed.arrived))
    assert sync(first) == 750
    assert_every_row(first, api)
    api.feed("fts").append(25)
    shutil.copytree(first / "files", second / "files")
    assert sync(second) > 775
    assert_every_row(second, api, EXTRAS)
    # The way back: the cursor is where the newer build stopped, and the tables that it made stay.
    api.feed("fts").append(5)
    shutil.copytree(second / "files", back / "files")
    assert sync(back) < 200
    live = {table.name: table.total for table in read_tables(back, ["fts_records", "fts_technicians"], 0)}
    assert live["fts_records"] == len(api.feed("fts"))
    assert live["fts_technicians"] > 0
    for path in (LOCK, "connector.py", "requirements.txt"):
        assert (back / path).read_bytes() == (first / path).read_bytes() != b""


def unpacked(arrived: Arrived, folder: Path) -> Path:
    """The project that a package holds, as built, beside the configuration of its connection."""
    folder.mkdir()
    package = folder.with_suffix(".zip")
    package.write_bytes(arrived.package)
    assert verify(package).differences == ()
    with ZipFile(package) as archive:
        assert not [name for name in archive.namelist() if API_KEY.encode() in archive.read(name)]
        archive.extractall(folder)
    (folder / "configuration.json").write_text(json.dumps(arrived.configuration))
    return folder


def sync(project: Path) -> int:
    """One sync; how many rows it sent."""
    run = debug(project, project / "configuration.json")
    assert run.error is None, run.output
    return run.operations["upserts"]


def assert_every_row(project: Path, api: Simulation, enable: tuple[str, ...] = ()) -> None:
    [plan] = assemble([Plugin("connector-fts", connector_fts)], enable=enable).tables
    wanted = expected(plan, api.feed("fts").records())
    found = read_tables(project, list(wanted), None)
    assert {rows.name: difference(rows, wanted[rows.name]) for rows in found} == dict.fromkeys(wanted)


def test_each_lock_that_was_deployed_is_kept_and_so_is_where_it_came_from(followed: Desk) -> None:
    said = followed.git("log", "--format=%s", "origin/deployed").splitlines()
    assert said.pop() == "Nothing is deployed yet"
    commits = [text.removeprefix("fts to production from ") for text in said]
    files = [followed.git("show", f"{commit}:connectors.toml") for commit in commits]
    assert ["enable" in text for text in files] == [False, True, False]


# The workflow


@pytest.fixture(scope="module")
def workflow() -> Any:
    return YAML(typ="safe").load(WORKFLOW)


@pytest.mark.parametrize("schema", ["vendor.github-workflows", "custom.github-workflows-require-timeout"])
def test_the_workflow_fits_the_schema(schema: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, WORKFLOW],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["build", "deploy"])
def test_an_action_fits_the_schema(name: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", "vendor.github-actions", ACTIONS[name]],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def action(name: str) -> Any:
    return YAML(typ="safe").load(ACTIONS[name])


def test_no_step_puts_an_expression_into_a_script(workflow: Any) -> None:
    # What an expression stands for would be run as part of the script.
    steps = [step for job in workflow["jobs"].values() for step in job["steps"]]
    steps += [step for name in ACTIONS for step in action(name)["runs"]["steps"]]
    assert [step for step in steps if "run" in step]
    assert not [step for step in steps if "${{" in step.get("run", "")]


def test_only_the_job_that_deploys_sees_secrets_and_may_write(workflow: Any) -> None:
    assert "secrets." not in json.dumps(workflow["jobs"]["build"])
    assert "permissions" not in workflow["jobs"]["build"]
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["deploy"]["if"] == "github.event_name != 'pull_request'"


@frozen
class Runner:
    """What runs a job of the workflow on a new clone: every step but the installation, expressions filled in."""

    desk: Desk
    workflow: Any
    values: Mapping[str, str]

    def run(self, job: str, inputs: Mapping[str, str] | None = None) -> tuple[int, str]:
        """The exit code of the job, and what its steps printed."""
        clone = self.desk.folder.parent / "runner"
        shutil.rmtree(clone, ignore_errors=True)
        self.desk.git("clone", "-q", self.desk.origin, str(clone))
        printed = ""
        for step, given in self._steps(job, inputs or {}):
            if step.get("uses", "").startswith("actions/checkout@") and "with" in step:
                branch, path = step["with"]["ref"], step["with"]["path"]
                self.desk.git("clone", "-q", "-b", branch, self.desk.origin, str(clone / path))
            if "run" not in step or step["name"] == "Install":
                continue
            environment = step.get("env", {})
            known = self.desk.where_it_deploys if "/deploy.sh" in step["run"] else self.desk.environment
            done = subprocess.run(
                [BASH, "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
                cwd=clone,
                env={**known, **{name: self._filled(text, given) for name, text in environment.items()}},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            printed += done.stdout
            if done.returncode:
                return done.returncode, printed
        return 0, printed

    def _steps(self, job: str, inputs: Mapping[str, str]) -> Iterator[tuple[Any, Mapping[str, str]]]:
        """The steps of a job, those of its actions in their place, each with the inputs that it sees."""
        for step in self.workflow["jobs"][job]["steps"]:
            place, _, name = step.get("uses", "").rpartition("/")
            if place != "./.github/actions":
                yield step, inputs
                continue
            made = action(name)
            given = {each: self._filled(text, inputs) for each, text in step.get("with", {}).items()}
            needed = {each for each, about in made["inputs"].items() if about.get("required")}
            assert needed <= given.keys() <= made["inputs"].keys()
            seen = {each: given.get(each, str(about.get("default", ""))) for each, about in made["inputs"].items()}
            yield from ((inner, seen) for inner in made["runs"]["steps"])

    def _filled(self, text: str, inputs: Mapping[str, str]) -> str:
        def value(found: re.Match[str]) -> str:
            name, _, default = found[1].partition(" || ")
            where, _, key = name.partition(".")
            return inputs.get(key, default.strip("'")) if where == "inputs" else self.values[name]

        return re.sub(r"\$\{\{ (.+?) \}\}", value, text)


def test_the_workflow_deploys_what_is_new_and_stops_at_what_breaks(
    workflow: Any, new_desk: Callable[..., Desk], account: Fivetran, api: Simulation
) -> None:
    desk = new_desk()
    configuration = {"api_key": API_KEY, "base_url": api.url, "page_size": "200"}
    values = {
        "secrets.CONFIGURATIONS": json.dumps({"one": configuration, "two": configuration}),
        "secrets.FIVETRAN_API_KEY": KEY,
        "vars.FIVETRAN_ACCOUNT_NAME": "OURS",
        "vars.FIVETRAN_DESTINATION_NAME": "Elsewhere",
    }
    runner = Runner(desk, workflow, values)
    [line] = [line for line in PAGE.read_text().splitlines() if "git mktree" in line]
    both = '[[connector]]\nname = "one"\ndataset = "fts"\n{}\n[[connector]]\nname = "two"\ndataset = "fts"\n'

    def push(more: str) -> None:
        (desk.folder / "connectors.toml").write_text(both.format(more))
        desk.git("add", "--all")
        desk.git("commit", "-q", "-m", "change")
        desk.git("push", "-q", "origin", "main")

    push('enable = ["cost_per_hour"]')
    subprocess.run([BASH, "-c", line.removeprefix("$ ")], cwd=desk.folder, env=desk.environment, check=True)
    code, printed = runner.run("deploy")
    assert code == 0, printed
    assert {account.named(name).configuration["page_size"] for name in ("one", "two")} == {"200"}
    assert account.named("one").group == "group_one"
    desk.git("fetch", "-q")
    kept = desk.git("ls-tree", "-r", "--name-only", "origin/deployed").split()
    assert kept == ["staging/one.lock.json", "staging/two.lock.json"]
    packages = {name: account.named(name).package for name in ("one", "two")}

    # Nothing is new: nothing is deployed, unless that is asked for.
    code, printed = runner.run("deploy")
    assert code == 0, printed
    assert "one: staging has this build already\n" in printed
    assert {name: account.named(name).package for name in packages} == packages

    # A column goes: the build job tells, the deploy stops, and goes on once that was accepted.
    push("")
    code, printed = runner.run("build")
    assert code == 0, printed
    assert "breaks     fts_records.cost_per_hour" in printed
    code, printed = runner.run("deploy")
    assert code == 20, printed
    assert "::error title=one::Something would break" in printed
    assert {name: account.named(name).package for name in packages} == packages
    code, printed = runner.run("deploy", {"accept_breaks": "true"})
    assert code == 0, printed
    assert account.named("one").package != packages["one"]
    assert account.named("two").package == packages["two"]
    assert API_KEY not in printed
    assert KEY not in printed

    # A column comes: a warning, and the other connector only because everything was asked for.
    push('enable = ["cost_per_hour"]')
    code, printed = runner.run("deploy", {"everything": "true"})
    assert code == 0, printed
    assert "::warning title=one::Re-sync" in printed
    assert account.named("two").package != packages["two"]
    desk.git("fetch", "-q")
    assert desk.git("log", "-1", "--format=%s", "origin/deployed").startswith("two to staging from ")
