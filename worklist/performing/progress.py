"""Bring an exam to the status that its performed steps and a person's mark give it."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.catalogue.models import Station
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import FINAL, StepStatus
from worklist.performing.models import AvailabilityNotice, PerformedFor, PerformedProcedureStep
from worklist.performing.status import Mark, Reported, exam_status, path
from worklist.scheduling.placement import sync_holds

ADMIT_TASK = "workers.reading.admit"


def follow(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Set the exam's status and times from everything that is known of its performing.

    An exam that had no slot is shown where and when it was begun; one that is begun before its
    slot keeps it. Questions still open stay so while it goes on, and are withdrawn when it is
    over: there is nothing left to ask.
    """
    steps = _steps(session, exam)
    wanted = exam_status(
        [Reported(step.status, step.received_at) for step in steps],
        _mark_of(exam),
        has_images=has_images(session, exam),
    )
    if wanted is None:
        return
    if wanted in FINAL:
        sync_holds(session, exam, (), actor=actor, now=now)
    _set_times(exam, steps, wanted, now)
    if exam.starts_at is None and steps:
        _take_place_of(session, exam, steps[0])
    was_over = exam.status in FINAL
    for following in path(exam.status, wanted):
        why = reason if following is wanted else ""
        orders.set_status(session, exam, following, actor=actor, now=now, reason=why)
    session.flush()
    if was_over or wanted in FINAL:
        nudge.task(session, ADMIT_TASK, exam.requested_procedure_id)


def _steps(session: Session, exam: ScheduledProcedureStep) -> list[PerformedProcedureStep]:
    return list(
        session.scalars(
            select(PerformedProcedureStep)
            .join(PerformedFor, PerformedFor.performed_id == PerformedProcedureStep.id)
            .where(PerformedFor.exam_id == exam.id)
            .order_by(PerformedProcedureStep.started_at, PerformedProcedureStep.id)
        )
    )


def has_images(session: Session, exam: ScheduledProcedureStep) -> bool:
    """Return whether the study's images were said to be available."""
    notice = AvailabilityNotice
    study = exam.requested_procedure.study_instance_uid
    said = select(notice.id).where(notice.study_instance_uid == study, notice.available)
    return session.scalar(said.limit(1)) is not None


def _mark_of(exam: ScheduledProcedureStep) -> Mark | None:
    if exam.marked_status is None or exam.marked_at is None:
        return None
    return Mark(StepStatus(exam.marked_status), exam.marked_at)


def _set_times(
    exam: ScheduledProcedureStep,
    steps: list[PerformedProcedureStep],
    wanted: StepStatus,
    now: datetime,
) -> None:
    begun = [step.started_at for step in steps]
    exam.started_at = min([*begun, exam.started_at or now]) if begun else exam.started_at or now
    if wanted not in FINAL:
        exam.ended_at = None
    elif exam.ended_at is None or exam.status is not wanted:
        ended = [step.ended_at for step in steps if step.ended_at is not None]
        # A scanner's clock may have been set back during the exam.
        exam.ended_at = max(exam.started_at, max(ended, default=now))


def _take_place_of(
    session: Session, exam: ScheduledProcedureStep, step: PerformedProcedureStep
) -> None:
    station = session.scalar(
        select(Station).where(Station.ae_title == step.performed_station_ae_title)
    )
    if station is not None:
        exam.room_id, exam.station_id = station.room_id, station.id
    exam.starts_at = step.started_at
    exam.ends_at = step.started_at + timedelta(minutes=exam.procedure.duration_minutes)
