"""Where the rows of a hand-written connector and of a built one differ, and which of the two is right by the recording."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from attrs import define, field, frozen

from connector_build.local.fivetran import TableRows
from connector_build.review.proof.truth import Key, Truth, key_of
from connector_build.review.proof.values import Kind, fault, sdk_type
from connector_build.review.retyped import retyped
from connector_core.basics.counting import plural
from connector_core.basics.names import stored_name

Right = Literal["new", "old", "neither", "unknown"]
EXAMPLE: Final = 60


@frozen
class Difference:
    """One kind of difference in a table, or in a column of it.

    kind:  ``missing table``, ``missing rows``, ``null``, ``32 bits``, ``type`` and so on. rows: how many rows have it.
    right: which connector has what the recording has. meaning: a sentence.
    example: a row by its key, and what the recording, the old and the new one have for it.
    """

    table: str
    column: str
    kind: str
    rows: int
    right: Right
    meaning: str
    example: Mapping[str, Any] = field(factory=dict)


@define
class _Side:
    """The rows that one connector has left in a table, by the key of the truth."""

    found: TableRows
    key: Sequence[str]
    rows: dict[Key, Mapping[str, Any]] = field(factory=dict)

    def __attrs_post_init__(self) -> None:
        names = [stored_name(name) for name in self.found.columns]
        for row in self.found.rows:
            made = dict(zip(names, row, strict=True))
            self.rows[key_of(made, [stored_name(name) for name in self.key])] = made

    @property
    def types(self) -> Mapping[str, str]:
        return {stored_name(name): sdk_type(kind) for name, kind in self.found.columns.items()}


def differences(truth: Truth, old: TableRows, new: TableRows, old_key: Sequence[str]) -> list[Difference]:
    """What tells the rows of both from the *truth*. *old_key*: the primary key of the old table."""
    if not new.source and truth.rows:
        return [Difference(truth.table, "", "missing table", len(truth.rows), "unknown", "The new connector has no such table.")]
    if not old.source:
        return [] if not truth.rows else [_no_table(truth)]
    sides = _Side(old, truth.key), _Side(new, truth.key)
    parts = (
        _of_keys(truth, old_key),
        _of_rows(truth, *sides),
        _of_columns(truth, *sides),
        _unknown_columns(truth, *sides),
    )
    return [difference for part in parts for difference in part]


def _no_table(truth: Truth) -> Difference:
    said = f"The recording has {len(truth.rows):,} {plural(len(truth.rows), 'row')} for it, and the old connector writes none."
    return Difference(truth.table, "", "missing table", len(truth.rows), "new", said)


def _of_keys(truth: Truth, old_key: Sequence[str]) -> Iterator[Difference]:
    if truth.doubled:
        said = (
            f"{truth.doubled:,} {plural(truth.doubled, 'record shares', 'records share')} {', '.join(truth.key)} with another "
            "one that is not the same: the new connector keeps the last. Look whether that identifies a record."
        )
        yield Difference(truth.table, ", ".join(truth.key), "key", truth.doubled, "unknown", said)
    names = [stored_name(name) for name in old_key]
    if not old_key or sorted(names) == sorted(map(stored_name, truth.key)):
        return
    plainly = [{stored_name(name): value for name, value in row.items()} for row in truth.rows.values()]
    lost = len(plainly) - len({key_of(row, names) for row in plainly})
    keys = f"The old primary key is {', '.join(old_key)}, the new one {', '.join(truth.key)}."
    if lost:
        said = f"{keys} By the old one {lost:,} of {len(plainly):,} records {plural(lost, 'overwrites', 'overwrite')} others."
        yield Difference(truth.table, ", ".join(old_key), "key", lost, "new", said)
    else:
        said = f"{keys} Both identify a record, but rows of before keep their old key: drop the table, or keep the key."
        yield Difference(truth.table, ", ".join(old_key), "key", 0, "unknown", said)


def _of_rows(truth: Truth, old: _Side, new: _Side) -> Iterator[Difference]:
    wanted, had, has = set(truth.rows), set(old.rows), set(new.rows)
    if lost := wanted - had:
        yield _missing(truth, lost, right="new" if lost <= has else "neither")
    if lost := (wanted - has) & had:
        yield _missing(truth, lost, right="old")
    if spare := had - wanted - has:
        said = "The old connector has rows that the recording does not have: made up by it, or of a key that changed on its way."
        yield Difference(truth.table, "", "other rows", len(spare), "new", said, {"row": _shown(min(spare))})
    if spare := has - wanted:
        said = "The new connector has rows that the recording does not have."
        yield Difference(truth.table, "", "other rows", len(spare), "unknown", said, {"row": _shown(min(spare))})


def _missing(truth: Truth, lost: set[Key], right: Right) -> Difference:
    who = "The old connector" if right != "old" else "The new connector"
    whole = [number for number, page in enumerate(truth.pages, 1) if page and page <= lost]
    in_pages = set().union(*(truth.pages[number - 1] for number in whole)) if whole else set()
    said = f"{who} lacks {len(lost):,} of {len(truth.rows):,} {plural(len(truth.rows), 'row')}."
    if whole and in_pages == lost:
        where = f"{plural(len(whole), 'page')} {_spans(whole)} of {len(truth.pages)}"
        said += f" They are all of {where}: it does not read on where the feed does."
    return Difference(truth.table, "", "missing rows", len(lost), right, said, {"row": _shown(min(lost))})


def _spans(numbers: Sequence[int]) -> str:
    """Numbers in ascending order, with neighbours as a span: ``2, 4 to 9``."""
    starts = [number for number in numbers if number - 1 not in numbers]
    ends = [number for number in numbers if number + 1 not in numbers]
    return ", ".join(str(start) if start == end else f"{start} to {end}" for start, end in zip(starts, ends, strict=True))


def _of_columns(truth: Truth, old: _Side, new: _Side) -> Iterator[Difference]:
    names = dict.fromkeys(name for row in truth.rows.values() for name in row)
    both = [key for key in truth.rows if key in old.rows and key in new.rows]
    for name in names:
        if stored_name(name) in old.types and stored_name(name) in new.types:
            yield from _of_values(truth, name, both, old, new)
            yield from _of_type(truth, name, old, new)
        elif stored_name(name) in new.types and any(truth.rows[key].get(name) is not None for key in truth.rows):
            said = "The old connector has no such column, and the recording has values for it."
            yield Difference(truth.table, name, "missing column", len(truth.rows), "new", said)
        elif stored_name(name) in old.types:
            said = "The new connector has no such column, and the recording has values for it."
            yield Difference(truth.table, name, "missing column", len(truth.rows), "old", said)


def _of_values(truth: Truth, name: str, keys: Sequence[Key], old: _Side, new: _Side) -> Iterator[Difference]:
    wrong: dict[tuple[Kind, Right], list[Key]] = {}
    for key in keys:
        wanted = truth.rows[key].get(name)
        before, now = (fault(wanted, side.rows[key][stored_name(name)]) for side in (old, new))
        if before or now:
            right: Right = "new" if not now else "old" if not before else "neither"
            wrong.setdefault((now if right == "old" else before, right), []).append(key)
    for (kind, right), found in wrong.items():
        key = found[0]
        stored = stored_name(name)
        values = {"recording": truth.rows[key].get(name), "old": old.rows[key][stored], "new": new.rows[key][stored]}
        of = "each row" if len(found) == len(keys) else f"{len(found):,} of {len(keys):,} {plural(len(keys), 'row')}"
        said = _MEANINGS[kind].format(who="new" if right == "old" else "old", of=of)
        example = {"row": _shown(key), **{side: _short(value) for side, value in values.items()}}
        yield Difference(truth.table, name, _KINDS[kind], len(found), right, said, example)


_KINDS: Final[Mapping[Kind, str]] = {
    "null": "null",
    "32 bits": "32-bit float",
    "digits": "lost digits",
    "text": "text",
    "value": "value",
}
_MEANINGS: Final[Mapping[Kind, str]] = {
    "null": "The {who} connector leaves it null in {of}: it looks for it under another name, or not where it is.",
    "32 bits": "The {who} connector does not declare the column as DOUBLE, so its floats are cut to 32 bits.",
    "digits": "The {who} connector's number has lost digits on its way in {of}.",
    "text": "The {who} connector sends it as a text in {of}.",
    "value": "The {who} connector sends another value in {of}.",
}


def _of_type(truth: Truth, name: str, old: _Side, new: _Side) -> Iterator[Difference]:
    """A column that the old connector has made of another type, whatever its values are."""
    before, now = old.types[stored_name(name)], new.types[stored_name(name)]
    found = retyped(before, now)
    if found is None or before == "FLOAT":  # of 32 bits is told by its values
        return
    what = {"NAIVE_DATE": "a date", "JSON": "an object or a list"}.get(now, "a time")
    if before == "STRING" and (now in _TIMES or (now == "JSON" and _is_nested(truth, name))):
        said = (
            f"The recording has {what} in it, and the old connector's rows have made it a text. A column that is text stays one: "
            f"the new rows arrive in it as text too. To have {now}, drop the column in the destination and re-sync."
        )
        kind = "JSON" if now == "JSON" else what.removeprefix("a ")
        yield Difference(truth.table, name, f"{kind} as text", len(old.rows), "new", said)
    else:
        said = f"The old column is {before}, the new one {now}{found.meaning}."
        right: Right = "unknown" if found.level == "breaks" else "new"
        yield Difference(truth.table, name, "type", len(old.rows), right, said)


_TIMES: Final = frozenset({"NAIVE_DATE", "NAIVE_DATETIME", "UTC_DATETIME"})


def _is_nested(truth: Truth, name: str) -> bool:
    return any(isinstance(row.get(name), dict | list) for row in truth.rows.values())


def _unknown_columns(truth: Truth, old: _Side, new: _Side) -> Iterator[Difference]:
    """Columns that only the old connector has: of the API, or made by it."""
    wanted = {stored_name(name) for row in truth.rows.values() for name in row}
    for name in map(stored_name, old.found.columns):
        if name in wanted or name in new.types:
            continue
        held = [row for row in old.rows.values() if row[name] is not None]
        if not held:
            said = "The old connector has a column that is null in each row. The new one has none."
            yield Difference(truth.table, name, "empty column", len(old.rows), "new", said)
        elif name in truth.fields:
            said = "The recording has such a field, and the new connector does not send it."
            yield Difference(truth.table, name, "missing column", len(held), "old", said, {"old": _short(held[0][name])})
        else:
            said = (
                "No record has such a field, so the old connector makes it. Make it too, with a DerivedField or a Transform, or "
                "let it go: it stays in the destination, null in each row that is sent from now on."
            )
            yield Difference(truth.table, name, "own column", len(held), "unknown", said, {"old": _short(held[0][name])})


def _shown(key: Key) -> str:
    return ", ".join(key)[:EXAMPLE]


def _short(value: Any) -> str:
    text = "null" if value is None else str(value)
    return text if len(text) <= EXAMPLE else f"{text[: EXAMPLE - 1]}…"
