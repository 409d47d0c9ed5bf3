"""How procedures enter the reading queue, and how other systems' reports end their wait."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from worklist.errors import ConflictError
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure
from worklist.orders.status import FINAL, StepStatus
from worklist.reading import selection
from worklist.reading.models import ReadingStatus, ReadingTask
from worklist.reading.service import find_locked, record, unclaim
from worklist.scheduling.policies import queries as policies


def admit(session: Session, requested_procedure_id: int, *, now: datetime) -> ReadingTask | None:
    """Bring the procedure's place in the queue to what its exams say; None where it has none.

    It is to be read once every exam is over and one is completed. An exam that goes on after all
    takes it out again, unless it has been read.
    """
    requested = session.get_one(RequestedProcedure, requested_procedure_id)
    if is_to_be_read([step.status for step in requested.steps]):
        return _enter(session, requested, now=now)
    task = find_locked(session, ReadingTask.requested_procedure_id == requested_procedure_id)
    if task is not None and task.status in {*selection.WAITING, ReadingStatus.PENDING}:
        unclaim(task, ReadingStatus.WITHDRAWN)
        record(session, task, "withdrawn", actor="system:reading", now=now)
    return task


def is_to_be_read(statuses: list[StepStatus]) -> bool:
    """Return whether a procedure whose exams have these statuses can be read."""
    return StepStatus.COMPLETED in statuses and all(status in FINAL for status in statuses)


def finish_elsewhere(
    session: Session, requested: RequestedProcedure, *, actor: str, now: datetime
) -> ReadingTask:
    """Note that the procedure was read in another system, whoever has claimed it here."""
    task = _entered(session, requested, now=now)
    if task.status is not ReadingStatus.READ:
        unclaim(task, ReadingStatus.READ)
        task.read_at = now
        record(session, task, "read", actor=actor, now=now)
    return task


def note_dictated(
    session: Session, requested: RequestedProcedure, *, reader: str, now: datetime
) -> None:
    """Note that there is a preliminary text by a reader (a DICOM PN): it waits to be signed."""
    task = _entered(session, requested, now=now)
    task.dictated_at, task.dictated_by = now, reader


def _entered(session: Session, requested: RequestedProcedure, *, now: datetime) -> ReadingTask:
    """Return the procedure's task, entered where there is none or it was withdrawn."""
    task = find_locked(session, ReadingTask.requested_procedure_id == requested.id)
    if task is None or task.status is ReadingStatus.WITHDRAWN:
        return _enter(session, requested, now=now)
    return task


def _enter(session: Session, requested: RequestedProcedure, *, now: datetime) -> ReadingTask:
    order = requested.order
    ended = [step.ended_at for step in requested.steps if step.ended_at is not None]
    ready_at = max(ended, default=now)
    within = policies.in_use(session).read_within[order.priority]
    values = {
        "priority": order.priority,
        "priority_rank": order.priority.rank,
        "reading_group": requested.procedure.reading_group,
        "ready_at": ready_at,
        "due_at": ready_at + within,
        "status": ReadingStatus.READY,
        "dictated_at": None,
        "dictated_by": "",
    }
    made = session.scalar(
        insert(ReadingTask)
        .values(requested_procedure_id=requested.id, **values)
        .on_conflict_do_nothing()
        .returning(ReadingTask.id)
    )
    task = find_locked(session, ReadingTask.requested_procedure_id == requested.id)
    if task is None:
        raise ConflictError(
            _("The reading task has disappeared in the meantime: the next attempt creates it.")
        )
    if made is None and task.status is not ReadingStatus.WITHDRAWN:
        task.reading_group = requested.procedure.reading_group
        return task
    for name, value in values.items():
        setattr(task, name, value)
    record(session, task, "ready", actor="system:reading", now=now)
    return task
