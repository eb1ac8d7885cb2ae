"""A page on which a command writes its own parts, between markers, and a person the rest."""

import re
from collections.abc import Mapping

BEGIN = "<!-- {}: begin."
END = "<!-- {}: end -->"


def replaced(page: str, parts: Mapping[str, str]) -> str:
    """*page* with each named part in place of what stood between its markers. Raises ValueError where a marker is missing."""
    for name, text in parts.items():
        mark = re.escape(BEGIN.format(name))
        pattern = re.compile(rf"(^{mark}[^\n]*-->\n).*?(^{re.escape(END.format(name))}$)", re.M | re.S)
        if len(pattern.findall(page)) != 1:
            raise ValueError(f"the page needs the markers of {name}, once: {BEGIN.format(name)} ... --> and {END.format(name)}")
        page = pattern.sub(lambda found, text=text: f"{found[1]}\n{text.strip()}\n\n{found[2]}", page)  # type: ignore[misc]  # a default binds the loop's text
    return page
