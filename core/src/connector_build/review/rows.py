"""What a change means for the rows that the destination has: of a table, its columns, how it is read, and what is switched on."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from connector_build.review.changes import Change, Lock
from connector_build.review.retyped import retyped
from connector_core.basics.names import stored_name


def tables(old: Lock, new: Lock) -> Iterator[Change]:
    old = _as_named(old, new)
    before, after = old["tables"], new["tables"]
    for name in sorted(before.keys() | after.keys()):
        if name not in after:
            yield Change("breaks", name, "the table is gone: it stays in the destination as the last sync left it")
        elif name not in before:
            yield Change("safe", name, "the table is new: the next sync fills it")
        else:
            yield from _table(name, before[name], after[name])
            yield from _reading(name, old, new)
            yield from _undeclared(name, old, new)


def _as_named(old: Lock, new: Lock) -> Lock:
    """*old* with the names that *new* has for the tables, where both are one in the destination."""
    names = {stored_name(name): name for name in new["tables"]}
    parts = [part for part in ("tables", "feeds", "reads", "undeclared_fields") if part in old]
    return {**old, **{part: {names.get(stored_name(name), name): each for name, each in old[part].items()} for part in parts}}


def _table(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    if _stored(before["primary_key"]) != _stored(after["primary_key"]):
        yield Change(
            "breaks",
            name,
            f"the primary key was {_words(before['primary_key'])} and is {_words(after['primary_key'])}: rows of before "
            "keep their old key beside the new ones. Drop the table in the destination and re-sync its history",
        )
    old, new = _by_stored(before["columns"]), _by_stored(after["columns"])
    for stored in sorted(old.keys() | new.keys()):
        first, second = old.get(stored), new.get(stored)
        what = f"{name}.{(second or first or (stored,))[0]}"
        if second is None:
            yield Change("breaks", what, "the column is gone: it stays, and is null in every row that is sent from now on")
        elif first is None:
            yield Change("re-sync", what, f"the column is new ({second[1]}): null in rows of before until they are sent")
        elif found := retyped(first[1], second[1]):
            yield Change(found.level, what, f"the type was {first[1]} and is {second[1]}{found.meaning}")


def _by_stored(columns: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Name in the destination → the name that the connector has for it, and its type."""
    return {stored_name(name): (name, kind) for name, kind in columns.items()}


def _stored(key: Iterable[str]) -> list[str]:
    """The columns of a key as the destination has them; their order tells no row from another."""
    return sorted(map(stored_name, key))


def _words(key: Iterable[str]) -> str:
    return ", ".join(key) or "none"


def _undeclared(name: str, old: Lock, new: Lock) -> Iterator[Change]:
    """What becomes of fields that nobody declared; a lock of an earlier release does not say, and they arrived."""
    before, after = (lock.get("undeclared_fields", {}).get(name, "allow") for lock in (old, new))
    what = f'fields that are not declared: "{before}" before, "{after}" now'
    if before == after:
        return
    if after == "drop":
        yield Change("breaks", name, f"{what}. Their columns stay, and are null in every row that is sent from now on")
    elif before == "drop":
        yield Change("re-sync", name, f"{what}. They are null in rows of before until these are sent")
    else:
        yield Change("safe", name, what)


def _reading(name: str, old: Lock, new: Lock) -> Iterator[Change]:
    """Whether a table has another feed, or is read in another way; a lock of an earlier release does not say."""
    feeds, reads = ([each.get(part, {}).get(name) for each in (old, new)] for part in ("feeds", "reads"))
    if None not in feeds and feeds[0] != feeds[1]:
        yield Change(
            "re-sync",
            name,
            "has another feed (path, filter, key or paginator): the next sync reads it whole once. What only the old feed has "
            "stays until a re-sync",
        )
    if None not in reads and reads[0] != reads[1]:
        yield Change(
            "re-sync", name, f"was read {reads[0]}. It is read {reads[1]}. What is missed by one way stays until a re-sync"
        )


def options(old: Lock, new: Lock) -> Iterator[Change]:
    """What it means that an option is on or off now, does something else, or is applied in another order."""
    before, after = old["enabled"], new["enabled"]
    for name in sorted({*before, *after}):
        told = [lock.get("options", {}).get(name, {}) for lock in (old, new)]
        if (name in before) != (name in after):
            yield _switched(name, told[1] or told[0], on=name in after)
        elif told[0] and told[1]:
            yield from _redefined(name, *told)
    yield from _reordered(old, new)


def _switched(name: str, option: Mapping[str, Any], *, on: bool) -> Change:
    what, now = f"option {name}", "is on now" if on else "is off now"
    if option.get("kind") != "transform":  # a derived field is a column, an extra table a table: they are told of as such
        return Change("safe", what, now)
    if hidden := ", ".join(option.get("hashes", [])):
        return Change("re-sync", what, f"{now}: {_hashed(hidden) if on else f'{hidden} goes out in plain from now on'}")
    stays = "as they were, those among them that it leaves out," if on else "as it made them, without those that it left out,"
    return Change("re-sync", what, f"{now}: rows of before stay {stays} until a re-sync")


def _hashed(columns: str) -> str:
    """A hash is there to hide something, personal data mostly: what is not hidden yet is to be said."""
    return f"{columns} is hashed from now on, but plain values stay in the destination until a re-sync"


def _redefined(name: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    if before["made_of"] == after["made_of"] and before["kind"] == after["kind"]:
        return
    what, hidden = (
        f"option {name}",
        ", ".join(column for column in after.get("hashes", []) if column not in before.get("hashes", [])),
    )
    if after["kind"] not in ("transform", "derived field"):
        yield Change("safe", what, "is defined otherwise: the next sync makes its rows anew")
    elif hidden:
        yield Change("re-sync", what, f"does something else now: {_hashed(hidden)}")
    else:
        yield Change("re-sync", what, "does something else now: rows of before stay as it made them until a re-sync")


def _reordered(old: Lock, new: Lock) -> Iterator[Change]:
    both = [name for name in old["enabled"] if name in new["enabled"] and _changes_rows(name, old, new)]
    now = [name for name in new["enabled"] if name in both]
    if both != now:
        yield Change(
            "re-sync",
            "options",
            f"are applied in another order ({', '.join(now)}): rows of before stay as the old order made them until a re-sync",
        )


def _changes_rows(name: str, *locks: Lock) -> bool:
    kinds = [lock.get("options", {}).get(name, {}).get("kind") for lock in locks]
    return any(kind in ("transform", "derived field") for kind in kinds)
