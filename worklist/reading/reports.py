"""Every write of reports: preliminary, final, addendum, here or in a dictation system."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.auth.models import User
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.orders import trail
from worklist.orders.models import RequestedProcedure
from worklist.patients import names
from worklist.reading import entering
from worklist.reading import service as queue
from worklist.reading.models import ReadingTask, Report, ReportKind


def write_preliminary(
    session: Session, task_id: int, user: User, content: str, *, now: datetime
) -> Report:
    """Keep what the reader can say already; the exam stays claimed.

    Raises:
        ConflictError: the reader does not have the exam.
        DomainError: the text is empty, or the site has a dictation system.
        NotFoundError: there is no such task.
    """
    task = queue.get(session, task_id)
    queue.require_claim(task, user)
    _require_written_here(task)
    return _write(
        session, task.requested_procedure, ReportKind.PRELIMINARY, content, user=user, now=now
    )


def sign(session: Session, task_id: int, user: User, content: str, *, now: datetime) -> Report:
    """Sign the final report: the exam is read.

    Raises:
        ConflictError: the reader does not have the exam, or it has its final report.
        DomainError: the text is empty, or the site has a dictation system.
        NotFoundError: there is no such task.
    """
    task = queue.finish(session, task_id, user, now=now)
    _require_written_here(task)
    return _write(session, task.requested_procedure, ReportKind.FINAL, content, user=user, now=now)


def add(session: Session, task_id: int, user: User, content: str, *, now: datetime) -> Report:
    """Add to a final report.

    Raises:
        ConflictError: there is no final report yet.
        DomainError: the text is empty, or the site has a dictation system.
        NotFoundError: there is no such task.
    """
    task = queue.get(session, task_id)
    _require_written_here(task)
    return _write(
        session, task.requested_procedure, ReportKind.ADDENDUM, content, user=user, now=now
    )


def take_in(
    session: Session,
    requested: RequestedProcedure,
    kind: ReportKind,
    content: str,
    *,
    reader: str,
    actor: str,
    now: datetime,
) -> Report:
    """Keep a report that was written elsewhere; a final one takes the exam out of the queue.

    Args:
        session: In a transaction.
        requested: What was read.
        kind: What the text is.
        content: The text.
        reader: Who read it, as a DICOM PN.
        actor: Who sent it.
        now: The time.

    Raises:
        ConflictError: a final report is there already, or there is none to add to.
        DomainError: the text is empty.
    """
    if kind is ReportKind.FINAL:
        entering.finish_elsewhere(session, requested, actor=actor, now=now)
    return _write(session, requested, kind, content, reader=reader, actor=actor, now=now)


def reports_of(session: Session, requested_procedure_id: int) -> list[Report]:
    """Return the procedure's reports in the order in which they were written."""
    return list(
        session.scalars(
            select(Report)
            .where(Report.requested_procedure_id == requested_procedure_id)
            .order_by(Report.id)
        )
    )


def _require_written_here(task: ReadingTask) -> None:
    """Raise DomainError where the exams were done at a site that dictates into another system."""
    rooms = [step.room for step in task.requested_procedure.steps if step.room is not None]
    if rooms and not rooms[0].resource.site.reports_here:
        raise DomainError(_("Reports of this site are dictated in another system: write it there."))


def _require_its_turn(session: Session, requested: RequestedProcedure, kind: ReportKind) -> None:
    """Raise ConflictError where a final report, or the lack of one, rules out another of a kind."""
    has_final = any(one.kind is ReportKind.FINAL for one in reports_of(session, requested.id))
    if has_final and kind is not ReportKind.ADDENDUM:
        raise ConflictError(_("This exam has its final report: write an addendum."))
    if kind is ReportKind.ADDENDUM and not has_final:
        raise ConflictError(_("This exam has no final report yet: there is nothing to add to."))


def _write(
    session: Session,
    requested: RequestedProcedure,
    kind: ReportKind,
    content: str,
    *,
    now: datetime,
    user: User | None = None,
    reader: str = "",
    actor: str = "",
) -> Report:
    text = content.replace("\r\n", "\n").strip()
    if not text:
        raise DomainError(_("The report is empty: write something."))
    _require_its_turn(session, requested, kind)
    report = Report(
        requested_procedure_id=requested.id,
        kind=kind,
        content=text,
        reader=names.from_display(user.display_name) if user else reader,
        written_by_id=user.id if user else None,
        written_at=now,
    )
    session.add(report)
    session.flush()
    if kind is ReportKind.PRELIMINARY:
        entering.note_dictated(session, requested, reader=report.reader, now=now)
    step = requested.steps[0]
    trail.record(
        session,
        step,
        f"report.{kind.lower()}",
        actor=f"user:{user.username}" if user else actor,
        now=now,
        report_id=report.id,
    )
    session.flush()
    return report
