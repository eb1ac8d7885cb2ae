"""The gallery: each plugin keeps every rule of the contract, and is short."""

import ast
import re
from pathlib import Path

import pytest

import connector_build.gallery
from connector_build.testing import RULES, check_contract
from distributions import install_dataset
from places import ROOT

GALLERY = sorted(path for path in Path(connector_build.gallery.__path__[0]).glob("*.py") if path.stem != "__init__")
SLOW = ("bare_import", "same_bytes", "survives_faults")


@pytest.mark.parametrize("module", GALLERY, ids=lambda module: module.stem)
def test_it_keeps_every_rule(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = module.stem
    install_dataset(tmp_path, dataset, module.read_text(encoding="utf-8"))
    monkeypatch.syspath_prepend(tmp_path)
    findings = check_contract(dataset, rules=[rule.name for rule in RULES if rule.name not in SLOW])
    assert {f"{each.rule}: {each.message}" for each in findings if each.status != "pass"} == set()


@pytest.mark.parametrize("module", GALLERY, ids=lambda module: module.stem)
def test_it_is_short(module: Path) -> None:
    lines = [line for line in module.read_text(encoding="utf-8").splitlines() if line.strip()]
    assert len(lines) <= 60


def test_the_page_names_each_with_its_own_words() -> None:
    page = (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| \[(\w+)\]\((.*?)\) \| (.*?) \| (.*?) \|$", page, re.M)
    assert [row[0] for row in rows] == [module.stem for module in GALLERY]
    for module, (_, path, name, what) in zip(GALLERY, rows, strict=True):
        said = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
        assert " ".join(said.split()) == f"{name}: {what}."
        assert (ROOT / "docs" / path).resolve() == module.resolve()
