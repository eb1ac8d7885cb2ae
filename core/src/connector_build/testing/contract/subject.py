"""What the contract is checked on: one dataset, loaded and assembled once, and the APIs that it can be tried against."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import frozen

from connector_build.api.mimic import PAGES, known_part
from connector_build.api.recording import Recording
from connector_build.errors import UsageProblem
from connector_build.plugins import discovery
from connector_build.project.describe import describe
from connector_build.project.writer import Project, digest, make_project
from connector_build.sample import Sample
from connector_build.testing.contract.apis import Api, Feed, few_tables, has_size, made_up
from connector_build.testing.contract.outcomes import NotChecked, no_network
from connector_build.testing.warehouse.runs import signed
from connector_core.plugin.assembly import Assembly, Plugin, assemble

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


@frozen(eq=False)
class _Loaded:
    """A dataset as it was found; *asked*: what of the network its import and its assembly asked for."""

    sources: tuple[discovery.Source, ...]
    defaults: Assembly
    everything: Assembly
    sample: Sample | None
    asked: tuple[str, ...]


class Subject:
    """One dataset with extensions and local files; *pages*: a recording of its API. Everything is made when it is needed."""

    def __init__(
        self, dataset: str, extensions: Sequence[str] = (), files: Sequence[Path] = (), pages: Path | None = None
    ) -> None:
        self.dataset = discovery.named(dataset)
        self._given = str(Path(dataset).absolute()) if discovery.is_file(dataset) else dataset
        self._extensions = extensions
        self._files = [path.absolute() for path in files]
        self._pages = pages

    @property
    def error(self) -> BaseException | None:
        """Why it cannot be assembled; None if it can. Raises UsageProblem where there is no such dataset or file."""
        return self._loaded if isinstance(self._loaded, BaseException) else None

    @property
    def asked(self) -> tuple[str, ...]:
        """The addresses that it asked the network for while it was imported and assembled."""
        return self._found.asked

    @property
    def sources(self) -> tuple[discovery.Source, ...]:
        """What it is assembled from."""
        return self._found.sources

    @property
    def assembly(self) -> Assembly:
        """The connector with its defaults."""
        return self._found.defaults

    @property
    def assembly_with_everything(self) -> Assembly:
        """The connector with every option enabled."""
        return self._found.everything

    @property
    def assemblies(self) -> tuple[Assembly, ...]:
        """With everything and, where that is something else, with the defaults."""
        both = (self.assembly_with_everything, self.assembly)
        return both if any(not option.enabled for option in self.assembly.options) else both[:1]

    @property
    def sample(self) -> Sample | None:
        """How its plugin makes up records, if it says so."""
        return self._found.sample

    @cached_property
    def recording(self) -> Recording | None:
        """What was recorded of its API. Raises UsageProblem for a file that is no recording."""
        return None if self._pages is None else Recording.load(self._pages)

    @cached_property
    def project(self) -> Project:
        """The built project, with every option enabled. Raises BuildError."""
        return make_project(self.dataset, self.assembly_with_everything, discovery.core(), self.sources)

    def assemble_anew(self) -> Assembly:
        """Ask each hook once more, with every option enabled."""
        return assemble(plugins_of(self.sources), [option.name for option in self.assembly.options])

    def described(self, assembly: Assembly) -> dict[str, Any]:
        """All that *assembly* is made of, as JSON has it; no address in memory, and nothing that differs from run to run."""
        description = describe(assembly, dataset=self.dataset, versions={each.name: each.version for each in self.sources})
        return {**description, "in full": [_ADDRESS.sub("", repr(plan.table)) for plan in assembly.tables]}

    def hashes(self) -> dict[str, str]:
        """Path → SHA-256 of each file of a project that is built anew."""
        project = make_project(self.dataset, self.assemble_anew(), discovery.core(), self.sources)
        return {path: digest(contents) for path, contents in project.files.items()}

    def hashes_elsewhere(self) -> str:
        """The same as JSON, made by another process, in which sets have another order. Raises CalledProcessError."""
        seed = "2" if os.environ.get("PYTHONHASHSEED") == "1" else "1"
        paths = [path or str(Path.cwd()) for path in sys.path]
        arguments = [self._given, ",".join(self._extensions), *map(str, self._files)]
        ran = subprocess.run(
            [sys.executable, "-P", "-c", _BUILD, *arguments],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout.splitlines()[-1]

    def apis(self, assembly: Assembly) -> list[Api]:
        """What *assembly* can be tried against: a made-up API, and a recorded one where there are pages.

        Raises NotChecked where there is neither.
        """
        made = made_up(signed(assembly), self.sample)
        found = [made] if made else []
        if self.recording is not None:
            found.append(Api(signed(assembly, self.recording.settings), self.recording.reply, (self.recording.page_size,)))
        if not found:
            raise NotChecked(f"Its API cannot be made up. {self.left_out}")
        return found

    @property
    def left_out(self) -> str:
        """The tables that nothing stands in for, and why; empty where there is none."""
        reasons = {} if self._pages is not None else known_part(self.assembly_with_everything)[1]
        return f"{'; '.join(reasons.values())}. {PAGES}" if reasons else ""

    @cached_property
    def feeds(self) -> list[Feed]:
        """Every feed of every API, read with every page size; of child tables those of a few parents."""
        found = []
        for api in self.apis(self.assembly_with_everything):
            for plan in api.assembly.tables:
                for size in api.sizes if has_size(plan) else api.sizes[:1]:
                    found += [api.read(plan, table, size) for table in few_tables(api, plan, size)]
        return found

    @property
    def _found(self) -> _Loaded:
        if isinstance(self._loaded, BaseException):
            raise NotChecked("It does not assemble.")
        return self._loaded

    @cached_property
    def _loaded(self) -> _Loaded | BaseException:
        """What was loaded and assembled, or the error that ended it: either is made once."""
        try:
            with no_network() as asked:
                sources = tuple(discovery.load(self._given, self._extensions, self._files))
                defaults = assemble(plugins_of(sources))
                everything = assemble(plugins_of(sources), [option.name for option in defaults.options])
                sample = discovery.sample(self._given)
        except UsageProblem:
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001  (whatever a plugin raises)
            return error
        return _Loaded(sources, defaults, everything, sample, tuple(asked))


_BUILD = """
import json, pathlib, sys
from connector_build.testing.contract.subject import Subject
dataset, extensions, *files = sys.argv[1:]
subject = Subject(dataset, list(filter(None, extensions.split(","))), list(map(pathlib.Path, files)))
if subject.error is not None:
    sys.exit(str(subject.error))
print()
print(json.dumps(subject.hashes()))
"""


def plugins_of(sources: Sequence[discovery.Source]) -> list[Plugin]:
    """What is assembled of *sources*."""
    return [Plugin(source.name, source.plugin, source.version) for source in sources]
