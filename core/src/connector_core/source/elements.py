"""Elements of XML, read as they come, by expat from Python's library: those that are records, and what stands beside them.

What is dangerous about XML (https://docs.python.org/3/library/xml.html#xml-security) begins with a DOCTYPE: entities that grow,
and files or addresses that are loaded. A document with one is refused where it begins, before anything in it is read.
"""

from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, NoReturn
from xml.parsers import expat

from attrs import define, frozen

from connector_core.basics.errors import UnexpectedAnswer
from connector_core.basics.names import one_line
from connector_core.source.unpacking import BrokenBody

PIECE_BYTES = 64 * 1024
_INSTANCE = "http://www.w3.org/2001/XMLSchema-instance "
"""Where ``xsi:nil`` is from (https://www.w3.org/TR/xmlschema-1/#xsi_nil)."""
_NIL = f"{_INSTANCE}nil"
_PAGE = "html"
_SEPARATOR = " "
"""Between a namespace and a local name; no address has one."""
_CHECK_URL = "Check that base_url is the API that this connector is made for; if the API changed, the plugin has to follow."


@frozen
class Limits:
    """depth: how deep elements may be nested. beside: so much text and so many names may stand outside of records."""

    depth: int = 100
    beside: int = 1_000_000


@define(eq=False)
class Element:
    """An element: its local name, its attributes by theirs, and what is in it."""

    name: str
    attributes: Sequence[tuple[str, str]] = ()
    nil: bool = False
    children: "Sequence[Element]" = ()
    _texts: Sequence[str] = ()

    @property
    def text(self) -> str:
        """Its own text, without the blanks around it."""
        return "".join(self._texts).strip()

    # Most elements have no more than one piece of text, and no child: lists for each would take a third of the time.

    def say(self, text: str) -> None:
        """Add a piece of text."""
        if isinstance(self._texts, list):
            self._texts.append(text)
        else:
            self._texts = [text]

    def hold(self, child: "Element") -> None:
        """Add a child."""
        if isinstance(self.children, list):
            self.children.append(child)
        else:
            self.children = [child]


class Elements:
    """One reading of one document.

    way: the names on the way to a record, its own last; from_root: all of them. where: table and request, for messages.
    skims: what is in the records is not wanted, only how many there are.
    root: what is left of the document without its records, once it is read.
    """

    def __init__(
        self, way: tuple[str, ...], from_root: bool, encoding: str | None, where: str, limits: Limits, *, skims: bool = False
    ) -> None:
        self.root: Element | None = None
        self._way, self._from_root, self._where, self._limits = list(way), from_root, where, limits
        self._open: list[Element] = []
        self._path: list[str] = []
        self._record: Element | None = None
        self._ready: list[Element] = []
        self._beside = 0
        self._skims, self._below = skims, 0
        self._parser = self._made(encoding)

    def read(self, file: BinaryIO) -> Iterator[Element]:
        """The records of *file*, each as soon as it has been read.

        Raises BrokenBody for a document that was cut, UnexpectedAnswer for what is no XML, or none that is read here.
        """
        while piece := file.read(PIECE_BYTES):
            self._parse(piece, last=False)
            yield from self._ready
            self._ready.clear()
        self._parse(b"", last=True)

    def _made(self, encoding: str | None) -> Any:
        parser = expat.ParserCreate(encoding, _SEPARATOR)
        parser.buffer_text = True
        parser.ordered_attributes = True
        parser.StartDoctypeDeclHandler = self._refuse
        self._look(parser)
        return parser

    def _look(self, parser: Any) -> None:
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._say

    def _pass_over(self) -> None:
        """Look at nothing in a record but how deep it is nested."""
        self._below = 0
        self._parser.StartElementHandler = self._deeper
        self._parser.EndElementHandler = self._higher
        self._parser.CharacterDataHandler = None

    def _deeper(self, _: str, __: list[str]) -> None:
        self._below += 1
        if len(self._open) + self._below > self._limits.depth:
            self._too_deep()

    def _higher(self, name: str) -> None:
        self._below -= 1
        if self._below < 0:
            self._look(self._parser)
            self._end(name)

    def _parse(self, piece: bytes, *, last: bool) -> None:
        try:
            self._parser.Parse(piece, last)
        except expat.ExpatError as error:
            if piece.lstrip()[:14].lower() == b"<!doctype html":  # which XML would write in capitals
                self._refuse(_PAGE)
            if last:
                raise BrokenBody("the XML ends too early") from None
            raise UnexpectedAnswer(
                f"{self._where}: the answer is no XML that can be read ({one_line(error)}). {_CHECK_URL}"
            ) from None
        except (ValueError, LookupError):  # what Python says of an encoding that expat asks it about
            raise UnexpectedAnswer(
                f"{self._where}: the XML says that it is in an encoding that is not read here. Ask the API's owner for UTF-8, or "
                "name its encoding in the plugin's Xml."
            ) from None

    def _refuse(self, name: str, *_: object) -> NoReturn:
        if name.lower() == _PAGE:
            raise UnexpectedAnswer(f"{self._where}: the answer is a web page, not XML with records. {_CHECK_URL}")
        raise UnexpectedAnswer(
            f"{self._where}: the XML has a DOCTYPE, which is refused: it may make a document grow without end, or load files. "
            "Ask the API's owner for answers without one."
        )

    def _start(self, name: str, attributes: list[str]) -> None:
        element = Element(_local(name))
        if attributes:
            pairs = list(zip(attributes[::2], attributes[1::2], strict=True))
            element.attributes = [(_local(key), value) for key, value in pairs if not key.startswith(_INSTANCE)]
            element.nil = any(key == _NIL and value.strip() in ("true", "1") for key, value in pairs)
        self._open.append(element)
        self._path.append(element.name)
        if len(self._open) > self._limits.depth:
            self._too_deep()
        if self._record is None:
            self._begin(element)

    def _too_deep(self) -> NoReturn:
        raise UnexpectedAnswer(
            f"{self._where}: the XML is nested more than {self._limits.depth} elements deep, at line "
            f"{self._parser.CurrentLineNumber}. Ask the API's owner, or change the plugin."
        )

    def _begin(self, element: Element) -> None:
        """Take note of an element that is not in a record."""
        if self._is_record():
            self._record = element
            if self._skims:
                self._pass_over()
            return
        if len(self._open) == 1 and element.name.lower() == _PAGE:
            self._refuse(_PAGE)
        self._weigh(len(element.name) + sum(len(key) + len(value) for key, value in element.attributes))

    def _is_record(self) -> bool:
        return self._path == self._way if self._from_root else self._path[-len(self._way) :] == self._way

    def _say(self, text: str) -> None:
        self._open[-1].say(text)
        if self._record is None:
            self._weigh(len(text.strip()))

    def _weigh(self, size: int) -> None:
        self._beside += size + 1
        if self._beside > self._limits.beside:
            raise UnexpectedAnswer(
                f"{self._where}: the XML has more than {self._limits.beside:,} characters that belong to no record. The records "
                f"are not {'/'.join(self._way)}: correct record in the plugin's Xml. If they are, ask for smaller answers."
            )

    def _end(self, _: str) -> None:
        element = self._open.pop()
        self._path.pop()
        if element is self._record:
            self._record = None
            self._ready.append(element)
        elif self._open:
            self._open[-1].hold(element)
        else:
            self.root = element


def is_encoding(name: str) -> bool:
    """Whether a document in the encoding *name* can be read."""
    try:
        expat.ParserCreate(name).Parse("<a/>".encode(name), True)
    except (expat.ExpatError, ValueError, LookupError):
        return False
    return True


def _local(name: str) -> str:
    return name.rpartition(_SEPARATOR)[2]
