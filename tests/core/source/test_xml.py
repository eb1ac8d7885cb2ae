"""Answers in XML: element by element, defused, and loud about what is wrong."""

import gzip
import tracemalloc
from itertools import pairwise
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connector_core import PluginError, UnexpectedAnswer, Xml
from connector_core.source.columns import checked_columns
from connector_core.source.spooled import Records
from connector_core.source.unpacking import BrokenBody, TooLarge

WHERE = "jobs: GET /jobs"
PLENTY = 10**9
DECLARED = checked_columns({"id": "LONG"}, "here")


def spooled(body: str | bytes, form: Xml | None = None, limit: int = PLENTY) -> Records:
    content = body.encode() if isinstance(body, str) else body
    return (form or Xml("item")).spool([content], DECLARED, WHERE, limit)


def records(body: str | bytes, form: Xml | None = None) -> list[Any]:
    return list(spooled(body, form))


def refused(body: str | bytes, form: Xml | None = None) -> str:
    with pytest.raises(UnexpectedAnswer) as caught:
        records(body, form)
    message = str(caught.value)
    assert message.startswith(f"{WHERE}: ")
    assert message.endswith(".")
    return message


class TestMapping:
    def test_text_attributes_nested_and_repeated(self) -> None:
        body = """<?xml version="1.0"?><items><item id="7" xml:lang="en">
            <name> A &amp; B </name><empty/><also></also><price unit="EUR">9.50</price><at><x>1</x><y>2</y></at>
            <tag>a</tag><tag>b</tag><note>one<b>two</b>three</note><![CDATA[ ]]></item><item>bare</item><item/></items>"""
        first, second, third = records(body)
        assert first == {
            "@id": "7",
            "@lang": "en",
            "name": "A & B",
            "empty": None,
            "also": None,
            "price": {"@unit": "EUR", "#text": "9.50"},
            "at": {"x": "1", "y": "2"},
            "tag": ["a", "b"],
            "note": {"b": "two", "#text": "onethree"},
        }
        assert second == {"#text": "bare"}
        assert third == {}

    def test_an_element_can_always_be_a_list(self) -> None:
        body = "<r><item><tag>a</tag></item><item><tag><n>1</n></tag><tag/></item><item/></r>"
        assert records(body, Xml("item", lists=["tag"])) == [{"tag": ["a"]}, {"tag": [{"n": "1"}, None]}, {}]

    def test_namespaces_leave_local_names_and_nil_is_null(self) -> None:
        body = """<a:r xmlns:a="urn:a" xmlns="urn:b" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
            xsi:schemaLocation="x y">
            <a:item a:id="1" xsi:type="big"><n>5</n><gone xsi:nil="true"/><there xsi:nil="false">6</there></a:item></a:r>"""
        assert records(body) == [{"@id": "1", "n": "5", "gone": None, "there": "6"}]

    def test_attributes_may_go_by_their_own_names(self) -> None:
        assert records('<r><item id="1"><n>2</n></item></r>', Xml("item", attributes="")) == [{"id": 1, "n": "2"}]
        assert records('<r><item id="1"/></r>', Xml("item", attributes="attr_")) == [{"attr_id": "1"}]
        assert "an attribute and a child id" in refused('<r><item id="1"><id>2</id></item></r>', Xml("item", attributes=""))

    @pytest.mark.parametrize(
        ("record", "found"),
        [("item", ["1", "2", "3"]), ("a/item", ["1"]), ("/r/a/item", ["1"]), ("b/item", ["2"]), ("/r/item", ["3"])],
    )
    def test_records_by_name_or_by_way(self, record: str, found: list[str]) -> None:
        body = "<r><a><item><n>1</n></item></a><b><item><n>2</n></item></b><item><n>3</n></item></r>"
        assert [each["n"] for each in records(body, Xml(record))] == found

    def test_the_root_may_be_the_record_and_a_record_in_a_record_belongs_to_it(self) -> None:
        assert records("<item><item><n>1</n></item></item>") == [{"item": {"n": "1"}}]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1", "windows-1252", "koi8-r"])
    def test_the_encoding_that_the_document_declares(self, encoding: str) -> None:
        text = "Ж" if encoding == "koi8-r" else "é"
        body = f'<?xml version="1.0" encoding="{encoding}"?><r><item><n>{text}</n></item></r>'.encode(encoding)
        assert records(body) == [{"n": text}]

    def test_an_encoding_that_the_plugin_names_wins(self) -> None:
        body = '<?xml version="1.0" encoding="utf-8"?><r><item><n>é</n></item></r>'.encode("latin-1")
        assert records(body, Xml("item", encoding="iso-8859-1")) == [{"n": "é"}]
        assert "no XML that can be read" in refused(body)

    def test_declared_numbers_are_numbers(self) -> None:
        columns = checked_columns({"id": "LONG", "x": "DOUBLE", "b": "BOOLEAN", "t": "STRING", "d": "NAIVE_DATE"}, "here")
        body = b"<r><item><id>7</id><x>1e3</x><b>true</b><t>5</t><d>2026-01-01</d></item><item><id>odd</id><x/></item></r>"
        assert list(Xml("item").spool([body], columns, WHERE, PLENTY)) == [
            {"id": 7, "x": 1000.0, "b": True, "t": "5", "d": "2026-01-01"},
            {"id": "odd", "x": None},
        ]

    def test_each_record_is_made_anew(self) -> None:
        found = spooled("<r><item><n><x>1</x></n></item></r>")
        for record in found:
            record["n"]["x"] = "changed"
        assert found[-1] == {"n": {"x": "1"}}
        assert list(found) == [{"n": {"x": "1"}}]

    def test_gzip_is_noticed(self) -> None:
        assert records(gzip.compress(b"<r><item><n>1</n></item></r>")) == [{"n": "1"}]


class TestBeside:
    def test_what_stands_beside_the_records(self) -> None:
        body = '<r total="3"><paging><next>abc</next></paging><items><item><n>1</n></item></items><more/></r>'
        assert spooled(body).beside == {"@total": 3, "paging": {"next": "abc"}, "items": None, "more": None}

    @pytest.mark.parametrize(
        ("text", "value"),
        [
            *[("true", True), ("false", False), ("True", "True"), ("1.5", "1.5"), ("+1", "+1"), ("007", "007")],
            *[("0", 0), ("-12", -12), ("9" * 18, int("9" * 18)), ("9" * 19, "9" * 19)],
        ],
    )
    def test_flags_and_whole_numbers_are_what_they_are_in_json(self, text: str, value: Any) -> None:
        found = spooled(f"<r a='{text}'><b>{text}</b><b>{text}</b></r>").beside
        assert found == {"@a": value, "b": [value, value]}
        assert type(found["@a"]) is type(value)

    def test_a_document_of_a_text_alone(self) -> None:
        assert spooled("<r>nothing</r>").beside == {"#text": "nothing"}
        assert spooled("<r/>").beside == {}

    def test_it_is_bounded(self) -> None:
        body = "<r><item><n>1</n></item>" + "<other>some text</other>" * 100_000 + "</r>"
        assert "more than 1,000,000 characters that belong to no record" in refused(body)

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            ("<r><page><itme><n>1</n></itme></page></r>", "did you mean itme"),
            ("<r><items><other/></items></r>", "did you mean items"),
            ("<r><entry><n>1</n></entry><entry><n>2</n></entry></r>", "but more than one entry"),
        ],
    )
    def test_a_misspelt_record_is_no_empty_page(self, body: str, said: str) -> None:
        assert said in refused(body)

    def test_a_record_elsewhere_is_no_empty_page(self) -> None:
        assert "but a item elsewhere" in refused("<r><item/></r>", Xml("items/item"))

    def test_an_empty_page(self) -> None:
        assert records("<r><total>0</total><items/></r>") == []


class TestDefused:
    @pytest.mark.parametrize(
        "body",
        [
            '<!DOCTYPE r [<!ENTITY a "aaa"><!ENTITY b "&a;&a;">]><r><item><n>&b;</n></item></r>',
            '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r><item><n>&x;</n></item></r>',
            '<!DOCTYPE r SYSTEM "http://localhost/x.dtd"><r><item/></r>',
            "<!DOCTYPE r><r><item/></r>",
            '<!DOCTYPE r [<!ENTITY % p SYSTEM "http://localhost/"> %p;]><r/>',
        ],
    )
    def test_a_doctype_is_refused(self, body: str) -> None:
        assert "has a DOCTYPE, which is refused" in refused(body)
        assert "has a DOCTYPE" in refused(body.encode("utf-16"))

    def test_a_web_page_is_told(self) -> None:
        for body in ("<!doctype html><title>Log in</title>", "<!DOCTYPE html><html/>", "<html><head><meta></head></html>"):
            assert "is a web page" in refused(body)

    def test_an_unknown_entity_is_refused(self) -> None:
        assert "undefined entity" in refused("<r><item>&nbsp;</item></r>")

    def test_depth_is_bounded(self) -> None:
        assert records("<a>" * 99 + "<item/>" + "</a>" * 99) == [{}]
        assert "more than 100 elements deep" in refused("<a>" * 100 + "<item/>" + "</a>" * 100)
        assert "more than 100 elements deep" in refused("<r><item>" + "<a>" * 1_000_000)

    def test_size_is_bounded_as_unpacked(self) -> None:
        body = gzip.compress(b"<r><item>" + b"a" * 2_000_000 + b"</item></r>")
        with pytest.raises(TooLarge):
            spooled(body, limit=1_000_000)

    @pytest.mark.parametrize("encoding", ["shift_jis", "no-such-thing", "rot13"])
    def test_an_encoding_that_is_not_read(self, encoding: str) -> None:
        assert "encoding" in refused(f'<?xml version="1.0" encoding="{encoding}"?><r><item/></r>')

    @pytest.mark.parametrize("body", ['{"items": []}', "<r></x>", "<r/><r/>", "<r a=1/>", "<r><item></r>"])
    def test_what_is_no_xml(self, body: str) -> None:
        assert "no XML that can be read" in refused(body)

    def test_memory_does_not_grow_with_the_records(self) -> None:
        def peak(count: int) -> int:
            body = b"<r>" + b"<item><n>1</n><t>some text or other</t></item>" * count + b"</r>"
            found = spooled(body)
            tracemalloc.start()
            try:
                assert sum(1 for _ in found) == count
                return tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()

        assert peak(20_000) < peak(2_000) * 2 + 4_000_000


class TestCut:
    WHOLE = '<?xml version="1.0" encoding="utf-8"?><r a="1"><!-- é --><item><n>1</n></item><![CDATA[x]]><item/></r>'.encode()

    def test_cut_anywhere_is_broken(self) -> None:
        assert records(self.WHOLE) == [{"n": "1"}, {}]
        for length in range(len(self.WHOLE)):
            with pytest.raises(BrokenBody, match=r"^the XML ends too early$"):
                records(self.WHOLE[:length])

    @given(st.lists(st.integers(0, 200), max_size=6))
    def test_chunks_end_wherever_they_like(self, places: list[int]) -> None:
        ends = [0, *sorted(place % (len(self.WHOLE) + 1) for place in places), len(self.WHOLE)]
        chunks = [self.WHOLE[start:end] for start, end in pairwise(ends)]
        assert list(Xml("item").spool(chunks, DECLARED, WHERE, PLENTY)) == [{"n": "1"}, {}]


def _is_one(value: Any) -> bool:
    return not isinstance(value, list)


def _flat_attributes(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if not name.startswith("@") or isinstance(value, str)}


NAMES = st.from_regex(r"[A-Za-z_][\w.-]{0,5}", fullmatch=True).filter(str.isascii)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=8)
VALUES = st.recursive(
    st.none() | TEXTS,
    lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3) | st.lists(inner.filter(_is_one), min_size=2, max_size=3),
    max_leaves=8,
)
RECORDS = st.lists(st.dictionaries(NAMES | NAMES.map("@{}".format), VALUES, max_size=4).map(_flat_attributes), max_size=4)


def written(name: str, value: Any) -> str:
    """An element with *value*, by the documented mapping."""
    if isinstance(value, list):
        return "".join(written(name, each) for each in value)
    if not isinstance(value, dict):
        return f"<{name}>{escape(value or '')}</{name}>"
    attributes = "".join(f" {key[1:]}={quoteattr(each)}" for key, each in value.items() if key.startswith("@"))
    inner = "".join(written(key, each) for key, each in value.items() if not key.startswith("@"))
    return f"<{name}{attributes}>\n  {inner}\n</{name}>"


@given(RECORDS)
@example([{"a": [None, "x", {"b": None}]}])
def test_what_was_written_by_the_mapping_is_read_back(made: list[dict[str, Any]]) -> None:
    body = f"<answer><next>n</next><records>{''.join(written('item', record) for record in made)}</records></answer>"
    found = spooled(body, Xml("/answer/records/item"))
    assert list(found) == made
    assert found.beside == {"next": "n", "records": None}
    assert len(found) == len(made)


@given(st.binary(max_size=60))
@example(b"<r><item a='&#1;'/></r>")
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    try:
        records(body)
    except (UnexpectedAnswer, BrokenBody):
        return


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"record": ""}, "Name the element"),
        ({"record": "a//b"}, "Name the element"),
        ({"record": 5}, "record"),
        ({"record": "atom:entry"}, '"entry"'),
        ({"record": "item", "lists": "tag"}, "lists"),
        ({"record": "item", "attributes": None}, "attributes"),
        ({"record": "item", "encoding": "none-such"}, "encoding"),
    ],
)
def test_arguments_that_cannot_be_used(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(PluginError, match=said):
        Xml(**arguments)
