"""What a message does to patients and orders, inside the caller's transaction."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.hl7.content import Content, MergeRequest, OrderRequest
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.order_control import OrderAction
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.orders.models import ImagingServiceRequest
from worklist.orders.status import UNPLACED, StepStatus
from worklist.patients import service as patients
from worklist.patients.models import Patient
from worklist.scheduling import service as scheduling


@dataclass(slots=True)
class Outcome:
    """Whom and what a message concerned; ``remarks`` say what it asked for and was not done."""

    patient_id: int | None = None
    order_id: int | None = None
    remarks: list[str] = field(default_factory=list)


def apply(session: Session, content: Content, *, actor: str, now: datetime) -> Outcome:
    """Do everything that the message asks for.

    Raises:
        MessageError: 204, an order is not known; 205, a number is taken; 103, the procedure is
            not in the catalogue; 207, the order is too far along.
        DomainError: the patients or the order forbid it, for the reason given.
    """
    outcome = Outcome()
    for merge in content.merges:
        outcome.patient_id = _merge(session, merge, actor=actor, now=now).id
    patient: Patient | None = None
    if content.patient:
        patient = patients.register_or_update(session, content.patient, actor=actor, now=now)
        outcome.patient_id = patient.id
        scheduling.record_facts(session, patient.id, content.facts, actor=actor, now=now)
    for request in content.orders:
        order = _order(session, request, patient, outcome=outcome, actor=actor, now=now)
        outcome.order_id = outcome.order_id or order.id
        outcome.patient_id = outcome.patient_id or order.patient_id
    return outcome


def _merge(session: Session, merge: MergeRequest, *, actor: str, now: datetime) -> Patient:
    """Merge; identifiers that nobody has yet become the survivor's, for orders still to come."""
    merged = patients.find(session, merge.merged)
    survivor = patients.find(session, merge.survivor.identifiers)
    if merged is None or (survivor is not None and survivor.id == merged.id):
        known = {(one.issuer, one.value) for one in merge.survivor.identifiers}
        added = tuple(one for one in merge.merged if (one.issuer, one.value) not in known)
        details = replace(merge.survivor, identifiers=merge.survivor.identifiers + added)
        return patients.register_or_update(session, details, actor=actor, now=now)
    survivor = patients.register_or_update(session, merge.survivor, actor=actor, now=now)
    scheduling.merge_patients(
        session, survivor_id=survivor.id, merged_id=merged.id, actor=actor, now=now
    )
    return survivor


def _order(
    session: Session,
    request: OrderRequest,
    patient: Patient | None,
    *,
    outcome: Outcome,
    actor: str,
    now: datetime,
) -> ImagingServiceRequest:
    order = orders.find_order(
        session,
        placer_issuer=request.numbers.placer_issuer,
        placer_order_number=request.numbers.placer,
        filler=request.numbers.filler,
    )
    if order is not None:
        _check_patient(session, order, patient, request)
    if request.details is not None and patient is not None:
        return _place(
            session,
            request,
            request.details,
            order=order,
            patient=patient,
            outcome=outcome,
            actor=actor,
            now=now,
        )
    if order is None:
        raise _unknown(request)
    _change_course(session, request, order, outcome=outcome, actor=actor, now=now)
    return order


def _place(
    session: Session,
    request: OrderRequest,
    details: OrderDetails,
    *,
    order: ImagingServiceRequest | None,
    patient: Patient,
    outcome: Outcome,
    actor: str,
    now: datetime,
) -> ImagingServiceRequest:
    if order is None and request.action is OrderAction.CHANGE:
        raise _unknown(request)
    try:
        if order is None:
            return scheduling.accept_order(session, patient, details, actor=actor, now=now)
        _update(session, request, details, order, outcome=outcome, actor=actor, now=now)
    except orders.UnknownProcedureError as error:
        raise MessageError(
            str(error), code=ErrorCode.TABLE_VALUE_NOT_FOUND, location=request.procedure_location
        ) from error
    return order


def _update(
    session: Session,
    request: OrderRequest,
    details: OrderDetails,
    order: ImagingServiceRequest,
    *,
    outcome: Outcome,
    actor: str,
    now: datetime,
) -> None:
    """Bring a known order up to date unless it is cancelled or knows something newer."""
    exams = scheduling.exams_of(order)
    if exams and all(exam.status is StepStatus.CANCELED for exam in exams):
        raise MessageError(
            f"The order {request.numbers.placer or request.numbers.filler} was cancelled: "
            "place it again under a new number.",
            code=ErrorCode.DUPLICATE_KEY,
            location=request.location,
        )
    if _is_older(details, order):
        outcome.remarks.append("Older than what is known of the order: nothing changed.")
        audit.record(
            session,
            "order.update_ignored",
            actor=actor,
            now=now,
            patient_id=order.patient_id,
            order_id=order.id,
        )
        return
    kept = {
        name: getattr(order, name)
        for name in request.unvalued
        if hasattr(order, name) and name not in {"study_instance_uid", "description"}
    }
    scheduling.change_order(session, order, replace(details, **kept), actor=actor, now=now)


def _change_course(
    session: Session,
    request: OrderRequest,
    order: ImagingServiceRequest,
    *,
    outcome: Outcome,
    actor: str,
    now: datetime,
) -> None:
    reason = request.reason or f"Asked for by the ordering side ({request.action})."
    if request.action is OrderAction.CANCEL:
        scheduling.cancel_order(session, order, actor=actor, now=now, reason=reason)
    elif request.action is OrderAction.HOLD:
        for exam in scheduling.exams_of(order):
            scheduling.unschedule(session, exam, actor=actor, now=now, reason=reason)
    elif request.action is OrderAction.RELEASE:
        for exam in scheduling.exams_of(order):
            if exam.status in UNPLACED:
                scheduling.place_automatically(session, exam, actor=actor, now=now)
    else:
        outcome.remarks.append("A status of the ordering side: noted, nothing changed.")


def _check_patient(
    session: Session,
    order: ImagingServiceRequest,
    patient: Patient | None,
    request: OrderRequest,
) -> None:
    if patient is not None and patients.survivor(session, order.patient).id != patient.id:
        raise MessageError(
            f"The order {request.numbers.placer or request.numbers.filler} belongs to another "
            "patient: merge the two patients first, or correct PID-3 or ORC-2.",
            code=ErrorCode.UNKNOWN_KEY,
            location=request.location,
        )


def _is_older(details: OrderDetails, order: ImagingServiceRequest) -> bool:
    return (
        details.message_time is not None
        and order.message_time is not None
        and details.message_time < order.message_time
    )


def _unknown(request: OrderRequest) -> MessageError:
    numbers = request.numbers
    named = f"{numbers.placer} of {numbers.placer_issuer}" if numbers.placer else numbers.filler
    return MessageError(
        f"There is no order {named}: send it as a new order (NW) first, then replay this message.",
        code=ErrorCode.UNKNOWN_KEY,
        location=request.location,
    )
