"""Zip archives of the other formats: bounded, read file by file, and loud about what cannot be read."""

import io
import json
import struct
import zipfile
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core import Csv, Json, JsonLines, PluginError, Table, UnexpectedAnswer, Xml, Zip, hookimpl
from connector_core.plugin.assembly import Plugin, assemble
from connector_core.source.columns import checked_columns
from connector_core.source.spooled import Records
from connector_core.source.unpacking import BrokenBody, TooLarge

WHERE = "jobs: GET /jobs"
PLENTY = 10**8
DECLARED = checked_columns({"id": "LONG"}, "here")


def archive(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as writer:
        for name, content in files.items():
            writer.writestr(name, content)
    return made.getvalue()


def spooled(body: bytes, form: Zip | None = None, limit: int = PLENTY) -> Records:
    return (form or Zip(Csv())).spool([body[at : at + 1000] for at in range(0, len(body), 1000)], DECLARED, WHERE, limit)


def refused(body: bytes, form: Zip | None = None) -> str:
    with pytest.raises(UnexpectedAnswer) as caught:
        list(spooled(body, form))
    message = str(caught.value)
    assert message.startswith(f"{WHERE}: ")
    assert message.endswith(".")
    return message


FORMS: list[tuple[Any, Callable[[list[int]], bytes], Callable[[int], Any]]] = [
    (Csv(), lambda ids: ("id\n" + "".join(f"{each}\n" for each in ids)).encode(), lambda each: {"id": each}),
    (JsonLines(), lambda ids: "".join(json.dumps({"id": each}) + "\n" for each in ids).encode(), lambda each: {"id": each}),
    (Json("data"), lambda ids: json.dumps({"data": [{"id": each} for each in ids]}).encode(), lambda each: {"id": each}),
    (
        Xml("item"),
        lambda ids: ("<r>" + "".join(f"<item><id>{each}</id></item>" for each in ids) + "</r>").encode(),
        lambda each: {"id": each},
    ),
]


@given(
    st.lists(st.lists(st.integers(0, 999), max_size=5), min_size=1, max_size=4), st.sampled_from(FORMS), st.sampled_from([0, 8])
)
def test_the_records_of_all_files_in_order(members: list[list[int]], form: Any, method: int) -> None:
    kind, written, read = form
    body = archive({f"part {number}/data.x": written(ids) for number, ids in enumerate(members)}, method)
    found = spooled(body, Zip(kind))
    wanted = [read(each) for ids in members for each in ids]
    assert list(found) == wanted
    assert len(found) == len(wanted)
    assert list(found) == wanted
    if wanted:
        assert found[-1] == wanted[-1]


class TestMembers:
    BODY = archive(
        {"deep/in/a.csv": b"id\n1\n", "b.csv": b"id\n2\n", "readme.txt": b"hello", "__MACOSX/._b.csv": b"\0", "d/": b""}
    )

    @pytest.mark.parametrize(
        ("members", "ids"), [("*.csv", [1, 2]), ("deep/*", [1]), (["b.csv"], [2]), (["b.csv", "a.csv"], [1, 2]), ("[b].csv", [2])]
    )
    def test_are_chosen_by_pattern(self, members: Any, ids: list[int]) -> None:
        assert [each["id"] for each in spooled(self.BODY, Zip(Csv(), members=members))] == ids

    def test_none_is_an_error_that_names_what_there_is(self) -> None:
        message = refused(self.BODY, Zip(Csv(), members="*.tsv"))
        assert "no file *.tsv, only deep/in/a.csv, b.csv, readme.txt." in message
        assert "no file at all" in refused(archive({}))

    def test_a_message_names_the_file(self) -> None:
        assert f"{WHERE}: readme.txt: the CSV header" in refused(self.BODY, Zip(Csv()))
        assert f"{WHERE}: x.json: it is not whole JSON" in refused(archive({"x.json": b"{"}), Zip(Json()))
        assert "there is nothing at 'data'" in refused(archive({"x.json": b"{}"}), Zip(Json("data")))
        assert "not a list of records" in refused(archive({"x.json": b"{}"}), Zip(Json()))

    def test_what_xml_says_beside_its_records(self) -> None:
        body = archive({"1.xml": b"<r><next>a</next><n>1</n><item/></r>", "2.xml": b"<r><next>b</next><item/></r>"})
        found = spooled(body, Zip(Xml("item")))
        assert found.beside == {"next": "b", "n": 1}


class TestBounds:
    def test_by_what_comes_out_and_not_by_what_is_declared(self) -> None:
        body = archive({"a.csv": b"id\n" + b"1\n" * 1_000_000})
        assert len(body) < 10_000
        with pytest.raises(TooLarge):
            spooled(body, limit=1_000_000)
        for signature, place in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):  # where each header says the size as unpacked
            at = body.index(signature) + place
            body = body[:at] + struct.pack("<I", 10) + body[at + 4 :]
        with pytest.raises((TooLarge, BrokenBody)):
            spooled(body, limit=1_000_000)

    def test_of_all_files_together(self) -> None:
        body = archive({f"{number}.csv": b"id\n" + b"1\n" * 100_000 for number in range(10)})
        assert len(spooled(body, limit=2_100_000)) == 1_000_000
        with pytest.raises(TooLarge):
            spooled(body, limit=1_000_000)

    def test_of_the_archive_itself(self) -> None:
        with pytest.raises(TooLarge):
            spooled(archive({"a.csv": b"id\n" + b"1\n" * 1000}, 0), limit=1000)

    def test_of_the_number_of_files(self) -> None:
        body = archive({f"{number}": b"" for number in range(10_001)}, 0)
        assert "more than 10,000 files" in refused(body)


class TestDamaged:
    BODY = archive({"a.csv": b"id\n" + b"".join(b"%d\n" % each for each in range(300)), "b.csv": b"id\n7\n"})

    def test_cut_anywhere_is_broken(self) -> None:
        for length in [*range(30), *range(30, len(self.BODY), 7), len(self.BODY) - 1]:
            with pytest.raises(BrokenBody, match=r"^the zip archive is cut or damaged"):
                spooled(self.BODY[:length])

    @given(st.integers(0, len(BODY) - 1), st.integers(1, 255))
    def test_a_flipped_byte_is_noticed_or_makes_no_difference(self, place: int, by: int) -> None:
        body = bytearray(self.BODY)
        body[place] ^= by
        try:
            found = [each["id"] for each in spooled(bytes(body), Zip(Csv(), members=["a.csv", "b.csv"]))]
        except (BrokenBody, UnexpectedAnswer):
            return
        # What remains is a file whose name was hit, so that it is not asked for any more.
        assert found in ([*range(300), 7], [7], [*range(300)])

    def test_what_is_no_archive(self) -> None:
        assert "is no zip archive" in refused(b"id\n1\n")
        assert "is a web page" in refused(b"<html>")

    def test_an_encrypted_file_is_refused_by_name(self) -> None:
        body = bytearray(archive({"secret.csv": b"id\n1\n"}))
        for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            body[body.index(signature) + place] |= 1
        assert "secret.csv is encrypted" in refused(bytes(body))

    @pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_another_way_of_packing_is_refused_by_name(self, method: int) -> None:
        assert f"a.csv is packed by method {method} of zip" in refused(archive({"a.csv": b"id\n1\n"}, method))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((None,), "format"),
        ((Zip(Csv()),), "format"),
        ((Csv(), []), "members"),
        ((Csv(), ""), "members"),
        ((Csv(), 5), "members"),
    ],
)
def test_arguments_that_cannot_be_used(arguments: tuple[Any, ...], said: str) -> None:
    with pytest.raises(PluginError, match=said):
        Zip(*arguments)


def test_json_is_for_archives_only() -> None:
    with pytest.raises(PluginError, match="records"):
        Json("")


@pytest.mark.parametrize(("form", "largest"), [(Zip(Csv()), "100"), (Xml("item"), "100"), (Zip(Json()), "15")])
def test_the_largest_answer_is_smaller_where_it_is_held_in_memory(form: Any, largest: str) -> None:
    class Jobs:
        @hookimpl
        def connector_tables(self) -> list[Table]:
            return [Table("jobs", "/jobs", "@", ["id"], {"id": "LONG"}, format=form)]

    settings = {setting.name: setting.default for setting in assemble([Plugin("jobs", Jobs())]).settings}
    assert settings["max_answer_mb"] == largest
