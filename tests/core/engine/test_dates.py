"""Texts that hold dates become objects for the SDK's sake, and what is no such text is left for it to judge."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_core.engine.dates import converters, to_date, to_naive_datetime, to_utc_datetime

MOMENT = datetime(2026, 2, 17, 1, 2, 3, 500_000)


@pytest.mark.parametrize(
    ("convert", "text", "value"),
    [
        (to_date, "2026-02-17", date(2026, 2, 17)),
        (to_naive_datetime, "2026-02-17T01:02:03.5", MOMENT),
        (to_naive_datetime, "2026-02-17 01:02:03", MOMENT.replace(microsecond=0)),
        (to_utc_datetime, "2026-02-17T01:02:03.5Z", MOMENT.replace(tzinfo=UTC)),
        (to_utc_datetime, "2026-02-17 01:02:03.500000-05:30", MOMENT.replace(tzinfo=timezone(-timedelta(hours=5, minutes=30)))),
    ],
)
def test_a_text_becomes_what_it_says(convert: Any, text: str, value: Any) -> None:
    assert convert(text) == value
    assert type(convert(text)) is type(value)


@pytest.mark.parametrize(
    ("convert", "value"),
    [
        (to_date, "20260217"),
        (to_date, "2026-W07-2"),
        (to_date, "2026-02-30"),
        (to_date, "2026-2-7"),
        (to_date, "2026-02-17T00:00:00"),
        (to_date, "\uff12\uff10\uff12\uff16-02-17"),
        (to_naive_datetime, "2026-02-17"),
        (to_naive_datetime, "2026-02-17T01:02:03Z"),
        (to_naive_datetime, "2026-02-17T01:02"),
        (to_naive_datetime, "2026-02-17T25:02:03"),
        (to_utc_datetime, "2026-02-17T01:02:03"),
        (to_utc_datetime, "2026-02-17T01:02:03.1234567Z"),
    ],
)
def test_anything_else_stays_as_it_came(convert: Any, value: Any) -> None:
    assert convert(value) is value


@given(st.datetimes())
def test_every_moment_is_read_as_the_sdk_reads_it(moment: datetime) -> None:
    """The SDK's formats, as its documentation has them (tests/end_to_end/test_grpc.py runs the SDK itself)."""
    text = moment.isoformat(timespec="microseconds")
    assert to_naive_datetime(text) == datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%f")
    assert to_date(text[:10]) == datetime.strptime(text[:10], "%Y-%m-%d").date()


def test_only_columns_of_dates_and_times_are_looked_at() -> None:
    found = converters(
        {"id": "STRING", "day": "NAIVE_DATE", "at": "UTC_DATETIME", "local": "NAIVE_DATETIME", "n": {"type": "DECIMAL"}}
    )
    assert dict(found) == {"day": to_date, "at": to_utc_datetime, "local": to_naive_datetime}
