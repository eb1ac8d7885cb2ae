"""Fields whose names Fivetran would not keep apart, or keeps for itself: what they are called instead."""

from collections.abc import Iterable, Sequence

from connector_build.drafting.columns import kept_name
from connector_core import Record
from connector_core.basics.names import stored_name

MOST = 2000
"""So many fields are declared; what is beyond them arrives undeclared."""


def fields_of(rows: Sequence[Record]) -> list[str]:
    """Every field of *rows*, in the order in which they come."""
    return list(dict.fromkeys(str(name) for row in rows for name in row))[:MOST]


def renamed(names: Iterable[str]) -> dict[str, str]:
    """Field → the name that it needs, of those that cannot keep their own."""
    found: dict[str, str] = {}
    names = list(names)
    taken: set[str] = set()
    for name in names:
        stored = stored_name(name)
        if not is_kept(name) or stored in taken:
            found[name] = new = free(name, {*taken, *map(stored_name, names)})
            stored = stored_name(new)
        taken.add(stored)
    return found


def is_kept(name: str) -> bool:
    """Whether a column may be called *name*."""
    return kept_name(name) and not any("\ud800" <= letter <= "\udfff" for letter in name) and name.isprintable()


def free(name: str, taken: set[str]) -> str:
    """A name like *name*, as the destination has it, that is not *taken*: names as they are stored."""
    plain = stored_name("".join(letter if letter.isprintable() and letter.isascii() else "_" for letter in name)).strip("_")
    plain = plain.removeprefix("fivetran_") if plain.startswith("fivetran") else plain
    base = plain[:60].strip("_") or "field"
    base = base if base[0].isalpha() else f"field_{base}"
    return next(each for number in range(1, len(taken) + 3) if stored_name(each := _numbered(base, number)) not in taken)


def _numbered(base: str, number: int) -> str:
    return base if number == 1 else f"{base}_{number}"
