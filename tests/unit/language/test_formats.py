"""Days, times and numbers as English and German write them (CLDR; DIN 5008 for German)."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worklist.language import formats

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
DAY = date(2026, 11, 25)


def test_an_axis_has_the_day_before_its_month_as_everywhere_else() -> None:
    assert formats.day_and_month(DAY, "en") == "25 Nov"
    assert formats.day_and_month(DAY, "de") == "25. Nov."


@pytest.mark.parametrize(
    ("locale", "day", "of_year", "of_month", "alone"),
    [
        ("en", "Wed 25 Nov 2026", "Wed 25 Nov", "Wed 25", "25 Nov 2026"),
        ("de", "Mi. 25.11.2026", "Mi. 25.11.", "Mi., 25.", "25.11.2026"),
    ],
)
def test_days(locale: str, day: str, of_year: str, of_month: str, alone: str) -> None:
    assert formats.day(DAY, locale) == day
    assert formats.day_of_year(DAY, locale) == of_year
    assert formats.day_of_month(DAY, locale) == of_month
    assert formats.date_alone(DAY, locale) == alone


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (NOW, "10:30", "10:30"),
        (datetime(2026, 11, 25, 23, 30, tzinfo=UTC), "Thu 26 Nov 00:30", "Do. 26.11. 00:30"),
        (datetime(2025, 5, 4, 6, 5, tzinfo=UTC), "4 May 2025 08:05", "04.05.2025 08:05"),
    ],
)
def test_moments_are_told_in_the_zone(value: datetime, english: str, german: str) -> None:
    assert formats.moment(value, NOW, VIENNA, "en") == english
    assert formats.moment(value, NOW, VIENNA, "de") == german


@pytest.mark.parametrize(
    ("utc", "zone", "english", "german"),
    [
        # Clocks go from 03:00 CEST back to 02:00 CET at 01:00 UTC (Directive 2000/84/EC).
        ((10, 24, 23, 59), "Europe/Vienna", "01:59", "01:59"),
        ((10, 25, 0, 0), "Europe/Vienna", "02:00 CEST", "02:00 MESZ"),
        ((10, 25, 0, 30), "Europe/Vienna", "02:30 CEST", "02:30 MESZ"),
        ((10, 25, 1, 30), "Europe/Vienna", "02:30 CET", "02:30 MEZ"),
        ((10, 25, 2, 0), "Europe/Vienna", "03:00", "03:00"),
        ((3, 29, 1, 0), "Europe/Vienna", "03:00", "03:00"),
        # From 02:00 EDT back to 01:00 EST at 06:00 UTC.
        ((11, 1, 5, 30), "America/New_York", "01:30 EDT", "01:30 EDT"),
        ((11, 1, 6, 30), "America/New_York", "01:30 EST", "01:30 EST"),
        ((10, 25, 0, 30), "Europe/London", "01:30 BST", "01:30 BST"),
    ],
)
def test_a_time_that_clocks_show_twice_names_its_zone(
    utc: tuple[int, int, int, int], zone: str, english: str, german: str
) -> None:
    value = datetime(2026, *utc, tzinfo=UTC)
    assert formats.clock(value, ZoneInfo(zone), "en") == english
    assert formats.clock(value, ZoneInfo(zone), "de") == german


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (timedelta(minutes=25), "25 min", "25 min"),
        (timedelta(hours=3, minutes=5), "3 h 05 min", "3 h 05 min"),
        (timedelta(hours=49), "2 days", "2 Tage"),
        (-timedelta(minutes=5), "-5 min", "-5 min"),
    ],
)
def test_lengths(value: timedelta, english: str, german: str) -> None:
    assert formats.duration(value, "en") == english
    assert formats.duration(value, "de") == german


@pytest.mark.parametrize(
    ("born", "english", "german"),
    [
        (date(1981, 5, 4), "45 y", "45 J."),
        (date(1981, 11, 26), "44 y", "44 J."),
        (date(2025, 9, 25), "14 m", "14 Mon."),
        (date(2024, 11, 25), "2 y", "2 J."),
    ],
)
def test_ages(born: date, english: str, german: str) -> None:
    assert formats.age(born, DAY, "en") == english
    assert formats.age(born, DAY, "de") == german


def test_numbers() -> None:
    assert formats.decimal(1234.56, 1, "en") == "1,234.6"
    assert formats.decimal(1234.56, 1, "de") == "1.234,6"
    assert formats.decimal(2.5, 0, "de") == "2"


def test_weekdays_begin_with_monday() -> None:
    assert formats.weekday(0, "de") == "Montag"
    assert formats.weekday(6, "en") == "Sunday"
