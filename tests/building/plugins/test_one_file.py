"""A dataset in one local file: wherever a dataset's name is taken, so is its path."""

import json
import os
import re
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from connector_build.errors import BuildError, UsageProblem
from connector_build.plugins import discovery
from connector_build.plugins.one_file import requires_of
from connector_build.plugins.references import named
from connector_build.project.making import made
from connector_build.testing import check_contract
from crew_file import CREW
from distributions import connector_build, install_dataset, lock_of
from places import ROOT


def with_line(line: str) -> str:
    """The dataset with one more line in a hook."""
    return CREW.replace("    return [SHIFTS]", f"    {line}\n    return [SHIFTS]")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "crew.py").write_text(CREW, encoding="utf-8")
    return tmp_path


def test_a_file_is_built_by_its_path(folder: Path) -> None:
    built = connector_build("crew.py", "--enable", "crew_members", path=folder / "site", cwd=folder)
    assert built.returncode == 0, built.stderr
    project = folder / "dist/crew"
    digest = sha256((project / "crew.py").read_bytes()).hexdigest()[:12]
    assert f"Built dist/crew from crew.py {digest}" in built.stdout
    assert f"crew.py {digest}" in (project / "README.md").read_text()
    lock = lock_of(project)
    assert lock["dataset"] == "crew"
    assert [lock["sources"][1][name] for name in ("name", "version")] == ["crew.py", digest]
    assert "import crew\n" in (project / "connector.py").read_text()
    shipped = (project / "crew.py").read_text()
    assert "connector_build" not in shipped
    assert "SAMPLE" not in shipped
    assert connector_build("verify", "dist/crew", path=folder, cwd=folder).returncode == 0


def test_every_verb_takes_the_path(folder: Path) -> None:
    for verb in ("show ./crew.py --json", "docs crew.py", "dbt crew.py", "check crew.py --rule names"):
        done = connector_build(*verb.split(), path=folder / "site", cwd=folder)
        assert done.returncode == 0, done.stderr
        if "--json" in verb:
            assert json.loads(done.stdout)["dataset"] == "crew"
    assert sorted(each.name for each in (folder / "dist").iterdir()) == ["dbt_crew", "docs-crew"]


def test_the_contract_takes_the_path(folder: Path) -> None:
    rules = ("assembles", "hooks", "extra_table_names", "options", "exact_tables", "bare_import", "same_bytes")
    found = check_contract(str(folder / "crew.py"), rules=rules)
    assert [(each.rule, each.status) for each in found] == [(rule, "pass") for rule in rules]


def test_a_demo_takes_the_sample_records_of_the_file(folder: Path) -> None:
    done = connector_build("demo", "crew.py", path=folder / "site", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "crew_shifts: 275 rows, every value right" in done.stdout
    assert "connector-build crew.py " in done.stdout
    assert "connector-build app crew.py" in done.stdout


def test_a_file_is_meant_where_a_dataset_of_its_name_is_installed(folder: Path) -> None:
    install_dataset(folder / "site", "crew")
    shown = [connector_build("show", each, "--json", path=folder / "site", cwd=folder).stdout for each in ("crew", "crew.py")]
    tables = [json.loads(text)["tables"][0]["name"] for text in shown]
    assert tables == ["crew_records", "crew_shifts"]


def test_a_file_without_sample_records_has_none(folder: Path) -> None:
    install_dataset(folder / "site", "crew")
    path = folder / "crew.py"
    path.write_text(CREW.replace("SAMPLE = Sample(count=250, make=make, change=change)", ""))
    assert discovery.sample(str(path)) is None
    assert discovery.app(str(path)) is None


def test_what_is_known_of_a_file_without_importing_it(folder: Path) -> None:
    path = folder / "crew.py"
    path.write_text(f'"""Shifts of a ferry line.\n\nMore."""\nopen({str(folder / "imported")!r}, "w")\n')
    found = discovery.find(str(path))
    assert (found.name, found.distribution, found.summary) == ("crew", "crew.py", "Shifts of a ferry line")
    assert not (folder / "imported").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("our-crew.py", "such as our_crew.py"),
        ("Crew.py", "such as crew.py"),
        ("9.py", "such as my_9.py"),
        ("list.py", "a verb of connector-build. Rename the file, such as my_list.py"),
        ("json.py", "a module of Python"),
        ("connector_core.py", "a module that every project has"),
        ("gone.py", "There is no file "),
        ("folder/crew", "is no Python file"),
    ],
)
def test_a_file_that_cannot_be_a_dataset(tmp_path: Path, name: str, words: str) -> None:
    if name != "gone.py" and name.endswith(".py"):
        (tmp_path / name).write_text(CREW)
    with pytest.raises(UsageProblem, match=re.escape(words)):
        made(str(tmp_path / name))


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    failed = connector_build("gone.py", "--enable", "x", path=tmp_path / "site", cwd=tmp_path)
    assert failed.returncode == 2
    assert "There is no file gone.py" in failed.stderr
    assert "Traceback" not in failed.stderr


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("def f(:\n", "crew.py, line 1"),
        ("import helpers\n", "helpers lies beside it, and of a local file that file alone ships"),
        ("1/0\n", "ZeroDivisionError"),
        ("import os\nos._exit(0)\n", "os._exit(0)"),
        (CREW.replace("import Random\n", "import Random\nimport yaml_of_somebody\n"), "line 4): No module named"),
        (with_line("import crew"), "imports crew, which is this file itself"),
        (with_line("import hypothesis"), '# dependencies = ["hypothesis"]'),
        (with_line("assert SAMPLE"), "connector_tables needs what is made with"),
        (CREW.replace("\nSHIFTS =", "\nOTHER = Sample(3, make, change)\nSHIFTS ="), None),
    ],
)
def test_a_file_that_cannot_be_built(tmp_path: Path, text: str, words: str | None) -> None:
    (tmp_path / "crew.py").write_text(text)
    (tmp_path / "helpers.py").write_text("")
    done = connector_build("crew.py" if words else "docs", *([] if words else ["crew.py"]), path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 1
    assert (words or "describes several samples: SAMPLE, OTHER") in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "dist").exists()


def test_a_file_with_classes_that_look_themselves_up(tmp_path: Path) -> None:
    head = "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\nclass Thing:\n    names: list[str]\n"
    (tmp_path / "ours.py").write_text(head + CREW)
    assert made(str(tmp_path / "ours.py")).dataset == "ours"
    # One that is called like an installed package takes nobody's place.
    (tmp_path / "hypothesis.py").write_text(head + CREW)
    import hypothesis

    assert made(str(tmp_path / "hypothesis.py")).dataset == "hypothesis"
    assert sys.modules["hypothesis"] is hypothesis


def test_diff_builds_the_file_that_it_is_told(folder: Path) -> None:
    assert connector_build("crew.py", path=folder / "site", cwd=folder).returncode == 0
    asked = connector_build("diff", "dist/crew", path=folder / "site", cwd=folder)
    assert asked.returncode == 2
    assert "connector-build diff dist/crew PATH/crew.py" in asked.stderr
    (folder / "crew.py").write_text(CREW.replace('"pay": "DOUBLE"', '"pay": "STRING"'))
    changed = connector_build("diff", "dist/crew", "crew.py", path=folder / "site", cwd=folder)
    assert changed.returncode in (10, 20), changed.stderr
    assert "pay" in changed.stdout


def test_a_fleet_lists_files_beside_itself(folder: Path) -> None:
    (folder / "team").mkdir()
    (folder / "crew.py").rename(folder / "team/crew.py")
    (folder / "team/connectors.toml").write_text('[[connector]]\ndataset = "./crew.py"\n[[connector]]\ndataset = "fts"\n')
    built = connector_build("--all", "--file", "team/connectors.toml", path=folder / "site", cwd=folder)
    assert built.returncode == 0, built.stdout + built.stderr
    assert sorted(each.name for each in (folder / "team/dist").iterdir()) == ["crew", "fts"]


def test_two_files_of_one_name(folder: Path) -> None:
    failed = connector_build("crew.py", "--plugin-file", "crew.py", path=folder / "site", cwd=folder)
    assert failed.returncode == 2
    assert "both imported as crew" in failed.stderr


def test_names_of_datasets_stay_what_they_are() -> None:
    assert named("fts") == "fts"
    assert named(f"some{os.sep}where/crew.py") == "crew"
    with pytest.raises(UsageProblem, match=r"my_help\.py"):
        named("help.py")


def script(text: str) -> bytes:
    return f"#!/usr/bin/env python\n# /// script\n{text}\n# ///\n".encode() + CREW.encode()


def test_a_file_says_what_it_needs(tmp_path: Path) -> None:
    path = tmp_path / "crew.py"
    path.write_bytes(script('# dependencies = ["attrs", "hypothesis>=6; os_name != \'no\'", "gone; os_name == \'no\'"]'))
    requirements = made(str(path)).requirements
    assert {"attrs", "hypothesis"} <= requirements.keys()
    assert "gone" not in requirements


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('# dependencies = ["not-there-at-all"]', r"crew\.py needs not-there-at-all, .* pip install not-there-at-all"),
        ('# dependencies = ["hypothesis>=999"]', r"needs hypothesis>=999, and .* pip install 'hypothesis>=999'"),
        ("# dependencies = [", "cannot be read"),
        ("# dependencies = 3", "cannot be read"),
        ('# dependencies = ["=="]', "cannot be read"),
    ],
)
def test_needs_that_cannot_be_met(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "crew.py"
    path.write_bytes(script(text))
    with pytest.raises(BuildError, match=words):
        made(str(path))


def test_two_blocks_of_needs_are_none() -> None:
    block = b"# /// script\n# dependencies = []\n# ///\n"
    assert requires_of("crew.py", block) == ()
    with pytest.raises(BuildError, match="cannot be read"):
        requires_of("crew.py", block + b"\n" + block)


def test_the_page_about_it_shows_one(tmp_path: Path) -> None:
    page = (ROOT / "docs/one-file.md").read_text(encoding="utf-8")
    (tmp_path / "crew.py").write_text(page.partition("```python\n")[2].partition("```")[0], encoding="utf-8")
    done = connector_build("demo", "crew.py", path=tmp_path / "site", cwd=tmp_path)
    assert "crew_shifts: 275 rows, every value right" in done.stdout, done.stderr
    script_of_the_page = page.partition("```python\n# /// script")[2].partition("```")[0]
    assert requires_of("page", f"# /// script{script_of_the_page}".encode()) == ("pyjwt[crypto]>=2",)
