"""Documents: what is read of JSON and YAML, and what nobody should be able to do with one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.drafting import documents
from connector_build.drafting.documents import document
from connector_build.errors import BuildError

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 12)
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (
            "a: 1\nb: no\nc: 2026-01-31\nd: '1'\ne: ~\nf:\ng: 1.5e3\nh: True",
            {"a": 1, "b": "no", "c": "2026-01-31", "d": "1", "e": None, "f": None, "g": 1500.0, "h": True},
        ),
        ("a: &x {n: 1}\nb: *x", {"a": {"n": 1}, "b": {"n": 1}}),
        ("a: {<<: {n: 1, m: 2}, n: 3}", {"a": {"n": 3, "m": 2}}),
        ("200: ok\ntrue: yes", {"200": "ok", "true": "yes"}),
        ('{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        ("{a: 1}", {"a": 1}),
        ("a: 1e999", {"a": "1e999"}),
    ],
)
def test_json_and_yaml_say_what_they_say(text: str, value: Any) -> None:
    assert document(text) == value


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "it is empty, and no object"),
        ("- a", "it is a list, and no object"),
        ("just words", "it is a single value"),
        ("a: !!python/object/apply:os.system ['true']", "has the tag tag:yaml.org,2002:python/object/apply:os.system"),
        ("a: !!python/name:os.system", "no tags are read"),
        ("a: !secret b", "has the tag !secret"),
        ("a: &a [*a]", "an alias in line 1 stands for something that it is itself a part of"),
        (BOMB, "its aliases stand for more than 3,000,000 values"),
        ("a: 1\na: 2", "it has the key 'a' twice in one object, in line 2"),
        ('{"a": 1, "a": 2}', "it has the key 'a' twice in one object"),
        ('{"a": NaN}', "NaN in it, which is no number of JSON"),
        ("a: 1\n  b: 2", "it is no YAML: mapping values are not allowed in this context in line 2"),
        ('{"a": 1', "it is no JSON"),
        ('{"a":' * 100_000, "it is nested too deep"),
        ("[" * 100_000, "it is no YAML"),
        ("? [a]\n: 1", "a key in line 1 is no text"),
        ("a: \x00", "it is no YAML"),
        ('{"a": ' + "9" * 5000 + "}", "it is no JSON that can be read"),
    ],
)
def test_what_is_no_document_is_refused_with_what_is_wrong(text: str, why: str) -> None:
    with pytest.raises(BuildError) as refused:
        document(text)
    assert why in str(refused.value)


def test_one_that_is_too_large_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MOST_BYTES", 10)
    with pytest.raises(BuildError, match="it has 11 characters, and at most 10 are read"):
        document("a: 45678901")


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_is_a_document_or_refused_in_one_sentence(text: str) -> None:
    try:
        assert isinstance(document(text), dict)
    except BuildError as refused:
        assert "\n" not in str(refused)  # noqa: PT017
