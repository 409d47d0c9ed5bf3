"""Orders by message: new, changed, cancelled, held (IHE RAD-2, RAD-3, RAD-4, RAD-13)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.integration.hl7.conftest import Nudges
from tests.support.department import ACTOR, NOW
from tests.support.inbox import Inbox, exam_of, order_of
from tests.support.messages import load, order
from worklist.hl7.models import InboxState
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.performing import service as performing
from worklist.scheduling.models import Reservation
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass, Priority


def _count(session: Session, table: type) -> int:
    return session.scalar(select(func.count()).select_from(table)) or 0


def _placed(session: Session, placer: str) -> ScheduledProcedureStep:
    """Do what the worker does after the nudge; gives the exam, which has a slot."""
    exam = exam_of(session, placer)
    place(session, exam.id, actor=ACTOR, now=NOW)
    session.flush()
    assert exam.status is StepStatus.SCHEDULED
    return exam


def test_a_new_order_with_everything_in_it(inbox: Inbox, session: Session, nudges: Nudges) -> None:
    done = inbox.take(load("orm_new_ct_contrast"))
    assert (done.state, done.error_text) == (InboxState.PROCESSED, "")
    made = order_of(session)
    assert (done.order_id, done.patient_id) == (made.id, made.patient_id)
    assert made.placer_issuer == "HIS"
    assert made.placer_group_number == "G77"
    assert made.priority is Priority.ASAP
    assert made.patient_class is PatientClass.INPATIENT
    assert made.wanted_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert made.ordered_at == datetime(2026, 11, 24, 8, 25, tzinfo=UTC)
    assert made.ordering_physician == "ORDER^OTTO^^DR"
    assert made.referring_physician == "REFER^RITA^^DR"
    assert made.reason == "Cough & fever"
    assert made.clinical_information == "Allergic to dust"
    assert made.transport == "WHLC"
    assert made.current_location == "W3 12 A"
    assert made.admission_id == "V0001"
    (procedure,) = made.requested_procedures
    assert procedure.procedure.code == "71260"
    assert procedure.study_instance_uid == "1.2.840.99999.1.5"
    (exam,) = procedure.steps
    assert exam.status is StepStatus.UNSCHEDULED
    assert nudges.named("workers.scheduling.place") == [exam.id]
    assert made.filler_order_number
    assert made.accession_number


def test_omg_reads_tq1_and_the_offset(inbox: Inbox, session: Session) -> None:
    assert inbox.take(load("omg_new")).state is InboxState.PROCESSED
    made = order_of(session, "P2001")
    assert made.priority is Priority.STAT
    assert made.patient_class is PatientClass.EMERGENCY
    assert made.wanted_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)  # 15:00 at +0100
    assert made.patient.name == "MÜLLER^JÖRG"


def test_omi_gives_its_numbers(inbox: Inbox, session: Session) -> None:
    assert inbox.take(load("omi_two_steps")).state is InboxState.PROCESSED
    made = order_of(session, "P3001")
    assert made.filler_order_number == "F3001"
    assert made.accession_number == "ACC3001"
    assert made.requested_procedures[0].study_instance_uid == "1.2.840.99999.3.1"


@pytest.mark.parametrize("repeat", ["at once", "later"])
def test_the_same_message_again_does_nothing_twice(
    inbox: Inbox, session: Session, repeat: str
) -> None:
    raw = load("orm_new_ct_contrast")
    inbox.receive(raw)
    if repeat == "later":
        inbox.sweep()
    inbox.receive(raw)
    inbox.sweep()
    assert _count(session, ImagingServiceRequest) == 1
    assert _count(session, ScheduledProcedureStep) == 1


def test_a_second_new_with_the_same_number_is_no_second_order(
    inbox: Inbox, session: Session
) -> None:
    inbox.take(order("1", control_id="A"))
    inbox.take(order("1", control_id="B", sent="20261124080500"))
    assert _count(session, ImagingServiceRequest) == 1


def test_two_hospitals_may_use_the_same_number(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1"))
    inbox.take(order("1", patient="4712").replace(b"^HIS", b"^CLINIC"))
    assert _count(session, ImagingServiceRequest) == 2


def test_a_change_changes_what_it_says_and_keeps_the_rest(inbox: Inbox, session: Session) -> None:
    inbox.take(load("orm_new_ct_contrast"))
    inbox.take(load("orm_change_priority"))
    session.expire_all()
    made = order_of(session)
    assert made.priority is Priority.STAT
    assert made.wanted_at == datetime(2026, 11, 24, 14, 0, tzinfo=UTC)
    assert made.clinical_information == "Allergic to dust"
    assert _count(session, ScheduledProcedureStep) == 1


def test_a_changed_priority_gives_the_slot_back_and_asks_for_another(
    inbox: Inbox, session: Session, nudges: Nudges
) -> None:
    inbox.take(order("1"))
    exam = _placed(session, "1")
    nudges.tasks.clear()
    inbox.take(order("1", control="XO", sent="20261124081000", timing="^^^^^S"))
    session.expire_all()
    assert exam.status is StepStatus.UNSCHEDULED
    assert _count(session, Reservation) == 0
    assert nudges.named("workers.scheduling.place") == [exam.id]


def test_an_older_change_that_comes_late_changes_nothing(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1", sent="20261124080000"))
    inbox.take(order("1", control="XO", sent="20261124082000", timing="^^^^^S"))
    late = inbox.take(order("1", control="XO", sent="20261124081000", timing="^^^^^R"))
    session.expire_all()
    assert order_of(session, "1").priority is Priority.STAT
    assert late.state is InboxState.PROCESSED
    assert "Older" in late.error_text


@pytest.mark.parametrize(
    ("control", "status"),
    [("CA", ""), ("CA", "CA"), ("OC", ""), ("DC", "CA"), ("SC", "CA")],
)
def test_a_cancel_gives_the_slot_back(
    inbox: Inbox, session: Session, control: str, status: str
) -> None:
    inbox.take(order("1"))
    exam = _placed(session, "1")
    assert inbox.take(order("1", control=control, status=status)).state is InboxState.PROCESSED
    session.expire_all()
    assert exam.status is StepStatus.CANCELED
    assert _count(session, Reservation) == 0


def test_a_cancel_without_patient_keeps_its_reason(inbox: Inbox, session: Session) -> None:
    inbox.take(load("orm_new_ct_contrast"))
    assert inbox.take(load("orm_cancel")).state is InboxState.PROCESSED
    session.expire_all()
    exam = exam_of(session)
    assert exam.status is StepStatus.CANCELED
    assert exam.status_reason == "No longer needed"


def test_what_has_started_cannot_be_cancelled(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1"))
    exam = _placed(session, "1")
    performing.check_in(session, exam, actor=ACTOR, now=NOW)
    performing.start(session, exam, actor=ACTOR, now=NOW)
    session.commit()
    refused = inbox.take(order("1", control="CA"))
    assert refused.state is InboxState.FAILED
    assert refused.error_text
    session.expire_all()
    assert exam.status is StepStatus.STARTED


def test_a_cancelled_order_does_not_come_back_by_a_late_change(
    inbox: Inbox, session: Session
) -> None:
    inbox.take(order("1"))
    inbox.take(order("1", control="CA", sent="20261124080500"))
    late = inbox.take(order("1", control="XO", sent="20261124080200"))
    assert (late.state, late.error_code) == (InboxState.FAILED, "205")
    assert exam_of(session, "1").status is StepStatus.CANCELED


def test_hold_and_release(inbox: Inbox, session: Session, nudges: Nudges) -> None:
    inbox.take(order("1"))
    _placed(session, "1")
    inbox.take(order("1", control="HD"))
    session.expire_all()
    held = exam_of(session, "1")
    assert (held.status, held.automatic_placement) == (StepStatus.UNSCHEDULED, False)
    nudges.tasks.clear()
    inbox.take(order("1", control="RL"))
    session.expire_all()
    exam = exam_of(session, "1")
    assert exam.automatic_placement
    assert nudges.named("workers.scheduling.place") == [exam.id]


@pytest.mark.parametrize("control", ["CA", "XO", "HD", "RL"])
def test_an_order_that_nobody_knows_is_an_error(inbox: Inbox, control: str) -> None:
    unknown = inbox.take(order("99", control=control))
    assert (unknown.state, unknown.error_code) == (InboxState.FAILED, "204")
    assert unknown.error_location == "ORC^1^2"
    assert "99 (HIS)" in unknown.error_text


def test_a_procedure_that_the_catalogue_lacks_names_its_place(inbox: Inbox) -> None:
    unknown = inbox.take(order("1", code="99999"))
    assert (unknown.state, unknown.error_code) == (InboxState.FAILED, "103")
    assert unknown.error_location == "OBR^1^4"
    assert "'99999'" in unknown.error_text


def test_an_order_stays_with_its_patient(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1"))
    other = inbox.take(order("1", control="XO", patient="5000", sent="20261124081000"))
    assert (other.state, other.error_code) == (InboxState.FAILED, "204")
    (identifier,) = order_of(session, "1").patient.identifiers
    assert identifier.value == "4711"


def test_several_orders_in_one_message_are_all_or_nothing(inbox: Inbox, session: Session) -> None:
    second = b"ORC|NW|2^HIS\rOBR|1|2^HIS||%s^X^C4\r"
    refused = inbox.take(order("1", control_id="A") + second % b"99999")
    assert refused.state is InboxState.FAILED
    assert _count(session, ImagingServiceRequest) == 0
    inbox.take(order("1", control_id="B") + second % b"71260")
    assert _count(session, ImagingServiceRequest) == 2


def test_a_change_moves_wanted_time(inbox: Inbox, session: Session) -> None:
    inbox.take(order("1"))
    inbox.take(order("1", control="XO", sent="20261124081000", timing="^^^20261201100000^^R"))
    session.expire_all()
    wanted = order_of(session, "1").wanted_at
    assert wanted == datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    assert _placed(session, "1").starts_at == NOW + timedelta(days=7, hours=1)


@pytest.mark.parametrize("kind", ["ORM^O01", "ORR^O02^ORR_O02", "ORG^O20^ORG_O20"])
def test_the_placers_number_of_an_order_made_here(
    inbox: Inbox, session: Session, kind: str
) -> None:
    inbox.take(load("orm_new_ct_contrast"))
    made = order_of(session)
    made.placer_order_number, made.placer_issuer = None, ""
    session.commit()

    def answer(number: str, control_id: str) -> bytes:
        lines = [
            f"MSH|^~\\&|HIS|GENERAL|WORKLIST|RAD|20261124090000||{kind}|{control_id}|P|2.5.1",
            "MSA|AA|1",
            f"ORC|NA|{number}|{made.filler_order_number}^WORKLIST",
        ]
        return ("\r".join(lines) + "\r").encode()

    done = inbox.take(answer("P77^HIS", "1"))
    assert (done.state, done.order_id) == (InboxState.PROCESSED, made.id)
    session.expire_all()
    numbered = order_of(session, "P77")
    assert (numbered.placer_order_number, numbered.placer_issuer) == ("P77", "HIS")
    assert inbox.take(answer("P77^HIS", "2")).state is InboxState.PROCESSED
    other = inbox.take(answer("P78^HIS", "3"))
    assert other.state is InboxState.FAILED
    assert "has the placer's number P77 already" in other.error_text
    assert inbox.take(answer("", "4")).error_code == "101"
