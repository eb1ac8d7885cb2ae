"""Which columns may be the key of a record, by their names: always a guess, and honest about it."""

import re
from collections.abc import Collection, Mapping, Sequence

from connector_build.drafting.columns import type_of
from connector_build.drafting.draft import Value, guessed
from connector_build.drafting.texts import singular
from connector_build.drafting.writing import name_of

_ALWAYS = ("id", "_id", "uuid", "guid", "gid", "sid", "uid", "object_id", "identifier")
_LAST = ("key", "code", "slug", "handle", "number", "ein", "iso", "symbol")


def key_of_names(columns: Mapping[str, Value], names: Sequence[str], required: Collection[str] = ()) -> tuple[list[str], str]:
    """The columns of the key, and the evidence in words; no columns where nothing looks like one.

    names: what the records are called: the name of the table, and of the list that they stand in.
    """
    simple = {
        name_of(name): name
        for name, kind in reversed(list(columns.items()))
        if type_of(kind) not in ("JSON", "BOOLEAN", "DOUBLE")
    }
    bases = [base for name in names for base in (singular(name), *_ends_of(singular(name)))]
    own = [f"{base}_{end}" for base in bases for end in ("id", "uuid", "guid", "key", "sid")]
    for wish in (*_ALWAYS, *own, *_LAST):
        if wish in simple or name_of(wish) in simple:
            name = simple.get(wish) or simple[name_of(wish)]
            return [name], f"{name} by its name"
    ids = [name for plain, name in simple.items() if re.search(r"(^|_)(id|uuid)$", plain) and (not required or name in required)]
    if len(ids) == 1:
        return ids, f"{ids[0]}, the only field that is named like a key"
    return [], ""


def key_options(key: Sequence[str], why: str) -> dict[str, Value]:
    """What a table says of its key, which rests on *why*; without one it is replaced in each sync."""
    if key:
        return {"primary_key": guessed(list(key), why)}
    return {
        "primary_key": guessed([], "nothing tells its records apart, so each sync replaces the table"),
        "full_refresh": True,
    }


def _ends_of(name: str) -> list[str]:
    parts = name.split("_")
    return ["_".join(parts[at:]) for at in range(1, len(parts))]
