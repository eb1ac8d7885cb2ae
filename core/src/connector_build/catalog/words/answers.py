"""Formats of answers, and the steps that make rows of them, in words."""

from typing import Any

from connector_build.catalog.words.saying import all_of, pairs, said
from connector_core.source.csv_format import Csv
from connector_core.source.json_format import Json
from connector_core.source.json_lines import JsonLines
from connector_core.source.rows import ColumnsToRows, Exploded, Keyed, KeyOf, RequestParam, Stamped, Values
from connector_core.source.xml_format import Xml
from connector_core.source.zip_format import Zip

_NAMES = {"\t": "tabs", ",": "commas", ";": "semicolons", "|": "bars"}


@said.register
def _(csv: Csv) -> str:
    apart = _NAMES.get(csv.delimiter, csv.delimiter)
    coded = "" if csv.encoding.lower().startswith("utf-8") else f", {csv.encoding}"
    null = f', with "{csv.null}" for null' if csv.null else ""
    return f"CSV with a header, {apart} between the values{coded}{null}"


@said.register
def _(_: JsonLines) -> str:
    return "JSON lines"


@said.register
def _(json: Json) -> str:
    return "JSON" if json.records == "@" else f"JSON, under {json.records}"


@said.register
def _(xml: Xml) -> str:
    return f"XML, one record for each element {xml.record}"


@said.register
def _(archive: Zip) -> str:
    members = "" if tuple(archive.members) == ("*",) else f" named {all_of(list(archive.members))}"
    return f"a zip archive of files{members}, each {said(archive.format)}"


@said.register
def _(step: Exploded) -> str:
    kept = f", with {pairs(step.keep)}" if step.keep else ""
    index = f", numbered in {step.index}" if step.index else ""
    return f"one row for each entry of {step.at}{kept}{index}"


@said.register
def _(step: ColumnsToRows) -> str:
    named = f", named by {step.names}" if step.names else ""
    return f"one row for each place in the lists {_under(step)}{named}"


@said.register
def _(step: Keyed) -> str:
    return f"one row for each entry of the object {_under(step)}, its key in {step.key} and its value in {step.value}"


@said.register
def _(step: Values) -> str:
    return f"one row for each bare value, in {step.column}"


@said.register
def _(step: Stamped) -> str:
    return f"with {pairs(step.adds, _of_page)}"


@said.register
def _(stamp: RequestParam) -> str:
    return f"the request's {stamp.name}"


@said.register
def _(stamp: KeyOf) -> str:
    return f"a key made of {all_of(list(stamp.names))}"


def _under(step: Any) -> str:
    return "of the answer" if step.at == "@" else f"under {step.at}"


def _of_page(value: Any) -> str:
    return f"the answer's {value}" if isinstance(value, str) else said(value)
