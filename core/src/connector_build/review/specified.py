"""`connector-build new` from a description of an API, or from the connector of another tool, which proves nothing yet."""

from collections.abc import Sequence
from pathlib import Path

from attrs import field, frozen

from connector_build.drafting.draft import Draft
from connector_build.drafting.specs import SpecKind, drafted_from
from connector_build.drafting.writing import plugin_text
from connector_build.review.newly import on_trial
from connector_core.plugin.assembly import Assembly


@frozen
class Specified:
    """A plugin that was drafted and can be assembled."""

    text: str = field(repr=False)
    draft: Draft
    assembly: Assembly = field(repr=False)


def made_from(kind: SpecKind, spec: Path, name: str, only: Sequence[str] = ()) -> Specified:
    """The plugin *name*, drafted from the file *spec*. Raises UsageProblem and BuildError as ``drafted_from`` does."""
    draft = drafted_from(kind, spec, name, only)
    text = plugin_text(draft)
    with on_trial(name, text) as assembly:
        return Specified(text, draft, assembly)
