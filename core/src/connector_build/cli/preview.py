"""`connector-build preview`."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from connector_build.cli.ending import Verb
from connector_build.cli.options import choice_options, dataset_argument, json_option
from connector_build.errors import UsageProblem

if TYPE_CHECKING:
    from connector_build.review.preview import Source
    from connector_core.plugin.assembly import Assembly


@click.command("preview", cls=Verb)
@dataset_argument
@click.argument("tables", nargs=-1, metavar="[TABLE]...")
@choice_options
@click.option(
    "--configuration", type=click.Path(path_type=Path), metavar="FILE", help="The configuration to ask the real API with."
)
@click.option("--pages", type=click.Path(path_type=Path), metavar="FILE", help="Recorded pages that stand in for the API.")
@click.option("--rows", type=click.IntRange(1, 1000), default=3, show_default=True, metavar="N", help="Show at most N rows.")
@json_option
def preview_command(
    dataset: str,
    tables: Sequence[str],
    configuration: Path | None,
    pages: Path | None,
    rows: int,
    as_json: bool,
    **choice: Any,
) -> None:
    """Show the first page of each table as rows with types. Nothing is built, and no destination is needed.

    Of a child table it is that of the first record of its parent. Exit code 1 where a page cannot be read.
    """
    if (configuration is None) is (pages is None):
        raise UsageProblem("Say where pages come from: --configuration FILE for the real API, or --pages FILE for recorded ones.")
    from connector_build.project.making import assembled
    from connector_build.review import preview, preview_shown
    from connector_build.screen.printing import console, print_json

    assembly, _ = assembled(dataset, **choice)
    names, screen, found = preview.chosen(assembly, tables), console(), []
    with _source(assembly, configuration, pages, quiet=as_json) as source:
        for each in preview.previews(source, names, rows):
            found.append(each)
            if not as_json:
                preview_shown.show(each, screen)
    if as_json:
        print_json(preview.as_json(found))
    if any(each.problem and not each.request for each in found):
        raise click.exceptions.Exit(1)


@contextmanager
def _source(assembly: "Assembly", configuration: Path | None, pages: Path | None, *, quiet: bool) -> "Iterator[Source]":
    from connector_build.api.recording import Recording
    from connector_build.review import preview
    from connector_build.screen.printing import console
    from connector_build.screen.progress import StatusLog, status

    if pages is not None:
        with preview.replayed(assembly, Recording.load(pages)) as source:
            yield source
        return
    assert configuration is not None  # noqa: S101  (the caller has looked)
    with (
        status(None if quiet else console(), "asking the API") as update,
        preview.live(assembly, configuration, StatusLog(update), lambda said: click.echo(said, err=True)) as source,
    ):
        yield source
