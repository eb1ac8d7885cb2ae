"""A built project, imported as Fivetran imports it: in an interpreter in which no plugin is installed."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from packaging.utils import canonicalize_name

from connector_build.plugins.discovery import installed
from connector_build.project.writer import Project
from connector_core.basics.names import one_line

SECONDS = 60.0

_CHILD = """
import contextlib, importlib.abc, importlib.machinery, importlib.metadata, io, json, socket, sys

folder, own, away, distributions = json.loads(sys.argv[1])
metadata = importlib.metadata.Distribution.from_name


class OnlyTheProject(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name in own:
            return importlib.machinery.PathFinder.find_spec(name, [folder])
        if name.partition(".")[0] in away:
            raise ModuleNotFoundError(f"No module named {name!r}: it is no part of the built project", name=name)
        return None


def from_name(name):
    if name.lower().replace("_", "-") in distributions:
        raise importlib.metadata.PackageNotFoundError(name)
    return metadata(name)


def refuse(*arguments, **options):
    raise OSError("there is no network here")


from fivetran_connector_sdk import Connector

importlib.metadata.Distribution.from_name = from_name
socket.socket.connect = socket.getaddrinfo = refuse
sys.meta_path.insert(0, OnlyTheProject())
sys.path.insert(0, folder)
printed = io.StringIO()
with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
    import connector
found = getattr(connector, "connector", None)
print(json.dumps([isinstance(found, Connector), type(found).__name__, printed.getvalue()]))
"""


def import_bare(project: Project, folder: Path) -> str | None:
    """What is wrong with *project*, which lies in *folder*, when it is imported there; None if nothing is.

    Its own packages come from the folder only. No plugin has metadata, and there is no network and no variable of ours.
    """
    own = {Path(path).parts[0].removesuffix(".py") for path in project.files if path.endswith(".py")}
    there = {canonicalize_name(name) for name in project.requirements}
    plugins = [each for each in installed() if canonicalize_name(each.distribution) not in there]
    away = {"connector_build", *(re.split("[.:]", each.module)[0] for each in plugins)} - own
    distributions = {"connector-core", *(canonicalize_name(each.distribution) for each in plugins)}
    given = json.dumps([str(folder), sorted(own), sorted(away), sorted(distributions)])
    try:
        ran = subprocess.run(
            [sys.executable, "-P", "-c", _CHILD, given],
            cwd=folder.parent,
            env={name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"The built project is still not imported after {SECONDS:.0f} s. Do nothing but define things in a module."
    return _problem(ran)


def _problem(ran: "subprocess.CompletedProcess[str]") -> str | None:
    if ran.returncode:
        last = one_line((ran.stderr.strip().splitlines() or [f"exit {ran.returncode}"])[-1], 500)
        return (
            f"The built project cannot be imported where nothing is installed but what it requires: {last}. Import and read "
            "only what ships with it, and no metadata of distributions, which is not there."
        )
    try:
        fits, kind, printed = json.loads(ran.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        return "The built project ends the process when it is imported. Define things in a module, and nothing more."
    if not fits:
        return f"The built project's connector is a {kind}, no Connector of the SDK."
    if printed:
        return f"It prints when it is imported: {one_line(printed)}. fivetran debug, package and deploy import it: say nothing."
    return None
