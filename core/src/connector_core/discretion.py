"""Discretion: the texts that nothing may show, those that the API issues during a sync included."""

import json
import logging
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus


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
    """*text* without any of *secrets*, also where one is escaped, or cut short in front of dots."""
    forms = {form for secret in secrets for form in _forms(secret)}
    for form in sorted(forms, key=len, reverse=True):  # the longest first: one secret may be a part of another
        text = text.replace(form, "***")
        if "..." in text:
            for length in range(len(form) - 1, 3, -1):
                text = text.replace(f"{form[:length]}...", "***...")
    return text


def _forms(secret: str) -> tuple[str, ...]:
    return secret, json.dumps(secret)[1:-1], repr(secret)[1:-1], quote(secret, safe=""), quote(secret), quote_plus(secret)


class SecretsFilter(logging.Filter):
    """Strikes secrets out of the lines of a logger that is not ours, such as urllib3's, which shows whole addresses."""

    def __init__(self, secrets: Iterable[str]) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = strike(self._secrets, record.getMessage()), ()
        return True
