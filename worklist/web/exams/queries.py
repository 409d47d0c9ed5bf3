"""Everything that an exam's page shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from worklist.audit.models import AuditEvent
from worklist.errors import NotFoundError
from worklist.hl7.models import InboundMessage
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.patients import facts
from worklist.patients.contrast import ContrastAdministration
from worklist.patients.models import ClinicalFact, Patient
from worklist.performing import contrast, hand_doses, pauses
from worklist.performing.hand_doses import HandDose
from worklist.performing.models import PerformedFor, PerformedProcedureStep
from worklist.performing.pauses import ExamPause
from worklist.reading.models import ReadingTask
from worklist.scheduling.models import Placement
from worklist.scheduling.queries import expected_starts, newest_placement

_MOST_EVENTS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamPage:
    """An exam with its patient's facts, its newest placement and its story."""

    exam: ScheduledProcedureStep
    facts: Sequence[ClinicalFact]
    placement: Placement | None
    events: Sequence[AuditEvent]
    messages: Sequence[InboundMessage]
    performed: Sequence[PerformedProcedureStep]
    contrast: Sequence[ContrastAdministration]
    reading: ReadingTask | None
    expected_at: datetime | None
    pause: ExamPause | None
    hand_dose: HandDose | None


def exam_page(session: Session, exam_id: int) -> ExamPage:
    """Return what the page of an exam shows.

    Raises:
        NotFoundError: there is no such exam.
    """
    exam = find_exam(session, exam_id)
    return ExamPage(
        exam=exam,
        facts=facts.current(session, exam.patient_id),
        placement=newest_placement(session, exam_id),
        events=events_of(session, exam),
        messages=session.scalars(
            select(InboundMessage)
            .where(InboundMessage.order_id == exam.order.id)
            .order_by(InboundMessage.id)
        ).all(),
        performed=performed_for(session, exam_id),
        contrast=contrast.of_exam(session, exam_id),
        pause=pauses.of_exams(session, [exam_id]).get(exam_id),
        hand_dose=hand_doses.of_exam(session, exam_id),
        expected_at=expected_starts(session, [exam_id]).get(exam_id),
        reading=session.scalar(
            select(ReadingTask)
            .where(ReadingTask.requested_procedure_id == exam.requested_procedure_id)
            .options(joinedload(ReadingTask.claimed_by))
        ),
    )


def find_exam(session: Session, exam_id: int) -> ScheduledProcedureStep:
    """Return an exam with what is told of it, to read and not to change.

    Raises:
        NotFoundError: there is no such exam.
    """
    step = ScheduledProcedureStep
    exam = session.scalar(
        select(step)
        .where(step.id == exam_id)
        .options(
            joinedload(step.requested_procedure).joinedload(RequestedProcedure.order),
            joinedload(step.requested_procedure).joinedload(RequestedProcedure.procedure),
            joinedload(step.requested_procedure).selectinload(RequestedProcedure.steps),
            joinedload(step.patient).selectinload(Patient.identifiers),
            joinedload(step.room),
            joinedload(step.station),
            selectinload(step.holds),
        )
    )
    if exam is None:
        raise NotFoundError(_("There is no exam %(exam_id)s.", exam_id=exam_id))
    return exam


def performed_for(session: Session, exam_id: int) -> Sequence[PerformedProcedureStep]:
    """Return what scanners did for an exam, in the order of time."""
    return session.scalars(
        select(PerformedProcedureStep)
        .join(PerformedFor)
        .where(PerformedFor.exam_id == exam_id)
        .order_by(PerformedProcedureStep.started_at)
        .options(joinedload(PerformedProcedureStep.dose))
    ).all()


def events_of(session: Session, exam: ScheduledProcedureStep) -> Sequence[AuditEvent]:
    """Return what happened to the exam and to its order, newest first.

    A change of the order is told once: ``exam.changed`` repeats it for other systems.
    """
    own_order = (AuditEvent.order_id == exam.order.id) & AuditEvent.exam_id.is_(None)
    return session.scalars(
        select(AuditEvent)
        .where(or_(AuditEvent.exam_id == exam.id, own_order), AuditEvent.action != "exam.changed")
        .order_by(AuditEvent.id.desc())
        .limit(_MOST_EVENTS)
    ).all()
