"""Why a dataset or an extension is not found, although what brings it may well be installed."""

import difflib
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points

from packaging.utils import canonicalize_name

from connector_core.basics.names import one_line

MISSPELT = 0.85
"""How much alike (difflib's ratio) two groups are of which one is taken for the other misspelt."""

INSTALL = "If it has a plugin, install that first: pip install, and the folder or the file of the plugin."


def advice(name: str, group: str, known: frozenset[str]) -> str:
    """What to do about *name*, which no entry point of *group* has; *known* are all groups that somebody reads.

    No distribution is named that is not installed: on an index, that name may be anybody's.
    """
    return next(_found(name, group, known), INSTALL)


def _found(name: str, group: str, known: frozenset[str]) -> Iterator[str]:
    write = f"Write it in its pyproject.toml below [project.entry-points.{group}], and install the plugin again."
    for point in _misplaced(name, group, known):
        yield (
            f"{point.dist.name if point.dist else point.value} has {one_line(point.name, 60)} in the entry-point group "
            f"{one_line(point.group, 60)}, where it is not looked for. {write}"
        )
    for distribution in _namesakes(name):
        yield f"{distribution.name} {distribution.version} is installed, but has no such entry point. {write}"


def _misplaced(name: str, group: str, known: frozenset[str]) -> Iterator[EntryPoint]:
    """Entry points of this name, in a group that is spelt nearly as ours are, or in another one of ours."""
    points = entry_points()
    for other in sorted(points.groups):
        if other != group and (other in known or difflib.SequenceMatcher(None, other, group).ratio() > MISSPELT):
            yield from (point for point in points.select(group=other) if point.name.partition(".")[0] == name)


def _namesakes(name: str) -> Iterator[Distribution]:
    """Installed distributions that are called like *name*, with or without the customary word in front or behind."""
    own = canonicalize_name(name)
    wanted = {own, f"connector-{own}", f"{own}-connector", f"fivetran-{own}"}
    return (each for each in distributions() if canonicalize_name(each.name or "") in wanted)
