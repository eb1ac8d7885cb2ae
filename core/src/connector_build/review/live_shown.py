"""What `connector-build check --live` found, in print and as JSON."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from attrs import asdict
from rich.console import Console

from connector_build.review.fields import EXAMPLE, FieldDrift, Kind
from connector_build.review.live import Compared
from connector_build.review.live_finding import Finding, number_of
from connector_build.screen.printing import grid, line
from connector_core.basics.names import one_line


def as_json(compared: Iterable[Compared]) -> list[dict[str, Any]]:
    """What was found, as JSON has it."""
    return [
        {
            "table": each.table,
            "request": each.request,
            "requests": each.requests,
            "pages": each.pages,
            "records": each.drift.records if each.drift else 0,
            "left_out": each.drift.left_out if each.drift else 0,
            "ended": each.ended,
            "next": each.next,
            "findings": [asdict(one) for one in each.findings],
            "fields": [_field(one) for one in _fields(each)],
            "failed": each.drift.failed if each.drift else "",
            "columns": each.columns,
        }
        for each in compared
    ]


def _field(one: FieldDrift) -> dict[str, Any]:
    return {
        "name": one.name,
        "drift": one.kind,
        "declared": one.declared,
        "found": one.found,
        "example": one.example,
        "record": one.record,
        "fits": one.fits,
    }


def _fields(each: Compared) -> Sequence[FieldDrift]:
    return each.drift.fields if each.drift else ()


def show(compared: Sequence[Compared], console: Console) -> None:
    """Print what was read, what was found table by table, and what to do about it."""
    heads = ("table", "requests", "pages", "records", "what ended it", "the next sync starts at")
    rows = [
        (each.table, f"{each.requests}", f"{each.pages}", f"{each.records:,}", each.ended or "not read", each.next or "-")
        for each in compared
    ]
    grid(console, heads, rows, ("requests", "pages", "records"))
    for each in compared:
        console.print()
        _show_table(each, console)
    console.print()
    line(console, f"{number_of(len(compared), 'table')} read: {_summary(compared)}.", style="bold")
    broken = dict.fromkeys(each.origin for each in compared if each.breaks)
    if broken:
        line(console, f"Let {', '.join(broken)} follow the API, or ask the API's owner.")
    if any(one.kind == "new" for each in compared for one in _fields(each)):
        line(console, "New fields arrive all the same, but their floats are cut to 32 bits: declare those as DOUBLE.")


def _show_table(each: Compared, console: Console) -> None:
    out = f", {number_of(each.drift.left_out, 'record')} left out by transforms" if each.drift and each.drift.left_out else ""
    line(console, f"{each.table}: {each.request or 'not compared'}{out}", style="bold")
    for one in each.findings:
        if one.kind in _LABELS:
            _show_finding(one, console)
    if each.drift and each.drift.failed:
        line(console, f"  WRONG     {each.drift.failed}; so this is what the API sends, without transforms", style="red")
    for kind, label in (("proved", "proved"), ("unproved", "unproved")):
        texts = [one.text for one in each.findings if one.kind == kind]
        for text in texts:
            line(console, f"  {label:9} {text}")
    rows = [
        (one_line(one.name, EXAMPLE), _TITLES[one.kind], one.declared, one_line(one.found), one.example, one.record)
        for one in _fields(each)
    ]
    grid(console, ("field", "drift", "declared", "found", "example", "in the record"), rows)
    if each.columns:
        line(console, "  Ready for the plugin:")
        for text in each.columns.splitlines():
            line(console, f"    {text}")


def _show_finding(one: Finding, console: Console) -> None:
    line(console, f"  {_LABELS[one.kind]:9} {one.text}", style="red" if one.kind == "wrong" else None)
    if one.write:
        line(console, f"            Change: {one.write}.")


_LABELS: Final = {"wrong": "WRONG", "remark": "remark"}
_TITLES: Final[Mapping[Kind, str]] = {
    "missing": "missing",
    "type": "another type",
    "converted": "converted",
    "new": "new",
}


def _summary(compared: Sequence[Compared]) -> str:
    kinds = [one.kind for each in compared for one in _fields(each)]
    parts = [f"{number_of(kinds.count(kind), 'field')} {words}" for kind, words in _WORDS.items() if kind in kinds]
    others = {
        "not compared": sum(each.drift is None for each in compared),
        "with a transform that failed": sum(bool(each.drift and each.drift.failed) for each in compared),
    }
    parts += [f"{number} {words}" for words, number in others.items() if number]
    findings = [one.kind for each in compared for one in each.findings]
    for kind in ("wrong", "remark", "unproved"):
        if number := findings.count(kind):
            parts.append(f"{number} {'wrong' if kind == 'wrong' else number_word(kind, number)}")
    return ", ".join(parts) or "proved to be as declared"


def number_word(kind: str, number: int) -> str:
    """``remark`` in the plural; what is no noun stays."""
    return f"{kind}s" if kind == "remark" and number > 1 else kind


_WORDS: Final[Mapping[Kind, str]] = {
    "missing": "missing",
    "type": "of another type",
    "converted": "converted",
    "new": "new",
}
