"""Settings for every test: hypothesis measures no time, because a busy machine is no fault of the code."""

import sys
from importlib.util import find_spec

from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

OF_THEIR_OWN = {"snow": "fakesnow", "browser": "playwright", "spark": "pyspark"}
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
