"""What the calendar keeps: holidays, seasons, weekly blocks, turnover, daylight saving, sites."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from worklist.catalogue.models import (
    OpeningHours,
    PublicHoliday,
    ResourceKind,
    Room,
    Site,
    WeeklyBlock,
)
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.scheduling import service
from worklist.scheduling.placement import place
from worklist.scheduling.search import find_slots, slots_around
from worklist.scheduling.visit import Gaps, find_visits
from worklist.vocabulary import PatientClass, Priority

HOUR = timedelta(hours=1)


@pytest.fixture
def site(session: Session) -> Site:
    make_procedure(session)
    return make_site(session)


def starts(session: Session, exam: ScheduledProcedureStep) -> datetime | None:
    place(session, exam.id, actor=ACTOR, now=NOW)
    session.refresh(exam)
    return exam.starts_at


def make_outpatient_exam(
    session: Session, patient: Patient, procedure: str
) -> ScheduledProcedureStep:
    return make_exam(
        session,
        patient=patient,
        procedure=procedure,
        patient_class=PatientClass.OUTPATIENT,
        priority=Priority.ROUTINE,
    )


def test_on_a_public_holiday_only_its_own_hours_hold(session: Session, site: Site) -> None:
    room = make_room(session, site, "CT01", opens=time(8), closes=time(18))
    session.add(PublicHoliday(site_id=site.id, day=NOW.date(), name="St. Test"))
    session.add(OpeningHours(resource_id=room.id, weekday=0, opens=time(14), closes=time(15)))
    session.flush()
    assert starts(session, make_exam(session)) == NOW.replace(hour=14)


def test_without_holiday_hours_a_room_is_shut(session: Session, site: Site) -> None:
    make_room(session, site, "CT01", opens=time(8), closes=time(18))
    session.add(PublicHoliday(site_id=site.id, day=NOW.date(), name="St. Test"))
    session.flush()
    assert starts(session, make_exam(session)) == NOW.replace(hour=8) + timedelta(days=1)


@pytest.mark.parametrize(
    ("time_zone", "opens_at"),
    [
        # Eight o'clock on the day after, where clocks are five hours behind and nine ahead of UTC.
        ("America/New_York", datetime(2026, 11, 25, 13, tzinfo=UTC)),
        ("Asia/Tokyo", datetime(2026, 11, 24, 23, tzinfo=UTC)),
    ],
)
def test_a_public_holiday_is_the_day_of_its_site(
    session: Session, time_zone: str, opens_at: datetime
) -> None:
    make_procedure(session)
    site = make_site(session, time_zone=time_zone)
    make_room(session, site, "CT01", opens=time(8), closes=time(18))
    session.add(PublicHoliday(site_id=site.id, day=date(2026, 11, 24), name="St. Test"))
    session.flush()
    assert starts(session, make_exam(session)) == opens_at


def test_seasonal_hours_begin_on_their_day(session: Session, site: Site) -> None:
    resource = make_resource(session, site, "CT01", ResourceKind.ROOM, weekdays=())
    session.add(Room(id=resource.id, modalities=["CT"], capabilities=["shielded"]))
    session.add_all(
        OpeningHours(
            resource_id=resource.id,
            weekday=day,
            opens=time(10),
            closes=time(12),
            valid_from=date(2026, 11, 26),
        )
        for day in range(1, 8)
    )
    session.flush()
    assert starts(session, make_exam(session)) == datetime(2026, 11, 26, 10, tzinfo=UTC)


def test_weekly_block_is_kept_until_its_release(session: Session, site: Site) -> None:
    room = make_room(session, site, "CT01", opens=time(9), closes=time(18))
    session.add(
        WeeklyBlock(
            resource_id=room.id,
            weekday=NOW.isoweekday(),
            starts=time(9),
            ends=time(11),
            purpose="referrer:HOUSE^GREGORY",
            release_hours=0,
        )
    )
    session.add(
        WeeklyBlock(
            resource_id=room.id,
            weekday=NOW.isoweekday(),
            starts=time(11),
            ends=time(12),
            purpose="screening",
            release_hours=3,
        )
    )
    session.flush()
    early = NOW - HOUR  # 08:00: both blocks are shut; the second opens at 08:00
    slots = find_slots(session, make_exam(session), now=early, limit=1)
    assert slots[0].starts_at == NOW.replace(hour=11)
    slots = find_slots(session, make_exam(session), now=early - HOUR, limit=1)
    assert slots[0].starts_at == NOW.replace(hour=12)
    own = make_exam(session, referring_physician="HOUSE^GREGORY")
    assert find_slots(session, own, now=early, limit=1)[0].starts_at == NOW


def test_longer_turnover_of_a_procedure_is_kept_before_the_next(
    session: Session, site: Site
) -> None:
    make_room(session, site, "CT01", turnover_minutes=5)
    make_procedure(session, "77012", duration_minutes=30, turnover_minutes=20)
    first = make_exam(session, procedure="77012")
    assert starts(session, first) == NOW
    assert starts(session, make_exam(session)) == NOW + timedelta(minutes=50)


def test_turnover_is_kept_before_an_exam_booked_already(session: Session, site: Site) -> None:
    room = make_room(session, site, "CT01", turnover_minutes=10)
    later = make_exam(session)
    when = NOW + timedelta(minutes=20)
    service.book(session, later, room_id=room.id, starts_at=when, actor=ACTOR, now=NOW)
    # 15 minutes of exam and 10 of turnover do not fit before 09:20.
    assert starts(session, make_exam(session)) == when + timedelta(minutes=25)


@pytest.mark.parametrize(
    ("day", "opens_utc"),
    [(date(2027, 3, 27), 7), (date(2027, 3, 28), 6), (date(2027, 10, 31), 7)],
    ids=["day before summer time", "summer time begins", "summer time ends"],
)
def test_room_opens_by_the_wall_clock(session: Session, day: date, opens_utc: int) -> None:
    make_procedure(session)
    site = make_site(session, "WIEN", "Europe/Vienna")
    make_room(session, site, "CT09", opens=time(8), closes=time(18))
    night = datetime.combine(day, time(0), ZoneInfo("Europe/Vienna")).astimezone(UTC)
    slots = find_slots(session, make_exam(session), now=night, limit=1)
    assert slots[0].starts_at == datetime.combine(day, time(opens_utc), UTC)


def test_preferred_site_is_worth_waiting_for(session: Session, site: Site) -> None:
    other = make_site(session, "EAST")
    make_room(session, site, "CT01")
    make_room(session, other, "CT02", opens=time(11), closes=time(18))
    patient = make_patient(session, "ROE^R")
    patient.preferred_site_id = other.id
    exam = make_exam(
        session, patient=patient, patient_class=PatientClass.OUTPATIENT, priority=Priority.ROUTINE
    )
    starts(session, exam)
    assert exam.room is not None
    assert exam.room.code == "CT02"


def test_second_exam_goes_to_the_day_of_the_first(session: Session, site: Site) -> None:
    room = make_room(session, site, "CT01")
    make_procedure(session, "70450", body_part="HEAD")
    patient = make_patient(session)
    first = make_outpatient_exam(session, patient, "71250")
    two_days = NOW + timedelta(days=2, hours=1)
    service.book(session, first, room_id=room.id, starts_at=two_days, actor=ACTOR, now=NOW)
    second = make_outpatient_exam(session, patient, "70450")
    found = starts(session, second)
    assert found is not None
    assert found.date() == two_days.date()


def test_modes_of_search(session: Session, site: Site) -> None:
    make_room(session, site, "CT01", opens=time(8), closes=time(18))
    make_room(session, site, "CT02", opens=time(8), closes=time(18))
    exam = make_exam(session)
    room_id = find_slots(session, exam, now=NOW, limit=2)[1].room_id
    assert {one.room_id for one in find_slots(session, exam, now=NOW, room_id=room_id)} == {room_id}
    afternoon = find_slots(session, exam, now=NOW, day_part=(time(14), time(18)), limit=40)
    assert afternoon[0].starts_at == NOW.replace(hour=14)
    assert all(14 <= one.starts_at.hour < 18 for one in afternoon)
    wanted = NOW + timedelta(days=3, hours=2)
    nearest = slots_around(session, exam, wanted, now=NOW, limit=6)
    assert [abs(one.starts_at - wanted) // timedelta(minutes=1) for one in nearest] == [
        0,
        0,
        15,
        15,
        15,
        15,
    ]


def test_visit_keeps_order_and_gaps_and_is_booked_whole(session: Session, site: Site) -> None:
    room = make_room(session, site, "CT01", opens=time(8), closes=time(18))
    make_room(session, site, "US01", modality="US", opens=time(10), closes=time(12))
    make_procedure(
        session, "76700", modality="US", ionising=False, body_part="ABDOMEN", duration_minutes=30
    )
    patient = make_patient(session)
    scan = make_exam(session, patient=patient)
    sound = make_exam(session, patient=patient, procedure="76700")
    gaps = Gaps(least=timedelta(minutes=15), most=HOUR)
    visit, *_ = find_visits(session, [sound, scan], now=NOW, in_order=True, gaps=gaps)
    first, second = visit.slots
    assert (first.room_code, first.starts_at) == ("US01", NOW.replace(hour=10))
    assert second.starts_at == NOW.replace(hour=10, minute=45)
    free, *_ = find_visits(session, [sound, scan], now=NOW, gaps=gaps)
    assert [one.room_code for one in free.slots] == ["CT01", "US01"]  # ends 10:30, not 11:00
    blocker = make_exam(session)
    service.book(
        session, blocker, room_id=room.id, starts_at=second.starts_at, actor=ACTOR, now=NOW
    )
    places = [(one.room_id, one.starts_at) for one in visit.slots]
    with pytest.raises(service.SlotTakenError):
        service.book_visit(session, [sound, scan], places, actor=ACTOR, now=NOW)
    session.refresh(sound)
    assert sound.starts_at is None


def test_no_visit_is_at_night_where_the_policy_places_nobody_then(
    session: Session, site: Site
) -> None:
    make_room(session, site, "CT01")
    make_room(session, site, "US01", modality="US")
    make_procedure(session, "76700", modality="US", ionising=False, body_part="ABDOMEN")
    patient = make_patient(session)
    exams = [
        make_exam(session, patient=patient, procedure=code, priority=Priority.ROUTINE)
        for code in ("71250", "76700")
    ]
    tomorrow = (NOW + timedelta(days=1)).replace(hour=0)
    visit, *_ = find_visits(session, exams, now=NOW, from_=tomorrow)
    assert visit.slots[0].starts_at == tomorrow.replace(hour=7)


def test_half_of_every_four_hours_is_kept_from_routine_exams(session: Session, site: Site) -> None:
    # The shipped policy; stretches of four hours follow each other from midnight in the first room
    # of a modality: 08:00, 12:00 and 16:00 begin stretches of which 6, 8 and 2 half hours are open.
    make_room(session, site, "CT01", opens=time(9), closes=time(17))
    make_procedure(session, "70450", body_part="HEAD", duration_minutes=30)
    found = [
        starts(session, make_outpatient_exam(session, make_patient(session), "70450"))
        for _ in range(9)
    ]
    day = NOW + timedelta(days=1)
    today = Counter(one.hour // 4 for one in found if one and one.date() == day.date())
    assert today == {2: 3, 3: 4, 4: 1}
    urgent = make_exam(session, priority=Priority.STAT, now=day)
    place(session, urgent.id, actor=ACTOR, now=day)
    assert urgent.starts_at is not None
    assert urgent.starts_at <= day + 2.5 * HOUR
