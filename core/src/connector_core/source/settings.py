"""Settings: what a connection can be configured with, and how each kind of value is read."""

import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from attrs import frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_name, did_you_mean, one_line
from connector_core.basics.wire import parse_url

Kind = Literal["text", "integer", "url", "choice", "flag"]


@frozen
class Setting:
    """One configuration value.

    name:        its key in ``configuration.json``.
    label:       what a setup form calls it; made from the name when left out.
    description: one sentence for the setup form and the project's README.
    default:     the value when none is given; None makes the setting required.
    kind:        ``text``, ``integer``, ``url`` (https, or http on this machine only), ``choice`` (one of *choices*) or ``flag``
                 (true or false; the configuration has a bool).
    minimum, maximum: the bounds of an integer, both included; None for no bound.
    secret:      it is never logged, shown or written into a project.
    choices:     what a choice may say.
    when:        a setting before it and the values of it for which this one is read; None: always.

    Raises PluginError when the parts contradict each other.
    """

    name: str
    label: str = ""
    description: str = ""
    default: str | None = None
    kind: Kind = "text"
    minimum: int | None = None
    maximum: int | None = None
    secret: bool = False
    choices: tuple[str, ...] = ()
    when: tuple[str, tuple[str, ...]] | None = None

    def __attrs_post_init__(self) -> None:
        check_name(self.name, "A setting")
        if self.kind not in READERS:
            raise PluginError(f"Setting {self.name}: kind is {self.kind!r}. Write one of {', '.join(sorted(READERS))}.")
        if (self.kind == "choice") != bool(self.choices):
            raise PluginError(f"Setting {self.name}: choices belong to kind 'choice', and it needs them. Write choices=[…].")
        if self.secret and self.default is not None:
            raise PluginError(
                f"Setting {self.name} is a secret and has a default. A secret has no default: leave one of them out."
            )
        if not self.label:
            object.__setattr__(self, "label", self.name.replace("_", " ").capitalize())
        if not isinstance(self.default, str | None):
            raise PluginError(f'Setting {self.name}: its default {self.default!r} is no text. Write it in quotes, like "100".')
        if self.default is not None:
            try:
                READERS[self.kind](self, self.default)
            except ValueError as error:
                bounds = ", the minimum or the maximum" if self.kind == "integer" else ""
                raise PluginError(
                    f"Setting {self.name}: its own default {self.default!r} {error}. Correct the default{bounds}."
                ) from None

    @property
    def required(self) -> bool:
        """Whether a value has to be given."""
        return self.default is None

    @property
    def about(self) -> str:
        """What a setup form says below the field: the description, the bounds, and what an empty field means."""
        bounds = f" A whole number{_bounds(self)}." if self.kind == "integer" else ""
        left = "" if self.default is None else f" Left empty: {self.default}."
        return f"{self.description or self.label + '.'}{bounds}{left}"

    @property
    def placeholder(self) -> str:
        """What stands in ``configuration.json`` until somebody fills it in: the default, or ``<your api_key>``."""
        return f"<your {self.name}>" if self.default is None else self.default


def base_url(default: str | None = None) -> Setting:
    """The setting that every dataset has: the API's address. Give the API's own as *default*."""
    return Setting("base_url", "Base URL", "Address of the API, without the path of a table.", default, kind="url")


def page_size(default: int = 100, *, minimum: int = 1, maximum: int = 200) -> Setting:
    """The setting that every dataset has: how many records to ask for at once, *minimum* and *maximum* included."""
    return Setting(
        "page_size", "Page size", "Records in a page of the API.", str(default), kind="integer", minimum=minimum, maximum=maximum
    )


THREADS = "threads"
MAX_ANSWER = "max_answer_mb"
CA_CERTIFICATE = "ca_certificate"
CORE_KINDS: Mapping[str, Kind] = {"base_url": "url", "page_size": "integer", THREADS: "integer", MAX_ANSWER: "integer"}
"""The core's own settings, and the kind that each has to be of, also where a plugin describes it anew."""


def threads(default: int = 4, *, maximum: int = 8) -> Setting:
    """The setting that every dataset with a child table has: how many requests for it may be under way at once."""
    return Setting(
        THREADS, "Threads", "Requests at a time for child tables.", str(default), kind="integer", minimum=1, maximum=maximum
    )


def ca_certificate() -> Setting:
    """A setting for an API whose TLS certificate comes from an authority of its own: that authority's certificate.

    The PEM file in base64, on one line; empty for what every machine trusts.
    """
    return Setting(
        CA_CERTIFICATE, "CA certificate", "Certificate of the authority to trust as well, a PEM file in base64.", default=""
    )


DECODED_MB = 15
"""The largest answer in JSON that is taken by default.

Decoded, it takes 10 times its bytes where records are flat, and 25 times where they consist of small objects and lists, and while
one page is delivered another is read: so much stays under 1 GB (docs/decisions/0010-an-answer-fits-the-memory.md).
"""
SPOOLED_MB = 100
"""The same of a dataset whose answers are all spooled into a file, so that none is held in memory."""


def max_answer_mb(default: int = DECODED_MB) -> Setting:
    """The setting that every dataset has: the largest answer that is taken, unpacked, in millions of bytes."""
    return Setting(
        MAX_ANSWER,
        "Largest answer",
        "The largest answer of the API that is taken, in megabytes.",
        str(default),
        kind="integer",
        minimum=1,
        maximum=100_000,
    )


def _read_text(setting: Setting, text: str) -> str:
    # In whatever language: it depends on the auth how it travels. No kind of it takes a line break, which is a slip of the hand.
    if setting.secret and not text.isprintable():
        raise ValueError("holds a line break or another character that is not printed; paste it once more")
    return text


def _read_integer(setting: Setting, text: str) -> int:
    bounds = _bounds(setting)
    try:
        number = int(text)
    except ValueError:
        raise ValueError(f"is {one_line(text, 40)!r}, not a whole number{bounds}") from None
    low, high = setting.minimum, setting.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        raise ValueError(f"is {one_line(number, 40)}, not a whole number{bounds}")
    return number


def _read_choice(setting: Setting, text: str) -> str:
    if text not in setting.choices:
        raise ValueError(
            f"is {one_line(text, 40)!r}{did_you_mean(text, setting.choices)}, not one of {', '.join(setting.choices)}"
        )
    return text


def _read_flag(_: Setting, text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError(f"is {one_line(text, 40)!r}, not true or false")
    return text.lower() == "true"


def _bounds(setting: Setting) -> str:
    match setting.minimum, setting.maximum:
        case None, None:
            return ""
        case low, None:
            return f" of at least {low}"
        case None, high:
            return f" of at most {high}"
        case low, high:
            return f" from {low} to {high}"


def _read_url(_: Setting, text: str) -> str:
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


READERS: dict[str, Callable[[Setting, str], Any]] = {
    "text": _read_text,
    "integer": _read_integer,
    "url": _read_url,
    "choice": _read_choice,
    "flag": _read_flag,
}
