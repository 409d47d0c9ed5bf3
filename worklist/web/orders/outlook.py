"""What an order would lead to: questions to ask, and times to offer.

They come from the rules and the calendar themselves: the order is made, looked at and rolled back,
so that what the clerk reads out is what booking will meet.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.patients.models import Patient
from worklist.rules.findings import Block, Finding, Hold
from worklist.scheduling import ordering
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.placement import no_slot_reason
from worklist.scheduling.search import find_slots, slots_around
from worklist.scheduling.slots import Slot
from worklist.scheduling.standing import read_standing
from worklist.scheduling.visit import find_visits
from worklist.web import context
from worklist.web.day_parts import between
from worklist.web.orders.draft import Draft

FindingT = TypeVar("FindingT", bound=Finding)

SHOWN, _VISITS_SHOWN = 12, 8


@dataclass(frozen=True, slots=True)
class Offer:
    """A time for every exam of the draft: its place in the draft and its slot, by time."""

    slots: tuple[tuple[int, Slot], ...]

    @property
    def value(self) -> str:
        """The offer as a form sends it back: see `read_offer`."""
        return ";".join(
            f"{index} {slot.room_id} {slot.starts_at.isoformat()}" for index, slot in self.slots
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The exams with what the rules say to each, and times to offer."""

    exams: Sequence[ScheduledProcedureStep]
    assessments: Sequence[Assessment]
    offers: Sequence[Offer]

    @property
    def blocks(self) -> list[Block]:
        """What forbids one of the exams."""
        return _once(one for found in self.assessments for one in found.blocks)

    @property
    def holds(self) -> list[Hold]:
        """What has to be asked first."""
        return _once(one for found in self.assessments for one in found.holds)

    @property
    def later(self) -> list[Hold]:
        """What may be asked after booking, at the latest before the exam."""
        questions = _once(one for found in self.assessments for one in found.questions)
        return [one for one in questions if not one.before_booking]

    @property
    def remarks(self) -> list[Finding]:
        """What else the rules say."""
        told = {one.rule for one in (*self.blocks, *self.holds, *self.later)}
        findings = _once(one for found in self.assessments for one in found.findings)
        return [one for one in findings if one.rule not in told]

    @property
    def without_offers(self) -> list[str]:
        """Why there is no time to offer, where neither a rule forbids it nor a person is asked.

        Where no room at all takes one of the exams, it is what stands in the way in each room.
        """
        if self.offers or self.blocks or self.holds:
            return []
        return self._without_rooms or [
            _("No free slot fits. Choose another room, part of the day or day.")
            if len(self.exams) == 1
            else _(
                "No visit with all of them fits. Choose another day or another rest, untick the "
                "order, or leave an exam out."
            )
        ]

    @property
    def _without_rooms(self) -> list[str]:
        return [
            reason
            for found in self.assessments
            if not found.eligible
            for reason in (
                [one.obstacles[0] for one in found.candidates] or [no_slot_reason(found)]
            )
        ]

    @property
    def minutes(self) -> int:
        """How long all the stays in rooms are together."""
        return sum(one.plan.room_minutes for one in self.assessments)


def _once(findings: Iterable[FindingT]) -> list[FindingT]:
    """Return each rule's finding once, though it may concern several of the exams."""
    return list({(one.rule, one.text): one for one in findings}.values())


def outlook(session: Session, patient: Patient, draft: Draft, *, actor: str) -> Outlook:
    """Make the orders in ``session``, which the caller rolls back, and look at what follows.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
    """
    now = context.now()
    exams = make_orders(session, patient, draft, actor=actor)
    assessments = [assess(session, exam, now=now) for exam in exams]
    may_be_booked = not any(found.blocks or found.holds for found in assessments)
    offers = (_visits if len(exams) > 1 else _single)(session, exams, draft)
    return Outlook(
        exams=exams,
        assessments=assessments,
        offers=list(offers) if may_be_booked else [],
    )


def make_orders(
    session: Session, patient: Patient, draft: Draft, *, actor: str
) -> list[ScheduledProcedureStep]:
    """Make an order for each exam of the draft and return the exams, in the draft's order."""
    now = context.now()
    return [
        ordering.make_order(session, patient, details, actor=actor, now=now).exams[0]
        for details in draft.details(now)
    ]


def read_offer(text: str) -> list[tuple[int, int, datetime]]:
    """Return the place in the draft, the room and the start of each exam of an offer.

    Raises:
        DomainError: the text is not an offer.
    """
    try:
        return [
            (int(index), int(room_id), datetime.fromisoformat(starts_at))
            for index, room_id, starts_at in (one.split(" ") for one in text.split(";"))
        ]
    except ValueError as error:
        raise DomainError(
            _("%(text)s is not a slot: choose one of those shown.", text=repr(text))
        ) from error


def _single(
    session: Session, exams: Sequence[ScheduledProcedureStep], draft: Draft
) -> Iterator[Offer]:
    """Yield free slots in the room and the part of the day, or around the time, of the form."""
    if draft.around is not None:
        day = draft.wanted_on or context.day()
        wanted = datetime.combine(day, draft.around, tzinfo=context.zone())
        slots = slots_around(
            session, exams[0], wanted, now=context.now(), room_id=draft.room_id, limit=SHOWN
        )
    else:
        slots = find_slots(
            session,
            exams[0],
            now=context.now(),
            room_id=draft.room_id,
            day_part=between(draft.part, exams[0].order, read_standing(session).policy),
            limit=SHOWN,
        )
    return (Offer(((0, slot),)) for slot in slots)


def _visits(
    session: Session, exams: Sequence[ScheduledProcedureStep], draft: Draft
) -> Iterator[Offer]:
    """Yield for each of the next days one visit in which all the exams follow each other."""
    places = {exam.id: index for index, exam in enumerate(exams)}
    for visit in find_visits(
        session,
        exams,
        now=context.now(),
        from_=draft.wanted_at,
        in_order=draft.in_order,
        gaps=draft.rest,
        limit=_VISITS_SHOWN,
    ):
        yield Offer(
            tuple(
                (places[exam_id], slot)
                for exam_id, slot in zip(visit.exam_ids, visit.slots, strict=True)
            )
        )
