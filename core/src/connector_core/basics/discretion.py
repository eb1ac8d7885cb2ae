"""Discretion: what is secret, by where it came from, and where it must not show.

A secret is known by its provenance: a setting that says so, what an auth object makes or is given, a session that the API opened.
Where it goes decides how it is told from what merely looks alike:

- **in texts for people** (logs, errors) each is struck out however it is written. The shorter it is, the more has to speak for
  it: from 8 characters on it is struck anywhere, from 4 on where it stands as a word of its own, and below that as the value
  of something named like a credential.
- **in links and in the state** it is a credential that was sent back by its name and its whole value, or by a value that nothing
  else could be (``unmistakable``). Nothing else is taken out of a link, and nothing else keeps a state from being saved.
"""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from attrs import frozen

from connector_core.basics.written import Written, bare, encoded, plain

SHOWN_BYTES = 100_000
"""So much of an answer is looked at in order to show its beginning."""
ANYWHERE = 8
"""From so many characters on, a secret is struck out of a text wherever it stands."""
WORD = 4
"""From so many on, where it stands as a word of its own. It is also the longest beginning of a secret that may be shown."""
UNMISTAKABLE_FROM = 12
WORDS_FROM = 20
SESSIONS = 256
"""So many sessions are remembered: an API may open a new one with each answer."""

_WORDS = re.compile(r"[A-Za-z]+(?:[-_. ]+[A-Za-z]+)*")
_NUMBER = re.compile(r"[-+:.,/ TZ\d]{1,32}")
_SCHEME = re.compile(r"(?:basic|bearer|token|digest)\s+", re.IGNORECASE)
_SESSION = re.compile(r"sess|sid\b|sid$|token|auth|jwt|csrf|xsrf|login|remember|ticket|credential", re.IGNORECASE)
_CREDENTIALS = ("accesstoken", "apikey", "authorization", "authtoken", "clientsecret", "passwd", "password", "secret")
"""Names that mean a credential at any API, as ``_name`` writes them."""


def unmistakable(text: str) -> bool:
    """Whether no other text is likely to hold *text* by chance: it is long, and no words, number or date."""
    if _NUMBER.fullmatch(text):
        return False
    return len(text) >= (WORDS_FROM if _WORDS.fullmatch(text) else UNMISTAKABLE_FROM)


class Secrets(Iterable[str]):
    """The secrets of one sync. An auth object adds what it is given or makes; empty texts are left out."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: dict[str, frozenset[str]] = {}
        self._sessions: deque[str] = deque(maxlen=SESSIONS)
        self.add(*texts)

    def add(self, *texts: str, name: str = "") -> None:
        """Strike *texts* out of everything that is shown from now on.

        name: of the setting that it came from, or of the header or parameter that it is sent as.
        """
        for text in texts:
            if text:
                self._texts[text] = self._texts.get(text, frozenset()) | ({_name(name)} if name else set())

    def opened(self, name: str, value: str) -> None:
        """Take in a cookie of the API's: a session is as good as a credential, every other cookie is none."""
        if _SESSION.search(name) and len(value) >= ANYWHERE and not _WORDS.fullmatch(value) and value not in self._sessions:
            self._sessions.append(value)

    def __iter__(self) -> Iterator[str]:
        return iter((*tuple(self._texts), *tuple(self._sessions)))  # a copy: another thread may add one meanwhile

    def __repr__(self) -> str:
        return f"<{len(self._texts) + len(self._sessions)} secrets>"

    @classmethod
    def of_all(cls, each: Iterable["Secrets"]) -> "Secrets":
        """The secrets of several syncs."""
        made = cls()
        for secrets in each:
            for text, names in secrets._texts.copy().items():
                made._texts[text] = made._texts.get(text, frozenset()) | names
            made._sessions.extend(tuple(secrets._sessions))
        return made

    def names(self, text: str) -> frozenset[str]:
        """Under which names *text*, one of the secrets, is known."""
        return self._texts.get(text, frozenset())

    def sent_back(self, name: str, value: str) -> bool:
        """Whether the parameter *name* of a link, with *value*, is a credential that a request came with."""
        return any(
            text in self._texts and (unmistakable(text) or _name(name) in {*self._texts[text], *_CREDENTIALS})
            for text in _meant(value)
        )

    def kept_out(self, name: str, value: str) -> bool:
        """Whether the parameter *name* of a link, with *value*, must not be kept: a credential, or a session of the API's."""
        return self.sent_back(name, value) or any(text in self._sessions for text in _meant(value))

    def stands_in(self, place: Any) -> bool:
        """Whether *place*, a JSON value that is about to be kept, holds one."""
        text = json.dumps(place, ensure_ascii=False)
        return any(self.kept_out(name, value) for name, value in _pairs("", place)) or _holds(filter(unmistakable, self), text)


def strike(secrets: Iterable[str], text: str) -> str:
    """*text* without any of *secrets*, however they are written there, also where one is cut short in front of dots.

    That is: escaped for an address, as JSON and its kin do, or as HTML does, once or several times; in another case; unmistakable
    ones without their dashes; in hex and in base64. It takes time in proportion to the text and to the number of secrets.
    """
    known = [secret for secret in secrets if secret.strip()]
    names = secrets.names if isinstance(secrets, Secrets) else _no_names
    return _without(text, _spans(known, text, names)) if known else text


def shows(secrets: Iterable[str], text: str) -> bool:
    """Whether an unmistakable one of *secrets* stands in *text*, JSON (or JSON in JSON) that we ourselves wrote."""
    return any(form in text for secret in secrets if unmistakable(secret) for form in _in_json(secret))


@lru_cache(maxsize=4096)
def _in_json(secret: str) -> tuple[str, ...]:
    once = json.dumps(secret)[1:-1]
    return tuple({secret, once, json.dumps(once)[1:-1]})


@frozen
class _Sought:
    """What one secret is looked for as.

    plain: in small letters, in plain text; bare: among its letters and digits alone; cut: of which the beginning counts in front
    of dots.
    """

    plain: str
    bare: tuple[str, ...]
    cut: str

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, secret: str) -> "_Sought":
        """What *secret*, of at least ``ANYWHERE`` characters, is looked for as."""
        clear = plain(secret).strip().lower()
        letters = bare(clear)
        whole = (letters,) if unmistakable(secret) and len(letters) >= ANYWHERE else ()
        return cls(clear if len(clear) >= WORD else "", (*whole, *encoded(secret)), letters if len(letters) >= ANYWHERE else "")

    def stands_in(self, small: str, letters: str) -> bool:
        """Whether it is there, by *small*, the plain text in small letters, and by the *letters* of that."""
        return any(each in letters for each in self.bare) or (self.plain != "" and self.plain in small)


def _spans(known: Sequence[str], text: str, names: Callable[[str], Iterable[str]]) -> list[tuple[int, int]]:
    """Where one of *known* stands in *text*, from and to. They may overlap: one secret may be a part of another."""
    spans = [span for secret in known if len(secret) >= ANYWHERE for span in _found(secret, text)]
    clear = plain(text)
    small, letters = clear.lower(), bare(clear)
    dots = [found.start() for found in re.finditer(r"(?<!\.)\.\.\.", text)]
    long = [_Sought.of(secret) for secret in known if len(secret) >= ANYWHERE]
    long = [sought for sought in long if dots or sought.stands_in(small, letters)]
    short = [_short(secret, frozenset(names(secret))) for secret in known if len(secret) < ANYWHERE]
    short = [pattern for pattern in short if pattern.search(clear)]
    if long or short:
        written = Written.of(text)
        spans += [span for pattern in short for span in written.matches(pattern)]
        spans += _long_spans(written, long, dots)
    return spans


def _long_spans(written: Written, long: Sequence[_Sought], dots: Sequence[int]) -> list[tuple[int, int]]:
    small, letters = written.small(), written.bare()
    spans = []
    for sought in long:
        spans += [span for each in sought.bare for span in letters.spans(each)]
        spans += small.spans(sought.plain) if sought.plain else []
        spans += letters.cut(sought.cut, dots, WORD) if sought.cut and dots else []
    return spans


def _holds(secrets: Iterable[str], text: str) -> bool:
    """Whether one of *secrets*, which are all unmistakable, stands in *text*."""
    clear = plain(text)
    small, letters = clear.lower(), bare(clear)
    return any(secret in text or _Sought.of(secret).stands_in(small, letters) for secret in secrets)


@lru_cache(maxsize=4096)
def _short(secret: str, names: frozenset[str]) -> re.Pattern[str]:
    """Where a short secret is struck out of plain text: as a word, or, if it is hardly one, as the value of a credential."""
    value = rf"(?P<secret>{re.escape(plain(secret).strip() or secret)})(?![A-Za-z0-9])"
    if len(secret) >= WORD:
        return re.compile(rf"(?<![A-Za-z0-9]){value}")
    known = "|".join("[-_. ]?".join(name) for name in sorted({*names, *_CREDENTIALS}) if name)
    sent = rf"(?i:(?:{known})[\"'\])]{{0,3}} ?[:=] ?[\"'\[(]{{0,3}}(?:{_SCHEME.pattern})?)"
    return re.compile(rf"(?:{sent}|//[^/@ ]{{0,200}}:){value}")


def _found(secret: str, text: str) -> Iterator[tuple[int, int]]:
    at = text.find(secret)
    while at >= 0:
        yield at, at + len(secret)
        at = text.find(secret, at + len(secret))


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    parts = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            parts += [text[at:start], "***"]
        at = max(at, end)
    return "".join(parts) + text[at:]


def _meant(value: str) -> Iterator[str]:
    """What the value of a parameter may stand for: itself, unquoted, and what follows the name of a scheme."""
    texts = {value, unquote(value), unquote_plus(value), unquote(unquote(value))} if "%" in value or "+" in value else {value}
    for text in texts:
        yield text
        yield _SCHEME.sub("", text, count=1)


def _pairs(name: str, place: Any) -> Iterator[tuple[str, str]]:
    """Each text in a JSON value with the name that it stands under, and each parameter of a text that is a link."""
    if isinstance(place, Mapping):
        for key, value in place.items():
            yield from _pairs(str(key), value)
    elif isinstance(place, list | tuple):
        for value in place:
            yield from _pairs(name, value)
    elif isinstance(place, str):
        yield name, place
        if "=" in place:
            yield from parse_qsl(place.rpartition("?")[2], keep_blank_values=True)


def _name(name: str) -> str:
    """*name* as it is compared: ``X-API-Key`` and ``api_key`` are one."""
    return re.sub(r"^x[-_]|[^0-9a-z]", "", name.lower())


def _no_names(_: str) -> Iterable[str]:
    return ()
