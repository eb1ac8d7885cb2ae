"""Text from the data in places that Streamlit reads as Markdown."""

import re
from typing import Final

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]()#+!|<>$~:^-])")


def plain(text: str) -> str:
    """*text* so that Markdown shows it as it is: a material called ``![x](http://host/a.png)`` is a name, and no picture."""
    return _SPECIAL.sub(r"\\\1", text)


def without_pictures(text: str) -> str:
    """Markdown of a report, which may quote the data: formulas and pictures from other hosts are shown as their text."""
    return text.replace("$", "\\$").replace("![", "!\\[")
