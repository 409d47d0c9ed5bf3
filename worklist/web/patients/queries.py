"""Everything that a patient's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased, contains_eager, joinedload, selectinload

from worklist.audit.models import AuditEvent
from worklist.errors import NotFoundError
from worklist.hl7.models import InboundMessage
from worklist.language.text import _
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients import facts
from worklist.patients.contrast import ContrastAdministration
from worklist.patients.models import ClinicalFact, Patient, PatientMerge
from worklist.performing import contrast

_MOST = 200


@dataclass(frozen=True, slots=True)
class MergeOf:
    """A merge and the record that went into this one."""

    merge: PatientMerge
    merged: Patient


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """A patient, what is known, what was done and what came in."""

    patient: Patient
    survivor: Patient | None
    facts: Sequence[ClinicalFact]
    past_facts: Sequence[ClinicalFact]
    exams: Sequence[ScheduledProcedureStep]
    contrast: Sequence[ContrastAdministration]
    messages: Sequence[InboundMessage]
    merges: Sequence[MergeOf]
    events: Sequence[AuditEvent]


def patient_page(session: Session, patient_id: int) -> PatientPage:
    """Return what the page shows, the newest of everything first.

    Raises:
        NotFoundError: there is no such patient.
    """
    patient = session.scalar(
        select(Patient).where(Patient.id == patient_id).options(selectinload(Patient.identifiers))
    )
    if patient is None:
        raise NotFoundError(_("There is no patient %(patient_id)s.", patient_id=patient_id))
    holding = facts.current(session, patient_id)
    return PatientPage(
        patient=patient,
        survivor=session.get(Patient, patient.merged_into_id) if patient.merged_into_id else None,
        facts=holding,
        past_facts=_past_facts(session, patient_id, [fact.id for fact in holding]),
        exams=_exams(session, patient_id),
        contrast=contrast.of_patient(session, patient_id),
        messages=session.scalars(
            select(InboundMessage)
            .where(InboundMessage.patient_id == patient_id)
            .order_by(InboundMessage.id.desc())
            .limit(_MOST)
        ).all(),
        merges=_merges(session, patient_id),
        events=session.scalars(
            select(AuditEvent)
            .where(AuditEvent.patient_id == patient_id, AuditEvent.exam_id.is_(None))
            .order_by(AuditEvent.id.desc())
            .limit(_MOST)
        ).all(),
    )


def _past_facts(
    session: Session, patient_id: int, holding: Sequence[int]
) -> Sequence[ClinicalFact]:
    return session.scalars(
        select(ClinicalFact)
        .where(ClinicalFact.patient_id == patient_id, ClinicalFact.id.not_in(holding))
        .order_by(ClinicalFact.observed_at.desc(), ClinicalFact.id.desc())
        .limit(_MOST)
    ).all()


def _exams(session: Session, patient_id: int) -> Sequence[ScheduledProcedureStep]:
    """Return the exams, latest first by when they took or take place, else by order."""
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    when = func.coalesce(exam.started_at, exam.starts_at, order.ordered_at)
    return (
        session.scalars(
            select(exam)
            .join(exam.requested_procedure)
            .join(RequestedProcedure.order)
            .where(exam.patient_id == patient_id)
            .options(
                contains_eager(exam.requested_procedure).contains_eager(RequestedProcedure.order),
                contains_eager(exam.requested_procedure).joinedload(RequestedProcedure.procedure),
                joinedload(exam.room),
            )
            .order_by(when.desc(), exam.id.desc())
            .limit(_MOST)
        )
        .unique()
        .all()
    )


def _merges(session: Session, patient_id: int) -> list[MergeOf]:
    other = aliased(Patient)
    rows = session.execute(
        select(PatientMerge, other)
        .join(other, other.id == PatientMerge.merged_id)
        .where(PatientMerge.survivor_id == patient_id)
        .order_by(PatientMerge.id.desc())
    )
    return [MergeOf(merge, merged) for merge, merged in rows]
