"""Performed procedure steps for programs: what scanners did, and steps that name no exam."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.orders import service as orders
from worklist.patients import service as patients
from worklist.performing import unscheduled
from worklist.performing.models import PerformedProcedureStep, PerformedStatus
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import (
    After,
    Input,
    ListQuery,
    Output,
    Page,
    ReasonBody,
    RowId,
    SortedBy,
)
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.people import PatientSummary
from worklist.web.exams.queries import find_exam, performed_for
from worklist.web.performed import queries

api = Operations("Performed steps", "What scanners report, and steps that name no exam of ours.")


class Dose(Output):
    """Radiation as the scanner reports it: mGy, mGy·cm, dGy·cm², s."""

    ctdi_vol_mgy: float | None
    dlp_mgy_cm: float | None
    dap_dgy_cm2: float | None
    fluoroscopy_seconds: float | None
    exposures: int | None


class PerformedStep(Output):
    """A performed procedure step (DICOM PS3.3 C.4.14)."""

    id: int
    sop_instance_uid: str
    status: PerformedStatus
    performed_station_ae_title: str
    modality: str
    study_instance_uid: str
    accession_numbers: list[str]
    patient: PatientSummary | None
    started_at: datetime
    ended_at: datetime | None
    discontinuation_reason: str
    rejected_at: datetime | None
    rejection_reason: str
    dose: Dose | None

    @classmethod
    def of(cls, step: PerformedProcedureStep) -> Self:
        """Describe a step."""
        return cls.made_of(
            step,
            patient=PatientSummary.of(step.patient) if step.patient else None,
            dose=Dose.model_validate(step.dose) if step.dose else None,
        )


class PerformedSteps(Output):
    """Performed steps."""

    items: list[PerformedStep]


class WaitingQuery(ListQuery):
    """Which steps; the oldest come first.

    ``sort`` is began or station, with ``-`` backwards.
    """

    modality: Annotated[str, StringConstraints(max_length=16)] = ""
    sort: SortedBy = ""
    after: After = ""


class Suggested(Output):
    """An exam that a step may belong to, and why; the best has the highest score."""

    exam: ExamSummary
    score: int
    reasons: list[str]


class Suggestions(Output):
    """The exams, the best first."""

    items: list[Suggested]


class LinkTo(Input):
    """The exam that the step was done for."""

    exam_id: RowId


class OrderFor(Input):
    """Whom and what was done."""

    patient_id: RowId
    procedure_code: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=32)
    ]


@api.get("/exams/<int:exam_id>/performed", Permission.SEE_SCHEDULE)
def list_performed(session: Session, exam_id: int) -> PerformedSteps:
    """List what scanners did for an exam."""
    found = performed_for(session, find_exam(session, exam_id).id)
    return PerformedSteps(items=[PerformedStep.of(one) for one in found])


@api.get("/performed/unscheduled", Permission.PERFORM, twins="performed.overview")
def list_unscheduled(session: Session, query: WaitingQuery) -> Page[PerformedStep]:
    """List the performed steps that wait to be linked to an exam."""
    found = queries.steps(
        session,
        queries.sorting(query.sort),
        modality=query.modality,
        after=query.after,
        rows=query.limit,
    )
    items = [PerformedStep.of(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


@api.get("/performed/<int:performed_id>/suggestions", Permission.PERFORM)
def suggest_exams(session: Session, performed_id: int) -> Suggestions:
    """Return exams that a step may belong to."""
    found = unscheduled.suggestions(session, unscheduled.get(session, performed_id))
    return Suggestions(
        items=[
            Suggested(exam=ExamSummary.of(one.exam), score=one.score, reasons=list(one.reasons))
            for one in found
        ]
    )


@api.post("/performed/<int:performed_id>/link", Permission.PERFORM, twins="performed.link")
def link_performed(session: Session, performed_id: int, body: LinkTo) -> PerformedStep:
    """Give a performed step to the exam that it was done for."""
    step = unscheduled.get(session, performed_id)
    exam = orders.get_exam(session, body.exam_id)
    unscheduled.link(session, step, exam, actor=context.actor(), now=context.now())
    return PerformedStep.of(step)


@api.post("/performed/<int:performed_id>/order", Permission.PERFORM, twins="performed.order")
def order_performed(session: Session, performed_id: int, body: OrderFor) -> PerformedStep:
    """Make the order that was missing for what was done, and give the step to its exam."""
    step = unscheduled.get(session, performed_id)
    patient = patients.get(session, body.patient_id)
    unscheduled.order(
        session,
        step,
        patient,
        body.procedure_code,
        actor=context.actor(),
        now=context.now(),
    )
    return PerformedStep.of(step)


@api.post("/performed/<int:performed_id>/reject", Permission.PERFORM, twins="performed.reject")
def reject_performed(session: Session, performed_id: int, body: ReasonBody) -> PerformedStep:
    """Say that a performed step belongs to no exam, and why."""
    step = unscheduled.get(session, performed_id)
    unscheduled.reject(session, step, reason=body.reason, actor=context.actor(), now=context.now())
    return PerformedStep.of(step)
