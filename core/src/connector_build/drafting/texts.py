"""Texts of a specification as texts of a plugin, in which braces stand for a value, and paths for a place."""

import re
from urllib.parse import urlsplit

from connector_core.source.setting_kinds import is_loopback
from connector_core.source.templates import NAME

_INNERMOST = re.compile(rf"\{{({NAME})\}}")
_BARE = re.compile(r"@odata\.\w+|(?![@$]?\Z)[\w@:-]+")


def literal_text(text: str) -> str:
    """*text* as a template that is sent as just that: braces that would stand for a value are written twice."""
    return _INNERMOST.sub(r"{{\1}}", text)


def path_to(*keys: str) -> str:
    """The path to what stands at *keys*, one below the other; ``@`` for none."""
    return ".".join(key if _BARE.fullmatch(key) and not key.isdigit() else _quoted(key) for key in keys) or "@"


def _quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_header(name: str) -> bool:
    """Whether *name* can name a header (RFC 9110, section 5.6.2)."""
    return bool(re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name))


def singular(name: str) -> str:
    """The name of one of what *name* says are several."""
    for end, one in (("ies", "y"), ("sses", "ss"), ("ses", "s"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if name.endswith(end) and len(name) > len(end) + 1:
            return name.removesuffix(end) + one
    return name[:-1] if name.endswith("s") and not name.endswith("ss") and len(name) > 2 else name


def secure(url: str) -> str:
    """*url* with https for http, which the core takes to this machine only."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        host = ""
    return url if is_loopback(host) else re.sub(r"^http://", "https://", url, flags=re.IGNORECASE)
