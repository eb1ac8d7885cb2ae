"""configuration.json, looked at before anything is reset or sent. Keys are named; a value, which may be a secret, never is."""

import difflib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def fault_in(configuration: Path, lock: Path) -> str | None:
    """What is wrong with a configuration, to be read behind its name; None where nothing is.

    Names are compared with those of the settings in *lock*, where that can be read.
    """
    try:
        values = json.loads(configuration.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        return f"is not valid JSON (line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    except (ValueError, RecursionError) as error:
        return f"cannot be read ({type(error).__name__})"
    if not isinstance(values, dict):
        return 'must be one JSON object, such as {"page_size": "100"}'
    return _wrong_values(values) or _wrong_names(values, _settings(lock))


def _wrong_values(values: Mapping[str, Any]) -> str | None:
    not_text = [name for name, value in values.items() if not isinstance(value, str)]
    if not_text:
        return f"must hold strings only; put quotes around the value of: {', '.join(not_text)}"
    unfilled = [name for name, value in values.items() if value.strip().startswith("<") and value.strip().endswith(">")]
    return f"still holds a placeholder; fill in: {', '.join(unfilled)}" if unfilled else None


def _wrong_names(values: Mapping[str, str], settings: Mapping[str, Any]) -> str | None:
    for name, setting in settings.items():
        if isinstance(setting, dict) and setting.get("required") and not values.get(name, "").strip():
            near = difflib.get_close_matches(name, [key for key in values if key not in settings], 1)
            return f"lacks {name}" + (f" (it has {near[0]})" if near else "")
    unknown = [name for name in values if settings and name not in settings]
    if unknown:
        return f"holds what is no setting of this connector: {', '.join(unknown)}. Its settings are: {', '.join(settings)}"
    return None


def _settings(lock: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(lock.read_text(encoding="utf-8"))["settings"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
