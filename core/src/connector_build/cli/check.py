"""`connector-build check`, with and without `--live`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from connector_build.cli.completion import complete_dataset
from connector_build.cli.ending import Verb
from connector_build.cli.options import json_option, names, source_options
from connector_build.errors import UsageProblem


@click.command("check", cls=Verb)
@click.argument("dataset", required=False, shell_complete=complete_dataset)
@source_options
@click.option("--rule", "rules", multiple=True, callback=names, metavar="NAMES", help="Only this rule; repeat for several.")
@click.option("--pages", type=click.Path(path_type=Path), metavar="FILE", help="Recorded pages that stand in for the API.")
@click.option("--live", is_flag=True, help="Instead of the contract, hold the plugin against the real API.")
@click.option(
    "--configuration", type=click.Path(path_type=Path), metavar="FILE", help="The configuration to ask the real API with."
)
@click.option(
    "--max-pages",
    type=click.IntRange(min=1),
    metavar="N",
    help="With --live: read at most so many pages of a table. [default: 10]",
)
@click.option("--all", "every", is_flag=True, help="Check everything that is installed or that connectors.toml lists.")
@click.option(
    "--file", "fleet", type=click.Path(path_type=Path), metavar="FILE", help="With --all: the list; connectors.toml if not given."
)
@json_option
def check_command(
    dataset: str | None,
    every: bool,
    fleet: Path | None,
    live: bool,
    configuration: Path | None,
    rules: Sequence[str],
    pages: Path | None,
    max_pages: int | None,
    as_json: bool,
    **sources: Any,
) -> None:
    """Check that a dataset's plugin keeps the contract, or with --live that its API does what the plugin says.

    Exit code 1 when it does not. Nothing is delivered, and without --live no API is asked.
    """
    if every or fleet or dataset is None:
        _check_every(dataset, every, [live, configuration, pages, max_pages, *sources.values()])
        fails = _check_all(fleet, as_json, rules)
        if fails:
            raise click.exceptions.Exit(1)
        return
    _check_options(live, configuration, rules, pages, max_pages)
    if configuration is not None:
        fails = _check_live(dataset, configuration, max_pages, as_json, **sources)
    else:
        fails = _check_contract(dataset, as_json, rules=rules, pages=pages, **sources)
    if fails:
        raise click.exceptions.Exit(1)


def _check_every(dataset: str | None, every: bool, others: Sequence[object]) -> None:
    """Raise UsageError where it is not plain whether one dataset is meant or all."""
    if not every:
        raise click.UsageError("--file goes with --all here." if dataset else "Name a dataset, or say --all.")
    if dataset or any(others):
        raise click.UsageError("--all checks the contract of every dataset. Beside it go --file, --rule and --json alone.")


def _check_all(fleet: Path | None, as_json: bool, rules: Sequence[str]) -> bool:
    """Whether a rule is broken by anything that is installed or listed; prints what was found."""
    from connector_build.fleet import checks
    from connector_build.fleet.members import FILE, read_fleet
    from connector_build.plugins.discovery import installed
    from connector_build.review.check import check_rules
    from connector_build.screen.printing import console, print_json

    check_rules(rules)
    members = read_fleet(fleet or Path(FILE)) if fleet or Path(FILE).is_file() else []
    subjects = checks.checkables([each.name for each in installed()], members)
    if not subjects:
        raise UsageProblem(f"Nothing is installed, and there is no {FILE} here. Install a plugin, or name a dataset.")
    screen = console()
    checked = checks.check_all(subjects, rules, None if as_json else screen)
    if as_json:
        print_json(checks.as_json(checked))
    else:
        checks.show(checked, screen)
    return any(each.fails for each in checked)


def _check_options(
    live: bool, configuration: Path | None, rules: Sequence[str], pages: Path | None, max_pages: int | None
) -> None:
    if live and configuration is None:
        raise UsageProblem("--live needs to know how to ask the API. Add --configuration dist/DATASET/configuration.json.")
    if configuration is not None and not live:
        raise UsageProblem("--configuration is for --live: the contract is checked without any API. Leave it out, or add --live.")
    if max_pages is not None and not live:
        raise UsageProblem("--max-pages is for --live: the contract is checked without any API. Leave it out, or add --live.")
    if live and (rules or pages is not None):
        raise UsageProblem("--live asks the real API and checks no rule. Leave out --rule and --pages, or --live.")


def _check_contract(dataset: str, as_json: bool, **options: Any) -> bool:
    """Whether a rule of the contract is broken; prints what was found."""
    from connector_build.plugins.discovery import find
    from connector_build.review import check
    from connector_build.screen.printing import console, print_json

    find(dataset)
    screen = console()
    findings = check.run_contract(dataset, console=None if as_json else screen, **options)
    if as_json:
        print_json(check.as_json(findings))
    else:
        check.show(findings, screen)
    return any(finding.status == "fail" for finding in findings)


def _check_live(dataset: str, configuration: Path, max_pages: int | None, as_json: bool, **sources: Any) -> bool:
    """Whether the API does something else than the plugin says; prints what was found."""
    from connector_build.project.making import assembled
    from connector_build.review import live, live_shown
    from connector_build.screen.printing import console, print_json
    from connector_build.screen.progress import StatusLog, status

    assembly, _ = assembled(dataset, **sources)
    values, remarks = live.read_values(assembly, configuration)
    for remark in remarks:
        click.echo(f"{configuration}: {remark}.", err=True)
    screen = console()
    with status(None if as_json else screen, f"{dataset}: asking the API") as update:
        compared = live.compare(assembly, values, StatusLog(update), max_pages=max_pages or live.MAX_PAGES)
    if as_json:
        print_json(live_shown.as_json(compared))
    else:
        live_shown.show(compared, screen)
    return any(each.breaks for each in compared)
