"""`connector-build new --package`: a distribution of a dataset in one file, which keeps the contract as the file did."""

import tomllib
from pathlib import Path

import pytest

from connector_build.errors import UsageProblem
from connector_build.project.packaging import package_into, packaged
from crew_file import CREW
from distributions import connector_build, install


def installed(folder: Path, made: Path) -> None:
    """Lay the distribution in *made* into *folder*, as pip would."""
    about = tomllib.loads((made / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    source = made / "src"
    files = {path.relative_to(source).as_posix(): path.read_text(encoding="utf-8") for path in source.rglob("*.py")}
    points = {group: dict(each) for group, each in about["entry-points"].items()}
    install(folder, about["name"], files, points, version=about["version"], requires=tuple(about["dependencies"]))


def test_a_distribution_of_a_file_is_the_same_dataset(tmp_path: Path) -> None:
    (tmp_path / "crew.py").write_text(CREW, encoding="utf-8")
    made = connector_build("new", "--package", "crew.py", path=tmp_path, cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "pip install -e connector-crew" in made.stdout
    installed(tmp_path / "site", tmp_path / "connector-crew")
    listed = connector_build("list", path=tmp_path / "site", cwd=tmp_path)
    assert "crew_members, pay_per_hour" in listed.stdout
    demo = connector_build("demo", "crew", path=tmp_path / "site", cwd=tmp_path)
    assert "crew_shifts: 275 rows, every value right" in demo.stdout, demo.stderr
    rules = "assembles,options,bare_import,same_bytes"
    checked = connector_build("check", "crew", "--rule", rules, path=tmp_path / "site", cwd=tmp_path)
    assert checked.returncode == 0, checked.stdout
    assert (tmp_path / "connector-crew/tests/test_contract.py").read_text().endswith('test_contract = contract_for("crew")\n')


def test_nothing_is_written_over(tmp_path: Path) -> None:
    (tmp_path / "crew.py").write_text(CREW, encoding="utf-8")
    target = tmp_path / "there"
    target.mkdir()
    assert package_into(target, tmp_path / "crew.py") == target
    before = (target / "README.md").read_bytes()
    (target / "mine.txt").write_text("mine")
    with pytest.raises(UsageProblem, match=r"is there already\. Nothing was changed"):
        package_into(target, tmp_path / "crew.py")
    assert (target / "README.md").read_bytes() == before
    (tmp_path / "crew.py").write_text("1/0\n")
    failed = connector_build("new", "--package", "crew.py", path=tmp_path, cwd=tmp_path)
    assert failed.returncode == 1
    assert sorted(each.name for each in tmp_path.iterdir()) == ["crew.py", "there"]


def test_the_same_file_gives_the_same_distribution(tmp_path: Path) -> None:
    (tmp_path / "crew.py").write_text(CREW, encoding="utf-8")
    assert packaged(str(tmp_path / "crew.py")) == packaged(str(tmp_path / "crew.py"))


def test_a_file_without_sample_records_and_with_needs(tmp_path: Path) -> None:
    head = '# /// script\n# dependencies = ["hypothesis>=6"]\n# ///\n'
    text = CREW.replace("SAMPLE = Sample(count=250, make=make, change=change)\n", "")
    text = text.replace("Crew: shifts", 'Crew "A\\\\B": shifts')
    (tmp_path / "crew_9.py").write_text(head + text, encoding="utf-8")
    name, files = packaged(str(tmp_path / "crew_9.py"))
    about = tomllib.loads(files["pyproject.toml"])["project"]
    assert (name, about["name"]) == ("crew_9", "connector-crew-9")
    assert about["description"] == 'Crew "A\\B": shifts of a ferry line'
    assert about["dependencies"][1:] == ["hypothesis>=6"]
    assert "connector_core_samples" not in about["entry-points"]
    assert "src/connector_crew_9/sample.py" not in files
    assert "# ///" not in files["src/connector_crew_9/__init__.py"]


def test_the_modules_have_what_they_need(tmp_path: Path) -> None:
    shared = CREW.replace("NAMES = ", "FIRST = 1767312000\nNAMES = ").replace("1767312000 + number", "FIRST + number")
    shared = shared.replace("    return [SHIFTS]", "    print(FIRST, Random, file=None)\n    return [SHIFTS]")
    (tmp_path / "crew.py").write_text(f"from __future__ import annotations\n{shared}", encoding="utf-8")
    _, files = packaged(str(tmp_path / "crew.py"))
    main, sample = files["src/connector_crew/__init__.py"], files["src/connector_crew/sample.py"]
    assert "from connector_crew import FIRST" in sample
    assert "from random import Random" in sample
    assert "from random import Random" in main
    assert "FIRST = 1767312000" in main
    assert "NAMES" not in main
    for text in (main, sample):
        compile(text, "module", "exec")
        assert "from __future__ import annotations" in text
        assert "\n\n\n\n" not in text


def test_a_file_in_another_encoding_becomes_utf8(tmp_path: Path) -> None:
    text = CREW.replace("Ann", "Añn").replace('name="crew_shifts"', 'name="crew_shifts", description="Café"')
    text = f"# -*- coding: latin-1 -*-\n{text}"
    (tmp_path / "crew.py").write_bytes(text.encode("latin-1"))
    _, files = packaged(str(tmp_path / "crew.py"))
    assert "Añn" in files["src/connector_crew/sample.py"]
    assert "Café" in files["src/connector_crew/__init__.py"]
    assert "latin-1" not in files["src/connector_crew/__init__.py"]
