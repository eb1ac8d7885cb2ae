"""The READMEs of the two documented connectors, held against what a reader of their public pages looks for, under the same words.

Each command of a README is run, in order; what it says of settings, columns, files and messages is what the plugin has.
"""

import re
from pathlib import Path

import pytest
from attrs import frozen
from test_coming_from import follow_all

from connector_build.plugins import discovery
from connector_core.plugin.assembly import Plugin, assemble
from places import ROOT

pytestmark = pytest.mark.xdist_group("documented")


@frozen
class Documented:
    """One of the two connectors, and the words of its public page that are its own."""

    dataset: str
    records: str
    app: str
    field: str
    table: str

    @property
    def page(self) -> Path:
        return ROOT / "plugins" / self.dataset / "README.md"

    def __str__(self) -> str:
        return self.dataset


BOTH = [
    Documented("fts", "750", "LogLynx", "cost_per_hour", "fts_technicians"),
    Documented("mso", "600", "MaterialMind", "efficiency_ratio", "mso_products"),
]
LOOKED_FOR = [
    ("Overview", "{dataset}_records"),
    ("Features", "incremental syncs"),
    ("Features", "state management"),
    ("Features", "error handling"),
    ("Features", "configuration management"),
    ("Features", "minimal permissions"),
    ("Features", "data enrichment"),
    ("Features", "efficient processing"),
    ("Project structure", "dist/{dataset}/connector.py"),
    ("Project structure", "dist/{dataset}/debug_and_reset.sh"),
    ("Project structure", "dist/{dataset}/deploy.sh"),
    ("Project structure", "dist/{dataset}/requirements.txt"),
    ("Project structure", "dist/{dataset}/configuration.json"),
    ("Configuration parameters", "`api_key`"),
    ("Configuration parameters", "`base_url`"),
    ("Configuration parameters", "`page_size`"),
    ("{DATASET} API details", "GET /{dataset}_data"),
    ("{DATASET} API details", "`cursor`"),
    ("{DATASET} API details", "1 to 200"),
    ("{DATASET} API details", "header `api_key`"),
    ("Data schema", "`record_id` | STRING"),
    ("Implementation details", "architecture.md"),
    ("Prerequisites", "Python 3.11"),
    ("Local development and testing", "debug_and_reset.sh --yes"),
    ("Local development and testing", "Upserts │ {records}"),
    ("Local development and testing", "Next sync state"),
    ("Deploying to Fivetran", "deploy.sh ACCOUNT DESTINATION CONNECTION"),
    ("What to expect after deployment", "connection's ID"),
    ("What to expect after deployment", "schedule"),
    ("Common issues", "401"),
    ("Common issues", "no longer knows the cursor"),
    ("Monitoring", "dashboard"),
    ("Debug and reset", "debug_and_reset.sh"),
    ("Adding new fields", "DerivedField"),
    ("Adding new fields", "{field}"),
    ("Supporting multiple tables", "{table}"),
    ("Dependencies management", "requirements.txt"),
    ("Downstream application: {app}", "Snowflake"),
    ("Downstream application: {app}", "Data flow"),
    ("Downstream application: {app}", "managers|engineers"),
    ("Notes", "{records} made-up records"),
]
"""Heading of the public page → what its reader looks for there."""


def sections(page: Path) -> dict[str, str]:
    """Heading → what stands below it, further headings of a lower level included."""
    text = page.read_text(encoding="utf-8")
    found = list(re.finditer(r"^(#+) (.+)$", re.sub(r"(?ms)^```.*?^```$", lambda code: code[0].replace("#", " "), text), re.M))
    ends = [
        next((later.start() for later in found[place + 1 :] if len(later[1]) <= len(heading[1])), len(text))
        for place, heading in enumerate(found)
    ]
    return {heading[2]: text[heading.end() : end] for heading, end in zip(found, ends, strict=True)}


@pytest.mark.parametrize("of", BOTH, ids=str)
@pytest.mark.parametrize(("heading", "sought"), LOOKED_FOR, ids=[f"{heading}: {sought}" for heading, sought in LOOKED_FOR])
def test_a_reader_of_the_public_page_finds_it_under_the_same_words(of: Documented, heading: str, sought: str) -> None:
    words = {
        "dataset": of.dataset,
        "DATASET": of.dataset.upper(),
        "records": of.records,
        "app": of.app,
        "field": of.field,
        "table": of.table,
    }
    found = sections(of.page)
    assert heading.format(**words) in found, f"{of.page} has no heading {heading}"
    assert any(each in found[heading.format(**words)] for each in sought.format(**words).split("|"))


@pytest.mark.parametrize("of", BOTH, ids=str)
def test_settings_and_columns_are_those_of_the_plugin(of: Documented) -> None:
    found = sections(of.page)
    [source] = discovery.load(of.dataset)
    assembly = assemble([Plugin(source.name, source.plugin, source.version)])
    told = {cells[0]: cells[-1] for cells in rows(found["Configuration parameters"])}
    known = {setting.name: setting.default or "required" for setting in assembly.settings if setting.name in told}
    assert told == {"setting": "default", "---": "---", **known}
    [table] = [plan.table for plan in assembly.tables]
    columns = [cells for cells in rows(found["Data schema"]) if cells[0] not in ("column", "---")]
    assert columns == [[name, column.type, column.description] for name, column in table.declared.items()]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("of", BOTH, ids=str)
def test_each_command_of_the_page_works_and_the_messages_are_those_of_the_project(of: Documented, tmp_path: Path) -> None:
    follow_all(of.page, tmp_path)
    project = (tmp_path / "dist" / of.dataset / "README.md").read_text(encoding="utf-8")
    messages = [line for line in sections(of.page)["Common issues"].splitlines() if line.startswith("| `")]
    assert len(messages) >= 5
    assert [line for line in messages if line not in project] == []
