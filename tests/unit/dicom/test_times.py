"""Date and time keys: single, range, combined, malformed."""
# ruff: noqa: DTZ001 - what a query names is the local time of a place

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worklist.dicom import times


def within(wanted: times.LocalRange, moment: datetime) -> bool:
    of_day = timedelta(
        hours=moment.hour,
        minutes=moment.minute,
        seconds=moment.second,
        microseconds=moment.microsecond,
    )
    return (
        (wanted.first is None or moment >= wanted.first)
        and (wanted.until is None or moment < wanted.until)
        and (wanted.of_day is None or wanted.of_day.first <= of_day < wanted.of_day.until)
    )


def wanted(day: str | None, moment: str | None) -> times.LocalRange:
    return times.combine(
        times.parse_dates(day) if day else None, times.parse_times(moment) if moment else None
    )


def test_the_standards_example_of_a_combined_range() -> None:
    both = wanted("20260705-20260707", "1000-1800")
    assert both.first == datetime(2026, 7, 5, 10, 0)
    assert not within(both, datetime(2026, 7, 5, 9, 59))
    assert within(both, datetime(2026, 7, 5, 23, 0))
    assert within(both, datetime(2026, 7, 6, 3, 0))
    assert within(both, datetime(2026, 7, 7, 18, 0))
    assert not within(both, datetime(2026, 7, 7, 18, 1))


@pytest.mark.parametrize(
    ("day", "moment", "inside", "outside"),
    [
        ("20260705", None, "2026-07-05T23:59:59.999999", "2026-07-06T00:00"),
        ("20260705-", None, "2030-01-01T00:00", "2026-07-04T23:59"),
        ("-20260705", None, "2026-07-05T23:59", "2026-07-06T00:00"),
        ("20260705", "10", "2026-07-05T10:59:59", "2026-07-05T11:00"),
        ("20260705", "1030", "2026-07-05T10:30:59", "2026-07-05T10:31"),
        ("20260705", "103000", "2026-07-05T10:30:00.5", "2026-07-05T10:30:01"),
        ("20260705", "-1200", "2026-07-05T12:00", "2026-07-05T12:01"),
        ("20260705", "1200-", "2026-07-05T23:59", "2026-07-05T11:59"),
        (None, "0800-1000", "2026-01-01T10:00", "2026-01-01T07:59"),
        ("20260705-20260707", "1000", "2026-07-06T10:00", "2026-07-06T11:00"),
        ("2026.07.05", "10:30", "2026-07-05T10:30", "2026-07-05T10:29"),
        ("20260705-20260706", "2200-0600", "2026-07-06T05:00", "2026-07-06T07:00"),
    ],
)
def test_ranges(day: str | None, moment: str | None, inside: str, outside: str) -> None:
    assert within(wanted(day, moment), datetime.fromisoformat(inside))
    assert not within(wanted(day, moment), datetime.fromisoformat(outside))


@pytest.mark.parametrize("text", ["2026", "20261324", "20260230", "today", "20260707-20260705"])
def test_malformed_dates(text: str) -> None:
    with pytest.raises(times.TimeValueError):
        times.parse_dates(text)


@pytest.mark.parametrize("text", ["1", "24", "1060", "noon", "10:3"])
def test_malformed_times(text: str) -> None:
    with pytest.raises(times.TimeValueError):
        times.parse_times(text)


def test_a_range_of_times_does_not_cross_midnight_within_a_day() -> None:
    with pytest.raises(times.TimeValueError, match="midnight"):
        wanted("20260705", "2200-0600")
    with pytest.raises(times.TimeValueError, match="midnight"):
        wanted(None, "2200-0600")


@pytest.mark.parametrize(
    ("text", "minutes"), [("+0100", 60), ("-0330", -210), ("+1400", 840), ("-1200", -720)]
)
def test_offsets(text: str, minutes: int) -> None:
    assert times.parse_offset(text) == timedelta(minutes=minutes)
    assert times.format_offset(timedelta(minutes=minutes)) == text


@pytest.mark.parametrize("text", ["0100", "+1500", "-1300", "+01:00", "Z"])
def test_malformed_offsets(text: str) -> None:
    with pytest.raises(times.TimeValueError):
        times.parse_offset(text)


_days = st.dates(date(2026, 1, 1), date(2026, 1, 9))
_minutes = st.times().map(lambda one: one.replace(second=0, microsecond=0))


@given(_days, _days, _minutes, _minutes, st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9)))
def test_combined_ranges_against_comparison_as_text(
    first: date, last: date, begin: object, end: object, moment: datetime
) -> None:
    first, last = sorted((first, last))
    low = f"{first:%Y%m%d}{begin:%H%M}"
    high = f"{last:%Y%m%d}{end:%H%M}"
    if first == last and begin > end:  # type: ignore[operator]
        return
    key = wanted(f"{first:%Y%m%d}-{last:%Y%m%d}", f"{begin:%H%M}-{end:%H%M}")
    assert within(key, moment) == (low <= f"{moment:%Y%m%d%H%M}" <= high)
