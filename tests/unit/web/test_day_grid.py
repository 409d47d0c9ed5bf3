"""Rows, lanes and the visible part of the day board."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worklist.scheduling.intervals import Interval
from worklist.web.day.grid import Axis, Place, lanes, stylesheet, visible

VIENNA = ZoneInfo("Europe/Vienna")


def day_of(year: int, month: int, day: int) -> Interval:
    start = datetime(year, month, day, tzinfo=VIENNA)
    following = datetime(year, month, day + 1, tzinfo=VIENNA)
    return Interval(start.astimezone(UTC), following.astimezone(UTC))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-11-24T{text}+00:00")


DAY = Interval(at("00:00"), at("00:00") + timedelta(days=1))


@pytest.mark.parametrize(
    ("day", "rows", "labels"),
    [
        (day_of(2026, 11, 25), 288, ["00:00", "01:00", "02:00", "03:00"]),
        (day_of(2026, 3, 29), 276, ["00:00", "01:00", "03:00", "04:00"]),
        (day_of(2026, 10, 25), 300, ["00:00", "01:00", "02:00", "02:00"]),
    ],
)
def test_a_day_has_the_rows_that_pass_in_it(day: Interval, rows: int, labels: list[str]) -> None:
    axis = Axis(*day)
    assert axis.rows == rows
    assert [label.text for label in axis.labels(VIENNA)][:4] == labels
    assert [label.at for label in axis.labels(VIENNA)][:2] == [1, 13]


def test_the_rows_that_clocks_show_twice_are_known() -> None:
    """02:00 to 03:00 in summer time are rows 25 to 36, in winter time 37 to 48."""
    repeated = Axis(*day_of(2026, 10, 25)).repeated(VIENNA)
    assert list(repeated) == list(range(25, 49))
    told = [repeated[row].astimezone(VIENNA).strftime("%H:%M %Z") for row in (25, 36, 37, 48)]
    assert told == ["02:00 CEST", "02:55 CEST", "02:00 CET", "02:55 CET"]
    assert Axis(*day_of(2026, 3, 29)).repeated(VIENNA) == {}
    assert Axis(*day_of(2026, 11, 25)).repeated(VIENNA) == {}


def test_after_the_clocks_have_changed_rows_count_elapsed_minutes() -> None:
    """On 25 October 2026 clocks go from 03:00 back to 02:00: 08:00 is nine hours after midnight."""
    axis = Axis(*day_of(2026, 10, 25))
    eight = datetime(2026, 10, 25, 8, tzinfo=VIENNA)
    assert axis.place(eight, eight + timedelta(minutes=20)) == Place(9 * 12 + 1, 4)


@pytest.mark.parametrize(
    ("start", "end", "place"),
    [
        ("08:00", "08:05", Place(1, 1)),
        ("08:03", "08:11", Place(1, 3)),
        ("07:30", "08:10", Place(1, 2)),
        ("09:50", "11:00", Place(23, 2)),
        ("07:00", "08:00", None),
        ("10:00", "10:30", None),
    ],
)
def test_a_stretch_gets_the_rows_that_it_touches(start: str, end: str, place: Place | None) -> None:
    assert Axis(at("08:00"), at("10:00")).place(at(start), at(end)) == place


def test_the_board_shows_the_opening_hours_and_an_hour_more_on_each_side() -> None:
    opening = [Interval(at("07:30"), at("18:00")), Interval(at("08:00"), at("17:00")), DAY]
    assert visible(DAY, opening, []) == Axis(at("06:00"), at("19:00"))


def test_the_present_time_is_in_sight() -> None:
    opening = [Interval(at("08:00"), at("17:00"))]
    assert visible(DAY, opening, [at("21:40")]) == Axis(at("07:00"), at("23:00"))
    assert visible(DAY, opening, [at("03:10")]) == Axis(at("03:00"), at("18:00"))
    yesterday = at("12:00") - timedelta(days=1)
    assert visible(DAY, opening, [yesterday]) == Axis(at("07:00"), at("18:00"))


def test_where_everything_is_open_round_the_clock_the_whole_day_shows() -> None:
    assert visible(DAY, [DAY], []) == Axis(*DAY)


def test_what_overlaps_lies_side_by_side_and_the_rest_is_as_wide_as_the_column() -> None:
    stretches = [
        Interval(at("08:00"), at("09:00")),
        Interval(at("08:30"), at("08:45")),
        Interval(at("08:45"), at("09:30")),
        Interval(at("09:30"), at("10:00")),
    ]
    assert lanes(stretches) == [(0, 2), (1, 2), (1, 2), (0, 1)]


def test_every_place_has_its_class() -> None:
    css = stylesheet()
    for rule in (".at-300{", ".for-300{", ".lane-4-of-4{", ".rooms-60{"):
        assert rule in css
