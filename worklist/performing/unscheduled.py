"""Performed steps that belong to no exam: link them, order what was done, or reject them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, extract, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from worklist.audit import service as audit
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders import trail
from worklist.orders.details import OrderDetails
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.performing import contrast, doses, progress
from worklist.performing.models import PerformedProcedureStep
from worklist.vocabulary import PatientClass, Priority

_NEAR = timedelta(hours=24)
_MOST_SUGGESTIONS = 5
_SAME_NUMBER, _SAME_PATIENT, _SAME_MODALITY, _SAME_STATION, _NEAR_IN_TIME = 100, 40, 10, 10, 10


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An exam that a performed step may belong to, and why; the best has the highest score."""

    exam: ScheduledProcedureStep
    score: int
    reasons: tuple[str, ...]

    @property
    def is_likely(self) -> bool:
        """Return whether more than place and time speaks for it."""
        return self.score >= _SAME_PATIENT


def waiting() -> Select[PerformedProcedureStep]:
    """Return the statement of the performed steps that wait for a person, with the patient."""
    step = PerformedProcedureStep
    return select(step).where(step.waits).options(joinedload(step.patient))


def rejected() -> Select[PerformedProcedureStep]:
    """Return the statement of the performed steps that somebody said are of no exam."""
    return select(PerformedProcedureStep).where(PerformedProcedureStep.rejected_at.is_not(None))


def count(session: Session) -> int:
    """Return how many performed steps wait for a person."""
    waiting_ = select(func.count()).where(PerformedProcedureStep.waits)
    return session.scalar(waiting_) or 0


def get(session: Session, performed_id: int) -> PerformedProcedureStep:
    """Return a performed step that waits, locked.

    Raises:
        NotFoundError: there is none with this id.
        ConflictError: somebody has dealt with it.
    """
    step = session.get(
        PerformedProcedureStep, performed_id, with_for_update=True, populate_existing=True
    )
    if step is None:
        raise NotFoundError(_("There is no such performed procedure step."))
    if not step.waits:
        raise ConflictError(_("Somebody has dealt with this performed procedure step already."))
    return step


def suggestions(session: Session, step: PerformedProcedureStep) -> list[Suggestion]:
    """Return exams that the step may belong to, best first.

    By accession number, by patient with the modality, and by station and time. Where the patient is
    known, another's exam is suggested by its accession number alone.
    """
    exam = ScheduledProcedureStep
    numbers = [str(one) for one in step.accession_numbers]
    of_patient: ColumnElement[bool]
    if step.patient_id is None:
        near = exam.starts_at.between(step.started_at - _NEAR, step.started_at + _NEAR)
        of_patient = near & (exam.modality == step.modality)
    else:
        of_patient = exam.patient_id == step.patient_id
    apart = func.abs(extract("epoch", exam.starts_at - step.started_at))
    candidates = session.scalars(
        select(exam)
        .join(exam.requested_procedure)
        .join(RequestedProcedure.order)
        .where(
            exam.status != StepStatus.CANCELED,
            or_(ImagingServiceRequest.accession_number.in_(numbers), of_patient),
        )
        .options(
            joinedload(exam.station),
            joinedload(exam.patient),
            contains_eager(exam.requested_procedure).contains_eager(RequestedProcedure.order),
        )
        .order_by(apart.nulls_last(), exam.id)
        .limit(200)
    ).unique()
    scored = (_suggestion(one, step, numbers) for one in candidates)
    good = [one for one in scored if one.score >= _NEAR_IN_TIME * 3]
    return sorted(good, key=lambda one: -one.score)[:_MOST_SUGGESTIONS]


def to_compare(session: Session, exam_ids: Collection[int]) -> Sequence[ScheduledProcedureStep]:
    """Return exams with their orders, to be asked whether a step `may_be_of` them."""
    exam = ScheduledProcedureStep
    order = joinedload(exam.requested_procedure).joinedload(RequestedProcedure.order)
    return session.scalars(select(exam).where(exam.id.in_(exam_ids)).options(order)).all()


def may_be_of(step: PerformedProcedureStep, exam: ScheduledProcedureStep) -> bool:
    """Return whether `suggestions` looks at the exam for this step, or did before it was moved."""
    if exam.order.accession_number in step.accession_numbers:
        return True
    if step.patient_id is not None:
        return exam.patient_id == step.patient_id
    return exam.modality == step.modality


def _suggestion(
    exam: ScheduledProcedureStep, step: PerformedProcedureStep, numbers: Sequence[str]
) -> Suggestion:
    close = exam.starts_at is not None and abs(exam.starts_at - step.started_at) <= _NEAR
    station = exam.station.ae_title if exam.station else ""
    asked = [
        (exam.order.accession_number in numbers, _SAME_NUMBER, _("same accession number")),
        (exam.patient_id == step.patient_id, _SAME_PATIENT, _("same patient")),
        (exam.modality == step.modality, _SAME_MODALITY, _("same modality")),
        (station == step.performed_station_ae_title, _SAME_STATION, _("same station")),
        (close, _NEAR_IN_TIME, _("within a day")),
    ]
    found = [(score, reason) for holds, score, reason in asked if holds]
    return Suggestion(
        exam, sum(score for score, _reason in found), tuple(reason for _score, reason in found)
    )


def link(
    session: Session,
    step: PerformedProcedureStep,
    exam: ScheduledProcedureStep,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Say which exam the step was done for; the exam follows it.

    Args:
        session: The session.
        step: A step from `get`.
        exam: The exam, locked.
        actor: Who says so.
        now: The present time.
    """
    step.exams, step.waits = [exam], False
    step.patient_id = exam.patient_id
    session.flush()
    contrast.follow(session, step, actor=actor, now=now)
    doses.settle(session, [exam])
    trail.record(
        session,
        exam,
        "performed.linked",
        actor=actor,
        now=now,
        performed_id=step.id,
    )
    progress.follow(session, exam, actor=actor, now=now, reason=step.discontinuation_reason)


def order(
    session: Session,
    step: PerformedProcedureStep,
    patient: Patient,
    procedure_code: str,
    *,
    actor: str,
    now: datetime,
) -> ScheduledProcedureStep:
    """Make the order that was missing, with the step's study, and link the step to its exam.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        NumberTakenError: the study is another order's.
    """
    details = OrderDetails(
        procedure_code=procedure_code,
        priority=Priority.URGENT,
        patient_class=PatientClass.EMERGENCY,
        ordered_at=step.started_at,
        study_instance_uid=step.study_instance_uid or None,
        reason=_("Performed without an order"),
    )
    made = orders.create_order(session, patient, details, actor=actor, now=now)
    exam = made.requested_procedures[0].steps[0]
    link(session, step, exam, actor=actor, now=now)
    return exam


def reject(
    session: Session, step: PerformedProcedureStep, *, reason: str, actor: str, now: datetime
) -> None:
    """Say that the step is of no exam: a test, a phantom, a mistake.

    Raises:
        DomainError: no reason is given.
    """
    if not reason.strip():
        raise DomainError(_("A performed step that is rejected needs a reason: say what it was."))
    step.rejected_at, step.rejected_by, step.rejection_reason = now, actor, reason.strip()
    step.waits = False
    session.flush()
    audit.record(
        session,
        "performed.rejected",
        actor=actor,
        now=now,
        patient_id=step.patient_id,
        performed_id=step.id,
        reason=reason.strip(),
    )
