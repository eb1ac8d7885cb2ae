"""What an answer is recorded as: a text without secrets, also where it is an archive, or holds addresses that somebody signed."""

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from typing import Final

from connector_build.api.recording import STRUCK, ZIP
from connector_build.errors import UsageProblem
from connector_core import Csv, Table
from connector_core.basics.discretion import strike
from connector_core.source.unpacking import unpacked

LARGEST: Final = 50_000_000
"""So many bytes of an answer are recorded, unpacked: a file beside tests is no place for more."""
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)
_SIGNED: Final = re.compile(
    r"(?P<name>(?:[?&]|\\u0026|&amp;|%3F|%26)"
    r"(?:x-(?:amz|goog)-(?:signature|credential|security-token)|signature|sig|awsaccesskeyid|key-pair-id|policy|access_token)"
    r"(?:=|%3D))[^&\s\"'<>\\]+",
    re.IGNORECASE,
)
"""What signs an address of the common stores of files, in its query: who knows the address may ask there."""


def without_secrets(secrets: Iterable[str], text: str) -> str:
    """*text* without *secrets*, and without what signs the addresses in it."""
    return _SIGNED.sub(rf"\g<name>{STRUCK}", strike(secrets, text))


def text_of(table: Table, content: bytes, shown: Callable[[str], str]) -> tuple[str, str]:
    """The body of an answer as a text, as *shown* leaves it, and the encoding that makes bytes of it again.

    What is gzip is unpacked. An archive is made anew of members that *shown* has seen: in what is packed nothing can be struck.
    Raises UsageProblem for a body that is larger than LARGEST.
    """
    pieces, size = [], 0
    for piece in unpacked([content], max(len(content), 1) * 2000):
        size = _within(table, size + len(piece))
        pieces.append(piece)
    body = b"".join(pieces)
    text, encoding = (body.decode("latin-1"), "latin-1") if body.startswith(ZIP) else _decoded(table, body)
    return again(table, text, encoding, shown), encoding


def again(table: Table, text: str, encoding: str, shown: Callable[[str], str]) -> str:
    """A body that became a *text* of this *encoding*, as *shown* leaves it; of an archive its members."""
    if encoding != "latin-1" or not text.startswith(ZIP.decode("latin-1")):
        return shown(text)
    return _repacked(table, text.encode("latin-1"), shown).decode("latin-1")


def _decoded(table: Table, body: bytes) -> tuple[str, str]:
    encoding = table.format.encoding if isinstance(table.format, Csv) else "utf-8"
    try:
        return body.decode(encoding), encoding
    except UnicodeDecodeError:  # XML that declares another one, or something that is no text
        return body.decode("latin-1"), "latin-1"


def _repacked(table: Table, body: bytes, shown: Callable[[str], str]) -> bytes:
    made, size = io.BytesIO(), 0
    with zipfile.ZipFile(io.BytesIO(body)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as new:
        for member in old.infolist():
            size = _within(table, size + member.file_size)
            contents, encoding = text_of(table, old.read(member), shown)
            new.writestr(zipfile.ZipInfo(shown(member.filename), _EARLIEST), contents.encode(encoding, "replace"))
    return made.getvalue()


def _within(table: Table, size: int) -> int:
    if size > LARGEST:
        raise UsageProblem(
            f"{table.name}: an answer has more than {LARGEST // 1_000_000} MB. Record an account with fewer records, or give a "
            "smaller page_size."
        )
    return size
