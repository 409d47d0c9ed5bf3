"""Automatic placement on real rows: room, time, reason, and what holds or forbids it."""

from datetime import time, timedelta

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
from tests.support.placing import known_fact, placed
from worklist.catalogue.models import Block, Closure, ResourceKind, Site
from worklist.orders.status import StepStatus
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.scheduling import questions, service
from worklist.scheduling.availability import as_range
from worklist.scheduling.intervals import Interval
from worklist.scheduling.models import Placement, PlacementOutcome, Reservation
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass, Priority

CODES = ("71250", "70450")


def room_codes(made: Placement, outcome: str) -> list[str]:
    return [room["room"] for room in made.explanation["rooms"] if room["outcome"] == outcome]


def test_inpatient_gets_the_first_free_room_at_once(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_procedure(session)
    exam = make_exam(session)
    made = placed(session, exam)
    assert made.outcome is PlacementOutcome.PLACED
    assert (exam.status, exam.starts_at) == (StepStatus.SCHEDULED, NOW)
    assert exam.room is not None
    assert exam.room.code == "CT01"
    assert exam.station is not None
    assert exam.station.ae_title == "CT01"


def test_second_exam_waits_for_the_turnover(session: Session, site: Site) -> None:
    make_room(session, site, "CT01", turnover_minutes=10)
    make_procedure(session, duration_minutes=15)
    placed(session, make_exam(session))
    second = make_exam(session)
    placed(session, second)
    assert second.starts_at == NOW + timedelta(minutes=25)


def test_one_patient_is_never_in_two_rooms(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_room(session, site, "CT02")
    make_procedure(session, duration_minutes=20)
    make_procedure(session, "70450", body_part="HEAD")
    patient = make_patient(session)
    first, second = (make_exam(session, patient=patient, procedure=code) for code in CODES)
    placed(session, first)
    placed(session, second)
    assert (first.starts_at, second.starts_at) == (NOW, NOW + timedelta(minutes=20))


def test_room_without_injector_is_left_out_with_its_reason(session: Session, site: Site) -> None:
    make_room(session, site, "CT01", capabilities=())
    make_room(session, site, "CT02", capabilities=("iodinated_contrast",))
    make_contrast_ct(session, "71260", power_injection=True)
    make_resource(session, site, "CH01", ResourceKind.PREPARATION_CHAIR)
    make_resource(session, site, "NU01", ResourceKind.NURSE)
    make_resource(session, site, "RA01", ResourceKind.RADIOLOGIST)
    made = placed(session, make_exam(session, procedure="71260"))
    assert made.outcome is PlacementOutcome.PLACED
    assert room_codes(made, "chosen") == ["CT02"]
    (left_out,) = [one for one in made.explanation["rooms"] if one["outcome"] == "left_out"]
    assert "injector" in left_out["reasons"][0]


def test_hours_closures_and_blocks_are_kept(session: Session, site: Site) -> None:
    # NOW is 09:00; open from 10:00, closed until 11:00, screening only until 12:00.
    room = make_room(session, site, "CT01", opens=time(10), closes=time(18))
    hour = timedelta(hours=1)
    session.add(
        Closure(
            resource_id=room.id,
            during=as_range(Interval(NOW + hour, NOW + 2 * hour)),
            reason="Service",
        )
    )
    session.add(
        Block(
            resource_id=room.id,
            during=as_range(Interval(NOW + 2 * hour, NOW + 3 * hour)),
            purpose="screening",
        )
    )
    session.flush()
    make_procedure(session)
    exam = make_exam(session)
    placed(session, exam)
    assert exam.starts_at == NOW + 3 * hour


def test_block_is_open_to_its_purpose_and_to_all_once_released(
    session: Session, site: Site
) -> None:
    room = make_room(session, site, "CT01")
    session.add(
        Block(
            resource_id=room.id,
            during=as_range(Interval(NOW, NOW + timedelta(hours=4))),
            purpose="E",
            release_hours=0,
        )
    )
    session.flush()
    make_procedure(session)
    emergency = make_exam(session, patient_class=PatientClass.EMERGENCY, priority=Priority.STAT)
    inpatient = make_exam(session)
    placed(session, emergency)
    assert emergency.starts_at == NOW
    placed(session, inpatient)
    assert inpatient.starts_at == NOW + timedelta(minutes=15)  # begun, so released to all


def test_routine_outpatient_gets_a_day_of_notice(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_procedure(session)
    exam = make_exam(session, priority=Priority.ROUTINE, patient_class=PatientClass.OUTPATIENT)
    placed(session, exam)
    assert exam.starts_at == NOW + timedelta(hours=24)


def test_pet_takes_an_uptake_bay_before_the_scanner(session: Session, site: Site) -> None:
    make_room(session, site, "PT01", modality="PT", capabilities=("isotope_licence",))
    bay = make_resource(session, site, "UP01", ResourceKind.UPTAKE_BAY)
    make_procedure(
        session,
        "78815",
        modality="PT",
        duration_minutes=30,
        phases=(("uptake", ResourceKind.UPTAKE_BAY, -60, 60),),
    )
    exam = make_exam(session, procedure="78815")
    placed(session, exam)
    assert exam.starts_at == NOW + timedelta(minutes=60)
    uptake = session.scalar(select(Reservation).where(Reservation.resource_id == bay.id))
    assert uptake is not None
    assert uptake.during == as_range(Interval(NOW, NOW + timedelta(minutes=60)))


def test_heavy_patient_goes_to_the_table_that_holds(session: Session, site: Site) -> None:
    make_room(session, site, "CT01", table_limit_kg=200)
    make_room(session, site, "CT02", table_limit_kg=300)
    make_procedure(session)
    patient = make_patient(session)
    service.record_facts(
        session, patient.id, [known_fact(FactKind.WEIGHT, {"number": 230})], actor=ACTOR, now=NOW
    )
    made = placed(session, make_exam(session, patient=patient))
    assert room_codes(made, "chosen") == ["CT02"]
    assert room_codes(made, "left_out") == ["CT01"]


def test_held_exam_asks_and_is_placed_when_answered(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_procedure(session, irradiates_pelvis=True, body_part="ABDOMEN")
    patient = make_patient(session, sex="F")
    exam = make_exam(
        session,
        patient=patient,
        patient_class=PatientClass.OUTPATIENT,
        priority=Priority.ROUTINE,
    )
    made = placed(session, exam)
    assert made.outcome is PlacementOutcome.HELD
    assert exam.status is StepStatus.HELD
    (hold,) = exam.holds
    assert (hold.rule, hold.fact) == ("RA-01", "pregnancy")
    questions.answer_hold(
        session,
        hold,
        [
            FactDetails(
                kind=FactKind.PREGNANCY,
                value={"answer": False},
                observed_at=NOW,
                origin=FactOrigin.DESK,
            )
        ],
        actor=ACTOR,
        now=NOW,
    )
    assert placed(session, exam).outcome is PlacementOutcome.PLACED
    assert hold.resolution == "answered"


def test_unsafe_implant_blocks_mr_with_the_reason(session: Session, site: Site) -> None:
    make_room(session, site, "MR01", modality="MR", capabilities=(), field_strength_tesla=1.5)
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")
    patient = make_patient(session)
    unsafe = known_fact(FactKind.IMPLANT, {"safety": "unsafe"}, "aneurysm clip")
    service.record_facts(session, patient.id, [unsafe], actor=ACTOR, now=NOW)
    exam = make_exam(session, patient=patient, procedure="70551")
    made = placed(session, exam)
    assert made.outcome is PlacementOutcome.BLOCKED
    assert exam.status is StepStatus.UNSCHEDULED
    assert "aneurysm clip" in exam.status_reason


def test_missing_mr_form_is_asked_for_but_holds_no_booking(session: Session, site: Site) -> None:
    make_room(session, site, "MR01", modality="MR", capabilities=(), field_strength_tesla=1.5)
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")
    exam = make_exam(session, procedure="70551")
    assert placed(session, exam).outcome is PlacementOutcome.PLACED
    (hold,) = exam.holds
    assert (hold.rule, hold.fact, hold.resolved_at) == ("MR-03", "mr_screening", None)
    assert exam.status is StepStatus.SCHEDULED


def test_no_room_leaves_the_exam_unscheduled_with_the_reason(session: Session, site: Site) -> None:
    make_room(session, site, "CT01", opens=time(8), closes=time(8, 10))
    make_procedure(session, duration_minutes=30)
    exam = make_exam(session)
    made = placed(session, exam)
    assert made.outcome is PlacementOutcome.NO_SLOT
    assert exam.status is StepStatus.UNSCHEDULED
    assert "CT01" in exam.status_reason


def test_placing_again_changes_nothing(session: Session, site: Site) -> None:
    make_room(session, site, "CT01")
    make_procedure(session)
    exam = make_exam(session)
    placed(session, exam)
    assert place(session, exam.id, actor=ACTOR, now=NOW) is None


def test_wide_bore_is_kept_for_those_who_need_it(session: Session, site: Site) -> None:
    make_room(session, site, "MR01", modality="MR", capabilities=("wide_bore",))
    make_room(session, site, "MR02", modality="MR", capabilities=())
    make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")
    made = placed(session, make_exam(session, procedure="70551"))
    assert room_codes(made, "chosen") == ["MR02"]


def test_second_contrast_exam_keeps_the_interval(session: Session, site: Site) -> None:
    # ESUR 10.0: four hours between two iodinated doses with good kidneys.
    make_room(session, site, "CT01")
    for code, part in (("71260", "CHEST"), ("70470", "HEAD")):
        make_contrast_ct(session, code, body_part=part)
    patient = make_patient(session)
    first = make_exam(session, patient=patient, procedure="71260")
    second = make_exam(session, patient=patient, procedure="70470")
    placed(session, first)
    placed(session, second)
    assert first.starts_at == NOW
    assert second.starts_at == NOW + timedelta(hours=4)
