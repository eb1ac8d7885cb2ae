"""Our messages, where Spark would show a traceback around them."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager

from connector_core.basics.errors import ConnectorError

_OURS = re.compile(r"connector_core\.[\w.]+: (.+?)(?:\n\s*(?:SQLSTATE|at [\w.$]+\(|JVM stacktrace|\n)|\Z)", re.DOTALL)


@contextmanager
def told() -> Iterator[None]:
    """Let what is raised as an error of ours reach the driver as its message alone.

    Spark's workers ask this variable when they hand an error on, and end with it.
    """
    try:
        yield
    except ConnectorError:
        os.environ["SPARK_HIDE_TRACEBACK"] = "1"
        raise


def message_of(error: BaseException) -> str | None:
    """What the connector says in an *error* that Spark raised; None where it says nothing."""
    found = _OURS.search(str(error))
    return " ".join(found[1].split()) if found else None
