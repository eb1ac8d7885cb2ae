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
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from connector_core.basics.striking import ANYWHERE, CREDENTIALS, SCHEME, WORDS, Search, name_of, unmistakable

SHOWN_BYTES = 100_000
"""So much of an answer is looked at in order to show its beginning."""
SESSIONS = 256
"""So many sessions are remembered: an API may open a new one with each answer."""

SEGMENT = "a segment of the path"
"""The name under which a secret goes that is sent as one, and of each segment where a link is looked at."""

_SESSION = re.compile(r"sess|sid\b|sid$|token|auth|jwt|csrf|xsrf|login|remember|ticket|credential", re.IGNORECASE)

_SIGNATURE = re.compile(r"sig|token|credential|key|policy|hmac|auth|secret|hash|verif", re.IGNORECASE)


class Secrets(Iterable[str]):
    """The secrets of one sync. An auth object adds what it is given or makes; empty texts are left out."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._texts: dict[str, frozenset[str]] = {}
        self._sessions: deque[str] = deque(maxlen=SESSIONS)
        self._searches: tuple[Search, Search] | None = None
        self.add(*texts)

    def add(self, *texts: str, name: str = "") -> None:
        """Strike *texts* out of everything that is shown from now on.

        name: of the setting that it came from, or of the header or parameter that it is sent as.
        """
        for text in texts:
            if text:
                self._texts[text] = self._texts.get(text, frozenset()) | ({name_of(name)} if name else set())
        self._searches = None

    def opened(self, name: str, value: str) -> None:
        """Take in a cookie of the API's: a session is as good as a credential, every other cookie is none."""
        if _SESSION.search(name) and len(value) >= ANYWHERE and not WORDS.fullmatch(value) and value not in self._sessions:
            self._sessions.append(value)
            self._searches = None

    def lent(self, link: str) -> None:
        """Take in what signs *link*, an address at another host that the API gave out: who knows it may ask there."""
        for name, value in parse_qsl(link.partition("?")[2], keep_blank_values=True):
            if _SIGNATURE.search(name) and unmistakable(value) and value not in self._sessions:
                self._sessions.append(value)
                self._searches = None

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

    def search(self, *, unmistakable_only: bool = False) -> Search:
        """What looks for them in a text."""
        searches = self._searches
        if searches is None:
            known = {text: self._texts.get(text, frozenset()) for text in self}
            searches = Search.of(known), Search.of({text: names for text, names in known.items() if unmistakable(text)})
            self._searches = searches
        return searches[unmistakable_only]

    def sent_back(self, name: str, value: str) -> bool:
        """Whether the parameter *name* of a link, with *value*, is a credential that a request came with.

        Of a segment of the path, only one that was sent as such is: nothing would put another one back.
        """
        if name == SEGMENT:
            return value in self._texts and name_of(SEGMENT) in self._texts[value]
        return any(
            text in self._texts and (unmistakable(text) or name_of(name) in {*self._texts[text], *CREDENTIALS})
            for text in _meant(value)
        )

    def kept_out(self, name: str, value: str) -> bool:
        """Whether the parameter *name* of a link, with *value*, must not be kept: a credential, or a session of the API's."""
        return self.sent_back(name, value) or (name != SEGMENT and any(text in self._sessions for text in _meant(value)))

    def stands_in(self, place: Any) -> bool:
        """Whether *place*, a JSON value that is about to be kept, holds one."""
        text = json.dumps(place, ensure_ascii=False)
        if not self.search().may_find(text):
            return False
        return self.search(unmistakable_only=True).finds(text) or any(self.kept_out(*pair) for pair in _pairs("", place))


def strike(secrets: Iterable[str], text: str) -> str:
    """*text* without any of *secrets*, however they are written there, also where one is cut short in front of dots.

    That is: escaped for an address, as JSON and its kin do, or as HTML does, once or several times; in another case; unmistakable
    ones without their dashes; in hex and in base64. It takes time in proportion to the text and to the number of secrets.
    """
    search = secrets.search() if isinstance(secrets, Secrets) else Search.of(dict.fromkeys(secrets, frozenset()))
    return search.struck(text)


def shows(secrets: Iterable[str], text: str) -> bool:
    """Whether an unmistakable one of *secrets* stands in *text*, JSON (or JSON in JSON) that we ourselves wrote."""
    return any(form in text for secret in secrets if unmistakable(secret) for form in _in_json(secret))


@lru_cache(maxsize=4096)
def _in_json(secret: str) -> tuple[str, ...]:
    once = json.dumps(secret)[1:-1]
    return tuple({secret, once, json.dumps(once)[1:-1]})


def _meant(value: str) -> Iterator[str]:
    """What the value of a parameter may stand for: itself, unquoted, and what follows the name of a scheme."""
    texts = {value, unquote(value), unquote_plus(value), unquote(unquote(value))} if "%" in value or "+" in value else {value}
    for text in texts:
        yield text
        yield SCHEME.sub("", text, count=1)


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
        if "/" in place:
            yield from ((SEGMENT, unquote(part)) for part in place.partition("?")[0].split("/"))
        if "=" in place:
            yield from parse_qsl(place.rpartition("?")[2], keep_blank_values=True)
