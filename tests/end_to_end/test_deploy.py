"""Built projects deployed by the real ``fivetran deploy``, by their own ``deploy.sh``, to a stand-in for Fivetran's REST API.

However a deploy ends, the last words say what is on the server now, and nothing of the project has changed.
"""

import io
import json
import os
import pty
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copytree
from zipfile import ZipFile

import pytest
from attrs import frozen

import connector_fts
from connector_build.api.simulation import Simulation
from connector_build.local.comparing import difference, expected
from connector_build.local.fivetran import debug, read_tables
from connector_build.review.verify import verify
from connector_core.plugin.assembly import Plugin, assemble
from deploy_standin import Connection, Fault, Fivetran, standin
from distributions import built_fts, connector_build
from simulated import simulated
from transcripts import assert_like

KEY = "Y2FuYXJ5LWtleS1hM2Q3OmNhbmFyeS1zZWNyZXQ="
WRONG_KEY = "bm8tc3VjaC1rZXk6bm8tc3VjaC1zZWNyZXQ="
API_KEY = "canary-9b41f0"
NAME = "my_fts"
EXTRAS = ("fts_technicians", "cost_per_hour")
TABLE = simulated("fts")
GROUPS, UPLOAD, CREATE = "GET /v1/groups", "POST /v1/connector-sdk/packages", "POST /v1/connectors"

# What the command asks which packages the connector needs. This one names newer versions: the command would upload those
# after --yes, and ask about them without.
NEWER_PINS = '#!/bin/sh\nprintf "attrs==99.0.0\\npluggy==99.0.0\\n" >"$3"\n'
NOTHING_TO_ADD = "#!/bin/sh\nexit 0\n"

# Where pytest runs in the background Ctrl-C is ignored, and so it would be by whatever it starts.
HEED_CTRL_C = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])"


@frozen
class Done:
    """How a deploy ended: exit code, stdout and stderr."""

    code: int
    printed: str
    errors: str

    def assert_failed(self, there: str, code: int = 1) -> str:
        """It failed, and ended with our words about that and about what is *there* on the server; those words."""
        assert self.code == code, self
        assert "successfully" not in self.printed
        ours = self.errors[self.errors.index("Error: fivetran deploy ") :]
        assert f"(exit code {code})" in ours
        assert f"\nOn the server: {there}" in ours
        assert "Traceback" not in ours
        return ours


@frozen
class Desk:
    """A machine with a built project on it, and a ``fivetran`` command that is pointed at *account*."""

    project: Path
    home: Path
    account: Fivetran
    configuration: bytes

    def start(
        self, *command: str | Path, key: str = KEY, pipreqs: str = NEWER_PINS, stdin: int = subprocess.DEVNULL
    ) -> "subprocess.Popen[str]":
        """Start a command in the project, with *pipreqs* as what finds out which packages it needs."""
        guesser = self.home / "bin/pipreqs"
        guesser.parent.mkdir(exist_ok=True)
        guesser.write_text(pipreqs)
        guesser.chmod(0o755)
        path = f"{guesser.parent}:{Path(sys.executable).parent}:{os.defpath}"
        return subprocess.Popen(
            [sys.executable, "-c", HEED_CTRL_C, *map(str, command)],
            cwd=self.project,
            env={"PATH": path, "HOME": str(self.home), "DO_NOT_TRACK": "1", "LC_ALL": "C.UTF-8", "FIVETRAN_API_KEY": key},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
        )

    def deploy(self, *options: str, destination: str = "Warehouse", key: str = KEY) -> Done:
        """``./deploy.sh``, as a user types it."""
        script = self.project / "deploy.sh"
        return self.ended(self.start(script, "MINE", destination, NAME, *(["--", *options] if options else []), key=key))

    def package(self, *arguments: str) -> Done:
        """``./deploy.sh package``, as a user types it."""
        return self.ended(self.start(self.project / "deploy.sh", "package", *arguments))

    def answer(self, line: str) -> Done:
        """``./deploy.sh`` at a terminal, where the user types *line*."""
        controller, terminal = pty.openpty()
        process = self.start(self.project / "deploy.sh", "MINE", "Warehouse", NAME, stdin=terminal)
        os.write(controller, line.encode())
        done = self.ended(process)
        os.close(controller)
        os.close(terminal)
        return done

    def interrupt(self) -> Done:
        """``./deploy.sh``, and Ctrl-C as soon as the account leaves a call without an answer."""
        process = self.start(self.project / "deploy.sh", "MINE", "Warehouse", NAME)
        self.account.wait_for_fault()
        os.killpg(process.pid, signal.SIGINT)
        return self.ended(process)

    def ended(self, process: "subprocess.Popen[str]") -> Done:
        """The same for a script of ours, which shows no part of a key; the command itself shows how one begins."""
        done = self.end(process)
        assert not [key for key in (KEY[:8], WRONG_KEY[:8]) if key in done.printed + done.errors]
        return done

    def terminate(self) -> Done:
        """``./deploy.sh``, which is told to end as soon as the account leaves a call without an answer."""
        process = self.start(self.project / "deploy.sh", "MINE", "Warehouse", NAME)
        self.account.wait_for_fault()
        process.terminate()
        return self.ended(process)

    def end(self, process: "subprocess.Popen[str]") -> Done:
        """Wait for a deploy to end: it told no secret, and left the project as it was."""
        printed, errors = process.communicate()
        assert not [secret for secret in (KEY, WRONG_KEY, API_KEY) if secret in printed + errors]
        assert (self.project / "configuration.json").read_bytes() == self.configuration
        assert verify(self.project).differences == ()
        assert not (self.project / "files").exists()
        return Done(process.returncode, printed, errors)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[tuple[str, ...], Path]:
    """Options → the project that connector-build writes with them."""
    return {enable: built_fts(tmp_path_factory.mktemp("built"), enable) for enable in ((), EXTRAS)}


@pytest.fixture(scope="module")
def api() -> Iterator[Simulation]:
    with Simulation([TABLE], secret=API_KEY) as server:
        yield server


@pytest.fixture
def account() -> Iterator[Fivetran]:
    with standin(KEY) as account:
        yield account


@pytest.fixture
def desk(
    built: Mapping[tuple[str, ...], Path],
    account: Fivetran,
    api: Simulation,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Desk:
    """A desk, with the plain connector or, as the parameter says, with options. ``fivetran deploy`` was used there before."""
    home, project = tmp_path / "home", tmp_path / "dist of mine/fts"
    monkeypatch.setenv("HOME", str(home))
    settings = home / ".fivetran/connector_sdk"
    settings.mkdir(parents=True)
    (settings / "_config.json").write_text(json.dumps({"production_base_url": account.url}))
    (settings / "_last_version_check").write_text("9999999999")
    (settings / "options.toml").touch()
    copytree(built[getattr(request, "param", ())], project)
    configuration = json.dumps({"api_key": API_KEY, "base_url": api.url, "page_size": "200"}).encode()
    (project / "configuration.json").write_bytes(configuration)
    return Desk(project, home, account, configuration)


def assert_arrived(account: Fivetran, api: Simulation, folder: Path, enable: tuple[str, ...] = ()) -> None:
    """What the connection has, its package and its configuration, is as built, runs, and gives the rows of the API."""
    connection = account.named(NAME)
    assert connection.package
    package, project, configuration = folder / "package.zip", folder / "arrived", folder / "configuration.json"
    package.write_bytes(account.packages[connection.package])
    configuration.write_text(json.dumps(connection.configuration))
    assert verify(package).differences == ()
    with ZipFile(package) as archive:
        assert not [name for name in archive.namelist() if API_KEY.encode() in archive.read(name)]
        archive.extractall(project)
    run = debug(project, configuration)
    assert run.error is None, run.output
    [plan] = assemble([Plugin("connector-fts", connector_fts)], enable=enable).tables
    wanted = expected(plan, api.feed("fts").records())
    found = read_tables(project, list(wanted), None)
    assert {rows.name: difference(rows, wanted[rows.name]) for rows in found} == dict.fromkeys(wanted)


def assert_as_before(account: Fivetran, connection: Connection) -> None:
    """Nobody has touched a connection that was there, and nothing was sent."""
    assert account.connections == {connection.id: connection}
    assert connection.configuration == {}
    assert connection.package is None


def test_a_new_connection(desk: Desk, api: Simulation, tmp_path: Path) -> None:
    (desk.home / ".fivetran/connector_sdk/options.toml").unlink()  # the first deploy from this machine
    done = desk.deploy()
    assert done.code == 0, done
    assert desk.account.calls == [
        "GET /v1/connector-sdk/migration/connections",
        "GET /v1/groups",
        "GET /v1/groups/group_two/connectors",
        "GET /v1/destinations/group_two",
        "GET /v1/groups",
        "GET /v1/groups/group_two/connectors",
        "POST /v1/connector-sdk/packages",
        "POST /v1/connectors",
    ]
    connection = desk.account.named(NAME)
    assert (connection.service, connection.group, connection.python_version) == ("connector_sdk", "group_two", "3.11")
    assert connection.paused
    assert f"Connection ID: {connection.id}\n" in done.printed
    assert f"https://fivetran.com/dashboard/connections/{connection.id}/status\n" in done.printed
    assert_like(done.printed, "deploy_new")
    assert re.findall(".*requirements.txt.*", done.printed) == ["Validation of requirements.txt completed."]
    assert done.errors == ""
    assert_arrived(desk.account, api, tmp_path)


def test_the_command_alone(desk: Desk) -> None:
    fivetran = Path(sys.executable).with_name("fivetran")
    options = ("--destination", "Warehouse", "--connection", NAME, "--configuration", "configuration.json")
    done = desk.end(desk.start(fivetran, "deploy", *options, "--python-version", "3.11", pipreqs=NOTHING_TO_ADD))
    assert done.code == 0, done
    connection = desk.account.named(NAME)
    assert connection.package in desk.account.packages
    assert connection.configuration == json.loads(desk.configuration)


@pytest.mark.parametrize(("answer", "kept"), [(["--yes"], False), ([], True)], ids=["yes", "no"])
def test_the_command_alone_does_not_keep_the_pins(desk: Desk, answer: list[str], kept: bool) -> None:
    # Why docs/deploy.md says to use deploy.sh.
    fivetran = Path(sys.executable).with_name("fivetran")
    options = ("--destination", "Warehouse", "--connection", NAME, "--configuration", "configuration.json")
    pins = (desk.project / "requirements.txt").read_bytes()
    controller, terminal = pty.openpty()
    process = desk.start(fivetran, "deploy", *options, "--python-version", "3.11", *answer, stdin=terminal)
    os.write(controller, b"n\n")
    printed, _ = process.communicate()
    os.close(controller)
    os.close(terminal)
    assert process.returncode == 0, printed
    package = desk.account.packages[str(desk.account.named(NAME).package)]
    with ZipFile(io.BytesIO(package)) as archive:
        sent = archive.read("requirements.txt")
    assert (sent == pins) == kept
    assert (b"attrs==99.0.0" in sent) != kept


@pytest.mark.parametrize("desk", [EXTRAS], indirect=True)
def test_a_redeploy(desk: Desk, api: Simulation, tmp_path: Path) -> None:
    connection = desk.account.add(NAME, "connector_sdk")
    connection.configuration = {"api_key": "of before", "region": "which the new connector does not have"}
    done = desk.deploy("--yes")
    assert done.code == 0, done
    assert desk.account.named(NAME) is connection
    assert connection.configuration.keys() == {"api_key", "base_url", "page_size"}
    assert f"Connection ID: {connection.id}\n" in done.printed
    assert f"https://fivetran.com/dashboard/connections/{connection.id}/status\n" in done.printed
    assert_like(done.printed, "deploy_update")
    assert "paused" not in done.printed
    assert_arrived(desk.account, api, tmp_path, EXTRAS)


def test_a_redeploy_that_nobody_has_agreed_to(desk: Desk) -> None:
    connection = desk.account.add(NAME, "connector_sdk")
    ours = desk.deploy().assert_failed(f"nothing new. Nothing was uploaded, and the connection {NAME} is as it was.\n")
    assert ours.endswith("there was no terminal to answer it on: ./deploy.sh ... -- --yes\n")
    assert_as_before(desk.account, connection)


def test_a_redeploy_at_a_terminal(desk: Desk) -> None:
    connection = desk.account.add(NAME, "connector_sdk")
    done = desk.answer("n\n")
    assert "continue with update? (y/N): " in done.printed
    assert "no terminal" not in done.assert_failed("nothing new. Nothing was uploaded")
    assert_as_before(desk.account, connection)
    assert desk.answer("y\n").code == 0
    assert connection.package in desk.account.packages


def test_a_wrong_key(desk: Desk) -> None:
    done = desk.deploy("--yes", key=WRONG_KEY)
    done.assert_failed("nothing new. Nothing was uploaded")
    assert "ensure you're using a valid base64-encoded API key" in done.printed
    assert (desk.account.packages, desk.account.connections) == ({}, {})


def test_an_unknown_destination(desk: Desk) -> None:
    done = desk.deploy(destination="Nowhere")
    ours = done.assert_failed("nothing new. Nothing was uploaded")
    assert "destination 'Nowhere' not found in account" in done.printed
    assert "--yes" not in ours
    assert (desk.account.packages, desk.account.connections) == ({}, {})


def test_a_name_that_another_service_has(desk: Desk) -> None:
    connection = desk.account.add(NAME, "google_sheets")
    done = desk.deploy("--yes")
    done.assert_failed(f"nothing new. Nothing was uploaded, and the connection {NAME} is as it was.\n")
    assert f"cannot update connection '{NAME}'; not a Connector SDK connection" in done.printed
    assert_as_before(desk.account, connection)


def test_a_failing_setup_test(desk: Desk) -> None:
    desk.account.failing_test = "The API does not accept the key."
    done = desk.deploy()
    connection = desk.account.named(NAME)
    link = f"https://fivetran.com/dashboard/connections/{connection.id}/status"
    ours = done.assert_failed(f"the connection {NAME}, as it was just sent (it is new, and paused): {link}\n")
    assert ours.endswith("It exists, so the next run updates it: ./deploy.sh ... -- --yes\n")
    assert "message: The API does not accept the key." in done.printed

    again = desk.deploy("--yes")
    assert "paused" not in again.assert_failed(f"the connection {NAME}, as it was just sent: {link}\n")

    desk.account.failing_test = ""
    assert desk.deploy("--yes").code == 0
    assert desk.account.named(NAME) is connection


@pytest.mark.parametrize(
    ("faults", "said", "there", "packages"),
    [
        ({"": "error"}, "request failed error: 500", "nothing new. Nothing was uploaded", 0),
        ({GROUPS: "drop"}, None, "nothing new. Nothing was uploaded", 0),
        ({UPLOAD: "error"}, "failed to upload the package", "perhaps a package that nothing uses.", 0),
        ({UPLOAD: "drop"}, "Connection aborted", "perhaps a package that nothing uses.", 0),
        ({CREATE: "error"}, "failed to create connection", "nothing new. The uploaded package was taken away again", 0),
        (
            {CREATE: "error", "DELETE": "error"},
            "failed to cleanup orphaned package",
            "the package package_0, which nothing uses.",
            1,
        ),
        ({CREATE: "page"}, "deploy run failed with error", "not known. The package package_0 is there. Look whether", 1),
    ],
)
def test_an_account_that_does_not_work(
    desk: Desk, faults: Mapping[str, Fault], said: str | None, there: str, packages: int
) -> None:
    for call, fault in faults.items():
        desk.account.fail(call, fault)
    done = desk.deploy()
    assert NAME in done.assert_failed(there)
    assert said is None or said in done.printed
    assert len(desk.account.packages) == packages
    assert desk.account.connections == {}


def test_an_update_that_fails(desk: Desk) -> None:
    connection = desk.account.add(NAME, "connector_sdk")
    desk.account.fail("PATCH", "error")
    done = desk.deploy("--yes")
    done.assert_failed(f"nothing new. The uploaded package was taken away again, and the connection {NAME} is as it was.\n")
    assert "failed to update connection" in done.printed
    assert desk.account.packages == {}
    assert_as_before(desk.account, connection)


@pytest.mark.parametrize(
    ("call", "there", "packages", "connections"),
    [
        (GROUPS, "nothing new. Nothing was uploaded", 0, 0),
        (UPLOAD, "perhaps a package that nothing uses.", 1, 0),
        (CREATE, "not known. The package package_0 is there. Look whether the connection my_fts was changed: https://", 1, 1),
    ],
)
def test_ctrl_c_while_the_account_hangs(desk: Desk, call: str, there: str, packages: int, connections: int) -> None:
    desk.account.fail(call, "hang")
    done = desk.interrupt()
    ours = done.assert_failed(there, code=130)
    assert ours.startswith("Error: fivetran deploy was interrupted")
    assert (len(desk.account.packages), len(desk.account.connections)) == (packages, connections)


def test_it_is_told_to_end_while_the_account_hangs(desk: Desk) -> None:
    desk.account.fail(UPLOAD, "hang")
    ours = desk.terminate().assert_failed("perhaps a package that nothing uses.", code=143)
    assert ours.startswith("Error: fivetran deploy was ended by SIGTERM")


# One upload, many connections


def shared_by_two(desk: Desk) -> str:
    """The id of a package that two connections run."""
    assert desk.package("create").code == 0
    [id_] = desk.account.packages
    for name in ("first", "second"):
        connection = desk.account.add(name, "connector_sdk")
        connection.package = id_
    return id_


def test_one_package_for_two_connections(desk: Desk, api: Simulation, tmp_path: Path) -> None:
    done = desk.package("create")
    assert done.code == 0, done
    assert_like(done.printed, "deploy_package_create")
    [(id_, package)] = desk.account.packages.items()
    assert f"The package is {id_}. No connection uses it yet." in done.printed
    assert desk.account.calls == ["POST /v1/connector-sdk/packages"]

    done = desk.deploy("--package-id", id_)
    assert done.code == 0, done
    assert_like(done.printed, "deploy_package_new")
    assert desk.account.calls[1:] == [
        "GET /v1/groups",
        "GET /v1/groups/group_two/connectors",
        "GET /v1/destinations/group_two",
        "GET /v1/groups",
        "GET /v1/groups/group_two/connectors",
        f"GET /v1/connector-sdk/packages/{id_}",
        "POST /v1/connectors",
    ]
    other = desk.ended(desk.start(desk.project / "deploy.sh", "MINE", "Elsewhere", "other", "--package-id", id_))
    assert other.code == 0, other
    assert [each.package for each in desk.account.connections.values()] == [id_, id_]
    assert desk.account.packages == {id_: package}
    assert_arrived(desk.account, api, tmp_path)


def test_a_package_with_a_name(desk: Desk, tmp_path: Path) -> None:
    done = connector_build("fts", "--pyproject", "--output", str(desk.project), path=tmp_path, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert desk.package("create").code == 0
    [package] = desk.account.packages.values()
    (tmp_path / "package.zip").write_bytes(package)
    assert verify(tmp_path / "package.zip").differences == ()
    with ZipFile(io.BytesIO(package)) as archive:
        said = tomllib.loads(archive.read("pyproject.toml").decode())["project"]
        assert said["dependencies"] == archive.read("requirements.txt").decode().split()
    assert said["name"] == "fts"


def test_the_package_has_new_code_for_every_connection(desk: Desk) -> None:
    id_ = shared_by_two(desk)
    desk.account.packages[id_] = b"old code"
    done = desk.package("update", id_)
    assert done.code == 1
    assert "Traceback" not in done.errors
    assert done.errors.endswith(
        f"On the server: the package {id_}, as it was.\nNobody has agreed to that: ./deploy.sh package update {id_} -- --yes\n"
    )
    assert desk.account.packages[id_] == b"old code"
    done = desk.package("update", id_, "--", "--yes")
    assert done.code == 0, done
    assert_like(done.printed, "deploy_package_update")
    assert f"The package {id_} has new code. Every connection that uses it runs that from its next sync on.\n" in done.printed
    assert desk.account.packages[id_] != b"old code"
    listed = desk.package("list")
    assert re.search(rf"^{id_} +2$", listed.printed, re.MULTILINE), listed


def test_a_deploy_over_a_shared_package_is_refused(desk: Desk) -> None:
    shared_by_two(desk)
    desk.account.named("second").name = NAME
    ours = desk.deploy("--yes").assert_failed(f"nothing new. Nothing was uploaded, and the connection {NAME} is as it was.\n")
    assert "New code for all of them: ./deploy.sh package update PACKAGE_ID." in ours
    assert len(desk.account.packages) == 1


def test_another_package_for_a_connection(desk: Desk) -> None:
    id_ = shared_by_two(desk)
    desk.account.named("second").name = NAME
    assert desk.package("create").code == 0
    new = [*desk.account.packages][-1]
    assert new != id_
    assert desk.deploy("--yes", "--package-id", new).code == 0
    assert desk.account.named(NAME).package == new
    assert desk.account.named(NAME).configuration == json.loads(desk.configuration)

    again = desk.deploy("--yes", "--package-id", new)
    assert again.code == 0
    assert f"The connection '{NAME}' uses the package {new} already: it runs the code that is there.\n" in again.printed
    assert "successfully" not in again.printed


@pytest.mark.parametrize(
    ("call", "fault", "there"),
    [
        (
            "GET /v1/connector-sdk/packages",
            "error",
            "nothing new. The package is as it was, and the connection my_fts is as it was.\n",
        ),
        (CREATE, "error", "nothing new. The package is as it was, and the connection my_fts is as it was.\n"),
        (CREATE, "page", "not known. Look whether the connection my_fts was changed: https://"),
    ],
)
def test_a_deploy_of_a_package_that_fails(desk: Desk, call: str, fault: Fault, there: str) -> None:
    id_ = shared_by_two(desk)
    desk.account.fail(call, fault)
    desk.deploy("--package-id", id_).assert_failed(there)
    assert [*desk.account.packages] == [id_]


def test_a_package_that_is_not_there(desk: Desk) -> None:
    done = desk.deploy("--package-id", "no_such")
    done.assert_failed("nothing new. The package is as it was")
    assert "package-id not found: no_such" in done.printed
    done = desk.package("update", "no_such", "MINE", "--", "--yes")
    assert (done.code, desk.account.packages) == (1, {})
    assert done.errors.endswith("On the server: nothing new. There is no package no_such.\n")


@pytest.mark.parametrize(
    ("fault", "there"), [("error", "perhaps a package that nothing uses."), ("drop", "perhaps a package that nothing uses.")]
)
def test_a_package_that_cannot_be_created(desk: Desk, fault: Fault, there: str) -> None:
    desk.account.fail(UPLOAD, fault)
    done = desk.package("create")
    assert done.code == 1
    assert done.errors.endswith(f"On the server: {there}\n")


@pytest.mark.parametrize(
    ("fault", "there"), [("error", "the package package_0, as it was."), ("drop", "not known. Perhaps the package package_0 has")]
)
def test_a_package_that_cannot_be_updated(desk: Desk, fault: Fault, there: str) -> None:
    id_ = shared_by_two(desk)
    desk.account.fail("PATCH", fault)
    done = desk.package("update", id_, "--", "--yes")
    assert done.code == 1
    assert f"On the server: {there}" in done.errors


def test_a_profile(desk: Desk) -> None:
    profiles = '[fts-production]\ndestination = "Warehouse"\nconnection = "my_fts"\npython_version = "3.12"\nnaming = "SOURCE"\n'
    (desk.project.parent / "options.toml").write_text(profiles)
    done = desk.ended(desk.start(desk.project / "deploy.sh", "--profile", "fts-production"))
    assert done.code == 0, done
    connection = desk.account.named(NAME)
    assert (connection.group, connection.python_version, connection.naming) == ("group_two", "3.12", "SOURCE_NAMING")
    with ZipFile(io.BytesIO(desk.account.packages[str(connection.package)])) as archive:
        assert not [name for name in archive.namelist() if name.endswith(".toml")]


def test_options_of_the_project_never_ship(desk: Desk) -> None:
    (desk.project / "options.toml").write_text('[default]\ndestination = "Warehouse"\nconnection = "my_fts"\n')
    assert desk.ended(desk.start(desk.project / "deploy.sh")).code == 0
    with ZipFile(io.BytesIO(desk.account.packages[str(desk.account.named(NAME).package)])) as archive:
        assert "options.toml" not in archive.namelist()
