# The heredocs stand in functions of their own: bash 3.2 misreads quotes in one inside $( ).
check_configuration() (
    cd /
    "$python" - "$project/configuration.json" "$project/connector.lock.json" <<'PYTHON'
"""Names the keys that are wrong; never a value, which may be a secret."""
import difflib
import json
import sys


def settings_of(lock):
    """Setting to what the lock says of it; nothing where there is no lock that can be read."""
    try:
        with open(lock, encoding="utf-8") as file:
            return dict(json.load(file)["settings"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def wrong_names(text, settings):
    """What is wrong with the names, compared with those of the settings."""
    for name, setting in settings.items():
        if isinstance(setting, dict) and setting.get("required") and not text.get(name):
            near = difflib.get_close_matches(name, [key for key in text if key not in settings], 1)
            return f"lacks {name}" + (f" (it has {near[0]})" if near else "")
    unknown = [key for key in text if settings and key not in settings]
    if unknown:
        return f"holds what is no setting of this connector: {', '.join(unknown)}. Its settings are: {', '.join(settings)}"
    return None


def problem(path, lock):
    try:
        with open(path, encoding="utf-8-sig") as file:
            values = json.load(file)
    except json.JSONDecodeError as error:
        return f"is not valid JSON (line {error.lineno}, column {error.colno})"
    except UnicodeDecodeError:
        return "is not UTF-8 text"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    if not isinstance(values, dict):
        return "must be one JSON object, such as {\"page_size\": \"100\"}"
    not_text = [key for key in values if not isinstance(values[key], str)]
    if not_text:
        return f"must hold strings only; put quotes around the value of: {', '.join(not_text)}"
    text = {key: value.strip() for key, value in values.items()}
    unfilled = [key for key, value in text.items() if value.startswith("<") and value.endswith(">")]
    if unfilled:
        return f"still holds a placeholder; fill in: {', '.join(unfilled)}"
    return wrong_names(text, settings_of(lock))


try:
    found = problem(*sys.argv[1:])
except Exception as error:
    found = f"cannot be checked ({type(error).__name__})"
if found:
    print(f"Error: configuration.json {found}", file=sys.stderr)
    sys.exit(2)
PYTHON
)

