"""Whatever else goes wrong in a sync, in words: the machine ran out of something, or the fault is our own."""

import errno
import sqlite3
import tempfile

from connector_core.basics.blame import told
from connector_core.basics.errors import ConnectorError, InternalError
from connector_core.basics.names import one_line

_FULL = {errno.ENOSPC, errno.EDQUOT}
_GOES_ON = "The next sync goes on from the last checkpoint."


def in_words(error: Exception, where: str) -> ConnectorError:
    """*error* as one paragraph of ours; *where* is what was under way."""
    if isinstance(error, ConnectorError):
        return error
    return InternalError(f"{where}: {_out_of(error) or _ours(error)} {_GOES_ON}")


def _out_of(error: Exception) -> str | None:
    """What the machine ran out of, and what to do; None where it is something else."""
    if isinstance(error, MemoryError):
        return "the memory is used up. Set page_size or max_answer_mb lower, and disable extra tables with many groups."
    if isinstance(error, RecursionError):
        return "something in a record is nested too deeply. Take it out with a transform, or ask the API's owner for less of it."
    full = isinstance(error, OSError) and error.errno in _FULL
    if full or (isinstance(error, sqlite3.OperationalError) and "full" in str(error)):
        return f"the disk is full, where temporary files go ({_place()}). Make room there, or set TMPDIR to another folder."
    if isinstance(error, FileNotFoundError) and "temporary directory" in str(error):
        return "there is no folder for temporary files that can be written to. Set TMPDIR to one."
    if isinstance(error, OSError):
        return f"the machine refuses something: {told(error)} Check its limits and its disk."
    return None


def _place() -> str:
    return one_line(tempfile.gettempdir(), 100)


def _ours(error: Exception) -> str:
    return f"it failed with {told(error)} Nobody foresaw that: please report it to whoever maintains connector_core."
