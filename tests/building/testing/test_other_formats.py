"""Tables whose API speaks XML, packs its answers or takes a form: the simulated API serves them, and they keep the contract."""

from pathlib import Path

import pytest

from connector_build.testing import RULES, check_contract
from connector_build.testing.matrix.faults import FAULTS
from connector_build.testing.matrix.runs import LOUD, NOT, RIGHT, Outcome, run_cell
from connector_core.plugin.assembly import Assembly, Plugin, assemble
from distributions import install_dataset

SOURCE = '''"""Jobs of a workshop."""

from connector_core import *


@hookimpl
def connector_tables():
    return [
        Table(
            "jobs", "/jobs", "@", ["id"],
            {{"id": "LONG", "hours": "DOUBLE", "done": "BOOLEAN", "day": "NAIVE_DATE", "price": "DECIMAL(9,2)", "more": "JSON",
              "name": "STRING", "at": "UTC_DATETIME"}},
            {table},
        )
    ]


@hookimpl
def connector_auth():
    return ApiKeyHeader("api_key")


@hookimpl
def connector_paginator(table):
    return {paginator}


@hookimpl
def connector_extra_tables(table):
    return [Aggregate("{kind}_per_day", ["day"], {{"jobs": count(), "hours": total("hours"), "least": minimum("price")}})]
'''
KINDS = {
    "xml_cursor": ('format=Xml("jobs/job")', "CursorPaginator('after', 'paging.next', more_field='@more')"),
    "xml_numbers": ('format=Xml("/answer/job")', "PageNumberPaginator(stop=[last_page('pages')])"),
    "xml_offset": ('format=Xml("job")', "OffsetPaginator(stop=[total_reached('@total')])"),
    "xml_links": ('format=Xml("job")', "NextLinkPaginator('links.next')"),
    "xml_keys": ('format=Xml("job")', "KeysetPaginator('after', 'id', stop=[no_more('more')])"),
    "xml_latin": ('format=Xml("job", encoding="iso-8859-1")', "SinglePage()"),
    "zip_csv": ("format=Zip(Csv())", "SinglePage()"),
    "zip_lines": ('format=Zip(JsonLines(), members="export-*.jsonl")', "OffsetPaginator('start', 'rows')"),
    "zip_json": ('format=Zip(Json("data.items"), members=["in/jobs.json"])', "SinglePage()"),
    "zip_xml": ('format=Zip(Xml("job"))', "CursorPaginator()"),
    "form_query": ('body={"kind": "all", "states": ["new", "old"], "n": 5, "deep": True}, form=True', "SinglePage()"),
    "form_body": (
        'body={"kind": "all"}, form=True, format=Xml("job")',
        "CursorPaginator('page.cursor', size_param='page.size', where='body')",
    ),
    "form_numbers": ('body={"kind": "all"}, form=True, format=JsonLines()', "PageNumberPaginator(where='body')"),
}
SLOW = {"bare_import", "same_bytes", "survives_faults"}
BY_NAME = {fault.name: fault for fault in FAULTS}


def source(kind: str) -> str:
    table, paginator = KINDS[kind]
    return SOURCE.format(kind=kind, table=table, paginator=paginator)


def assembly(kind: str) -> Assembly:
    from types import ModuleType

    module = ModuleType(kind)
    exec(source(kind), vars(module))  # noqa: S102  (a plugin as it stands in the text above)
    return assemble([Plugin(kind, module)])


@pytest.mark.parametrize("kind", KINDS)
def test_keeps_the_contract(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_dataset(tmp_path, kind, source(kind))
    monkeypatch.syspath_prepend(tmp_path)
    rules = [rule.name for rule in RULES if rule.name not in SLOW]
    findings = check_contract(kind, rules=rules)
    assert {finding.rule for finding in findings if finding.status == "pass"} == set(rules), [
        finding for finding in findings if finding.status != "pass"
    ]


@pytest.mark.parametrize(
    ("kind", "fault", "outcome"),
    [
        ("xml_cursor", "cut JSON, once", RIGHT),
        ("xml_cursor", "cut JSON, for ever", LOUD),
        ("xml_cursor", "empty body, once", RIGHT),
        ("xml_cursor", "HTML, once", RIGHT),
        ("xml_cursor", "HTML, for ever", LOUD),
        ("xml_cursor", "an error with 200", LOUD),
        ("xml_cursor", "no UTF-8, once", LOUD),
        ("xml_cursor", "two pages swapped", RIGHT),
        ("xml_cursor", "an empty page", RIGHT),
        ("xml_cursor", "a cursor that loops", LOUD),
        ("xml_cursor", "cursors in a circle", LOUD),
        ("xml_cursor", "NaN", NOT),
        ("xml_cursor", "gzip bomb, unannounced", LOUD),
        ("xml_cursor", "a page twice", LOUD),
        ("xml_numbers", "an empty page", RIGHT),
        ("xml_links", "a link elsewhere", LOUD),
        ("zip_csv", "cut JSON, once", RIGHT),
        ("zip_csv", "cut JSON, for ever", LOUD),
        ("zip_csv", "Content-Length too short, once", RIGHT),
        ("zip_csv", "HTML, once", LOUD),
        ("zip_csv", "200 MB", LOUD),
        ("zip_csv", "no UTF-8, once", NOT),
        ("zip_xml", "a cursor that loops", LOUD),
        ("zip_xml", "reset in the body, once", RIGHT),
        ("form_body", "a cursor that loops", LOUD),
        ("form_body", "a shorter page", RIGHT),
        ("form_body", "503, once", RIGHT),
        ("form_body", "cut JSON, once", RIGHT),
    ],
)
def test_faults(kind: str, fault: str, outcome: Outcome) -> None:
    found = run_cell(assembly(kind), BY_NAME[fault], incremental=False)
    assert found.outcome == outcome, found
