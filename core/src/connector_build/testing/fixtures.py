"""Fixtures for the tests of a plugin. Every pytest run loads this module, so each imports what it needs when it is used."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

if TYPE_CHECKING:
    from connector_build.api.messages import Answering
    from connector_build.api.server import ApiServer
    from connector_build.testing.warehouse.memory import Warehouse


class BuildProject(Protocol):
    """What ``built_project`` is."""

    def __call__(
        self,
        dataset: str,
        enable: Sequence[str] = (),
        disable: Sequence[str] = (),
        *,
        extensions: Sequence[str] = (),
        files: Sequence[Path] = (),
    ) -> Path:
        """The folder of a project that is built as ``connector-build`` does it."""


@pytest.fixture
def api_server() -> "Iterator[ApiServer]":
    """An HTTP server on this machine: queue answers with ``respond``, or set ``answering``; what was asked is in ``requests``.

    An error in a function of the test's own that answers is raised when the test is over; clear ``errors`` if you expect it.
    """
    from connector_build.api.server import ApiServer

    with ApiServer() as server:
        yield server
    if server.errors:
        raise server.errors[0]


@pytest.fixture
def warehouse() -> "type[Warehouse]":
    """Makes an empty destination in memory for an assembly: ``warehouse(assembly)``."""
    from connector_build.testing.warehouse.memory import Warehouse

    return Warehouse


@pytest.fixture
def built_project(tmp_path: Path) -> BuildProject:
    """Builds a dataset into the test's temporary folder: ``built_project("crew", enable=["crew_totals"])``."""

    def build(
        dataset: str,
        enable: Sequence[str] = (),
        disable: Sequence[str] = (),
        *,
        extensions: Sequence[str] = (),
        files: Sequence[Path] = (),
    ) -> Path:
        from connector_build.plugins.discovery import named
        from connector_build.project.making import made
        from connector_build.project.output import write_project

        project = made(dataset, enable=enable, disable=disable, extensions=extensions, files=files)
        return write_project(project, tmp_path / "dist" / named(dataset)).folder

    return build


@pytest.fixture
def recorded_pages(request: pytest.FixtureRequest) -> "Callable[[str], Answering]":
    """Replays a recording that lies beside the test's own file: ``recorded_pages("pages.json")``."""
    from connector_build.api.recording import replay

    folder = request.path.parent
    return lambda name: replay(folder / name)
