"""What a project holds, on the Python that these tests run on: tox has an environment for each that Fivetran offers."""

import importlib
import pkgutil
import shutil
import subprocess
import sys
import tomllib
import warnings
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from unittest.mock import patch

import pytest

import connector_build
import connector_core
from connector_build.project.making import made
from connector_build.project.requirements import PYTHONS
from connector_core.derived.applying import LeftOut
from connector_core.engine.ledger import Ledger
from connector_core.engine.records import Rows
from connector_core.engine.spool import Spool
from places import ROOT

DISTRIBUTIONS = ("core", "plugins/fts", "plugins/mso")
TRIED = ("3.11", "3.12", "3.13")
"""The versions that all of these tests, or those of tox.ini's py312 and py313, were run on."""


@pytest.mark.parametrize(("dataset", "enable"), [("fts", ["fts_technicians", "cost_per_hour"]), ("mso", ["mso_products"])])
def test_everything_that_ships_compiles_without_a_warning(dataset: str, enable: list[str]) -> None:
    sources = {path: data for path, data in made(dataset, enable=enable).files.items() if path.endswith(".py")}
    assert "connector.py" in sources
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for path, data in sources.items():
            compile(data, path, "exec", dont_inherit=True)


def test_an_older_python_says_what_is_needed() -> None:
    code = made("fts").files["connector.py"]
    with patch.object(sys, "version_info", (3, 10, 13)), pytest.raises(RuntimeError, match=r"needs Python 3\.11 or later"):
        exec(compile(code, "connector.py", "exec"), {"__file__": "/nowhere/connector.py"})  # noqa: S102  (of our own making)


def test_every_module_can_be_imported() -> None:
    for package in (connector_core, connector_build):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not each.name.endswith("__main__") and ".apps" not in each.name and ".testing.fixtures" not in each.name:
                importlib.import_module(each.name)


def test_the_classifiers_are_the_versions_that_were_tried() -> None:
    for folder in DISTRIBUTIONS:
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        named = [each.rpartition(" ")[2] for each in project["classifiers"] if "Python :: 3." in each]
        assert (project["requires-python"], named) == (f">={TRIED[0]}", [*TRIED]), folder
    assert PYTHONS[PYTHONS.index(TRIED[0]) :][: len(TRIED)] == TRIED


def test_rows_that_were_put_aside_are_the_same() -> None:
    """In pickle's newest protocol, whatever this Python makes of it."""
    row = {"n": Decimal("1.50"), "on": date(2026, 1, 2), "at": datetime(2026, 1, 2, 3, tzinfo=UTC), "raw": b"\x00", "x": 2**70}
    parts: list[Rows] = [[((1, "a"), row)], [((2,), LeftOut({"id": 2}, "deleted"))]]
    with Spool() as spool:
        for part in parts:
            spool.put(part)
        assert list(spool.parts()) == parts
    ledger = Ledger(list(row))
    ledger.put([((1,), row)])
    assert dict(ledger.records()) == {(1,): row}
    ledger.close()


MAKE = shutil.which("make")


@pytest.mark.skipif(MAKE is None, reason="there is no make")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "Error: no Python 3.11 or later was found. "),
        (["PYTHON=python3"], "Error: python3 is no Python 3.11 or later. "),
        (["PYTHON=/nowhere/python3.12"], "Error: /nowhere/python3.12 is no Python 3.11 or later. "),
    ],
)
def test_make_says_which_python_it_needs(given: list[str], said: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    old = tmp_path / "bin/python3"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    done = subprocess.run(
        [str(MAKE), "demo", *given], cwd=tmp_path, env={"PATH": str(old.parent)}, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{said}Install one, or say where one is: make PYTHON=")
    assert not (tmp_path / ".venv").exists()
