"""What ``fivetran deploy`` says: shown in the words of the script, and searched for what is on the server now."""

import re
from collections.abc import Mapping
from typing import Final

from attrs import define, field

from connector_core.runtime.scripts.api_keys import struck

DASHBOARD: Final = "https://fivetran.com/dashboard/connections"

# Lines of the command, by SDK 3.0, without the marks in front of some of them.
_MARKS: Final = re.compile(r"[^A-Za-z]*")
_DONE: Final[Mapping[str, str]] = {
    "project packaged for upload": "Packaging your project for upload...",
    "package uploaded": "Uploading your project...",
    "package updated": "Replacing the code of the package...",
    "package found": "Finding the package...",
}
_SAID_OTHERWISE: Final = re.compile(
    r"executing deploy:$|reading api key from |packaging project for upload$|uploading package$"
    r"|package-id '.*' will be reused$|validating package |updating package "
    r"|connection (created|updated)$|visit the Fivetran dashboard |https?://\S+/dashboard/connections/\S+$"
)
_SHOWS_KEY: Final = re.compile(r"\bfivetran (?:deploy|package) .*--api-key\b")
"""The line of the command that shows the first characters of the key."""
_LINK: Final = re.compile(r"^https?://\S+/dashboard/connections/\S+$", re.MULTILINE)
_FACT: Final = re.compile(r"^ *(package id|connection id|runtime python version|naming strategy): *(\S.*?)\s*$", re.MULTILINE)


@define
class Words:
    """Listens to one ``fivetran deploy``. *key*: no part of it may be shown."""

    key: str = field(repr=False)
    _pieces: list[str] = field(factory=list)
    _line: str = field(default="", repr=False)

    def hear(self, piece: str) -> None:
        """Keep *piece* of what the command prints."""
        self._pieces.append(piece)

    def done(self, piece: str) -> str | None:
        """What is done now, in our words, where *piece* is a line that says so."""
        return _DONE.get(_bare(piece))

    def shown(self, piece: str) -> str:
        """What of *piece* is to be shown as it is; empty where it is said otherwise, or at the end.

        A line that came in pieces is looked at from its start: the rest of one that is not shown is not shown either.
        """
        self._line += piece
        hidden = _SAID_OTHERWISE.match(_bare(self._line)) or _FACT.match(self._line) or _SHOWS_KEY.search(self._line)
        if piece.endswith("\n"):
            self._line = ""
        return "" if hidden else struck(piece, self.key)

    def said(self, expression: str) -> bool:
        """Whether the command printed a line like that."""
        return re.search(expression, "".join(self._pieces), re.MULTILINE) is not None

    def fact(self, name: str) -> str:
        """What it gave as the *name* of something, such as ``connection id``; empty where it gave none."""
        facts: dict[str, str] = dict(_FACT.findall("".join(self._pieces)))
        return facts.get(name, "")

    @property
    def page(self) -> str:
        """Where the connection is looked at, as far as that is known."""
        given = _LINK.search("".join(self._pieces))
        connection = self.fact("connection id")
        return given[0] if given else f"{DASHBOARD}/{connection}/status" if connection else DASHBOARD


def _bare(piece: str) -> str:
    return _MARKS.sub("", piece, count=1).rstrip()


def on_the_server(words: Words, connection: str) -> str:
    """What a deploy that did not end well left there, by what the command printed.

    A line that is not known here must not pass for nothing: whatever speaks of a package or an upload ends in "not known".
    """
    if words.said("connection (created|updated)"):
        new = " (it is new, and paused)" if words.said("connection created") else ""
        return (
            f"the connection {connection}, as it was just sent{new}: {words.page}\n"
            "It exists, so the next run updates it: ./deploy.sh ... -- --yes"
        )
    refused = words.said("failed to (create|update) connection")
    reused = words.said("package-id '.*' will be reused$")
    found = (_of_one_that_was_there if reused else _of_one_that_is_new)(words, f"connection {connection} is as it was.", refused)
    return found or f"not known. {_uploaded(words)}Look whether the connection {connection} was changed: {DASHBOARD}"


def _uploaded(words: Words) -> str:
    package = words.fact("package id")
    return f"The package {package} is there. " if package else ""


def _of_one_that_is_new(words: Words, unchanged: str, refused: bool) -> str:
    """What is there of a package that was to be uploaded, and of its connection; empty where that is not known."""
    package = words.fact("package id")
    if words.said("shared with other connections"):
        return f"nothing new. Nothing was uploaded, and the {unchanged}"
    if refused and words.said("cleaned up orphaned package"):
        return f"nothing new. The uploaded package was taken away again, and the {unchanged}"
    if refused and package:
        return f"the package {package}, which nothing uses. The {unchanged}"
    if not package and words.said("uploading package$"):
        return f"perhaps a package that nothing uses. The {unchanged}"
    if words.said(r"\S") and not words.said("[Pp]ackag|[Uu]pload"):
        return f"nothing new. Nothing was uploaded, and the {unchanged}"
    return ""


def _of_one_that_was_there(words: Words, unchanged: str, refused: bool) -> str:
    """The same for a connection that was to use a package that is there."""
    if refused or not words.said("(creating connection$|updating connection )"):
        return f"nothing new. The package is as it was, and the {unchanged}"
    return ""
