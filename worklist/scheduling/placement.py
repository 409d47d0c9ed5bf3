"""Automatic placement: rules, search, choice, booking, and the reason for each."""

from datetime import datetime

from sqlalchemy.orm import Session

from worklist import nudge
from worklist.audit import service as audit
from worklist.catalogue.models import Room
from worklist.errors import ConflictError
from worklist.language.text import _
from worklist.orders import holds
from worklist.orders import service as orders
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.orders.status import UNPLACED, StepStatus
from worklist.rules.findings import Hold
from worklist.rules.serialise import to_json
from worklist.scheduling import booking
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.attempts import Attempt, explained, keep, store
from worklist.scheduling.displacement import misses_target
from worklist.scheduling.models import Placement, PlacementOutcome
from worklist.scheduling.policy import Policy
from worklist.scheduling.search import Found, Scored, best_slot
from worklist.scheduling.waiting.records import note_waiting
from worklist.scheduling.wording import moment

_ROUNDS = 40


def place(session: Session, exam_id: int, *, actor: str, now: datetime) -> Placement | None:
    """Give the exam a room and a time, or say why it has none.

    Does nothing (None) where the exam is placed, held by hand or finished already, so that it may
    be called as often as anyone likes.

    Raises:
        NotFoundError: there is no such exam.
        ConflictError: others took every slot that was found; call it again later.
    """
    exam = orders.get_exam(session, exam_id)
    if exam.status not in UNPLACED or not exam.automatic_placement:
        return None
    assessment = assess(session, exam, now=now)
    with audit.together(session):
        sync_holds(session, exam, assessment.questions, actor=actor, now=now)
        against = _ruled_out(assessment)
        if against is not None:
            return _not_placed(session, exam, assessment, against, actor=actor, now=now)
        return _place_by_search(session, exam, assessment, actor=actor, now=now)


def _ruled_out(assessment: Assessment) -> Attempt | None:
    """Return what the rules have against any slot, and why; None where they have nothing."""
    if assessment.blocks:
        return Attempt(PlacementOutcome.BLOCKED, assessment.blocks[0].text)
    if assessment.holds:
        asked = " ".join(one.question for one in assessment.holds)
        return Attempt(PlacementOutcome.HELD, asked)
    return None


def _place_by_search(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    *,
    actor: str,
    now: datetime,
) -> Placement:
    """Take the best slot; search again each time that somebody else was faster."""
    for _round in range(_ROUNDS):
        found = best_slot(session, exam, assessment, now=now)
        if found.chosen is None:
            nothing = Attempt(PlacementOutcome.NO_SLOT, no_slot_reason(assessment), found=found)
            return _not_placed(session, exam, assessment, nothing, actor=actor, now=now)
        slot = found.chosen.slot
        room = _room(assessment, slot.room_id)
        # Explained before others wait for the slot's room, and stored only if the slot is had.
        summary = _reason(exam, found.chosen, found, assessment.policy)
        placed = Attempt(PlacementOutcome.PLACED, summary, chosen=slot, found=found)
        placement = explained(exam, assessment, placed, actor=actor, now=now)
        exam.placement_tried_at = now
        if not booking.take(session, exam, room, slot, assessment.plan, actor=actor, now=now):
            continue
        if misses_target(exam, found, assessment.policy):
            late = _("Placed later than its target.")
            note_waiting(session, exam, note=late, actor=actor, now=now)
        return store(session, exam, placement, slot)
    raise ConflictError(_("Others took every slot found; the exam is tried again later."))


def _room(assessment: Assessment, room_id: int) -> Room:
    return next(one.room for one in assessment.candidates if one.room.id == room_id)


def no_slot_reason(assessment: Assessment) -> str:
    """Say in one sentence why no room has a slot."""
    if not assessment.candidates:
        return _("No room in use does %(modality)s.", modality=assessment.exam.modality)
    if not assessment.eligible:
        return " ".join(one.obstacles[0] for one in assessment.candidates)
    codes = ", ".join(one.room.code for one in assessment.eligible)
    return _(
        "No free time in %(codes)s within %(days)s days.",
        codes=codes,
        days=assessment.policy.horizon.days,
    )


def sync_holds(
    session: Session,
    exam: ScheduledProcedureStep,
    wanted: tuple[Hold, ...],
    *,
    actor: str,
    now: datetime,
) -> None:
    """Make the exam's open questions those that the rules ask now."""
    open_holds = {(hold.rule, hold.fact, hold.subject): hold for hold in exam.open_holds}
    asked = {(hold.rule, hold.fact, hold.subject): hold for hold in wanted}
    for key, hold in open_holds.items():
        if key not in asked:
            holds.resolve(session, hold, "withdrawn", actor=actor, now=now)
    for key, question in asked.items():
        if key in open_holds:
            open_hold = open_holds[key]
            open_hold.role, open_hold.finding = question.role, to_json(question)
            open_hold.question = question.question
        else:
            exam.holds.append(_new_hold(question, now))
            nudge.live(session, "hold", exam.id)
    if asked:
        session.flush()


def _new_hold(question: Hold, now: datetime) -> ExamHold:
    return ExamHold(
        rule=question.rule,
        role=question.role,
        question=question.question,
        fact=question.fact,
        subject=question.subject,
        finding=to_json(question),
        raised_at=now,
    )


def _not_placed(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    attempt: Attempt,
    *,
    actor: str,
    now: datetime,
) -> Placement:
    exam.placement_tried_at = now
    held = attempt.outcome is PlacementOutcome.HELD
    wanted = StepStatus.HELD if held else StepStatus.UNSCHEDULED
    orders.set_status(session, exam, wanted, actor=actor, now=now, reason=attempt.summary)
    return keep(session, exam, assessment, attempt, actor=actor, now=now)


def _reason(exam: ScheduledProcedureStep, chosen: Scored, found: Found, policy: Policy) -> str:
    slot = chosen.slot
    room, when = slot.room_code, moment(slot.starts_at, slot.zone)
    earliest = slot.starts_at == min(one.slot.starts_at for one in found.first.values())
    if not misses_target(exam, found, policy):
        return _on_time(room, when, earliest=earliest)
    priority = exam.order.priority
    if earliest:
        return _(
            "%(room)s on %(when)s: the earliest free time of the rooms that fit; later than the "
            "target for %(priority)s.",
            room=room,
            when=when,
            priority=priority,
        )
    return _(
        "%(room)s on %(when)s: a little later than the earliest free time, but it fits this exam "
        "best; later than the target for %(priority)s.",
        room=room,
        when=when,
        priority=priority,
    )


def _on_time(room: str, when: str, *, earliest: bool) -> str:
    if earliest:
        return _(
            "%(room)s on %(when)s: the earliest free time of the rooms that fit.",
            room=room,
            when=when,
        )
    return _(
        "%(room)s on %(when)s: a little later than the earliest free time, but it fits this exam "
        "best.",
        room=room,
        when=when,
    )
