"""Each distribution carries the licence of the whole, word for word, and says which it is."""

import tomllib
from pathlib import Path

import pytest

from places import ROOT

DISTRIBUTIONS = sorted(path.parent for path in (ROOT / "core/pyproject.toml", *ROOT.glob("plugins/*/pyproject.toml")))


def test_there_is_something_to_look_at() -> None:
    assert len(DISTRIBUTIONS) >= 3
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n\nCopyright (c) 2026 the maintainers\n")


@pytest.mark.parametrize("folder", DISTRIBUTIONS, ids=lambda folder: folder.name)
def test_a_distribution_is_under_the_licence_of_the_whole(folder: Path) -> None:
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["license"] == "MIT"
    assert project["license-files"] == ["LICENSE"]
    # A copy: a distribution can bring only what lies in its own folder.
    assert (folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
