"""Everything that a plugin is made of says itself in words; what `show` prints of the gallery is no Python."""

import importlib
import io
import re
from datetime import timedelta
from typing import Any

import attrs
import pytest
from rich.console import Console

import connector_core as core
from connector_build.catalog.words import said
from connector_build.project.describe import describe
from connector_build.project.described import show
from connector_core.derived import ready_transforms
from connector_core.paging import stop_rules
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source import rows
from gallery_support import GALLERY

PARTS = sorted(
    {
        value
        for module in (core, ready_transforms, rows, stop_rules)
        for value in vars(module).values()
        if isinstance(value, type)
        and attrs.has(value)
        and (
            hasattr(value, "following")
            or hasattr(value, "settings")
            or value.__module__ in (ready_transforms.__name__, rows.__name__, stop_rules.__name__)
            or value.__module__.endswith("_format")
        )
        and not value.__name__.startswith("_")
        and value is not core.dataset
    },
    key=lambda kind: kind.__name__,
)
REPR = re.compile(r"\w\([^()]*=|mappingproxy|<function|<lambda>|\bNone\b|\bTrue\b|\bFalse\b|\w\(\)|\['")
"""What only Python would write."""


def test_every_ready_made_part_has_words_of_its_own() -> None:
    assert len(PARTS) > 40
    assert [kind.__name__ for kind in PARTS if said.dispatch(kind) is said.dispatch(object)] == []


@pytest.mark.parametrize("kind", PARTS, ids=lambda kind: kind.__name__)
def test_its_words_are_no_python(kind: type) -> None:
    words = said(made(kind))
    assert len(words) > 3
    assert not REPR.search(words), words


FIELDS = {ready_transforms.Rename: (("old", "new"),), core.SessionLogin: {"user": "user"}}


def made(kind: type) -> Any:
    """One of *kind*, with a value for what has no default."""
    values = {
        "pages": core.SinglePage(),
        "options": {"key": core.ApiKeyHeader("X-Key"), "basic": core.BasicAuth()},
        "format": core.Csv(),
        "next_request": following,
        "token_url": "/token",
        "adds": {"day": "date", "id": core.key_of("a", "b")},
        "fields": FIELDS.get(kind, ("a", "b")),
        "values": (True, "x"),
        "names": ("a", "b"),
        "keep": {"order": "id"},
        "stop": [core.no_more("has_more"), core.hard_limit(1000)],
        "start": "2024-01-01",
        "step": timedelta(hours=6),
        "records": 1000,
        "path": "/login" if kind is core.SessionLogin else "at.path",
        "depth": 2,
    }
    if kind is core.Job:
        return core.Job("id", core.Request("/jobs/{job}"), done="ready")
    needed = [each for each in attrs.fields(kind) if each.init and each.default is attrs.NOTHING]
    return kind(**{each.alias: values.get(each.alias, "something") for each in needed})


def following(request: core.Request, page: core.Page) -> core.Request | None:
    return None


def of_gallery(name: str) -> Assembly:
    module = importlib.import_module(f"connector_build.gallery.{name}")
    plugin = next((value for value in vars(module).values() if isinstance(value, core.dataset)), module)
    first = assemble([Plugin(name, plugin)])
    return assemble([Plugin(name, plugin)], [option.name for option in first.options])


@pytest.mark.parametrize("name", GALLERY)
def test_what_show_prints_of_the_gallery_is_no_python(name: str) -> None:
    console = Console(file=io.StringIO(), width=100, highlight=False, no_color=True)
    show(describe(of_gallery(name), dataset=name, versions={}), console)
    shown = console.file.getvalue()  # type: ignore[attr-defined]
    assert REPR.findall(shown) == []


def test_sentences() -> None:
    assert said(core.CursorPaginator()) == (
        "by a cursor from next_cursor, sent back in the parameter cursor, page_size records a page, until it is null"
    )
    assert said(core.CursorPaginator(where="body", ends_at=["", 0, False], missing_ends=True)).endswith(
        'sent back in the field cursor of the body, page_size records a page, until the cursor is "", 0 or false or there is none'
    )
    assert said(core.PageNumberPaginator(stop=[core.last_page("pages"), core.empty_page()])) == (
        "by number, from 1 on, sent in the parameter page, page_size records a page, "
        "until the page is the last one by pages or a page has no records"
    )
    assert said(core.BasicAuth()) == "Basic: the setting username as the user, the setting password as the password"
    assert said(core.Zip(core.Csv(delimiter=";"), members=["a*.csv"])) == (
        "a zip archive of files named a*.csv, each CSV with a header, semicolons between the values"
    )
    assert said(core.tombstones("deleted")) == "deletes the row of a record whose deleted says so"
    assert said(core.count_if("status", ["open", None])) == 'number of records whose status is "open" or null'


def test_what_a_plugin_brings_is_named_and_may_say_itself() -> None:
    class Seeking:
        in_words = "by looking for it"

    class Silent:
        pass

    assert said(Seeking()) == "by looking for it"
    assert said(Silent()).endswith("Silent, which the plugin brings")
    assert said(following) == "following, which the plugin brings"
