"""What a plugin takes upon itself: words of it by which an answer is believed less than it would be without them."""

from collections.abc import Iterator
from typing import Any

from connector_core.engine.unchanged import MOST
from connector_core.plugin.assembly import TablePlan


def risks(plan: TablePlan) -> list[str]:
    """The risks that the plugin takes with one table, each a sentence for people."""
    return [*_of_answers(plan), *_of_fields(plan), *_of_changes(plan), *_of_paging(plan), *_of_transforms(plan)]


def _of_changes(plan: TablePlan) -> Iterator[str]:
    if plan.table.updated:
        yield (
            f"Of more than {MOST:,} rows, a record that changes, comes or comes back without a newer {plan.table.updated} is not "
            "sent, because the plugin says updated."
        )


def _of_fields(plan: TablePlan) -> Iterator[str]:
    if plan.undeclared == "drop":
        yield "A field that is not declared is left out."
    if plan.undeclared == "fail":
        yield "A field that is not declared ends the sync, until the plugin declares or drops it."


def _of_answers(plan: TablePlan) -> Iterator[str]:
    table = plan.table
    for name in table.overrule:
        yield f"{name} in an answer is overruled: where it says that there is more, the rest is not read."
    for nothing in table.nothing:
        what = f"has no {table.records}" if nothing == "missing" else f"has {nothing} at {table.records}"
        yield f"An answer that {what} counts as one without records."
    for rule in table.errors:
        if rule.action == "ignore":
            yield f"An answer ends the feed without an error ({rule})."


def _of_paging(plan: TablePlan) -> Iterator[str]:
    layer: Any = plan.paginator
    parent = plan.table.parent
    if parent and parent.incremental:
        yield f"Children of a record of {parent.table} that does not come again with a new {parent.changed} are not read again."
    if risk := str(getattr(layer, "risk", "")):
        yield risk
    while layer is not None:  # a strategy is made around another paginator
        yield from (rule.risk for rule in getattr(layer, "stop", ()) if getattr(rule, "risk", ""))
        if getattr(layer, "missing_ends", False):
            yield f"An answer without {getattr(layer, 'next_field', 'a next page')} ends the feed."
        layer = getattr(layer, "pages", None)
        if getattr(layer, "counts", False) and not hasattr(
            layer, "pages"
        ):  # what it takes upon itself, its strategy does not know
            yield from filter(None, [str(getattr(layer, "risk", ""))])


def _of_transforms(plan: TablePlan) -> Iterator[str]:
    for transform in plan.transforms:
        if getattr(transform.function, "optional", False):
            path = getattr(transform.function, "path", "a field")
            yield f"The transform {transform.name} goes by {path} also where no record has it."
