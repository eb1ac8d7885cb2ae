"""What a stranger sees first: the picture of the demo is what the demo prints, and what assistants are told holds."""

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from test_docs import blocks

from connector_build.cli.main import main
from connector_build.testing import check_contract
from connector_core.source.settings import max_answer_mb, threads
from places import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
AGENTS = (ROOT / "AGENTS.md").read_text(encoding="utf-8")
SVG = "{http://www.w3.org/2000/svg}"


def test_the_recording_is_what_the_readme_shows_as_text() -> None:
    drawn: dict[float, str] = {}
    for text in ElementTree.parse(ROOT / "docs/images/demo.svg").iter(f"{SVG}text"):  # noqa: S314 - our own file
        if "clip-path" in text.attrib:
            drawn.setdefault(float(text.attrib["y"]), "")
            drawn[float(text.attrib["y"])] += text.text or ""
    lines = [drawn[y].replace("\xa0", " ").rstrip() for y in sorted(drawn)]
    shown = README.partition("```text\n")[2].partition("```")[0].splitlines()
    assert words(lines) == words(["$ connector-build demo fts", *shown]), "tox run -e recording"


def words(lines: list[str]) -> list[str]:
    """All of them: the picture is narrower, and breaks long lines. The port is another one each time."""
    return [re.sub(r":\d{4,5}$", ":PORT", word) for word in " ".join(lines).split()]


@pytest.mark.parametrize("picture", sorted((ROOT / "docs").rglob("*.svg")), ids=lambda path: path.name)
def test_a_picture_asks_no_other_host_and_runs_nothing(picture: Path) -> None:
    root = ElementTree.parse(picture).getroot()  # noqa: S314 - our own file
    assert {element.tag for element in root.iter()} & {f"{SVG}script", f"{SVG}foreignObject", f"{SVG}image"} == set()
    text = re.sub(r"xmlns(:\w+)?=\"[^\"]*\"", "", picture.read_text(encoding="utf-8"))
    assert re.findall(r"(?:href=\"|url\()https?:", text) == []


def test_the_first_screen_leads_to_every_page() -> None:
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", README)}
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert pages <= linked
    above, _, _ = README.partition("## I want to")
    assert "docs/limits.md" in above
    assert "docs/images/overview.svg" in above


def test_the_page_of_limits_has_those_of_the_core() -> None:
    page = (ROOT / "docs/limits.md").read_text(encoding="utf-8")
    assert f"`max_answer_mb` at most, {max_answer_mb().default} by default" in page
    assert f"{threads().maximum} requests at a time" in page


def test_each_page_has_its_place_on_the_site() -> None:
    site = (ROOT / "docs/site/zensical.toml").read_text(encoding="utf-8")
    missing = [page.name for page in (ROOT / "docs").glob("*.md") if f'"docs/{page.name}"' not in site]
    assert missing == []


def test_the_list_of_decisions_is_whole() -> None:
    listed = (ROOT / "docs/decisions/README.md").read_text(encoding="utf-8")
    for page in sorted((ROOT / "docs/decisions").glob("0*.md")):
        title = page.read_text(encoding="utf-8").splitlines()[0].removeprefix("# ")
        assert f"- [{title}]({page.name})\n" in listed


def test_the_plugin_that_assistants_are_shown_keeps_the_contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [plugin] = [block.text for block in blocks(AGENTS) if block.kind == "python"]
    monkeypatch.chdir(tmp_path)
    Path("crew.py").write_text(plugin, encoding="utf-8")
    quick = ["assembles", "hooks", "names", "keys", "column_types", "secrets", "paginator_ends", "bookmarks", "exact_tables"]
    found = {finding.rule: finding.status for finding in check_contract("crew.py", rules=quick)}
    assert found == dict.fromkeys(quick, "pass")


def test_json_is_where_assistants_are_told_it_is() -> None:
    [said] = re.findall(r"`--json` on (.+?) is for you", AGENTS)
    named = set(re.split(r", | and ", said))
    with_json = {name for name, command in main.commands.items() if any("--json" in option.opts for option in command.params)}
    assert named <= with_json
