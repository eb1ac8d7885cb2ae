"""Record what the builds of an earlier commit deliver: `python record.py COMMIT` writes COMMIT.json beside this file.

Needs git, and an environment with the distributions installed (`.tox/tests`): the commit is checked out aside, and its code is
found before that of today.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CASES: dict[str, tuple[str, ...]] = {
    "fts": ("fts",),
    "fts with all": ("fts", "--enable", "fts_technicians,cost_per_hour"),
    "mso": ("mso",),
    "mso with all": ("mso", "--enable", "mso_products,efficiency_ratio"),
}
"""Name → what `connector-build` is told."""


def delivered(arguments: Sequence[str], folder: Path, source: Path | None = None) -> dict[str, Any]:
    """What a project that is built into *folder* delivers; *source*: a checkout whose code builds it, today's if None."""
    places = [source / name for name in ("core/src", "plugins/fts/src", "plugins/mso/src")] if source else []
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, places))}
    build = [sys.executable, "-P", "-m", "connector_build", *arguments, "--output", str(folder)]
    subprocess.run(build, env=environment, check=True, stdout=subprocess.DEVNULL)
    replay = [sys.executable, "-P", str(HERE / "replay.py"), str(folder), arguments[0]]
    done = subprocess.run(replay, check=True, stdout=subprocess.PIPE, text=True)
    lock = json.loads((folder / "connector.lock.json").read_text(encoding="utf-8"))
    kept = {name: lock[name] for name in ("dataset", "tables", "settings", "enabled", "disabled")}
    return {"lock": kept, **json.loads(done.stdout)}


def main() -> None:
    (commit,) = sys.argv[1:]
    with tempfile.TemporaryDirectory() as temporary:
        source = Path(temporary, "source")
        subprocess.run(["git", "worktree", "add", "--detach", str(source), commit], cwd=ROOT, check=True)  # noqa: S607
        try:
            found = {
                name: delivered(arguments, Path(temporary, name.replace(" ", "_")), source) for name, arguments in CASES.items()
            }
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", str(source)], cwd=ROOT, check=True)  # noqa: S607
    (HERE / f"{commit}.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
