"""Which warehouse an app is over: the one that was named, the newest of a debug or demo, or one that is made now."""

from collections.abc import Callable
from pathlib import Path

from connector_build.errors import UsageProblem
from connector_core.runtime.scripts.warehouse import warehouse


def chosen(dataset: str, given: Path | None, make: Callable[[Path], None], dist: Path = Path("dist")) -> Path:
    """The warehouse file for *dataset*.

    given: a file that the user named. make: fills the project at a path, by a demo, when there is no warehouse yet.
    Raises UsageProblem where the file that was named is none.
    """
    if given is not None:
        if not given.is_file():
            raise UsageProblem(
                f"--warehouse {given}: there is no such file. A debug run leaves one at dist/{dataset}/files/warehouse.db."
            )
        return given
    demo = dist / f"demo-{dataset}"
    found = [file for project in (dist / dataset, demo) if (file := warehouse(project)).is_file()]
    if not found:
        make(demo)
        return warehouse(demo)
    return max(found, key=lambda file: file.stat().st_mtime_ns)
