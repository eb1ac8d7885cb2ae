"""A real browser, headless, and an app that `connector-build app` serves to it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from attrs import frozen
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
COMMAND = Path(sys.executable).parent / "connector-build"
LAPTOP, PHONE = (1280, 900), (390, 844)
HOST = "127.0.0.1"
WAIT = 30_000
"""Milliseconds that a busy machine may take for anything."""


@contextmanager
def browser() -> Iterator[Browser]:
    """Debian's Chromium: the browser that a client from the index would fetch by itself comes from another host."""
    if not CHROMIUM.is_file():
        raise RuntimeError(f"There is no browser at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as started:
        found = started.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@contextmanager
def serving(dataset: str, warehouse: Path, folder: Path, *more: str) -> Iterator[str]:
    """The address of the app of *dataset* over *warehouse*.

    The command runs in *folder*; distributions in its folder `site` count as installed.
    """
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [str(COMMAND), "app", dataset, "--no-browser", "--port", str(port), "--warehouse", str(warehouse), *more]
    environment = {**os.environ, "PYTHONPATH": str(folder / "site")}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as child:
        try:
            assert child.stdout is not None
            printed = []
            for line in child.stdout:
                printed.append(line)
                if "Ctrl-C ends it" in line:
                    break
            else:
                raise AssertionError("".join(printed))
            yield f"http://{HOST}:{port}"
        finally:
            child.terminate()
            child.communicate(timeout=30)


@frozen
class Opened:
    """An open page, what its console complained of, and the hosts that it asked."""

    page: Page
    complaints: list[str]
    hosts: set[str]

    def settled(self) -> Page:
        """The page once the server has nothing more to say."""
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=WAIT)
        self.page.wait_for_timeout(300)
        self.page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=WAIT)
        return self.page

    def sound(self) -> None:
        """Nothing failed on the page, and nothing was asked of another host."""
        page = self.settled()
        assert page.locator('[data-testid="stException"]').all_inner_texts() == []
        assert page.locator('[data-testid="stAlertContentError"]').all_inner_texts() == []
        assert {host for host in self.hosts if not host.startswith(HOST)} == set()

    def picture(self, file: Path) -> None:
        """The whole page as a PNG; the page scrolls inside, so the window is made as high as it."""
        page = self.settled()
        width = page.viewport_size["width"] if page.viewport_size else LAPTOP[0]
        scrolled = (
            "[...document.querySelectorAll('[data-testid=stMain],[data-testid=stSidebarContent]')].map(e => e.scrollHeight)"
        )
        height = int(page.evaluate(f"Math.max(...{scrolled})"))
        page.set_viewport_size({"width": width, "height": min(max(height, 600), 6000)})
        page.wait_for_timeout(1200)
        file.parent.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(file))


@contextmanager
def opened(found: Browser, address: str, size: tuple[int, int] = LAPTOP, scheme: Any = "light") -> Iterator[Opened]:
    """A page of its own at *address*. scheme: "light" or "dark"."""
    context = found.new_context(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme, accept_downloads=True)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    result = Opened(page, [], set())
    page.on("console", lambda message: result.complaints.append(message.text) if message.type == "error" else None)
    page.on("request", lambda request: result.hosts.add(request.url.split("/")[2]) if request.url.startswith("http") else None)
    page.goto(address)
    page.wait_for_selector('[data-testid="stMain"] h1')
    yield result
    context.close()
