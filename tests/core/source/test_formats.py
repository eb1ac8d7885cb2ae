"""Answers in CSV and JSON lines: unpacked in bounded memory, read whole before the first record, and loud about what is wrong."""

import csv
import gzip
import io
import json
import re
import sys
import tempfile
import tracemalloc
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve
from hypothesis import example, given
from hypothesis import strategies as st

from connector_core import PluginError, UnexpectedAnswer
from connector_core.basics.decoding import decode_text
from connector_core.source import json_lines, spooled
from connector_core.source.columns import checked_columns
from connector_core.source.csv_format import Csv
from connector_core.source.formats import Format
from connector_core.source.json_lines import JsonLines
from connector_core.source.spooled import Records
from connector_core.source.unpacking import BrokenBody, TooLarge, unpacked

WHERE = "jobs: GET /jobs"
MB = 1024 * 1024
PLENTY = 1000 * MB
TYPES = {"n": "LONG", "x": "DOUBLE", "b": "BOOLEAN", "price": "DECIMAL(15,2)", "day": "NAIVE_DATE", "more": "JSON", "t": "STRING"}


DECLARED = checked_columns(TYPES, "here")
SHORT = Csv(optional=list(TYPES))
"""CSV of which a test writes the columns that it is about."""


def read(body: bytes, form: Format | None = None, columns: Mapping[str, str] = TYPES) -> list[Any]:
    """The records of *body*, in CSV unless told otherwise; the header may lack any column."""
    form = form or SHORT
    lenient = evolve(form, optional=list(columns)) if isinstance(form, Csv) and columns else form
    return list(lenient.spool([body], checked_columns(columns, "here"), WHERE, PLENTY))


def lines(body: bytes) -> list[Any]:
    return read(body, JsonLines())


def refused(body: bytes, form: Format | None = None, columns: Mapping[str, str] = TYPES) -> str:
    """The message about *body*, without where and the hint that ends it, both of which are checked."""
    with pytest.raises(UnexpectedAnswer) as caught:
        read(body, form, columns)
    message = str(caught.value)
    assert message.startswith(f"{WHERE}: ")
    assert message.replace("…", "").isprintable()
    assert message.endswith(".")
    said, _, hint = message.removeprefix(f"{WHERE}: ").partition(". ")
    assert hint.startswith(
        ("Check ", "Ask ", "A quote in a quoted text has to be", "If it stands for null, name it in the plugin's Csv")
    )
    return said


def cut(body: bytes, places: Iterable[int]) -> list[bytes]:
    """*body* in chunks that end at *places*; some of them may be empty."""
    ends = [0, *sorted(place % (len(body) + 1) for place in places), len(body)]
    return [body[start:end] for start, end in pairwise(ends)]


def peak(task: Callable[[], object]) -> int:
    """The most memory, in bytes, that *task* held at once."""
    tracemalloc.start()
    try:
        task()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


CUTS = st.lists(st.integers(0, 10_000), max_size=6)
PACKINGS: list[Callable[[bytes], bytes]] = [
    bytes,
    gzip.compress,
    lambda body: gzip.compress(body[:7]) + gzip.compress(b"") + gzip.compress(body[7:]),
    lambda body: gzip.compress(body) + bytes(600),
]


class TestUnpacked:
    @given(st.binary(max_size=300), st.sampled_from(PACKINGS), CUTS)
    @example(b"\x1f", bytes, [])
    def test_gives_back_what_was_packed_wherever_the_chunks_end(
        self, body: bytes, pack: Callable[[bytes], bytes], places: list[int]
    ) -> None:
        if pack is bytes and body[:1] == b"\x1f":
            body = b"." + body
        assert b"".join(unpacked(cut(pack(body), places), len(body))) == body

    def test_leaves_chunks_of_plain_text_as_they_are(self) -> None:
        assert list(unpacked([b"one", b"two", b"", b"three"], PLENTY)) == [b"one", b"two", b"three"]
        assert list(unpacked([], PLENTY)) == []

    def test_takes_a_chunk_before_it_asks_for_the_next(self) -> None:
        def chunks() -> Iterator[bytes]:
            yield b"one"
            raise AssertionError("asked too early")

        assert next(unpacked(chunks(), PLENTY)) == b"one"

    @pytest.mark.parametrize("chunk_bytes", [1, 10_000])
    def test_a_gzip_body_cut_anywhere_is_broken(self, chunk_bytes: int) -> None:
        whole = gzip.compress(b"id,name\n" + bytes(range(32, 127)) * 3)
        for length in range(1, len(whole)):
            body = whole[:length]
            with pytest.raises(BrokenBody, match=r"^the gzip data ends too early$"):
                list(unpacked([body[at : at + chunk_bytes] for at in range(0, length, chunk_bytes)], PLENTY))

    def test_a_second_member_that_is_cut_is_broken(self) -> None:
        whole = gzip.compress(b"one")
        for length in range(1, len(whole)):
            with pytest.raises(BrokenBody, match="ends too early"):
                list(unpacked([whole + whole[:length]], PLENTY))

    @pytest.mark.parametrize(
        ("place", "reason"),
        [(-5, "incorrect data check"), (-1, "incorrect length check"), (2, "unknown compression method")],
        ids=["CRC", "length", "method"],
    )
    def test_a_flipped_bit_is_broken(self, place: int, reason: str) -> None:
        body = bytearray(gzip.compress(b"id\n1\n"))
        body[place] ^= 0x10
        with pytest.raises(BrokenBody, match=rf"^the gzip data is damaged \({reason}\)$"):
            list(unpacked([bytes(body)], PLENTY))

    def test_bad_deflate_data_is_broken(self) -> None:
        header = gzip.compress(b"")[:10]
        with pytest.raises(BrokenBody, match=r"damaged \(invalid block type\)"):
            list(unpacked([header + b"\xff" * 20], PLENTY))

    def test_what_is_neither_padding_nor_a_member_is_broken(self) -> None:
        with pytest.raises(BrokenBody, match="damaged"):
            list(unpacked([gzip.compress(b"one") + bytes(9) + b"and more"], PLENTY))

    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_the_limit_itself_is_allowed_and_one_byte_more_is_not(self, pack: Callable[[bytes], bytes]) -> None:
        body = b"x" * 200_000
        assert sum(map(len, unpacked([pack(body)], 200_000))) == 200_000
        with pytest.raises(TooLarge, match=r"^the body has more than 199,999 bytes$"):
            list(unpacked([pack(body)], 199_999))

    def test_a_bomb_is_stopped_before_it_goes_off(self) -> None:
        bomb = gzip.compress(bytes(200 * MB), 1)

        def defuse() -> None:
            with pytest.raises(TooLarge):
                JsonLines().spool([bomb], {}, WHERE, MB)

        assert peak(defuse) < 4 * MB

    def test_one_chunk_that_swells_is_unpacked_step_by_step(self) -> None:
        bomb = gzip.compress(bytes(200 * MB), 1)
        parts = unpacked([bomb], PLENTY)
        largest = 0

        def swell() -> None:
            nonlocal largest
            largest = max(map(len, parts))

        assert peak(swell) < MB
        assert largest <= 64 * 1024

    @pytest.mark.parametrize(
        "error", [ConnectionError("gone"), zlib.error("theirs"), UnicodeError("theirs"), csv.Error("theirs")]
    )
    @pytest.mark.parametrize("form", [Csv(), JsonLines()])
    @pytest.mark.parametrize("pack", [bytes, gzip.compress])
    def test_what_the_chunks_raise_goes_through(self, error: Exception, form: Format, pack: Callable[[bytes], bytes]) -> None:
        def chunks() -> Iterator[bytes]:
            yield pack(b"[1]\n")
            raise error

        with pytest.raises(type(error)) as caught:
            form.spool(chunks(), {}, WHERE, PLENTY)
        assert caught.value is error

    def test_a_cut_body_is_noticed_before_any_record(self) -> None:
        body = gzip.compress(b"id\n" + b"".join(b"%d\n" % number for number in range(9999)))
        with pytest.raises(BrokenBody):
            Csv().spool([body[:-1]], {}, WHERE, PLENTY)


class TestCsv:
    def test_types_are_those_declared(self) -> None:
        body = b"n,x,b,price,day,more,t,other\n7,1.5,true,12.30,2025-04-28,[1],07,7\n"
        assert read(body) == [
            {"n": 7, "x": 1.5, "b": True, "price": "12.30", "day": "2025-04-28", "more": "[1]", "t": "07", "other": "7"}
        ]

    @pytest.mark.parametrize(
        ("kind", "text", "value"),
        [
            ("SHORT", "-7", -7),
            ("INT", "+7", 7),
            ("LONG", "9223372036854775807", 2**63 - 1),
            ("LONG", " 7 ", 7),
            ("FLOAT", "-.5", -0.5),
            ("DOUBLE", "1e-3", 0.001),
            ("DOUBLE", "0.1", 0.1),
            *(("BOOLEAN", text, True) for text in ("true", "TRUE", "t", "Yes", "1")),
            *(("BOOLEAN", text, False) for text in ("false", "False", "F", "no", "0")),
        ],
    )
    def test_a_text_is_converted(self, kind: str, text: str, value: Any) -> None:
        [record] = read(f"v\n{text}\n".encode(), columns={"v": kind})
        assert record == {"v": value}
        assert type(record["v"]) is type(value)

    @pytest.mark.parametrize(
        ("kind", "text"),
        [
            *(("LONG", text) for text in ("seven", "7.0", "1_000", "\N{ARABIC-INDIC DIGIT SEVEN}", " ", "0x7", "9" * 5000)),
            *(
                ("DOUBLE", text)
                for text in ("nan", "inf", "-Infinity", "1e999", "1_0.5", '"1,5"', "\N{ARABIC-INDIC DIGIT SEVEN}", "one")
            ),
            *(("BOOLEAN", text) for text in ("y", "on", "2", "wahr", " ")),
        ],
    )
    def test_a_text_of_another_type_is_named(self, kind: str, text: str) -> None:
        said = refused(f"id,v\n1,\n\n2,{text}\n".encode(), columns={"v": kind})
        assert re.fullmatch(rf"line 4: column v is '.+, which is no {kind}", said)
        assert len(said) < 120

    def test_the_whole_message_about_a_value(self) -> None:
        with pytest.raises(UnexpectedAnswer) as caught:
            read(b"n\nNA\n")
        assert str(caught.value) == (
            "jobs: GET /jobs: line 2: column n is 'NA', which is no LONG. If it stands for null, name it in the plugin's "
            "Csv(null=…); if not, declare another type, such as STRING."
        )

    def test_null_is_null_in_every_column_and_an_empty_number_always(self) -> None:
        body = b"n,x,b,t,other\n,,,,\nNA,NA,NA,NA,NA\n"
        nothing = {"n": None, "x": None, "b": None, "t": None, "other": None}
        assert read(body, Csv(null="NA")) == [{**nothing, "t": "", "other": ""}, nothing]
        assert read(b"n,x,b,t,other\n,,,,\n") == [nothing]

    def test_a_row_may_have_quotes_delimiters_and_line_ends_in_it(self) -> None:
        body = b'n;t\r\n1;"a;b ""c""\r\nd\ne\rf"\r\n2;plain\r\n'
        assert read(body, Csv(delimiter=";")) == [{"n": 1, "t": 'a;b "c"\r\nd\ne\rf'}, {"n": 2, "t": "plain"}]

    @pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
    def test_blank_lines_are_skipped_and_the_last_line_need_not_end(self, end: str) -> None:
        assert read(end.join(["", "n", "", "1", "", "", "2"]).encode()) == [{"n": 1}, {"n": 2}]

    @pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
    def test_an_encoding_is_followed_and_its_byte_order_mark_skipped(self, encoding: str) -> None:
        mark = "" if encoding == "cp1252" else "\ufeff"
        body = f'{mark}"n",t\n1,für\n'.encode(encoding)
        assert read(body, Csv(encoding=encoding)) == [{"n": 1, "t": "für"}]

    def test_a_header_alone_is_no_record(self) -> None:
        assert read(b"n,t\n") == []

    def test_a_text_of_ten_megabytes_fits_in_a_cell(self) -> None:
        text = "x" * 10 * MB
        [record] = read(f"n,t\n1,{text}\n".encode())
        assert record == {"n": 1, "t": text}

    def test_the_limit_of_fields_is_never_lowered(self) -> None:
        before = csv.field_size_limit(sys.maxsize)
        try:
            read(b"n\n1\n")
            assert csv.field_size_limit() == sys.maxsize
        finally:
            csv.field_size_limit(before)

    @pytest.mark.parametrize(
        ("body", "said"),
        [
            (b"", "the answer is blank, where CSV with a header was expected"),
            (b"\xef\xbb\xbf\r\n\r\n", "the answer is blank, where CSV with a header was expected"),
            (b"n,t,n\n", "the CSV header names n twice, so one value would overwrite the other"),
            (b"n,,t\n", "field 2 of the CSV header is empty, so its column has no name"),
            (b"n,t, \n", "field 3 of the CSV header is empty, so its column has no name"),
            (b"n,t\n1,a\n2\n", "line 3 has 1 field, and the header 2 fields"),
            (b'n,t\n1,"a\nb"\n\n2,b,\n', "line 5 has 3 fields, and the header 2 fields"),
            (b'n,t\n1,a\n2,"b"c\n', "the row that begins on line 3 is not CSV (',' expected after '\"')"),
            (b'n,t\n1,a\n2,"b\n3,c\n', "the row that begins on line 3 is not CSV (unexpected end of data)"),
            (b"n,t\n1,a\0\n", "line 2 holds a NUL byte, so it is no text in utf-8"),
            (b"n,t\n1,\xff\n", "the answer is no text in utf-8, somewhere after line 0"),
            (b"n,t\n" + b"1,a\n" * 9999 + b"1,\xe2\x82", "the answer is no text in utf-8, somewhere after line 10000"),
        ],
    )
    def test_what_is_wrong_is_said(self, body: bytes, said: str) -> None:
        assert refused(body) == said

    def test_the_whole_message_about_a_blank_answer(self) -> None:
        with pytest.raises(UnexpectedAnswer) as caught:
            read(b"")
        assert str(caught.value) == (
            "jobs: GET /jobs: the answer is blank, where CSV with a header was expected. Check that base_url is the API that "
            "this connector is made for; if the API changed, the plugin has to follow."
        )

    def test_a_name_from_the_answer_cannot_forge_a_line(self) -> None:
        assert (
            refused(b'"a\nERROR",t,"a\nERROR"\n') == "the CSV header names a ERROR twice, so one value would overwrite the other"
        )

    @pytest.mark.parametrize("body", [b"n,n\n1,2\n", b"n\none\n", b"n\n1,2\n"])
    def test_a_bad_header_or_first_record_is_noticed_at_once(self, body: bytes) -> None:
        with pytest.raises(UnexpectedAnswer):
            SHORT.spool([body], DECLARED, WHERE, PLENTY)

    def test_records_before_a_bad_one_are_given_out(self) -> None:
        records = iter(SHORT.spool([b"n\n1\n2\nthree\n"], DECLARED, WHERE, PLENTY))
        assert [next(records), next(records)] == [{"n": 1}, {"n": 2}]
        with pytest.raises(UnexpectedAnswer, match="line 4"):
            next(records)

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            *(({"delimiter": bad}, f"delimiter is {bad!r}. Write one") for bad in ("", "||", '"', "\n", "\r", "\0", None, 7)),
            *(({"encoding": bad}, f"encoding is {bad!r}, which") for bad in ("utf-9", "rot13", "hex", "", "utf\0", None, 8)),
            *(({"null": bad}, f"null is {bad!r}. Write the text") for bad in (None, 0, ["NULL"])),
        ],
    )
    def test_an_argument_that_cannot_be_used_is_refused(self, arguments: dict[str, Any], said: str) -> None:
        with pytest.raises(PluginError, match=f"^Csv: {re.escape(said)}"):
            Csv(**arguments)


class TestJsonLines:
    def test_each_line_is_a_value(self) -> None:
        body = b'\xef\xbb\xbf{"a": 1, "b": [1.5, null, "f\xc3\xbcr\xe2\x80\xa8"]}\r\n\n \t\r\n{"a": "\\n"}\n7\nnull\n"text"'
        assert lines(body) == [{"a": 1, "b": [1.5, None, "für\u2028"]}, {"a": "\n"}, 7, None, "text"]

    @pytest.mark.parametrize("body", [b"", b"\n", b"\xef\xbb\xbf", gzip.compress(b"")])
    def test_an_empty_body_is_no_record(self, body: bytes) -> None:
        assert lines(body) == []

    @pytest.mark.parametrize(
        ("bad", "said"),
        [
            (b'{"a": 1', "is not JSON, where each line has to be one JSON value"),
            (b'{"a": 1} {"a": 2}', "is not JSON, where each line has to be one JSON value"),
            (b"<html>", "is a web page, not JSON"),
            (b"\x0c", "is not JSON, where each line has to be one JSON value"),
            (b"\xef\xbb\xbf{}", "is not JSON, where each line has to be one JSON value"),
            (b'{"a": NaN}', "holds NaN, so it is not JSON"),
            (b"[Infinity]", "holds Infinity, so it is not JSON"),
            (b"-Infinity", "holds -Infinity, so it is not JSON"),
            (b"[" * 100_000, "is nested too deeply to be read"),
            (b'"\xff"', "is no text in UTF-8, so it is not JSON"),
            (b'"\xed\xa0\x80"', "is no text in UTF-8, so it is not JSON"),
            ('{"a": 1}'.encode("utf-16-le"), "is not JSON, where each line has to be one JSON value"),
        ],
    )
    def test_what_is_wrong_is_said(self, bad: bytes, said: str) -> None:
        assert refused(b"{}\n\n" + bad + b"\n{}\n", JsonLines()) == f"line 3 {said}"

    def test_the_whole_message(self) -> None:
        with pytest.raises(UnexpectedAnswer) as caught:
            lines(b"no\n")
        assert str(caught.value) == (
            "jobs: GET /jobs: line 1 is not JSON, where each line has to be one JSON value. Check that base_url is the API that "
            "this connector is made for; if the API changed, the plugin has to follow."
        )

    def test_a_line_is_read_when_its_turn_comes(self) -> None:
        records = iter(JsonLines().spool([b"1\n2\nthree\n"], {}, WHERE, PLENTY))
        assert [next(records), next(records)] == [1, 2]
        with pytest.raises(UnexpectedAnswer, match="line 3"):
            next(records)


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8) | st.sampled_from(
    ['"', ",\r", "\n"]
)
NAMES = st.lists(st.text("abcäß ,\"'\n", min_size=1, max_size=4).filter(str.strip), min_size=1, max_size=4, unique_by=str.strip)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


class TestRoundTrip:
    @given(st.data(), NAMES, st.sampled_from(PACKINGS), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]), CUTS)
    def test_csv(
        self, data: st.DataObject, names: list[str], pack: Callable[[bytes], bytes], encoding: str, places: list[int]
    ) -> None:
        rows = data.draw(st.lists(st.lists(TEXT, min_size=len(names), max_size=len(names)), max_size=5))
        delimiter = data.draw(st.sampled_from(",;\t|"))
        written = io.StringIO(newline="")
        writer = csv.writer(
            written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=data.draw(st.sampled_from(["\n", "\r\n"]))
        )
        writer.writerows([names, *rows])
        body = pack(written.getvalue().encode(encoding))
        records = Csv(delimiter, encoding, null="-").spool(cut(body, places), {}, WHERE, PLENTY)
        assert list(records) == [
            {name.strip(): None if text == "-" else text for name, text in zip(names, row, strict=True)} for row in rows
        ]

    @given(
        st.lists(
            st.tuples(st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.floats(allow_nan=False, allow_infinity=False))
        ),
        CUTS,
    )
    def test_numbers(self, rows: list[tuple[int | None, float | None]], places: list[int]) -> None:
        body = "n,x\n" + "".join(f"{'' if n is None else n},{'' if x is None else x}\n" for n, x in rows)
        records = SHORT.spool(cut(body.encode(), places), DECLARED, WHERE, PLENTY)
        assert [(record["n"], record["x"]) for record in records] == rows

    @given(st.lists(JSON, max_size=5), st.sampled_from(PACKINGS), st.booleans(), CUTS)
    def test_json_lines(self, values: list[Any], pack: Callable[[bytes], bytes], ascii_only: bool, places: list[int]) -> None:
        body = pack("".join(json.dumps(value, ensure_ascii=ascii_only) + "\n" for value in values).encode())
        assert list(JsonLines().spool(cut(body, places), {}, WHERE, PLENTY)) == values


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every file that records are spooled into, in the order in which they were opened."""
    opened: list[Any] = []

    def opening(**arguments: Any) -> Any:
        opened.append(tempfile.SpooledTemporaryFile(**arguments))  # noqa: SIM115  (whether it gets closed is the question)
        return opened[-1]

    monkeypatch.setattr(spooled, "SpooledTemporaryFile", opening)
    return opened


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that was parsed as JSON."""
    texts: list[str] = []

    def noting(text: str) -> Any:
        texts.append(text)
        return decode_text(text)

    monkeypatch.setattr(json_lines, "decode_text", noting)
    return texts


def numbers(count: int) -> Records:
    """As many records, counted from 0, each on a line of 100 bytes."""
    return JsonLines().spool([b"%-99d\n" % number for number in range(count)], {}, WHERE, PLENTY)


class TestRecords:
    def test_can_be_read_again_and_again(self) -> None:
        records = numbers(4)
        assert list(records) == list(records) == [0, 1, 2, 3]
        assert 2 in records
        assert 4 not in records

    @given(st.integers(0, 6), st.integers(-8, 8))
    def test_a_place_is_that_of_a_list(self, count: int, place: int) -> None:
        records, expected = numbers(count), list(range(count))
        if -count <= place < count:
            assert records[place] == expected[place]
        else:
            with pytest.raises(IndexError):
                records[place]

    @given(st.integers(0, 6), st.slices(8))
    def test_a_slice_is_that_of_a_list(self, count: int, places: slice) -> None:
        assert numbers(count)[places] == list(range(count))[places]

    @given(st.integers(0, 6))
    def test_length_and_truth_are_those_of_a_list(self, count: int) -> None:
        records = numbers(count)
        assert bool(records) is (count > 0)
        assert len(records) == count

    def test_a_null_is_a_record_too(self) -> None:
        records = JsonLines().spool([b"null\n"], {}, WHERE, PLENTY)
        assert records
        assert len(records) == 1
        assert records[-1] is None

    def test_whether_there_are_any_takes_the_first_record_only(self, parsed: list[str]) -> None:
        assert JsonLines().spool([b"0\n1\nno JSON\n"], {}, WHERE, PLENTY)
        assert set(parsed) == {"0"}

    def test_length_and_last_record_are_found_once(self, parsed: list[str]) -> None:
        records = numbers(3)
        parsed.clear()
        assert (len(records), len(records)) == (3, 3)
        assert parsed == ["0", "1", "2"]
        parsed.clear()
        assert (records[-1], records[2]) == (2, 2)
        assert parsed == ["2", "2"]

    def test_an_iteration_finds_length_and_last_record_too(self, parsed: list[str]) -> None:
        records = numbers(3)
        parsed.clear()
        assert sum(records) == 3  # list() would ask for the length first
        assert parsed == ["0", "1", "2"]
        parsed.clear()
        assert len(records) == 3
        assert records[-1] == 2
        assert parsed == ["2"]

    def test_an_iteration_that_was_left_finds_nothing(self) -> None:
        records = numbers(3)
        assert next(iter(records)) == 0
        assert len(records) == 3
        assert records[-1] == 2

    def test_the_last_record_is_as_sent_whatever_became_of_it(self) -> None:
        records = SHORT.spool([b"n\n1\n2\n"], DECLARED, WHERE, PLENTY)
        for record in records:
            record.clear()
        records[-1].clear()
        assert records[-1] == {"n": 2}

    @pytest.mark.parametrize("count", [500, 12_000], ids=["in memory", "in a file"])
    def test_an_iteration_is_not_moved_by_another(self, count: int) -> None:
        records = numbers(count)
        outer = iter(records)
        assert next(outer) == 0
        assert records[3] == 3
        assert len(records) == count
        assert list(outer) == list(range(1, count))

    def test_are_equal_when_their_bytes_are(self) -> None:
        body = b"1\n2\n"
        records = JsonLines().spool([body], {}, WHERE, PLENTY)
        assert records == JsonLines().spool(cut(gzip.compress(body), [3, 9]), {}, "elsewhere", PLENTY)
        assert records != JsonLines().spool([b"1\n3\n"], {}, WHERE, PLENTY)
        assert records != [1, 2]

    def test_are_compared_without_being_parsed(self, parsed: list[str]) -> None:
        one, other = numbers(3), numbers(3)
        parsed.clear()
        assert one == other
        assert parsed == []

    def test_have_no_hash(self) -> None:
        with pytest.raises(TypeError, match="unhashable"):
            hash(numbers(1))

    @pytest.mark.parametrize("count", [1, 12_000], ids=["in memory", "in a file"])
    def test_their_file_is_closed_when_they_are_gone(self, count: int, files: list[Any]) -> None:
        records = numbers(count)
        assert list(records)[-1] == count - 1
        [file] = files
        assert (file.name is not None) is (count > 1)  # a file in memory has none
        assert not file.closed
        del records
        assert file.closed

    def test_their_file_stays_open_while_an_iteration_is_under_way(self, files: list[Any]) -> None:
        iteration = iter(numbers(3))
        assert next(iteration) == 0
        [file] = files
        assert not file.closed
        assert list(iteration) == [1, 2]
        del iteration
        assert file.closed

    @pytest.mark.parametrize("body", [gzip.compress(b"1\n")[:-1], b"no JSON"])
    def test_their_file_is_closed_when_there_are_none(self, body: bytes, files: list[Any]) -> None:
        with pytest.raises((BrokenBody, UnexpectedAnswer)) as caught:
            JsonLines().spool([body], {}, WHERE, PLENTY)
        assert caught.value.__traceback__ is not None  # which keeps what it can see from being collected
        assert [file.closed for file in files] == [True]

    @pytest.mark.parametrize(
        ("form", "head", "row"),
        [(SHORT, b"n,t\n", b'7,"' + b"x" * 2000 + b'"\n'), (JsonLines(), b"", b'{"n": 7, "t": "' + b"x" * 2000 + b'"}\n')],
    )
    @pytest.mark.parametrize("packed", [False, True])
    def test_memory_stays_flat_for_thirty_megabytes(self, form: Format, head: bytes, row: bytes, packed: bool) -> None:
        count = 30 * MB // len(row)

        def chunks() -> Iterator[bytes]:
            packer = zlib.compressobj(1, wbits=31)
            for piece in (head, *(row for _ in range(count))):
                yield packer.compress(piece) if packed else piece
            yield packer.flush() if packed else b""

        def work() -> None:
            records = form.spool(chunks(), DECLARED, WHERE, PLENTY)
            assert sum(record["n"] for record in records) == 7 * count
            assert records[-1] == {"n": 7, "t": "x" * 2000}

        assert peak(work) < 4 * MB
