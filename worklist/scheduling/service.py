"""Every write that concerns a slot of an exam: booking, moving, giving back, new facts."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED, WITH_SLOT, StepStatus
from worklist.orders.steps import OrderStateError
from worklist.patients import facts as clinical_facts
from worklist.patients.details import FactDetails
from worklist.patients.models import ClinicalFact
from worklist.rules.findings import Finding
from worklist.scheduling import booking, reassessment
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.attempts import Attempt, keep
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.displacement import lock_in_order
from worklist.scheduling.models import Placement, PlacementOutcome
from worklist.scheduling.placement import sync_holds
from worklist.scheduling.search import find_slots, slot_at
from worklist.scheduling.slots import Slot

PLACE_TASK = "workers.scheduling.place"


class SlotTakenError(DomainError):
    """The slot asked for is not free; ``alternatives`` are free ones."""

    def __init__(self, text: str, alternatives: list[Slot]) -> None:
        super().__init__(text)
        self.alternatives = alternatives


class RuleBlocksError(DomainError):
    """A rule forbids what was asked for; ``findings`` say which and why."""

    def __init__(self, text: str, findings: Sequence[Finding]) -> None:
        super().__init__(text)
        self.findings = tuple(findings)


def cancel_exam(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    actor: str,
    now: datetime,
    reason: str,
) -> None:
    """Cancel the exam and give its slot back.

    Raises:
        OrderStateError: it has started or is finished.
    """
    orders.set_status(session, exam, StepStatus.CANCELED, actor=actor, now=now, reason=reason)
    _after_slot_is_not_needed(session, exam, actor=actor, now=now)


def mark_no_show(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Note that the patient did not come, why where that is known, and give the slot back.

    Raises:
        OrderStateError: the exam has no slot, has started or is finished.
    """
    orders.set_status(session, exam, StepStatus.NO_SHOW, actor=actor, now=now, reason=reason)
    _after_slot_is_not_needed(session, exam, actor=actor, now=now)


def unschedule(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    actor: str,
    now: datetime,
    reason: str,
) -> None:
    """Give the exam's slot back; the desk, not a worker, gives it another.

    Raises:
        OrderStateError: it has no slot, has started or is finished.
    """
    exam.automatic_placement = False
    booking.unschedule(session, exam, actor=actor, now=now, reason=reason)


def place_automatically(
    session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime
) -> None:
    """Let the workers place an exam that has no slot, also one that was cancelled or missed.

    Raises:
        OrderStateError: it has started or is finished.
    """
    orders.set_status(session, exam, StepStatus.UNSCHEDULED, actor=actor, now=now)
    exam.automatic_placement = True
    session.flush()
    nudge.task(session, PLACE_TASK, exam.id)


def book(
    session: Session,
    exam: ScheduledProcedureStep,
    *,
    room_id: int,
    starts_at: datetime,
    actor: str,
    now: datetime,
) -> Placement:
    """Book or move the exam by hand to a room and a time.

    Raises:
        SlotTakenError: the room, the patient or something else needed is not free then.
        RuleBlocksError: a rule forbids the exam, this room, or asks a question first.
        OrderStateError: the exam has started or is finished.
        DomainError: the time is past.
    """
    if exam.status not in UNPLACED | WITH_SLOT:
        raise OrderStateError(_("An exam that is %(status)s cannot be booked.", status=exam.status))
    if starts_at < now:
        raise DomainError(_("This time is in the past: choose a later one."))
    assessment = assess(session, exam, now=now)
    candidate = _permitted(session, exam, assessment, room_id, actor=actor, now=now)
    slot = slot_at(session, exam, assessment, candidate, starts_at, now=now)
    if slot is None or not booking.take(
        session, exam, candidate.room, slot, assessment.plan, actor=actor, now=now
    ):
        raise SlotTakenError(
            _(
                "%(code)s or something else that the exam needs is not free then. These "
                "times are free.",
                code=candidate.room.code,
            ),
            find_slots(session, exam, now=now, from_=starts_at),
        )
    summary = _(
        "%(room_code)s: chosen by %(partition)s.",
        room_code=slot.room_code,
        partition=actor.partition(":")[2],
    )
    placed = Attempt(PlacementOutcome.PLACED, summary, chosen=slot)
    return keep(session, exam, assessment, placed, actor=actor, now=now)


def displace(
    session: Session,
    exam_id: int,
    moved_ids: Sequence[int],
    *,
    room_id: int,
    starts_at: datetime,
    actor: str,
    now: datetime,
) -> Placement:
    """Give an urgent exam the slot of less urgent ones, which workers place anew: all or nothing.

    Raises:
        SlotTakenError: even without the others the slot is not free, or one of them must stay.
        RuleBlocksError, OrderStateError: see `book`.
    """
    with session.begin_nested():
        locked = lock_in_order(session, [exam_id, *moved_ids])
        exam = locked.pop(exam_id)
        for one in locked.values():
            if (
                one.status is not StepStatus.SCHEDULED
                or one.order.priority.rank <= exam.order.priority.rank
            ):
                raise SlotTakenError(_("An exam that was to be moved must stay by now."), [])
            reason = _("Moved for an exam of priority %(priority)s.", priority=exam.order.priority)
            booking.unschedule(session, one, actor=actor, now=now, reason=reason)
            one.automatic_placement = True
        made = book(session, exam, room_id=room_id, starts_at=starts_at, actor=actor, now=now)
    for moved_id in moved_ids:
        nudge.task(session, PLACE_TASK, moved_id)
    return made


def book_visit(
    session: Session,
    exams: Sequence[ScheduledProcedureStep],
    places: Sequence[tuple[int, datetime]],
    *,
    actor: str,
    now: datetime,
) -> list[Placement]:
    """Book the exams of one visit, each in a room at a time: all of them, or none.

    Raises:
        SlotTakenError, RuleBlocksError, OrderStateError: see `book`; nothing is booked.
    """
    wanted = list(zip(exams, places, strict=True))
    with session.begin_nested():
        booking.queue_for_several(
            session, [(exam.patient_id, room_id) for exam, (room_id, _at) in wanted]
        )
        return [
            book(session, exam, room_id=room_id, starts_at=starts_at, actor=actor, now=now)
            for exam, (room_id, starts_at) in wanted
        ]


def record_facts(
    session: Session,
    patient_id: int,
    facts: Sequence[FactDetails],
    *,
    ended: Sequence[ClinicalFact] = (),
    actor: str,
    now: datetime,
) -> None:
    """Record facts, end others, and look again at the patient's exams that are still to come.

    An exam without a slot is placed by the workers; of a booked one the new questions are opened,
    and a slot that the new facts forbid is given back.

    Raises:
        FactError: a fact does not have the shape of its kind.
    """
    booked = reassessment.judge_booked(session, patient_id, now=now) if facts or ended else []
    for fact in ended:
        clinical_facts.end(session, fact, actor=actor, now=now)
    if not clinical_facts.record(session, patient_id, facts, actor=actor, now=now) and not ended:
        return
    reassessment.look_again(session, booked, actor=actor, now=now)
    for exam_id in session.scalars(
        select(ScheduledProcedureStep.id).where(
            ScheduledProcedureStep.patient_id == patient_id,
            ScheduledProcedureStep.status.in_(UNPLACED),
        )
    ):
        nudge.task(session, PLACE_TASK, exam_id)


def _after_slot_is_not_needed(
    session: Session, exam: ScheduledProcedureStep, *, actor: str, now: datetime
) -> None:
    booking.give_back(session, exam, now=now)
    sync_holds(session, exam, (), actor=actor, now=now)


def _permitted(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    room_id: int,
    *,
    actor: str,
    now: datetime,
) -> Candidate:
    """Return the room as a candidate, or say which rule or question stands in the way."""
    if assessment.blocks:
        raise RuleBlocksError(assessment.blocks[0].text, assessment.blocks)
    if assessment.holds:
        sync_holds(session, exam, assessment.questions, actor=actor, now=now)
        questions = " ".join(one.question for one in assessment.holds)
        raise RuleBlocksError(
            _("To be answered first: %(questions)s", questions=questions), assessment.holds
        )
    candidate = next((one for one in assessment.candidates if one.room.id == room_id), None)
    if candidate is None:
        raise RuleBlocksError(_("This room does not do %(modality)s.", modality=exam.modality), ())
    if candidate.obstacles:
        raise RuleBlocksError(" ".join(candidate.obstacles), ())
    return candidate
