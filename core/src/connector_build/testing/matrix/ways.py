"""Faults of the matrix: an API that is not where it is said to be, and a record with a very long text."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from connector_build.api.server import deaf_address
from connector_build.api.shaping import given
from connector_build.testing.matrix.strikes import LARGE, Stage
from connector_core.plugin.assembly import Assembly

GONE = "https://no-such-host.invalid"


@contextmanager
def deaf(stage: Stage) -> Iterator[str]:  # noqa: ARG001  (the signature of every one)
    with deaf_address() as url:
        yield url


@contextmanager
def no_such_host(stage: Stage) -> Iterator[str]:  # noqa: ARG001  (the signature of every one)
    """A host whose look-up fails here, whatever the resolver of this machine, or its proxy, would make of it."""
    host = GONE.removeprefix("https://")
    known = socket.getaddrinfo

    def look_up(name: Any, *rest: Any, **more: Any) -> Any:
        if name == host:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return known(name, *rest, **more)

    with patch.object(socket, "getaddrinfo", look_up), patch.dict(os.environ, {"no_proxy": host, "NO_PROXY": host}):
        yield GONE


@contextmanager
def tls_to_a_plain_port(stage: Stage) -> Iterator[str]:
    yield stage.url.replace("http://", "https://")


@contextmanager
def long_text(stage: Stage) -> Iterator[str]:
    """The newest record of the first table has a text of 10 MB in a field, and keeps it."""
    plan = stage.assembly.tables[0]
    assert stage.world is not None  # noqa: S101  (the fault needs an API that is made up)
    stage.world.records(plan.table.name)[-1][_field_for_text(stage.assembly)] = "x" * LARGE
    yield stage.url


def _field_for_text(assembly: Assembly) -> str:
    """A column of the first table for a text that nothing else goes by; one that is not declared where there is none."""
    plan = assembly.tables[0]
    used = {*plan.table.primary_key, *given(plan.table), *(name for extra in plan.extra_tables for name in extra.needs)}
    free = [name for name, kind in plan.table.columns.items() if kind == "STRING" and name not in used]
    is_parent = any(each.parent and each.parent.table == plan.table for each in assembly.tables)
    return free[-1] if free and not is_parent else "added"
