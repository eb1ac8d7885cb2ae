"""`connector-build cost`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument, json_option
from connector_build.errors import UsageProblem

if TYPE_CHECKING:
    from connector_build.review.cost.month import Month
    from connector_core.plugin.assembly import Assembly


@click.command("cost", cls=Verb)
@dataset_argument
@choice_options
@click.option(
    "--rows",
    type=click.IntRange(1, 100_000_000),
    metavar="N",
    help="Records of each table when the month begins; if not given, what the last local runs wrote, else 750.",
)
@click.option(
    "--new",
    type=click.IntRange(0, 1_000_000),
    default=25,
    show_default=True,
    metavar="N",
    help="Records that come before each sync.",
)
@click.option(
    "--changed",
    type=click.IntRange(0, 1_000_000),
    default=5,
    show_default=True,
    metavar="N",
    help="Records that change before each sync.",
)
@click.option("--syncs-a-day", type=click.IntRange(1, 288), default=1, show_default=True, metavar="N", help="How often it syncs.")
@click.option("--days", type=click.IntRange(1, 31), default=30, show_default=True, metavar="N", help="Days of the month.")
@click.option("--page-size", type=click.IntRange(min=1), metavar="N", help="The setting page_size; its default if not given.")
@click.option(
    "--pages", type=click.Path(path_type=Path), metavar="FILE", help="A recording: its rows, page size and values count."
)
@json_option
def cost_command(
    dataset: str,
    rows: int | None,
    new: int,
    changed: int,
    syncs_a_day: int,
    days: int,
    page_size: int | None,
    pages: Path | None,
    as_json: bool,
    **choice: Any,
) -> None:
    """Say what a month of syncs takes: distinct keys, upserts and requests, for what is chosen and for each alternative.

    The syncs are run here, against a made-up API, and counted. Nothing is built and nothing is asked. No prices: rows.
    """
    from connector_build.plugins.references import named
    from connector_build.project.making import assembled
    from connector_build.review.cost import choices, shown
    from connector_build.review.cost.month import Month
    from connector_build.screen.printing import console, print_json
    from connector_build.screen.progress import status

    assembly, _ = assembled(dataset, **choice)
    month = Month(new=new, changed=changed, syncs_a_day=syncs_a_day, days=days)
    month = _known(dataset, assembly, month, rows, page_size, pages)
    with status(None if as_json else console(), "simulating a month") as update:
        found = choices.costs(assembly, month, update)
    if as_json:
        print_json(shown.as_json(named(dataset), month, found))
    else:
        shown.show(named(dataset), month, found, console())


def _known(
    dataset: str, assembly: "Assembly", month: "Month", rows: int | None, page_size: int | None, pages: Path | None
) -> "Month":
    """*month* with what is known of the dataset: first what was given, then a recording, then the last local runs."""
    from attrs import evolve

    from connector_build.plugins.discovery import sample
    from connector_build.plugins.references import named
    from connector_build.review.cost.month import of_recording, of_runs
    from connector_core.basics.counting import plural

    month = evolve(month, sample=sample(dataset))
    if pages is not None:
        month = of_recording(month, pages, assembly)
    elif rows is None:
        name = named(dataset)
        month = of_runs(month, [Path("dist", name), Path("dist", f"demo-{name}")], assembly)
    if rows is not None:
        month = evolve(month, rows={}, others=rows, said=f"{rows:,} {plural(rows, 'row')} of each table, as given")
    if page_size is not None:
        _check_size(assembly, page_size)
        month = evolve(month, page_size=page_size)
    return month


def _check_size(assembly: "Assembly", size: int) -> None:
    setting = next(each for each in assembly.settings if each.name == "page_size")
    low, high = setting.minimum or 1, setting.maximum
    if size < low or (high is not None and size > high):
        raise UsageProblem(f"--page-size {size}: the setting page_size of this connector goes from {low:g} to {high or 'any'}.")
