"""Look at booked exams again when something new is known of the patient.

A booking that a new fact turns out to forbid is given back; a question that it raises is opened,
and the booking stays. What spoke against a booking before, and was accepted, changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.placement import sync_holds
from worklist.scheduling.wording import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booked exam, and what the rules say against its booking as far as is known.

    ``blocks`` forbid the exam altogether, ``misfits`` only its room or its time; ``needs`` are the
    minutes for which it needs the room and each kind of resource, before the room and from then on.
    """

    exam: ScheduledProcedureStep
    blocks: frozenset[str]
    misfits: frozenset[str]
    needs: Mapping[tuple[str, bool], int]

    def is_worse_than(self, old: "Booked") -> frozenset[str]:
        """Return what speaks against the booking now and did not before."""
        more = {
            f"The exam needs {_words(kind)} for {minutes} minutes{' before' if before else ''} now."
            for (kind, before), minutes in self.needs.items()
            if minutes > old.needs.get((kind, before), 0)
        }
        return (self.misfits - old.misfits) | more


def _words(kind: str) -> str:
    return f"the {kind.replace('_', ' ')}"


def booked_exams(
    session: Session, patient_id: int, *, now: datetime
) -> list[ScheduledProcedureStep]:
    """Return the patient's exams that have a slot still to come, locked in order."""
    step = ScheduledProcedureStep
    return list(
        session.scalars(
            select(step)
            .where(step.patient_id == patient_id, step.status.in_(WITH_SLOT), step.ends_at > now)
            .order_by(step.id)
            .with_for_update()
        )
    )


def judge(session: Session, exam: ScheduledProcedureStep, *, now: datetime) -> Booked:
    """Return what the rules say against the exam's booking now."""
    return _judged(exam, assess(session, exam, now=now))


def judge_again(
    session: Session, before: Sequence[Booked], *, actor: str, now: datetime
) -> Iterator[tuple[ScheduledProcedureStep, str]]:
    """Open the questions of each exam, and yield those whose booking cannot stay, with the reason.

    A patient who has arrived is moved only where the exam is forbidden; what else is new is noted
    in the trail.
    """
    for old in before:
        exam = old.exam
        assessment = assess(session, exam, now=now)
        new = _judged(exam, assessment)
        blocks, misfits = new.blocks - old.blocks, new.is_worse_than(old)
        if blocks or (misfits and exam.arrived_at is None):
            yield exam, " ".join(sorted(blocks or misfits))
            continue
        sync_holds(session, exam, assessment.questions, actor=actor, now=now)
        if misfits:
            audit.record(
                session,
                "exam.needs_changed",
                actor=actor,
                now=now,
                patient_id=exam.patient_id,
                order_id=exam.order.id,
                exam_id=exam.id,
                reason=" ".join(sorted(misfits)),
            )


def _judged(exam: ScheduledProcedureStep, assessment: Assessment) -> Booked:
    needs = {("room", False): assessment.plan.room_minutes}
    for need in assessment.plan.needs:
        key = (str(need.kind), need.offset_minutes < 0)
        needs[key] = max(need.duration_minutes, needs.get(key, 0))
    return Booked(
        exam=exam,
        blocks=frozenset(one.text for one in assessment.blocks),
        misfits=frozenset(_misfits(exam, assessment)),
        needs=needs,
    )


def _misfits(exam: ScheduledProcedureStep, assessment: Assessment) -> Iterable[str]:
    for candidate in assessment.candidates:
        if candidate.room.id == exam.room_id:
            yield from candidate.obstacles
    starts_at = exam.starts_at
    if starts_at is None:
        return
    if assessment.not_before is not None and starts_at < assessment.not_before:
        earliest = moment(assessment.not_before, assessment.zone)
        yield f"The exam starts on {earliest} at the earliest."
    if any(one.start < starts_at < one.end for one in assessment.avoided):
        yield "A rule wants the exam at another time."
