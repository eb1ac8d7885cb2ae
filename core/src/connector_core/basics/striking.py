"""Striking: finding secrets in a text however they are written there, in time linear in the text and the number of secrets."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from attrs import frozen

from connector_core.basics.written import Written, bare, encoded, plain

ANYWHERE = 8
"""From so many characters on, a secret is struck out of a text wherever it stands."""
WORD = 4
"""From so many on, where it stands as a word of its own. It is also the longest beginning of a secret that may be shown."""
UNMISTAKABLE_FROM = 12
WORDS_FROM = 20

WORDS = re.compile(r"[A-Za-z]+(?:[-_. ]+[A-Za-z]+)*")
SCHEME = re.compile(r"(?:basic|bearer|token|digest)\s+", re.IGNORECASE)
CREDENTIALS = ("accesstoken", "apikey", "authorization", "authtoken", "clientsecret", "passwd", "password", "secret")
"""Names that mean a credential at any API, as ``name_of`` writes them."""
_NUMBER = re.compile(r"[-+:.,/ TZ\d]{1,32}")
_DOTS = re.compile(r"(?<!\.)\.\.\.")


def unmistakable(text: str) -> bool:
    """Whether no other text is likely to hold *text* by chance: it is long, and no words, number or date."""
    if _NUMBER.fullmatch(text):
        return False
    return len(text) >= (WORDS_FROM if WORDS.fullmatch(text) else UNMISTAKABLE_FROM)


def name_of(name: str) -> str:
    """*name* as it is compared: ``X-API-Key`` and ``api_key`` are one."""
    return re.sub(r"^x[-_]|[^0-9a-z]", "", name.lower())


@frozen
class _Sought:
    """What one secret of at least ``ANYWHERE`` characters is looked for as.

    raw: as it is; plain: in small letters, in plain text; bare: among its letters and digits alone; cut: of which the beginning
    counts in front of dots.
    """

    raw: str
    plain: str
    bare: tuple[str, ...]
    cut: str

    @classmethod
    @lru_cache(maxsize=4096)
    def of(cls, secret: str) -> "_Sought":
        clear = plain(secret).strip().lower()
        letters = bare(clear)
        long = letters if len(letters) >= ANYWHERE else ""
        whole = (letters,) if long and unmistakable(secret) else ()
        return cls(secret, clear if len(clear) >= WORD else "", (*whole, *encoded(secret)), long)

    def spans(self, text: str, small: Written, letters: Written, dots: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Where it stands in *text*, which is plain in *small*, and bare in *letters*."""
        at = text.find(self.raw)
        while at >= 0:
            yield at, at + len(self.raw)
            at = text.find(self.raw, at + len(self.raw))
        for each in self.bare:
            yield from letters.spans(each)
        if self.plain:
            yield from small.spans(self.plain)
        if self.cut and dots:
            yield from letters.cut(self.cut, dots, WORD)


@frozen
class Search:
    """A search for some secrets, made once for many texts.

    long, short: what each of them is looked for as. The rest is the same in one heap, so that a text that holds none of them is
    passed over quickly, as nearly every one is.
    """

    long: tuple[_Sought, ...]
    short: tuple[re.Pattern[str], ...]
    raws: tuple[str, ...]
    plains: tuple[str, ...]
    bares: tuple[str, ...]
    tiny: tuple[str, ...]

    @classmethod
    def of(cls, known: Mapping[str, Iterable[str]]) -> "Search":
        """The search for the secrets that *known* has, each with the names under which it is known."""
        long = tuple(_Sought.of(secret) for secret in known if len(secret) >= ANYWHERE and secret.strip())
        short = {secret: frozenset(names) for secret, names in known.items() if len(secret) < ANYWHERE and secret.strip()}
        return cls(
            long,
            tuple(_short(secret, names) for secret, names in short.items()),
            tuple(sought.raw for sought in long),
            tuple(sought.plain for sought in long if sought.plain),
            tuple(each for sought in long for each in sought.bare),
            tuple(plain(secret).strip() or secret for secret in short),
        )

    def struck(self, text: str) -> str:
        """*text* without any of them."""
        clear = plain(text)
        dots = _DOTS.search(text) is not None and bool(self.long)
        short = [each for each in self.short if each.search(clear)] if any(map(clear.__contains__, self.tiny)) else []
        if not dots and not short and not self._finds(text, clear):
            return text
        written = Written.of(text)
        spans = [span for pattern in short for span in written.matches(pattern)]
        if self.long:
            small, letters = written.small(), written.bare()
            places = [found.start() for found in _DOTS.finditer(text)]
            spans += [span for sought in self.long for span in sought.spans(text, small, letters, places)]
        return _without(text, spans)

    def may_find(self, text: str) -> bool:
        """Whether *text* holds what may be one of them."""
        clear = plain(text)
        return self._finds(text, clear) or any(map(clear.__contains__, self.tiny))

    def finds(self, text: str) -> bool:
        """Whether *text* holds one of those that are struck out anywhere."""
        return self._finds(text, plain(text))

    def _finds(self, text: str, clear: str) -> bool:
        small = clear.lower()
        return (
            any(map(text.__contains__, self.raws))
            or any(map(small.__contains__, self.plains))
            or any(map(bare(small).__contains__, self.bares))
        )


@lru_cache(maxsize=4096)
def _short(secret: str, names: frozenset[str]) -> re.Pattern[str]:
    """Where a short secret is struck out of plain text: as a word, or, if it is hardly one, as the value of a credential."""
    value = rf"(?P<secret>{re.escape(plain(secret).strip() or secret)})(?![A-Za-z0-9])"
    if len(secret) >= WORD:
        return re.compile(rf"(?<![A-Za-z0-9]){value}")
    known = "|".join("[-_. ]?".join(name) for name in sorted({*names, *CREDENTIALS}) if name)
    sent = rf"(?i:(?:{known})[\"'\])]{{0,3}} ?[:=] ?[\"'\[(]{{0,3}}(?:{SCHEME.pattern})?)"
    return re.compile(rf"(?:{sent}|//[^/@ ]{{0,200}}:){value}")


def _without(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """*text* with stars in the place of *spans*. They may overlap: one secret may be a part of another."""
    parts = []
    at = 0
    for start, end in sorted(spans):
        if start >= at:
            parts += [text[at:start], "***"]
        at = max(at, end)
    return "".join(parts) + text[at:]
