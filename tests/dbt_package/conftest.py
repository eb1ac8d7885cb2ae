"""One dbt project for all tests: to make it takes longer than to use it."""

import pytest

from dbt_package.running import Project


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.made(tmp_path_factory.mktemp("dbt"))
