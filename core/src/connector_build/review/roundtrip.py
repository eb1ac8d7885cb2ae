"""The proof of `connector-build new`, written into a page of the documentation.

python -m connector_build.review.roundtrip [--output docs/new.md]
"""

import sys
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from connector_build.errors import UsageProblem
from connector_build.review.trips import AUTHS, WORDS, Subject, Trip, subjects, travel
from connector_build.screen.markdown import markdown_table
from connector_build.screen.progress import status
from connector_build.testing.reliability import written
from connector_core.basics.counting import counted

BEGIN: Final = "<!-- roundtrip: begin. python -m connector_build.review.roundtrip writes what follows. -->"
END: Final = "<!-- roundtrip: end -->"


def table(results: Mapping[Subject, Trip]) -> str:
    """What stands between the markers of the page."""
    tried = [trip for trip in results.values() if trip.outcome != "not"]
    same = sum(trip.outcome == "same" for trip in tried)
    guessed = sum(trip.outcome == "guessed" for trip in tried)
    figures = (
        f"{len(tried)} drafts: {same} bring the same rows without an edit ({100 * same / len(tried):.0f} %), {guessed} have a "
    )
    figures += f"guess on the very line that differs, {len(tried) - same - guessed} differ. "
    figures += f"{sum(trip.requests for trip in tried) / len(tried):.1f} requests on average."
    return "\n".join([figures, "", _of_gallery(results), "", _of_ready_made(results)])


def _of_gallery(results: Mapping[Subject, Trip]) -> str:
    rows = [
        [subject.name, WORDS[trip.outcome], str(trip.guesses) if trip.outcome != "not" else "", trip.detail.replace("|", "/")]
        for subject, trip in results.items()
        if subject.group == "gallery"
    ]
    return markdown_table(["plugin of the gallery", "drafted from one address", "guesses", "why"], rows)


def _of_ready_made(results: Mapping[Subject, Trip]) -> str:
    """A row for each paginator and strategy, with what is the same for every kind of auth said once."""
    found: dict[str, dict[str, Trip]] = {}
    for subject, trip in results.items():
        if subject.group != "gallery":
            found.setdefault(subject.name, {})[subject.group] = trip
    rows = []
    for name, trips in found.items():
        outcomes = {trip.outcome for trip in trips.values()}
        said = (
            WORDS[outcomes.pop()]
            if len(outcomes) == 1
            else "; ".join(f"{auth}: {WORDS[trip.outcome]}" for auth, trip in trips.items())
        )
        why = next((trip.detail for trip in trips.values() if trip.detail), "")
        rows.append([name, said, why.replace("|", "/")])
    return markdown_table(["paginator or strategy", f"with each of {len(AUTHS)} kinds of auth", "why"], rows)


@click.command()
@click.option("--output", type=click.Path(path_type=Path), default=Path("docs/new.md"), help="The page to write.")
def main(output: Path) -> None:
    """Draft every plugin whose API can be simulated from one address, and write what came of it into a page."""
    console = Console(stderr=True)
    try:
        page = output.read_text(encoding="utf-8") if output.is_file() else f"{BEGIN}\n{END}\n"
        written(page, "", BEGIN, END)  # rather now than after the run
        every = list(subjects())
        done = count(1)
        results = {}
        with status(console, "round trips") as update:
            for subject in every:
                update(f"{next(done)} of {len(every)}: {subject.name}, {subject.group}")
                results[subject] = travel(subject)
        output.write_text(written(page, table(results), BEGIN, END), encoding="utf-8")
    except UsageProblem as problem:
        raise click.UsageError(str(problem)) from None
    differing = [(subject, trip) for subject, trip in results.items() if trip.outcome == "differs"]
    for subject, trip in differing:
        click.echo(f"{subject.name}, {subject.group}: {trip.detail}", err=True)
    click.echo(f"{output}: {counted(len(results), 'table')}, {len(differing)} differ")
    if differing:
        sys.exit(1)


if __name__ == "__main__":
    main()
