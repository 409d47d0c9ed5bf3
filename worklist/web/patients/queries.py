"""Everything that a patient's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, aliased, contains_eager, defer, joinedload, selectinload

from worklist.audit.models import AuditEvent
from worklist.catalogue.procedures import Procedure
from worklist.errors import NotFoundError
from worklist.hl7.models import InboundMessage
from worklist.language.text import _
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients import facts
from worklist.patients.contrast import ContrastAdministration
from worklist.patients.models import ClinicalFact, Patient, PatientMerge
from worklist.performing import contrast
from worklist.vocabulary import Priority
from worklist.web.paging import Column, Key, Page, Sorting, paginate, sorted_page

Row = TypeVar("Row")

# When an exam took or takes place, else when it was ordered.
_WHEN = func.coalesce(
    ScheduledProcedureStep.started_at,
    ScheduledProcedureStep.starts_at,
    ImagingServiceRequest.ordered_at,
)
_EXAMS: dict[str, Key | tuple[Key, ...]] = {
    "when": _WHEN,
    "exam": RequestedProcedure.description,
    "status": (ScheduledProcedureStep.status, _WHEN),
    "priority": case({one: one.rank for one in Priority}, value=ImagingServiceRequest.priority),
}


@dataclass(frozen=True, slots=True)
class MergeOf:
    """A merge and the record that went into this one."""

    merge: PatientMerge
    merged: Patient


@dataclass(frozen=True, slots=True)
class EffectiveDose:
    """Effective dose in mSv of what was done: in all, and how much of it was measured."""

    total: float
    measured: float


# How the exams are sorted, as the address says it: else the latest first.
exams_by = partial(Sorting.of, columns=_EXAMS, unique=ScheduledProcedureStep.id, usual="-when")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where the pages of each list of the patient begin; each but the exams is newest first."""

    exams: str = ""
    messages: str = ""
    events: str = ""
    past_facts: str = ""
    exams_by: Sorting = field(default_factory=lambda: exams_by(""))
    rows: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientPage:
    """A patient, what is known, what was done and what came in."""

    patient: Patient
    survivor: Patient | None
    facts: Sequence[ClinicalFact]
    past_facts: Page[ClinicalFact]
    exams: Page[ScheduledProcedureStep]
    exam_count: int
    contrast: Sequence[ContrastAdministration]
    messages: Page[InboundMessage]
    merges: Sequence[MergeOf]
    events: Page[AuditEvent]


def patient_page(session: Session, patient_id: int, wanted: Wanted) -> PatientPage:
    """Return what the page shows.

    Raises:
        NotFoundError: there is no such patient.
        DomainError: one of the lists has no such page.
    """
    patient = session.scalar(
        select(Patient).where(Patient.id == patient_id).options(selectinload(Patient.identifiers))
    )
    if patient is None:
        raise NotFoundError(_("There is no patient %(patient_id)s.", patient_id=patient_id))
    holding = facts.current(session, patient_id)
    count = select(func.count()).where(ScheduledProcedureStep.patient_id == patient_id)

    def newest(statement: Select[Row], *keys: Column, after: str) -> Page[Row]:
        return paginate(session, statement, keys, after=after, descending=True, rows=wanted.rows)

    return PatientPage(
        patient=patient,
        survivor=session.get(Patient, patient.merged_into_id) if patient.merged_into_id else None,
        facts=holding,
        past_facts=newest(
            _facts_but(patient_id, holding),
            ClinicalFact.observed_at,
            ClinicalFact.id,
            after=wanted.past_facts,
        ),
        exams=sorted_page(
            session,
            exams(patient_id),
            wanted.exams_by,
            after=wanted.exams,
            rows=wanted.rows,
        ),
        exam_count=session.scalar(count) or 0,
        contrast=contrast.of_patient(session, patient_id),
        messages=newest(_messages(patient_id), InboundMessage.id, after=wanted.messages),
        merges=_merges(session, patient_id),
        events=newest(_events(patient_id), AuditEvent.id, after=wanted.events),
    )


def _facts_but(patient_id: int, holding: Sequence[ClinicalFact]) -> Select[ClinicalFact]:
    return select(ClinicalFact).where(
        ClinicalFact.patient_id == patient_id,
        ClinicalFact.id.not_in([fact.id for fact in holding]),
    )


def _messages(patient_id: int) -> Select[InboundMessage]:
    message = InboundMessage
    return (
        select(message)
        .where(message.patient_id == patient_id)
        .options(defer(message.raw), defer(message.acknowledgement))
    )


def _events(patient_id: int) -> Select[AuditEvent]:
    """Select what happened to the patient but not to an exam: that is told on the exam's page."""
    return select(AuditEvent).where(
        AuditEvent.patient_id == patient_id, AuditEvent.exam_id.is_(None)
    )


def effective_dose(session: Session, patient_id: int, *, since: datetime) -> EffectiveDose:
    """Return the dose of what was done since then: measured where it was, else the catalogue's."""
    exam = ScheduledProcedureStep
    total, measured = session.execute(
        select(
            func.sum(func.coalesce(exam.measured_dose_msv, Procedure.dose_msv)),
            func.sum(exam.measured_dose_msv),
        )
        .join(exam.requested_procedure)
        .join(RequestedProcedure.procedure)
        .where(
            exam.patient_id == patient_id,
            exam.status == StepStatus.COMPLETED,
            Procedure.ionising,
            func.coalesce(exam.started_at, exam.starts_at) > since,
        )
    ).one()
    return EffectiveDose(total or 0.0, measured or 0.0)


def exams(patient_id: int) -> Select[ScheduledProcedureStep]:
    """Select what was ever ordered for the patient."""
    exam = ScheduledProcedureStep
    requested = contains_eager(exam.requested_procedure)
    return (
        select(exam)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(exam.patient_id == patient_id)
        .options(
            requested.contains_eager(RequestedProcedure.order),
            requested.joinedload(RequestedProcedure.procedure),
            joinedload(exam.room),
        )
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
