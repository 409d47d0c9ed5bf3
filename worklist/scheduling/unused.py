"""Why time in which a room is free was no time for an exam, in sentences."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo

from worklist.language.text import _, code, joined
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.intervals import Interval, clipped, overlapping, summed, without
from worklist.scheduling.wording import duration
from worklist.vocabulary import PatientClass, Priority


def unused(
    free: Sequence[Interval],
    stretch: Interval,
    assessment: Assessment,
    *,
    kept: bool,
    patient_taken: Sequence[Interval],
) -> Iterator[str]:
    """Yield why a room's free time in a stretch held no start, each with how long.

    Args:
        free: When the room is free, not only in the stretch; sorted and disjoint.
        stretch: From the earliest time looked at to the first slot.
        assessment: Of the exam.
        kept: Whether time of the room is kept for more urgent exams.
        patient_taken: When the patient has other exams, likewise; another sentence says that.
    """
    pieces = without(overlapping(free, stretch), patient_taken)
    stay = timedelta(minutes=assessment.plan.room_minutes)
    short, rest = _short_and_rest(pieces, _day_parts(stretch, assessment), stay)
    by_night = summed(clipped(pieces, stretch)) - short - rest
    # What is shorter than the grid on which exams start held nobody up.
    least = timedelta(minutes=assessment.policy.step_minutes)
    if by_night >= least:
        yield _(
            "It is free for %(length)s at times of the day when such an exam is not started.",
            length=duration(by_night),
        )
    if short >= least:
        yield _(
            "It is free for %(length)s in pieces that are too short for the exam.",
            length=duration(short),
        )
    if rest >= least:
        yield _rest(duration(rest), assessment, kept=kept)


def _short_and_rest(
    pieces: Sequence[Interval], parts: Sequence[Interval], stay: timedelta
) -> tuple[timedelta, timedelta]:
    """Return how much of the pieces lies in the parts: too short for a stay, and long enough."""
    short = rest = timedelta(0)
    position = 0
    for part in parts:
        while position < len(pieces) and pieces[position].end <= part.start:
            position += 1
        for piece in islice(pieces, position, None):
            if piece.start >= part.end:
                break
            start, end = max(piece.start, part.start), min(piece.end, part.end)
            # An exam that starts in the part may last beyond it.
            if piece.end - start < stay:
                short += end - start
            else:
                rest += end - start
    return short, rest


def _rest(length: str, assessment: Assessment, *, kept: bool) -> str:
    """Say why pieces that would be long enough did not do."""
    if kept:
        return _("It is free for %(length)s that are kept for more urgent patients.", length=length)
    kinds = {one.kind for one in assessment.plan.needs} | assessment.plan.on_duty
    if kinds:
        return _(
            "It is free for %(length)s when something else that the exam needs is not: %(names)s.",
            length=length,
            names=joined(code(kind) for kind in sorted(kinds)),
        )
    if assessment.avoided:
        return _("It is free for %(length)s at times that a rule excludes.", length=length)
    return _("It is free for %(length)s in pieces that do not hold the exam.", length=length)


def _day_parts(stretch: Interval, assessment: Assessment) -> list[Interval]:
    """Return between which times of the stretch's days the exam may start."""
    exam = assessment.exam
    part = assessment.policy.day_part(Priority(exam.priority), PatientClass(exam.patient_class))
    if part is None:
        return [stretch]
    first, last = part
    day = stretch.start.astimezone(assessment.zone).date()
    number = (stretch.end.astimezone(assessment.zone).date() - day).days + 1
    return clipped(_parts_of_days(day, number, first, last, assessment.zone), stretch)


@lru_cache(maxsize=500)
def _parts_of_days(
    day: date, number: int, first: time, last: time, zone: ZoneInfo
) -> tuple[Interval, ...]:
    """Return the same part of ``number`` days from one on, which many rooms have in common."""
    days = (day + timedelta(days=one) for one in range(number))
    return tuple(_day_part(one, first, last, zone) for one in days)


@lru_cache(maxsize=2_000)
def _day_part(day: date, first: time, last: time, zone: ZoneInfo) -> Interval:
    """Return between which moments of the day; ``last`` 00:00 is the end of it."""
    end_day = day + timedelta(days=last == time(0))
    return Interval(
        datetime.combine(day, first, zone).astimezone(UTC),
        datetime.combine(end_day, last, zone).astimezone(UTC),
    )
