"""Where the key to Fivetran's REST API is: the environment, else the nearest config.json, here or in a folder above."""

import json
import re
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from attrs import field, frozen

from connector_core.runtime.scripts.errors import ScriptError

VARIABLE: Final = "FIVETRAN_API_KEY"
FILE: Final = "config.json"
SHOWN: Final = 8
"""So many characters of a key in a row are part of it, and struck wherever they are printed."""


@frozen
class ApiKey:
    """A key, the base64 of key:secret, and where it was found."""

    value: str = field(repr=False)
    place: str


def find_key(account: str, project: Path, environment: Mapping[str, str]) -> ApiKey:
    """The key of *account*. Raises ScriptError, which says where it was looked for and what to write."""
    if value := environment.get(VARIABLE):
        return ApiKey(value, f"{VARIABLE} (it decides which account is used)")
    looked, file, keys = _nearest(project)
    value = keys.get(account)
    if isinstance(value, str) and value.strip() and not value.strip().startswith("<"):
        return ApiKey(value.strip(), str(file))
    fault = " (its key must be text, and no placeholder)" if account in keys else ""
    known = [f"Accounts in {file}: {', '.join(sorted(keys)) or 'none'}{fault}"] if file else []
    raise ScriptError(
        "\n".join(
            [
                f"no API key was found for the account {account}. Looked in:",
                f"  {VARIABLE} in the environment (not set)",
                *(f"  {place}" for place in looked),
                *known,
                f"Set {VARIABLE} to the base64 of key:secret,",
                f"or write {file or project.parent / FILE}:",
                f"  {json.dumps({'fivetran': {'api_keys': {account: '<base64 of key:secret>'}}})}",
            ]
        )
    )


def _nearest(project: Path) -> tuple[list[str], Path | None, Mapping[str, Any]]:
    """Where we looked, with what was wrong there; the first file that has keys, if any; its keys by account."""
    looked: list[str] = []
    for folder in (project, *project.parents):
        file = folder / FILE
        fault, keys = _keys_in(file)
        if fault is None:
            return [*looked, str(file)], file, keys
        looked.append(f"{file} ({fault})")
    return looked, None, {}


def _keys_in(file: Path) -> tuple[str | None, Mapping[str, Any]]:
    if not file.is_file():
        return "not there", {}
    try:
        keys = json.loads(file.read_text(encoding="utf-8-sig"))["fivetran"]["api_keys"]
    except (KeyError, TypeError):
        return "no fivetran.api_keys in it", {}
    except OSError as error:
        return f"cannot be read: {error.strerror}", {}
    except json.JSONDecodeError as error:
        return f"not valid JSON: line {error.lineno}, column {error.colno}", {}
    except UnicodeDecodeError:
        return "not UTF-8 text", {}
    except (ValueError, RecursionError) as error:
        return f"cannot be read: {type(error).__name__}", {}
    return (None, keys) if isinstance(keys, dict) else ("fivetran.api_keys is not an object", {})


def without_key(environment: Mapping[str, str]) -> dict[str, str]:
    """*environment* for a run on this machine, which needs no key to Fivetran: a connector could read it there."""
    return {name: value for name, value in environment.items() if name != VARIABLE}


def keep_at_home(project: Path) -> bool:
    """Have .gitignore name a config.json beside connector.py that holds keys, or `fivetran deploy` uploads it; whether it had to.

    Raises ScriptError when .gitignore cannot be read or written.
    """
    file, ignored = project / FILE, project / ".gitignore"
    try:
        if not file.is_file() or b'"api_keys"' not in file.read_bytes():
            return False
        if ignored.is_file() and re.search(rb"^/?config\.json\r?$", ignored.read_bytes(), re.MULTILINE):
            return False
        with ignored.open("a", encoding="utf-8") as more:
            more.write(f"\n/{FILE}\n")
    except OSError:
        raise ScriptError(f"{FILE} holds API keys and would be uploaded from here. Move it one folder up.") from None
    return True


def struck(text: str, key: str) -> str:
    """*text* without any part of *key*: runs of SHOWN of its characters, or all of a shorter one, become ``***``."""
    length = min(SHOWN, len(key))
    parts = {key[start : start + length] for start in range(len(key) - length + 1)} if key else set()
    starts = [found.start() for part in parts for found in re.finditer(f"(?={re.escape(part)})", text)]
    hidden = {at for start in starts for at in range(start, start + length)}
    runs = groupby(enumerate(text), key=lambda each: each[0] in hidden)
    return "".join("***" if hide else "".join(letter for _, letter in run) for hide, run in runs)
