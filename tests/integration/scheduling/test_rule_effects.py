"""Effects of rules on slots: staff at work, tracers in time, the preferred part of the day."""

from datetime import UTC, datetime, time, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_procedure,
    make_resource,
    make_room,
)
from worklist.catalogue.models import ResourceKind, Site
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.performing import service as performing
from worklist.rulebook import service as rulebook
from worklist.scheduling import service
from worklist.scheduling.models import PlacementOutcome, Reservation
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass, Priority


def contrast_ct(session: Session, site: Site, *rooms: str) -> None:
    for code in rooms:
        make_room(session, site, code)
    make_contrast_ct(session, "71260")


def started(session: Session, exam: ScheduledProcedureStep, now: datetime = NOW) -> datetime | None:
    made = place(session, exam.id, actor=ACTOR, now=now)
    assert made is not None
    session.refresh(exam)
    return exam.starts_at


def test_contrast_waits_for_a_radiologist_who_is_at_work_for_all(
    session: Session, site: Site
) -> None:
    contrast_ct(session, site, "CT01", "CT02")
    radiologist = make_resource(
        session, site, "RA01", ResourceKind.RADIOLOGIST, opens=time(10), closes=time(18)
    )
    exams = [make_exam(session, procedure="71260") for _ in range(2)]
    assert [started(session, exam) for exam in exams] == [NOW + timedelta(hours=1)] * 2
    taken = session.scalars(select(Reservation).where(Reservation.resource_id == radiologist.id))
    assert taken.all() == []


def test_one_radiologist_hands_over_to_the_next(session: Session, site: Site) -> None:
    contrast_ct(session, site, "CT01")
    for code, opens, closes in (("RA01", time(8), time(9, 10)), ("RA02", time(9, 10), time(18))):
        make_resource(session, site, code, ResourceKind.RADIOLOGIST, opens=opens, closes=closes)
    assert started(session, make_exam(session, procedure="71260")) == NOW


def test_a_department_without_radiologists_in_its_catalogue_is_not_held_up(
    session: Session, site: Site
) -> None:
    contrast_ct(session, site, "CT01")
    assert started(session, make_exam(session, procedure="71260")) == NOW


def test_a_tracer_is_given_while_a_dose_is_active_enough(session: Session, site: Site) -> None:
    # 400 MBq at 12:00 are 200 MBq one half-life later, at 13:49; the uptake takes an hour.
    make_room(session, site, "PT01", modality="PT", capabilities=("isotope_licence",))
    make_resource(session, site, "UP01", ResourceKind.UPTAKE_BAY)
    make_procedure(
        session,
        "78815",
        modality="PT",
        body_part="WHOLEBODY",
        radiopharmaceutical="F-18 FDG",
        phases=(("uptake", ResourceKind.UPTAKE_BAY, -60, 60),),
    )
    rulebook.change(
        session,
        {"tracer_deliveries": {"F-18 FDG": [{"at": "12:00", "activity_mbq": 400}]}},
        reason="New supplier",
        actor=ACTOR,
        now=NOW,
    )
    exam = make_exam(session, procedure="78815")
    assert started(session, exam) == datetime(2026, 11, 24, 13, 0, tzinfo=UTC)
    late = datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert started(session, make_exam(session, procedure="78815", now=late), late) == datetime(
        2026, 11, 25, 13, 0, tzinfo=UTC
    )


# NOW is Tuesday 09:00; an outpatient gets a day's notice.
@pytest.mark.parametrize(
    ("priority", "now", "expected"),
    [
        (Priority.ROUTINE, NOW + timedelta(hours=5), datetime(2026, 11, 26, 8, tzinfo=UTC)),
        (Priority.ROUTINE, NOW, datetime(2026, 11, 25, 9, tzinfo=UTC)),
        (Priority.URGENT, NOW + timedelta(hours=5), datetime(2026, 11, 24, 14, 30, tzinfo=UTC)),
    ],
)
def test_a_fasting_patient_is_booked_in_the_morning_where_that_can_wait(
    session: Session, site: Site, priority: Priority, now: datetime, expected: datetime
) -> None:
    make_room(session, site, "US01", modality="US", capabilities=(), opens=time(8), closes=time(18))
    make_procedure(session, "76700", modality="US", body_part="ABDOMEN", ionising=False)
    exam = make_exam(
        session,
        procedure="76700",
        priority=priority,
        patient_class=PatientClass.OUTPATIENT,
        now=now,
    )
    assert started(session, exam, now) == expected


def test_the_explanation_says_why_no_time_between_deliveries(session: Session, site: Site) -> None:
    make_room(session, site, "PT01", modality="PT", capabilities=("isotope_licence",))
    make_procedure(session, "78815", modality="PT", radiopharmaceutical="F-18 FDG")
    rulebook.change(
        session,
        {"tracer_deliveries": {"F-18 FDG": [{"at": "12:00", "activity_mbq": 400}]}},
        reason="New supplier",
        actor=ACTOR,
        now=NOW,
    )
    exam = make_exam(session, procedure="78815")
    made = place(session, exam.id, actor=ACTOR, now=NOW)
    assert made is not None
    assert made.outcome is PlacementOutcome.PLACED
    told = str(made.explanation)
    assert "F-18 FDG is active enough for exams that start from 12:00 to 13:49." in told
    assert told.count("No start between") == 0


# NOW is nine o'clock at the site; `airborne_from` is shipped as 15:00.
@pytest.mark.parametrize(
    ("capabilities", "hours"), [(("negative_pressure",), 0), (("monitoring",), 6)]
)
def test_airborne_isolation_takes_the_right_air_or_the_end_of_the_day(
    session: Session, site: Site, capabilities: tuple[str, ...], hours: int
) -> None:
    make_room(session, site, "CT01", capabilities=capabilities)
    make_procedure(session)
    patient = make_patient(session)
    isolated = FactDetails(
        kind=FactKind.ISOLATION,
        value={},
        subject="airborne",
        observed_at=NOW,
        origin=FactOrigin.DESK,
    )
    service.record_facts(session, patient.id, [isolated], actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient)
    assert started(session, exam) == NOW + timedelta(hours=hours)


def test_an_emergency_is_booked_at_once_and_asked_about_pregnancy_before_it_begins(
    session: Session, site: Site
) -> None:
    make_room(session, site, "CT01")
    make_procedure(session, irradiates_pelvis=True, body_part="ABDOMEN")
    exam = make_exam(session, patient=make_patient(session, sex="F"), priority=Priority.STAT)
    assert started(session, exam) == NOW
    assert exam.status is StepStatus.SCHEDULED
    with pytest.raises(performing.OpenQuestionError, match="pregnant"):
        performing.start(session, exam, actor=ACTOR, now=NOW)
