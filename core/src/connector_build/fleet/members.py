"""The connectors of a team, as one file lists them."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from attrs import frozen

from connector_build.errors import UsageProblem
from connector_build.plugins.references import is_file, named
from connector_core.basics.names import did_you_mean, one_line
from connector_core.source.tables import UNDECLARED

FILE: Final = "connectors.toml"
_NAME: Final = re.compile(r"[_a-z][_a-z0-9]*")
"""What Fivetran lets a connection be named."""
_LISTS: Final = ("with", "plugin_files", "enable", "disable")
_TEXTS: Final = ("name", "dataset", "output", "undeclared")
_FLAG: Final = "pyproject"
_KEYS: Final = (*_TEXTS, *_LISTS, _FLAG)


@frozen
class Member:
    """One connector of the file.

    name: what messages call it. dataset: its name, or the path of its file. output: the folder that is written.
    choice: what it is made from beyond its dataset, as `project.making.made` takes it.
    """

    name: str
    dataset: str
    choice: Mapping[str, Any]
    output: Path


def read_fleet(file: Path) -> list[Member]:
    """The connectors that *file* lists; paths in it are relative to its folder.

    Raises UsageProblem for a file that cannot be read, with the place, and for two connectors of one name or folder.
    """
    try:
        listed = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageProblem(
            f"{file} cannot be read: {error.strerror}. List the connectors there, or name another with --file."
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageProblem(f"{file} is no TOML file: {one_line(error)}.") from None
    entries = listed.pop("connector", None)
    if listed:
        raise UsageProblem(
            f"{file}: {one_line(next(iter(listed)), 60)} means nothing here. Begin each connector with [[connector]]."
        )
    if not isinstance(entries, list) or not entries:
        raise UsageProblem(f'{file} lists no connector. Write [[connector]] and below it dataset = "fts".')
    members = [_member(entry, f"{file}, connector {number}", file.parent) for number, entry in enumerate(entries, 1)]
    _check_distinct(file, [member.name for member in members], "are named")
    _check_apart(file, members)
    return members


def _check_distinct(file: Path, values: Sequence[str], what: str) -> None:
    for value in values:
        if values.count(value) > 1:
            raise UsageProblem(f"{file}: two connectors {what} {one_line(value, 100)}. Give each its own.")


def _check_apart(file: Path, members: Sequence[Member]) -> None:
    """Raise UsageProblem where two connectors are written into one folder, or one into the folder of another."""
    folders = {member.name: member.output.resolve() for member in members}
    _check_distinct(file, [str(folder) for folder in folders.values()], "are written into")
    for inner, folder in folders.items():
        for outer, other in folders.items():
            if other in folder.parents:
                raise UsageProblem(
                    f"{file}: {inner} is written into {one_line(folder, 200)}, inside the folder of {outer}, "
                    f"{one_line(other, 200)}. Give each an output of its own, beside the other."
                )


def _member(entry: Any, where: str, folder: Path) -> Member:
    if not isinstance(entry, dict):
        raise UsageProblem(f"{where} is no table. Begin each connector with [[connector]].")
    for key in entry:
        if key not in _KEYS:
            raise UsageProblem(
                f"{where}: {one_line(key, 60)} means nothing here{did_you_mean(key, _KEYS)}. Known: {', '.join(_KEYS)}."
            )
    texts = {key: _text(entry, key, where) for key in _TEXTS if key in entry}
    if "dataset" not in texts:
        raise UsageProblem(f'{where} names no dataset. Write dataset = "fts".')
    name = texts.get("name", _named(texts["dataset"], where))
    if not _NAME.fullmatch(name):
        raise UsageProblem(
            f"{where}: its name is {one_line(repr(name), 60)}, which no connection can have. Write small letters, digits and "
            'underscores, with no digit first, such as name = "fts_europe".'
        )
    lists = {key: _texts(entry, key, where) for key in _LISTS}
    choice = {
        "enable": lists["enable"],
        "disable": lists["disable"],
        "extensions": lists["with"],
        "files": [str(folder / path) for path in lists["plugin_files"]],
        **({"undeclared": _undeclared(texts["undeclared"], where)} if "undeclared" in texts else {}),
        **({_FLAG: _flag(entry, _FLAG, where)} if _FLAG in entry else {}),
    }
    dataset = str(folder / texts["dataset"]) if is_file(texts["dataset"]) else texts["dataset"]
    return Member(name, dataset, choice, folder / texts.get("output", f"dist/{name}"))


def _named(dataset: str, where: str) -> str:
    try:
        return named(dataset)
    except UsageProblem as problem:
        raise UsageProblem(f"{where}: {problem}") from None


def _undeclared(word: str, where: str) -> str:
    if word not in UNDECLARED:
        raise UsageProblem(f"{where}: undeclared is {one_line(repr(word), 60)}. Write one of {', '.join(UNDECLARED)}.")
    return word


def _text(entry: Mapping[str, Any], key: str, where: str) -> str:
    value = entry[key]
    if not isinstance(value, str) or not value or value.startswith("-"):
        raise UsageProblem(f"{where}: {key} is {one_line(repr(value), 60)}. Write a text in quotes.")
    return value


def _flag(entry: Mapping[str, Any], key: str, where: str) -> bool:
    value = entry[key]
    if not isinstance(value, bool):
        raise UsageProblem(f"{where}: {key} is {one_line(repr(value), 60)}. Write true or false.")
    return value


def _texts(entry: Mapping[str, Any], key: str, where: str) -> list[str]:
    values = entry.get(key, [])
    if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
        raise UsageProblem(f'{where}: {key} is {one_line(repr(values), 60)}. Write a list of texts: ["…"].')
    return values
