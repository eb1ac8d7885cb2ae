"""Rows put aside, in a temporary file, until the feed that they come from has been read to its end."""

import pickle
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.derived.applying import LeftOut
from connector_core.engine.records import Rows

IN_MEMORY = 8_000_000
"""Bytes that are kept in memory before the file is written to disk."""


def packed(value: object) -> bytes:
    """*value* in bytes, for ``pickle.loads``. Raises UnexpectedAnswer for one that is nested some hundred levels deep."""
    try:
        return pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    except RecursionError:
        raise UnexpectedAnswer(
            "A record is nested too deeply to be put aside until the feed is read. Take the field out with a transform, "
            "or ask the API's owner."
        ) from None


class Spool(AbstractContextManager["Spool"]):
    """Parts of a feed, given back in the order in which they came. It is gone when the block ends.

    records: how many there are; left_out: how many of them are left out, by what.
    """

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  (closed when the block ends)
        self.records = 0
        self.left_out = Counter[str]()

    def __exit__(self, *_: object) -> None:
        self._file.close()

    @property
    def is_empty(self) -> bool:
        """Whether no row is there."""
        return self.records == self.left_out.total()

    def put(self, rows: Rows) -> None:
        """Put one part aside."""
        self._file.write(packed(rows))
        self.records += len(rows)
        self.left_out.update(row.by for _, row in rows if isinstance(row, LeftOut))

    def parts(self) -> Iterator[Rows]:
        """The parts, each as it came."""
        end = self._file.tell()
        self._file.seek(0)
        while self._file.tell() < end:
            yield pickle.load(self._file)  # noqa: S301  (written by this very object, in a file that nobody else can open)
