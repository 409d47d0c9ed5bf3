"""Look at booked exams again when something new is known of the patient or thresholds change.

A booking that turns out to be forbidden is given back; one that needs more keeps its time
where that is free; a question that it raises is opened, and the booking stays. What spoke against
a booking before, and was accepted, changes nothing.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.language.text import Text, _, code
from worklist.orders import trail
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import WITH_SLOT
from worklist.rules.serialise import essence, to_json
from worklist.scheduling import booking
from worklist.scheduling.assessment import Assessment, assess
from worklist.scheduling.attempts import Attempt, keep
from worklist.scheduling.models import PlacementOutcome
from worklist.scheduling.placement import sync_holds
from worklist.scheduling.search import slot_at
from worklist.scheduling.wording import moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booked exam, and what the rules say against its booking as far as is known.

    ``blocks`` forbid the exam altogether, ``misfits`` only its room or its time: each by what was
    found, so that other words for the same are nothing new, with its words. ``needs`` are the
    minutes for which it needs the room and each kind of resource, before the room and from then on.
    """

    exam: ScheduledProcedureStep
    blocks: Mapping[Hashable, str]
    misfits: Mapping[Hashable, str]
    needs: Mapping[tuple[str, bool], int]

    def new_blocks(self, old: "Booked") -> list[str]:
        """Return what forbids the exam now and did not before."""
        return sorted({text for ground, text in self.blocks.items() if ground not in old.blocks})

    def new_misfits(self, old: "Booked") -> list[str]:
        """Return what speaks against room and time now and did not before."""
        more = {
            _more(kind, minutes, before=before)
            for (kind, before), minutes in self.needs.items()
            if minutes > old.needs.get((kind, before), 0)
        }
        misfits = {text for ground, text in self.misfits.items() if ground not in old.misfits}
        return sorted(misfits | more)


def _more(kind: str, minutes: int, *, before: bool) -> Text:
    words = code(kind)
    if before:
        return _(
            "The exam now needs the %(kind)s for %(minutes)s minutes before it.",
            kind=words,
            minutes=minutes,
        )
    return _(
        "The exam now needs the %(kind)s for %(minutes)s minutes.", kind=words, minutes=minutes
    )


def judge_booked(session: Session, patient_id: int, *, now: datetime) -> list[Booked]:
    """Return what the rules say against the patient's bookings that are still to come.

    The exams are locked, in order, until the transaction ends.
    """
    step = ScheduledProcedureStep
    exams = session.scalars(
        select(step)
        .where(step.patient_id == patient_id, step.status.in_(WITH_SLOT), step.ends_at > now)
        .order_by(step.id)
        .with_for_update()
    ).all()
    return [judged(exam, assess(session, exam, now=now)) for exam in exams]


@contextmanager
def judging_anew(
    session: Session, patient_ids: Iterable[int | None], *, actor: str, now: datetime
) -> Iterator[None]:
    """Judge the patients' bookings before and after what happens inside, see `look_again`."""
    booked = [
        one
        for patient_id in sorted({known for known in patient_ids if known is not None})
        for one in judge_booked(session, patient_id, now=now)
    ]
    yield
    look_again(session, booked, actor=actor, now=now)


def look_again(session: Session, before: Sequence[Booked], *, actor: str, now: datetime) -> None:
    """Open the questions of each exam; extend a booking, or give back one that cannot stay.

    A patient who has arrived is moved only where the exam is forbidden; what else is new is noted
    in the trail.
    """
    for old in before:
        exam = old.exam
        assessment = assess(session, exam, now=now)
        new = judged(exam, assessment)
        blocks, misfits = new.new_blocks(old), new.new_misfits(old)
        sync_holds(session, exam, assessment.questions, actor=actor, now=now)
        reason = " ".join(blocks or misfits)
        if blocks:
            booking.unschedule(session, exam, reason=reason, actor=actor, now=now)
        elif misfits and exam.arrived_at is not None:
            _note(session, exam, reason, actor=actor, now=now)
        elif misfits and not _keeps_its_time(
            session, exam, assessment, reason, actor=actor, now=now
        ):
            booking.unschedule(session, exam, reason=reason, actor=actor, now=now)


def _note(
    session: Session, exam: ScheduledProcedureStep, reason: str, *, actor: str, now: datetime
) -> None:
    trail.record(
        session,
        exam,
        "exam.needs_changed",
        actor=actor,
        now=now,
        reason=reason,
    )


def _keeps_its_time(
    session: Session,
    exam: ScheduledProcedureStep,
    assessment: Assessment,
    reason: str,
    *,
    actor: str,
    now: datetime,
) -> bool:
    """Book what the exam needs now at the room and time that it has, if all of that is free."""
    room = next((one for one in assessment.eligible if one.room.id == exam.room_id), None)
    too_soon = assessment.not_before and exam.starts_at and exam.starts_at < assessment.not_before
    if room is None or exam.starts_at is None or too_soon:
        return False
    slot = slot_at(session, exam, assessment, room, exam.starts_at, now=now)
    if slot is None or not booking.take(
        session, exam, room.room, slot, assessment.plan, actor=actor, now=now
    ):
        return False
    summary = _(
        "%(room_code)s: the time stays, with what the exam needs now. %(reason)s",
        room_code=slot.room_code,
        reason=reason,
    )
    placed = Attempt(PlacementOutcome.PLACED, summary, chosen=slot)
    keep(session, exam, assessment, placed, actor=actor, now=now)
    return True


def judged(exam: ScheduledProcedureStep, assessment: Assessment) -> Booked:
    """Return what an assessment says against the exam's booking."""
    needs = {("room", False): assessment.plan.room_minutes}
    for need in assessment.plan.needs:
        key = (str(need.kind), need.offset_minutes < 0)
        needs[key] = max(need.duration_minutes, needs.get(key, 0))
    return Booked(
        exam=exam,
        blocks={essence(to_json(one)): one.text for one in assessment.blocks},
        misfits=dict(_misfits(exam, assessment)),
        needs=needs,
    )


def _misfits(
    exam: ScheduledProcedureStep, assessment: Assessment
) -> Iterable[tuple[Hashable, str]]:
    for candidate in assessment.candidates:
        if candidate.room.id == exam.room_id:
            yield from zip(candidate.grounds, candidate.obstacles, strict=True)
    starts_at = exam.starts_at
    if starts_at is None:
        return
    if assessment.not_before is not None and starts_at < assessment.not_before:
        earliest = moment(assessment.not_before, assessment.zone)
        yield (
            ("not before", assessment.not_before),
            _("The exam starts on %(earliest)s at the earliest.", earliest=earliest),
        )
    for one in assessment.avoided:
        if one.start < starts_at < one.end:
            yield one, _("A rule wants the exam at another time.")
