"""From the rests of a table's parts to the place where a sync of the whole table goes on."""

from collections.abc import Sequence

from connector_core.engine.child_place import Place
from connector_core.parts.part import Part
from connector_core.source.pagination import Bookmark


def rest_of(parts: Sequence[Part], rests: Sequence[Bookmark]) -> Bookmark:
    """Where the next sync goes on, once each of *parts* was read and rests at its own place, in the same order."""
    if parts[0].kind in ("children", "share"):
        return _of_children(rests)
    if parts[0].kind == "windows":
        # The last of them that says something. It is never behind the place that one read of all windows would rest at.
        return next((rest for rest in reversed(rests) if rest), {})
    return rests[0] if len(parts) == 1 and parts[0].kind == "whole" else {}


def _of_children(rests: Sequence[Bookmark]) -> Bookmark:
    """The places of all parents' children. Where parents are listed by their change, they are listed from the start again."""
    whole = Place()
    for rest in rests:
        place = Place.read(rest)
        whole.rests |= place.rests
        whole.changed |= place.changed
    return whole.bookmark()
