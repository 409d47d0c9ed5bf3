"""Wall-clock times of forms on the two days on which the clocks change (Europe/Vienna, 2027)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from worklist.errors import DomainError
from worklist.web.times import of_wall_clock

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.mark.parametrize(
    ("shown", "utc"),
    [
        ("2027-03-28T01:55", "00:55"),
        ("2027-03-28T03:00", "01:00"),
        ("2027-10-31T02:30", "00:30"),
        ("2027-10-31T03:00", "02:00"),
    ],
)
def test_a_time_of_the_day_is_one_moment(shown: str, utc: str) -> None:
    moment = of_wall_clock(datetime.fromisoformat(shown), VIENNA)
    assert f"{moment.astimezone(UTC):%H:%M}" == utc


@pytest.mark.parametrize("shown", ["2027-03-28T02:00", "2027-03-28T02:30", "2027-03-28T02:59"])
def test_the_hour_that_is_left_out_in_spring_is_refused(shown: str) -> None:
    with pytest.raises(DomainError, match=r"no 02:.* on 28 Mar 2027.* begins at 03:00"):
        of_wall_clock(datetime.fromisoformat(shown), VIENNA)
