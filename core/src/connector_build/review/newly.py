"""`connector-build new`: from evidence to a file with a plugin, proved against that evidence."""

import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import PathFinder
from pathlib import Path
from typing import Any, Final

from attrs import evolve, field, frozen

from connector_build.api.recording import Recording
from connector_build.drafting.draft import Draft, notes
from connector_build.drafting.probing.asking import Asker, Refused, Unknown, plainly
from connector_build.drafting.probing.beginning import Choose, first_of
from connector_build.drafting.probing.columns import duckdb
from connector_build.drafting.probing.drafted import Drafted, drafted
from connector_build.drafting.writing import plugin_text
from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins.discovery import VERBS
from connector_build.plugins.importing import imported_file
from connector_build.review.check import SLOW
from connector_build.review.new_evidence import Evidence
from connector_build.review.sources import Source
from connector_build.testing.warehouse.memory import Warehouse
from connector_build.testing.warehouse.runs import Run, signed
from connector_core import Record
from connector_core.basics.errors import ConnectorError
from connector_core.basics.names import check_name, one_line
from connector_core.http.answers import CHECK_URL
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.source.columns import UnfitError
from connector_core.source.values import in_form


@frozen
class Made:
    """A plugin that was written, and what it was proved against.

    recording: what was read, where the plugin reads that to its end; None where it could not be. rows: the first of them, each
    value in the form of its column; total: how many there are. open: why the feed was not read to its end.
    """

    text: str = field(repr=False)
    draft: Draft
    assembly: Assembly = field(repr=False)
    table: str
    rows: Sequence[Record] = field(repr=False)
    total: int
    recording: Recording | None = field(default=None, repr=False)
    open: str = ""

    @property
    def guesses(self) -> int:
        """How many lines rest on a guess."""
        return len(notes(self.draft))


def check_target(name: str, *, force: bool) -> Path:
    """The file that *name* is written to. Raises UsageProblem for a name that no dataset may have, and where it is there."""
    with suppress(ConnectorError):
        check_name(name, "")
        file = Path(f"{name}.py")
        if name not in VERBS and not name.startswith("connector") and not _is_a_module(name, file):
            if (file.exists() or file.is_symlink()) and not force:
                raise UsageProblem(f"{file} is there already, and is not overwritten. Give another name, or add --force.")
            return file
    raise UsageProblem(
        f"{one_line(name, 60)!r} cannot name a dataset. Write lower-case letters, digits and underscores, a letter first, but no "
        "verb of connector-build and no module of Python: crew_shifts."
    )


def _is_a_module(name: str, file: Path) -> bool:
    """Whether something else is imported by *name*: the plugin would stand in its way."""
    if name in sys.stdlib_module_names:
        return True
    found = PathFinder.find_spec(name)  # and not what this process has imported by that name
    return found is not None and (found.origin is None or Path(found.origin).resolve() != file.resolve())


def made_from(
    name: str,
    evidence: Evidence,
    *,
    most: int,
    choose: Choose = first_of,
) -> Made:
    """The plugin *name*, from at most so many pages of *evidence*, with what it reads.

    Raises BuildError where nothing can be made of what comes, and a ConnectorError where nothing comes.
    """
    duckdb()  # rather now than after the API was asked
    try:
        asker = Asker(evidence.source.fetch, most)
        found = drafted(name, evidence.given, evidence.access, asker, choose, ordered=evidence.ordered)
    except Refused as error:
        raise BuildError(f"{error}. Check the address, its parameters, and what signs it.") from None
    except Unknown as error:
        raise BuildError(f"There is no page to begin with: {error}.") from None
    except ConnectorError as error:
        # What is known of the table is its address alone.
        raise type(error)(_of_an_address(str(error), evidence.access.auth is not None)) from None
    finally:
        evidence.source.close()
    text = plugin_text(found.draft)
    with on_trial(name, text) as assembly:
        return _proved(found, text, assembly, evidence.source)


_SIGN: Final = "--header, --bearer, --query or --user"
_KEY: Final = re.compile(
    r"The API does not accept the key: check the key in the configuration\.|The key is known but may not read .*"
)
_XML: Final = "`new` does not draft tables of XML: docs/sources.md has the format, Xml, for a plugin of your own."


def _of_an_address(message: str, signed: bool) -> str:
    """What a sync would say, without what it says of tables and syncs: nothing is known but an address."""
    text = message.removeprefix("evidence: ").replace("check base_url", "check the address")
    text = text.replace(CHECK_URL, _XML if " is XML, not JSON" in text else "Check the address.")
    if not signed:
        text = _KEY.sub(f"Nothing signs the request: give {_SIGN}.", text)
    text = text.replace("check the key in the configuration", f"check the value that was given ({_SIGN})")
    return re.sub(r"It failed (\d+) times in a row, so this sync ends here.*", r"So it was \1 times. Check the address.", text)


def _proved(found: Drafted, text: str, assembly: Assembly, source: Source) -> Made:
    """What the plugin reads of what was kept; where its feed was not read to its end, what came."""
    rows = found.walk.rows
    if found.walk.ended:
        kept = source.recording([step.request for step in found.walk.steps], found.size)
        recording = evolve(kept, answers=tuple(evolve(each, table=found.table.name) for each in kept.answers))
        try:
            live = synced(assembly, recording)
            return Made(text, found.draft, assembly, found.table.name, live[:10], len(live), recording)
        except ConnectorError as error:
            return Made(text, found.draft, assembly, found.table.name, _shown(assembly, rows), len(rows), None, str(error))
    return Made(text, found.draft, assembly, found.table.name, _shown(assembly, rows), len(rows), None, found.walk.why)


def synced(assembly: Assembly, recording: Recording) -> list[Record]:
    """The rows of the first table after one sync from a recording. Raises a ConnectorError."""
    assembly = signed(assembly)
    warehouse = Warehouse(assembly)
    Run(page_size=recording.page_size, attempts=1).sync(assembly, warehouse, recording.reply)
    plan = assembly.tables[0]
    sent = [operation.data for operation in warehouse.on(plan.table.name) if operation.kind == "upsert"]
    names = plan.table.primary_key
    return list({plainly([row.get(name) for name in names] if names else row): row for row in sent}.values())


def _shown(assembly: Assembly, rows: Sequence[Record]) -> list[Record]:
    """The first rows as they arrive."""
    plan = assembly.tables[0]
    shown = []
    for row in rows[:10]:
        changed: Any = dict(row)
        for transform in plan.transforms:
            changed = transform(changed)
        with suppress(UnfitError):
            changed = in_form(plan.declared, changed)
        shown.append(changed)
    return shown


@contextmanager
def on_trial(name: str, text: str) -> Iterator[Assembly]:
    """A plugin that is not written yet, assembled. Raises BuildError where it cannot be: then nothing is written."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"{name}.py")
        file.write_text(text, encoding="utf-8")
        try:
            assembly = assemble([Plugin(file.name, imported_file(name, file, name))])
        except ConnectorError as error:
            raise BuildError(f"No plugin can be made of this as it is: {error}") from None
        yield assembly


def write(file: Path, made: Made) -> list[Path]:
    """Write the plugin and, beside it, what it was proved against. Returns the files."""
    kept = file.with_suffix(".pages.json")
    replace(file, made.text.encode())
    if made.recording is None:
        return [file]
    with _beside(kept) as fresh:
        made.recording.save(fresh)
    return [file, kept]


def replace(file: Path, content: bytes) -> None:
    """Write *file* as a whole, in place of one that is there."""
    with _beside(file) as fresh:
        fresh.write_bytes(content)


@contextmanager
def _beside(file: Path) -> Iterator[Path]:
    """A new file that takes the place of *file* once it is whole."""
    handle, path = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    os.close(handle)
    fresh = Path(path)
    try:
        yield fresh
        fresh.chmod(0o644)
        fresh.replace(file)
    except OSError as error:
        raise BuildError(f"{file} cannot be written: {error.strerror}. Check who may write there.") from None
    finally:
        fresh.unlink(missing_ok=True)


def checked(file: Path, pages: Path | None, on_rule: Callable[[str], None]) -> list[Any]:
    """What the contract finds of the plugin in *file*, but for the rules that take long."""
    from connector_build.testing.contract.contract import RULES, check_contract

    chosen = [rule.name for rule in RULES if rule.name not in SLOW]
    return check_contract(str(file), pages=pages, rules=chosen, on_finding=lambda finding: on_rule(finding.rule))
