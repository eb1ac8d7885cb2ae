"""The documentation held against the code: the tutorial runs, the examples assemble, links and commands exist."""

import configparser
import inspect
import os
import re
import shlex
import socket
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import pytest
from attrs import field, frozen

import connector_core
from connector_build.cli.main import main
from connector_core import PluginError
from connector_core.plugin import hooks
from connector_core.plugin.assembly import HOOKS, Assembly, Plugin, assemble
from places import ROOT

FOLLOWED = [ROOT / "docs" / f"{name}.md" for name in ("tutorial", "packaging", "extensions")]
"""Pages that are followed from their first line to their last, one after the other in one folder."""
HOOKS_PAGE = ROOT / "docs" / "hooks.md"
PATTERNS = ("README.md", "AGENTS.md", "CONTRIBUTING.md", "docs/**/*.md", "core/*.md", "plugins/*/*.md")
PAGES = [page for pattern in PATTERNS for page in sorted(ROOT.glob(pattern))]
SCRIPTS = Path(sys.executable).parent
DATASETS = {"fts", "mso", "crew"}
"""Datasets that the pages build: the two of this repository and the tutorial's."""

BLOCK = re.compile(r"(?:^(?P<verb>File|Add to) `(?P<path>[^`\n]+)`:\n\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.M | re.S)


@frozen
class Block:
    """A fenced block: its language, its text, and the file that the line before it names."""

    kind: str
    text: str
    verb: str | None = None
    path: str | None = None


def blocks(markdown: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    return [Block(found["kind"], found["text"], found["verb"], found["path"]) for found in BLOCK.finditer(markdown)]


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


# The tutorial


@frozen
class Command:
    """A command of a console block and the output that the page shows."""

    line: str
    shown: tuple[str, ...]


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block: each stands behind ``$ ``, its output below."""
    for part in re.split(r"^\$ ", block.text, flags=re.M)[1:]:
        line, *shown = part.splitlines()
        yield Command(line, tuple(shown))


@frozen
class Workshop:
    """An empty folder in which pages are followed, the distributions that were installed from it so far, and what is running."""

    folder: Path
    sources: list[Path] = field(factory=list)
    running: list["subprocess.Popen[bytes]"] = field(factory=list)
    ports: dict[str, str] = field(factory=dict)

    def free(self, text: str) -> str:
        """*text* with a port that is free here in the place of each that a page names: anybody may have that one."""
        for page_has, ours in self.ports.items():
            text = re.sub(rf"\b{page_has}\b", ours, text)
        return text

    def take_ports(self, pages: Iterable[str]) -> None:
        """Find a free port for each that is served on in *pages*."""
        for number in dict.fromkeys(port for page in pages for port in re.findall(r"--port (\d+)", page)):
            with socket.socket() as tried:
                tried.bind(("127.0.0.1", 0))
                self.ports[number] = str(tried.getsockname()[1])

    def write(self, block: Block) -> None:
        """Do what a line ``File …`` or ``Add to …`` says."""
        path = self.folder / str(block.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") + "\n" if block.verb == "Add to" else ""
        path.write_text(before + self.free(block.text), encoding="utf-8")

    def install(self, distribution: str) -> None:
        """What ``pip install -e`` would leave, without a network: metadata beside the source, found through PYTHONPATH."""
        source = self.folder / distribution / "src"
        about = tomllib.loads((source.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        info = source / f"{about['name'].replace('-', '_')}-{about['version']}.dist-info"
        info.mkdir(exist_ok=True)
        needs = [f"Requires-Dist: {need}" for need in about["dependencies"]]
        head = [
            "Metadata-Version: 2.1",
            f"Name: {about['name']}",
            f"Version: {about['version']}",
            f"Summary: {about['description']}",
        ]
        (info / "METADATA").write_text("\n".join([*head, *needs]) + "\n", encoding="utf-8")
        lines = []
        for group, points in about["entry-points"].items():
            lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items())]
        (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
        files = sorted(path.relative_to(source).as_posix() for path in source.rglob("*") if path.suffix in (".py", ".txt"))
        (info / "RECORD").write_text("".join(f"{path},,\n" for path in files), encoding="utf-8")
        if source not in self.sources:
            self.sources.append(source)

    def run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run one command of the virtual environment, its two outputs joined as a terminal joins them."""
        own = SCRIPTS / arguments[0]
        return subprocess.run(
            [own if own.exists() else arguments[0], *arguments[1:]],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    @property
    def environment(self) -> dict[str, str]:
        """What the virtual environment of a reader has."""
        return {
            "PATH": f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([*map(str, self.sources), os.environ.get("PYTHONPATH", "")]),
            "HOME": str(self.folder),
            "DO_NOT_TRACK": "1",
            "NO_COLOR": "1",
        }

    def follow(self, command: Command) -> None:
        """Do what *command* says, and compare what it prints with what the page shows."""
        match shlex.split(self.free(command.line)):
            case ["python3.11", "-m", "venv", _] | ["source", _] | ["python", "-m", "pip", "install", "./core[local]", _]:
                pass  # what runs this test is such an environment
            case ["python", "-m", "pip", "install", "-e", folder]:
                self.install(folder)
            case ["connector-build", "serve", *_, "--port", port, "--api-key", _, "&"] as arguments:
                self.leave_running(arguments[:-1], int(port))
            case ["python", "-m", "pytest", *_] | ["connector-build", *_] | ["grep" | "find", *_] as arguments:
                done = self.run(arguments)
                assert_shown(command, done.stdout)
                failing = any(line.startswith("Error:") for line in command.shown)
                assert (done.returncode != 0) == failing, f"{command.line}: exit {done.returncode}\n{done.stdout}"
            case _:
                pytest.fail(f"a page says {command.line!r}, and this test does not know how to follow that")

    def leave_running(self, arguments: Sequence[str], port: int) -> None:
        """Start a server, and wait until it listens."""
        program = [str(SCRIPTS / arguments[0]), *arguments[1:]]
        process = subprocess.Popen(program, cwd=self.folder, env=self.environment, stdout=subprocess.DEVNULL)
        self.running.append(process)
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            with socket.socket() as tried:
                if not tried.connect_ex(("127.0.0.1", port)):
                    return
            time.sleep(0.05)
        pytest.fail(f"nothing listens on port {port}")


def assert_shown(command: Command, printed: str) -> None:
    """*printed* is what the page shows, but for white space; ``...`` stands for any lines, or for any text within a line."""
    pattern = "".join(r"(?:.*\n)*?" if line.strip() == "..." else _line(line) for line in command.shown)
    got = "".join(f"{_collapsed(line)}\n" for line in printed.splitlines() if line.strip())
    assert re.fullmatch(pattern, got), f"{command.line} prints\n{printed}\nbut the page shows\n" + "\n".join(command.shown)


def _line(line: str) -> str:
    shown = _collapsed(line)
    return ".*".join(map(re.escape, shown.split("..."))) + "\n" if shown else ""


def _collapsed(line: str) -> str:
    return re.sub("─+", "─", " ".join(line.split()))


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The pages followed from their first line to their last."""
    shop = Workshop(tmp_path_factory.mktemp("tutorial"))
    checked = shop.folder / ".fivetran" / "connector_sdk" / "_last_version_check"
    checked.parent.mkdir(parents=True)
    checked.write_text(str(int(time.time())), encoding="utf-8")  # or the fivetran command would ask the network for a newer one
    pages = [page.read_text(encoding="utf-8") for page in FOLLOWED]
    shop.take_ports(pages)
    try:
        for page in pages:
            for block in blocks(page):
                if block.path:
                    shop.write(block)
                for command in commands(block) if block.kind == "console" else ():
                    shop.follow(command)
        yield shop
    finally:
        for process in shop.running:
            process.kill()
            process.wait()


def test_the_tutorial_and_what_goes_on_from_it_work_as_written(workshop: Workshop) -> None:
    projects = workshop.folder / "dist"
    assert (projects / "crew" / "crew.py").exists()
    assert (projects / "crew_packed" / "connector_crew" / "__init__.py").exists()
    assert not (projects / "crew_packed" / "connector_crew" / "sample.py").exists()
    assert (projects / "crew_overtime" / "our_fields.py").exists()
    assert (projects / "crew_members" / "connector_crew_members" / "__init__.py").exists()


def test_the_tutorial_is_short() -> None:
    text = FOLLOWED[0].read_text(encoding="utf-8")
    assert len(re.sub(r"```.*?```", "", text, flags=re.S).split()) <= 900


# hooks.md


def section(hook: str) -> list[Block]:
    """The blocks of the section of hooks.md that describes *hook*."""
    found = re.search(rf"^## {hook}$(.*?)(?=^## )", HOOKS_PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert found, f"docs/hooks.md has no section {hook}"
    return blocks(found[1])


def python_of(hook: str) -> list[str]:
    """The Python blocks of a section: the signature, then examples, last a mistake."""
    return [block.text for block in section(hook) if block.kind == "python"]


def assembled(*texts: str) -> Assembly:
    """One module made of *texts*, assembled with all that it offers switched on."""
    module = ModuleType("connector_crew")
    for text in texts:
        exec(compile(text, "docs/hooks.md", "exec"), module.__dict__)  # noqa: S102 - our own page
    plugin = Plugin("connector-crew", module)
    return assemble([plugin], enable=[option.name for option in assemble([plugin]).options])


def test_hooks_page_has_every_hook_in_the_order_of_the_code() -> None:
    headings = re.findall(r"^## (connector_(?!core)\w+)$", HOOKS_PAGE.read_text(encoding="utf-8"), re.M)
    assert tuple(headings) == HOOKS


@pytest.mark.parametrize("hook", HOOKS)
def test_signature_is_that_of_the_code(hook: str) -> None:
    signature = str(inspect.signature(getattr(hooks, hook)))
    unqualified = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", signature)
    assert python_of(hook)[0] == f"def {hook}{unqualified}: ...\n"


@pytest.mark.parametrize("hook", HOOKS)
def test_examples_assemble(hook: str) -> None:
    _, *examples, _ = python_of(hook)
    assert examples
    for example in examples:
        assembly = assembled(python_of("connector_tables")[1], example)
        assert hook in {origin.hook for origin in answers(assembly)}


def answers(assembly: Assembly) -> Iterator[Any]:
    """Where each answer of the example's own came from."""
    plans = assembly.tables
    origins = [
        assembly.auth_origin,
        *assembly.setting_origins.values(),
        *(option.origin for option in assembly.options),
        *(origin for plan in plans for origin in (plan.origin, plan.paginator_origin)),
    ]
    return (origin for origin in origins if origin.plugin == "connector-crew")


@pytest.mark.parametrize("hook", HOOKS)
def test_mistakes_are_answered_with_the_message_shown(hook: str) -> None:
    [message] = [block.text.strip() for block in section(hook) if block.kind == "text"]
    with pytest.raises(PluginError) as caught:
        assembled(python_of("connector_tables")[1], python_of(hook)[-1])
    assert str(caught.value) == message


GROUP = 15
"""So many names of a group are taken in at a glance."""


def test_the_groups_of_names_together_are_the_public_api() -> None:
    _, _, rest = HOOKS_PAGE.read_text(encoding="utf-8").partition("## What connector_core offers")
    section, _, _ = rest.partition("\n## ")
    before, *groups = re.split(r"^### ", section, flags=re.M)
    names = [re.findall(r"^\| `(\w+)` \|", group, re.M) for group in groups]
    assert "|" not in before
    assert all(0 < len(group) <= GROUP for group in names)
    assert sorted(name for group in names for name in group) == sorted(connector_core.__all__)


# Every page


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_python_blocks_compile(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.kind == "python":
            compile(block.text, named(page), "exec")


def prose(page: Path) -> str:
    """A page without its fenced blocks."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """What ``#…`` can point to: each heading in lower case, without punctuation, dashes for blanks."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_relative_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{named(page)} links to {link}"
        assert target.is_relative_to(ROOT), f"{named(page)} links out of the repository: {link}"
        assert not anchor or anchor in anchors(target), f"{named(page)} links to {link}, and there is no such heading"


def typed(page: Path, program: str) -> Iterator[list[str]]:
    """The words behind *program* wherever a page shows it as code: between backquotes, or as a line of a block."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in blocks(text) if block.kind in ("", "console", "bash", "sh") for line in block.text.splitlines()]
    for code in [*re.findall(r"`([^`\n]+)`", prose(page)), *lines]:
        words = code.removeprefix("$ ").partition("#")[0].partition(" | ")[0].split()
        if words and Path(words[0]).name == program:
            yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_connector_build_commands_exist(page: Path) -> None:
    for first, *rest in filter(None, typed(page, "connector-build")):
        context = click.Context(main)
        if first.startswith("-"):
            known = {name for option in main.get_params(context) for name in option.opts}
            assert first in known, f"{named(page)} shows connector-build {first}"
            continue
        known_name = first in main.commands or first in DATASETS or first.isupper() or ".py" in first
        assert known_name, f"{named(page)} shows connector-build {first}"
        command = main.get_command(context, first)
        assert command
        options = {name for option in command.get_params(click.Context(command)) for name in option.opts}
        for word in (word for word in rest if word.startswith("-") and word != "-"):  # which is the standard output
            assert word.partition("=")[0] in options, f"{named(page)} shows connector-build {first} {word}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_make_targets_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    for words in typed(page, "make"):
        assert set(words) <= targets, f"{named(page)} shows make {' '.join(words)}"


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_tox_environments_exist(page: Path) -> None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    environments = {name.removeprefix("testenv:") for name in tox.sections() if name.startswith("testenv:")}
    for words in typed(page, "tox"):
        for option, value in pairwise(words):
            if option == "-e":
                assert set(value.split(",")) <= environments, f"{named(page)} shows tox {' '.join(words)}"
