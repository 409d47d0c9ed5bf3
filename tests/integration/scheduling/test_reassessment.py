"""What new facts do to exams that are booked, and who may override what."""

from datetime import timedelta

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
    make_scanner,
    make_site,
)
from worklist.audit.models import AuditEvent
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Resource, ResourceKind
from worklist.errors import DomainError
from worklist.orders import service as orders
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin, Patient
from worklist.performing import service as performing
from worklist.rulebook import service as rulebook
from worklist.scheduling import questions, service
from worklist.scheduling.models import Reservation
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass, Priority


@pytest.fixture
def patient(session: Session) -> Patient:
    return make_patient(session)


@pytest.fixture
def scanners(session: Session) -> None:
    """A 3 T that is free at once and a 1.5 T."""
    site = make_site(session)
    for code, tesla in (("MR01", 3.0), ("MR02", 1.5)):
        make_room(
            session,
            site,
            code,
            modality="MR",
            capabilities=(f"{tesla:g}T",),
            field_strength_tesla=tesla,
        )
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")


def learn(
    session: Session,
    patient: Patient,
    kind: FactKind,
    value: dict[str, object],
    subject: str = "",
    *,
    minutes: int = 0,
) -> None:
    fact = FactDetails(
        kind=kind,
        value=value,
        subject=subject,
        observed_at=NOW + timedelta(minutes=minutes),
        origin=FactOrigin.SCREENING_FORM,
    )
    service.record_facts(session, patient.id, [fact], actor=ACTOR, now=NOW)


def booked(session: Session, patient: Patient, code: str) -> ScheduledProcedureStep:
    exam = make_exam(session, patient=patient, procedure=code)
    place(session, exam.id, actor=ACTOR, now=NOW)
    session.refresh(exam)
    assert exam.status is StepStatus.SCHEDULED
    return exam


def reservations(session: Session, exam: ScheduledProcedureStep) -> int:
    return len(session.scalars(select(Reservation).where(Reservation.exam_id == exam.id)).all())


@pytest.mark.usefixtures("scanners")
@pytest.mark.parametrize("arrived", [False, True])
def test_a_fact_that_forbids_the_exam_frees_its_slot(
    session: Session, patient: Patient, *, arrived: bool
) -> None:
    exam = booked(session, patient, "70551")
    if arrived:
        performing.check_in(session, exam, actor=ACTOR, now=NOW)
    learn(session, patient, FactKind.IMPLANT, {"safety": "unsafe"}, "aneurysm clip")
    assert exam.status is StepStatus.UNSCHEDULED
    assert "aneurysm clip" in exam.status_reason
    assert reservations(session, exam) == 0


@pytest.mark.usefixtures("scanners")
def test_a_fact_that_forbids_the_room_has_the_exam_placed_anew(
    session: Session, patient: Patient
) -> None:
    exam = booked(session, patient, "70551")
    assert exam.room is not None
    assert exam.room.code == "MR01"
    label = {"safety": "conditional", "conditional_tesla": [1.5], "card_seen": True}
    learn(session, patient, FactKind.IMPLANT, label, "stent")
    assert exam.status is StepStatus.UNSCHEDULED
    assert exam.automatic_placement
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.room.code == "MR02"


@pytest.mark.usefixtures("scanners")
def test_a_patient_who_has_arrived_keeps_the_slot_and_the_trail_tells_of_it(
    session: Session, patient: Patient
) -> None:
    exam = booked(session, patient, "70551")
    performing.check_in(session, exam, actor=ACTOR, now=NOW)
    label = {"safety": "conditional", "conditional_tesla": [1.5], "card_seen": True}
    learn(session, patient, FactKind.IMPLANT, label, "stent")
    assert exam.status is StepStatus.ARRIVED
    event = session.scalar(select(AuditEvent).where(AuditEvent.action == "exam.needs_changed"))
    assert event is not None
    assert "MR01 has 3 T" in event.detail["reason"]


@pytest.mark.usefixtures("scanners")
def test_a_new_question_is_opened_and_the_booking_stays(session: Session, patient: Patient) -> None:
    exam = booked(session, patient, "70551")
    learn(session, patient, FactKind.IMPLANT, {"safety": "unknown"}, "clip")
    assert exam.status is StepStatus.SCHEDULED
    assert [(one.rule, one.fact, one.resolved_at) for one in exam.holds] == [
        ("MR-03", "mr_screening", None),
        ("MR-03", "implant", None),
    ]
    learn(session, patient, FactKind.IMPLANT, {"safety": "safe"}, "clip", minutes=1)
    learn(session, patient, FactKind.MR_SCREENING, {"answer": True}, minutes=1)
    assert [one.resolution for one in exam.holds] == ["withdrawn", "withdrawn"]


@pytest.mark.usefixtures("scanners")
def test_what_was_accepted_against_a_rule_is_not_undone_by_another_fact(
    session: Session, patient: Patient
) -> None:
    label = {"safety": "conditional", "conditional_tesla": [1.5], "card_seen": True}
    learn(session, patient, FactKind.IMPLANT, label, "stent")
    exam = booked(session, patient, "70551")
    exam.room_id = dict(_rooms(session))["MR01"]
    session.flush()
    learn(session, patient, FactKind.WEIGHT, {"number": 80})
    assert exam.status is StepStatus.SCHEDULED


def _rooms(session: Session) -> list[tuple[str, int]]:
    return [(one.code, one.id) for one in session.scalars(select(Resource))]


def test_an_exam_that_needs_longer_keeps_its_time_where_the_room_is_free(
    session: Session, patient: Patient
) -> None:
    make_scanner(session)
    exam = booked(session, patient, "71250")
    learn(session, patient, FactKind.NEED, {}, "interpreter")
    assert exam.status is StepStatus.SCHEDULED
    assert (exam.starts_at, exam.ends_at) == (NOW, NOW + timedelta(minutes=25))
    learn(session, patient, FactKind.WEIGHT, {"number": 80})
    assert exam.ends_at == NOW + timedelta(minutes=25)


def test_an_exam_that_needs_longer_is_placed_anew_where_the_room_is_taken(
    session: Session, patient: Patient
) -> None:
    make_scanner(session)
    exam = booked(session, patient, "71250")
    neighbour = booked(session, make_patient(session), "71250")
    assert neighbour.starts_at == NOW + timedelta(minutes=15)
    learn(session, patient, FactKind.NEED, {}, "interpreter")
    assert exam.status is StepStatus.UNSCHEDULED
    assert "for 25 minutes" in exam.status_reason
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.starts_at == NOW + timedelta(minutes=30)


def held(session: Session, patient: Patient) -> ExamHold:
    site = make_site(session)
    make_room(session, site, "CT01")
    make_resource(session, site, "CH01", ResourceKind.PREPARATION_CHAIR)
    make_contrast_ct(session, "71260")
    learn(session, patient, FactKind.EGFR, {"number": 20})
    exam = make_exam(
        session,
        patient=patient,
        procedure="71260",
        patient_class=PatientClass.OUTPATIENT,
        priority=Priority.ROUTINE,
    )
    place(session, exam.id, actor=ACTOR, now=NOW)
    (hold,) = exam.holds
    assert (hold.rule, hold.role) == ("IC-02", "radiologist")
    return hold


def override(session: Session, hold: ExamHold, role: UserRole) -> None:
    questions.override_hold(
        session, hold, reason="Needed today", role=role, actor="user:r", now=NOW
    )


@pytest.mark.parametrize("role", [UserRole.RADIOLOGIST, UserRole.ADMINISTRATOR])
def test_an_override_keeps_role_and_reason_in_the_trail(
    session: Session, patient: Patient, role: UserRole
) -> None:
    hold = held(session, patient)
    override(session, hold, role)
    event = session.scalar(select(AuditEvent).where(AuditEvent.action == "hold.overridden"))
    assert event is not None
    assert event.actor == "user:r"
    assert (event.detail["rule"], event.detail["role"], event.detail["reason"]) == (
        "IC-02",
        role,
        "Needed today",
    )


def test_only_the_role_that_is_asked_may_override(session: Session, patient: Patient) -> None:
    hold = held(session, patient)
    with pytest.raises(DomainError, match="asked of the radiologist"):
        override(session, hold, UserRole.FRONT_DESK)
    assert hold.resolved_at is None


def test_a_rule_that_nobody_may_override(session: Session, patient: Patient) -> None:
    hold = held(session, patient)
    rulebook.change(session, {"never_overridden": ["IC-02"]}, reason="Audit", actor=ACTOR, now=NOW)
    with pytest.raises(DomainError, match="nobody override rule IC-02"):
        override(session, hold, UserRole.RADIOLOGIST)


@pytest.mark.usefixtures("scanners")
def test_a_block_stays_whatever_was_overridden(session: Session, patient: Patient) -> None:
    exam = make_exam(session, patient=patient, procedure="70551")
    learn(session, patient, FactKind.IMPLANT, {"safety": "unknown"}, "clip")
    place(session, exam.id, actor=ACTOR, now=NOW)
    for hold in exam.open_holds:
        override(session, hold, UserRole.MR_SAFETY_OFFICER)
    learn(session, patient, FactKind.IMPLANT, {"safety": "unsafe"}, "clip", minutes=1)
    place(session, exam.id, actor=ACTOR, now=NOW)
    assert exam.status is StepStatus.UNSCHEDULED
    room_id = dict(_rooms(session))["MR01"]
    with pytest.raises(service.RuleBlocksError, match="unsafe"):
        service.book(
            session, exam, room_id=room_id, starts_at=NOW + timedelta(hours=1), actor=ACTOR, now=NOW
        )
    assert orders.get_exam(session, exam.id).starts_at is None
