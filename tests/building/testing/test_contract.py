"""The contract: a plugin that keeps it passes, and each that breaks one rule fails that one, and is told how to mend it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

import connector_build.testing
from broken import HEALTHY, Sample, assembly, behaviour
from connector_build.errors import UsageProblem
from connector_build.testing import RULES, Finding, World, assembled, check_contract, contract_for, signed
from connector_build.testing.contract import bare
from connector_build.testing.contract.check_syncs import check_exact
from connector_build.testing.contract.outcomes import Broken, difference, no_network
from connector_build.testing.contract.rules import Rule
from connector_build.testing.contract.subject import Subject
from connector_core import Aggregate
from distributions import install, install_dataset
from places import ROOT

SAMPLES = (*assembly.SAMPLES, *behaviour.SAMPLES)
NAMES = [rule.name for rule in RULES]
SLOW = ("bare_import", "same_bytes", "survives_faults")
"""Rules that start processes and servers; they are checked where they matter."""

PLAYGROUND = sorted((ROOT / "tests/playground").glob("*.py"))
FIXTURES = "connector_build.testing.fixtures"


def put(folder: Path, patch: pytest.MonkeyPatch, dataset: str, source: str, options: tuple[str, ...] = ()) -> None:
    install_dataset(folder, dataset, source.replace("DATASET", dataset), options=options)
    patch.syspath_prepend(folder)


def of(findings: list[Finding], status: str) -> dict[str, str]:
    return {finding.rule: finding.message for finding in findings if finding.status == status}


def without(*names: str) -> list[str]:
    return [name for name in NAMES if name not in names]


def run_pytest(folder: Path, *arguments: str, path: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """pytest in a process of its own, with the fixtures, as in an environment that was just installed."""
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", FIXTURES, "-p", "no:cacheprovider", "-v", "--color=no", *arguments],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), "PYTHONPATH": str(path or folder), "COLUMNS": "250"},
        capture_output=True,
        text=True,
        check=False,
    )


# Plugins that keep the rules, and plugins that break one


def test_there_is_a_broken_plugin_for_each_rule() -> None:
    assert {sample.rule for sample in SAMPLES} == set(NAMES)
    assert len({sample.dataset for sample in SAMPLES}) == len(SAMPLES)


def test_a_healthy_plugin_keeps_every_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, "healthy", HEALTHY)
    told: list[Finding] = []
    findings = check_contract("healthy", rules=without("survives_faults"), on_finding=told.append)
    assert findings == told
    assert of(findings, "pass").keys() == set(without("survives_faults"))


@pytest.mark.parametrize("module", PLAYGROUND, ids=lambda module: module.stem)
def test_a_plugin_of_the_playground_keeps_every_rule(module: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, f"contract_{module.stem}", module.read_text())
    findings = check_contract(f"contract_{module.stem}", rules=without(*SLOW))
    assert of(findings, "pass").keys() == set(without(*SLOW)), findings


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.dataset)
def test_a_broken_plugin_fails_its_rule_alone(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, sample.dataset, sample.source, sample.options)
    slow = set(SLOW) - {sample.rule} - ({"bare_import"} if sample.rule == "same_bytes" else set())
    failed = of(check_contract(sample.dataset, rules=without(*slow)), "fail")
    assert list(failed) == [sample.rule], failed
    for word in sample.words:
        assert word in failed[sample.rule]


@pytest.mark.parametrize("sample", assembly.SAMPLES, ids=lambda sample: sample.dataset)
def test_what_does_not_assemble_passes_nothing(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = f"again_{sample.dataset}"
    put(tmp_path, monkeypatch, dataset, sample.source.replace(sample.dataset, dataset))
    subject = Subject(dataset)
    findings = check_contract(dataset, rules=without(*SLOW))
    if subject.error is not None:
        assert of(findings, "skip") == dict.fromkeys(without(sample.rule, *SLOW), f"It does not assemble: see {sample.rule}.")
    else:
        assert "It does not assemble" not in str(findings)


def test_an_error_inside_the_plugin_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = """
@frozen
class Strange(CursorPaginator):
    def bookmark(self, request):
        raise LookupError("no place")


@hookimpl
def connector_paginator(table):
    return Strange()
"""
    put(tmp_path, monkeypatch, "strange", HEALTHY + below)
    [finding] = check_contract("strange", rules=["bookmarks"])
    assert finding.status == "fail"
    assert finding.message.startswith("LookupError while it was checked: no place. Correct the plugin")


def test_a_rule_waits_for_those_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    [sample] = [each for each in SAMPLES if each.dataset == "paginator_ends_fails"]
    put(tmp_path, monkeypatch, "waiting", sample.source.replace(sample.dataset, "waiting"))
    [finding] = check_contract("waiting", rules=["exact_tables"])
    assert (finding.status, finding.message) == ("skip", "It needs paginator_ends to hold first.")


def test_a_rule_that_needs_an_api_says_why_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = """
from connector_core import FunctionPaginator


@hookimpl
def connector_paginator(table):
    return FunctionPaginator(lambda request, page: None)
"""
    put(tmp_path, monkeypatch, "unknowable", HEALTHY + below)
    skipped = of(check_contract("unknowable", rules=without("bare_import", "same_bytes")), "skip")
    assert set(skipped) == {"paginator_ends", "paginator_advances", "bookmarks", "exact_tables", "survives_faults"}
    for message in skipped.values():
        assert "FunctionPaginator" in message
        assert "recorded pages" in message


def test_an_extension_and_a_file_are_held_to_the_contract_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    field = """
from connector_core import DerivedField, hookimpl


@hookimpl
def connector_transforms(table):
    return [DerivedField("{name}", lambda record: record[{field!r}], default=False)]
"""
    put(tmp_path, monkeypatch, "extended", HEALTHY)
    points = {"connector_core_extensions": {"crew_more": "crew_more"}}
    install(tmp_path, "crew-more", {"crew_more/__init__.py": field.format(name="more", field="pay")}, points)
    (tmp_path / "our_fields.py").write_text(field.format(name="ours", field="shift_id"))
    rules = ["assembles", "transforms_take_any_record"]
    [assembles, takes] = check_contract("extended", extensions=["crew-more"], rules=rules)
    assert assembles.status == "pass"
    assert "more fails on a record with nothing but its key" in takes.message
    assert of(check_contract("extended", files=[tmp_path / "our_fields.py"], rules=rules), "pass").keys() == set(rules)
    [same] = check_contract("extended", extensions=["crew-more"], files=[tmp_path / "our_fields.py"], rules=["same_bytes"])
    assert same.status == "pass", same.message


@pytest.mark.parametrize(
    ("dataset", "line"),
    [
        ("signs", "from connector_signs_auth import connector_auth"),
        ("parts", "from functools import partial\nconnector_auth = partial(ApiKeyHeader, 'api_key')"),
        ("answers", "connector_auth = ApiKeyHeader('api_key')"),
    ],
    ids=["of another package", "a partial", "the answer itself"],
)
def test_whatever_is_called_like_a_hook_has_to_be_one(
    dataset: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = "from connector_core import ApiKeyHeader\n\n\ndef connector_auth():\n    return ApiKeyHeader('api_key')\n"
    whole = f"{HEALTHY.replace('DATASET', dataset)}\nfrom connector_core import ApiKeyHeader\n{line}\n"
    files = {f"connector_{dataset}/__init__.py": whole, f"connector_{dataset}_auth.py": apart}
    install(tmp_path, f"connector-{dataset}", files, {"connector_core": {dataset: f"connector_{dataset}"}})
    monkeypatch.syspath_prepend(tmp_path)
    [finding] = check_contract(dataset, rules=["hooks"])
    assert finding.status == "fail"
    assert "connector_auth is not marked as a hook, so it is never asked. Write @hookimpl above it." in finding.message


def test_a_function_from_another_module_of_the_plugin_has_to_be_marked_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    apart = "from connector_core import ApiKeyHeader\n\n\ndef connector_auth():\n    return ApiKeyHeader('api_key')\n"
    whole = HEALTHY.replace("DATASET", "apart") + "\nfrom connector_apart.signing import connector_auth\n"
    files = {"connector_apart/__init__.py": whole, "connector_apart/signing.py": apart}
    install(tmp_path, "connector-apart", files, {"connector_core": {"apart": "connector_apart"}})
    monkeypatch.syspath_prepend(tmp_path)
    [finding] = check_contract("apart", rules=["hooks"])
    assert finding.message == (
        "connector-apart: connector_auth is not marked as a hook, so it is never asked. Write @hookimpl above it."
    )


def test_an_extra_table_that_is_not_what_sql_makes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, "rounded", HEALTHY)
    subject, row = Subject("rounded"), Aggregate.row
    check_exact(subject)
    monkeypatch.setattr(Aggregate, "row", lambda self, group, made: {**row(self, group, made), "shifts": 7})
    with pytest.raises(Broken, match=r"sync 1 of several: rounded_totals .*is there, what SQL gives: \{'shifts': \(7, "):
        check_exact(subject)


def test_every_way_to_sign_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = """
from connector_core import AuthChoice, BearerToken


@frozen(eq=False)
class Shown(AuthBase):
    token: str

    def __call__(self, request):
        return request


class Showing(BearerToken):
    def __call__(self, configuration):
        return Shown(configuration["token"])


@hookimpl
def connector_auth():
    return AuthChoice("how", {"key": ApiKeyHeader("X-Key"), "token": Showing()}, default="key")
"""
    put(tmp_path, monkeypatch, "choosy", HEALTHY + below)
    [finding] = check_contract("choosy", rules=["secrets"])
    assert finding.message.startswith("Its auth object shows a secret.")


@pytest.mark.parametrize("auth", ["BasicAuth()", 'OAuth2ClientCredentials(token_url="/token")', 'SessionLogin("/login")'])
def test_ready_made_auth_shows_nothing(auth: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = f"""
from connector_core import BasicAuth, OAuth2ClientCredentials, SessionLogin


@hookimpl
def connector_auth():
    return {auth}
"""
    dataset = re.sub(r"\W", "", auth.partition("(")[0]).lower()
    put(tmp_path, monkeypatch, dataset, HEALTHY + below)
    assert of(check_contract(dataset, rules=["secrets"]), "pass").keys() == {"secrets"}


def test_auth_that_takes_no_made_up_key_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = """
from connector_core import ClientCertificate


@hookimpl
def connector_auth():
    return ClientCertificate()
"""
    put(tmp_path, monkeypatch, "certified", HEALTHY + below)
    [finding] = check_contract("certified", rules=["secrets"])
    assert finding.status == "skip"
    assert "cannot be made from made-up settings: client_certificate is no PEM file" in finding.message


def stub(schema: list[dict[str, Any]]) -> Subject:
    """A subject with nothing but a schema, such as core lets nobody assemble."""
    return cast(Subject, SimpleNamespace(assembly_with_everything=SimpleNamespace(schema=schema, tables=[]), assemblies=()))


@pytest.mark.parametrize(
    ("rule", "entry", "words"),
    [
        ("keys", {"table": "a", "primary_key": ["b", "c"], "columns": {"b": "LONG"}}, "a: c of its key is not declared"),
        ("column_types", {"table": "a", "primary_key": ["b"], "columns": {"b": "TEXT"}}, "a: b is declared 'TEXT'. Write one of"),
        (
            "distinct_names",
            {"table": "a", "primary_key": ["b"], "columns": {"bC": "INT", "b_c": "INT"}},
            "bC and b_c both become b_c",
        ),
    ],
)
def test_what_core_lets_through_is_looked_at_again(rule: str, entry: dict[str, Any], words: str) -> None:
    [check] = [each.check for each in RULES if each.name == rule]
    check(stub([{"table": "x", "primary_key": ["y"], "columns": {"y": "LONG", "z": {"type": "DECIMAL"}}}]))
    with pytest.raises(Broken, match=re.escape(words)):
        check(stub([entry]))


@pytest.mark.parametrize(
    ("code", "out", "err", "words"),
    [
        (1, "", "Traceback\nImportError: no x\n", "what it requires: ImportError: no x. Import and read only"),
        (3, "", "", "what it requires: exit 3."),
        (0, "", "", "ends the process when it is imported"),
        (0, "hello\n", "", "ends the process when it is imported"),
        (0, '[false, "NoneType", ""]', "", "connector is a NoneType, no Connector of the SDK"),
        (0, '[true, "Connector", "hello"]', "", "prints when it is imported: hello."),
        (0, '[true, "Connector", ""]', "", None),
    ],
)
def test_what_a_bare_interpreter_says(code: int, out: str, err: str, words: str | None) -> None:
    problem = bare._problem(subprocess.CompletedProcess([], code, out, err))
    assert problem is None if words is None else words in str(problem)


def test_a_project_that_takes_for_ever_to_import_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, monkeypatch, "sleeping", f"{HEALTHY}\nimport sys\n\nif 'pytest' not in sys.modules:\n    time.sleep(30)\n")
    monkeypatch.setattr(bare, "SECONDS", 1.0)
    [finding] = check_contract("sleeping", rules=["bare_import"])
    assert finding.message.startswith("The built project is still not imported after 1 s.")


# The calls


def test_unknown_names_are_wrong_use() -> None:
    with pytest.raises(UsageProblem, match=r"no rule 'name' \(did you mean names\?\)"):
        check_contract("fts", rules=["name"])
    with pytest.raises(UsageProblem, match="no dataset 'ftss'"):
        check_contract("ftss", rules=["names"])
    with pytest.raises(UsageProblem, match="no such Python file"):
        check_contract("fts", files=[Path("nowhere.py")], rules=["names"])
    with pytest.raises(UsageProblem, match=r"nowhere\.json is no recording"):
        check_contract("fts", pages=Path("nowhere.json"), rules=["bookmarks"])


def test_the_network_is_out_of_reach_for_a_while_only() -> None:
    import socket

    known = socket.socket.connect, socket.getaddrinfo
    with no_network() as asked, pytest.raises(OSError, match="there is no network here"), socket.socket() as one:
        one.connect(("192.0.2.1", 9))
    assert asked == ["192.0.2.1:9"]
    assert known == (socket.socket.connect, socket.getaddrinfo)
    assert "connect" not in vars(socket.socket)


def test_a_difference_is_shown_where_it_is() -> None:
    assert difference({"a": [1, {"b": "x" * 100 + "1"}]}, {"a": [1, {"b": "x" * 100 + "2"}]}).startswith("a[1].b: 'xxx")
    assert difference({"a": [1]}, {"a": [1]}) == ""
    assert difference({"a": [1]}, {"a": [1, 2]}) == "a: [1], then [1, 2]"
    assert difference({"a": 1}, {"b": 1}) == ": {'a': 1}, then {'b': 1}"


def test_each_rule_is_a_test_of_its_own_name(tmp_path: Path) -> None:
    [sample] = [each for each in SAMPLES if each.dataset == "names_derived_field"]
    site = tmp_path / "site"
    install_dataset(site, "named", sample.source.replace(sample.dataset, "named"))
    rules = without(*SLOW)
    (tmp_path / "test_named.py").write_text(
        f"from connector_build.testing import contract_for\n\ntest_contract = contract_for('named', rules={rules!r})\n"
    )
    ran = run_pytest(tmp_path, "-rA", path=site)
    found = dict(re.findall(r"^test_named\.py::test_contract\[(\w+)\] (PASSED|FAILED|SKIPPED)", ran.stdout, re.M))
    assert found == dict.fromkeys(rules, "PASSED") | {"names": "FAILED"}, ran.stdout + ran.stderr
    assert "named breaks the rule names (Fivetran keeps" in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "contract.py" not in ran.stdout


def test_a_rule_that_is_not_checked_is_skipped_with_the_reason(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install_dataset(site, "torn", f"{HEALTHY}\nraise RuntimeError('torn')\n".replace("DATASET", "torn"))
    (tmp_path / "test_torn.py").write_text(
        "from connector_build.testing import contract_for\n\ntest_contract = contract_for('torn', rules=['assembles', 'keys'])\n"
    )
    ran = run_pytest(tmp_path, "-rs", path=site)
    assert "1 failed, 1 skipped" in ran.stdout
    assert "It does not assemble: see assembles." in ran.stdout
    assert "connector-torn: its module connector_torn cannot be imported: RuntimeError (" in ran.stdout
    assert "): torn. Correct the plugin" in ran.stdout


def test_contract_for_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest", None)
    with pytest.raises(UsageProblem, match=r"pip install 'connector-core\[testing\]'"):
        contract_for("fts")


def test_contract_for_looks_at_nothing_yet() -> None:
    made = contract_for("no_such_dataset", rules=["names"])
    [rule] = [rule for rule in RULES if rule.name == "names"]
    with pytest.raises(pytest.fail.Exception, match="no dataset"):
        made(rule)


def test_without_a_dataset_one_rule_fails_and_the_others_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "test_bad.py").write_text(
        "from connector_build.testing import contract_for\n\ntest_contract = contract_for('zzqq')\n"
    )
    ran = run_pytest(tmp_path, "-rfs")
    assert f"1 failed, {len(RULES) - 1} skipped" in ran.stdout
    assert ran.stdout.count("There is no dataset 'zzqq'") == 2, ran.stdout  # where it fails, and in pytest's summary
    assert "There is nothing to check: see assembles." in ran.stdout
    assert "Traceback" not in ran.stdout
    assert "contract.py" not in ran.stdout.partition("short test summary")[0]


# The kit


def test_rules_are_named_once_and_say_what_they_need() -> None:
    assert len(set(NAMES)) == len(NAMES)
    for number, rule in enumerate(RULES):
        assert isinstance(rule, Rule)
        assert set(rule.needs) <= set(NAMES[:number])


def test_the_kit_is_light_until_it_is_used() -> None:
    code = f"import sys, {FIXTURES}; print([n for n in sys.modules if n.startswith(('connector_', 'flask', 'requests', 'attr'))])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "['connector_build', 'connector_build.testing', 'connector_build.testing.fixtures']"


def test_the_command_does_not_import_the_kit_for_its_help() -> None:
    code = "import sys, connector_build.cli.main; print([name for name in sys.modules if 'testing' in name or name == 'pytest'])"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_the_fixtures_are_installed_for_pytest() -> None:
    project = tomllib.loads((ROOT / "core/pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {FIXTURES: FIXTURES}
    assert project["optional-dependencies"]["testing"] == ["duckdb>=1.1", "pytest>=8"]


def test_every_public_name_is_there() -> None:
    assert connector_build.testing.__all__ == sorted(connector_build.testing.__all__, key=_isort)
    assert all(hasattr(connector_build.testing, name) for name in connector_build.testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = connector_build.testing.nothing


def _isort(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


# docs/testing.md


def page() -> str:
    return (ROOT / "docs/testing.md").read_text(encoding="utf-8")


def test_the_page_has_every_rule_and_every_name() -> None:
    rules, names = page().split("## What the kit offers")
    assert re.findall(r"^\| `(\w+)` \| (.*) \|$", rules, re.M)[: len(RULES)] == [(rule.name, rule.title) for rule in RULES]
    first = re.findall(r"^\| (`.*?) \|", names, re.M)
    listed = [name for cell in first for name in re.findall(r"`(\w+)`", cell)]
    assert sorted([*listed, "Unmimicked"]) == sorted(connector_build.testing.__all__)


def test_the_examples_of_the_page_run(tmp_path: Path) -> None:
    files = re.findall(r"^File `(\S+)`:\n\n```python\n(.*?)^```", page(), re.M | re.S)
    for path, text in files:
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    _write_pages(tmp_path / "tests/pages.json")
    ran = run_pytest(tmp_path, "-k", "not (bare_import or same_bytes or survives_faults)")
    assert [path for path, _ in files if f"{path}::" not in ran.stdout] == []
    assert f"{len(RULES) - len(SLOW) + 5} passed" in ran.stdout, ran.stdout + ran.stderr


def _write_pages(path: Path) -> None:
    from connector_build.api.server import ApiServer
    from connector_build.testing import Mimic, record

    fts = signed(assembled("fts"))
    with ApiServer() as server:
        server.answering = Mimic(fts, World(fts), server.url).reply
        record("fts", {"base_url": server.url, "api_key": "made-up-key"}, path)
