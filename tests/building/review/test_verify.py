"""What `connector-build verify` says of a project, or of a zip, that is no longer what was built; and of zips that mean harm."""

import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from connector_build.cli.main import main
from connector_build.errors import BuildError
from connector_build.local import fivetran
from connector_build.project.lock import seal_of
from connector_build.project.making import made
from connector_build.project.output import write_project
from connector_build.project.writer import LOCK, Project
from connector_build.review import contents, locks, verify
from connector_build.review.diff import read_lock
from connector_core.runtime.scripts.command import surroundings
from distributions import connector_build, install, lock_of

Edit = Callable[[Path], object]


@pytest.fixture(scope="module")
def fts() -> Project:
    return made("fts", enable=("cost_per_hour",))


@pytest.fixture
def built(fts: Project, tmp_path: Path) -> Path:
    return write_project(fts, tmp_path / "dist" / "fts").folder


def zip_of(files: Mapping[str, bytes], path: Path) -> Path:
    """A zip of *files*, as `fivetran package` makes one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def zipped(fts: Project, tmp_path: Path) -> Path:
    return zip_of(fts.files, tmp_path / "fts.zip")


def differences(path: Path) -> list[tuple[str, str]]:
    return [(each.kind, each.name) for each in verify.verify(path).differences]


def command(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["verify", *map(str, arguments)])


def relock(project: Path, change: Callable[[dict[str, Any]], object], *, seal: bool = True) -> None:
    """Change a lock; with *seal* its hash of itself too, as one who forges it would."""
    lock = lock_of(project)
    change(lock)
    if seal:
        lock["sha256"] = seal_of(lock)
    (project / LOCK).write_text(json.dumps(lock))


# As built


@pytest.mark.parametrize("kind", ["built", "zipped"])
def test_all_as_built_is_one_line(kind: str, request: pytest.FixtureRequest, fts: Project) -> None:
    path = request.getfixturevalue(kind)
    result = command(path)
    assert result.exit_code == 0, result.output
    assert result.output == (
        f"{path} is as built: fts, {len(fts.files) - 1} files, from connector-core 0.1.0, connector-fts 0.1.0\n"
    )


def test_the_real_command_with_an_extension_and_a_local_file(tmp_path: Path) -> None:
    install(
        tmp_path / "site",
        "acme-fts-extras",
        {"acme_fts_extras/__init__.py": "", "acme_fts_extras/deep/data.txt": "x"},
        {"connector_core_extensions": {"fts": "acme_fts_extras"}},
    )
    (tmp_path / "our_fields.py").write_text("")
    connector_build(
        "fts", "--with", "acme-fts-extras", "--plugin-file", "our_fields.py", path=tmp_path / "site", cwd=tmp_path
    ).check_returncode()
    done = connector_build("verify", "dist/fts", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("dist/fts is as built: fts, ")
    assert done.stdout.endswith("connector-fts 0.1.0, acme-fts-extras 1.0, our_fields.py\n")
    (tmp_path / "dist/fts/acme_fts_extras/deep/data.txt").write_text("y")
    (tmp_path / "dist/fts/our_fields.py").write_text("y")
    done = connector_build("verify", "dist/fts", "--json", path=tmp_path / "site", cwd=tmp_path)
    assert done.returncode == 1
    assert [(each["kind"], each["name"]) for each in json.loads(done.stdout)["differences"]] == [
        ("source", "acme-fts-extras 1.0"),
        ("source", "our_fields.py"),
        ("changed", "acme_fts_extras/deep/data.txt"),
        ("changed", "our_fields.py"),
    ]


def test_what_debug_runs_and_their_user_leave_is_no_difference(built: Path) -> None:
    for folder in ("files", "crash-reports", ".venv", "__pycache__", "connector_core/__pycache__"):
        (built / folder).mkdir()
        (built / folder / "x.pyc").write_text("left")
    for name in ("configuration.json", "config.json", "destination.json", "options.toml"):
        (built / name).write_text("mine")
    assert differences(built) == []


def test_the_package_that_fivetran_makes(built: Path, tmp_path: Path) -> None:
    (built / "configuration.json").write_text('{"api_key": "canary-7f3a"}')
    (built / "config.json").write_text("{}")
    with surroundings(os.environ) as environment, fivetran._no_version_check():
        made = subprocess.run(
            [Path(sys.executable).with_name("fivetran"), "package", built, "--non-interactive"],
            env=environment, cwd=built, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
    assert made.returncode == 0, made.stdout + made.stderr
    assert differences(built / "files/fts.zip") == []
    assert differences(built) == []


# Changed


def test_a_changed_file_and_its_source(built: Path) -> None:
    (built / "connector_fts/__init__.py").write_text("# mine")
    (built / "README.md").write_text("mine")
    result = command(built)
    assert result.exit_code == 1
    lines = [line.split() for line in result.output.splitlines()]
    assert result.output.startswith(f"{built} is not as it was built: 3 differences.\n")
    assert [line[:2] for line in lines[3:]] == [
        ["source", "connector-fts"],
        ["changed", "README.md"],
        ["changed", "connector_fts/__init__.py"],
    ]
    for words in ("see connector_fts below", "is not what was built", "--plugin-file", "build again"):
        assert words in result.output


def test_a_missing_file(built: Path) -> None:
    (built / "connector_core/py.typed").unlink()
    (built / "deploy.sh").unlink()
    assert differences(built) == [
        ("source", "connector-core 0.1.0"),
        ("missing", "connector_core/py.typed"),
        ("missing", "deploy.sh"),
    ]
    assert "Build the connector again, with --force." in command(built).output


def test_an_added_file(built: Path) -> None:
    (built / "connector_fts/extra.py").write_text("mine")
    (built / "notes.txt").write_text("mine")
    (built / "lib").mkdir()
    (built / "lib/configuration.json").write_text("mine")
    assert differences(built) == [
        ("source", "connector-fts 0.1.0"),
        ("added", "connector_fts/extra.py"),
        ("added", "lib/configuration.json"),
        ("added", "notes.txt"),
    ]
    assert "Move it elsewhere" in command(built).output


def test_links_and_pipes_are_not_followed(built: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret.txt").write_text("secret")
    (built / "link").symlink_to(tmp_path / "elsewhere")
    (built / "broken").symlink_to(tmp_path / "nowhere")
    (built / "circle").symlink_to(built)
    same = (built / "README.md").read_bytes()
    (tmp_path / "README.md").write_bytes(same)
    (built / "README.md").unlink()
    (built / "README.md").symlink_to(tmp_path / "README.md")
    (built / "connector.py").unlink()
    os.mkfifo(built / "connector.py")
    assert differences(built) == [
        ("changed", "README.md"),
        ("changed", "connector.py"),
        ("added", "broken"),
        ("added", "circle"),
        ("added", "link"),
    ]
    assert "no ordinary file but a link or the like" in command(built).output


def test_a_folder_in_place_of_a_file(built: Path) -> None:
    (built / "deploy.sh").unlink()
    (built / "deploy.sh").mkdir()
    assert differences(built) == [("missing", "deploy.sh")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read(built: Path) -> None:
    (built / "connector.py").chmod(0)
    with pytest.raises(BuildError, match=r"connector\.py cannot be read: Permission denied"):
        verify.verify(built)
    (built / "connector.py").chmod(0o644)
    (built / "connector_core").chmod(0)
    try:
        with pytest.raises(BuildError, match=r"connector_core cannot be read"):
            verify.verify(built)
    finally:
        (built / "connector_core").chmod(0o755)


def test_an_error_of_the_system_says_which_file(built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(BuildError, match=r"cannot be read: Permission denied\. Make it readable"):
        verify.verify(built)


def test_many_differences_are_cut_in_print_but_not_as_json(built: Path) -> None:
    for number in range(80):
        (built / f"note_{number}").write_text("")
    result = command(built)
    assert "80 differences" in result.output
    assert result.output.endswith("and 30 more, which --json lists.\n")
    assert len(json.loads(command(built, "--json").output)["differences"]) == 80


def test_as_json(built: Path) -> None:
    result = command(built, "--json")
    assert result.exit_code == 0
    assert json.loads(result.output) == {
        "path": str(built),
        "as_built": True,
        "dataset": "fts",
        "files": len(lock_of(built)["files"]),
        "sources": [{"name": "connector-core", "version": "0.1.0"}, {"name": "connector-fts", "version": "0.1.0"}],
        "differences": [],
    }
    (built / "connector.py").write_text("")
    result = command(built, "--json")
    assert result.exit_code == 1
    made = json.loads(result.output)
    assert not made["as_built"]
    assert [(each["kind"], each["name"]) for each in made["differences"]] == [("changed", "connector.py")]


# The lock


def test_a_lock_that_is_missing(built: Path) -> None:
    (built / LOCK).unlink()
    result = command(built)
    assert result.exit_code == 1
    assert "lock" in result.output
    assert "is missing, so nobody can tell what was built. Build the connector again, with --force." in result.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON that can be read"),
        ("{", "is no JSON that can be read"),
        ("\udcff", "is no JSON that can be read"),
        ("[" * 100_000, "is no JSON that can be read"),
        ('{"dataset": "fts", "dataset": "mso"}', "a name stands in it twice"),
        ("[]", "lacks the dataset, the sources or the files"),
        ('{"dataset": "fts", "sources": [], "files": {}}', "lacks the dataset, the sources or the files"),
        ('{"dataset": "fts", "sources": [1], "files": {}}', "has a source without name, version or hash"),
    ],
)
def test_a_lock_that_cannot_be_read(built: Path, text: str, words: str) -> None:
    (built / LOCK).write_text(text, errors="surrogateescape")
    verdict = verify.verify(built)
    assert [(each.kind, each.name) for each in verdict.differences] == [("lock", LOCK)]
    assert words in verdict.differences[0].message
    assert verdict.differences[0].message.endswith("so nothing can be compared with it. Build the connector again, with --force.")


def test_a_lock_that_is_a_link_or_too_large(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "LARGEST_LOCK", 1000)
    assert "has more than 1,000 bytes" in verify.verify(built).differences[0].message
    (built / LOCK).rename(tmp_path / "lock")
    (built / LOCK).symlink_to(tmp_path / "lock")
    assert "is no ordinary file" in verify.verify(built).differences[0].message


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "a/../../b", "./connector.py", "a//b", "c:/x", "a\\b", "", "a/"])
def test_a_lock_that_lists_what_is_not_in_the_project(built: Path, name: str) -> None:
    relock(built, lambda lock: lock["files"].update({name: "0" * 64}))
    assert "which is no path of a project" in verify.verify(built).differences[0].message


@pytest.mark.parametrize("made", ["", "0" * 63, "g" * 64, None, 5, "0" * 64 + "\n"])
def test_a_lock_with_something_else_for_a_hash(built: Path, made: object) -> None:
    relock(built, lambda lock: lock["files"].update({"connector.py": made}))
    assert "has no hash of connector.py" in verify.verify(built).differences[0].message


def test_a_lock_whose_hash_was_made_to_fit_a_changed_file(built: Path) -> None:
    (built / "connector_fts/__init__.py").write_text("# mine")
    digest = contents._digest_of(built / "connector_fts/__init__.py")
    relock(built, lambda lock: lock["files"].update({"connector_fts/__init__.py": digest}))
    verdict = verify.verify(built)
    assert [each.kind for each in verdict.differences] == ["lock", "lock"]
    assert "gives connector-fts 0.1.0 a hash that none of its packages has" in verdict.differences[0].message
    assert "lists files of connector_fts, which are those of no source" in verdict.differences[1].message
    assert all("the lock was changed by hand" in each.message for each in verdict.differences)


@pytest.mark.parametrize(
    "change",
    [
        lambda lock: lock.update({"dataset": "mso"}),
        lambda lock: lock["tables"].popitem(),
        lambda lock: lock["tables"]["fts_records"]["columns"].update({"record_id": "LONG"}),
        lambda lock: lock["tables"]["fts_records"].update({"primary_key": ["customer_id"]}),
        lambda lock: lock["settings"]["api_key"].update({"secret": False}),
        lambda lock: lock.update({"enabled": []}),
        lambda lock: lock.update({"disabled": ["x"]}),
        lambda lock: lock["sources"][1].update({"version": "9.9"}),
        lambda lock: lock.update({"more": 1}),
        lambda lock: lock.update({"sha256": "0" * 64}),
        lambda lock: lock.update({"sha256": None}),
    ],
)
def test_a_lock_with_a_changed_field(built: Path, change: Callable[[dict[str, Any]], object]) -> None:
    relock(built, change, seal=False)
    (difference,) = verify.verify(built).differences
    assert (difference.kind, difference.name) == ("lock", LOCK)
    assert "is not what its own hash says" in difference.message
    assert command(built).exit_code == 1


def test_the_order_and_the_indentation_of_a_lock_do_not_matter(built: Path) -> None:
    lock = lock_of(built)
    (built / LOCK).write_text(json.dumps(dict(reversed(lock.items()))))
    assert differences(built) == []
    assert list(lock)[-1] == "sha256"


def test_a_lock_of_an_older_build_has_no_hash_of_itself(built: Path) -> None:
    relock(built, lambda lock: lock.pop("sha256"), seal=False)
    assert "an older connector-build wrote it" in verify.verify(built).differences[0].message
    assert read_lock(built)["dataset"] == "fts"


@pytest.mark.parametrize(
    "change",
    [
        lambda lock: lock["files"].update({"connector_fts/more.py": "0" * 64}),
        lambda lock: lock["files"].update({"more.py": "0" * 64}),
        lambda lock: lock["files"].pop("connector_core/engine/sync.py"),
        lambda lock: lock["sources"].pop(),
        lambda lock: lock["sources"].append({"name": "more", "version": "1", "sha256": "0" * 64}),
        lambda lock: lock["sources"][0].update({"sha256": "0" * 64}),
    ],
)
def test_a_lock_that_contradicts_itself(built: Path, change: Callable[[dict[str, Any]], object]) -> None:
    relock(built, change)
    assert "lock" in [kind for kind, _ in differences(built)]


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("0" * 64),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
SOURCE = st.fixed_dictionaries({"name": ANY, "version": ANY, "sha256": ANY})
LOCKS = ANY | st.fixed_dictionaries({"dataset": ANY, "sources": st.lists(SOURCE | ANY, max_size=2) | ANY, "files": ANY})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LOCKS)
def test_no_lock_makes_it_fail_in_another_way(built: Path, lock: object) -> None:
    (built / LOCK).write_text(json.dumps(lock))
    assert differences(built)


def test_what_a_lock_says_cannot_forge_a_line(built: Path) -> None:
    relock(built, lambda lock: lock.update({"dataset": "fts\n[red]all as built\x1b[2J"}))
    result = command(built)
    assert result.exit_code == 0
    assert result.output.count("\n") == 1
    assert "\x1b" not in result.output


# Neither


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (Path.exists, "is not there"),
        (lambda path: path.write_text("text"), "is no zip that can be read"),
        (lambda path: path.mkdir(), "holds no connector"),
        (lambda path: zip_of({"photo.jpg": b""}, path), "holds no connector"),
        (lambda path: zip_of({}, path), "holds no connector"),
        (os.mkfifo, "is neither a folder nor a zip"),
    ],
)
def test_a_path_that_is_neither(tmp_path: Path, make: Edit, words: str) -> None:
    make(tmp_path / "it")
    result = command(tmp_path / "it")
    assert result.exit_code == 2
    assert words in result.output
    assert "Name the folder of a built project, such as dist/fts, or a zip that `fivetran package` made" in result.output


# Zips


def test_a_zip_with_changed_missing_and_added_files(fts: Project, tmp_path: Path) -> None:
    files = {**fts.files, "connector.py": b"# mine", "__pycache__/x.pyc": b"", "files/x": b"", "connector_fts/": b""}
    del files["deploy.sh"]
    path = zip_of(files, tmp_path / "x.zip")
    assert differences(path) == [
        ("changed", "connector.py"),
        ("missing", "deploy.sh"),
        ("added", "__pycache__/x.pyc"),
        ("added", "files/x"),
    ]
    assert "comes from no build and would be uploaded" in command(path).output


@pytest.mark.parametrize("name", ["configuration.json", "config.json", "deep/configuration.json", "destination.json"])
def test_keys_in_a_zip_are_an_alarm(fts: Project, tmp_path: Path, name: str) -> None:
    path = zip_of({**fts.files, "a.txt": b"", name: b'{"api_key": "canary-7f3a"}'}, tmp_path / "x.zip")
    assert differences(path) == [("secret", name), ("added", "a.txt")]
    result = command(path)
    assert result.exit_code == 1
    for words in ("would be uploaded", "Delete this zip", "fivetran package", "replace the keys"):
        assert words in result.output
    assert "canary" not in result.output


def test_a_zip_of_the_folder_rather_than_of_what_is_in_it(fts: Project, tmp_path: Path) -> None:
    path = zip_of({f"fts/{name}": data for name, data in fts.files.items()}, tmp_path / "x.zip")
    result = command(path)
    assert result.exit_code == 1
    assert "is not at the top but at fts/connector.lock.json" in result.output


def special(name: str, mode: int = 0o644, **changes: Any) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    for attribute, value in changes.items():
        setattr(info, attribute, value)
    return info


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("member", "words"),
    [
        (special("../evil.py"), "would be written outside of its folder"),
        (special("connector_core/../../evil.py"), "would be written outside of its folder"),
        (special("/etc/cron.d/evil"), "would be written outside of its folder"),
        (special("..\\evil.py"), "would be written outside of its folder"),
        (special("C:/evil.py"), "would be written outside of its folder"),
        (special("./connector.py"), "or over another file"),
        (special("connector_core//sync.py"), "or over another file"),
        (special("../"), "would be written outside of its folder"),
        (special("connector.py"), "is in it 2 times"),
        (special("link", stat.S_IFLNK | 0o777), "is a symbolic link"),
        (special("README.md/", stat.S_IFLNK | 0o777), "is a symbolic link"),
        (special("odd", compress_type=zipfile.ZIP_BZIP2), "is packed in a way that Fivetran's packaging does not use"),
        (special("new\nline\x1b[2J/../x"), "would be written outside"),
    ],
)
def test_a_zip_that_is_not_safe_to_unpack(fts: Project, tmp_path: Path, member: zipfile.ZipInfo, words: str) -> None:
    path = zip_of(fts.files, tmp_path / "x.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(member, b"/etc/passwd")
    before = set(tmp_path.parent.rglob("*"))
    result = command(path)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {path}: its file ")
    assert words in result.output
    assert "do not unpack or deploy it" in result.output
    assert result.output.count("\n") == 1
    assert "\x1b" not in result.output
    assert set(tmp_path.parent.rglob("*")) == before


def test_an_encrypted_zip(fts: Project, tmp_path: Path) -> None:
    data = bytearray(zip_of(fts.files, tmp_path / "x.zip").read_bytes())
    data[data.rindex(b"PK\1\2") + 8] |= 1
    (tmp_path / "x.zip").write_bytes(data)
    with pytest.raises(BuildError, match="is encrypted"):
        verify.verify(tmp_path / "x.zip")


def test_a_bomb_that_says_what_it_is(fts: Project, tmp_path: Path) -> None:
    path = zip_of({**fts.files, "bomb": bytes(contents.MOST_BYTES)}, tmp_path / "x.zip")
    assert path.stat().st_size < 1_000_000
    with pytest.raises(BuildError, match=r"unpacks to more than 200,000,000 bytes, more than any project, so it is not read"):
        verify.verify(path)


def test_a_bomb_that_lies_about_its_size(fts: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = zip_of({**fts.files, "bomb": bytes(5_000_000)}, tmp_path / "x.zip")
    read = 0

    def counted(file: io.BufferedReader) -> Iterator[bytes]:
        nonlocal read
        while piece := file.read(contents.PIECE):
            read += len(piece)
            yield piece

    monkeypatch.setattr(contents, "MOST_BYTES", 2_000_000)
    monkeypatch.setattr(contents, "_check_members", lambda *_: None)
    monkeypatch.setattr(contents, "_pieces", counted)
    with pytest.raises(BuildError, match="unpacks to more than 2,000,000 bytes"):
        verify.verify(path)
    assert read <= 2_000_000 + contents.PIECE


def test_a_zip_of_too_many_files_or_bytes(zipped: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "MOST_MEMBERS", 10)
    with pytest.raises(BuildError, match=r"files, more than any project \(10\)\. Make it anew"):
        verify.verify(zipped)
    monkeypatch.setattr(contents, "LARGEST_ZIP", 1000)
    with pytest.raises(BuildError, match=r"bytes, more than any project \(1,000\), so it is not looked into"):
        verify.verify(zipped)


def test_a_zip_that_was_damaged_on_its_way(zipped: Path) -> None:
    data = bytearray(zipped.read_bytes())
    data[len(data) // 2] ^= 0xFF
    zipped.write_bytes(data)
    result = command(zipped)
    assert result.exit_code == 1
    assert "is damaged" in result.output
    zipped.write_bytes(data[: len(data) // 2])
    assert command(zipped).exit_code == 2


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_zip_makes_it_fail_in_another_way(zipped: Path, tmp_path: Path, data: st.DataObject) -> None:
    contents = bytearray(zipped.read_bytes())
    directory = contents.index(b"PK\1\2")
    where = st.integers(directory, len(contents) - 1) | st.integers(0, len(contents) - 1)
    for place in data.draw(st.lists(where, min_size=1, max_size=8)):
        contents[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "changed.zip"
    path.write_bytes(contents)
    with suppress(BuildError):  # UsageProblem is one
        assert verify.verify(path).differences is not None


# In print


@pytest.mark.parametrize("terminal", [True, False])
def test_brackets_are_no_markup(built: Path, terminal: bool) -> None:
    (built / "[red]x[").write_text("")
    console = Console(file=io.StringIO(), width=100, force_terminal=terminal, no_color=True, highlight=False)
    verify.show(built, verify.verify(built), console)
    assert "[red]x[" in console.file.getvalue()  # type: ignore[attr-defined]
