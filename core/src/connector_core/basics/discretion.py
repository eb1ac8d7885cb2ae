"""Discretion: the texts that nothing may show, those that the API issues during a sync included."""

import html.entities
import json
import logging
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from urllib.parse import quote, quote_plus
from weakref import WeakSet

SHOWN_BYTES = 100_000
"""So much of an answer is looked at in order to show its beginning."""


class Secrets(Iterable[str]):
    """The secrets of one sync. An auth object adds what it is given or makes; empty texts are left out."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts = dict.fromkeys(text for text in texts if text)

    def add(self, *texts: str) -> None:
        """Strike *texts* out of everything that is shown from now on."""
        self._texts.update(dict.fromkeys(text for text in texts if text))

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._texts))  # a copy: another thread may add one meanwhile

    def __repr__(self) -> str:
        return f"<{len(self._texts)} secrets>"


def strike(secrets: Iterable[str], text: str) -> str:
    """*text* without any of *secrets*, also where one is escaped, or cut short in front of dots.

    However an answer, a log or an address may write a character of a secret is struck out with it: quoted for an address once or
    several times (RFC 3986), escaped as JSON and its kin do, as an entity of HTML, and white space in whatever number.
    """
    for secret in sorted(secrets, key=len, reverse=True):  # the longest first: one secret may be a part of another
        text = _pattern(secret).sub("***", text)
        if "..." in text:
            for form in _forms(secret):
                for length in range(len(form) - 1, 3, -1):
                    text = text.replace(f"{form[:length]}...", "***...")
    return text


def shows(secrets: Iterable[str], text: str) -> bool:
    """Whether one of *secrets* stands in *text* in one of the forms that we ourselves write it in."""
    return any(form in text for secret in secrets for form in _forms(secret))


@lru_cache(maxsize=1024)
def _forms(secret: str) -> tuple[str, ...]:
    in_json = json.dumps(secret)[1:-1]
    quoted = (quote(secret, safe=""), quote(secret), quote_plus(secret))
    return secret, " ".join(secret.split()), in_json, json.dumps(in_json)[1:-1], repr(secret)[1:-1], *quoted


@lru_cache(maxsize=1024)
def _pattern(secret: str) -> re.Pattern[str]:
    return re.compile("".join(_part(part) for part in re.findall(r"\s+|\\+|\S", secret)))


def _part(part: str) -> str:
    if part.isspace():
        return _BLANK
    if part.startswith("\\"):
        return rf"(?:\\|%(?:25){{0,4}}5[cC]|u005[cC]|&#(?:92|x5[cC]);){{{len(part)},{8 * len(part)}}}"
    return _letter(part)


_BLANK = r"(?:\s|\+|%(?:25)*(?:20|09|0[aAdD])|\\{1,8}[ntr]|\\{0,8}u00(?:20|09|0[aAdD])|&(?:nbsp|#32|#x20);){1,40}"


def _letter(letter: str) -> str:
    """What one character of a secret may look like."""
    number = ord(letter)
    code = "".join(f"[{digit.lower()}{digit.upper()}]" if digit.isalpha() else digit for digit in f"{number:02x}")
    quoted = "".join(f"%(?:25)*{byte:02x}" for byte in letter.encode(errors="surrogatepass"))
    names = "|".join(name for name, each in html.entities.name2codepoint.items() if each == number)
    entity = f"&(?:amp;)*(?:#0*{number}|#[xX]0*{code}{f'|{names}' if names else ''}{'|apos' if letter == chr(39) else ''});"
    # What is longest first: the sign itself may be the beginning of how it is written.
    return rf"\\{{0,8}}(?:{entity}|(?i:{quoted})|u0*{code}|x{code}|{re.escape(letter)})"


class _SecretsFilter(logging.Filter):
    """Strikes secrets out of the lines of a logger that is not ours, such as urllib3's, which shows whole addresses.

    It is told of secrets once and forgets them when nobody holds them any more: a request may still be under way, and be
    logged, after its sync has ended.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known: WeakSet[Secrets] = WeakSet()

    def filter(self, record: logging.LogRecord) -> bool:
        texts = [text for secrets in tuple(self.known) for text in secrets]
        record.msg, record.args = strike(texts, record.getMessage()), ()
        if record.exc_info and texts:  # the traceback tells what the message does
            record.exc_info = record.exc_text = None
        return True


_FILTER = _SecretsFilter()


def quieten(secrets: Secrets) -> None:
    """Let urllib3, which shows whole addresses and headers when it is asked for details, show none of *secrets*."""
    _FILTER.known.add(secrets)
    for name in ("connection", "connectionpool", "response", "util.retry"):
        logging.getLogger(f"urllib3.{name}").addFilter(_FILTER)
