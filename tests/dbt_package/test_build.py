"""Packages run green over what a sync landed, say what the plugin says, and turn red for each thing that is wrong."""

import json
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

pytest.importorskip("dbt.cli.main", reason="dbt is in an environment of its own: tox run -e dbt")

from dbt_package.landing import assembled  # noqa: E402  (they need dbt, or the line above would be of no use)
from dbt_package.running import DATASETS, Project  # noqa: E402


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.made(tmp_path_factory.mktemp("dbt"))


@pytest.fixture
def fresh(project: Project) -> Iterator[Project]:
    project.reset()
    yield project
    project.reset()


def test_a_build_is_green(fresh: Project) -> None:
    outcomes = fresh.outcomes("build")
    assert {name: status for name, status in outcomes.items() if status not in ("pass", "success")} == {}
    print(len(outcomes))
