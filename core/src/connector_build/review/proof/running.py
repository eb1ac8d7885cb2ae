"""Running both connectors over one recording, each by the real `fivetran debug`, in folders that are gone afterwards."""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attrs import field, frozen

from connector_build.api.recording import Recording
from connector_build.api.replaying import Replayed
from connector_build.errors import BuildError, UsageProblem
from connector_build.local.fivetran import DebugRun, debug
from connector_build.project.configuration import read_object
from connector_build.review.proof.answering import Routed
from connector_core.basics.counting import counted
from connector_core.basics.discretion import strike
from connector_core.plugin.assembly import Assembly

SECRET: Final = "recorded"  # noqa: S105  (made up)
SECRET_FROM: Final = 8
_LEFT_BEHIND: Final = ("files", "crash-reports", "__pycache__", ".git", ".venv", "venv")
_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")
_ROUTING: Final = Path(__file__).with_name("routing") / "sitecustomize.py"


@frozen
class Run:
    """A connector after a sync: its folder with the rows, how the sync went, and how many requests it took."""

    project: Path
    run: DebugRun = field(repr=False)
    requests: int


def check(project: Path) -> None:
    """Raise UsageProblem where *project* is no connector."""
    if not (project / "connector.py").is_file():
        raise UsageProblem(f"{project}: there is no connector.py. Name the folder of a hand-written connector.")


def copied(project: Path, into: Path) -> Path:
    """A copy of *project* without what earlier runs left."""
    shutil.copytree(project, into, ignore=shutil.ignore_patterns(*_LEFT_BEHIND), symlinks=False)
    (into / "requirements.txt").touch()
    return into


def configuration_of(project: Path, file: Path | None) -> dict[str, str]:
    """The configuration of a hand-written connector: *file*, or configuration.json in its folder; empty where there is none."""
    found = file or project / "configuration.json"
    if file is None and not found.is_file():
        return {}
    raw = read_object(found, "--old-configuration")
    return {str(name): str(value) for name, value in raw.items()}


def run_old(project: Path, configuration: Mapping[str, str], recording: Recording, assembly: Assembly) -> Run:
    """Sync a hand-written connector, in a folder that is its own, from *recording*.

    Raises BuildError where it fails, or asks for what is not in the recording, also where it makes light of that.
    """
    file, shim, refused = project / "configuration.json", project.parent / "routing", project.parent / "refused.txt"
    file.write_text(json.dumps(dict(configuration)), encoding="utf-8")
    shim.mkdir(exist_ok=True)
    shutil.copy(_ROUTING, shim)
    with Routed(recording, assembly, SECRET, configuration.values()) as api:
        more = {
            "PYTHONPATH": str(shim),
            "CONNECTOR_BUILD_REPLAY": api.url.partition("://")[2],
            "CONNECTOR_BUILD_REFUSED": str(refused),
            **{name: "" for name in _PROXIES if name in os.environ},
        }
        run = debug(project, file, environment=more)
        try:
            _check_old(run, api, refused)
        except BuildError as error:
            raise BuildError(strike(_secrets(configuration), str(error))) from None
        return Run(project, run, api.asked)


def _secrets(configuration: Mapping[str, str]) -> list[str]:
    """What may be secret of a configuration of which nobody says what is: every text of some length that is no address."""
    return [text for text in configuration.values() if len(text) >= SECRET_FROM and "://" not in text]


def _check_old(run: DebugRun, api: Routed, refused: Path) -> None:
    if api.missed:
        lacking = counted(len(set(api.missed)), "request")
        raise BuildError(f"The old connector asks for what is not in the recording, {lacking} in all. The first: {api.missed[0]}")
    if refused.exists():
        host = refused.read_text(encoding="utf-8").splitlines()[0]
        raise BuildError(
            f"The old connector asks {host} by something else than requests, urllib3 or http.client. Only these can be led to "
            "the recording: compare the tables by hand, or let it use requests."
        )
    if run.error:
        raise BuildError(f"The old connector fails: {run.error}")


def run_new(project: Path, recording: Recording, assembly: Assembly) -> Run:
    """Sync a built connector from *recording*. Raises BuildError where it fails."""
    with Replayed(recording, assembly, SECRET) as api:
        file = project.parent / "new-configuration.json"
        file.write_text(json.dumps(dict(api.configuration)), encoding="utf-8")
        run = debug(project, file)
        if run.error:
            raise BuildError(api.missed[0] if api.missed else f"The new connector fails: {run.error}")
        return Run(project, run, len(api.requests))


def taken_over(project: Path, old: Run, recording: Recording, assembly: Assembly, into: Path) -> tuple[Run | None, str]:
    """A sync of the new connector from the state and the rows of the *old* one; None and why, where that cannot be."""
    shutil.copytree(project, into, ignore=shutil.ignore_patterns(*_LEFT_BEHIND))
    if (old.project / "files").is_dir():
        shutil.copytree(old.project / "files", into / "files")
    try:
        return run_new(into, recording, assembly), ""
    except BuildError as error:
        return None, str(error)
