"""Note who waits and what becomes free; called wherever an exam is placed or gives back a slot."""

from datetime import datetime
from typing import cast

from sqlalchemy import Table, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling.availability import as_range
from worklist.scheduling.intervals import Interval
from worklist.scheduling.waiting.models import FreedSlot, WaitingEntry

_OPEN_ENTRY = select(WaitingEntry).where(
    WaitingEntry.exam_id == bindparam("exam_id"), WaitingEntry.ended_at.is_(None)
)
# The table's own statement: as the class's it would cost twice the time of ours.
_ENROL = (
    insert(cast("Table", WaitingEntry.__table__))
    .on_conflict_do_nothing(index_elements=["exam_id"], index_where=WaitingEntry.ended_at.is_(None))
    .returning(WaitingEntry.id)
)


def note_freed(session: Session, exam: ScheduledProcedureStep, *, now: datetime) -> None:
    """Keep the room's time that the exam is about to give back, as far as it lies ahead."""
    if exam.room_id is None or exam.starts_at is None or exam.ends_at is None:
        return
    if exam.ends_at > now:
        during = as_range(Interval(max(exam.starts_at, now), exam.ends_at))
        session.add(FreedSlot(room_id=exam.room_id, during=during, freed_at=now))


def note_waiting(
    session: Session, exam: ScheduledProcedureStep, *, note: str, actor: str, now: datetime
) -> None:
    """Put the exam on the waiting list; one that is on it stays where it is."""
    values = {"exam_id": exam.id, "added_at": now, "added_by": actor, "note": note}
    if session.scalar(_ENROL, values) is not None:
        trail.record(session, exam, "exam.waiting", actor=actor, now=now, note=note)


def enrol(
    session: Session, exam: ScheduledProcedureStep, *, note: str, actor: str, now: datetime
) -> WaitingEntry:
    """Put the exam on the waiting list as `note_waiting` does, and return its place on it."""
    note_waiting(session, exam, note=note, actor=actor, now=now)
    return session.execute(_OPEN_ENTRY, {"exam_id": exam.id}).scalar_one()


def open_entry(session: Session, exam_id: int) -> WaitingEntry | None:
    """Return the exam's place on the waiting list."""
    return session.scalar(_OPEN_ENTRY, {"exam_id": exam_id})
