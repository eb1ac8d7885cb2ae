"""Settings: what a connection can be configured with, and how each kind of value is read."""

from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from connector_core.basics.errors import PluginError
from connector_core.basics.names import check_name
from connector_core.source.setting_kinds import READERS, bounds_of

Kind = Literal["text", "integer", "url", "choice", "flag", "date", "list"]


_HOW: Mapping[Kind, str] = {
    "integer": " A whole number{}.",
    "date": " A day such as 2024-01-31, or 30 days ago.",
    "list": " Several with commas between them.",
}
"""What a setup form says of the values of a kind."""


@frozen
class Setting:
    """One configuration value.

    name:        its key in ``configuration.json``.
    label:       what a setup form calls it; made from the name when left out.
    description: one sentence for the setup form and the project's README.
    default:     the value when none is given; None makes the setting required.
    kind:        ``text``, ``integer``, ``url`` (https, or http on this machine only), ``choice`` (one of *choices*), ``flag``
                 (true or false; the configuration has a bool), ``date`` (a day such as ``2024-01-31``, ``today`` or
                 ``30 days ago``; the configuration has the day as a text) or ``list`` (texts with commas or line breaks between
                 them, or a JSON list; the configuration has a tuple of texts, each once).
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
        bounds = _HOW[self.kind].format(bounds_of(self)) if self.kind in _HOW else ""
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
OF_CORE = frozenset({*CORE_KINDS, CA_CERTIFICATE})
"""The settings that the core reads."""


def threads(default: int = 4, *, maximum: int = 8) -> Setting:
    """The setting of a dataset with several tables, or with pages that are asked for at once: how many requests at a time."""
    return Setting(
        THREADS, "Threads", "Requests at a time, over all tables.", str(default), kind="integer", minimum=1, maximum=maximum
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
