"""Built connectors under SDK 2.13.1, which serves over gRPC: of what is public, the nearest to what Fivetran runs in production.

The same sync, of the same sample records, is recorded by the kit's warehouse, which no SDK comes between. What arrives over gRPC
has to be that, operation by operation, each value in the type that its column declares. The engine knows of SDK 3 and of this one
what the warehouse has, the operations (see test_wall.py), so a difference is one that the SDK makes.
"""

import importlib
import json
import re
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from attrs import define, field, frozen
from flask import Flask
from werkzeug.serving import make_server

import connector_fts.sample
import connector_mso.sample
from connector_build.api.simulation import Simulation
from connector_build.testing.warehouse.memory import ListLog, Operation, Warehouse
from connector_core.engine.sync import sync
from connector_core.http.pages import AHEAD_FROM_SECONDS
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.runtime.setup_test import setup_test
from distributions import connector_build, install_dataset
from grpc_driver import ROW_DATA, Outcome, grpc, served
from places import ROOT
from simulated import simulated

KEY = "canary-c81e72"
OPTIONS = {"fts": ("fts_technicians", "cost_per_hour"), "mso": ("mso_products", "efficiency_ratio")}
SAMPLES = {"fts": connector_fts.sample.SAMPLE, "mso": connector_mso.sample.SAMPLE}

EVERYTHING = """
from connector_core import NoAuth, Parent, SinglePage, Table, base_url, hookimpl

JOBS = Table(
    name="jobs",
    path="/jobs",
    records="jobs",
    primary_key=["id"],
    columns={
        "id": "LONG", "a_boolean": "BOOLEAN", "a_short": "SHORT", "an_int": "INT", "a_long": "LONG", "a_float": "FLOAT",
        "a_double": "DOUBLE", "a_decimal": "DECIMAL(10,2)", "a_date": "NAIVE_DATE", "a_time": "NAIVE_DATETIME",
        "a_moment": "UTC_DATETIME", "a_string": "STRING", "a_json": "JSON", "an_xml": "XML",
    },
    full_refresh=True,
)
PARTS = Table(
    name="parts",
    path="/jobs/{parent.id}/parts",
    records="parts",
    primary_key=["job_id", "number"],
    columns={"job_id": "LONG", "number": "LONG", "name": "STRING"},
    parent=Parent("jobs", adds={"job_id": "id"}),
    deleted="gone",
)


@hookimpl
def connector_tables():
    return [JOBS, PARTS]


@hookimpl
def connector_auth():
    return NoAuth()


@hookimpl
def connector_paginator(table):
    return SinglePage()


@hookimpl
def connector_settings():
    return [base_url("https://api.example.com")]
"""
"""A plugin with a column of every type that JSON has values for, a table that is replaced, and children that are deleted."""


# What the protocol has to carry

Wire = Callable[[str | None, Any], tuple[str, Any]]


def same(value: Any) -> Any:
    return value


def single(value: float) -> float:
    """The nearest 32-bit float."""
    (found,) = struct.unpack("f", struct.pack("f", value))
    return float(found)


TYPED: Mapping[str, tuple[str, Callable[[Any], Any]]] = {
    "BOOLEAN": ("bool", same),
    "SHORT": ("short", same),
    "INT": ("int", same),
    "LONG": ("long", same),
    "FLOAT": ("float", single),
    "DOUBLE": ("double", float),
    "DECIMAL": ("decimal", same),
    "NAIVE_DATE": ("naive_date", "{}T00:00:00Z".format),
    "NAIVE_DATETIME": ("naive_datetime", "{}Z".format),
    "UTC_DATETIME": ("utc_datetime", same),
    "STRING": ("string", same),
    "JSON": ("json", json.dumps),
    "XML": ("xml", same),
}
INFERRED = {bool: "BOOLEAN", int: "LONG", float: "FLOAT", str: "STRING", dict: "JSON", list: "JSON"}


def typed(declared: str | None, value: Any) -> tuple[str, Any]:
    """A value in the protocol's type for what its column is declared as, or for what it is where it is not declared."""
    if value is None:
        return "null", True
    kind, convert = TYPED[declared or INFERRED[type(value)]]
    return kind, convert(in_words(value))


def in_words(value: Any) -> Any:
    """What the protocol has as a text: a decimal, and a moment."""
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def in_bytes(declared: str | None, value: Any) -> tuple[str, Any]:
    """The same in the SDK's other form, text behind one byte for its kind."""
    if value is None:
        return "null", b""
    column = declared or INFERRED[type(value)]
    if column in ("FLOAT", "DOUBLE"):
        return column.lower(), str(float(value)).encode()
    if column in ("JSON", "BOOLEAN"):
        return "json" if column == "JSON" else "scalar", json.dumps(value).encode()
    return "scalar", str(in_words(value)).encode()


def expected(operations: Sequence[Operation], assembly: Assembly, wire: Wire = typed) -> list[Operation]:
    """*operations*, as the sync made them, the way that they have to arrive."""
    types = {entry["table"]: {name: _name(kind) for name, kind in entry["columns"].items()} for entry in assembly.schema}
    return [
        each
        if each.kind == "checkpoint"
        else each._replace(data={name: wire(types[each.table].get(name), value) for name, value in each.data.items()})
        for each in operations
    ]


def _name(kind: str | Mapping[str, Any]) -> str:
    return kind if isinstance(kind, str) else str(kind["type"])


def assert_same(arrived: Sequence[Operation], wanted: Sequence[Operation]) -> None:
    """Stop at the first operation that differs: there may be a thousand."""
    assert [(each.kind, each.table) for each in arrived] == [(each.kind, each.table) for each in wanted]
    assert next((pair for pair in zip(arrived, wanted, strict=True) if pair[0] != pair[1]), None) is None


def by_content(operation: Operation) -> str:
    """What to sort by where the order is nobody's; nor is that of the values of a row."""
    return f"{operation.kind} {operation.table} {sorted(operation.data.items())}"


# The datasets


@frozen
class Built:
    """A project that connector-build has written, and what is in it."""

    project: Path
    assembly: Assembly


Build = Callable[..., Built]


@pytest.fixture(scope="module")
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the plugin above as a distribution, importable while the tests run."""
    folder = tmp_path_factory.mktemp("plugins")
    install_dataset(folder, "everything", EVERYTHING)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


@pytest.fixture(scope="module")
def build(plugins: Path, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """(dataset, options) → the project, built once."""
    known: dict[tuple[str, ...], Built] = {}

    def made(dataset: str, *enable: str) -> Built:
        if (dataset, *enable) not in known:
            folder = tmp_path_factory.mktemp(dataset)
            options = ["--enable", ",".join(enable)] if enable else []
            command = connector_build(dataset, *options, path=plugins, cwd=folder)
            assert command.returncode == 0, command.stderr
            module = importlib.import_module(f"connector_{dataset}")
            assembly = assemble([Plugin(f"connector-{dataset}", module)], enable)
            known[dataset, *enable] = Built(folder / "dist" / dataset, assembly)
        return known[dataset, *enable]

    return made


@pytest.fixture
def server() -> Iterator[Simulation]:
    with Simulation([simulated("fts"), simulated("mso")], secret=KEY) as running:
        yield running


@define
class Jobs:
    """The API of the plugin above: six jobs, each with three parts and one that is gone; the answer for parts takes a while."""

    jobs: list[dict[str, Any]]
    refused: int | None = None
    """The job whose parts nobody may read."""
    url: str = field(default="", init=False)

    def parts(self, job: int) -> Any:
        time.sleep(0.02)
        if job == self.refused:
            return {"error": "not yours"}, 403
        return {"parts": [{"number": number, "name": f"part {number} of {job}"} for number in range(3)], "gone": [3]}


JOB = {
    "a_boolean": True,
    "a_short": -7,
    "an_int": 2**31 - 1,
    "a_long": 2**53 + 1,
    "a_float": 0.1,
    "a_double": 16777217.1,
    "a_decimal": "12.50",
    "a_date": "2026-02-28",
    "a_time": "2026-02-28T23:59:58",
    "a_moment": "2026-02-28T23:59:58Z",
    "a_string": "zażółć \u2028 \U0001f6e2",
    "a_json": {"b": [1, None, 0.1, "ż"], "a": {}},
    "an_xml": "<a>é</a>",
    "not_declared": "a text",
    "not_declared_flag": False,
    "not_declared_number": 2**62,
    "not_declared_float": 0.1,
    "not_declared_list": [{"a": 1}],
}


@pytest.fixture
def jobs() -> Iterator[Jobs]:
    api = Jobs([{"id": 0, **dict.fromkeys(JOB)}, {"id": 1, "a_double": 3}, *({"id": number, **JOB} for number in range(2, 6))])
    app = Flask("jobs")
    app.add_url_rule("/jobs", "jobs", lambda: {"jobs": api.jobs})
    app.add_url_rule("/jobs/<int:job>/parts", "parts", api.parts)
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=running.serve_forever, args=(0.02,))
    thread.start()
    api.url = f"http://127.0.0.1:{running.server_port}"
    try:
        yield api
    finally:
        running.shutdown()
        thread.join()
        running.server_close()


def configuration(server: Simulation, **more: str) -> dict[str, str]:
    return {"api_key": KEY, "base_url": server.url, "page_size": "100", **more}


def synced(
    built: Built,
    values: Mapping[str, str],
    state: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Outcome:
    """One sync over gRPC, in a process of its own."""
    with served(built.project, environment) as runtime:
        outcome = runtime.sync(values, state or {})
        assert KEY not in runtime.printed
    return outcome


def recorded(built: Built, values: Mapping[str, str], warehouse: Warehouse) -> list[Operation]:
    """The same sync with no SDK at all, from the state that *warehouse* has."""
    warehouse.connect(built.assembly)
    sync(built.assembly, values, warehouse.state, warehouse, ListLog())
    return warehouse.operations


# The tests


def test_this_is_the_sdk_that_serves_over_grpc() -> None:
    assert version("fivetran_connector_sdk") == "2.13.1"


@pytest.mark.parametrize("extras", [False, True], ids=["plain", "extras"])
@pytest.mark.parametrize("dataset", ["fts", "mso"])
def test_the_same_operations_arrive(dataset: str, extras: bool, build: Build, server: Simulation) -> None:
    built = build(dataset, *(OPTIONS[dataset] if extras else ()))
    values, warehouse = configuration(server), Warehouse(built.assembly)
    first = synced(built, values)
    assert first.error is None
    assert_same(first.operations, expected(recorded(built, values, warehouse), built.assembly))
    assert len(warehouse.live(f"{dataset}_records")) == len(server.feed(dataset))

    server.feed(dataset).append(25)
    server.feed(dataset).change(40)
    asked = len(server.requests)
    second = synced(built, values, first.states[-1])
    assert second.error is None
    assert len(server.requests) - asked == 2  # from the last cursor on
    assert_same(second.operations, expected(recorded(built, values, warehouse), built.assembly))
    assert second.states[-1] == warehouse.state


def rows_and_last(operations: Sequence[Operation]) -> tuple[list[Operation], Operation]:
    """The operations without checkpoints, and the last of those."""
    *_, last = (each for each in operations if each.kind == "checkpoint")
    return [each for each in operations if each.kind != "checkpoint"], last


@pytest.mark.parametrize(("environment", "wire"), [({}, typed), (ROW_DATA, in_bytes)], ids=["typed", "bytes"])
def test_every_type_and_every_kind_of_operation(environment: dict[str, str], wire: Wire, build: Build, jobs: Jobs) -> None:
    built, values = build("everything"), {"base_url": jobs.url, "threads": "4"}
    warehouse = Warehouse(built.assembly)
    outcome = synced(built, values, environment=environment)
    assert outcome.error is None
    wanted = expected(recorded(built, values, warehouse), built.assembly, wire)
    assert {each.kind for each in wanted} == {"upsert", "delete", "truncate", "checkpoint"}
    # Four threads read jobs and parts: what the state is in between depends on which comes first.
    rows, last = rows_and_last(outcome.operations)
    wanted_rows, wanted_last = rows_and_last(wanted)
    assert_same(sorted(rows, key=by_content), sorted(wanted_rows, key=by_content))
    assert last == wanted_last
    of_jobs = [each for each in outcome.operations if each.table == "jobs"]
    assert_same(of_jobs, [each for each in wanted if each.table == "jobs"])


def test_an_error_while_reading_ahead_fails_the_sync(build: Build, server: Simulation) -> None:
    built, values = build("fts"), configuration(server)
    server.faults.add(f"latency={5 * AHEAD_FROM_SECONDS}")
    server.faults.add("status=403,every=4")
    failed = synced(built, values)
    assert "UNKNOWN: " in (failed.error or "")
    assert "may not read this: ask the API's owner for access." in (failed.error or "")
    assert KEY not in (failed.error or "")
    assert failed.states
    server.faults.clear()
    made_whole = synced(built, values, failed.states[-1])
    assert made_whole.error is None
    arrived = [*failed.operations, *made_whole.operations]
    found = {each.data["record_id"][1] for each in arrived if each.kind == "upsert"}
    assert found == {record["record_id"] for record in server.feed("fts").records()}


def test_an_error_in_a_thread_for_children_fails_the_sync(build: Build, jobs: Jobs) -> None:
    jobs.refused = 4
    failed = synced(build("everything"), {"base_url": jobs.url, "threads": "4"})
    assert "/jobs/4/parts: 403 FORBIDDEN" in (failed.error or "")
    assert [each.kind for each in failed.operations].count("checkpoint") == 1  # that of the jobs


def test_a_value_that_only_this_sdk_refuses_arrives_in_the_form_of_its_column(build: Build, jobs: Jobs) -> None:
    # SDK 3 takes 5.0 for a LONG, and this one does not: it is a whole number before either of them sees it.
    jobs.jobs[3]["a_long"] = 5.0
    outcome = synced(build("everything"), {"base_url": jobs.url})
    assert outcome.error is None
    assert 5 in [each.data["a_long"][1] for each in outcome.operations if each.kind == "upsert" and "a_long" in each.data]


COLUMN = {
    "BOOLEAN": "a_boolean",
    "SHORT": "a_short",
    "INT": "an_int",
    "LONG": "a_long",
    "FLOAT": "a_float",
    "DOUBLE": "a_double",
    "DECIMAL": "a_decimal",
    "NAIVE_DATE": "a_date",
    "NAIVE_DATETIME": "a_time",
    "UTC_DATETIME": "a_moment",
    "STRING": "a_string",
    "JSON": "a_json",
    "XML": "an_xml",
}
"""Type → the column of it in the plugin above."""


def documented(cell: int) -> list[tuple[str, Any]]:
    """Column and value of every example in a column of the table of types in docs/hooks.md."""
    page = ROOT / "docs/hooks.md"
    rows = re.findall(r"^\| (`[A-Z].*?) \| (.*?) \| (.*?) \|$", page.read_text("utf-8"), re.M)
    examples = [(re.findall(r"`(\w+)`", row[0]), re.findall(r"`(.+?)`", row[cell])) for row in rows]
    return [(COLUMN[kind], json.loads(text)) for kinds, texts in examples for kind in kinds if kind in COLUMN for text in texts]


def test_values_that_fit_by_the_documentation_arrive(build: Build, jobs: Jobs) -> None:
    examples = documented(1)
    assert {column for column, _ in examples} == set(COLUMN.values())
    jobs.jobs[:] = [{"id": number, column: value} for number, (column, value) in enumerate(examples)]
    outcome = synced(build("everything"), {"base_url": jobs.url})
    assert outcome.error is None
    assert [each.kind for each in outcome.operations if each.table == "jobs"].count("upsert") == len(examples)


@pytest.mark.parametrize(("column", "value"), documented(2), ids=repr)
def test_values_that_do_not_fit_are_converted_or_fail_the_sync(column: str, value: Any, build: Build, jobs: Jobs) -> None:
    jobs.jobs[:] = [{"id": 1, column: value}]
    outcome = synced(build("everything"), {"base_url": jobs.url})
    arrived = [each for each in outcome.operations if each.table == "jobs" and each.kind == "upsert"]
    if outcome.error is None:
        assert len(arrived) == 1
    else:
        assert arrived == []
        assert column in outcome.error


# The form and the schema


def test_the_schema(build: Build) -> None:
    built = build("everything")
    with served(built.project) as runtime:
        tables = runtime.schema({})
    kinds = {column.name: column for column in tables[0].columns}
    number = kinds["a_decimal"].params.decimal
    assert (number.precision, number.scale) == (10, 2)
    enum = kinds["id"].DESCRIPTOR.fields_by_name["type"].enum_type.values_by_number
    found = {
        table.name: {column.name: (enum[column.type].name, column.primary_key) for column in table.columns} for table in tables
    }
    assert found == {
        entry["table"]: {name: (_name(kind), name in entry["primary_key"]) for name, kind in entry["columns"].items()}
        for entry in built.assembly.schema
    }


@pytest.mark.parametrize("dataset", ["fts", "mso"])
def test_the_form_and_its_test(dataset: str, build: Build, server: Simulation) -> None:
    built = build(dataset)
    with served(built.project) as runtime:
        form = runtime.form()
        assert [each.name for each in form.fields] == [setting.name for setting in built.assembly.settings]
        assert [each.name for each in form.fields if each.text_field == 1] == ["api_key"]  # the one that hides what is typed
        assert [(each.name, each.label) for each in form.tests] == [("read_one_record", f"Read one record of {dataset}")]
        [test] = form.tests
        assert runtime.test(test.name, configuration(server)) is None
        wrong = configuration(server, api_key="wrong")
        fault = runtime.test(test.name, wrong)
        assert fault == setup_test(built.assembly, wrong)
        assert "does not accept the key" in (fault or "")
        with pytest.raises(grpc.RpcError):
            runtime.test("no_such_test", wrong)
