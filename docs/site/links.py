"""Links of a built site that lead nowhere in it."""

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class _Page(HTMLParser):
    """What a page links to, and what can be linked to in it."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - that of HTMLParser
        found = dict(attrs)
        self.anchors |= {value for value in (found.get("id"), found.get("name")) if value}
        self.links += [value for value in (found.get("href"), found.get("src")) if value]


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def dead(site: Path) -> Iterator[str]:
    """One line for each link of a page below *site* to a file or an anchor that is not there. Other hosts are asked nothing."""
    read = {path: _read(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    for path, page in read.items():
        for link in dict.fromkeys(page.links):
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file():
                yield f"{path.relative_to(site)} links to {link}, and there is no such file"
            elif parts.fragment and target in read and unquote(parts.fragment) not in read[target].anchors:
                yield f"{path.relative_to(site)} links to {link}, and there is no such anchor"
