"""What an order message does to the course of an order: cancelled, held, released, completed."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from worklist.hl7.content import OrderRequest
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.order_control import OrderAction
from worklist.hl7.outcome import Outcome
from worklist.language.text import _
from worklist.orders import placer_number
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import FINAL, UNPLACED, WITH_SLOT, StepStatus
from worklist.performing import service as performing
from worklist.scheduling import service as scheduling


def change(
    session: Session,
    request: OrderRequest,
    order: ImagingServiceRequest,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Do what a request without new details asks for.

    Raises:
        MessageError: 101, NA without a number; 207, an exam to be cancelled has started.
    """
    reason = request.reason or f"Asked for by the ordering side ({request.action})."
    exams = _exams_named(request, order)
    match request.action:
        case OrderAction.CANCEL:
            _cancel(session, request, exams, reason=reason, actor=actor, now=now)
        case OrderAction.HOLD:
            _hold(session, exams, outcome, reason=reason, actor=actor, now=now)
        case OrderAction.RELEASE:
            for exam in exams:
                if exam.status in UNPLACED:
                    scheduling.place_automatically(session, exam, actor=actor, now=now)
        case OrderAction.NUMBER:
            _take_number(session, request, order, actor=actor, now=now)
        case OrderAction.COMPLETE:
            _complete(session, exams, outcome, actor=actor, now=now)
        case _:
            outcome.remarks.append(_("A status of the ordering side: noted, nothing changed."))


def _take_number(
    session: Session,
    request: OrderRequest,
    order: ImagingServiceRequest,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Take the placer's number of an order made here, where it comes by a message of its own."""
    numbers = request.numbers
    if numbers.placer is None:
        raise MessageError(
            _("ORC-2 (placer order number) is missing: NA is to give the order one."),
            code=ErrorCode.REQUIRED_FIELD_MISSING,
            location=request.location,
        )
    placer_number.assign(
        session,
        order.id,
        number=numbers.placer,
        issuer=numbers.placer_issuer,
        actor=actor,
        now=now,
    )


def _hold(
    session: Session,
    exams: Sequence[ScheduledProcedureStep],
    outcome: Outcome,
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    for exam in exams:
        if exam.status in UNPLACED | WITH_SLOT:
            scheduling.unschedule(session, exam, actor=actor, now=now, reason=reason)
        elif exam.status not in FINAL:
            outcome.remarks.append(
                _("The exam is %(status)s: it cannot be held any more.", status=exam.status)
            )


def _complete(
    session: Session,
    exams: Sequence[ScheduledProcedureStep],
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> None:
    for exam in exams:
        if exam.status in UNPLACED:
            outcome.remarks.append(_("The exam has no slot: it was not completed here."))
        elif exam.status not in FINAL:
            performing.complete(session, exam, actor=actor, now=now)


def _cancel(
    session: Session,
    request: OrderRequest,
    exams: Sequence[ScheduledProcedureStep],
    *,
    reason: str,
    actor: str,
    now: datetime,
) -> None:
    """Cancel all of the exams or none."""
    begun = [
        exam
        for exam in exams
        if exam.status not in UNPLACED | WITH_SLOT | {StepStatus.CANCELED, StepStatus.NO_SHOW}
    ]
    if begun:
        raise MessageError(
            _(
                "The order %(numbers)s cannot be cancelled: its exam is %(status)s. Only the room "
                "can end an exam that has started.",
                numbers=request.numbers,
                status=begun[0].status,
            ),
            code=ErrorCode.INTERNAL,
            location=request.location,
        )
    for exam in exams:
        if exam.status in UNPLACED | WITH_SLOT:
            scheduling.cancel_exam(session, exam, actor=actor, now=now, reason=reason)


def _exams_named(
    request: OrderRequest, order: ImagingServiceRequest
) -> list[ScheduledProcedureStep]:
    """Return the steps that the request names by their ids, else all of the order's."""
    exams = order.exams
    named = [exam for exam in exams if exam.placer_step_id in request.step_ids]
    return named or exams
