"""The lock of a built project as data: reading it, what its shape has to be, and the hash that it has of itself."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_column_types, column_names, one_line
from connector_core.source.tables import UNDECLARED

SEAL: Final = "sha256"
"""The last key of a lock: the hash over everything else in it."""

PARTS: Final[Mapping[str, type]] = {
    "dataset": str,
    "sources": list,
    "tables": dict,
    "settings": dict,
    "enabled": list,
    "disabled": list,
}
"""What a lock has to say in order to be compared."""


def parse(data: bytes) -> Any:
    """The JSON in *data*. Raises ValueError for what is none, and for a name that stands twice in one object."""
    try:
        return json.loads(data, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"is no JSON that can be read ({one_line(error, 100)})") from None


def _once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        raise ValueError("a name stands in it twice")
    return made


def seal_of(lock: Mapping[str, Any]) -> str:
    """The hash over *lock* without its seal. Raises ValueError for one that is nested too deep."""
    rest = {name: value for name, value in lock.items() if name != SEAL}
    try:
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        raise ValueError("is nested too deep") from None
    return sha256(text.encode()).hexdigest()


def lacks(lock: Any) -> list[str]:
    """The parts that *lock* does not have, or not as what they have to be."""
    return [name for name, kind in PARTS.items() if not isinstance(lock, dict) or not isinstance(lock.get(name), kind)]


def wrong_with(lock: Mapping[str, Any]) -> str:
    """What is wrong inside of the parts of *lock*, the first of it, as the end of a sentence; empty where nothing is."""
    return next(_wrong(lock), "")


def _wrong(lock: Mapping[str, Any]) -> Iterator[str]:
    for number, source in enumerate(lock["sources"], 1):
        if not _texts_in(source, "name", "version", "sha256"):
            yield f"source {number} has no name, version or sha256 that is a text"
    helpers, pythons = lock.get("helpers", []), lock.get("pythons", [])
    if not isinstance(helpers, list) or not all(_texts_in(each, "name", "version", "sha256") for each in helpers):
        yield "helpers has one without a name, version or sha256 that is a text"
    if not isinstance(pythons, list) or not _are_texts(pythons):
        yield "pythons is no list of versions"
    for name, table in lock["tables"].items():
        yield from _wrong_table(f"table {one_line(name, 60)}", table)
    for name, setting in lock["settings"].items():
        if not _is_setting(setting):
            yield f"setting {one_line(name, 60)} has no kind that is a text, or something else than true or false beside it"
    yield from _wrong_lists(lock)


def _wrong_lists(lock: Mapping[str, Any]) -> Iterator[str]:
    for name in ("enabled", "disabled"):
        if not _are_texts(lock[name]):
            yield f"{name} is no list of names"
    yield from _wrong_undeclared(lock)
    feeds = lock.get("feeds", {})
    if not isinstance(feeds, dict) or not _are_texts(list(feeds.values())):
        yield "feeds does not give each table the identity of its feed"
    reads = lock.get("reads", {})
    if not isinstance(reads, dict) or not _are_texts(list(reads.values())):
        yield "reads does not say how each table is read"
    options = lock.get("options", {})
    if not isinstance(options, dict) or not all(_is_option(option) for option in options.values()):
        yield "options does not give each option its kind, its table and a hash of what it is made of"
    files = lock.get("files", {})
    if not isinstance(files, dict) or not _are_texts(list(files.values())):
        yield "files does not give each file its hash"


def _wrong_undeclared(lock: Mapping[str, Any]) -> Iterator[str]:
    if lock.get("undeclared", "allow") not in UNDECLARED:
        yield f"undeclared is none of {', '.join(UNDECLARED)}"
    words = lock.get("undeclared_fields", {})
    if not isinstance(words, dict) or not set(map(str, words.values())) <= {*UNDECLARED}:
        yield "undeclared_fields does not say for each table what becomes of fields that nobody declared"


def _wrong_table(what: str, table: Any) -> Iterator[str]:
    if not isinstance(table, dict) or not isinstance(table.get("columns"), dict):
        yield f"{what} has no columns"
        return
    if not isinstance(table.get("primary_key"), list):
        yield f"{what} has no primary_key that is a list of columns"
        return
    yield from _said(lambda: table["primary_key"] and column_names(table["primary_key"], f"{what}: its primary_key"))
    yield from _said(lambda: check_column_types(table["columns"], what))


def _said(check: Callable[[], object]) -> Iterator[str]:
    """What *check* raises PluginError with, if it does."""
    try:
        check()
    except PluginError as error:
        yield str(error).rstrip(".")
    except RecursionError:
        yield "a table is nested too deep"


def _texts_in(value: Any, *names: str) -> bool:
    return isinstance(value, dict) and all(isinstance(value.get(name), str) for name in names)


def _is_setting(value: Any) -> bool:
    return _texts_in(value, "kind") and all(isinstance(value.get(name, False), bool) for name in ("required", "secret"))


def _is_option(value: Any) -> bool:
    hashes = value.get("hashes", []) if isinstance(value, dict) else None
    return _texts_in(value, "kind", "table", "made_of") and isinstance(hashes, list) and _are_texts(hashes)


def _are_texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)
