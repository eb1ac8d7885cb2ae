"""The text of a specification → what it says, as JSON has it. Nothing of it is run, and nothing is read from elsewhere."""

import json
import math
import re
from collections.abc import Iterable
from typing import Any, Final

from connector_build.errors import BuildError
from connector_core.basics.names import one_line

MOST_BYTES: Final = 50_000_000
"""The largest specification that is read; that of GitHub has 12,000,000."""
_MOST_VALUES: Final = 3_000_000
"""What a document may have in it once its aliases are followed: a few lines of YAML can stand for billions."""

_INT = re.compile(r"[-+]?[0-9]{1,40}|0o[0-7]{1,40}|0x[0-9a-fA-F]{1,40}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,40}|[0-9]{1,40}(\.[0-9]{0,40})?)([eE][-+]?[0-9]{1,3})?")
_WORDS: Final = {"true": True, "false": False, "null": None, "~": None, "": None}
_PLAIN = "tag:yaml.org,2002:"
_QUOTED: Final = frozenset("'\"|>")


def document(text: str) -> dict[str, Any]:
    """The object that *text*, JSON or YAML 1.2, says: dicts with texts as keys, lists, texts, numbers, booleans and None.

    Raises BuildError, with the line where that can be told, for anything else: other types, a key that comes twice, a loop,
    aliases that stand for more than memory holds, a text that is too long.
    """
    if len(text) > MOST_BYTES:
        raise BuildError(
            f"it has {len(text):,} characters, and at most {MOST_BYTES:,} are read. Cut it to the part that is needed."
        )
    try:
        found = _json(text) if text.lstrip()[:1] == "{" else _yaml(text)
    except RecursionError:
        raise BuildError("it is nested too deep to be read.") from None
    if not isinstance(found, dict):
        raise BuildError(f"it is {_kind(found)}, and no object with keys.")
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        try:
            return _yaml(text)  # YAML in braces is no JSON
        except BuildError:
            raise BuildError(f"it is no JSON: {error.msg} in line {error.lineno}.") from None
    except ValueError as error:
        raise BuildError(f"it is no JSON that can be read: {one_line(error, 120)}.") from None


def _no_constant(name: str) -> Any:
    raise BuildError(f"it has {name} in it, which is no number of JSON.")


def _pairs(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise BuildError(f"it has the key {one_line(repr(key), 60)} twice in one object. Leave one of them out.")
        found[key] = value
    return found


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError:
        raise BuildError('it is YAML, which needs PyYAML: pip install "connector-core[local]". Or convert it to JSON.') from None
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        node = yaml.compose(text, Loader=loader)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "it cannot be read"
        raise BuildError(f"it is no YAML: {one_line(problem, 120)}{where}.") from None
    return None if node is None else _Values().of(node)


class _Values:
    """Nodes of YAML → values. An alias is the value that it stands for, made once."""

    def __init__(self) -> None:
        self._made: dict[int, tuple[Any, int]] = {}
        self._open: set[int] = set()

    def of(self, node: Any) -> Any:
        """What *node* says."""
        return self._counted(node)[0]

    def _counted(self, node: Any) -> tuple[Any, int]:
        """The value, and of how many it is made once aliases are followed."""
        key = id(node)
        if key in self._made:
            return self._made[key]
        if key in self._open:
            raise BuildError(f"an alias in line {_line(node)} stands for something that it is itself a part of.")
        _check_tag(node)
        self._open.add(key)
        made = self._value(node)
        self._open.discard(key)
        if made[1] > _MOST_VALUES:
            raise BuildError(f"its aliases stand for more than {_MOST_VALUES:,} values, in line {_line(node)}.")
        self._made[key] = made
        return made

    def _value(self, node: Any) -> tuple[Any, int]:
        if node.id == "scalar":
            return _scalar(node), 1
        if node.id == "sequence":
            parts = [self._counted(part) for part in node.value]
            return [value for value, _ in parts], 1 + sum(size for _, size in parts)
        return self._mapping(node)

    def _mapping(self, node: Any) -> tuple[Any, int]:
        own: dict[str, Any] = {}
        merged: list[dict[str, Any]] = []
        total = 1
        for key, part in node.value:
            value, size = self._counted(part)
            total += size
            if key.id == "scalar" and key.value == "<<" and key.style not in _QUOTED:
                merged += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict)]
                continue
            name = _key(key)
            if name in own:
                raise BuildError(f"it has the key {one_line(repr(name), 60)} twice in one object, in line {_line(key)}.")
            own[name] = value
        for each in merged:
            own = {**each, **own}
        return own, total


def _key(node: Any) -> str:
    if node.id != "scalar":
        raise BuildError(f"a key in line {_line(node)} is no text.")
    return str(node.value)


def _line(node: Any) -> int:
    return int(node.start_mark.line) + 1


def _scalar(node: Any) -> Any:
    """A scalar by the core schema of YAML 1.2: dates and words such as ``no`` are texts."""
    text = str(node.value)
    return text if node.style in _QUOTED else _plain(text)


def _check_tag(node: Any) -> None:
    tag = str(node.tag or "")
    if not tag.startswith(_PLAIN) or tag.startswith(f"{_PLAIN}python/"):
        raise BuildError(f"a value in line {_line(node)} has the tag {one_line(tag, 60)}, and no tags are read.")


def _plain(text: str) -> Any:
    small = text.lower()
    if small in _WORDS:
        return _WORDS[small]
    if _INT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    number = float(text) if _FLOAT.fullmatch(text) else None
    return text if number is None or math.isinf(number) else number


def _kind(value: Any) -> str:
    return "empty" if value in (None, "") else "a list" if isinstance(value, list) else "a single value"
