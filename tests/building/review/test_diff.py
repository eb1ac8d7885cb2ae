"""What a new build means for a destination that the old one has filled: in words, and by exit code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.errors import BuildError, UsageProblem
from connector_build.project.lock import lacks, seal_of, wrong_with
from connector_build.review.diff import LEVELS, Change, added_sources, compare, read_lock, verdict
from connector_core.basics.names import COLUMN_TYPES
from distributions import connector_build, install, install_dataset, lock_of

TABLE = {"primary_key": ["id"], "columns": {"id": "STRING", "hours": "INT", "day": "NAIVE_DATE"}}
LOCK: Mapping[str, Any] = {
    "dataset": "jobs",
    "sources": [
        {"name": "connector-core", "version": "1.0", "sha256": "a"},
        {"name": "connector-jobs", "version": "1.0", "sha256": "b"},
    ],
    "tables": {"jobs": TABLE},
    "settings": {"api_key": {"kind": "text", "required": True, "secret": True}},
    "enabled": [],
    "disabled": ["rate"],
    "files": {"README.md": "x", "requirements.txt": "x"},
}


def changed(**parts: Any) -> list[Change]:
    return compare(LOCK, {**LOCK, **parts})


def table(**parts: Any) -> list[Change]:
    return changed(tables={"jobs": {**TABLE, **parts}})


def columns(**types: str | None) -> list[Change]:
    made = {**TABLE["columns"], **types}  # type: ignore[dict-item]  # None takes a column away
    return table(columns={name: kind for name, kind in made.items() if kind})


def test_the_same_lock_has_no_difference() -> None:
    assert compare(LOCK, json.loads(json.dumps(LOCK))) == []
    assert verdict([]) == "safe"


@pytest.mark.parametrize(
    ("changes", "level", "what", "words"),
    [
        (changed(dataset="tasks"), "breaks", "dataset", "deploy them as two connections"),
        (changed(tables={}), "breaks", "jobs", "stays in the destination as the last sync left it"),
        (changed(tables={"jobs": TABLE, "crews": TABLE}), "safe", "crews", "the next sync fills it"),
        (table(primary_key=["id", "day"]), "breaks", "jobs", "the primary key was id and is id, day"),
        (columns(note="STRING"), "re-sync", "jobs.note", "the column is new (STRING)"),
        (columns(day=None), "breaks", "jobs.day", "null in every row that is sent from now on"),
        (columns(hours="LONG"), "safe", "jobs.hours", "was INT and is LONG, which holds every value"),
        (columns(hours="STRING"), "safe", "jobs.hours", "was INT and is STRING, which holds every value"),
        (columns(hours="SHORT"), "breaks", "jobs.hours", "does not hold every value of before"),
        (columns(day="LONG"), "breaks", "jobs.day", "does not hold every value of before"),
        (changed(settings={}), "safe", "setting api_key", "no longer read"),
        (
            changed(settings={**LOCK["settings"], "region": {"kind": "text", "required": True, "secret": False}}),
            "breaks",
            "setting region",
            "is new and required",
        ),
        (
            changed(settings={**LOCK["settings"], "region": {"kind": "text", "required": False, "secret": False}}),
            "safe",
            "setting region",
            "has a default",
        ),
        (
            changed(settings={"api_key": {"kind": "text", "required": True, "secret": False}}),
            "safe",
            "setting api_key",
            "was a secret text and is text",
        ),
        (
            changed(sources=[LOCK["sources"][0], {"name": "connector-jobs", "version": "1.1", "sha256": "c"}]),
            "safe",
            "source connector-jobs",
            "1.0 → 1.1",
        ),
        (
            changed(sources=[LOCK["sources"][0], {"name": "connector-jobs", "version": "1.0", "sha256": "c"}]),
            "safe",
            "source connector-jobs",
            "other contents under the same version",
        ),
        (changed(sources=LOCK["sources"][:1]), "safe", "source connector-jobs", "is gone"),
        (changed(enabled=["rate"], disabled=[]), "safe", "option rate", "is on now"),
        (changed(undeclared_fields={"jobs": "warn"}), "safe", "jobs", '"allow" before, "warn" now'),
        (changed(undeclared_fields={"jobs": "drop"}), "breaks", "jobs", "null in every row that is sent from now on"),
        (
            compare({**LOCK, "undeclared_fields": {"jobs": "drop"}}, LOCK),
            "re-sync",
            "jobs",
            '"drop" before, "allow" now. They are null in rows of before',
        ),
        (changed(files={"README.md": "y", "requirements.txt": "y"}), "safe", "requirements.txt", "installs other versions"),
    ],
)
def test_each_difference_is_weighed(changes: list[Change], level: str, what: str, words: str) -> None:
    [change] = changes
    assert (change.level, change.what) == (level, what)
    assert words in change.message
    assert verdict(changes) == level


def test_a_setting_that_becomes_required_breaks() -> None:
    optional = {**LOCK, "settings": {"api_key": {"kind": "text", "required": False, "secret": True}}}
    [change] = compare(optional, LOCK)
    assert change.level == "breaks"


def test_names_that_are_one_in_the_destination_are_no_difference() -> None:
    before = {"rows2": {"primary_key": ["orderId", "day"], "columns": {"orderId": "LONG", "day": "STRING"}}}
    after = {"rows_2": {"primary_key": ["day", "order_id"], "columns": {"order_id": "LONG", "day": "STRING"}}}
    old = {**LOCK, "tables": before, "reads": {"rows2": "in steps"}, "feeds": {"rows2": "a"}}
    assert compare(old, {**LOCK, "tables": after, "reads": {"rows_2": "in steps"}, "feeds": {"rows_2": "a"}}) == []


types = st.dictionaries(st.sampled_from("abcd"), st.sampled_from(["INT", "LONG", "STRING", "DOUBLE"]))


@given(before=types, after=types)
def test_no_column_escapes_and_the_gravest_comes_first(before: dict[str, str], after: dict[str, str]) -> None:
    locks = [{**LOCK, "tables": {"jobs": {"primary_key": ["id"], "columns": each}}} for each in (before, after)]
    changes = compare(*locks)
    differing = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert {change.what for change in changes} == {f"jobs.{name}" for name in differing}
    weights = [LEVELS[change.level] for change in changes]
    assert weights == sorted(weights, reverse=True)
    if changes:
        assert LEVELS[verdict(changes)] == weights[0]


# The real command


def test_two_builds_and_what_would_be_built_now(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install_dataset(site, "jobs")
    for name in ("old", "new"):
        assert connector_build("jobs", f"--output={name}", path=site, cwd=tmp_path).returncode == 0
    same = connector_build("diff", "old", "new", path=site, cwd=tmp_path)
    assert (same.returncode, same.stdout) == (0, "old and new are the same connector.\n")

    module = site / "connector_jobs/__init__.py"
    module.write_text(module.read_text().replace('"owner": "STRING"', '"owner": "STRING", "note": "STRING"'))
    now = connector_build("diff", "old", path=site, cwd=tmp_path)
    assert now.returncode == 10
    assert "jobs_records.note" in now.stdout
    assert "re-sync the history" in now.stdout
    listed = connector_build("diff", "old", "--json", path=site, cwd=tmp_path)
    assert json.loads(listed.stdout)["verdict"] == "re-sync"

    module.write_text(module.read_text().replace('primary_key=["id"]', 'primary_key=["id", "owner"]'))
    broken = connector_build("diff", "old/connector.lock.json", path=site, cwd=tmp_path)
    assert broken.returncode == 20
    assert "Drop the table in the destination" in broken.stdout


def test_extensions_and_local_files_are_built_in_again(tmp_path: Path) -> None:
    site = tmp_path / "site"
    install_dataset(site, "jobs")
    extension = """
from connector_core import DerivedField, hookimpl


@hookimpl
def connector_transforms(table):
    return [DerivedField("{name}", lambda record: 1)]
"""
    install(
        site,
        "jobs-more",
        {"jobs_more/__init__.py": extension.format(name="more")},
        {"connector_core_extensions": {"jobs_more": "jobs_more"}},
    )
    (tmp_path / "ours.py").write_text(extension.format(name="ours"))
    built = connector_build("jobs", "--with=jobs-more", "--plugin-file=ours.py", path=site, cwd=tmp_path)
    assert built.returncode == 0, built.stderr
    lacking = connector_build("diff", "dist/jobs", path=site, cwd=tmp_path)
    assert lacking.returncode == 2
    assert "It was built with the local file ours.py. Say where that is: --plugin-file PATH." in lacking.stderr
    same = connector_build("diff", "dist/jobs", "--plugin-file=ours.py", path=site, cwd=tmp_path)
    assert same.returncode == 0, same.stdout + same.stderr


@pytest.mark.parametrize(
    ("text", "words", "code"),
    [
        (None, "there is no lock", 2),
        ("{", "is no JSON that can be read", 1),
        ("[]", "does not say what to compare (dataset, sources, tables, settings, enabled, disabled)", 1),
        ('{"dataset": "jobs", "sources": [], "enabled": [], "disabled": []}', "(tables, settings)", 1),
    ],
)
def test_what_is_no_lock(tmp_path: Path, text: str | None, words: str, code: int) -> None:
    if text is not None:
        (tmp_path / "connector.lock.json").write_text(text)
    done = connector_build("diff", ".", path=tmp_path, cwd=tmp_path)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def altered(*path: Any, to: Any) -> Any:
    """LOCK with something else at *path*."""
    lock = part = json.loads(json.dumps(LOCK))
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = to
    return lock


@pytest.mark.parametrize(
    ("lock", "words"),
    [
        (altered("sources", 1, to=1), "source 2 has no name, version or sha256 that is a text"),
        (altered("sources", 1, to={"name": "x", "version": "1"}), "source 2 has no name, version or sha256 that is a text"),
        (altered("sources", 0, "version", to=None), "source 1 has no name, version or sha256 that is a text"),
        (altered("tables", "jobs", to=None), "table jobs has no columns"),
        (altered("tables", "jobs", to={"primary_key": ["id"]}), "table jobs has no columns"),
        (altered("tables", "jobs", "primary_key", to="id"), "table jobs has no primary_key that is a list of columns"),
        (altered("tables", "jobs", "primary_key", to=[1]), "table jobs: its primary_key has a column named 1"),
        (altered("tables", "jobs", "columns", "id", to="STRNG"), "declares column 'id' as 'STRNG' (did you mean STRING?)"),
        (altered("tables", "jobs", "columns", "id", to=["STRING"]), "table jobs declares column 'id' as ['STRING']"),
        (altered("settings", "api_key", to=None), "setting api_key has no kind"),
        (altered("settings", "api_key", "required", to="yes"), "setting api_key has no kind"),
        (altered("enabled", to=[None]), "enabled is no list of names"),
        (altered("undeclared", to="ignore"), "undeclared is none of allow, warn, fail, drop"),
        (altered("undeclared", to=[]), "undeclared is none of allow, warn, fail, drop"),
        (altered("undeclared_fields", to=["jobs"]), "undeclared_fields does not say for each table"),
        (altered("undeclared_fields", to={"jobs": ["drop"]}), "undeclared_fields does not say for each table"),
        (altered("files", to=[]), "files does not give each file its hash"),
        (altered("files", "README.md", to=1), "files does not give each file its hash"),
    ],
)
def test_a_lock_with_a_part_that_no_build_writes(tmp_path: Path, lock: Any, words: str) -> None:
    file = tmp_path / "connector.lock.json"
    file.write_text(json.dumps(lock))
    with pytest.raises(BuildError) as raised:
        read_lock(tmp_path)
    assert str(raised.value).startswith(f"{file} is no lock as a build writes it: ")
    assert words in str(raised.value)
    assert "build it again with --force and the plugins of that time." in str(raised.value)


def test_a_lock_of_all_types_is_read(tmp_path: Path) -> None:
    columns = {kind.lower(): kind for kind in COLUMN_TYPES} | {"rate": "DECIMAL(15,2)"}
    lock = altered("tables", "jobs", to={"primary_key": ["string"], "columns": columns})
    (tmp_path / "it").write_text(json.dumps(lock))
    assert read_lock(tmp_path / "it") == lock


def test_a_lock_that_is_nested_too_deep(tmp_path: Path) -> None:
    (tmp_path / "it").write_text("[" * 100_000)
    with pytest.raises(BuildError, match="is no JSON that can be read"):
        read_lock(tmp_path / "it")


def test_what_is_nested_too_deep_to_be_told() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ValueError, match="is nested too deep"):
        seal_of({"tables": deep})
    assert wrong_with(altered("tables", "jobs", "columns", "id", to=deep)) == "a table is nested too deep"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


@given(
    JSON,
    st.sampled_from(
        [
            ("sources",), ("sources", 0), ("sources", 0, "name"), ("tables",), ("tables", "jobs"), ("tables", "jobs", "columns"),
            ("tables", "jobs", "primary_key"), ("settings",), ("settings", "api_key"), ("enabled",), ("disabled",), ("files",),
        ]
    ),
)  # fmt: skip
def test_what_is_not_refused_can_be_compared(value: Any, path: tuple[Any, ...]) -> None:
    lock = altered(*path, to=value)
    if not lacks(lock) and not wrong_with(lock):
        compare(lock, LOCK)
        compare(LOCK, lock)
        added_sources(lock)


def test_a_zip_of_a_project_is_compared_by_the_lock_in_it(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(json.dumps(LOCK))
    for name, files in {"jobs.zip": ["connector.lock.json"], "none.zip": ["below/connector.lock.json"]}.items():
        with ZipFile(tmp_path / name, "w") as archive:
            for file in files:
                archive.writestr(file, json.dumps(LOCK))
    assert read_lock(tmp_path / "jobs.zip") == LOCK
    with pytest.raises(UsageProblem, match=r"none\.zip: there is no lock\. Name a built project, .* or a zip of it"):
        read_lock(tmp_path / "none.zip")


def test_the_lock_says_what_the_tables_are(tmp_path: Path) -> None:
    install_dataset(tmp_path, "jobs")
    assert connector_build("jobs", path=tmp_path, cwd=tmp_path).returncode == 0
    lock = lock_of(tmp_path / "dist/jobs")
    assert lock["tables"] == {
        "jobs_records": {
            "primary_key": ["id"],
            "columns": {"id": "STRING", "amount": "DOUBLE", "owner": "STRING", "changed": "LONG"},
        }
    }
    assert lock["settings"]["base_url"] == {"kind": "url", "required": False, "secret": False}
