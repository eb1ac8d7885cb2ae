"""Settings for every test: hypothesis measures no time, because a busy machine is no fault of the code."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

# As a shell has it in which the environment is active: tox's own would be gone when it ends, which next steps heed.
os.environ.pop("TOX_ENV_DIR", None)
os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])

OF_THEIR_OWN = {"snow": "fakesnow", "browser": "playwright", "singer": "psycopg", "site": "zensical", "spark": "pyspark"}
"""Folders of tests that have an environment of their own (tox.ini) → what only that one has."""
collect_ignore = [folder for folder, needed in OF_THEIR_OWN.items() if find_spec(needed) is None]

MAIN = sys.modules["__main__"]

LONGEST = 80
"""Characters of a parameter that still name a test."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A short name for bytes and long texts: two workers have to collect the same, and what gzip packs has the time in it."""
    if isinstance(val, bytes) or (isinstance(val, str) and len(val) > LONGEST):
        return f"{argname}-of-{len(val)}"
    return None


def pytest_runtest_teardown() -> None:
    """Streamlit's AppTest leaves the app behind as ``__main__``, which a process that is spawned later would then run."""
    sys.modules["__main__"] = MAIN
