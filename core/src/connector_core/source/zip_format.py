"""Zip archives (APPNOTE.TXT of PKWARE): files in one of the other formats, read one after the other without being written out."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial
from typing import IO, Any, BinaryIO, ClassVar, cast

from attrs import evolve, field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import listed, one_line
from connector_core.source.columns import Declared
from connector_core.source.csv_format import Csv
from connector_core.source.json_format import Json
from connector_core.source.json_lines import JsonLines
from connector_core.source.spooled import Look, Make, Records
from connector_core.source.unpacking import BrokenBody, TooLarge, unpacked
from connector_core.source.xml_format import Xml

MOST_MEMBERS = 10_000
_ENTRY = b"PK\x01\x02"
"""What each entry of an archive's directory begins with (APPNOTE.TXT, section 4.3.12)."""
_ENCRYPTED = 0x1
_READ = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Ways of packing of which a piece is unpacked in bounded memory."""
PIECE_BYTES = 64 * 1024
_FOLLOW = "If the API changed, the plugin has to follow."
_SYSTEM = ("__MACOSX/",)
"""What an archive has that nobody put there."""


def _patterns(value: Any) -> Any:
    return (value,) if isinstance(value, str) else listed(value)


@frozen
class Zip:
    """A zip archive whose files are in another format: ``Zip(Csv())``, ``Zip(Xml("item"))``, ``Zip(Json("results"))`` …

    format:  that of each file.
    members: which files are read, by name or pattern (``"*.csv"``, ``["orders-*.csv", "lines.csv"]``), compared with the name
             without its folders and with all of it. They are read in the order of the archive.

    An archive without such a file is an error, and so is one that is encrypted or damaged. The limit of an answer holds for all
    of its files together, as unpacked. Raises PluginError when an argument cannot be used.
    """

    accept: ClassVar[str] = "application/zip, application/octet-stream"
    """What a request says that it takes."""
    of_lines: ClassVar[bool] = False
    of_tags: ClassVar[bool] = False

    format: Csv | JsonLines | Xml | Json
    members: tuple[str, ...] = field(default=("*",), converter=_patterns)

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.format, Csv | JsonLines | Xml | Json):
            shown = one_line(repr(self.format), 60)
            raise PluginError(f'Zip: format is {shown}. Write what its files are: Csv(), JsonLines(), Json(), Xml("item").')
        if (
            not isinstance(self.members, tuple)
            or not self.members
            or not all(isinstance(each, str) and each for each in self.members)
        ):
            raise PluginError(f'Zip: members is {one_line(repr(self.members), 60)}. Write a pattern, or some: members="*.csv".')

    @property
    def held(self) -> bool:
        """Whether its files are held in memory, each as a whole."""
        return self.format.held

    def spool(self, chunks: Iterable[bytes], columns: Declared, where: str, limit: int) -> Records:
        """The records of the archive in *chunks*, all of which are read before this returns; the arguments are those of Csv.

        Raises BrokenBody for an archive that is cut or damaged, TooLarge once its files have more than *limit* bytes, and
        UnexpectedAnswer for one that cannot be read, and for what its files are not.
        """
        counted = _counted(unpacked(chunks, limit), where)
        return Records(counted, partial(_records, self, columns, where), partial(_beside, self, where, limit))

    def takes(self, name: str) -> bool:
        """Whether a file of that name is read."""
        return any(fnmatchcase(name, each) or fnmatchcase(name.rpartition("/")[2], each) for each in self.members)

    def without(self, names: Iterable[str]) -> "Zip":
        """The same for answers in which the columns *names* are not looked for."""
        return evolve(self, format=self.format.without(names))


def _counted(chunks: Iterable[bytes], where: str) -> Iterator[bytes]:
    """*chunks* of an archive. Raises UnexpectedAnswer for one with a directory that is too large to be held in memory."""
    entries, last = 0, b""
    for chunk in chunks:
        entries += (last + chunk).count(_ENTRY)
        last = (last + chunk)[1 - len(_ENTRY) :]
        if entries > MOST_MEMBERS:
            raise UnexpectedAnswer(
                f"{where}: the zip archive has more than {MOST_MEMBERS:,} files. Ask the API's owner for fewer, larger ones."
            )
        yield chunk


def _records(form: Zip, columns: Declared, where: str, file: BinaryIO) -> Iterator[Make]:
    with _archive(where, file) as archive:
        for member in _members(form, archive, where):
            with _opened(archive, member) as content:
                yield from form.format.parse(columns, _named(where, member))(io.BufferedReader(cast("Any", content)))


def _beside(form: Zip, where: str, limit: int, file: BinaryIO) -> Any:
    """What the files of an archive say beside their records; the last that says something has its way. All of it is unpacked."""
    look: Look | None = None
    beside: Any = None
    left = limit
    with _archive(where, file) as archive:
        for member in _members(form, archive, where):
            with _opened(archive, member) as content:
                counting = _Counting(content, left)
                if isinstance(form.format, Xml):
                    look = form.format.look(_named(where, member))
                    beside = {**(beside or {}), **look(io.BufferedReader(counting))}
                counting.drain()
                left = counting.left
    return beside


@contextmanager
def _archive(where: str, file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The archive in *file*. Raises BrokenBody where it is damaged, also while it is read; UnexpectedAnswer for none at all."""
    begin = file.read(2)
    if begin not in (b"PK", b"P", b""):
        what = "a web page, not a zip archive" if begin.lstrip()[:1] == b"<" else "no zip archive"
        raise UnexpectedAnswer(f"{where}: the answer is {what}. Check base_url, and the table's format. {_FOLLOW}")
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, struct.error, ValueError, OverflowError, NotImplementedError) as error:
        raise _broken(error) from None
    with archive:
        try:
            yield archive
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError) as error:
            raise _broken(error) from None


def _opened(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> IO[bytes]:
    """A file of *archive*. Raises BrokenBody where it is not where the archive says."""
    try:
        return archive.open(member)
    except (OSError, ValueError) as error:  # a place before the beginning of the archive
        raise _broken(error) from None


def _broken(error: Exception) -> BrokenBody:
    return BrokenBody(f"the zip archive is cut or damaged ({one_line(error, 80)})")


def _members(form: Zip, archive: zipfile.ZipFile, where: str) -> list[zipfile.ZipInfo]:
    """The files that are read. Raises UnexpectedAnswer where there are none, or one cannot be."""
    there = [each for each in archive.infolist() if not each.is_dir() and not each.filename.startswith(_SYSTEM)]
    chosen = [each for each in there if form.takes(each.filename)]
    if not chosen:
        names = one_line(", ".join(each.filename for each in there) or "no file at all", 120)
        raise UnexpectedAnswer(
            f"{where}: the zip archive has no file {' or '.join(form.members)}, only {names}. "
            f"Correct members in the plugin's Zip. {_FOLLOW}"
        )
    for each in chosen:
        if each.flag_bits & _ENCRYPTED:
            raise UnexpectedAnswer(f"{_named(where, each)} is encrypted, and nobody has its password here. Ask the API's owner.")
        if each.compress_type not in _READ:
            raise UnexpectedAnswer(
                f"{_named(where, each)} is packed by method {each.compress_type} of zip, which is not read here, only deflate "
                "(8) and what is not packed at all. Ask the API's owner."
            )
    return chosen


def _named(where: str, member: zipfile.ZipInfo) -> str:
    return f"{where}: {one_line(member.filename, 80)}"


class _Counting(io.RawIOBase):
    """A file that is read from its start to its end, and has no more than *left* bytes."""

    def __init__(self, file: Any, left: int) -> None:
        self._file = file
        self.left = left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        part = self._file.read(min(len(buffer), PIECE_BYTES))
        self.left -= len(part)
        if self.left < 0:
            raise TooLarge("the files of the zip archive have more bytes, unpacked, than are taken")
        buffer[: len(part)] = part
        return len(part)

    def drain(self) -> None:
        """Read what is left, to its end."""
        while self.read(PIECE_BYTES):
            pass
