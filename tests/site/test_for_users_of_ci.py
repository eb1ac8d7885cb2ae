"""What users take into their repositories: hooks, run by the real pre-commit, and a Terraform file, read by a parser of HCL."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import hcl2
import pytest
from ruamel.yaml import YAML

from places import ROOT

SCRIPTS = Path(sys.executable).parent
GIT = shutil.which("git") or "git"
CREW = """
from connector_core import ApiKeyHeader, CursorPaginator, Table, base_url, hookimpl

@hookimpl
def connector_tables():
    return [Table("shifts", "/shifts", "items", KEY, {"id": "STRING", "hours": "DOUBLE"})]

@hookimpl
def connector_auth():
    return ApiKeyHeader("api_key")

@hookimpl
def connector_paginator(table):
    return CursorPaginator()

@hookimpl
def connector_settings():
    return [base_url("https://crew.example.com")]
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    who = {f"GIT_{who}_{what}": "tests@localhost" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {
        **who,
        "PATH": f"{SCRIPTS}:{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        "PRE_COMMIT_HOME": str(tmp_path / "cache"),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "NO_COLOR": "1",
        "LC_ALL": "C.UTF-8",
        "PIP_NO_INDEX": "1",  # nothing is fetched
    }


def repository(folder: Path, environment: dict[str, str], **files: str) -> str:
    """A repository with one commit; the commit."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    for arguments in (["init", "-q"], ["add", "--all"], ["commit", "-q", "-m", "files"]):
        subprocess.run([GIT, *arguments], cwd=folder, env=environment, check=True)
    done = subprocess.run([GIT, "rev-parse", "HEAD"], cwd=folder, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def hooks(folder: Path, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [str(SCRIPTS / "pre-commit"), "run", "--all-files", "--verbose"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_hooks_stop_a_plugin_that_breaks_a_rule_and_a_project_that_was_changed(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    named = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    commit = repository(tmp_path / "theirs", environment, **{".pre-commit-hooks.yaml": named})
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    config = page.partition("File `.pre-commit-config.yaml`:\n\n```yaml\n")[2].partition("```")[0]
    config = config.replace(
        "- id: connector-build-check", "- id: connector-build-check\n        args: [--all, --rule, keys]"
    )  # quicker
    config = config.replace("https://HOST/REPOSITORY", str(tmp_path / "theirs")).replace("TAG", commit)
    config = config.replace("dist/fts", "dist/crew")
    ours = {
        ".pre-commit-config.yaml": config,
        "crew.py": CREW.replace("KEY", '["id"]'),
        "connectors.toml": '[[connector]]\ndataset = "crew.py"\n',
    }
    mine = tmp_path / "ours"
    repository(mine, environment, **ours)
    subprocess.run([SCRIPTS / "connector-build", "crew.py"], cwd=mine, env=environment, check=True, stdout=subprocess.DEVNULL)
    done = hooks(mine, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("Passed") == 2

    (mine / "crew.py").write_text(CREW.replace("KEY", '["number"]'), encoding="utf-8")
    (mine / "dist/crew/connector.py").write_text("changed = True\n", encoding="utf-8")
    done = hooks(mine, environment)
    assert done.returncode == 1
    assert done.stdout.count("Failed") == 2
    assert "number" in done.stdout
    assert "connector.py" in done.stdout


def test_terraform_uploads_the_package_and_makes_a_connection_of_it() -> None:
    with (ROOT / "docs/workflows/terraform/connection.tf").open(encoding="utf-8") as file:
        text = json.dumps(hcl2.load(file))
    for word in (
        "fivetran_connector_sdk_package",
        "files/fts.zip",
        "connector_sdk",
        "package_id",
        "python_version",
        "secrets_list",
    ):
        assert word in text
    assert "connector.lock.json" in text


def test_hooks_are_named_in_the_page_as_in_the_file() -> None:
    known = {hook["id"] for hook in YAML(typ="safe").load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    page = (ROOT / "docs/deploy.md").read_text(encoding="utf-8")
    assert all(f"- id: {name}" in page for name in known)
