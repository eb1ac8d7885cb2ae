"""Stands in for `snowflake.cortex`."""

from typing import Any

from connector_app.start.snowpark import complete as _complete

__all__ = ["Complete", "complete"]


def complete(model: str, prompt: str, **_: Any) -> str:
    """What `SNOWFLAKE.CORTEX.COMPLETE` answers on this machine."""
    return _complete(model, prompt)


Complete = complete
