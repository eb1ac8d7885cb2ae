"""`connector-build --all`."""

from pathlib import Path

import click


def build_fleet(context: click.Context, fleet: Path | None, *, force: bool, quiet: bool, verbose: bool) -> None:
    """Build every connector that the file lists; exit code 1 when one of them fails."""
    from connector_build.fleet.builds import build_all, show_outcomes
    from connector_build.fleet.members import FILE, read_fleet
    from connector_build.screen.printing import console

    screen = console()
    outcomes = build_all(read_fleet(fleet or Path(FILE)), force=force, console=None if quiet else screen)
    show_outcomes(outcomes, screen, quiet=quiet, verbose=verbose)
    if not all(outcome.built for outcome in outcomes):
        context.exit(1)
