"""Tasks that place exams."""

import time
from datetime import timedelta

import structlog
from celery import shared_task
from sqlalchemy.exc import OperationalError

from workers import context
from worklist.clock import system_clock
from worklist.errors import ConflictError
from worklist.language.text import _
from worklist.scheduling import access, placement, queries, review, running
from worklist.scheduling.replanning import service as replanning
from worklist.scheduling.service import PLACE_TASK
from worklist.scheduling.waiting import service as waiting

log = structlog.get_logger(__name__)

_REVIEW_SECONDS = 30.0


@shared_task(name=PLACE_TASK, autoretry_for=(OperationalError, ConflictError), retry_backoff=True)
def place(exam_id: int) -> None:
    """Give one exam a room and a time, or keep why it has none."""
    with context.transaction() as session:
        made = placement.place(session, exam_id, actor=context.ACTOR, now=system_clock())
        if made is not None:
            log.info("exam.placement", exam=exam_id, outcome=made.outcome)


@shared_task(name="workers.scheduling.sweep")
def sweep() -> None:
    """Nudge every exam that rows say should be placed or looked at again."""
    with context.transaction() as session:
        unplaced = queries.exams_to_place(session, now=system_clock())
    for exam_id in unplaced:
        place.delay(exam_id)
    if unplaced:
        log.info("exam.sweep", exams=len(unplaced))


@shared_task(name="workers.scheduling.review_booked")
def review_booked() -> None:
    """Judge booked exams again after thresholds have changed, one at a time, for a while."""
    ends = time.monotonic() + _REVIEW_SECONDS
    while time.monotonic() < ends:
        with context.transaction() as session:
            if not review.review_next(session, actor=context.ACTOR, now=system_clock()):
                return


@shared_task(name="workers.scheduling.propose")
def propose() -> None:
    """Propose once a night a better plan for the next days, for a person to accept."""
    with context.transaction() as session:
        if not context.begin_nightly(session, "propose"):
            return
        made = replanning.propose(
            session,
            reason=_("The nightly look at the next days."),
            actor=context.ACTOR,
            now=system_clock(),
            seconds=context.settings().replan_seconds,
        )
        if made is None:
            log.info("replan.no_better_plan", days=replanning.DAYS)
        else:
            log.info("replan.proposal", proposal=made.id, moves=len(made.moves))


@shared_task(name="workers.scheduling.watch_day")
def watch_day() -> None:
    """Free what nobody came for, tell of delays, offer freed slots to those who wait."""
    now, minutes = system_clock(), context.settings().no_show_minutes
    with context.transaction() as session:
        if minutes:
            after = timedelta(minutes=minutes)
            running.free_no_shows(session, after=after, actor=context.ACTOR, now=now)
    with context.transaction() as session:
        running.note_delays(session, actor=context.ACTOR, now=now)
    with context.transaction() as session:
        waiting.offer_freed_slots(session, actor=context.ACTOR, now=now)


@shared_task(name="workers.scheduling.measure_access")
def measure_access() -> None:
    """Keep how soon each room could take its third next patient, once a day."""
    with context.transaction() as session:
        kept = access.measure(session, now=system_clock())
    if kept:
        log.info("access.measured", rooms=kept)
