"""Offer freed slots in order, and let the desk accept or decline for the patient."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.errors import ConflictError, NotFoundError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import service as scheduling
from worklist.scheduling.assessment import assess
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.intervals import Interval
from worklist.scheduling.models import Placement
from worklist.scheduling.policy import Policy
from worklist.scheduling.search import slot_at
from worklist.scheduling.slots import Slot
from worklist.scheduling.standing import read_standing
from worklist.scheduling.waiting.models import FreedSlot, OfferStatus, SlotOffer, WaitingEntry
from worklist.scheduling.waiting.ranking import rank, starts_worth_offering
from worklist.scheduling.waiting.records import enrol, open_entry
from worklist.scheduling.walk import booked_walk

ANSWER_WITHIN = timedelta(hours=2)
_LOOKED_AT = 50

__all__ = ["accept", "decline", "enrol", "leave", "offer_freed_slots"]


class OfferClosedError(ConflictError):
    """The offer is no longer open."""


def leave(session: Session, exam_id: int, *, actor: str, now: datetime) -> None:
    """Take an exam off the waiting list.

    Raises:
        NotFoundError: it is not on it.
    """
    entry = open_entry(session, exam_id)
    if entry is None:
        raise NotFoundError(_("This exam is not on the waiting list."))
    entry.ended_at = now
    session.flush()
    trail.record(session, entry.exam, "exam.left_waiting", actor=actor, now=now)


def offer_freed_slots(session: Session, *, actor: str, now: datetime) -> list[SlotOffer]:
    """Close offers whose time is up or whose slot is gone, and offer each freed slot once more.

    A slot goes to one exam at a time: those beyond their target first, then by urgency, then
    whoever waits longest. When nobody is left who can take it, or it is about to begin, it is
    looked at no more.
    """
    _close_offers(session, actor=actor, now=now)
    made = []
    for freed in _open_slots(session):
        offer = _next_offer(session, freed, actor=actor, now=now)
        if offer is None:
            freed.closed_at = now
        else:
            made.append(offer)
    session.flush()
    return made


def accept(session: Session, offer_id: int, *, actor: str, now: datetime) -> Placement:
    """Move the exam to the slot offered; the slot that it gives back is offered in turn.

    Raises:
        OfferClosedError: the offer has expired or was decided.
        SlotTakenError, RuleBlocksError: see `scheduling.service.book`; nothing is changed.
    """
    offer = _decided_now(session, offer_id, now)
    exam = orders.get_exam(session, offer.exam_id)
    made = scheduling.book(
        session, exam, room_id=offer.room_id, starts_at=offer.starts_at, actor=actor, now=now
    )
    _close(session, offer, OfferStatus.ACCEPTED, actor=actor, now=now)
    entry = open_entry(session, exam.id)
    if entry is not None:
        entry.ended_at = now
    offer.freed_slot.closed_at = now
    session.flush()
    return made


def decline(session: Session, offer_id: int, *, actor: str, now: datetime) -> None:
    """Note that the patient does not want it; the exam waits on, and the next is asked.

    Raises:
        OfferClosedError: the offer has expired or was decided.
    """
    _close(
        session,
        _decided_now(session, offer_id, now),
        OfferStatus.DECLINED,
        actor=actor,
        now=now,
    )


def _decided_now(session: Session, offer_id: int, now: datetime) -> SlotOffer:
    offer = session.scalar(select(SlotOffer).where(SlotOffer.id == offer_id).with_for_update())
    if offer is None:
        raise NotFoundError(_("There is no offer %(offer_id)s.", offer_id=offer_id))
    if offer.status is not OfferStatus.OPEN:
        raise OfferClosedError(_("This offer is %(status)s already.", status=offer.status))
    if offer.expires_at <= now:
        raise OfferClosedError(_("This offer has expired: the next patient is asked."))
    return offer


def _close(
    session: Session, offer: SlotOffer, status: OfferStatus, *, actor: str, now: datetime
) -> None:
    offer.status, offer.decided_at, offer.decided_by = status, now, actor
    session.flush()
    trail.record(
        session,
        offer.exam,
        f"exam.offer_{status}",
        actor=actor,
        now=now,
        room=offer.room.code,
        starts_at=offer.starts_at.isoformat(),
    )


def _close_offers(session: Session, *, actor: str, now: datetime) -> None:
    offers = session.scalars(
        select(SlotOffer)
        .where(SlotOffer.status == OfferStatus.OPEN)
        .with_for_update(skip_locked=True)
    ).all()
    for offer in offers:
        if offer.expires_at <= now:
            _close(session, offer, OfferStatus.EXPIRED, actor=actor, now=now)
        elif not _is_free(session, offer, now):
            _close(session, offer, OfferStatus.WITHDRAWN, actor=actor, now=now)


def _is_free(session: Session, offer: SlotOffer, now: datetime) -> bool:
    exam = offer.exam
    if exam.status not in {StepStatus.SCHEDULED, StepStatus.UNSCHEDULED}:
        return False
    assessment = assess(session, exam, now=now)
    candidate = _candidate(assessment.eligible, offer.room_id)
    return (
        candidate is not None
        and slot_at(session, exam, assessment, candidate, offer.starts_at, now=now) is not None
    )


def _open_slots(session: Session) -> Sequence[FreedSlot]:
    """Return the slots to look at, without those that are offered to somebody now."""
    is_offered = (
        select(SlotOffer.id)
        .where(SlotOffer.freed_slot_id == FreedSlot.id, SlotOffer.status == OfferStatus.OPEN)
        .exists()
    )
    return session.scalars(
        select(FreedSlot)
        .where(FreedSlot.closed_at.is_(None), ~is_offered)
        .order_by(FreedSlot.during)
        .limit(_LOOKED_AT)
        .with_for_update(skip_locked=True)
    ).all()


def _next_offer(
    session: Session, freed: FreedSlot, *, actor: str, now: datetime
) -> SlotOffer | None:
    for exam in _waiting(session, freed, now):
        slot = _slot_in(session, exam, freed, now)
        if slot is None:
            continue
        offer = SlotOffer(
            freed_slot_id=freed.id,
            exam_id=exam.id,
            room_id=slot.room_id,
            starts_at=slot.starts_at,
            offered_at=now,
            expires_at=min(now + ANSWER_WITHIN, slot.starts_at),
        )
        session.add(offer)
        session.flush()
        trail.record(
            session,
            exam,
            "exam.offered",
            actor=actor,
            now=now,
            room=slot.room_code,
            starts_at=slot.starts_at.isoformat(),
        )
        return offer
    return None


def _waiting(session: Session, freed: FreedSlot, now: datetime) -> list[ScheduledProcedureStep]:
    """Return the exams to ask, in order; each is asked once for a slot, and once at a time."""
    asked = select(SlotOffer.exam_id).where(
        (SlotOffer.freed_slot_id == freed.id) | (SlotOffer.status == OfferStatus.OPEN)
    )
    entries = session.scalars(
        select(WaitingEntry)
        .join(ScheduledProcedureStep)
        .where(
            WaitingEntry.ended_at.is_(None),
            ScheduledProcedureStep.status.in_([StepStatus.SCHEDULED, StepStatus.UNSCHEDULED]),
            ScheduledProcedureStep.modality.in_(freed.room.modalities),
            ScheduledProcedureStep.id.not_in(asked),
        )
    ).all()
    policy = read_standing(session).policy
    ranked = sorted(entries, key=lambda one: (*_rank(one.exam, policy, now), one.added_at, one.id))
    return [one.exam for one in ranked[:_LOOKED_AT]]


def _rank(exam: ScheduledProcedureStep, policy: Policy, now: datetime) -> tuple[bool, int]:
    due = exam.order.ordered_at + policy.target[exam.order.priority]
    return rank(exam.starts_at, due, exam.order.priority, now)


def _slot_in(
    session: Session, exam: ScheduledProcedureStep, freed: FreedSlot, now: datetime
) -> Slot | None:
    """Return the exam's slot that begins in the freed stretch and is worth coming sooner."""
    if freed.during.lower is None or freed.during.upper is None:
        return None
    assessment = assess(session, exam, now=now)
    candidate = _candidate(assessment.eligible, freed.room_id)
    if candidate is None or assessment.blocks or assessment.holds:
        return None
    starts = starts_worth_offering(
        Interval(freed.during.lower, freed.during.upper),
        present=exam.starts_at,
        notice=assessment.policy.notice[exam.order.priority],
        not_before=assessment.not_before,
        now=now,
    )
    walk = booked_walk(session, exam, assessment, [candidate], now=now)
    return next(walk.slots(starts, step_minutes=assessment.policy.step_minutes), None)


def _candidate(eligible: Sequence[Candidate], room_id: int) -> Candidate | None:
    return next((one for one in eligible if one.room.id == room_id), None)
