"""Syncs from the practice API that Fivetran publishes (``fivetran-api-playground``), a server that we did not write.

Each module in ``playground/`` is a plugin for one of its endpoints, but ``companies``, which is one for two. It is laid out as a
distribution, built with the real ``connector-build`` and run with the real ``fivetran debug``; then every row of every table is
held against what a plain loop reads.
"""

import ast
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import requests
from attrs import field, frozen

from connector_build.local.fivetran import DebugRun, debug
from connector_core.engine.child_place import Place
from connector_core.engine.marks import name_of
from distributions import connector_build, install_dataset
from places import TESTS
from support import places

pytestmark = pytest.mark.xdist_group("playground")

PLUGINS = sorted((TESTS / "playground").glob("*.py"))
START_SECONDS = 30.0
_INSTALLED_ONLY = """
import sys

sys.path = [path for path in sys.path if path.startswith((sys.prefix, sys.base_prefix))]
"""
_CREDENTIALS = {
    "http_basic": r"Http Basic Auth .*Username: (?P<username>\S+) +Password: (?P<password>\S+)",
    "http_bearer": r"HTTP Bearer .*Bearer Token: (?P<token>\S+)",
    "api_key": r"Auth API Key .*API Key: (?P<api_key>\S+)",
    "session_token": r"Session Token Auth Login .*Username: (?P<username>\S+) +Password: (?P<password>\S+)",
}

Rows = list[dict[str, Any]]


@frozen
class Playground:
    """A running playground: its address, and dataset → the settings that hold its credentials, which it makes up anew."""

    url: str
    credentials: Mapping[str, Mapping[str, str]] = field(repr=False)

    def get(self, path: str, params: Mapping[str, str | int] | None = None, **options: Any) -> Any:
        """The answer of *path*, a path or the whole address, however often the rate limiter asks to wait."""
        url = path if path.startswith("http") else self.url + path
        while (response := requests.get(url, params=params, timeout=10, **options)).status_code == 429:
            time.sleep(float(response.headers["Retry-After"]))
        response.raise_for_status()
        return response.json()


@contextmanager
def playground(folder: Path, *options: str) -> Iterator[Playground]:
    """The real command on a free port, in a session of its own: it starts a second process, and both have to end."""
    checked = folder / ".ft_api_playground/_last_version_check"
    checked.parent.mkdir(parents=True)
    checked.write_text(str(int(time.time())))  # or it would look for a newer version of itself
    # It starts again, with other data, whenever a file below sys.path changes; our own packages stand there, and are edited.
    (folder / "sitecustomize.py").write_text(_INSTALLED_ONLY)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    printed = folder / "playground.log"
    with printed.open("w") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).with_name("playground")), "start", "--port", str(port), *options],
            cwd=folder,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "TZ": "UTC",  # it writes the local time with a Z behind it
                "PYTHONPATH": str(folder),
                "PYTHONUNBUFFERED": "1",
            },
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_for(url, process, printed)
        yield Playground(url, _credentials(printed.read_text()))
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(url: str, process: subprocess.Popen[bytes], printed: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            requests.get(url, timeout=START_SECONDS)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"the playground did not start: {printed.read_text()}")


def _credentials(printed: str) -> dict[str, dict[str, str]]:
    # Both processes print theirs. The one that was started last serves.
    return {dataset: list(re.finditer(pattern, printed))[-1].groupdict() for dataset, pattern in _CREDENTIALS.items()}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    with playground(tmp_path_factory.mktemp("playground")) as running:
        yield running


@pytest.fixture(scope="module")
def limited_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playground]:
    """One that takes ten requests at once and ten more a second."""
    with playground(tmp_path_factory.mktemp("limited"), "--rate-limit", "true", "--capacity", "10") as running:
        yield running


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with each plugin as a distribution; the name of its module is that of the dataset."""
    folder = tmp_path_factory.mktemp("site-packages")
    for module in PLUGINS:
        install_dataset(folder, module.stem, module.read_text())
    return folder


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A home of our own for the fivetran command, and none of its variables."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        for name in [name for name in os.environ if name.startswith("FIVETRAN")]:
            patch.delenv(name)
        yield


# What a plain loop reads, endpoint by endpoint.


def next_page_url(api: Playground) -> Rows:
    rows: Rows = []
    url = "/pagination/next_page_url"
    while url:
        page = api.get(url)
        rows += page["data"]
        url = page["next_page_url"]
    return rows


def page_number(api: Playground) -> Rows:
    rows: Rows = []
    number = pages = 1
    while number <= pages:
        page = api.get("/pagination/page_number", {"page": number})
        rows += page["data"]
        number, pages = number + 1, page["total_pages"]
    return rows


def offset(api: Playground) -> Rows:
    rows: Rows = []
    total = 1
    while len(rows) < total:
        page = api.get("/pagination/offset", {"offset": len(rows), "limit": 50})
        rows += page["data"]
        total = page["total"]
    return rows


def keyset(api: Playground) -> Rows:
    page = api.get("/pagination/keyset")
    rows: Rows = page["data"]
    while page["scroll_param"]:
        page = api.get("/pagination/keyset", {"scroll_param": page["scroll_param"]})
        rows += page["data"]
    return rows


def companies(api: Playground) -> Rows:
    rows: Rows = api.get("/cursors/companies")["data"]
    return rows


def departments(api: Playground) -> Rows:
    rows: Rows = []
    for company in companies(api):
        rows += api.get(f"/cursors/{company['company_id']}/departments")["data"]
    return rows


def export_csv(api: Playground) -> Rows:
    """The playground takes commas and line ends out of its texts, so that none is quoted."""
    header, *lines = requests.get(f"{api.url}/export/csv", timeout=10).content.decode().splitlines()
    return [dict(zip(header.split(","), line.split(","), strict=True)) for line in lines]


def http_basic(api: Playground) -> Rows:
    known = api.credentials["http_basic"]
    rows: Rows = api.get("/auth/http_basic", auth=(known["username"], known["password"]))["data"]
    return rows


def http_bearer(api: Playground) -> Rows:
    signed = {"Authorization": f"Bearer {api.credentials['http_bearer']['token']}"}
    rows: Rows = api.get("/auth/http_bearer", headers=signed)["data"]
    return rows


def api_key(api: Playground) -> Rows:
    signed = {"Authorization": f"apiKey {api.credentials['api_key']['api_key']}"}
    rows: Rows = api.get("/auth/api_key", headers=signed)["data"]
    return rows


def session_token(api: Playground) -> Rows:
    login = requests.post(f"{api.url}/auth/session_token/login", json=api.credentials["session_token"], timeout=10)
    signed = {"Authorization": f"Token {login.json()['token']}"}
    rows: Rows = api.get("/auth/session_token/data", headers=signed)["data"]
    return rows


def timestamp(api: Playground) -> Rows:
    rows: Rows = api.get("/incremental/timestamp")["data"]
    return rows


def step(api: Playground) -> Rows:
    rows: Rows = []
    while found := api.get("/incremental/step", {"start_id": len(rows) + 1, "end_id": len(rows) + 100})["data"]:
        rows += found
    return rows


# Dataset → table → what reads it.
READ: Mapping[str, Mapping[str, Callable[[Playground], Rows]]] = {
    **{
        read.__name__: {"users": read}
        for read in (
            next_page_url,
            page_number,
            offset,
            keyset,
            timestamp,
            step,
            export_csv,
            http_basic,
            http_bearer,
            api_key,
            session_token,
        )
    },
    "companies": {"companies": companies, "departments": departments},
}
KEYS = {"users": ("id",), "companies": ("company_id",), "departments": ("department_id", "company_id")}
TOUCHED = ("companies", "departments")
"""Tables of which the playground gives some rows, at random, the time of now as updatedAt whenever it is asked for them."""


# Where a finished sync rests, and what the next one reads from there, for the endpoints that can be read incrementally.


def keyset_rest(api: Playground) -> tuple[dict[str, Any], Rows]:
    cursor, page = "", api.get("/pagination/keyset")
    while page["scroll_param"]:
        cursor = page["scroll_param"]
        page = api.get("/pagination/keyset", {"scroll_param": cursor})
    return {"next_cursor": cursor}, page["data"]


def timestamp_rest(api: Playground) -> tuple[dict[str, Any], Rows]:
    newest = max(row["updatedAt"] for row in timestamp(api))
    return {"since": newest}, api.get("/incremental/timestamp", {"since": newest})["data"]


def step_rest(api: Playground) -> tuple[dict[str, Any], Rows]:
    start = len(step(api)) - 99  # the window before the last one with records, in case that was the feed's end
    return {"from": start}, api.get("/incremental/step", {"start_id": start, "end_id": start + 99})["data"]


REST: Mapping[str, Callable[[Playground], tuple[dict[str, Any], Rows]]] = {
    "keyset": keyset_rest,
    "timestamp": timestamp_rest,
    "step": step_rest,
}


# What the connector reads.


def build(dataset: str, api: Playground, installed: Path, folder: Path, **settings: str) -> Path:
    """The project of *dataset*, configured for *api*."""
    built = connector_build(dataset, path=installed, cwd=folder)
    assert built.returncode == 0, built.stderr
    project = folder / "dist" / dataset
    configuration = {"base_url": api.url, **api.credentials.get(dataset, {}), **settings}
    (project / "configuration.json").write_text(json.dumps(configuration))
    return project


def sync(project: Path, api: Playground) -> DebugRun:
    ran = debug(project, project / "configuration.json")
    assert ran.error is None, ran.output
    secrets = [value for names in api.credentials.values() for name, value in names.items() if name != "username"]
    assert not any(secret in ran.output for secret in secrets)
    return ran


def stored(project: Path, table: str) -> Rows:
    """The live rows in the destination; times as text, because DuckDB hands over one with a zone only where pytz is installed."""
    with duckdb.connect(str(project / "files/warehouse.db"), read_only=True) as database:
        database.execute("SET TimeZone = 'UTC'")
        found = database.execute(
            f"SELECT * EXCLUDE (_fivetran_synced, _fivetran_deleted) REPLACE (created_at::VARCHAR AS created_at,"
            f" updated_at::VARCHAR AS updated_at) FROM tester.{table} WHERE NOT _fivetran_deleted"
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def as_stored(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record as the destination holds it: Fivetran's column names, and the times as times."""
    row = {re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower(): value for name, value in record.items()}
    return {**row, **{name: _time(row[name]) for name in ("created_at", "updated_at")}}


def _time(text: str) -> str:
    return f"{datetime.strptime(text, '%Y-%m-%dT%H:%M:%SZ'):%Y-%m-%d %H:%M:%S}+00"


def by_key(table: str, rows: Rows) -> dict[Any, dict[str, Any]]:
    """The rows by their primary key, which no two share."""
    keyed = {tuple(row[name] for name in KEYS[table]): row for row in rows}
    assert len(keyed) == len(rows)
    return keyed


def assert_arrived(project: Path, table: str, records: Rows, since: str) -> None:
    """Each of *records*, read right before the sync and not before *since*, is in the destination, and nothing else is.

    Every value is the same; in a table that the playground touches, a row may also have been updated after it was read here.
    """
    arrived = by_key(table, stored(project, table))
    sent = by_key(table, [as_stored(record) for record in records])
    if table in TOUCHED:
        for key in arrived.keys() & sent.keys():
            if max(since, sent[key]["updated_at"]) <= arrived[key]["updated_at"] <= now():
                sent[key]["updated_at"] = arrived[key]["updated_at"]
    assert arrived == sent


def sync_and_compare(project: Path, dataset: str, api: Playground) -> tuple[DebugRun, int]:
    """A sync that leaves every row of every table as plain loops read it right before, and how many rows these are."""
    since, records = now(), {table: read(api) for table, read in READ[dataset].items()}
    assert all(records.values())
    ran = sync(project, api)
    for table, rows in records.items():
        assert_arrived(project, table, rows, since)
    return ran, sum(len(rows) for rows in records.values())


def now() -> str:
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}+00"


def test_no_plugin_is_long() -> None:
    assert READ.keys() == {module.stem for module in PLUGINS}
    for module in PLUGINS:
        assert len(module.read_text().splitlines()) <= 40, module.name


@pytest.mark.parametrize("dataset", sorted(READ.keys() - {"companies"}))
def test_every_row_arrives_and_stays(dataset: str, api: Playground, installed: Path, tmp_path: Path) -> None:
    project = build(dataset, api, installed, tmp_path, page_size="30")
    first, total = sync_and_compare(project, dataset, api)
    assert first.operations["upserts"] == total

    second, total = sync_and_compare(project, dataset, api)
    if dataset in REST:
        state, again = REST[dataset](api)
        assert places(first.state or {}) == places(second.state or {}) == state
        assert second.operations["upserts"] <= len(again) < total  # those that were on the last page are known to be there
    else:  # read whole, and what did not change is not sent again
        assert second.operations["upserts"] <= (total if READ[dataset].keys() & set(TOUCHED) else 0)


def test_each_company_has_its_departments_read_from_where_they_rest(api: Playground, installed: Path, tmp_path: Path) -> None:
    project = build("companies", api, installed, tmp_path)
    first, total = sync_and_compare(project, "companies", api)
    newest = {path: max(times) for path, times in times_by_path(project).items()}
    assert requested(first) == sorted(newest)
    assert first.operations["upserts"] == total
    since = rests_of(first, newest)

    second, _ = sync_and_compare(project, "companies", api)
    times = times_by_path(project)
    assert requested(second) == sorted(f"{path}?updated_since={time}" for path, time in since.items())
    assert second.operations["upserts"] <= sum(time >= since[path] for path in times for time in times[path])
    rests_of(second, {path: max(times[path]) for path in times})


def times_by_path(project: Path) -> dict[str, list[str]]:
    """Where companies, and the departments of each, come from → the updatedAt of those that arrived, as the API writes it."""
    times: dict[str, list[str]] = {}
    for table, path in (("companies", "/cursors/companies"), ("departments", "/cursors/{company_id}/departments")):
        for row in stored(project, table):
            updated = row["updated_at"].replace(" ", "T").replace("+00", "Z")
            times.setdefault(path.format_map(row), []).append(updated)
    return times


def requested(ran: DebugRun) -> list[str]:
    """What the sync of companies asked for in order to deliver it, once each."""
    # Lines of two threads may come out as one: the next begins with a time of day.
    line = r" (?:companies|departments): Fetching data with params: ({.*?})(?: from (\S+?))?(?=\d\d:\d\d:\d\d\.\d{3} |$)"
    asked = re.findall(line, ran.output, re.M)
    since: dict[str, str] = {}
    for params, path in asked:  # the companies are listed once more, whole, for their departments
        known = since.setdefault(path or "/cursors/companies", "")
        since[path or "/cursors/companies"] = known or ast.literal_eval(params).get("updated_since", "")
    return sorted(f"{path}?updated_since={time}" if time else path for path, time in since.items())


def rests_of(ran: DebugRun, newest: Mapping[str, str]) -> dict[str, str]:
    """Path → the time that the next sync asks from: that of the newest row, or when the read began, whichever came first."""
    tables = (ran.state or {})["tables"]
    rests = Place.read(tables["departments"]).rests
    names = [path.split("/")[2] for path in newest if path.endswith("/departments")]
    since = {f"/cursors/{name}/departments": rests[name_of(name)]["since"] for name in names}
    assert len(rests) == len(names)
    since["/cursors/companies"] = tables["companies"]["since"]
    assert since.keys() == newest.keys()
    assert all(time <= newest[path] for path, time in since.items())
    return since


def test_a_rate_limit_is_waited_out(limited_api: Playground, installed: Path, tmp_path: Path) -> None:
    project = build("offset", limited_api, installed, tmp_path, page_size="5")
    since, records = now(), offset(limited_api)
    assert len(records) == 200
    ran = sync(project, limited_api)
    assert "The API's quota is used up. Going on in" in ran.output  # by its headers, before it has to refuse
    assert ": 429 " not in ran.output  # the time of day may end so
    assert ran.operations["upserts"] == 200
    assert_arrived(project, "users", records, since)
