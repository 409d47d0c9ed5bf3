"""Judge the exams that are booked again after the department has changed its thresholds."""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED, WITH_SLOT
from worklist.rulebook import queries as rulebook
from worklist.rulebook.models import RuleReview
from worklist.scheduling import reassessment
from worklist.scheduling.assessment import assess
from worklist.scheduling.service import PLACE_TASK

log = structlog.get_logger(__name__)

# Whoever judged by the old thresholds while they were changed has committed by then.
_PATIENCE = timedelta(seconds=5)
_LONGEST_EXAM = timedelta(days=1)


def review_next(session: Session, *, actor: str, now: datetime) -> bool:
    """Judge the next booked exam of the review under way; False where there is nothing to do.

    What the rules have against a booking by now, and had not before the change, counts as for
    changed facts: a question is opened, a booking that cannot stay is given back and placed anew.
    One exam is one transaction, so that nobody waits for a review.
    """
    review = rulebook.unfinished_review(session, lock=True, skip_locked=True)
    if review is None or review.asked_at > now - _PATIENCE:
        return False
    exam = _next_exam(session, review, now)
    if exam is None or exam.starts_at is None:
        review.finished_at = now
        session.flush()
        log.info("rules.reviewed", judged=review.judged, given_back=review.given_back)
        return False
    review.starts_at, review.exam_id = exam.starts_at, exam.id
    review.judged += 1
    _judge(session, review, exam, actor=actor, now=now)
    session.flush()
    return True


def _next_exam(
    session: Session, review: RuleReview, now: datetime
) -> ScheduledProcedureStep | None:
    step = ScheduledProcedureStep
    done = (review.starts_at or now - _LONGEST_EXAM, review.exam_id)
    return session.scalar(
        select(step)
        .where(
            step.status.in_(WITH_SLOT),
            step.ends_at > now,
            tuple_(step.starts_at, step.id) > done,
        )
        .order_by(step.starts_at, step.id)
        .limit(1)
        .with_for_update()
    )


def _judge(
    session: Session, review: RuleReview, exam: ScheduledProcedureStep, *, actor: str, now: datetime
) -> None:
    """Compare before with now; an exam that cannot be judged is noted, and the rest goes on."""
    asked = {hold.id for hold in exam.open_holds}
    try:
        with session.begin_nested():
            thresholds = rulebook.thresholds(session, until=review.change_id)
            before = assess(session, exam, now=now, thresholds=thresholds)
            reassessment.look_again(
                session, [reassessment.judged(exam, before)], actor=actor, now=now
            )
    except (ArithmeticError, LookupError, TypeError, ValueError):
        log.exception("rules.review_failed", exam=exam.id)
        return
    review.asked += any(hold.id not in asked for hold in exam.open_holds)
    if exam.status in UNPLACED:
        review.given_back += 1
        nudge.task(session, PLACE_TASK, exam.id)
