"""Kinds of settings: how the text of a configuration is read as a value of each."""

import ipaddress
import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from connector_core.basics.names import did_you_mean, one_line
from connector_core.basics.wire import parse_url


class Bounded(Protocol):
    """What reading a value asks of its setting."""

    @property
    def secret(self) -> bool: ...

    @property
    def minimum(self) -> int | None: ...

    @property
    def maximum(self) -> int | None: ...

    @property
    def choices(self) -> tuple[str, ...]: ...


def _read_text(setting: Bounded, text: str) -> str:
    # In whatever language: it depends on the auth how it travels. No kind of it takes a line break, which is a slip of the hand.
    if setting.secret and not text.isprintable():
        raise ValueError("holds a line break or another character that is not printed; paste it once more")
    return text


def _read_integer(setting: Bounded, text: str) -> int:
    bounds = bounds_of(setting)
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"is {one_line(text, 40)!r}, not a whole number{bounds}") from None
    low, high = setting.minimum, setting.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"is {one_line(number, 40)}, not a whole number{bounds}")
    return number


def _read_choice(setting: Bounded, text: str) -> str:
    if text not in setting.choices:
        raise ValueError(
            f"is {one_line(text, 40)!r}{did_you_mean(text, setting.choices)}, not one of {', '.join(setting.choices)}"
        )
    return text


def _read_flag(_: Bounded, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"is {one_line(text, 40)!r}, not true or false")
    return text.lower() == "true"


_AGO = re.compile(r"(\d{1,5}) days? ago", re.IGNORECASE)


def _read_date(_: Bounded, text: str) -> str:
    """The day, in UTC where it is counted from today."""
    today = datetime.now(UTC).date()
    found = _AGO.fullmatch(text)
    try:
        if found or text.lower() == "today":
            return (today - timedelta(days=int(found[1]) if found else 0)).isoformat()
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text).isoformat()
    except (ValueError, OverflowError):
        pass
    raise ValueError(f"is {one_line(text, 40)!r}, not a day; write 2024-01-31, today, or 30 days ago")


def _read_list(setting: Bounded, text: str) -> tuple[str, ...]:
    entries = _json_list(text) if text.startswith("[") else re.split(r"[,\n]", text)
    found = tuple(dict.fromkeys(entry.strip() for entry in entries if entry.strip()))
    for entry in found:
        _read_text(setting, entry)
    if text and not found:
        raise ValueError("is a list without an entry; write them with commas between")
    return found


def _json_list(text: str) -> list[str]:
    try:
        found = json.loads(text)
    except ValueError:
        raise ValueError('begins like a JSON list and is none; write ["a", "b"], or a, b') from None
    if not all(isinstance(entry, str | int) and not isinstance(entry, bool) for entry in found):
        raise ValueError('has entries that are no texts; write ["a", "b"], or a, b')
    return [str(entry) for entry in found]


def bounds_of(setting: Bounded) -> str:
    """The bounds of a whole number, in words, with a space in front."""
    match setting.minimum, setting.maximum:
        case None, None:
            return ""
        case low, None:
            return f" of at least {low}"
        case None, high:
            return f" of at most {high}"
        case low, high:
            return f" from {low} to {high}"


def _read_url(_: Bounded, text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
        parse_url(text)  # what requests goes by is stricter about the host
    except ValueError:
        raise ValueError("is not an address that can be read; write https://host") from None
    # The address itself is not shown: it may hold a password.
    if "@" in text:
        raise ValueError("holds a user name or a password; leave them out, the key has a setting of its own")
    if "?" in text or "#" in text:
        raise ValueError("holds a ? or a #; write the address up to the path only")
    if any(character.isspace() for character in text):
        raise ValueError("holds a space or a line break; write https:// and the host")
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"is {one_line(text, 80)!r}, not an address; write https:// and the host")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(f"is plain http to {one_line(host, 80)}, which would send the key readable; write https://")
    return text.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine: ``localhost`` or a loopback address (RFC 1122 3.2.1.3, RFC 4291 2.5.3)."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


READERS: dict[str, Callable[[Any, str], Any]] = {
    "text": _read_text,
    "integer": _read_integer,
    "url": _read_url,
    "choice": _read_choice,
    "flag": _read_flag,
    "date": _read_date,
    "list": _read_list,
}
