"""The sample feed keeps its order, its cursors and its word, and the two samples look like the real thing."""

import re
from datetime import date
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_build.api.feed import CURSOR, Feed, UnknownCursor
from connector_build.sample import Sample
from connector_fts.sample import SAMPLE as FTS
from connector_mso.sample import SAMPLE as MSO

Record = dict[str, Any]

FTS_EXAMPLE: Record = {
    "customer_id": "CUST_000600",
    "downtime_hours": 4,
    "equipment_id": "EQUIP_000600",
    "erp_order_id": "ORDER_000600",
    "failure_rate": 0.67,
    "last_updated_epoch": 1748970000,
    "log_date": "2026-02-17",
    "log_description": "Performed routine maintenance on equipment",
    "maintenance_cost": 759.88,
    "maintenance_status": "Cancelled",
    "maintenance_type": "Predictive",
    "record_id": "65b2df8b-1fe4-4095-9de6-f2dd0a42b817",
    "summarization_time_saved": 4,
    "summarized_log": "Issue resolved",
    "technician_id": "TECH_000600",
}
MSO_EXAMPLE: Record = {
    "cad_file_name": "File 1.dwg",
    "cad_system": "Autodesk Inventor",
    "cost_savings": 527.3108956424,
    "density": 4.058131129,
    "designer_experience": 12,
    "designer_id": "DES_0000",
    "designer_name": "Designer 1",
    "designer_skill_level": "Intermediate",
    "last_updated_epoch": 1748797200,
    "material_cost": 102.9187119751,
    "material_id": "MTRL_0000",
    "material_name": "Material 1",
    "material_optimization_date": "2024-04-29",
    "material_optimization_recommendation": "Recommended",
    "material_optimization_score": 0.9039157259,
    "material_selection_date": "2024-04-28",
    "material_selection_recommendation": "Recommended",
    "material_selection_score": 0.9335058035,
    "material_waste": 6.0330629414,
    "material_weight": 67.5975964267,
    "performance_improvement": 94.8842301476,
    "poissons_ratio": 0.3076327141,
    "product_description": "Description of Product 1",
    "product_id": "PRD_0000",
    "product_lifecycle_stage": "Production",
    "product_lifecycle_status": "Active",
    "product_name": "Product 1",
    "product_performance": 900.7847057252,
    "record_id": "22eea48a-60c3-41ed-96be-34352d4c10b9",
    "waste_reduction": 5.9535572251,
    "weight_reduction": 12.6936057674,
    "youngs_modulus": 12572.906030128,
}


def make(number: int, rng: Random) -> Record:
    return {"record_id": f"r{number}", "value": rng.randrange(1000), "last_updated_epoch": 1000 + number}


def change(record: Record, rng: Random) -> Record:
    updated = record["last_updated_epoch"] + rng.randint(1, 5)
    return {**record, "value": rng.randrange(1000), "last_updated_epoch": updated}


def feed_of(count: int, seed: int = 0) -> Feed:
    return Feed("toy", Sample(count, make, change), seed)


def read_to_end(feed: Feed, size: int, cursor: str | None = None) -> list[Record]:
    records: list[Record] = []
    while True:
        page = feed.page(cursor, size)
        records += page.records
        assert page.has_more == (page.next_cursor is not None)
        if page.next_cursor is None:
            return records
        cursor = page.next_cursor


def by_id(records: list[Record]) -> dict[str, Record]:
    return {record["record_id"]: record for record in records}


moves = st.one_of(
    st.tuples(st.just("append"), st.integers(0, 7)),
    st.tuples(st.just("change"), st.integers(0, 12)),
    st.tuples(st.just("page"), st.integers(1, 9)),
)


def move(feed: Feed, verb: str, n: int) -> None:
    if verb == "append":
        feed.append(n)
    else:
        feed.change(min(n, len(feed)))


# --- pages and cursors


def test_750_records_by_100_are_seven_full_pages_and_a_half_one() -> None:
    feed, cursor, pages = feed_of(750), None, []
    for _ in range(8):
        page = feed.page(cursor, 100)
        pages.append((len(page.records), page.next_cursor is None, page.has_more))
        cursor = page.next_cursor
    assert pages == [(100, False, True)] * 7 + [(50, True, False)]


def test_a_full_last_page_is_the_last() -> None:
    page = feed_of(100).page(None, 100)
    assert (len(page.records), page.next_cursor, page.has_more) == (100, None, False)


def test_an_empty_feed_has_one_empty_page() -> None:
    page = feed_of(0).page(None, 100)
    assert (page.records, page.next_cursor, page.has_more) == ([], None, False)


def test_the_same_seed_gives_the_same_records_and_cursors() -> None:
    one, same, other = feed_of(30, seed=1), feed_of(30, seed=1), feed_of(30, seed=2)
    for feed in (one, same, other):
        feed.change(5)
        feed.append(5)
    assert one.page(None, 10) == same.page(None, 10)
    assert one.records() == same.records()
    assert one.page(None, 10).next_cursor != other.page(None, 10).next_cursor
    assert one.records() != other.records()


def test_an_appended_record_does_not_depend_on_what_was_changed_before() -> None:
    calm, busy = feed_of(10), feed_of(10)
    busy.change(7)
    assert [r["value"] for r in calm.append(3)] == [r["value"] for r in busy.append(3)]


@pytest.mark.parametrize("cursor", ["", "0" * 32, "f" * 32, "not a cursor", "A" * 32])
def test_an_unknown_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(UnknownCursor):
        feed_of(30).page(cursor, 10)


def test_a_cursor_of_another_feed_is_refused() -> None:
    cursor = feed_of(30, seed=1).page(None, 10).next_cursor
    with pytest.raises(UnknownCursor):
        feed_of(30, seed=2).page(cursor, 10)


def test_a_cursor_beyond_the_end_of_a_feed_made_again_is_refused() -> None:
    grown = feed_of(10)
    grown.append(20)
    cursor = grown.page(None, 25).next_cursor
    with pytest.raises(UnknownCursor):
        feed_of(10).page(cursor, 10)


def test_expired_cursors_are_unknown_and_new_ones_work() -> None:
    feed = feed_of(30)
    old = feed.page(None, 10).next_cursor
    feed.expire_cursors()
    with pytest.raises(UnknownCursor):
        feed.page(old, 10)
    assert len(read_to_end(feed, 10)) == 30


def test_impossible_counts_are_refused() -> None:
    feed = feed_of(3)
    with pytest.raises(ValueError, match="cannot change 4 of the 3 records"):
        feed.change(4)
    with pytest.raises(ValueError, match="cannot append -1"):
        feed.append(-1)
    with pytest.raises(ValueError, match="page of 0"):
        feed.page(None, 0)


def test_what_a_caller_does_to_a_record_stays_with_the_caller() -> None:
    feed = feed_of(3)
    before = feed.records()
    for record in [*feed.records(), *feed.page(None, 3).records, *feed.change(0)]:
        record.clear()
    assert feed.records() == before


# --- changes


def test_changed_records_move_to_the_end_with_new_values() -> None:
    feed = feed_of(20)
    before = by_id(feed.records())
    changed = feed.change(4)
    assert feed.records()[-4:] == changed
    assert len(feed) == 20
    for record in changed:
        assert record["last_updated_epoch"] > before[record["record_id"]]["last_updated_epoch"]


@given(st.lists(moves, max_size=12))
def test_the_feed_is_always_in_order_of_last_update(steps: list[tuple[str, int]]) -> None:
    feed = feed_of(15)
    for verb, n in steps:
        move(feed, verb, n)
    epochs = [record["last_updated_epoch"] for record in feed.records()]
    assert epochs == sorted(set(epochs))


@given(st.integers(0, 60), st.lists(st.integers(1, 20), min_size=1, max_size=8), st.integers(0, 20))
def test_without_changes_each_record_comes_once_whatever_the_page_sizes(
    count: int, sizes: list[int], changed_before: int
) -> None:
    feed, cursor, seen = feed_of(count), None, []
    feed.change(min(changed_before, count))
    for turn in range(count + 1):
        page = feed.page(cursor, sizes[turn % len(sizes)])
        seen += page.records
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == feed.records()


@given(st.integers(0, 40), st.lists(moves, max_size=30), st.integers(1, 9))
def test_paging_through_changes_delivers_each_newest_record(count: int, steps: list[tuple[str, int]], size: int) -> None:
    """A reader that rests at its last cursor that was not null ends with exactly the live records."""
    feed, cursor = feed_of(count), None
    copy: dict[str, Record] = {}
    for verb, n in steps:
        if verb != "page":
            move(feed, verb, n)
            continue
        page = feed.page(cursor, n)
        copy |= by_id(page.records)
        cursor = page.next_cursor or cursor
    copy |= by_id(read_to_end(feed, size, cursor))
    assert copy == by_id(feed.records())


@given(st.lists(moves, max_size=12), st.integers(1, 9))
def test_a_cursor_keeps_its_place_whatever_happens(steps: list[tuple[str, int]], size: int) -> None:
    feed = feed_of(20)
    first = by_id(feed.page(None, 8).records)
    cursor = feed.page(None, 8).next_cursor
    for verb, n in steps:
        move(feed, verb, n)
    expected = [record for record in feed.records() if first.get(record["record_id"]) != record]
    assert read_to_end(feed, size, cursor) == expected


# --- the two samples


def shape(value: object) -> str:
    """What a value looks like: its type, and for an id the letters and the number of digits."""
    text = re.sub(r"\d", "0", value) if isinstance(value, str) and re.fullmatch(r"[A-Z]+_\d+", value) else ""
    return f"{type(value).__name__} {text}"


@pytest.mark.parametrize(
    ("sample", "example", "count", "nullable"),
    [
        (FTS, FTS_EXAMPLE, 750, {"downtime_hours", "maintenance_cost"}),
        (MSO, MSO_EXAMPLE, 600, {"material_cost", "performance_improvement"}),
    ],
    ids=["fts", "mso"],
)
def test_sample_records_look_like_the_public_ones(sample: Sample, example: Record, count: int, nullable: set[str]) -> None:
    feed = Feed("any", sample)
    assert len(feed) == count
    feed.change(count // 3)
    for record in feed.records():
        assert list(record) == list(example)
        nulls = {name for name, value in record.items() if value is None}
        assert nulls <= nullable
        assert {n: shape(v) for n, v in record.items() if n not in nulls} == {
            name: shape(value) for name, value in example.items() if name not in nulls
        }
        assert str(UUID(record["record_id"], version=4)) == record["record_id"]
        assert all(date.fromisoformat(value) for name, value in record.items() if name.endswith("_date"))
        assert all(value == round(value, 10) for value in record.values() if isinstance(value, float))
    assert len(by_id(feed.records())) == count


@pytest.mark.parametrize(
    ("sample", "divisor", "dividend"),
    [(FTS, "downtime_hours", "maintenance_cost"), (MSO, "material_cost", "performance_improvement")],
    ids=["fts", "mso"],
)
def test_samples_hold_some_zeros_and_nulls(sample: Sample, divisor: str, dividend: str) -> None:
    records = Feed("any", sample).records()
    zeros = sum(record[divisor] == 0 for record in records)
    assert 0.005 < zeros / len(records) < 0.03
    assert 0 < sum(record[divisor] is None for record in records) < len(records) / 40
    assert 0 < sum(record[dividend] is None for record in records) < len(records) / 40


def test_sample_values_repeat_as_in_life() -> None:
    technicians = {record["technician_id"] for record in Feed("fts", FTS).records()}
    assert 30 <= len(technicians) <= 40
    described: dict[str, set[str]] = {}
    for record in Feed("mso", MSO).records():
        described.setdefault(record["product_id"], set()).add(record["product_name"] + record["product_description"])
    assert 45 <= len(described) <= 50
    assert any(len(ways) > 1 for ways in described.values())


@pytest.mark.parametrize(("sample", "key"), [(FTS, "technician_id"), (MSO, "product_id")], ids=["fts", "mso"])
def test_a_changed_record_keeps_its_id_and_sometimes_changes_groups(sample: Sample, key: str) -> None:
    feed = Feed("any", sample)
    before = by_id(feed.records())
    changed = feed.change(200)
    olds = [before[record["record_id"]] for record in changed]
    assert all(new != old for new, old in zip(changed, olds, strict=True))
    assert 0 < sum(new[key] != old[key] for new, old in zip(changed, olds, strict=True)) < 100


def test_every_cursor_is_32_lowercase_hexadecimal_digits() -> None:
    feed, cursor = Feed("fts", FTS), None
    while (cursor := feed.page(cursor, 1 if cursor is None else 50).next_cursor) is not None:
        assert CURSOR.fullmatch(cursor)
