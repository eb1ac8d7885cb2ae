"""Figures as Markdown."""

from collections.abc import Iterable, Mapping

from connector_build.screen.markdown import markdown_table
from speed.commands import Command
from speed.figures import Measured, Run, Spread
from speed.runners import RUNNERS
from speed.targets import Unit, Verdict

_FORMS: Mapping[Unit, str] = {"ratio": "{:.2f}", "seconds": "{:.2f} s", "MB": "{:.1f} MB"}


def shown(value: Spread | None, unit: Unit) -> str:
    """A median, with the range behind it where there is one."""
    if value is None:
        return "-"
    form = _FORMS[unit]
    if value.rounds == 1:
        return form.format(value.median)
    plain = form.split("}")[0] + "}"
    return f"{form.format(value.median)} ({plain.format(value.low)} to {plain.format(value.high)})"


def of_targets(found: Iterable[Verdict]) -> str:
    """What was aimed at, and how it came out."""
    rows = [
        [
            each.target,
            each.where,
            f"{'at most' if each.most else 'at least'} {_limit(each)}",
            shown(each.found, each.unit),
            each.result,
        ]
        for each in found
    ]
    return markdown_table(["target", "where", "limit", "found", "result"], rows)


def _limit(verdict: Verdict) -> str:
    return _FORMS[verdict.unit].format(verdict.limit)


def of_section(measured: Measured) -> str:
    """Everything that a section measured; ratios are those to the run that stands first among those of the same feed."""
    section = measured.section
    rows = [_row(measured, run) for run in section.runs]
    head = [
        "runner",
        "records",
        "page",
        "wait",
        "seconds",
        "CPU seconds",
        "peak MB",
        "records a second",
        "of the time written by hand",
    ]
    if section.beside.threads:
        head[-1], head[0] = "of the time of one thread", "threads"
    rounds = f"{section.rounds} round{'' if section.rounds == 1 else 's'}"
    return f"### {section.title}\n\n`{section.name}`: {rounds}.\n\n{markdown_table(head, rows)}"


def label(run: Run) -> str:
    """What a run is called; how many threads it has where that is a choice."""
    return RUNNERS[run.runner].label + (f", {run.threads} at a time" if run.threads else "")


def _row(measured: Measured, run: Run) -> list[str]:
    seconds = measured.of(run)
    return [
        str(run.threads) if measured.section.beside.threads else label(run),
        f"{run.records * run.tables:,}",
        str(run.size),
        f"{run.wait} ms",
        shown(seconds, "ratio"),
        f"{measured.of(run, 'cpu').median:.2f}",
        f"{measured.of(run, 'peak_mb').median:.1f}",
        f"{run.records * run.tables / seconds.median:,.0f}",
        shown(_beside(measured, run), "ratio"),
    ]


def _beside(measured: Measured, run: Run) -> Spread | None:
    """The time of *run* beside that of its opponent: the loop written by hand, or one thread."""
    other = measured.section.opponent(run)
    return measured.ratio(run, other) if other in measured.figures else None


def of_commands(found: Mapping[Command, Spread]) -> str:
    """What the command takes."""
    rows = [[_command(each.typed), shown(seconds, "seconds"), str(seconds.rounds)] for each, seconds in found.items()]
    return markdown_table(["command", "seconds of the whole process", "rounds"], rows)


def _command(typed: str) -> str:
    """The command as code; what stands behind a comma says how it was tried."""
    command, comma, how = typed.partition(",")
    return f"`{command}`{comma}{how}"
