"""XML: what a plugin says of it, and how its elements become records.

The mapping is the usual one (as in BadgerFish and its kin): an element without attributes and children is its text; any other is
an object with its children by their names, its attributes by theirs behind ``@``, and the text beside them as ``#text``.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, BinaryIO, ClassVar

from attrs import field, frozen

from connector_core.basics.errors import PluginError, UnexpectedAnswer
from connector_core.basics.names import did_you_mean, listed, one_line
from connector_core.source.columns import Declared, UnfitError
from connector_core.source.elements import Element, Elements, Limits, is_encoding
from connector_core.source.spooled import Look, Make, Parse, Records
from connector_core.source.unpacking import unpacked
from connector_core.source.values import Convert, converters

TEXT = "#text"
"""The name of the text of an element that has attributes or children too."""


@frozen
class Xml:
    """XML (1.0, with namespaces), gzipped or not, read element by element.

    record:     the elements that are records: a name (``item``, wherever it stands), the end of the way to them
                (``items/item``), or all of the way from the root (``/rss/channel/item``). Names are local ones, without a prefix.
    lists:      names of elements that are always a list. Any other is one where it is repeated, and what it holds where not.
    attributes: what stands in front of the name of an attribute. With ``""``, a child of the same name is an error.
    encoding:   of documents that do not say it, or say a wrong one; None: as each says by itself.

    Values are texts, without the blanks around them; those of columns declared as numbers or BOOLEAN are converted. An element
    without any content is null, and so is one with ``xsi:nil="true"``. What an answer says beside its records is read by the same
    rules, its root being the object, and true, false and whole numbers are there what they are in JSON:
    ``next_field="paging.next"``, ``last_page("@pages")``.

    A document with a DOCTYPE is refused, so nothing is ever expanded or loaded. Raises PluginError when an argument cannot be
    used.
    """

    accept: ClassVar[str] = "application/xml, text/xml"
    """What a request says that it takes."""
    of_lines: ClassVar[bool] = False
    of_tags: ClassVar[bool] = True
    held: ClassVar[bool] = False

    record: str
    lists: tuple[str, ...] = field(default=(), converter=listed)
    attributes: str = "@"
    encoding: str | None = None

    def __attrs_post_init__(self) -> None:
        if not isinstance(self.record, str) or not all(self.way) or any(each.strip() != each for each in self.way):
            raise PluginError(
                f'Xml: record is {_shown(self.record)}. Name the element: "item", "items/item" or "/rss/channel/item".'
            )
        if ":" in self.record:
            local = "/".join(name.rpartition(":")[2] for name in self.record.split("/"))
            raise PluginError(f'Xml: record is {_shown(self.record)}. Names are read without their prefix: "{local}".')
        if not isinstance(self.lists, tuple) or not all(isinstance(name, str) and name for name in self.lists):
            raise PluginError(f'Xml: lists is {_shown(self.lists)}. Write the names of elements: lists=["tag"].')
        if not isinstance(self.attributes, str):
            raise PluginError(f'Xml: attributes is {_shown(self.attributes)}. Write what stands in front of a name: "@".')
        if not (self.encoding is None or (isinstance(self.encoding, str) and is_encoding(self.encoding))):
            raise PluginError(f'Xml: encoding is {_shown(self.encoding)}. Write its name, such as "iso-8859-1", or leave it out.')

    @property
    def way(self) -> tuple[str, ...]:
        """The names on the way to a record, its own last."""
        return tuple(self.record.removeprefix("/").split("/"))

    def spool(self, chunks: Iterable[bytes], columns: Declared, where: str, limit: int) -> Records:
        """The records of the body in *chunks*, all of which are read before this returns; the arguments are those of Csv.

        Raises what ``unpacked`` does, BrokenBody for a document that was cut, and UnexpectedAnswer for what is no such XML.
        """
        return Records(unpacked(chunks, limit), self.parse(columns, where), self.look(where))

    def parse(self, columns: Declared, where: str) -> Parse:
        """What makes the records of a file in this format, unpacked already; the arguments are those of ``spool``."""
        return partial(_records, self, converters(columns), where)

    def look(self, where: str) -> Look:
        """What reads all of such a file, and gives what it says beside its records."""
        return partial(_beside, self, where)

    def without(self, names: Iterable[str]) -> "Xml":  # noqa: ARG002  (the signature of every format; no element has to be there)
        """The same for answers in which *names* are not looked for."""
        return self


def _shown(value: object) -> str:
    return one_line(repr(value), 60)


def _records(form: Xml, converters: Mapping[str, Convert], where: str, file: BinaryIO) -> Iterator[Make]:
    for element in _elements(form, where).read(file):
        yield partial(_record, form, converters, element, where)


def _record(form: Xml, converters: Mapping[str, Convert], element: Element, where: str) -> dict[str, Any]:
    record = _object(form, element, where)
    for name, value in record.items():
        if isinstance(value, str) and name in converters:
            with suppress(UnfitError):  # whoever puts it into its column knows more to say about it
                record[name] = converters[name](value)
    return record


def _beside(form: Xml, where: str, file: BinaryIO) -> Any:
    elements = _elements(form, where, skims=True)
    found = sum(1 for _ in elements.read(file))
    root = elements.root
    rest = {} if root is None else _object(form, root, where)
    if not found:
        _check_misspelt(form, where, elements)
    return _as_json(rest)


_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")


def _as_json(value: Any) -> Any:
    """*value* with true and false, and whole numbers, as JSON has them: what paginators ask for. Each is sent back as it came."""
    match value:
        case dict():
            return {name: _as_json(each) for name, each in value.items()}
        case list():
            return [_as_json(each) for each in value]
        case "true" | "false":
            return value == "true"
        case str() if _WHOLE.fullmatch(value):
            return int(value)
    return value


def _elements(form: Xml, where: str, *, skims: bool = False) -> Elements:
    return Elements(form.way, form.record.startswith("/"), form.encoding, where, Limits(), skims=skims)


def _check_misspelt(form: Xml, where: str, elements: Elements) -> None:
    """Raise UnexpectedAnswer where there is no record, and an element that its name may be meant for, or that is repeated."""
    name = form.way[-1]
    below = list(_below(elements.root)) if elements.root else []
    repeated = next(filter(None, map(_repeated, [elements.root, *below])), None) if elements.root else None
    if any(each.name == name for each in below):
        meant = f", but a {name} elsewhere"
    elif not (meant := did_you_mean(name, sorted({each.name for each in below if each.children}))):
        meant = f", but more than one {one_line(repeated, 60)}" if repeated else ""
    if meant:
        raise UnexpectedAnswer(
            f"{where}: the XML has no element {form.record}{meant}. Correct record in the plugin's Xml; if the API changed, "
            "the plugin has to follow."
        )


def _below(element: Element) -> Iterator[Element]:
    for child in element.children:
        yield child
        yield from _below(child)


def _repeated(element: Element) -> str | None:
    """The name of a child with children of its own that is there more than once."""
    names = Counter(child.name for child in element.children if child.children)
    return next((name for name, times in names.items() if times > 1), None)


def _object(form: Xml, element: Element, where: str) -> dict[str, Any]:
    """What *element* holds, as an object also where it is a text or nothing at all."""
    value = _value(form, element, where)
    return value if isinstance(value, dict) else {} if value is None else {TEXT: value}


def _value(form: Xml, element: Element, where: str) -> Any:
    if element.nil:
        return None
    made: dict[str, Any] = {form.attributes + name: value for name, value in element.attributes}
    taken = frozenset(made)
    for child in element.children:
        if child.name in taken:
            raise UnexpectedAnswer(
                f"{where}: the element {one_line(element.name, 60)} has an attribute and a child {one_line(child.name, 60)}, so "
                'one would overwrite the other. Write attributes="@" in the plugin\'s Xml.'
            )
        _put(made, child.name, _value(form, child, where), always=child.name in form.lists)
    text = element.text
    if not made:
        return text or None
    if text:
        made[TEXT] = text
    return made


def _put(made: dict[str, Any], name: str, value: Any, *, always: bool) -> None:
    """Add the value of a child, which is never a list, to those of its parent."""
    if name not in made:
        made[name] = [value] if always else value
    elif isinstance(made[name], list):
        made[name].append(value)
    else:
        made[name] = [made[name], value]
