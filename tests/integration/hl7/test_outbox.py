"""From events to the outbox, and from the outbox over a real socket to a peer."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
)
from tests.support.outbox_department import EARLY, LATE, Department
from tests.support.receiver import Receiver, acknowledge
from worklist import db
from worklist.audit.models import AnnouncedEvent, AuditEvent
from worklist.hl7.message import parse
from worklist.hl7.models import OutboxState
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails, StepDetails
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients import merging
from worklist.patients import service as patients
from worklist.patients.details import Identifier, PatientDetails
from worklist.patients.models import Patient, PatientMerge
from worklist.scheduling import merged_patients, ordering
from worklist.scheduling import service as scheduling
from worklist.vocabulary import PatientClass, Priority


def test_each_event_makes_one_message_in_order(department: Department, target: Receiver) -> None:
    peer = department.add_peer(target.port)
    exam = department.order()
    department.book(exam)
    department.book(exam, LATE)
    department.book(exam, LATE, room=1)
    department.cancel(exam)
    assert department.announce() == 5
    assert department.announce() == 0
    assert department.controls() == ["S12", "S13", "S14", "S15"]
    assert department.deliver(peer) == []
    assert [one.type for one in target.received] == ["SIU^S12", "SIU^S13", "SIU^S14", "SIU^S15"]
    assert target.connections == 1
    assert {one.state for one in department.outbox()} == {OutboxState.DELIVERED}
    # Each message has the slot of its own event, however late it is written.
    starts = [one.require("AIS").text(4)[8:12] for one in target.received]
    assert starts == ["1100", "1300", "1300", "1300"]
    rooms = [one.require("AIL").text(3, 2) for one in target.received]
    assert rooms == ["CT01", "CT01", "CT02", "CT02"]


def test_workers_at_once_make_each_message_once(department: Department) -> None:
    department.add_peer(1)
    for number in range(6):
        department.book(department.order(), NOW + timedelta(hours=1 + number))
    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(lambda _: department.announce(), range(8)))
    assert sum(taken) == 12
    assert department.controls() == ["S12"] * 6


def test_each_destination_and_kind_has_its_own_message(department: Department) -> None:
    department.add_peer(1, "HIS", sends=["appointment", "order_cancelled"])
    department.add_peer(2, "PACS", sends=["procedure"])
    department.book_and_cancel()
    made = [(one.destination, one.choice, one.control) for one in department.outbox()]
    assert made == [
        ("HIS", "appointment", "S12"),
        ("PACS", "procedure", "NW"),
        ("HIS", "appointment", "S15"),
        ("HIS", "order_cancelled", "OC"),
        ("PACS", "procedure", "CA"),
    ]


def test_a_change_is_told_of_each_exam_that_it_concerns(
    department: Department, session_factory: db.SessionFactory
) -> None:
    """An order with two procedures, the first of two steps: S14 for each, XO for each procedure."""
    department.add_peer(1, "HIS", sends=["appointment"])
    department.add_peer(2, "PACS", sends=["procedure"])
    details = OrderDetails(
        procedure_code="71250",
        placer_order_number="P7",
        placer_issuer="HIS",
        priority=Priority.ROUTINE,
        patient_class=PatientClass.OUTPATIENT,
        ordered_at=NOW,
        steps=tuple(
            StepDetails(step_id=step, requested_procedure_id=procedure, procedure_code=code)
            for step, procedure, code in (
                ("S1", "R1", "71250"),
                ("S2", "R1", "71250"),
                ("S3", "R2", "70450"),
            )
        ),
    )
    with db.transaction(session_factory) as session:
        make_procedure(session, "70450", body_part="HEAD")
        order = orders.create_order(session, make_patient(session), details, actor=ACTOR, now=NOW)
        exams = [step.id for one in order.requested_procedures for step in one.steps]
        number = order.id
    for place, exam in enumerate(exams):
        department.book(exam, EARLY + timedelta(hours=place))
    department.announce()
    told = len(department.outbox())
    for changed in (replace(details, reason="Fever"), replace(details, reason="Fever")):
        with db.transaction(session_factory) as session:
            order = session.get_one(ImagingServiceRequest, number)
            ordering.change_order(session, order, changed, actor=ACTOR, now=NOW)
    department.announce()
    messages = department.outbox()[told:]
    appointments = [parse(one.payload.decode()) for one in messages if one.control == "S14"]
    numbers = [one.require("SCH").text(2) for one in appointments]
    with db.transaction(session_factory) as session:
        steps = [session.get_one(ScheduledProcedureStep, one) for one in exams]
        assert numbers == [one.scheduled_procedure_step_id for one in steps]
        procedures = [one.requested_procedure_id for one in order.requested_procedures]
    updates = [parse(one.payload.decode()) for one in messages if one.control == "XO"]
    assert [[ipc.text(2) for ipc in one.all("IPC")] for one in updates] == [
        [procedures[0]] * 2,
        [procedures[1]],
    ]
    assert len(messages) == 5


def test_what_a_transaction_takes_back_is_never_told(
    department: Department, session_factory: db.SessionFactory
) -> None:
    department.add_peer(1)
    exam = department.order()
    with session_factory() as session:
        scheduling.book(
            session,
            orders.get_exam(session, exam),
            room_id=department.rooms[0],
            starts_at=EARLY,
            actor=ACTOR,
            now=NOW,
        )
        session.rollback()
    department.announce()
    assert department.controls() == []


def test_events_are_let_go_where_nobody_listens(
    department: Department, session_factory: db.SessionFactory
) -> None:
    department.order()
    assert department.announce() == 1
    with db.transaction(session_factory) as session:
        assert session.scalar(select(func.count(AnnouncedEvent.event_id))) == 0


def test_the_placer_is_told_of_an_order_made_here_and_its_number_is_taken(
    department: Department, session_factory: db.SessionFactory, target: Receiver
) -> None:
    peer = department.add_peer(target.port, sends=["order_number"])
    exam = department.order()
    with db.transaction(session_factory) as session:
        order = orders.get_exam(session, exam).order
        order.placer_order_number, order.placer_issuer = None, ""
        filler = order.filler_order_number
    department.announce()
    target.answers = [acknowledge("AA", f"ORC|NA|P777^HIS|{filler}^WORKLIST")]
    department.deliver(peer)
    orc = target.received[0].require("ORC")
    assert (orc.text(1), orc.text(2), orc.text(3)) == ("SN", "", filler)
    with db.transaction(session_factory) as session:
        order = session.scalars(select(ImagingServiceRequest)).one()
        assert (order.placer_order_number, order.placer_issuer) == ("P777", "HIS")
        event = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "order.numbered")
        ).one()
        assert event.actor == "peer:HIS"


def test_a_number_that_another_order_has_is_not_taken(
    department: Department, session_factory: db.SessionFactory, target: Receiver
) -> None:
    peer = department.add_peer(target.port, sends=["order_number"])
    department.order()
    exam = department.order()
    with db.transaction(session_factory) as session:
        taken, free = session.scalars(
            select(ImagingServiceRequest).order_by(ImagingServiceRequest.id)
        )
        number = taken.placer_order_number
        free.placer_order_number, free.placer_issuer = None, ""
    department.announce()
    target.answers = [acknowledge("AA", f"ORC|NA|{number}^TEST|F")]
    department.deliver(peer)
    message = department.outbox()[0]
    assert message.state is OutboxState.DELIVERED
    assert message.error_text == f"The number {number} of TEST is another order's already."
    with db.transaction(session_factory) as session:
        assert orders.get_exam(session, exam).order.placer_order_number is None


def test_status_goes_to_the_placer_as_the_order_moves_on(department: Department) -> None:
    department.add_peer(1, sends=["order_status", "order_cancelled"])
    exam = department.order()
    department.book(exam)
    for status in (StepStatus.STARTED, StepStatus.COMPLETED):
        with db.transaction(department.sessions) as session:
            orders.set_status(session, orders.get_exam(session, exam), status, actor=ACTOR, now=NOW)
    department.announce()
    orcs = [one.payload.decode().split("\rORC|")[1].split("|") for one in department.outbox()]
    assert [(orc[0], orc[4]) for orc in orcs] == [("SC", "IP"), ("SC", "CM")]


def test_a_placer_that_cancelled_is_not_told_that_we_did(department: Department) -> None:
    department.add_peer(1, sends=["order_cancelled"], senders=[{"application": "EPR"}])
    department.cancel(department.order(), actor="peer:EPR")
    department.cancel(department.order())
    department.announce()
    assert department.controls() == ["OC"]


def test_the_image_manager_hears_the_life_of_a_procedure(department: Department) -> None:
    department.add_peer(1, sends=["procedure"])
    exam = department.order()
    department.book(exam)
    department.book(exam, LATE)
    department.cancel(exam)
    with db.transaction(department.sessions) as session:
        one = orders.get_exam(session, exam)
        scheduling.place_automatically(session, one, actor=ACTOR, now=NOW)
    department.book(exam)
    department.announce()
    assert department.controls() == ["NW", "XO", "CA", "NW"]


def register(session: Session, number: str, **fields: Any) -> int:
    details = PatientDetails(identifiers=(Identifier(value=number, issuer="GENERAL"),), **fields)
    return patients.register_or_update(session, details, actor=ACTOR, now=NOW).id


def test_patient_updates_and_merges_of_our_patients_are_told(
    department: Department, session_factory: db.SessionFactory
) -> None:
    department.add_peer(1, sends=["patient"])
    with db.transaction(session_factory) as session:
        kept = register(session, "1", name="ROE^JANE")
        merged = register(session, "2", name="ROE^J")
        make_exam(session, patient=patients.survivor(session, make_patient(session)))
    with db.transaction(session_factory) as session:
        register(session, "1", name="ROE^JANE^ANN")
    department.announce()
    assert department.controls() == []  # nothing was ever ordered for her
    with db.transaction(session_factory) as session:
        patient = patients.find(session, (Identifier(value="2", issuer="GENERAL"),))
        make_exam(session, patient=patient)
    with db.transaction(session_factory) as session:
        merged_patients.merge(session, survivor_id=kept, merged_id=merged, actor=ACTOR, now=NOW)
        register(session, "1", name="ROE^JANE^ANNA")
    department.announce()
    assert department.controls() == ["A40", "A08"]
    texts = [one.payload.decode() for one in department.outbox()]
    lines = [line for line in texts[0].split("\r") if line[:3] in {"PID", "MRG"}]
    assert lines[0].startswith("PID|1||1^^^GENERAL^MR||ROE^JANE")
    assert lines[1] == "MRG|2^^^GENERAL^MR||||||ROE^J^^^^^L"
    # Later messages do not name the number of the patient that is no more.
    assert "PID|1||1^^^GENERAL^MR||ROE^JANE^ANNA" in texts[1]
    with db.transaction(session_factory) as session:
        merge = session.scalars(select(PatientMerge)).one()
        merging.undo(session, merge.id, actor=ACTOR, now=NOW)
        other = session.get_one(Patient, merged)
        old = Identifier(value="2", issuer="GENERAL")
        new = Identifier(value="22", issuer="GENERAL")
        merging.renumber(session, other, [old], [new], actor=ACTOR, now=NOW)
    department.announce()
    # The survivor never had an order of her own.
    assert department.controls() == ["A40", "A08", "A08", "A47"]
    undone, renumbered = (one.payload.decode() for one in department.outbox()[2:])
    assert "PID|1||22^^^GENERAL^MR||ROE^J^" in undone
    assert "\rMRG|2^^^GENERAL^MR|" in renumbered


def test_a_message_that_cannot_be_written_is_kept_as_failed(
    department: Department, target: Receiver, session_factory: db.SessionFactory
) -> None:
    peer = department.add_peer(target.port, character_set="ASCII")
    with db.transaction(session_factory) as session:
        exam = make_exam(session, patient=make_patient(session, "ØRSTED^HANS")).id
    department.book(exam)
    plain = department.order()
    department.book(plain, LATE)
    department.announce()
    failed, waiting = department.outbox()
    assert (failed.state, failed.payload) == (OutboxState.FAILED, b"")
    assert failed.error_text.startswith("'Ø' is not in the character set ASCII of HIS")
    assert waiting.state is OutboxState.WAITING
    department.deliver(peer)
    assert len(target.received) == 1


def test_a_moment_in_utc_is_told_in_the_sites_time(department: Department) -> None:
    department.add_peer(1)
    exam = department.order()
    department.book(exam, datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    department.announce()
    assert "|20261125003000+0100|" in department.outbox()[0].payload.decode()


def test_an_exam_of_several_is_found_by_its_order(
    department: Department, session_factory: db.SessionFactory
) -> None:
    """Two steps of one procedure: each booking tells of all that is booked by then."""
    department.add_peer(1, sends=["procedure"])
    first = department.order()
    department.book(first)
    department.announce()
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, first)
        second = ScheduledProcedureStep(
            patient_id=exam.patient_id,
            scheduled_procedure_step_id="SPS-SECOND",
            description=exam.description,
            modality=exam.modality,
            status_changed_at=NOW,
            room_id=department.rooms[1],
            starts_at=LATE,
            ends_at=LATE + timedelta(minutes=15),
            status=StepStatus.UNSCHEDULED,
        )
        exam.requested_procedure.steps.append(second)
        session.flush()
        orders.set_status(session, second, StepStatus.SCHEDULED, actor=ACTOR, now=NOW)
    department.announce()
    messages = department.outbox()
    assert [one.control for one in messages] == ["NW", "XO"]
    assert [one.payload.decode().count("\rIPC|") for one in messages] == [1, 2]
