"""Exams that are interrupted: paused for a reason, resumed, or over without that being said.

A pause is an overlay: the exam stays STARTED, and what its scanner reports goes on counting.
"""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ForeignKey, Identity, Index, String, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from worklist.db import Base
from worklist.errors import ConflictError, DomainError
from worklist.language.text import _
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY
from worklist.orders.steps import OrderStateError

_LONGEST = 200


class ExamPause(Base):
    """A stretch in which an exam did not go on; open while ``resumed_at`` is empty."""

    __tablename__ = "exam_pauses"
    __table_args__ = (
        Index(
            "uq_exam_pauses_open",
            "exam_id",
            unique=True,
            postgresql_where=text("resumed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    exam_id: Mapped[int] = mapped_column(ForeignKey("scheduled_procedure_steps.id"))
    reason: Mapped[str] = mapped_column(String(_LONGEST))
    paused_at: Mapped[datetime]
    paused_by: Mapped[str] = mapped_column(String(100))
    resumed_at: Mapped[datetime | None]


def pause(
    session: Session, exam: ScheduledProcedureStep, *, reason: str, actor: str, now: datetime
) -> None:
    """Say that an exam does not go on for now, and why.

    Raises:
        ConflictError: it is paused already.
        DomainError: no reason is given, or it is too long.
        OrderStateError: it is not under way.
    """
    if exam.status not in UNDER_WAY:
        raise OrderStateError(_("Only an exam that is under way can be paused."))
    why = " ".join(reason.split())
    if not 0 < len(why) <= _LONGEST:
        raise DomainError(_("Say why it is paused, in up to %(most)s characters.", most=_LONGEST))
    if exam.id in of_exams(session, [exam.id]):
        raise ConflictError(_("This exam is paused already."))
    _close(session, exam, now)
    session.add(ExamPause(exam_id=exam.id, reason=why, paused_at=now, paused_by=actor))
    _record(session, exam, "paused", actor=actor, now=now, reason=why)


def resume(session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime) -> None:
    """Say that a paused exam goes on.

    Raises:
        ConflictError: it is not paused.
    """
    if exam.id not in of_exams(session, [exam.id]):
        raise ConflictError(_("This exam is not paused."))
    _close(session, exam, now)
    _record(session, exam, "resumed", actor=actor, now=now)


def of_exams(session: Session, exam_ids: Collection[int]) -> Mapping[int, ExamPause]:
    """Return the pauses that hold, by exam: one ends, too, with what the exam was doing then."""
    if not exam_ids:
        return {}
    exam = ScheduledProcedureStep
    found = session.scalars(
        select(ExamPause)
        .join(exam, exam.id == ExamPause.exam_id)
        .where(
            ExamPause.exam_id.in_(exam_ids),
            ExamPause.resumed_at.is_(None),
            exam.status.in_(UNDER_WAY),
            exam.status_changed_at <= ExamPause.paused_at,
        )
    )
    return {one.exam_id: one for one in found}


def _close(session: Session, exam: ScheduledProcedureStep, now: datetime) -> None:
    session.execute(
        update(ExamPause)
        .where(ExamPause.exam_id == exam.id, ExamPause.resumed_at.is_(None))
        .values(resumed_at=now)
    )


def _record(
    session: Session,
    exam: ScheduledProcedureStep,
    what: str,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    trail.record(
        session,
        exam,
        f"exam.{what}",
        actor=actor,
        now=now,
        reason=reason,
    )
    session.flush()
