"""Every write to orders and exams that concerns neither a slot nor a question.

Slots belong to ``scheduling.service``, whose functions wrap these; pages and messages call those.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session, joinedload

from worklist import identifiers, nudge
from worklist.audit import service as audit
from worklist.errors import ConflictError, NotFoundError
from worklist.language.text import _
from worklist.orders import status, steps, trail
from worklist.orders.changes import record_change
from worklist.orders.details import OrderDetails, StepDetails
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.slots import slot_detail
from worklist.orders.status import UNPLACED, StepStatus
from worklist.orders.steps import OrderStateError
from worklist.patients.models import Patient

# What of an order's details becomes the order's, when it is made and with every change.
COPIED_FIELDS = (
    "placer_group_number",
    "priority",
    "patient_class",
    "ordering_physician",
    "referring_physician",
    "reason",
    "clinical_information",
    "danger_code",
    "transport",
    "current_location",
    "admission_id",
    "wanted_at",
)

# Statements of every placement are made once: making one costs as much as sending it. Where plain
# values are read, they are of the tables, not the classes: those would cost half as much again.
_steps = cast("Table", ScheduledProcedureStep.__table__)
_requested = cast("Table", RequestedProcedure.__table__)
_EXAM_LOCKED = select(_steps.c.id).where(_steps.c.id == bindparam("exam_id")).with_for_update()
# Read after that: what is joined in the statement that locks is as it was before it waited.
_EXAM = (
    select(ScheduledProcedureStep)
    .where(ScheduledProcedureStep.id == bindparam("exam_id"))
    .options(
        joinedload(ScheduledProcedureStep.patient, innerjoin=True),
        joinedload(ScheduledProcedureStep.holds),
        joinedload(ScheduledProcedureStep.requested_procedure, innerjoin=True).options(
            joinedload(RequestedProcedure.order, innerjoin=True),
            joinedload(RequestedProcedure.procedure, innerjoin=True),
        ),
    )
    .execution_options(populate_existing=True)
)
_STATUSES_OF_OTHERS = (
    select(_steps.c.status)
    .join(_requested)
    .where(_requested.c.order_id == bindparam("order_id"), _steps.c.id != bindparam("exam_id"))
)


def find_order(
    session: Session, *, placer_issuer: str, placer_order_number: str | None, filler: str | None
) -> ImagingServiceRequest | None:
    """Return the order by its placer's number, else by our own filler number, locked."""
    statement = select(ImagingServiceRequest).with_for_update()
    if placer_order_number:
        order = session.scalar(
            statement.where(
                ImagingServiceRequest.placer_issuer == placer_issuer,
                ImagingServiceRequest.placer_order_number == placer_order_number,
            )
        )
        if order is not None:
            return order
    if filler:
        return session.scalar(statement.where(ImagingServiceRequest.filler_order_number == filler))
    return None


def create_order(
    session: Session, patient: Patient, details: OrderDetails, *, actor: str, now: datetime
) -> ImagingServiceRequest:
    """Make the order with its requested procedures and exams, which have no slot yet.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        NumberTakenError: the accession number, filler number or study is another order's already.
    """
    _check_unused(session, details)
    identifiers.reserve_for_order(session)
    order = ImagingServiceRequest(
        patient_id=patient.id,
        placer_order_number=details.placer_order_number,
        placer_issuer=details.placer_issuer,
        filler_order_number=details.filler_order_number
        or identifiers.new_filler_order_number(session),
        accession_number=details.accession_number or identifiers.new_accession_number(session),
        ordered_at=details.ordered_at,
        message_time=details.message_time,
        created_at=now,
        **{name: getattr(details, name) for name in COPIED_FIELDS},
    )
    made = steps.add_procedures(session, order, details, details.steps or [StepDetails()], now=now)
    session.add(order)
    session.flush()
    audit.record(
        session,
        "order.received",
        actor=actor,
        now=now,
        patient_id=patient.id,
        order_id=order.id,
        exam_id=made[0].id,
        procedure=made[0].procedure.code,
        priority=details.priority,
    )
    for exam in made:
        nudge.live(session, "exam", exam.id)
    return order


def update_order(
    session: Session,
    order: ImagingServiceRequest,
    details: OrderDetails,
    *,
    actor: str,
    now: datetime,
) -> list[str]:
    """Bring the order up to date and return the names of what changed.

    The procedure changes only while the exam has not started.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        OrderStateError: the procedure is to change although the exam has started.
    """
    changed = [name for name in COPIED_FIELDS if getattr(order, name) != getattr(details, name)]
    for name in changed:
        setattr(order, name, getattr(details, name))
    whole = bool(changed)
    replaced = list(order.requested_procedures[0].steps)
    if details.steps:
        replaced = steps.synchronise(session, order, details, now=now).changed
        if replaced:
            changed.append("procedure")
    elif order.requested_procedures[0].procedure.code != details.procedure_code:
        steps.change_procedure(session, order.requested_procedures[0], details.procedure_code)
        changed.append("procedure")
    if details.message_time is not None:
        order.message_time = details.message_time
    if changed:
        only = None if whole else replaced
        record_change(session, order, changed, actor=actor, now=now, only=only)
    session.flush()
    return changed


def set_status(
    session: Session,
    exam: ScheduledProcedureStep,
    wanted: StepStatus,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Move the exam to a status and write it to the trail as ``exam.<status>``.

    The trail keeps the slot that the exam has then, and the order's status where that changes.

    Raises:
        OrderStateError: the exam cannot go there from where it is.
    """
    if exam.status == wanted:
        exam.status_reason = reason
        return
    try:
        status.check_transition(exam.status, wanted)
    except status.IllegalTransitionError as error:
        raise OrderStateError(str(error)) from error
    with session.no_autoflush:  # one update of the exam, not one for each thing looked up
        others = _statuses_of_others(session, exam)
    order_was = status.order_status([exam.status, *others])
    previous, exam.status = exam.status, wanted
    order_is = status.order_status([exam.status, *others])
    exam.status_reason = reason
    exam.status_changed_at = now
    session.flush()
    trail.record(
        session,
        exam,
        f"exam.{wanted.lower()}",
        actor=actor,
        now=now,
        previous=previous,
        reason=reason,
        **slot_detail(exam),
        **({"order_status": order_is} if order_is is not order_was else {}),
    )


def get_exam(
    session: Session, exam_id: int, *, version: int | None = None
) -> ScheduledProcedureStep:
    """Return the exam, locked for a change, with its order, patient and questions as they are then.

    Raises:
        NotFoundError: there is no such exam.
        ConflictError: it has changed since the page that sends ``version`` was made.
    """
    values = {"exam_id": exam_id}
    session.execute(_EXAM_LOCKED, values)
    exam = session.scalars(_EXAM, values).unique().one_or_none()
    if exam is None:
        raise NotFoundError(_("There is no exam %(exam_id)s.", exam_id=exam_id))
    if version is not None and exam.version != version:
        raise ConflictError(
            _(
                "This exam was changed meanwhile: it is %(status)s now. Look again and repeat.",
                status=exam.status,
            )
        )
    return exam


def look_again(session: Session) -> None:
    """Have every exam without a slot placed anew: what it is judged or placed by has changed."""
    session.execute(
        update(ScheduledProcedureStep)
        .where(
            ScheduledProcedureStep.status.in_(UNPLACED),
            ScheduledProcedureStep.automatic_placement,
        )
        .values(placement_tried_at=None)
    )


def _statuses_of_others(
    session: Session, exam: ScheduledProcedureStep
) -> Sequence[status.StepStatus]:
    """Return the statuses of the other exams of the order."""
    values = {"order_id": exam.requested_procedure.order_id, "exam_id": exam.id}
    return session.scalars(_STATUSES_OF_OTHERS, values).all()


def _check_unused(session: Session, details: OrderDetails) -> None:
    accession, filler = details.accession_number, details.filler_order_number
    if accession:
        column = ImagingServiceRequest.accession_number
        steps.check_unused(session, _("accession number"), column, accession)
    if filler:
        column = ImagingServiceRequest.filler_order_number
        steps.check_unused(session, _("filler order number"), column, filler)
