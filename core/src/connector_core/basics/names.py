"""Names: which ones Fivetran keeps unchanged, and what was meant by one that nobody knows."""

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import cast

from connector_core.basics.errors import ColumnTypeError, NameTakenError, PluginError, UnkeptNameError

_NAME = re.compile(r"[a-z][a-z0-9_]*")

COLUMN_TYPES = frozenset(
    "BOOLEAN SHORT INT LONG FLOAT DOUBLE STRING XML UTC_DATETIME NAIVE_DATETIME NAIVE_DATE JSON BINARY".split()  # noqa: SIM905
)
"""The column types that the Connector SDK takes by name; DECIMAL comes with digits, as in ``DECIMAL(15,2)``."""

_DECIMAL = re.compile(r"DECIMAL\((\d+), ?(\d+)\)")


def check_name(name: object, what: str) -> None:
    """Raise PluginError unless *name* is one that Fivetran keeps unchanged: lower-case snake_case."""
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise UnkeptNameError(
            f"{what} is named {name!r}, which Fivetran would rename. "
            "Write lower-case letters, digits and underscores, with a letter first."
        )


def check_column_name(name: object, where: str) -> None:
    """Raise PluginError unless *name* can name a column: any text that Fivetran does not reserve."""
    if not isinstance(name, str) or not name.strip():
        raise UnkeptNameError(f"{where} has a column named {name!r}. Write the field's name in the API's answer.")
    stored = stored_name(name)
    if not stored:
        raise UnkeptNameError(
            f"{where} has a column named {name!r}, of which Fivetran keeps nothing. Rename it with a transform."
        )
    if stored.startswith("_fivetran"):
        raise UnkeptNameError(f"{where} has a column named {name!r}. Fivetran keeps names with _fivetran in front for itself.")


def listed(names: Iterable[str]) -> tuple[str, ...]:
    """A list of names as a frozen value keeps it; what is no list stays as it is, for ``column_names`` to object to."""
    return tuple(names) if isinstance(names, list) else cast("tuple[str, ...]", names)


def column_names(value: object, where: str) -> tuple[str, ...]:
    """A tuple of column names from a list or tuple of them.

    Raises PluginError for a bare string, which would be taken letter by letter, for an empty list and for a repeated name.
    """
    return _names(value, where, check_column_name)


def field_names(value: object, where: str) -> tuple[str, ...]:
    """The same of fields of the API, whose names may be ones that no column can have: a transform takes these away."""
    return _names(value, where, _check_text)


def _names(value: object, where: str, check: Callable[[object, str], None]) -> tuple[str, ...]:
    if isinstance(value, str):
        raise PluginError(f'{where} must be a list of column names, not the text {value!r}. Write ["{value}"].')
    if not isinstance(value, Iterable):
        raise PluginError(f"{where} must be a list of column names, not {type(value).__name__}.")
    names = tuple(value)
    if not names:
        raise PluginError(f"{where} is empty. Name at least one column.")
    for name in names:
        check(name, where)
    if len(set(names)) != len(names):
        raise PluginError(f"{where} names a column twice: {', '.join(names)}.")
    return names


def _check_text(name: object, where: str) -> None:
    if not isinstance(name, str):
        raise UnkeptNameError(f"{where} has a column named {name!r}. Write the field's name in the API's answer.")


def check_column_types(columns: Mapping[str, str], where: str) -> None:
    """Raise PluginError unless each value is a column type that the Connector SDK takes."""
    for name, kind in columns.items():
        check_column_name(name, where)
        check_column_type(kind, f"{where} declares column {name!r}")


def check_column_type(kind: object, what: str) -> None:
    """Raise PluginError, which begins with *what*, unless *kind* is a column type that the Connector SDK takes."""
    if not isinstance(kind, str) or not (kind in COLUMN_TYPES or _is_decimal(kind)):
        raise ColumnTypeError(
            f"{what} as {kind!r}{did_you_mean(str(kind).upper(), COLUMN_TYPES)}. "
            f"The SDK takes {', '.join(sorted(COLUMN_TYPES))} and DECIMAL(15,2)."
        )


def _is_decimal(kind: str) -> bool:
    digits = decimal_digits(kind)
    return digits is not None and digits[1] <= digits[0] and digits[0] >= 1


def decimal_digits(kind: str) -> tuple[int, int] | None:
    """Precision and scale of ``DECIMAL(15,2)``; None for every other type."""
    found = _DECIMAL.fullmatch(kind)
    return (int(found[1]), int(found[2])) if found else None


def sdk_type(kind: str) -> str | dict[str, str | int]:
    """A declared column type as the Connector SDK takes it: DECIMAL as a dict with precision and scale."""
    digits = decimal_digits(kind)
    return {"type": "DECIMAL", "precision": digits[0], "scale": digits[1]} if digits else kind


def stored_name(name: str) -> str:
    """The name that Fivetran gives a column in the destination: ``createdAt`` becomes ``created_at``, ``top10`` ``top_10``.

    Accents go, a capital behind a small letter begins a word, digits are words of their own, and whatever is neither a letter
    nor a digit of ASCII becomes one underscore. Asked of the ``fivetran`` command: tests/core/basics/stored_names.json has what
    it answered. It names tables alike, but for underscores at their beginning, which no table of ours may have.
    """
    if not name.isascii():
        name = "".join(each for each in unicodedata.normalize("NFD", name) if unicodedata.category(each) != "Mn")
    return _OTHERS.sub("_", _WORDS.sub("_", name)).lower()


_WORDS = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Za-z])(?=[0-9])|(?<=[0-9])(?=[A-Za-z])|^(?=[0-9])")
_OTHERS = re.compile(r"[^0-9A-Za-z]+")


def check_distinct(names: Iterable[str], where: str, what: str = "columns") -> None:
    """Raise PluginError when two of *names* would be one in the destination, where one would overwrite the other."""
    twins = same_stored(names)
    if twins:
        remedy = (
            "Leave one out of the plugin, and out of the records with a transform, or rename it with one."
            if what == "columns"
            else "Rename one of them."
        )
        raise NameTakenError(
            f"{where}: the {what} {twins[0]} and {twins[1]} both become {stored_name(twins[0])} in the destination. {remedy}"
        )


def same_stored(names: Iterable[str]) -> tuple[str, str] | None:
    """The first two of *names* that are one in the destination; None where each has a name of its own there."""
    owners: dict[str, str] = {}
    for name in names:
        other = owners.setdefault(stored_name(name), name)
        if other != name:
            return other, name
    return None


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """``" (did you mean X?)"`` for the known name nearest to *name*, or an empty text."""
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f" (did you mean {near[0]}?)" if near else ""


def one_line(text: object, limit: int = 200) -> str:
    """*text* as printable ASCII on one line, cut to *limit* characters: what a server sent cannot forge a log line."""
    text = str(text)
    if len(text) <= limit and text.isascii() and text.isprintable() and "  " not in text and text.strip() == text:
        return text  # which is nearly every one
    flat = " ".join(text.split()).encode("ascii", "backslashreplace").decode("ascii")
    printable = "".join(character if character.isprintable() else "?" for character in flat)
    return printable if len(printable) <= limit else printable[: limit - 3] + "..."
