"""What an SIU does: an exam gets the room and time that were agreed on elsewhere, or loses them."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.hl7.content import AppointmentAction, AppointmentRequest
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.order_effects import book, check_patient, unknown_procedure
from worklist.hl7.outcome import Outcome
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import FINAL, UNPLACED, WITH_SLOT
from worklist.orders.steps import UnknownProcedureError
from worklist.patients.models import Patient
from worklist.scheduling import ordering
from worklist.scheduling import service as scheduling


def apply(
    session: Session,
    request: AppointmentRequest,
    patient: Patient | None,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Book, move, cancel or miss an appointment.

    Raises:
        MessageError: 103, the procedure is not in the catalogue; 204, the appointment is not known
            or is another patient's; 207, the exam is too far along.
    """
    exams = _exams(session, request)
    if exams:
        order = exams[0].order
        check_patient(session, order, patient, request.number, request.location)
        outcome.about(patient_id=order.patient_id, order_id=order.id)
    if request.action is AppointmentAction.BOOK:
        if not exams:
            exams = _make(session, request, patient, actor=actor, now=now)
            outcome.about(patient_id=exams[0].patient_id, order_id=exams[0].order.id)
        for exam in exams:
            exam.appointment_number = request.number
        book(session, exams, request.slots, outcome, actor=actor, now=now)
        return
    if not exams:
        raise MessageError(
            _(
                "There is no appointment %(partition)s: send it as a new one (S12) first, then "
                "replay this message.",
                partition=request.number.partition("|")[2],
            ),
            code=ErrorCode.UNKNOWN_KEY,
            location=request.location,
        )
    for exam in exams:
        _end(session, exam, request, outcome, actor=actor, now=now)


def _exams(session: Session, request: AppointmentRequest) -> list[ScheduledProcedureStep]:
    """Return the exams of the appointment, else those of its order that have no other one."""
    known = session.scalars(
        select(ScheduledProcedureStep)
        .where(ScheduledProcedureStep.appointment_number == request.number)
        .order_by(ScheduledProcedureStep.id)
        .with_for_update()
    ).all()
    if known:
        return list(known)
    order = _order(session, request)
    if order is None:
        return []
    return [
        exam
        for exam in order.exams
        if exam.appointment_number is None and exam.status in UNPLACED | WITH_SLOT
    ][: max(1, len(request.slots))]


def _order(session: Session, request: AppointmentRequest) -> ImagingServiceRequest | None:
    if request.order is None:
        return None
    return orders.find_order(
        session,
        placer_issuer=request.order.placer_issuer,
        placer_order_number=request.order.placer,
        filler=request.order.filler,
    )


def _make(
    session: Session,
    request: AppointmentRequest,
    patient: Patient | None,
    *,
    actor: str,
    now: datetime,
) -> list[ScheduledProcedureStep]:
    """Make the order of an appointment that came without one."""
    if request.details is None or patient is None or _order(session, request) is not None:
        raise MessageError(
            _(
                "The appointment names no patient, or an order whose exams have other "
                "appointments or are over: correct SCH-26 or send the order first."
            ),
            code=ErrorCode.UNKNOWN_KEY,
            location=request.location,
        )
    try:
        order = ordering.make_order(session, patient, request.details, actor=actor, now=now)
    except UnknownProcedureError as error:
        raise unknown_procedure(error, request.procedure_location) from error
    return order.exams


def _end(
    session: Session,
    exam: ScheduledProcedureStep,
    request: AppointmentRequest,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Cancel or miss one exam's appointment.

    An exam that came with its appointment is cancelled with it; one that was ordered stays wanted
    and waits for another appointment.
    """
    reason = request.reason or "The appointment was cancelled where it was made."
    if exam.status in FINAL:
        outcome.remarks.append(
            _("The exam is %(status)s already: nothing changed.", status=exam.status)
        )
    elif exam.status not in UNPLACED | WITH_SLOT:
        raise MessageError(
            _(
                "The exam is %(status)s: its appointment cannot be cancelled any more.",
                status=exam.status,
            ),
            code=ErrorCode.INTERNAL,
            location=request.location,
        )
    elif request.action is AppointmentAction.NO_SHOW:
        if exam.status in WITH_SLOT:
            scheduling.mark_no_show(session, exam, actor=actor, now=now)
        else:
            outcome.remarks.append(_("The exam had no slot: nobody could miss it."))
    elif exam.order.placer_order_number is None:
        scheduling.cancel_exam(session, exam, actor=actor, now=now, reason=reason)
    else:
        exam.appointment_number = None
        scheduling.unschedule(session, exam, actor=actor, now=now, reason=reason)
