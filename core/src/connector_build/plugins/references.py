"""What a dataset is called on the command line: by its name, or by the path of the one file that it is.

Nothing of core is imported here: every build needs it before it begins.
"""

import re
import sys
from pathlib import Path
from typing import Final

from connector_build.errors import UsageProblem

COMMANDS: Final = tuple("app check compare dbt debug demo diff docs list new preview record runs serve show verify".split())  # noqa: SIM905
VERBS: Final = frozenset({*COMMANDS, "build", "help"})
"""Names that no dataset may take, because they are subcommands or soon will be."""
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

_TAKEN: Final = frozenset({"connector", "connector_core", "connector_build", "connector_app"})


def is_file(reference: str) -> bool:
    """Whether *reference* means a file, not an installed dataset: it ends in ``.py``, or has a slash."""
    return reference.endswith(".py") or "/" in reference


def named(reference: str) -> str:
    """The name of the dataset that *reference* means: of a file, its stem. Raises UsageProblem for what cannot be one."""
    if not is_file(reference):
        return reference
    path = Path(reference)
    if path.suffix != ".py":
        raise UsageProblem(f"{path} is no Python file. Give the path of one .py file with hooks, or the name of a dataset.")
    if objection := _objection(path.stem):
        raise UsageProblem(f"{path}: its dataset would be called {_shown(path.stem)}, {objection}")
    return path.stem


def is_importable(stem: str) -> bool:
    """Whether a project can import a local file of this name, without hiding what is Python's or ours."""
    return bool(NAME.fullmatch(stem)) and stem not in sys.stdlib_module_names | _TAKEN


def _objection(stem: str) -> str:
    """What speaks against *stem* as the name of a dataset, as the end of a sentence; empty where nothing does."""
    if not NAME.fullmatch(stem):
        plain = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "crew"
        meant = plain if NAME.fullmatch(plain) and is_importable(plain) and plain not in VERBS else f"my_{plain}"
        return f"and a dataset's name is lower-case letters, digits and underscores. Rename the file, such as {meant}.py."
    if stem in VERBS:
        return f"which is a verb of connector-build. Rename the file, such as my_{stem}.py."
    if not is_importable(stem):
        whose = "a module of Python" if stem in sys.stdlib_module_names else "a module that every project has"
        return f"which is {whose}. Rename the file, such as my_{stem}.py."
    return ""


def _shown(stem: str) -> str:
    from connector_core.basics.names import one_line

    return one_line(repr(stem), 60)
