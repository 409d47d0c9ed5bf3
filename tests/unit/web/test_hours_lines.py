"""Weekly hours as people type them."""

from datetime import date, time

import pytest

from worklist.catalogue.models import OpeningHours
from worklist.errors import DomainError
from worklist.scheduling.intervals import WeeklyHours
from worklist.web.hours import lines


def test_a_field_holds_the_stretches_of_its_day() -> None:
    form = {"day_1": "8:00-12:00, 13:00-17:30", "day_6": "", "day_0": "00:00\N{EN DASH}24:00"}
    assert lines.read(form) == [
        WeeklyHours(1, time(8), time(12)),
        WeeklyHours(1, time(13), time(17, 30)),
        WeeklyHours(0, time(0), time(0)),
    ]


def test_what_is_written_is_read_again() -> None:
    hours = [
        OpeningHours(weekday=2, opens=time(7, 30), closes=time(12)),
        OpeningHours(weekday=2, opens=time(13), closes=time(0)),
    ]
    texts = lines.write(hours)
    assert texts[2] == "07:30-12:00, 13:00-24:00"
    assert texts[3] == ""
    assert lines.read({f"day_{day}": text for day, text in texts.items()}) == [
        WeeklyHours(2, time(7, 30), time(12)),
        WeeklyHours(2, time(13), time(0)),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("all day", "are not hours"),
        ("8-17", "are not hours"),
        ("25:00-26:00", "are not hours"),
        ("17:00-08:00", "ends before it begins"),
        ("08:00-12:00, 11:00-17:00", "begins before"),
        ("08:00-24:00, 11:00-17:00", "begins before"),
    ],
)
def test_what_are_no_hours_is_told_with_the_day(text: str, reason: str) -> None:
    with pytest.raises(DomainError, match=f"Friday: .*{reason}"):
        lines.read({"day_5": text})


def test_hours_that_hold_for_a_time_are_not_for_a_form() -> None:
    line = OpeningHours(weekday=1, opens=time(8), closes=time(9), valid_from=date(2026, 1, 1))
    assert not lines.is_plain([line])


def test_a_week_has_the_hours_of_its_season() -> None:
    hours = [
        OpeningHours(weekday=day, opens=time(opens), closes=time(18), **season)
        for day in (0, 1, 5)
        for opens, season in (
            (8, {"valid_until": date(2026, 6, 30)}),
            (7, {"valid_from": date(2026, 7, 1), "valid_until": date(2026, 8, 31)}),
        )
    ]

    def texts(monday: date) -> list[str]:
        written = lines.write(lines.of_week(hours, monday))
        return [written[day] for day in (0, 1, 5)]

    # The season begins on a Wednesday and ends on a Monday.
    assert texts(date(2026, 6, 22)) == ["08:00-18:00"] * 3
    assert texts(date(2026, 6, 29)) == ["08:00-18:00, 07:00-18:00", "08:00-18:00", "07:00-18:00"]
    assert texts(date(2026, 8, 31)) == ["07:00-18:00", "07:00-18:00", ""]
    assert texts(date(2026, 9, 7)) == ["", "", ""]
