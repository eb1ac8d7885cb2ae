"""Links: taking a parameter, or a segment of the path, out of one, and leaving all else as it was written."""

import re
from collections.abc import Callable
from urllib.parse import unquote, unquote_plus

from connector_core.basics.discretion import SEGMENT

_USER = re.compile(r"^(https?://)[^/\\?#\s]*@", re.IGNORECASE)
_HAS_ANY = re.compile(r"[?;@]")
_OF_A_PATH = re.compile(r";([^;/=]+)=([^;/]*)")


def link_without(link: str, unwanted: Callable[[str, str], bool]) -> str:
    """*link*, an address or the path of one, without the parameters of which *unwanted* says so, by name and value.

    A segment of the path, unquoted, goes by the name ``SEGMENT``; the first such is taken out. Parameters are those of the query
    and those of the path (``;jsessionid=…``, RFC 3986, section 3.3), both unquoted; and a user name in front of the host goes,
    which is a credential wherever it comes from.
    """
    link = _without_segment(link, unwanted)
    if not _HAS_ANY.search(link):
        return link
    rest, hash_sign, fragment = link.partition("#")
    path, mark, query = rest.partition("?")
    path = _USER.sub(r"\1", path)
    if ";" in path:
        path = _OF_A_PATH.sub(lambda found: "" if unwanted(unquote(found[1]), unquote(found[2])) else found[0], path)
    pairs = query.split("&")
    kept = [pair for pair in pairs if not ("=" in pair and unwanted(*map(unquote_plus, _halves(pair))))]
    return path + (mark + "&".join(kept) if kept or not query else "") + hash_sign + fragment


def _halves(pair: str) -> tuple[str, str]:
    name, _, value = pair.partition("=")
    return name, value


def _without_segment(link: str, unwanted: Callable[[str, str], bool]) -> str:
    path = link.partition("?")[0].partition("#")[0]
    segments = path.split("/")
    first = 3 if "://" in path else 0  # behind the host
    for number, segment in enumerate(segments[first:], first):
        if segment and unwanted(SEGMENT, unquote(segment) if "%" in segment else segment):
            left = "/".join(segments[:number] + segments[number + 1 :])
            return (left or "/") + link[len(path) :]
    return link
