"""What tells the rows of a table apart: proved over all that were read, never by a name alone."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from attrs import frozen

from connector_build.drafting.draft import Value, bare, guessed
from connector_build.drafting.probing.asking import plainly
from connector_core import Record
from connector_core.basics.counting import counted
from connector_core.basics.names import one_line

ENOUGH = 5
"""From so many rows on that all differ in a field called like an id, that is no chance."""
PAIRED = 12
"""So many fields are tried in pairs."""
_ID = re.compile(r"^(_?id|uuid|guid|key|sku|code|slug|number|name)$", re.IGNORECASE)
_IDENTITY = re.compile(r"(?:^|_)(?:id|uuid|guid|key|gid)$|(?:Id|ID|Uuid|Key)$")
_LONG = 200


@frozen
class Key:
    """Fields that tell rows apart. why: what that rests on, where it is a guess; empty where it was proved."""

    names: tuple[str, ...]
    why: str = ""


def keys_of(rows: Sequence[Record], columns: Mapping[str, Value], table: str = "") -> list[Key]:
    """Every key that holds over *rows*, the likeliest first; none where nothing tells them apart."""
    different = list({plainly(row): row for row in rows}.values())
    able = [name for name, kind in columns.items() if _can_identify(bare(kind))]
    full = [name for name in able if all(_is_set(row.get(name)) for row in different)]
    single = [name for name in full if len({plainly(row[name]) for row in different}) == len(different)]
    single.sort(key=lambda name: _rank(name, columns, table))
    found = [Key((name,), _why(name, columns, len(different))) for name in single]
    return found or [_paired(pair, len(different)) for pair in _pairs(different, full, columns, table)]


def _can_identify(kind: Value) -> bool:
    text = kind if isinstance(kind, str) else ""
    return text not in ("", "JSON", "BOOLEAN", "DOUBLE")


def _is_set(value: Any) -> bool:
    return value is not None and value != "" and not (isinstance(value, str) and len(value) > _LONG)


def _rank(name: str, columns: Mapping[str, Value], table: str) -> tuple[int, int]:
    """Names break ties between what was proved alike."""
    stem = re.sub(r"s$", "", table)
    own = name.lower() in (f"{stem}_id", f"{stem}id")
    place = list(columns).index(name)
    if name.lower() in ("id", "_id"):
        return 0, place
    if own or name.lower() in ("uuid", "guid"):
        return 1, place
    if _IDENTITY.search(name):
        return 2, place
    if _is_time(columns[name]):
        return 5, place
    return (3 if _ID.match(name) else 4), place


def without_choice(keys: Sequence[Key], columns: Mapping[str, Value], table: str) -> Key:
    """The likeliest of several that hold, noted where no name speaks for it more than for another."""
    first = keys[0]
    same = [each for each in keys[1:] if _rank(each.names[0], columns, table)[0] == _rank(first.names[0], columns, table)[0]]
    others = " and ".join(one_line(each.names[0], 40) for each in same[:3])
    return Key(first.names, f"unique, and so is {others}") if same else first


def _is_time(kind: Value) -> bool:
    return "DATE" in str(bare(kind))


def _why(name: str, columns: Mapping[str, Value], rows: int) -> str:
    """Why a field that holds may be no key all the same; empty where nothing speaks for that."""
    if rows == 1:
        return f"there was one row, so nothing is known of whether {one_line(name, 60)} tells rows apart"
    if _rank(name, columns, "")[0] >= 4:
        return f"{one_line(name, 60)} is another one in each of {counted(rows, 'row')}, and is not called like an id"
    if rows < ENOUGH and name.lower() not in ("id", "_id", "uuid", "guid"):
        return f"{one_line(name, 60)} is another one in each of no more than {counted(rows, 'row')}"
    return ""


def _pairs(rows: Sequence[Record], names: Sequence[str], columns: Mapping[str, Value], table: str) -> Iterator[tuple[str, ...]]:
    """Pairs of fields that tell *rows* apart, then threes."""
    ranked = sorted(
        names, key=lambda name: (_rank(name, columns, table)[0] not in (0, 1, 2), not _is_time(columns[name]), names.index(name))
    )
    for size in (2, 3):
        for pair in combinations(ranked[:PAIRED], size):
            if len({plainly([row[name] for name in pair]) for row in rows}) == len(rows):
                yield tuple(sorted(pair, key=list(columns).index))


def _paired(names: tuple[str, ...], rows: int) -> Key:
    shown = " and ".join(one_line(name, 60) for name in names)
    return Key(names, f"no field alone tells the {counted(rows, 'row')} apart; {shown} do together")


KEYLESS = "no field, and no two or three together, told the rows apart: each sync replaces the table"


def key_options(key: Key | None) -> dict[str, Value]:
    """What a table says of its key."""
    if key is None:
        return {"primary_key": guessed([], KEYLESS), "full_refresh": True}
    names: Value = list(key.names)
    return {"primary_key": guessed(names, key.why) if key.why else names}
