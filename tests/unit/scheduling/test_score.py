"""What a slot costs, each part counted by hand in minutes of waiting."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from worklist.scheduling.intervals import Interval
from worklist.scheduling.policy import Policy
from worklist.scheduling.score import Circumstances, OtherExam, score
from worklist.scheduling.slots import Slot
from worklist.vocabulary import Priority

ORDERED = datetime(2026, 11, 2, 8, tzinfo=UTC)
ROOM, OTHER_ROOM = 1, 2
SITE, OTHER_SITE = 10, 20
POLICY = Policy()
ROUTINE = Circumstances(
    priority=Priority.ROUTINE,
    ordered_at=ORDERED,
    earliest=ORDERED,
    misfits={ROOM: 0.0, OTHER_ROOM: 2.0},
)
# One unit is worth 120 minutes of waiting to ROUTINE patients, 15 to URGENT and none to STAT ones.
UNIT = 120


def slot(after: timedelta, *, room: int = ROOM, gaps: tuple[int, int] = (0, 0)) -> Slot:
    starts_at = ORDERED + after
    return Slot(
        room_id=room,
        room_code="CT01",
        room_name="CT 1",
        site_id=SITE,
        zone=ZoneInfo("Europe/Berlin"),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=20),
        takings=(),
        gaps=gaps,
    )


def test_waiting_counts_from_when_the_patient_could_be_there() -> None:
    later = replace(ROUTINE, earliest=ORDERED + timedelta(hours=24))
    assert score(slot(timedelta(hours=25)), later, POLICY).total == 60


def test_a_minute_beyond_the_target_counts_ten_times() -> None:
    stat = replace(ROUTINE, priority=Priority.STAT)
    assert score(slot(timedelta(minutes=60)), stat, POLICY).waiting == 60
    assert score(slot(timedelta(minutes=61)), stat, POLICY).waiting == 60 + 10


def test_the_target_does_not_count_before_the_patient_could_be_there() -> None:
    stat = replace(ROUTINE, priority=Priority.STAT, earliest=ORDERED + timedelta(hours=2))
    assert score(slot(timedelta(hours=2)), stat, POLICY).waiting == 0


@pytest.mark.parametrize(
    ("priority", "cost"), [(Priority.ROUTINE, 240), (Priority.URGENT, 30), (Priority.STAT, 0)]
)
def test_a_room_that_fits_worse_costs_by_the_patience_of_the_priority(
    priority: Priority, cost: int
) -> None:
    circumstances = replace(ROUTINE, priority=priority)
    assert score(slot(timedelta(0), room=OTHER_ROOM), circumstances, POLICY).fit == cost


@pytest.mark.parametrize(
    ("gaps", "fragments"),
    [((0, 0), 0), ((1, 0), 1), ((0, 14), 1), ((14, 14), 2), ((15, 15), 0), ((60, 5), 1)],
)
def test_a_gap_too_short_for_an_exam_costs_a_quarter_of_a_unit(
    gaps: tuple[int, int], fragments: int
) -> None:
    assert score(slot(timedelta(0), gaps=gaps), ROUTINE, POLICY).fragmentation == fragments * 30


def test_a_patient_with_no_other_exam_pays_for_no_day() -> None:
    assert score(slot(timedelta(0)), ROUTINE, POLICY).visit == 0


@pytest.mark.parametrize(
    ("other", "is_same_visit"),
    [
        (OtherExam(SITE, datetime(2026, 11, 2, 15, tzinfo=UTC)), True),
        (OtherExam(OTHER_SITE, datetime(2026, 11, 2, 15, tzinfo=UTC)), False),
        (OtherExam(SITE, datetime(2026, 11, 3, 8, tzinfo=UTC)), False),
        # Half past midnight in Berlin, still the evening before in UTC.
        (OtherExam(SITE, datetime(2026, 11, 2, 23, 30, tzinfo=UTC)), False),
        (OtherExam(SITE, datetime(2026, 11, 1, 23, 30, tzinfo=UTC)), True),
    ],
)
def test_a_visit_is_the_same_day_at_the_same_site_by_the_sites_clock(
    other: OtherExam, *, is_same_visit: bool
) -> None:
    circumstances = replace(ROUTINE, others=(other,))
    cost = score(slot(timedelta(0)), circumstances, POLICY).visit
    assert cost == (0 if is_same_visit else 24 * UNIT)


def test_a_routine_patient_rather_waits_two_days_than_comes_twice() -> None:
    comes = OtherExam(SITE, ORDERED + timedelta(days=2, minutes=-1))
    circumstances = replace(ROUTINE, others=(comes,))
    today = score(slot(timedelta(0)), circumstances, POLICY)
    that_day = score(slot(timedelta(days=2, minutes=-1)), circumstances, POLICY)
    assert that_day.total < today.total
    a_minute_later = score(slot(timedelta(days=2, minutes=1)), circumstances, POLICY)
    assert a_minute_later.total > today.total


def test_a_site_that_the_patient_does_not_want_costs_twelve_units() -> None:
    elsewhere = replace(ROUTINE, site_id=OTHER_SITE)
    assert score(slot(timedelta(0)), elsewhere, POLICY).site == 12 * UNIT
    assert score(slot(timedelta(0)), replace(ROUTINE, site_id=SITE), POLICY).site == 0


@pytest.mark.parametrize(("after", "cost"), [(59, 0), (60, 10), (119, 10), (120, 0)])
def test_a_time_of_day_that_a_rule_would_rather_not_have_costs_ten_units(
    after: int, cost: int
) -> None:
    hour = Interval(ORDERED + timedelta(minutes=60), ORDERED + timedelta(minutes=120))
    circumstances = replace(ROUTINE, not_liked=(hour,))
    part = score(slot(timedelta(minutes=after)), circumstances, POLICY).time_of_day
    assert part == cost * UNIT


def test_the_total_is_the_sum_of_the_parts() -> None:
    circumstances = replace(
        ROUTINE,
        site_id=OTHER_SITE,
        others=(OtherExam(OTHER_SITE, ORDERED),),
        not_liked=(Interval(ORDERED, ORDERED + timedelta(hours=2)),),
    )
    one = score(slot(timedelta(minutes=60), room=OTHER_ROOM, gaps=(5, 0)), circumstances, POLICY)
    assert one.total == 60 + 2 * UNIT + 30 + 24 * UNIT + 12 * UNIT + 10 * UNIT
