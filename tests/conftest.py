"""Settings for every test: hypothesis measures no time, because a busy machine is no fault of the code."""

from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

LONGEST = 80
"""Characters of a parameter that still name a test."""


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A short name for bytes and long texts: two workers have to collect the same, and what gzip packs has the time in it."""
    if isinstance(val, bytes) or (isinstance(val, str) and len(val) > LONGEST):
        return f"{argname}-of-{len(val)}"
    return None
