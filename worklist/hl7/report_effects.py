"""What a report from a dictation system does: kept, and the reading task moved on."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.errors import DomainError
from worklist.hl7.content import ReportRequest, ReportStatus
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.order_effects import check_patient
from worklist.hl7.outcome import Outcome
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ImagingServiceRequest, RequestedProcedure
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.reading import reports
from worklist.reading.models import ReportKind


def apply(
    session: Session,
    request: ReportRequest,
    patient: Patient | None,
    outcome: Outcome,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Keep the report of an order of ours.

    What names no order of ours is another department's and is let be, with a remark. A final text
    for an exam that has one is an addendum, so that nothing signed is overwritten.

    Raises:
        MessageError: 204, the order is another patient's; 207, the exam was not performed, or
            there is no text.
    """
    order = _order(session, request)
    if order is None:
        outcome.remarks.append(
            _("No order %(order)s here: the result is not of this place.", order=request.order)
        )
        return
    check_patient(session, order, patient, str(request.order), request.location)
    outcome.about(patient_id=order.patient_id, order_id=order.id)
    if request.status is ReportStatus.DELETED:
        outcome.remarks.append(
            _(
                "The report was taken back where it was written: texts kept here are never "
                "deleted, the reader is to write an addendum."
            )
        )
        return
    if not any(exam.status is StepStatus.COMPLETED for exam in order.exams):
        raise MessageError(
            _(
                "The exam of the order %(order)s was not performed yet: complete it first, then "
                "replay this message.",
                order=request.order,
            ),
            code=ErrorCode.INTERNAL,
            location=request.location,
        )
    requested = order.requested_procedures[0]
    kind = _kind(session, requested.id, request, outcome)
    if kind is not None:
        _keep(session, requested, kind, request, actor=actor, now=now)


def _keep(
    session: Session,
    requested: RequestedProcedure,
    kind: ReportKind,
    request: ReportRequest,
    *,
    actor: str,
    now: datetime,
) -> None:
    text, reader = request.text, request.reader
    try:
        reports.take_in(session, requested, kind, text, reader=reader, actor=actor, now=now)
    except DomainError as error:
        raise MessageError(
            error.text, code=ErrorCode.INTERNAL, location=request.location
        ) from error


def _kind(
    session: Session, requested_procedure_id: int, request: ReportRequest, outcome: Outcome
) -> ReportKind | None:
    """Return what the text is; None where it is here already or comes too late."""
    known = reports.reports_of(session, requested_procedure_id)
    preliminary = request.status is ReportStatus.PRELIMINARY
    has_final = any(one.kind is ReportKind.FINAL for one in known)
    if any(one.content == request.text and (preliminary or has_final) for one in known):
        outcome.remarks.append(_("This text is here already: nothing changed."))
        return None
    if preliminary and has_final:
        outcome.remarks.append(
            _("The exam has its final report: the preliminary one came too late.")
        )
        return None
    if has_final:
        return ReportKind.ADDENDUM
    return ReportKind.PRELIMINARY if preliminary else ReportKind.FINAL


def _order(session: Session, request: ReportRequest) -> ImagingServiceRequest | None:
    numbers = request.order
    order = orders.find_order(
        session,
        placer_issuer=numbers.placer_issuer,
        placer_order_number=numbers.placer,
        filler=numbers.filler,
    )
    if order is None and numbers.accession:
        order = session.scalar(
            select(ImagingServiceRequest)
            .where(ImagingServiceRequest.accession_number == numbers.accession)
            .with_for_update()
        )
    return order
