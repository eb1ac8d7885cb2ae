"""The command: measure, judge, and write the page."""

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import asdict, frozen

from speed import commands, machine, tables
from speed.api import make_pages, running
from speed.commands import COMMANDS, Command
from speed.environments import ROOT, Environments
from speed.figures import Figure, Measured, Run, Section, Spread
from speed.page import replaced
from speed.plan import DEFAULT, FULL, Effort, quick, sections
from speed.runners import RUNNERS, measure
from speed.targets import verdicts

PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
TYPED = "tox run -e bench"
APART = ("threads", "tables", "offsets")
"""How the sections begin that have a place of their own on the page."""


@frozen
class Outcome:
    """All that one run of the command has found."""

    measured: Mapping[str, Measured]
    commands: Mapping[Command, Spread] | None


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for; 0 when it could be measured, whatever came out."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    asked = _parser().parse_args(given)
    effort = FULL if asked.full else DEFAULT
    planned = _chosen(sections(effort), asked)
    environments = Environments(Path(sys.prefix) / "peers")
    began = time.monotonic()
    with running() as api:
        measured = {section.name: _measure(section, api, environments) for section in planned}
    outcome = Outcome(measured, _measure_commands(asked, effort, environments))
    about = machine.about(" -- ".join([TYPED, " ".join(given)]) if given else TYPED, (time.monotonic() - began) / 60)
    _keep(outcome, about)
    if asked.only or asked.quick:
        sys.stdout.write("\n\n".join(filter(None, _parts(outcome, about, measured_only=True).values())) + "\n")
    else:
        _publish(outcome, _parts(outcome, about))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"{TYPED} --", description="How fast a sync is beside others.")
    parser.add_argument("--full", action="store_true", help="everything, in about an hour")
    parser.add_argument("--quick", action="store_true", help="one round of 1,000 records: does it all work? Writes no page")
    names = ", ".join([section.name for section in sections(FULL)] + ["commands"])
    parser.add_argument("--only", default="", metavar="NAME[,NAME]", help=f"these sections only: {names}. Writes no page")
    return parser


def _names(asked: argparse.Namespace) -> list[str]:
    return [name for name in asked.only.split(",") if name]


def _chosen(found: list[Section], asked: argparse.Namespace) -> list[Section]:
    names = _names(asked)
    if unknown := set(names) - {section.name for section in found} - {"commands"}:
        raise SystemExit(f"--only: no section {', '.join(sorted(unknown))} in this run")
    chosen = [section for section in found if not names or section.name in names]
    return quick(chosen) if asked.quick else chosen


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _measure(section: Section, api: str, environments: Environments) -> Measured:
    """Every run once a round, in turns."""
    for runner in dict.fromkeys(run.runner for run in section.runs):
        environments.python(RUNNERS[runner].environment)
    for run in section.runs:
        make_pages(api, run.records, run.size)
    figures: dict[Run, list[Figure]] = {run: [] for run in section.runs}
    for number in range(1, section.rounds + 1):
        for run in turns(section.runs, number):
            found = measure(run, api, environments)
            figures[run].append(found)
            _say(f"{section.name}, round {number} of {section.rounds}: {_named(run)}: {found.seconds:.2f} s")
    return Measured(section, figures)


def turns(runs: Sequence[Run], number: int) -> list[Run]:
    """The order of round *number*: another run begins each time, so that none always has the same place."""
    start = (number - 1) % len(runs)
    return [*runs[start:], *runs[:start]]


def _named(run: Run) -> str:
    threads = f", {run.threads} threads" if run.threads else ""
    return f"{RUNNERS[run.runner].label}, {run.records:,} records, pages of {run.size}, {run.wait} ms{threads}"


def _measure_commands(asked: argparse.Namespace, effort: Effort, environments: Environments) -> Mapping[Command, Spread] | None:
    names = _names(asked)
    if names and "commands" not in names:
        return None
    return commands.measure(environments.python("command"), 1 if asked.quick else effort.commands, _say)


def _keep(outcome: Outcome, about: str) -> None:
    """Every single figure, for whoever wants to compute something else; beside the environment, not in the repository."""
    found = {
        "about": about,
        "figures": [
            {"section": name, "round": number, "run": asdict(run), **asdict(figure)}
            for name, measured in outcome.measured.items()
            for run, figures in measured.figures.items()
            for number, figure in enumerate(figures, 1)
        ],
        "commands": {command.typed: asdict(seconds) for command, seconds in (outcome.commands or {}).items()},
    }
    file = Path(sys.prefix) / "bench-results.json"
    file.write_text(json.dumps(found, indent=1), encoding="utf-8")
    _say(f"Every figure: {file}")


def _parts(outcome: Outcome, about: str, *, measured_only: bool = False) -> dict[str, str]:
    judged = verdicts(outcome.measured, outcome.commands, asked=COMMANDS)
    shown = [each for each in judged if each.found or not measured_only]
    return {
        "machine": about,
        "targets": tables.of_targets(shown) if shown else "",
        "figures": _sections(outcome, [name for name in outcome.measured if not name.startswith(APART)]),
        "threads": _sections(outcome, [name for name in outcome.measured if name.startswith("threads")]),
        "side-by-side": _sections(outcome, [name for name in outcome.measured if name.startswith(("tables", "offsets"))]),
        "commands": tables.of_commands(outcome.commands) if outcome.commands else "",
    }


def _sections(outcome: Outcome, names: Sequence[str]) -> str:
    return "\n\n".join(tables.of_section(outcome.measured[name]) for name in names)


def _publish(outcome: Outcome, parts: dict[str, str]) -> None:
    from speed import plots  # here, because it takes a while to import

    drawn = plots.write(outcome.measured, PLOTS)
    images = {name: f"![{text}]({PLOTS.name}/{name})" for name, text in drawn.items()}
    parts["threads"] = "\n\n".join([*filter(None, [images.pop("threads.svg", "")]), parts["threads"]])
    parts["figures"] = "\n\n".join([*images.values(), parts["figures"]])
    PAGE.write_text(replaced(PAGE.read_text(encoding="utf-8"), parts), encoding="utf-8")
    _say(f"Written: {PAGE}")
