"""The setup form: a field for each setting, and a test that makes one real request and says in a sentence what came of it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from attrs import evolve, frozen

import connector_fts
from connector_build.api.simulation import Simulation
from connector_core import ApiKeyHeader, AuthChoice, BasicAuth, Setting, Table, hookimpl, page_size
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from connector_core.runtime.fivetran import connector_for
from connector_core.runtime.setup_test import setup_test
from distributions import connector_build
from simulated import simulated
from sinks import Answer, recorder

FTS = assemble([Plugin("connector-fts", connector_fts)])
FTS_TABLE = simulated("fts")
KEY = "canary-key-4f1d"
TABLE = Table("jobs", "/jobs", "jobs", ["id"], {"id": "LONG"})


@pytest.fixture(scope="module")
def api() -> Iterator[Simulation]:
    with Simulation([FTS_TABLE], secret=KEY) as server:
        yield server


def tried(url: str, assembly: Assembly = FTS, **more: str) -> str | None:
    return setup_test(assembly, {"api_key": KEY, "base_url": url, **more})


# The test


def test_one_record_is_asked_for(api: Simulation) -> None:
    before = len(api.requests)
    assert tried(api.url) is None
    [request] = api.requests[before:]
    assert request.params == {"page_size": "1"}
    assert tried(api.url, page_size="30") is None
    assert [request.params["page_size"] for request in api.requests[before + 1 :]] == ["1", "30"]


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        ({}, ["api_key is missing"]),
        ({"api_key": "wrong"}, ["401", "does not accept the key"]),
        ({"base_url": "http://api.example.com"}, ["plain http"]),
        ({"base_url": "https://no-such-host.invalid"}, ["the host was not found", "check base_url"]),
        ({"base_url": "http://127.0.0.1:9"}, ["the connection was refused"]),
        ({"page_size": "0"}, ["page_size is 0, not a whole number from 1 to 200"]),
        ({"base_url": "{url}/elsewhere"}, ["404", "There is nothing at this address"]),
    ],
)
def test_what_is_wrong_is_said_in_one_paragraph(api: Simulation, configuration: dict[str, str], words: list[str]) -> None:
    given = {"base_url": api.url, **({"api_key": KEY} if configuration else {}), **configuration}
    fault = setup_test(FTS, {name: value.replace("{url}", api.url) for name, value in given.items()})
    assert fault
    assert "\n" not in fault
    assert KEY not in fault
    for word in words:
        assert word in fault


@pytest.mark.parametrize("body", [b"<html>Welcome</html>", b'{"items": []}', b"[]"])
def test_an_api_that_was_not_expected(body: bytes) -> None:
    with recorder(Answer(body=body)) as other:
        assert "Check that base_url is the API that this connector is made for" in (tried(other.url) or "")
        assert len(other.heard) == 1


def test_a_page_size_that_is_refused() -> None:
    wide = Plugin("wide", SimpleNamespace(connector_settings=hookimpl(lambda: [page_size(100, maximum=5000)])))
    assembly = assemble([Plugin("connector-fts", connector_fts), wide])
    with Simulation([FTS_TABLE], secret=KEY) as server:
        fault = tried(server.url, assembly, page_size="1000")
    assert fault
    assert fault.startswith("The API takes one record at a time, but refuses page_size 1000: set page_size lower. It said: ")


def test_a_failing_api_is_tried_twice_only(api: Simulation) -> None:
    with recorder(Answer(status=503, body=b"{}")) as other:
        assert "503" in (tried(other.url) or "")
        assert len(other.heard) == 2


# The form


@frozen
class Form:
    fields: dict[str, Any]
    tests: list[Any]


def form_of(module: object) -> Form:
    connector = connector_for({"plugin": module}, dataset="jobs")
    response = connector.configuration_form_method().to_response()
    return Form({field.name: field for field in response.fields}, response.tests)


def test_every_setting_is_a_field() -> None:
    settings = [
        Setting("region", "Region", "Where the account is.", "eu", kind="choice", choices=("eu", "us")),
        Setting("archived", description="Read archived jobs too.", default="false", kind="flag"),
    ]
    hooks = {
        "connector_tables": lambda: [evolve(TABLE, params={"region": "{settings.region}", "archived": "{settings.archived}"})],
        "connector_auth": lambda: AuthChoice("auth", {"key": ApiKeyHeader("X-Key"), "basic": BasicAuth()}),
        "connector_settings": lambda: settings,
    }
    form = form_of(SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))
    kinds = {name: (field.text_field, field.dropdown_options is not None, field.toggle) for name, field in form.fields.items()}
    plain, password = (0, False, False), (1, False, False)
    assert kinds == {
        "auth": (None, True, False),
        "api_key": password,
        "username": plain,
        "password": password,
        "base_url": plain,
        "page_size": plain,
        "max_answer_mb": plain,
        "region": (None, True, False),
        "archived": (None, False, True),
    }
    assert [option.value for option in form.fields["region"].dropdown_options] == ["eu", "us"]
    required = {name for name, field in form.fields.items() if field.required}
    assert required == {"auth", "base_url"}  # of the keys, those of the chosen kind are, and no form can say that
    assert form.fields["page_size"].placeholder == "100"
    assert form.fields["page_size"].description == (
        "Records in a page of the API. A whole number from 1 to 200. Left empty: 100."
    )
    assert form.fields["region"].label == "Region"
    assert [(test.name, test.label) for test in form.tests] == [("read_one_record", "Read one record of jobs")]


def test_a_flag_is_true_or_false() -> None:
    flag = Setting("archived", default="false", kind="flag")
    table = evolve(TABLE, params={"archived": "{settings.archived}"})
    hooks = {"connector_tables": lambda: [table], "connector_settings": lambda: [flag]}
    assembly = assemble([Plugin("jobs", SimpleNamespace(**{name: hookimpl(answer) for name, answer in hooks.items()}))])
    fault = setup_test(assembly, {"base_url": "https://api.example.com", "archived": "yes"})
    assert fault
    assert "archived is 'yes', not true or false" in fault


# The real command


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("form")
    built = connector_build("fts", path=folder, cwd=folder)
    assert built.returncode == 0, built.stderr
    return folder / "dist" / "fts"


def fivetran(project: Path, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
    home = project.parent
    return subprocess.run(
        [str(Path(sys.executable).with_name("fivetran")), *arguments],
        cwd=project,
        env={"PATH": os.environ["PATH"], "HOME": str(home), "DO_NOT_TRACK": "1", "PYTHONIOENCODING": "utf-8"},
        input=answers,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(autouse=True)
def _no_version_check(project: Path) -> None:
    file = project.parent / ".fivetran/connector_sdk/_last_version_check"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("9999999999")


def configured(project: Path, **values: str) -> None:
    (project / "configuration.json").write_text(json.dumps(values))


def test_the_command_runs_the_test(project: Path, api: Simulation) -> None:
    configured(project, api_key=KEY, base_url=api.url)
    reached = fivetran(project, "configuration", "--test")
    assert reached.returncode == 0, reached.stdout
    assert "[read_one_record - Read one record of fts]: PASSED" in reached.stdout
    configured(project, api_key="wrong", base_url=api.url)
    rejected = fivetran(project, "configuration", "--test")
    assert rejected.returncode == 1
    assert "401 Unauthorized" in rejected.stdout
    assert "The API does not accept the key: check the key in the configuration." in rejected.stdout
    assert "Traceback" not in rejected.stdout + rejected.stderr
