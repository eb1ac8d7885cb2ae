"""A built project, served by SDK 2.13.1 in a process of its own, and called over gRPC as Fivetran calls it.

Of what the SDK brings, only its stubs are used here. They, and grpc, are there in the environment ``grpc`` of tox.ini; in any
other, the tests that import this module are skipped.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from attrs import field, frozen

from connector_build.testing.warehouse.memory import Operation

grpc: Any = pytest.importorskip("grpc", reason="SDK 2.13.1 has an environment of its own: tox run -e grpc")
protos: Any = pytest.importorskip("fivetran_connector_sdk.protos.connector_sdk_pb2")
common: Any = pytest.importorskip("fivetran_connector_sdk.protos.common_pb2")
stubs: Any = pytest.importorskip("fivetran_connector_sdk.protos.connector_sdk_pb2_grpc")

SERVE = Path(__file__).with_name("grpc_runtime") / "serve_connector.py"
LONGEST = 120.0
"""Seconds after which a server that is not there, or a call that has not ended, is a failure."""
ROW_DATA = {"ConnectorSdkRemoveValueType": "true"}
"""The environment in which the SDK sends each value as bytes behind one byte for its kind."""

_OPTIONS = [("grpc.enable_http_proxy", 0)]
_KINDS = {0: "null", 1: "scalar", 2: "json", 3: "binary", 4: "float", 5: "double"}


@frozen
class Outcome:
    """How a sync went.

    operations: what arrived, in order; each value of a row as its type in the protocol and the value itself.
    error:      what the stream ended with; None when it ended well.
    """

    operations: list[Operation] = field(repr=False)
    error: str | None

    @property
    def states(self) -> list[dict[str, Any]]:
        """What was checkpointed, oldest first."""
        return [operation.data for operation in self.operations if operation.kind == "checkpoint"]


class Runtime:
    """One served connector. It is good for one sync, as a process is in production."""

    def __init__(self, channel: Any, printed: Path) -> None:
        self._stub = stubs.SourceConnectorStub(channel)
        self._printed = printed

    @property
    def printed(self) -> str:
        """What the process has printed."""
        return self._printed.read_text("utf-8")

    def form(self) -> Any:
        """The setup form."""
        return self._stub.ConfigurationForm(common.ConfigurationFormRequest(), timeout=LONGEST)

    def test(self, name: str, configuration: Mapping[str, str]) -> str | None:
        """What a test of the form finds fault with; None where it passes."""
        request = common.TestRequest(name=name, configuration=configuration)
        answer = self._stub.Test(request, timeout=LONGEST)
        return None if answer.WhichOneof("response") == "success" and answer.success else answer.failure

    def schema(self, configuration: Mapping[str, str]) -> list[Any]:
        """The tables."""
        answer = self._stub.Schema(protos.SchemaRequest(configuration=configuration), timeout=LONGEST)
        return list(answer.without_schema.tables)

    def sync(self, configuration: Mapping[str, str], state: Mapping[str, Any]) -> Outcome:
        """A sync from *state*. The schema is asked for first, because the process knows no type before."""
        self.schema(configuration)
        request = protos.UpdateRequest(configuration=configuration, state_json=json.dumps(state))
        operations: list[Operation] = []
        try:
            for response in self._stub.Update(request, timeout=LONGEST):
                operations += _operations(response)
        except grpc.RpcError as error:
            return Outcome(operations, f"{error.code().name}: {error.details()}")
        return Outcome(operations, None)


@contextmanager
def served(project: Path, environment: Mapping[str, str] | None = None) -> Iterator[Runtime]:
    """*project*, served until the context ends; *environment* is added to the process's own."""
    printed = project.with_name(f"{project.name}.printed.txt")
    with _port() as port, printed.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, str(SERVE), str(project), str(port)],
            cwd=project.parent,
            env={**_clean(), "PYTHONUNBUFFERED": "1", **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
        try:
            with grpc.insecure_channel(f"127.0.0.1:{port}", options=_OPTIONS) as channel:
                _wait_for(channel, process, printed)
                yield Runtime(channel, printed)
        finally:
            process.kill()
            process.wait()


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "FIVETRAN", "ConnectorSdk"))}


@contextmanager
def _port() -> Iterator[int]:
    """A free port, which nobody else is given while the context lasts; gRPC shares it with us, who do not listen."""
    with socket.socket() as ours:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        ours.bind(("127.0.0.1", 0))
        yield ours.getsockname()[1]


def _wait_for(channel: Any, process: subprocess.Popen[bytes], printed: Path) -> None:
    ready = grpc.channel_ready_future(channel)
    end = time.monotonic() + LONGEST
    while True:
        try:
            ready.result(timeout=0.2)
        except grpc.FutureTimeoutError:
            if process.poll() is not None or time.monotonic() > end:
                ready.cancel()
                pytest.fail(f"the connector is not served: {printed.read_text('utf-8')}")
        else:
            return


def _operations(response: Any) -> Iterator[Operation]:
    """The operations of one message."""
    kind = response.WhichOneof("operation")
    if kind == "structured_records":
        yield from map(_record, response.structured_records.structured_records)
    elif kind == "structured_record":
        yield _record(response.structured_record)
    elif kind == "checkpoint":
        yield Operation(kind, "", json.loads(response.checkpoint.state_json))
    elif kind not in ("task", "warning"):  # what op.error and op.warning say on the dashboard
        pytest.fail(f"an operation that no sync of ours makes: {kind}")


def _record(record: Any) -> Operation:
    assert not record.HasField("schema_name"), record
    values = {name: _value(value) for name, value in record.data.items()}
    values |= {name: (_KINDS[value[0]], value[1:]) for name, value in record.row_data.items()}
    return Operation(common.RecordType.Name(record.type).lower(), record.table_name, values)


def _value(value: Any) -> tuple[str, Any]:
    kind = value.WhichOneof("inner")
    found = getattr(value, kind)
    return kind, found.ToJsonString() if hasattr(found, "ToJsonString") else found
