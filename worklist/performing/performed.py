"""Every write of performed procedure steps: what scanners begin, change and end."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import FINAL, UNDER_WAY
from worklist.performing import contrast, doses, linking, progress
from worklist.performing.models import PerformedProcedureStep, PerformedStatus
from worklist.performing.reports import PerformedChange, PerformedReport


class DuplicateStepError(ConflictError):
    """A performed step with this SOP Instance UID exists."""


class UnknownStepError(NotFoundError):
    """There is no performed step with this SOP Instance UID."""


class FinishedStepError(DomainError):
    """The performed step is COMPLETED or DISCONTINUED and may no longer be updated."""


def create(
    session: Session, report: PerformedReport, *, actor: str, now: datetime
) -> PerformedProcedureStep:
    """Store a performed step that begins, link it to its exams and start these.

    One that belongs to no exam of ours is stored without a link. What a scanner does is done,
    also while a rule's question is open; the trail then says so.

    Raises:
        DuplicateStepError: the SOP Instance UID is known.
    """
    exams = linking.find_exams(session, report)
    patient = linking.find_patient(session, report, exams)
    step = PerformedProcedureStep(
        sop_instance_uid=report.sop_instance_uid,
        status=PerformedStatus.IN_PROGRESS,
        performed_procedure_step_id=report.performed_procedure_step_id,
        performed_station_ae_title=report.station_ae_title,
        modality=report.modality,
        study_instance_uid=report.links[0].study_instance_uid if report.links else "",
        patient_id=patient.id if patient else None,
        started_at=report.started_at,
        attributes=report.attributes,
        received_at=now,
        waits=not exams,
        accession_numbers=sorted({one.accession_number for one in report.links} - {""}),
    )
    _insert(session, step)
    step.exams = exams
    session.flush()
    doses.keep(session, step.id, report.dose)
    doses.settle(session, exams)
    contrast.keep(session, step, report.contrast, actor=actor, now=now)
    _record(session, step, actor=actor, now=now, report=report)
    for exam in exams:
        _warn_of_questions(session, exam, actor=actor, now=now)
        progress.follow(session, exam, actor=actor, now=now)
    return step


def get_for_update(session: Session, sop_instance_uid: str) -> PerformedProcedureStep:
    """Return a performed step in progress, locked.

    Raises:
        UnknownStepError: there is none with this UID.
        FinishedStepError: it is finished.
    """
    step = session.scalar(
        select(PerformedProcedureStep)
        .where(PerformedProcedureStep.sop_instance_uid == sop_instance_uid)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if step is None:
        raise UnknownStepError(_("There is no performed procedure step with this UID."))
    if step.status is not PerformedStatus.IN_PROGRESS:
        raise FinishedStepError(
            _("The performed procedure step is %(status)s already.", status=step.status)
        )
    return step


def update(
    session: Session,
    step: PerformedProcedureStep,
    change: PerformedChange,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Apply a later report to a step from `get_for_update`, and to its exams."""
    step.status = change.status
    step.ended_at = change.ended_at
    step.discontinuation_reason = change.discontinuation_reason
    step.attributes = change.attributes
    session.flush()
    doses.keep(session, step.id, change.dose)
    contrast.keep(session, step, change.contrast, actor=actor, now=now)
    if change.status is PerformedStatus.IN_PROGRESS:
        return
    _record(session, step, actor=actor, now=now)
    for exam in sorted(step.exams, key=lambda exam: exam.id):
        session.refresh(exam, with_for_update=True)
        doses.settle(session, [exam])
        reason = change.discontinuation_reason
        progress.follow(session, exam, actor=actor, now=now, reason=reason)


def _warn_of_questions(
    session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime
) -> None:
    """Write to the trail which questions are open while the scanner begins the exam."""
    if exam.status in UNDER_WAY | FINAL or not exam.open_holds:
        return
    audit.record(
        session,
        "exam.begun_with_questions",
        actor=actor,
        now=now,
        patient_id=exam.patient_id,
        exam_id=exam.id,
        questions=[hold.question for hold in exam.open_holds],
        rules=[hold.rule for hold in exam.open_holds],
    )


def _insert(session: Session, step: PerformedProcedureStep) -> None:
    try:
        with session.begin_nested():
            session.add(step)
    except IntegrityError as error:
        raise DuplicateStepError(
            _("A performed procedure step with this UID exists already.")
        ) from error


def _record(
    session: Session,
    step: PerformedProcedureStep,
    *,
    actor: str,
    now: datetime,
    report: PerformedReport | None = None,
) -> None:
    """Write the report to the trail of each exam, or to the patient's where it has none."""
    action = "performed.reported" if not step.exams else "exam.reported"
    for exam in step.exams or (None,):
        other = report is not None and exam is not None and not linking.is_of_patient(exam, report)
        audit.record(
            session,
            action,
            actor=actor,
            now=now,
            patient_id=step.patient_id,
            exam_id=exam.id if exam else None,
            performed_id=step.id,
            status=step.status,
            station=step.performed_station_ae_title,
            **({"other_patient_number": True} if other else {}),
        )
    session.flush()
