"""The documentation as a site, in a real browser (`tox run -e docs`)."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, Page, expect

from browser_support import HOST, LAPTOP, PHONE, WAIT, browser
from places import ROOT

sys.path.insert(0, str(ROOT / "docs/site"))

import build
from docstrings import listed
from links import dead

REPOSITORY = "https://github.com/OWNER/NAME/blob/main"


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    assert build.build(build.stage(folder, REPOSITORY)) == []
    return folder / "html"


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer((HOST, 0), partial(Quiet, directory=str(site))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as found:
        yield found


@contextmanager
def watched(chromium: Browser, size: tuple[int, int]) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what was wrong with it: complaints of its console, answers that are none, requests to another host."""
    context = chromium.new_context(viewport={"width": size[0], "height": size[1]})
    page, wrong = context.new_page(), []
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("response", lambda answer: wrong.append(f"{answer.status}: {answer.url}") if answer.status >= 400 else None)
    page.on("request", lambda request: wrong.append(request.url) if not request.url.startswith(f"http://{HOST}:") else None)
    yield page, wrong
    context.close()


def names(site: Path) -> list[str]:
    return sorted(path.parent.relative_to(site).as_posix() for path in site.rglob("index.html"))


def test_every_page_of_the_repository_is_one_of_the_site(site: Path) -> None:
    written = (page.relative_to(ROOT).with_suffix("").as_posix() for page in build.pages())
    wanted = {name.removesuffix("README").rstrip("/") or "." for name in written}
    assert wanted <= set(names(site))


def test_no_page_asks_another_host_complains_or_scrolls_sideways_on_a_phone(chromium: Browser, address: str, site: Path) -> None:
    with watched(chromium, PHONE) as (page, wrong):
        alike = [name for name in names(site) if name.endswith(".py")][1:]  # source files: one is like the other
        for name in [name for name in names(site) if name not in alike]:
            page.goto(f"{address}/{name}/", wait_until="domcontentloaded")
            page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert (name, width <= PHONE[0], wrong) == (name, True, [])


def test_the_search_finds_a_word_of_the_reference(chromium: Browser, address: str) -> None:
    with watched(chromium, LAPTOP) as (page, wrong):
        page.goto(f"{address}/", wait_until="networkidle")
        page.keyboard.press("Control+k")
        page.get_by_role("textbox").or_(page.get_by_role("combobox")).or_(page.get_by_role("searchbox")).first.fill(
            "KeysetPaginator"
        )
        expect(page.get_by_text("results").first).to_be_visible(timeout=WAIT)
        page.keyboard.press("Enter")
        page.wait_for_url("**/reference/paging/**", timeout=WAIT)
        assert wrong == []


def test_a_signature_is_that_of_the_class(chromium: Browser, address: str) -> None:
    with watched(chromium, LAPTOP) as (page, _):
        page.goto(f"{address}/reference/paging/")
        shown = page.locator("#connector_core\\.KeysetPaginator ~ *").filter(has_text="KeysetPaginator(").first.inner_text()
    assert "param: str" in shown
    assert "kw_only" not in shown
    assert "field(" not in shown


def test_a_page_can_be_edited_and_links_to_source_files(site: Path) -> None:
    page = (site / "docs/architecture/index.html").read_text(encoding="utf-8")
    assert "https://github.com/OWNER/NAME/edit/main/docs/architecture.md" in page
    assert f"{REPOSITORY}/core/src/connector_core" in page
    for made in ("reference/paging", "core/src/connector_build/gallery/github.py"):
        assert 'rel="edit"' not in (site / made / "index.html").read_text(encoding="utf-8")


def test_a_source_file_is_shown_as_it_is(chromium: Browser, address: str) -> None:
    with watched(chromium, LAPTOP) as (page, _):
        page.goto(f"{address}/docs/gallery/")
        page.get_by_role("link", name="github", exact=True).click()
        shown = page.locator("pre code").inner_text()
    assert shown.strip() == (ROOT / "core/src/connector_build/gallery/github.py").read_text(encoding="utf-8").strip()


def test_each_page_says_of_which_version_it_is(site: Path) -> None:
    version = build.version()
    assert f"connector-core {version}" in (site / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("lost", ["[x](nowhere.md)", "[x](deploy.md#nowhere)", "[x](#nowhere)", "![x](images/nowhere.png)"])
def test_a_link_that_leads_nowhere_ends_the_build(tmp_path: Path, lost: str, capfd: pytest.CaptureFixture[str]) -> None:
    config = build.stage(tmp_path, None)
    for page in (tmp_path / "pages").rglob("*.md"):
        if page.name not in ("cost.md", "deploy.md", "README.md"):
            page.unlink()
    config.write_text(config.read_text().partition("nav = [")[0], encoding="utf-8")
    for name in ("README.md", "docs/deploy.md"):
        (tmp_path / "pages" / name).write_text("# Page\n", encoding="utf-8")
    (tmp_path / "pages/docs/cost.md").write_text(f"# Cost\n\n{lost}\n", encoding="utf-8")
    assert build.build(config) != []


def test_a_dead_entry_of_the_navigation_is_found_in_what_was_built(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text('<a href="./a/#b">a</a><a href="https://elsewhere.example/">b</a><i id="c"></i>')
    (tmp_path / "a").mkdir()
    (tmp_path / "a/index.html").write_text('<a href="../#c">c</a><img src="../d.png">')
    assert list(dead(tmp_path)) == [
        "a/index.html links to ../d.png, and there is no such file",
        "index.html links to ./a/#b, and there is no such anchor",
    ]


@pytest.mark.parametrize(
    ("text", "repository", "wanted"),
    [
        ("[a](../core/src) [b](hooks.md#order)", None, "a [b](hooks.md#order)"),
        ("[a](../core/src)", REPOSITORY, f"[a]({REPOSITORY}/core/src)"),
        ("[a `b[c]`](../tox.ini)", None, "[a `b[c]`](../tox.ini.md)"),
        ("[a](../.gitignore)", None, "[a](../gitignore.md)"),
        ("[a](decisions/)", None, "[a](decisions/README.md)"),
        ("![a](images/fts-metrics.png) [b](https://x.example)", None, "![a](images/fts-metrics.png) [b](https://x.example)"),
        ("```\n[a](../tox.ini)\n```\n", None, "```\n[a](../tox.ini)\n```\n"),
    ],
)
def test_links_out_of_the_site(text: str, repository: str | None, wanted: str) -> None:
    assert build.rewritten(text, ROOT / "docs/page.md", repository) == wanted


def test_what_a_docstring_lists_is_a_list() -> None:
    text = "What it is.\n\nfirst: one\n    and more\nsecond(a): two\n\nSome words: and more words.\n\nExample::\n\n    x: 1"
    assert listed(text) == (
        "What it is.\n\n- `first`: one\n  and more\n- `second(a)`: two\n\nSome words: and more words.\n\nExample:\n\n    x: 1"
    )
