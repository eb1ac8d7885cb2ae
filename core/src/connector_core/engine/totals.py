"""Totals that ride in the state: what the groups of an extra table of an append-only feed add up to so far."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from connector_core.derived.extra_tables import Accumulator, Aggregate, Dimension, ExtraTable
from connector_core.engine.live_rows import Groups, group_of, name_of
from connector_core.plugin.plan import TablePlan
from connector_core.source.pagination import Bookmark
from connector_core.source.values import plain

_ALIKE = frozenset({"SHORT", "INT", "LONG", "FLOAT", "DOUBLE", "BOOLEAN", "STRING"})
"""Types whose values JSON has itself, so that they always compared as they do now."""


def written_totals(extra: ExtraTable, groups: Groups, bookmark: Bookmark, plan: TablePlan) -> dict[str, Any]:
    """The part of the state that holds *groups*, with what they are of and the place in the feed that they belong to."""
    of_json = all(plan.declared[name].type in _ALIKE for name in (*extra.needs, *plan.table.primary_key))
    totals = {name_of(group): part if of_json else _plain(part) for group, part in groups.items()}
    return {"of": _definition(extra, plan), "at": dict(bookmark), "totals": totals}


def read_totals(extra: ExtraTable, part: Mapping[str, Any], bookmark: Bookmark, plan: TablePlan) -> Groups | None:
    """The totals in *part* of the state, or None unless they are those of this very extra table at this very bookmark.

    Totals of before, when values were compared as JSON had them, are taken where that makes no difference.
    """
    known, totals = part.get("of"), part.get("totals")
    ours = part.get("at") == dict(bookmark) and known in (_definition(extra, plan), _old_definition(extra))
    if not ours or not isinstance(totals, Mapping):
        return None
    restored = _restored(extra, totals, plan)
    if restored is None or len(restored) != len(totals):
        return None
    if known == _old_definition(extra) and not _vouched_for(extra, totals, restored, plan):
        return None
    return restored


def _restored(extra: ExtraTable, totals: Mapping[str, Any], plan: TablePlan) -> Groups | None:
    """Group → what it has come to; None where that is not what *extra* makes."""
    try:
        named = {group_of(name, extra, plan.declared): part for name, part in totals.items()}
        groups = {
            group: extra.restored(part, plan.declared, plan.table.primary_key)
            for group, part in named.items()
            if group is not None
        }
        for group, accumulator in groups.items():
            extra.row(group, accumulator)
            extra.fold(accumulator, {}, ())
    except Exception:  # noqa: BLE001  (whatever something else than an accumulator leads to)
        return None
    return groups


def _vouched_for(extra: ExtraTable, before: Mapping[str, Any], now: Groups, plan: TablePlan) -> bool:
    """Whether totals of before are what they would be now: each value had its form, and such forms compare alike."""
    if not all(plan.declared[name].type in _ALIKE for name in _compared(extra)):
        return False
    return {name_of(group): _plain(accumulator) for group, accumulator in now.items()} == before


def _compared(extra: ExtraTable) -> list[str]:
    match extra:
        case Dimension():
            return [extra.newest]
        case Aggregate():
            return [measure.column for measure in extra.measures.values() if measure.column and measure.kind != "count"]
    return list(extra.needs)


def _plain(part: Accumulator) -> Any:
    return [_plain(each) for each in part] if isinstance(part, list) else plain(part)


def _definition(extra: ExtraTable, plan: TablePlan) -> str:
    types = [(name, plan.declared[name].type) for name in (*extra.needs, *plan.table.primary_key)]
    return blake2b(repr((extra, types)).encode(), digest_size=8).hexdigest()


def _old_definition(extra: ExtraTable) -> str:
    return blake2b(repr(extra).encode(), digest_size=8).hexdigest()
