"""`connector-build app`: which warehouse, which port, what is started, and what Snowflake is given."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML
from streamlit.testing.v1 import AppTest

from app_support import warehouse as made_warehouse
from connector_app.start import snowpark
from connector_build.apps import kit as kits
from connector_build.apps import snowflake
from connector_build.apps.running import FIRST_PORT, HOST, free_port
from connector_build.apps.snowflake import files_for_snowflake, write_for_snowflake
from connector_build.apps.warehouses import chosen
from connector_build.cli.main import main
from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins import discovery
from connector_build.project.making import made
from distributions import PLUGIN, install
from places import ROOT

COMMAND = Path(sys.executable).parent / "connector-build"
APP = """
import streamlit as st

def main(session):
    st.title("Their app")
    st.metric("records", int(session.sql(f"SELECT COUNT(*) AS n FROM {session.table('tasks')}")["n"].iloc[0]))
"""


def refuse(folder: Path) -> None:
    raise AssertionError(f"a demo was made in {folder}")


def left(project: Path, when: int = 1) -> Path:
    file = project / "files/warehouse.db"
    file.parent.mkdir(parents=True)
    file.touch()
    os.utime(file, (when, when))
    return file


# Which warehouse


def test_the_newest_warehouse_of_a_debug_or_a_demo(tmp_path: Path) -> None:
    debug, demo = left(tmp_path / "fts", 100), left(tmp_path / "demo-fts", 200)
    left(tmp_path / "mso", 300)
    assert chosen("fts", None, refuse, tmp_path) == demo
    os.utime(debug, (300, 300))
    assert chosen("fts", None, refuse, tmp_path) == debug


def test_a_warehouse_is_made_where_there_is_none(tmp_path: Path) -> None:
    def fill(folder: Path) -> None:
        left(folder)

    found = chosen("fts", None, fill, tmp_path)
    assert found == tmp_path / "demo-fts/files/warehouse.db"
    assert found.is_file()


def test_a_warehouse_that_is_named(tmp_path: Path) -> None:
    file = left(tmp_path, 1)
    assert chosen("fts", file, refuse, tmp_path) == file
    with pytest.raises(UsageProblem, match=r"--warehouse .*nothing\.db: there is no such file"):
        chosen("fts", tmp_path / "nothing.db", refuse, tmp_path)


# Which port


def test_a_port_that_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UsageProblem, match=f"--port {port}: another program listens there"):
            free_port(port)
    assert free_port(port) == port


def test_the_first_free_port() -> None:
    with socket.socket() as taken:
        try:
            taken.bind((HOST, FIRST_PORT))
            taken.listen()
        except OSError:
            pass  # somebody else has it, which is as good
        assert free_port(None) > FIRST_PORT


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kits, "find_spec", lambda _: None)
    with pytest.raises(BuildError, match=r"streamlit.*not installed here: pip install 'connector-core\[app\]'"):
        kits.kit()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nothing"], "There is no dataset 'nothing'"),
        (["fts", "--run", "nothing.py"], "--run nothing.py: there is no such Python file"),
        (["fts", "--warehouse", "nothing.db"], "--warehouse nothing.db: there is no such file"),
        (["fts", "--output", "x", "--port", "8000"], "--output writes files"),
        (["fts", "--port", "0"], "--port"),
    ],
)
def test_wrong_usage(arguments: list[str], message: str) -> None:
    result = CliRunner().invoke(main, ["app", *arguments])
    assert result.exit_code == 2
    assert message in result.output


# What is started


def test_the_server_starts_says_where_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    made_warehouse(tmp_path, [("1", "A", "k", 1.0, 1, None, None, False)])
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [str(COMMAND), "app", "fts", "--no-browser", "--port", str(port), "--warehouse", str(tmp_path / "warehouse.db")]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as child:
        assert child.stdout is not None
        assert f"at http://{HOST}:{port}, over" in child.stdout.readline()
        assert urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=10).read() == b"ok"
        child.send_signal(signal.SIGTERM)
        rest = child.stdout.read()
        assert child.wait(20) == 128 + signal.SIGTERM
    assert "Traceback" not in rest
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as tried:
            if tried.connect_ex((HOST, port)):
                return
        time.sleep(0.1)
    raise AssertionError("the server still listens")


def test_an_app_that_was_written_for_snowflake_runs_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made_warehouse(tmp_path, [("1", "A", "k", 1.5, 1, None, None, False)])
    script = tmp_path / "theirs.py"
    script.write_text(
        "import streamlit as st\n"
        "from snowflake.cortex import Complete\n"
        "from snowflake.snowpark.context import get_active_session\n"
        "session = get_active_session()\n"
        "frame = session.sql('SELECT * FROM TASKS LIMIT 1000').to_pandas()\n"
        "st.write(' '.join(frame.columns[:4]))\n"
        "asked = session.sql('SELECT SNOWFLAKE.CORTEX.COMPLETE(?, ?) AS response', params=['arctic', 'cost: 1.5'])\n"
        "st.write(asked.collect()[0][0])\n"
        "st.write(Complete('arctic', 'hours: 1'))\n"
        "row = session.table('tasks').filter(\"CREW = 'A'\").select('COST', 'CREW').sort('COST').limit(5).collect()[0]\n"
        "st.write(f\"{row['cost']} {row.CREW} {row[0]} {session.table('TASKS').count()}\")\n"
    )
    monkeypatch.setenv(snowpark.WAREHOUSE, str(tmp_path / "warehouse.db"))
    monkeypatch.syspath_prepend(str(ROOT / "core/src/connector_app/start/standin"))
    snowpark.get_active_session.cache_clear()
    test = AppTest.from_file(str(script), default_timeout=30).run()
    snowpark.get_active_session.cache_clear()
    assert [each.value for each in test.exception] == []
    columns, by_sql, by_function, values = (each.value for each in test.markdown)
    assert columns == "ID CREW KIND COST"
    assert by_sql.endswith("The figures in it:*\n\n- cost: 1.5")
    assert "No language model is on this machine" in by_function
    assert values == "1.5 A 1.5 1"


# What Snowflake is given


def test_the_files_for_snowflake_are_a_value() -> None:
    files = files_for_snowflake("mso")
    assert files == files_for_snowflake("mso")
    assert {"snowflake.yml", "environment.yml", "streamlit_app.py", "dictionary.json", "README.md"} <= files.keys()
    assert not any(name.startswith(("connector_core/", "connector_build/", "connector_app/start/")) for name in files)
    assert "connector_app/data/duck.py" not in files
    for name, contents in files.items():
        if name.endswith(".py"):
            compile(contents, name, "exec")
    definition = YAML(typ="safe").load(files["snowflake.yml"].decode())
    (entity,) = definition["entities"].values()
    assert (definition["definition_version"], entity["type"], entity["main_file"]) == (2, "streamlit", "streamlit_app.py")
    assert {name.partition("/")[0] for name in files} - {"README.md", "snowflake.yml", "connector-build-app.json"} == set(
        entity["artifacts"]
    )
    environment = YAML(typ="safe").load(files["environment.yml"].decode())
    assert environment["channels"] == ["snowflake"]
    assert f"streamlit={snowflake.STREAMLIT}" in environment["dependencies"]
    readme = files["README.md"].decode()
    for grant in (
        "SELECT ON TABLE MY_DATABASE.MY_SCHEMA.MSO_PRODUCTS",
        "SNOWFLAKE.CORTEX_USER",
        "CREATE STREAMLIT",
        "CREATE STAGE",
    ):
        assert f"GRANT {grant}" in readme or f"GRANT DATABASE ROLE {grant}" in readme


def test_what_is_deployed_runs_without_the_rest(tmp_path: Path) -> None:
    """Streamlit's test driver runs it in a process that finds no package of ours, over a made-up Snowpark."""
    write_for_snowflake("mso", tmp_path / "out")
    (tmp_path / "fake/snowflake/snowpark").mkdir(parents=True)
    for name in ("snowflake", "snowflake/snowpark"):
        (tmp_path / "fake" / name / "__init__.py").touch()
    (tmp_path / "fake/snowflake/snowpark/context.py").write_text(
        "import pandas as pd\n"
        "class Answer:\n    def to_pandas(self): return pd.DataFrame(columns=['TABLE_NAME', 'COLUMN_NAME', 'DATA_TYPE'])\n"
        "class Snowpark:\n"
        "    def get_current_database(self): return '\"DB\"'\n"
        "    def get_current_schema(self): return '\"S\"'\n"
        "    def sql(self, query, params=None): return Answer()\n"
        "def get_active_session(): return Snowpark()\n"
    )
    code = (
        "import sys\n"
        "hidden = ('connector_core', 'connector_build', 'duckdb')\n"
        "sys.modules.update({name: None for name in hidden})\n"
        "sys.meta_path[:] = [each for each in sys.meta_path if 'editable' not in type(each).__module__]\n"
        "sys.path[:] = [each for each in sys.path if not each.endswith('core/src')]\n"
        f"sys.path[:0] = [{str(tmp_path / 'out')!r}, {str(tmp_path / 'fake')!r}]\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"test = AppTest.from_file({str(tmp_path / 'out/streamlit_app.py')!r}, default_timeout=60).run()\n"
        "import connector_app\n"
        "print(connector_app.__file__)\n"
        "print([each.value for each in test.exception], [each.value for each in (*test.info, *test.error)])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    place, said = done.stdout.strip().splitlines()[-2:]
    assert place == str(tmp_path / "out/connector_app/__init__.py")
    assert said.startswith("[] ['There is no table")
    assert "DB.S in Snowflake" in said


def test_what_the_user_edited_stays_and_what_is_foreign_is_refused(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "Kept" not in write_for_snowflake("mso", out)
    (out / "snowflake.yml").write_text("mine: true\n")
    assert "Kept snowflake.yml as you left it." in write_for_snowflake("mso", out)
    assert (out / "snowflake.yml").read_text() == "mine: true\n"
    with pytest.raises(BuildError, match="did not write"):
        write_for_snowflake("fts", out)
    (out / "notes.txt").touch()
    with pytest.raises(BuildError, match=r"notes\.txt"):
        write_for_snowflake("mso", out)
    assert (out / "notes.txt").is_file()


# An app that a plugin brings


@pytest.fixture
def with_app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {
        "connector_apptest/__init__.py": PLUGIN.format(dataset="apptest"),
        "connector_apptest/app/__init__.py": APP,
        "connector_apptest/app/charts.py": "import altair\n",
    }
    groups = {
        "connector_core": {"apptest": "connector_apptest"},
        "connector_core_apps": {"apptest": "connector_apptest.app:main"},
    }
    install(tmp_path / "site", "connector-apptest", files, groups)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    monkeypatch.delitem(sys.modules, "connector_apptest", raising=False)


@pytest.mark.parametrize("dataset", ["fts", "mso"])
def test_the_apps_of_this_repository_ship_beside_connectors_and_never_in_them(dataset: str) -> None:
    point = discovery.app(dataset)
    assert point is not None
    assert point.value == f"connector_{dataset}.app:main"
    built, deployed = made(dataset).files, files_for_snowflake(dataset)
    assert f"connector_{dataset}/columns.py" in built
    assert not any(name.startswith((f"connector_{dataset}/app", "connector_app/")) for name in built)
    assert deployed[f"connector_{dataset}/__init__.py"] == b""
    assert f"connector_{dataset}/app/__init__.py" in deployed
    assert f"connector_{dataset}/columns.py" not in deployed


@pytest.mark.usefixtures("with_app")
def test_a_built_project_has_no_app() -> None:
    files = made("apptest").files
    assert "connector_apptest/__init__.py" in files
    assert not any("/app/" in name or name.startswith("connector_app/") for name in files)


@pytest.mark.usefixtures("with_app")
def test_the_app_of_a_plugin_goes_into_snowflake_without_its_hooks() -> None:
    files = files_for_snowflake("apptest")
    assert files["connector_apptest/__init__.py"] == b""
    assert files["connector_apptest/app/__init__.py"] == APP.encode()
    assert "connector_apptest/app/charts.py" in files
    assert b"from connector_apptest.app import main as draw" in files["streamlit_app.py"]
    assert b"- connector_apptest\n" in files["snowflake.yml"]


@pytest.mark.usefixtures("with_app")
def test_an_app_that_imports_what_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "site/connector_apptest/app/charts.py").write_text("\nfrom connector_core import Table\n")
    with pytest.raises(BuildError, match=r"app/charts\.py, line 2, imports connector_core, which is not in Snowflake"):
        files_for_snowflake("apptest")


@pytest.mark.parametrize("module", ["connector_apptest", "connector_apptest:main"])
def test_an_app_in_the_module_of_the_hooks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    install(tmp_path, "connector-apptest", {}, {"connector_core_apps": {"apptest": module}})
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BuildError, match=r"Put the app into a module of its own, such as connector_apptest\.app"):
        discovery.app("apptest")


def test_two_apps_for_one_dataset(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        install(tmp_path, f"connector-{name}", {}, {"connector_core_apps": {"apptest": f"connector_{name}.app"}})
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(BuildError, match="connector-one and connector-two each bring an app for apptest"):
        discovery.app("apptest")
    assert json.dumps(discovery.COMMANDS).count('"app"') == 1
