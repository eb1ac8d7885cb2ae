"""Secrets that stand in the source of a plugin. A secret belongs into the configuration, which never leaves this machine.

detect-secrets looks for them. What it calls verifying, which sends a secret to whoever may have given it out, is off.
"""

import ast
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any, Final

from attrs import frozen

from connector_build.errors import BuildError

PRAGMA: Final = "pragma: allowlist secret"
"""At the end of a line, as a comment: what is there is none."""
READ: Final = frozenset({".py", ".json", ".toml", ".yaml", ".yml", ".ini", ".cfg", ".env", ".txt", ".sql", ".pem", ".key", ""})
"""Files in which somebody may have written one; others are data."""
LARGEST: Final = 500_000
"""A larger file was not written by hand."""
_NOT_ASKED: Final = frozenset({"IPPublicDetector"})
"""An address of the internet is no secret."""
# Not is_indirect_reference, which takes any call for a harmless one: plugins are made of calls.
_FILTERS: Final = (
    "detect_secrets.filters.allowlist.is_line_allowlisted",
    *(
        f"detect_secrets.filters.heuristic.{name}"
        for name in (
            "is_likely_id_string",
            "is_not_alphanumeric_string",
            "is_potential_uuid",
            "is_prefixed_with_dollar_sign",
            "is_sequential_string",
            "is_templated_secret",
        )
    ),
)
_SETTING: Final = re.compile(rb"\b\w+_setting(\s*=)")
SHORTEST: Final = 16
"""A word of a longer text that has fewer characters is no secret by its letters alone."""


@frozen(order=True)
class Literal:
    """What may be a secret: where it stands, and what it looks like. It is not kept itself."""

    path: str
    line: int
    kind: str

    def __str__(self) -> str:
        return (
            f"{self.path}, line {self.line}, has what looks like a secret ({self.kind}), and every copy of the plugin has it. "
            "Make it a setting, Setting(…, secret=True), whose value stands in configuration.json alone, and have the secret "
            f"replaced, as others may have seen it. If it is none, end the line with: # {PRAGMA}"
        )


def check_no_secrets(files: Mapping[str, bytes]) -> None:
    """Raise BuildError where a secret stands in one of *files* (path → contents), with its place and without the secret."""
    found = literals(files)
    if found:
        more = f" There are {len(found) - 1} more like it." if len(found) > 1 else ""
        raise BuildError(f"{found[0]}{more}")


def literals(files: Mapping[str, bytes]) -> list[Literal]:
    """What may be a secret in *files*, in their order."""
    return [each for path, contents in files.items() if _is_read(path, contents) for each in _in_file(path, contents)]


def _is_read(path: str, contents: bytes) -> bool:
    return PurePosixPath(path).suffix.lower() in READ and len(contents) <= LARGEST and b"\0" not in contents


@lru_cache(maxsize=256)
def _in_file(path: str, contents: bytes) -> tuple[Literal, ...]:
    from detect_secrets.core.scan import scan_file
    from detect_secrets.settings import transient_settings

    name = PurePosixPath(path).name
    with tempfile.TemporaryDirectory(prefix="connector-build-") as folder, transient_settings(_settings()):
        found: dict[int, str] = {}
        # Names of settings are none: password_setting="api_token".
        named = _SETTING.sub(rb"setting\1", contents)
        for file, text in ((f"words-of-{name}", _words(path, contents)), (name, named)):
            if text.strip():
                Path(folder, file).write_bytes(text)
                found |= {each.line_number: each.type for each in scan_file(str(Path(folder, file)))}
    return tuple(Literal(path, line, kind) for line, kind in sorted(found.items()))


def _settings() -> dict[str, object]:
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class

    kinds: Mapping[str, Any] = get_mapping_from_secret_type_to_class()
    known = {kind.__name__ for kind in kinds.values()}
    return {
        "plugins_used": [{"name": name} for name in sorted(known - _NOT_ASKED)],
        "filters_used": [{"path": path} for path in _FILTERS],
    }


def _words(path: str, contents: bytes) -> bytes:
    """The long words of texts in a module, each a text of its own in its line: ``"Bearer 3f9…"`` has one."""
    source = contents.decode("utf-8", "replace")
    try:
        tree = ast.parse(source) if path.endswith(".py") else None
    except (SyntaxError, ValueError, RecursionError):
        return b""
    lines = [""] * (source.count("\n") + 2)
    marked = [PRAGMA in line for line in source.split("\n")]
    for line, text in _texts(tree) if tree else ():
        if not marked[line - 1]:
            words = [word for word in text.split() if len(word) >= SHORTEST and word != text]
            lines[line - 1] += "".join(f' "{word}"' for word in words if '"' not in word and "\\" not in word)
    return "\n".join(lines).encode("utf-8", "replace")


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and value of each text that is more than a docstring."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.lineno, node.value
