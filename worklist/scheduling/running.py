"""The running day: exams nobody came for, and exams that run late and push the next."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.models import Room
from worklist.orders import service as orders
from worklist.orders import trail
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import WITH_SLOT, StepStatus
from worklist.scheduling.models import ExamDelay
from worklist.scheduling.service import mark_no_show
from worklist.vocabulary import PatientClass

_WORTH_SHOWING = timedelta(minutes=5)
_AHEAD = timedelta(hours=12)


def free_no_shows(session: Session, *, after: timedelta, actor: str, now: datetime) -> list[int]:
    """Mark outpatients who have not come ``after`` their time as NO_SHOW; their slots are free.

    Returns the exams. One that somebody is changing at this moment is left for the next sweep.
    """
    exam = ScheduledProcedureStep
    ids = session.scalars(
        select(exam.id)
        .join(RequestedProcedure)
        .join(ImagingServiceRequest)
        .where(
            exam.status == StepStatus.SCHEDULED,
            exam.starts_at < now - after,
            exam.starts_at > now - after - _AHEAD,
            ImagingServiceRequest.patient_class == PatientClass.OUTPATIENT,
        )
        .order_by(exam.id)
        .with_for_update(of=exam, skip_locked=True)
    ).all()
    for exam_id in ids:
        missed = orders.get_exam(session, exam_id)
        mark_no_show(session, missed, actor=actor, now=now)
    return list(ids)


def note_delays(session: Session, *, actor: str, now: datetime) -> int:
    """Note when the coming exams are expected to begin where running ones push them.

    Returns for how many exams the delay is new: begun, longer, shorter or gone.
    """
    running = _running(session, now)
    coming = _coming(session, running, now)
    delays = {one.exam_id: one for one in session.scalars(select(ExamDelay))}
    changed = 0
    for room_id, exams in coming.items():
        free_at = running.get(room_id)
        for exam in exams:
            expected = _expected(exam, free_at)
            if free_at is not None and exam.starts_at and exam.ends_at and exam.room:
                stay = exam.ends_at - exam.starts_at
                turnover = timedelta(minutes=exam.room.turnover_minutes)
                free_at = (expected or exam.starts_at) + stay + turnover
            known = delays.pop(exam.id, None)
            changed += _tell(session, exam, known, expected, actor=actor, now=now)
    for past in delays.values():
        session.delete(past)
    session.flush()
    return changed


def _running(session: Session, now: datetime) -> dict[int, datetime]:
    """Return for each room with a running exam when it is expected to be free.

    An exam that began late is given the time that it was booked for.
    """
    exam = ScheduledProcedureStep
    rows = session.execute(
        select(exam.room_id, exam.starts_at, exam.ends_at, exam.started_at, Room.turnover_minutes)
        .join(Room, Room.id == exam.room_id)
        .where(exam.status == StepStatus.STARTED, exam.ends_at.is_not(None))
    )
    found: dict[int, datetime] = {}
    for room_id, starts_at, ends_at, started_at, turnover in rows:
        if room_id is not None and starts_at is not None and ends_at is not None:
            late = max((started_at or starts_at) - starts_at, timedelta(0))
            found[room_id] = max(ends_at + late, now) + timedelta(minutes=turnover)
    return found


def _coming(
    session: Session, rooms: Iterable[int], now: datetime
) -> dict[int, Sequence[ScheduledProcedureStep]]:
    exam = ScheduledProcedureStep
    rows = session.scalars(
        select(exam)
        .where(
            exam.status.in_(WITH_SLOT),
            exam.starts_at > now - _AHEAD,
            exam.starts_at < now + _AHEAD,
            exam.room_id.in_(rooms),
        )
        .order_by(exam.room_id, exam.starts_at)
    ).all()
    found: dict[int, list[ScheduledProcedureStep]] = {}
    for row in rows:
        if row.room_id is not None:
            found.setdefault(row.room_id, []).append(row)
    return dict(found)


def _expected(exam: ScheduledProcedureStep, free_at: datetime | None) -> datetime | None:
    if free_at is None or exam.starts_at is None:
        return None
    return free_at if free_at - exam.starts_at >= _WORTH_SHOWING else None


def _tell(
    session: Session,
    exam: ScheduledProcedureStep,
    known: ExamDelay | None,
    expected: datetime | None,
    *,
    actor: str,
    now: datetime,
) -> bool:
    """Change what is expected where it differs enough to be shown."""
    if expected is None:
        if known is None:
            return False
        session.delete(known)
    elif known is None:
        session.add(ExamDelay(exam_id=exam.id, expected_at=expected))
    elif abs(expected - known.expected_at) < _WORTH_SHOWING:
        return False
    else:
        known.expected_at = expected
    session.flush()
    trail.record(
        session,
        exam,
        "exam.delayed" if expected else "exam.on_time",
        actor=actor,
        now=now,
        expected_at=expected.isoformat() if expected else None,
    )
    return True
