"""The records of one answer, spooled as they arrive and read one by one.

They are written to a file before the first is handed out, because a body that was cut on its way must be noticed while another
try can still help.
"""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from tempfile import SpooledTemporaryFile
from typing import Any, BinaryIO, overload
from weakref import finalize

IN_MEMORY_BYTES = 1024 * 1024
"""The records of one answer move from memory into a temporary file from this size on."""


Make = Callable[[], Any]
"""Makes one record, a new one at each call: so the last one can be had again as it was sent."""

Parse = Callable[[BinaryIO], Iterator[Make]]

Look = Callable[[BinaryIO], Any]
"""Reads an answer from its start to its end, and gives what it says beside its records."""


class Records(Sequence[Any]):
    """The records of one answer, in order. Its bytes are kept, and parsed anew at each iteration.

    One iteration at a time may be under way, and in one thread. (Each has a place of its own in the file, so asking for the
    length or for a record during an iteration is safe.) The length and the last record are known after a complete iteration;
    any other record is found by reading from the start. ``list`` asks for the length first, so it may parse them twice. Two of
    them are equal when their bytes are.

    The first record is read at once, so what is wrong with it, or with a header, is raised here and not at an iteration.

    beside: what the answer says beside its records, as JSON; None where its format has no place for that. *look* finds it, and
            whatever is wrong anywhere in the answer: it reads all of it before the first record is handed out.
    """

    def __init__(self, chunks: Iterable[bytes], parse: Parse, look: Look | None = None) -> None:
        self._file = SpooledTemporaryFile(max_size=IN_MEMORY_BYTES)  # noqa: SIM115  (closed when nobody uses the records any more)
        self._close = finalize(self, self._file.close)
        self._parse = parse
        self._length: int | None = None
        self._last: Make | None = None
        digest = blake2b(digest_size=32)
        try:
            for chunk in chunks:
                digest.update(chunk)
                self._file.write(chunk)
            self._digest = digest.digest()
            self.beside = look(self._reader()) if look else None
            self._filled = any(True for _ in self)
        except BaseException:
            self._close()
            raise

    def __iter__(self) -> Iterator[Any]:
        length = 0
        make = None
        for make in self._parse(self._reader()):
            yield make()
            length += 1
        self._length, self._last = length, make

    def _reader(self) -> BinaryIO:
        return io.BufferedReader(_Window(self._file))

    def __len__(self) -> int:
        if self._length is None:
            for _ in self:
                pass
        return self._length or 0

    def __bool__(self) -> bool:
        return self._filled

    @overload
    def __getitem__(self, index: int) -> Any: ...

    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return self._between(range(*index.indices(len(self))))
        place = index if index >= 0 else len(self) + index
        if self._last and place + 1 == self._length:
            return self._last()
        for record in islice(self, place, None) if place >= 0 else ():
            return record
        raise IndexError("there is no such record")

    def _between(self, places: range) -> list[Any]:
        if not places:
            return []
        upwards = places if places.step > 0 else places[::-1]
        found = list(islice(self, upwards.start, upwards.stop, upwards.step))
        return found if places.step > 0 else found[::-1]

    def __eq__(self, other: object) -> bool:
        return self._digest == other._digest if isinstance(other, Records) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as for a list


class _Window(io.RawIOBase):
    """A file from its start, with a place of its own in it; closing it leaves the file open."""

    def __init__(self, file: "SpooledTemporaryFile[bytes]") -> None:
        self._file = file
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._place}
        self._place = offset + (starts[whence] if whence in starts else self._file.seek(0, io.SEEK_END))
        return self._place

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._place)
        count = self._file.readinto(buffer)
        self._place += count
        return count
