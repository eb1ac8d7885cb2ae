"""Answers in the formats that are no one JSON object: how records are written in each, and read back."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from connector_build.api.errors import Unmimicked
from connector_core import Csv, Json, JsonLines, Record, Table, Xml, Zip
from connector_core.basics.paths import cached_path
from connector_core.source.formats import Format
from connector_core.source.xml_format import TEXT

ROOT = "answer"
_MEDIA: Mapping[type, str] = {Csv: "text/csv", JsonLines: "application/x-ndjson", Xml: "application/xml", Zip: "application/zip"}
_ENDINGS: Mapping[type, str] = {Csv: "csv", JsonLines: "jsonl", Xml: "xml", Json: "json"}
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The same bytes for the same records, whenever they are made."""
MOST = 10**9


def media_type(form: Format | None) -> str:
    """The media type of answers in *form*; None is JSON."""
    return "application/json" if form is None else _MEDIA[type(form)]


def of_each_file(form: Format | None) -> Format | Json | None:
    """What an answer in *form* holds: that of the files of an archive, or *form* itself."""
    return form.format if isinstance(form, Zip) else form


def written(table: Table, form: Format | Json, records: list[Record], beside: Mapping[str, Any]) -> bytes:
    """The body of an answer in *form*. Raises Unmimicked where it has no place for what is said *beside* the records."""
    match form:
        case Zip():
            return _zipped(form, written(table, form.format, records, beside))
        case Xml():
            return _xml(form, records, beside)
    if beside:
        raise Unmimicked(f"{table.name}: its answer is the records alone, and yet is asked for {', '.join(beside)}.")
    match form:
        case Csv():
            return _csv(table, form, records)
        case Json():
            return json.dumps(records if form.records == "@" else form.place.put({}, records)).encode()
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()


def said(table: Table, body: bytes) -> Any:
    """What an answer says beside its records; None where its format has no place for that."""
    assert table.format is not None  # noqa: S101  (the caller has looked)
    return table.format.spool([body], table.declared, table.name, MOST).beside


def read(table: Table, form: Format, body: bytes) -> list[Any]:
    """The records of an answer; those of a CSV and of XML with texts only."""
    if isinstance(form, Csv):
        return list(csv.DictReader(io.StringIO(body.decode(form.encoding), newline=""), delimiter=form.delimiter))
    if isinstance(form, JsonLines):
        return [json.loads(line) for line in body.splitlines()]
    return list(form.spool([body], table.declared, table.name, MOST))


def readable(form: Format | Json | None, record: Record) -> Record:
    """*record* with the values that can be read back from an answer in *form*, whose column tells what each text is."""
    match form:
        case Csv():  # in which a nested value is a text, and the text that stands for null is none
            texts = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in record.items()}
            return {name: None if value == form.null else value for name, value in texts.items()}
        case Xml():  # in which a nested value is a text too, and one without any text is null
            return {name: _read_from_xml(form, name, value) for name, value in record.items()}
    return record


def _read_from_xml(form: Xml, name: str, value: Any) -> Any:
    found = _in_xml(value) if isinstance(value, dict) else None if value == "" else value
    return [found or "text"] if name in form.lists and not isinstance(found, list) else found


def _in_xml(value: Any) -> Any:
    match value:
        case dict():
            return {name: _in_xml(each) for name, each in value.items()}
        case None | "":
            return None
    return _text(value)


def _zipped(form: Zip, content: bytes) -> bytes:
    made = io.BytesIO()
    kind = _ENDINGS[type(form.format)]
    names = [f"records.{kind}", *(name for name in form.members if not set(name) & set("*?[")), *_made_up(form.members)]
    name = next((each for each in names if form.takes(each)), None)
    if name is None:
        raise Unmimicked(f"A file that {form.members[0]} stands for cannot be made up.")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, _LONG_AGO)
        entry.compress_type = zipfile.ZIP_DEFLATED
        archive.writestr(entry, content)
    return made.getvalue()


def _made_up(patterns: Iterable[str]) -> list[str]:
    """A name that each of the *patterns* stands for, where it has stars and question marks only."""
    return [pattern.replace("*", "1").replace("?", "1") for pattern in patterns]


def _csv(table: Table, form: Csv, records: Iterable[Record]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file, delimiter=form.delimiter)
    names = [name for name in table.columns if not (table.parent and name in table.parent.adds)]
    writer.writerow(names)
    writer.writerows([form.null if record.get(name) is None else _cell(record[name]) for name in names] for record in records)
    return file.getvalue().encode(form.encoding)


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else json.dumps(value)


def _xml(form: Xml, records: Iterable[Record], beside: Mapping[str, Any]) -> bytes:
    """A document with *records* on their way, and *beside*, values by their paths, in its root."""
    root, *way = form.way if form.record.startswith("/") else (ROOT, *form.way)
    if not way:
        raise Unmimicked(f"An answer with more than one {form.record} cannot be made up.")
    inner = "".join(_element(form, way[-1], record) for record in records)
    for name in reversed(way[:-1]):
        inner = f"<{name}>{inner}</{name}>"
    said: Any = {}
    for path, value in beside.items():
        said = cached_path(path).put(said, value)
    # What stands beside the records goes by @, as all that is written here does.
    attributes = {name: value for name, value in said.items() if name.startswith("@")}
    others = "".join(_element(form, name, value) for name, value in said.items() if name not in attributes)
    encoding = form.encoding or "utf-8"
    return f'<?xml version="1.0" encoding="{encoding}"?>\n<{root}{_attributes(attributes)}>{others}{inner}</{root}>'.encode(
        encoding
    )


def _element(form: Xml, name: str, value: Any) -> str:
    match value:
        case None:
            return f"<{name}/>"
        case list():
            return "".join(_element(form, name, each) for each in value)
        case dict():
            marked = {key: each for key, each in value.items() if key.startswith("@")}
            inner = "".join(_element(form, key, each) for key, each in value.items() if key not in marked and key != TEXT)
            return f"<{name}{_attributes(marked)}>{escape(_text(value.get(TEXT, '')))}{inner}</{name}>\n"
    return f"<{name}>{escape(_text(value))}</{name}>"


def _attributes(marked: Mapping[str, Any]) -> str:
    return "".join(f" {name[1:]}={quoteattr(_text(value))}" for name, value in marked.items() if value is not None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
