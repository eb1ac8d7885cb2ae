"""A build of today delivers what a build of the release before did: the same operations, states and schema, whatever was moved.

Where a difference is meant, say so in the changelog, and record the commit that makes it: `tests/release_before/record.py`.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from attrs import frozen

from places import TESTS
from release_before.record import CASES, delivered

(RECORDED,) = (TESTS / "release_before").glob("*.json")
BEFORE: Mapping[str, Any] = json.loads(RECORDED.read_text(encoding="utf-8"))


@frozen
class Case:
    """One choice, as a build of before and one of today deliver it."""

    before: Mapping[str, Any]
    now: Mapping[str, Any]


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return Case(BEFORE[request.param], delivered(CASES[request.param], tmp_path_factory.mktemp("release") / "built"))


def test_something_was_recorded() -> None:
    assert list(BEFORE) == list(CASES)
    for name, found in BEFORE.items():
        kinds = {kind for each in found["syncs"].values() for kind in each["operations"]}
        assert "checkpoint" in kinds
        assert len(kinds) == (3 if "all" in name else 2), f"{name}: {kinds}"


def test_it_delivers_the_same(case: Case) -> None:
    assert case.now["schema"] == case.before["schema"]
    for title, found in case.before["syncs"].items():
        assert case.now["syncs"][title] == found, f"{title}: not as {RECORDED.stem} had it"


def test_its_lock_says_the_same(case: Case) -> None:
    """A setting may have come since: what a configuration of before says has to mean the same."""
    now, before = case.now["lock"], case.before["lock"]
    assert {**now, "settings": {name: now["settings"].get(name) for name in before["settings"]}} == before
