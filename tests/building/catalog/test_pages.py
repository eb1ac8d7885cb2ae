"""What is written from a dictionary: pages that hold whatever a plugin says, and files that other tools can read."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from connector_build.catalog.pages.dbml import dbml
from connector_build.catalog.pages.diagram import LETTER, PADDING, _boxes, diagram
from connector_build.catalog.pages.every import every_page
from connector_build.catalog.pages.html import html
from connector_build.catalog.pages.markdown import markdown
from connector_build.catalog.pages.mermaid import mermaid
from connector_build.catalog.samples import examples
from connector_build.cli.main import main
from connector_build.plugins.discovery import sample
from connector_build.project.making import assembled, dictionary
from dictionaries import NASTY, described
from openlineage_schema import VALID


class Page(HTMLParser):
    """A web page as a browser reads it: its elements, their attributes, and the texts between them."""

    VOID = frozenset({"meta", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


# The web page


def test_the_page_needs_no_other_host_and_runs_nothing() -> None:
    page = Page(html(described(), {("orders2", "cost"): NASTY}))
    assert page.open == []
    assert {"script", "link", "img", "iframe", "object", "form"} & set(page.elements) == set()
    named = {name for name, _ in page.attributes}
    assert named & {"src", "srcset", "action", "style", "background"} == set()
    assert [name for name in named if name.startswith("on")] == []
    links = [value or "" for name, value in page.attributes if name in ("href", "xlink:href")]
    assert links
    anchors = {f"#{value}" for name, value in page.attributes if name == "id"}
    assert set(links) <= anchors
    styles = [text for text in page.texts if "font-size" in text or "fill:" in text]
    assert len(styles) >= 2
    assert not any("url(" in style or "@import" in style for style in styles)
    policies = [value for name, value in page.attributes if name == "content" and value and value.startswith("default-src")]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


def test_what_a_plugin_says_stays_text() -> None:
    page = Page(html(described(), {("orders2", "cost"): NASTY}))
    said = [text for text in page.texts if "<script src=" in text]
    assert len(said) > 10, "each description is there, as it was said"
    assert any('we"ird`na|me' in text for text in page.texts)


def test_the_page_says_all_there_is() -> None:
    found = described("what it holds")
    text = " ".join(Page(html(found, {})).texts)
    for table in found.tables:
        assert table.reading in text
        for column in table.columns:
            assert column.name in text
            assert column.lineage.how in text
    for words in ("personal data", "hashed", "order_id", "orders_2", "at least 1", "one of eu, us", "required", "Each sync"):
        assert words in text
    assert all(option.cost in text for option in found.options)
    assert "made up" not in text, "without examples there is no word of them"
    assert "pepper-of-ours" not in json.dumps(every_page(found, {})), "a salt is nobody's business"


def test_examples_are_marked_as_made_up() -> None:
    enable = ("cost_per_hour", "fts_technicians")
    found = dictionary("fts", enable=enable)
    shown = examples(assembled("fts", enable=enable)[0].tables[0], sample("fts"))
    assert {column.name for table in found.tables for column in table.columns} == {column for _, column in shown}
    assert shown["fts_technicians", "total_tasks"].isdigit()
    for page in (html(found, shown), markdown(found, shown)):
        assert shown["fts_records", "record_id"] in page
        assert page.lower().count("made up") >= 2
    assert examples(assembled("fts")[0].tables[0], None) == {}


# Markdown, Mermaid


def cells(line: str) -> list[str]:
    """The cells of a row, as GitHub's Markdown reads it: a bar behind a backslash is no border."""
    return re.findall(r"(?:\\.|[^|\\])+", line.strip().strip("|"))


def test_no_text_breaks_the_markdown() -> None:
    page = markdown(described(), {("orders2", "cost"): NASTY})
    rows = re.findall(r"(?:^\|.*\n)+", page, re.M)
    assert len(rows) == 6
    for table in rows:
        assert len({len(cells(line)) for line in table.splitlines()}) == 1
    text = page.replace(page.partition("```mermaid")[2].partition("\n```\n")[0], "")
    assert "<script" not in text
    assert "](http" not in text
    assert page.count("```") == 2


LINE = re.compile(
    r"erDiagram|    \w+ \{|    \}"
    r"|        [A-Z0-9_]+ \w+( (PK|FK|PK, FK))?( \"[^\"\n]*\")?"
    r"|    \w+ \}[o|]--[o|]\| \w+ : \"[^\"\n]*\""
)


def test_each_line_of_the_diagram_in_mermaid_is_one_of_its_grammar() -> None:
    lines = mermaid(described()).splitlines()
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    assert [line.strip() for line in lines if "--" in line] == [
        'orders_2 }|--o| buyers : "mail"',
        'orders_2 }|--o| shops : "at"',
        'order_lines }o--|| orders_2 : "order"',
    ]
    assert "        STRING order PK, FK" in lines


# DBML


def test_the_dbml() -> None:
    text = dbml(described("the order's place"))
    assert "  order_id STRING [pk, not null, note: 'the order\\'s place']\n" in text
    assert "  cost DECIMAL(15,2) [null, note: 'the order\\'s place']\n" in text
    assert "\n  indexes {\n    (order, id) [pk]\n  }\n}\n" in text
    assert "Ref: order_lines.order > orders_2.order_id\n" in text
    assert "Ref: orders_2.mail > buyers.mail\n" in text


def test_no_text_ends_a_note_of_the_dbml() -> None:
    without = re.sub(r"'(?:\\.|[^'\\\n])*'", "", dbml(described()))
    assert "'" not in without
    assert "script" not in without
    assert without.count("{") == without.count("}")


# SVG


def test_the_diagram_is_xml_and_shows_each_table() -> None:
    found = described()
    drawn = ET.fromstring(diagram(found))  # noqa: S314  (our own)
    texts = ["".join(each.itertext()) for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {table.stored_name for table in found.tables} <= set(texts)
    assert len([each for each in drawn.iter() if each.get("class") == "er-line"]) == 3 * len(found.relations)
    assert not any("href" in name for each in drawn.iter() for name in each.attrib)


def test_each_text_fits_into_its_box() -> None:
    for box in _boxes(described()).values():
        texts = [box.table.stored_name, f"and {box.more} more columns", *(f"{row.stored_name} {row.type}" for row in box.rows)]
        assert max(map(len, texts)) * LETTER + 2 * PADDING <= box.width + 1


def test_no_box_covers_another() -> None:
    boxes = list(_boxes(described()).values())
    assert [box.table.name for box in boxes if box.x == min(each.x for each in boxes)] == ["orders2"]
    for one in boxes:
        for other in boxes:
            apart = one.x + one.width < other.x or other.x + other.width < one.x
            apart = apart or one.y + one.height < other.y or other.y + other.height < one.y
            assert one is other or apart


# Any text, any dataset


@given(st.text(max_size=40))
def test_whatever_a_plugin_says_every_file_can_be_read(said: str) -> None:
    found = described(said)
    pages = every_page(found, {("orders2", "cost"): said})
    page = Page(pages["orders.html"])
    assert (page.open, "script" in page.elements) == ([], False)
    ET.fromstring(pages["orders.svg"])  # noqa: S314  (our own)
    assert json.loads(pages["orders.json"]) == json.loads(json.dumps(found.as_json()))
    VALID.validate(json.loads(pages["openlineage.json"]))
    assert [line for line in mermaid(found).splitlines() if not LINE.fullmatch(line)] == []
    assert "'" not in re.sub(r"'(?:\\.|[^'\\\n])*'", "", pages["orders.dbml"])
    for table in re.findall(r"(?:^\|.*\n)+", pages["orders.md"], re.M):
        assert len({len(cells(line)) for line in table.split("\n") if line}) == 1


def test_a_dictionary_without_anything() -> None:
    bare = evolve(described(""), tables=(), relations=(), settings=(), options=(), plugins=())
    pages = every_page(bare, {})
    assert Page(pages["orders.html"]).open == []
    assert "This connector has no options." in pages["orders.md"]


# The command


def docs(*arguments: Any) -> Any:
    return CliRunner().invoke(main, ["docs", *map(str, arguments)])


def test_the_command_writes_all_files_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("connector-build")), "docs", "mso", "--enable", "mso_products", "--output"]
    for seed in ("1", "2"):
        subprocess.run(
            [*command, str(tmp_path / seed)], check=True, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True
        )
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / seed).iterdir()} for seed in ("1", "2"))
    assert set(one) == {"mso.html", "mso.md", "mso.json", "mso.dbml", "mso.svg", "openlineage.json"}
    assert one == two
    assert str(tmp_path).encode() not in b"".join(one.values())


def test_the_command_says_what_it_wrote_and_what_is_next(tmp_path: Path) -> None:
    done = docs("fts", "--output", tmp_path / "here", "--destination", "snowflake://acme/RAW.FTS")
    assert done.exit_code == 0, done.output
    assert "Wrote fts.html, fts.md, fts.json, fts.dbml, fts.svg, openlineage.json into" in done.output
    assert f"Next: open {tmp_path / 'here' / 'fts.html'}" in done.output.replace("\n", " ").replace("  ", " ")
    (tmp_path / "here/mine.txt").write_text("mine")
    assert docs("fts", "--output", tmp_path / "here").exit_code == 0
    assert (tmp_path / "here/mine.txt").read_text() == "mine"


def test_the_command_writes_into_no_built_project(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["fts", "--output", str(tmp_path / "built")]).exit_code == 0
    done = docs("fts", "--output", tmp_path / "built")
    assert done.exit_code == 1
    assert "holds a built connector" in done.output
    assert not (tmp_path / "built/fts.html").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["fts", "--destination", "acme"], 2, "snowflake://ACCOUNT/DATABASE.SCHEMA"),
        (["fts", "--enable", "nothing"], 2, "has no 'nothing' to enable"),
        (["nothing"], 2, "There is no dataset"),
        (["fts", "--output", "/dev/null/here"], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], code: int, words: str) -> None:
    done = docs(*arguments)
    assert (done.exit_code, words in done.output) == (code, True), done.output
