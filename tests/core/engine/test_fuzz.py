"""Fuzzing: made-up connectors, the history of their APIs, and answers that are anything at all.

A case is plain JSON: a connector in words, and what happens. Whatever that is, a sync ends in the right rows or in a
ConnectorError, makes a bounded number of requests, and syncs of an API that behaves end in the right rows. ``make test`` tries
the same 500 cases each time; ``tox run -e fuzz`` tries 20,000 others. A case that fails there is written into ``fuzz_corpus``,
whose files are tried in every run.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fuzz.answers import answers
from fuzz.cases import FAMILIES, answered, connectors, datasets, edits, fields, lying, parts, records, told, whole
from fuzz.connector import DATASETS, OPTIONS
from fuzz.keeping import ASKED, CORPUS, Case, examples, kept, ran
from fuzz.lies import TOLD
from fuzz.steps import histories
from hypothesis import given
from hypothesis import strategies as st


@pytest.fixture(scope="module", autouse=True)
def _count(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    if ASKED and reporter:
        each = ", ".join(f"{number:,} {name}" for name, number in ran.items())
        reporter.ensure_newline()
        reporter.write_line(f"{sum(ran.values()):,} examples ran: {each}")


@pytest.mark.parametrize("file", sorted(CORPUS.glob("*.json")), ids=lambda file: file.stem)
def test_a_case_of_the_corpus_ends_well(file: Path, request: pytest.FixtureRequest) -> None:
    """Each file says what it is about; one that is *open* shows a bug that is not mended yet."""
    found = json.loads(file.read_text(encoding="utf-8"))
    if "open" in found:
        request.applymarker(pytest.mark.xfail(reason=found["open"], strict=True))
    {"histories": histories, "lies": histories, "answers": answers}[found["test"]](found["case"])


@pytest.mark.parametrize("family", FAMILIES)
@examples(1.5)
@given(st.data())
def test_any_history_of_any_connector_ends_in_the_right_rows(family: str, data: st.DataObject) -> None:
    words = connectors.map(lambda found: {**found, **FAMILIES[family]})
    case = data.draw(told(words, OPTIONS))
    with kept("histories", case):
        histories(case)


@pytest.mark.parametrize("lie", TOLD)
@examples(0.5)
@given(st.data())
def test_any_history_of_an_api_that_lies_ends_in_the_right_rows_or_an_error(lie: str, data: st.DataObject) -> None:
    case = data.draw(lying(lie))
    with kept("lies", case):
        histories(case)


@examples(5)
@given(told(datasets, [option for dataset in DATASETS.values() for option in dataset.options]))
def test_any_history_of_an_installed_dataset_ends_in_the_right_rows(case: Case) -> None:
    with kept("histories", case):
        histories(case)


@examples(15)
@given(answered(st.one_of(whole, parts)))
def test_an_answer_of_any_json_ends_in_the_right_rows_or_an_error(case: Case) -> None:
    with kept("answers", case):
        answers(case)


@examples(9)
@given(answered(st.one_of(records, fields)))
def test_a_record_of_any_json_ends_in_the_right_rows_or_an_error(case: Case) -> None:
    with kept("answers", case):
        answers(case)


@examples(7)
@given(answered(edits))
def test_a_body_with_other_bytes_ends_in_the_right_rows_or_an_error(case: Case) -> None:
    with kept("answers", case):
        answers(case)
