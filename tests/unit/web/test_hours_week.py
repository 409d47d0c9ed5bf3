"""The rows of a room's week on the days on which the clocks change (Europe/Vienna)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from worklist.scheduling.intervals import Interval
from worklist.web.hours.week import Axis

VIENNA = ZoneInfo("Europe/Vienna")
AUTUMN = datetime(2026, 10, 24, 22, tzinfo=UTC)  # Sunday's midnight; 25 hours
SPRING = datetime(2027, 3, 27, 23, tzinfo=UTC)  # Sunday's midnight; 23 hours
HOUR = timedelta(hours=1)


def _axis(sunday: datetime, hours: int) -> Axis:
    saturday = Interval(sunday - 24 * HOUR, sunday)
    return Axis.of([saturday, Interval(sunday, sunday + hours * HOUR)], VIENNA)


def test_every_quarter_of_25_hours_has_a_row_of_its_own() -> None:
    axis = _axis(AUTUMN, 25)
    assert axis.rows == 100
    quarters = [AUTUMN + number * HOUR / 4 for number in range(100)]
    assert [axis.row(one) for one in quarters] == list(range(100))


def test_other_days_of_that_week_stay_beside_their_hours() -> None:
    axis = _axis(AUTUMN, 25)
    saturday = AUTUMN - 24 * HOUR
    assert [axis.row(saturday + hour * HOUR) for hour in (0, 2, 3, 23)] == [0, 8, 16, 96]
    labels = {label.at: label.text for label in axis.labels()}
    assert (labels[9], labels[13], labels[17], labels[97]) == ("02:00", "02:00", "03:00", "23:00")
    assert len(labels) == 25


def test_a_day_of_23_hours_has_nothing_beside_the_hour_that_is_left_out() -> None:
    axis = _axis(SPRING, 23)
    assert axis.rows == 96
    assert axis.row(SPRING + HOUR) == 4
    assert axis.row(SPRING + 2 * HOUR) == 12  # 03:00
    assert [label.text for label in axis.labels()] == [f"{hour:02}:00" for hour in range(24)]


def test_a_zone_whose_clocks_go_back_by_half_an_hour() -> None:
    """Lord Howe Island: on 5 April 2026 clocks go from 02:00 back to 01:30."""
    zone = ZoneInfo("Australia/Lord_Howe")
    midnight = datetime(2026, 4, 4, 13, tzinfo=UTC)
    axis = Axis.of([Interval(midnight, midnight + 24.5 * HOUR)], zone)
    assert axis.rows == 98
    rows = [axis.row(midnight + number * HOUR / 4) for number in range(98)]
    assert rows == list(range(98))
    labels = {label.at: label.text for label in axis.labels()}
    assert (labels[5], labels[11]) == ("01:00", "02:00")
