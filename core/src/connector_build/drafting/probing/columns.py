"""What type each field of the rows has: DuckDB sniffs the texts, and the core's own reader has to take every value."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Any, Final

from connector_build.drafting.draft import Call, Value, guessed
from connector_build.errors import UsageProblem
from connector_core import Record
from connector_core.basics.decoding import ExactFloat
from connector_core.basics.names import one_line
from connector_core.source.columns import Column, UnfitError
from connector_core.source.values import read

NEEDS: Final = "The types of columns are found with DuckDB, which is not installed: pip install 'connector-core[local]'."
_NULLS: Final = ("", "null", "N/A", "n/a", "-", "0000-00-00", "0000-00-00 00:00:00")
_DECIMAL: Final = re.compile(r"-?\d{1,20}\.(\d{1,12})")
_WHOLE: Final = 2**63
_ASKED: Final = """
DESCRIBE SELECT * FROM read_json(?, format = 'newline_delimited', sample_size = -1, maximum_object_size = 100000000)"""
_TOO_LONG: Final = 10_000
"""Of longer texts nobody asks whether they are times."""


def duckdb() -> ModuleType:
    """DuckDB. Raises UsageProblem where it is not installed."""
    try:
        return import_module("duckdb")
    except ImportError:
        raise UsageProblem(NEEDS) from None


def columns_of(rows: Sequence[Record], names: Iterable[str]) -> dict[str, Value]:
    """Name → its type, noted where it rests on a guess, or a ``Column`` where some values stand for null.

    Raises UsageProblem where DuckDB is not installed.
    """
    values = {name: [row[name] for row in rows if row.get(name) is not None] for name in names}
    texts = {name: found for name, found in values.items() if found and all(isinstance(each, str) for each in found)}
    sniffed = _sniffed(texts) if texts else {}
    return {name: _of_texts(found, sniffed[name]) if name in texts else _type(found) for name, found in values.items()}


def _type(values: Sequence[Any]) -> Value:
    """The type of values that are not all texts."""
    kinds = {bool if isinstance(each, bool) else type(each) for each in values}
    if not kinds:
        return guessed("STRING", "every value was null")
    if kinds <= {dict, list}:
        return "JSON"
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        large = next((each for each in values if not -_WHOLE <= each < _WHOLE), None)
        return "LONG" if large is None else guessed("STRING", f"{one_line(large, 40)} is beyond 64 bits")
    if all(issubclass(kind, int | float) and kind is not bool for kind in kinds):
        long = next((each for each in values if _is_longer(each)), None)
        return "DOUBLE" if long is None else guessed("STRING", f"{long} has more digits than a DOUBLE keeps")
    said = ", ".join(sorted({_KINDS.get(kind, "numbers with fractions") for kind in kinds}))
    return guessed("JSON" if kinds & {dict, list} else "STRING", f"it holds {said}")


_KINDS: Final = {bool: "true or false", int: "whole numbers", str: "texts", dict: "objects", list: "lists"}


def _is_longer(value: Any) -> bool:
    """Whether a number has digits that no DOUBLE keeps."""
    if isinstance(value, ExactFloat):
        return Decimal(value.text) != Decimal(repr(float(value)))
    return isinstance(value, int) and abs(value) > 2**53 and int(float(value)) != value


def _of_texts(values: Sequence[str], sniffed: str) -> Value:
    nulls = tuple(each for each in _NULLS if each in values)
    told = [each for each in values if each not in nulls]
    kind = _time_of(told, sniffed) or _decimal_of(told)
    if kind is None:
        return "STRING"
    typed = kind if not nulls else Call("Column", (kind,), {"null": list(nulls)})
    shown = " and ".join(json.dumps(each) for each in nulls)
    if kind.startswith("DECIMAL"):
        return guessed(typed, f"each text is a number with {_places(told)} digits behind the point")
    return guessed(typed, f"{shown} stands for null") if nulls else typed


def _time_of(values: Sequence[str], sniffed: str) -> str | None:
    """The type of days or times that takes every value; None where there is none."""
    if not values or not sniffed.startswith(("DATE", "TIMESTAMP")):
        return None
    kinds = ("NAIVE_DATE", "UTC_DATETIME", "NAIVE_DATETIME") if sniffed == "DATE" else ("UTC_DATETIME", "NAIVE_DATETIME")
    return next((kind for kind in kinds if all(_takes(kind, each) for each in values)), None)


def _takes(kind: str, value: Any) -> bool:
    try:
        read(Column(kind), value)
    except UnfitError:
        return False
    return True


def _decimal_of(values: Sequence[str]) -> str | None:
    """DECIMAL where each text is a number with as many digits behind the point as any other: an amount, and no code."""
    found = [_DECIMAL.fullmatch(each) for each in values]
    places = {len(each[1]) for each in found if each}
    return f"DECIMAL(38,{places.pop()})" if values and all(found) and len(places) == 1 else None


def _places(values: Sequence[str]) -> int:
    return len(values[0].partition(".")[2])


def _sniffed(texts: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Name → what DuckDB takes the texts for. No name of the API's reaches it."""
    wanted = [name for name, values in texts.items() if max(map(len, values)) <= _TOO_LONG]
    told = [[each for each in texts[name] if each not in _NULLS] for name in wanted]
    lines = []
    for at in range(max(map(len, told), default=0)):
        lines.append({f"c{number}": values[at] for number, values in enumerate(told) if at < len(values)})
    kinds = _described(lines)
    return dict.fromkeys(texts, "VARCHAR") | {name: kinds.get(f"c{number}", "VARCHAR") for number, name in enumerate(wanted)}


def _described(lines: Sequence[Mapping[str, str]]) -> dict[str, str]:
    if not lines:
        return {}
    library = duckdb()
    with TemporaryDirectory() as folder, library.connect() as database:
        file = Path(folder, "texts.ndjson")
        file.write_bytes(b"\n".join(_encoded(line) for line in lines))
        try:
            return {name: str(kind) for name, kind, *_ in database.execute(_ASKED, [str(file)]).fetchall()}
        except library.Error:  # texts that are none to it: then they stay texts
            return {}


def _encoded(line: Mapping[str, str]) -> bytes:
    # Half of a surrogate pair is a text to JSON and none to DuckDB.
    return json.dumps({name: text.encode("utf-8", "replace").decode() for name, text in line.items()}).encode()
