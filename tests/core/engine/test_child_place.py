"""The place of a child table: what its state takes for each parent, and what it forgets."""

import json

from hypothesis import given
from hypothesis import strategies as st

from connector_core.engine.child_place import EDGE, Place
from connector_core.engine.marks import BYTES, KEY, VALUE, mark_of, name_of, number_of, packed, unpacked
from connector_core.engine.state import LIMIT

KEYS = st.text(max_size=12)
VALUES = st.one_of(st.none(), st.integers(), st.text(max_size=8), st.floats(allow_nan=False), st.booleans())
BOOKMARKS = st.dictionaries(st.sampled_from(["since", "after"]), st.one_of(st.integers(), st.text(max_size=5)), max_size=2)


@st.composite
def places(draw: st.DrawFn) -> Place:
    changed = draw(st.dictionaries(KEYS, VALUES, max_size=6))
    return Place(
        draw(BOOKMARKS),
        {name_of(key)[:KEY]: mark_of(key, changed.get(key)) for key in draw(st.lists(KEYS, max_size=4))},
        {key: (draw(BOOKMARKS), mark_of(key, changed.get(key))) for key in draw(st.lists(KEYS, max_size=3))},
        {name_of(key): draw(BOOKMARKS) for key in draw(st.lists(KEYS, max_size=5))},
        {name_of(key)[:KEY]: mark_of(key, value) for key, value in changed.items()},
    )


@given(places())
def test_a_place_is_read_back_from_its_state(place: Place) -> None:
    assert Place.read(json.loads(json.dumps(place.bookmark()))) == place


@given(KEYS, KEYS, VALUES, VALUES)
def test_a_mark_is_that_of_its_key_and_value_alone(one: str, other: str, value: object, another: object) -> None:
    same = json.dumps([one, value]) == json.dumps([other, another])
    assert (mark_of(one, value) == mark_of(other, another)) is same
    assert (name_of(one) == name_of(other)) is (one == other)


def test_some_750_000_parents_fit_the_state() -> None:
    marks = {number.to_bytes(KEY, "big"): bytes(VALUE) for number in range(100_000)}
    text = packed(marks)
    assert abs(len(text) / 100_000 - BYTES) < 0.01
    assert number_of(text) == 100_000
    assert unpacked(text) == marks
    assert 740_000 < LIMIT / BYTES < 760_000


def test_parents_that_go_on_from_one_place_share_it() -> None:
    alike = Place(rests={name_of(str(number)): {"since": "2026-01-01T00:00:00Z"} for number in range(1000)})
    assert len(json.dumps(alike.bookmark())) < 1000 * 12 + 100


def test_of_parents_that_are_listed_by_their_change_the_last_are_kept() -> None:
    place = Place(changed={number.to_bytes(KEY, "big"): bytes(VALUE) for number in range(EDGE + 7)})
    place.keep_edge()
    assert [int.from_bytes(key, "big") for key in place.changed] == list(range(7, EDGE + 7))


def test_who_was_done_is_forgotten_only_where_the_list_goes_on_behind_them() -> None:
    done = {b"12345": b"54321"}
    assert not Place({"at": 1}, dict(done)).moved({"at": 1})
    for before, after, kept in (({"at": 1}, {"at": 1}, done), ({"at": 1}, {}, done), ({"at": 1}, {"at": 2}, {}), ({}, {}, done)):
        place = Place(before, dict(done))
        place.moved(after)
        assert (place.listing, place.done) == (after, kept)
