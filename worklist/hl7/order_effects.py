"""What an order message does to an order: made, brought up to date, given its slots."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.hl7 import order_course
from worklist.hl7.content import GivenSlot, OrderRequest
from worklist.hl7.errors import ErrorCode, Location, MessageError
from worklist.hl7.order_control import OrderAction
from worklist.hl7.outcome import Outcome
from worklist.language.text import Text, _
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import UNPLACED, WITH_SLOT, StepStatus
from worklist.orders.steps import NumberTakenError, UnknownProcedureError
from worklist.patients import service as patients
from worklist.patients.models import Patient
from worklist.scheduling import booking, given, ordering


def apply(
    session: Session,
    request: OrderRequest,
    patient: Patient | None,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Do what one order request asks for.

    Raises:
        MessageError: 103, the procedure is not in the catalogue; 204, the order is not known or is
            another patient's; 205, a number is taken, or the order was cancelled; 207, the order
            is too far along.
    """
    order = orders.find_order(
        session,
        placer_issuer=request.numbers.placer_issuer,
        placer_order_number=request.numbers.placer,
        filler=request.numbers.filler,
    )
    if order is not None:
        check_patient(session, order, patient, str(request.numbers), request.location)
        outcome.about(patient_id=order.patient_id, order_id=order.id)
    if request.details is None or patient is None:
        if order is None:
            raise _unknown(request)
        order_course.change(session, request, order, outcome, actor=actor, now=now)
        return
    if order is None and request.action is OrderAction.CHANGE:
        raise _unknown(request)
    try:
        if order is None:
            order = ordering.make_order(session, patient, request.details, actor=actor, now=now)
            outcome.about(patient_id=order.patient_id, order_id=order.id)
        elif not _update(session, request, request.details, order, outcome, actor=actor, now=now):
            return
    except UnknownProcedureError as error:
        raise unknown_procedure(error, request.procedure_location) from error
    except NumberTakenError as error:
        raise MessageError(
            error.text, code=ErrorCode.DUPLICATE_KEY, location=request.accession_location
        ) from error
    exams = [exam for exam in order.exams if exam.status is not StepStatus.CANCELED]
    book(session, exams, request.slots, outcome, actor=actor, now=now)


def check_patient(
    session: Session,
    order: ImagingServiceRequest,
    patient: Patient | None,
    number: str,
    location: Location,
) -> None:
    """Raise MessageError 204 where the order is another patient's."""
    if patient is not None and patients.survivor(session, order.patient).id != patient.id:
        raise MessageError(
            _(
                "The order %(number)s belongs to another patient: merge the two patients first, "
                "or correct PID-3 or the order's number.",
                number=number,
            ),
            code=ErrorCode.UNKNOWN_KEY,
            location=location,
        )


def book(
    session: Session,
    exams: Sequence[ScheduledProcedureStep],
    slots: Sequence[GivenSlot],
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Book the exams that come with their room and time; steps with one time follow each other."""
    wanted = [
        (exam, slot, slot.starts_at, given.find_room(session, slot.places))
        for exam, slot in zip(exams, slots, strict=False)
        if slot.places and slot.starts_at is not None
    ]
    booking.queue_for_several(
        session, [(exam.patient_id, found[0].id) for exam, _, _, found in wanted if found]
    )
    before: datetime | None = None
    following: datetime | None = None
    for exam, slot, asked, found in wanted:
        if found is None or exam.status not in UNPLACED | WITH_SLOT:
            outcome.remarks.append(_why_not_booked(exam, slot, is_known=found is not None))
            continue
        starts_at = following if following and before == asked else asked
        done = given.book_as_given(
            session,
            exam,
            found[0],
            station=found[1],
            starts_at=starts_at,
            minutes=slot.minutes,
            actor=actor,
            now=now,
        )
        outcome.remarks += done.objections
        length = timedelta(minutes=slot.minutes or exam.procedure.duration_minutes)
        before, following = asked, exam.ends_at or starts_at + length


def _why_not_booked(exam: ScheduledProcedureStep, slot: GivenSlot, *, is_known: bool) -> Text:
    if is_known:
        return _("The exam is %(status)s: its room and time stay.", status=exam.status)
    return _(
        "Nothing here is called %(places)s: the department chooses the room. Add the station to "
        "the catalogue.",
        places=" or ".join(slot.places),
    )


def _update(
    session: Session,
    request: OrderRequest,
    details: OrderDetails,
    order: ImagingServiceRequest,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> bool:
    """Bring a known order up to date, unless it is cancelled or knows something newer."""
    exams = order.exams
    if exams and all(exam.status is StepStatus.CANCELED for exam in exams):
        raise MessageError(
            _(
                "The order %(numbers)s was cancelled: place it again under a new number.",
                numbers=request.numbers,
            ),
            code=ErrorCode.DUPLICATE_KEY,
            location=request.location,
        )
    if _is_older(details, order):
        outcome.remarks.append(_("Older than what is known of the order: nothing changed."))
        audit.record(
            session,
            "order.update_ignored",
            actor=actor,
            now=now,
            patient_id=order.patient_id,
            order_id=order.id,
        )
        return False
    _tell_what_stays(details, order, outcome)
    kept = {
        name: getattr(order, name)
        for name in request.unvalued
        if hasattr(order, name) and name not in {"study_instance_uid", "description"}
    }
    ordering.change_order(session, order, replace(details, **kept), actor=actor, now=now)
    return True


def _tell_what_stays(details: OrderDetails, order: ImagingServiceRequest, outcome: Outcome) -> None:
    """Remark what an update cannot change, and steps that it no longer names."""
    study = order.requested_procedures[0].study_instance_uid
    for name, sent, ours in (
        ("accession number", details.accession_number, order.accession_number),
        ("Study Instance UID", details.study_instance_uid, study),
    ):
        if sent and sent != ours:
            outcome.remarks.append(
                _(
                    "The %(name)s stays %(ours)s: scanners know the order by it.",
                    name=name,
                    ours=ours,
                )
            )
    named = {step.step_id for step in details.steps}
    for exam in order.exams:
        missing = exam.placer_step_id and exam.placer_step_id not in named
        if details.steps and missing and exam.status is not StepStatus.CANCELED:
            outcome.remarks.append(
                _(
                    "The step %(placer_step_id)s is not in the update: it stays %(status)s. "
                    "Cancel it with CA and its id (IPC-4 or OBR-20).",
                    placer_step_id=exam.placer_step_id,
                    status=exam.status,
                )
            )


def _is_older(details: OrderDetails, order: ImagingServiceRequest) -> bool:
    return (
        details.message_time is not None
        and order.message_time is not None
        and details.message_time < order.message_time
    )


def _unknown(request: OrderRequest) -> MessageError:
    return MessageError(
        _(
            "There is no order %(numbers)s: send it as a new order (NW) first, then replay this "
            "message.",
            numbers=request.numbers,
        ),
        code=ErrorCode.UNKNOWN_KEY,
        location=request.location,
    )


def unknown_procedure(error: UnknownProcedureError, location: Location | None) -> MessageError:
    """Return the error of a message whose procedure the catalogue lacks, with what to do here."""
    text = _(
        "%(error)s Or let the sender's profile under Connections translate the code. Then replay "
        "the message.",
        error=error.text,
    )
    return MessageError(text, code=ErrorCode.TABLE_VALUE_NOT_FOUND, location=location)
