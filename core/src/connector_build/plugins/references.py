"""What a dataset is called on the command line: by its name, or by the path of the one file that it is.

Nothing of core is imported here: every build needs it before it begins.
"""

import re
import sys
from pathlib import Path
from typing import Final

from connector_build.errors import UsageProblem

COMMANDS: Final = (
    *("app", "backfill", "check", "compare", "completion", "cost", "dbt", "debug", "demo", "diff", "docs", "lakeflow"),
    *("list", "new", "preview", "record", "run", "runs", "serve", "show", "verify"),
)
VERBS: Final = frozenset({*COMMANDS, "build", "help"})
"""Names that no dataset may take, because they are subcommands or soon will be."""
NAME: Final = re.compile(r"[a-z][a-z0-9_]*")

_TAKEN: Final = frozenset({"connector", "connector_core", "connector_build", "connector_app", "connector_spark"})


def is_python(reference: str) -> bool:
    """Whether *reference* is the path of a Python file, or of one of the datasets in it: ``ferry.py:ships``."""
    return reference.endswith(".py") or ".py:" in reference


def is_file(reference: str) -> bool:
    """Whether *reference* means a file, not an installed dataset: it ends in ``.py``, names a dataset in one, or has a slash."""
    return is_python(reference) or "/" in reference


def parted(reference: str) -> tuple[Path, str]:
    """The file that *reference* means, and which of the datasets in it, if it says so. Raises UsageProblem where it is none."""
    path, colon, dataset = reference.rpartition(".py:")
    path = f"{path}.py" if colon else reference
    if not path.endswith(".py"):
        raise UsageProblem(f"{path} is no Python file. Give the path of one .py file with hooks, or the name of a dataset.")
    return Path(path), dataset if colon else ""


def named(reference: str) -> str:
    """The name of the dataset that *reference* means: of a file, its stem; of one of several in it, the name that it has there.

    Raises UsageProblem for what cannot be one.
    """
    if not is_file(reference):
        return reference
    path, dataset = parted(reference)
    objection = _objection(dataset or path.stem, "dataset" if dataset else "file")
    if objection:
        raise UsageProblem(f"{path}: its dataset would be called {_shown(dataset or path.stem)}, {objection}")
    if not is_importable(path.stem):
        raise UsageProblem(f"{path}: a project would import it as {_shown(path.stem)}, {_objection(path.stem, 'file')}")
    return dataset or path.stem


def is_importable(stem: str) -> bool:
    """Whether a project can import a local file of this name, without hiding what is Python's or ours."""
    return bool(NAME.fullmatch(stem)) and stem not in sys.stdlib_module_names | _TAKEN


def _objection(stem: str, what: str) -> str:
    """What speaks against *stem* as the name of a dataset, as the end of a sentence; empty where nothing does. *what* has it."""
    ending = ".py" if what == "file" else ""
    if not NAME.fullmatch(stem):
        plain = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_") or "crew"
        meant = plain if NAME.fullmatch(plain) and is_importable(plain) and plain not in VERBS else f"my_{plain}"
        return f"and a dataset's name is lower-case letters, digits and underscores. Rename the {what}, such as {meant}{ending}."
    if stem in VERBS:
        return f"which is a verb of connector-build. Rename the {what}, such as my_{stem}{ending}."
    if not is_importable(stem):
        whose = "a module of Python" if stem in sys.stdlib_module_names else "a module that every project has"
        return f"which is {whose}. Rename the {what}, such as my_{stem}{ending}."
    return ""


def _shown(stem: str) -> str:
    from connector_core.basics.names import one_line

    return one_line(repr(stem), 60)
