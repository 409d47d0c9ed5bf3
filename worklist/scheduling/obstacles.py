"""What stood in the way of an earlier time, in sentences that a clerk can read to a patient."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules.findings import Avoid, DailyWindows, Delay
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.availability import Cause, ResourceCalendar, Window
from worklist.scheduling.intervals import Interval, clipped, common, summed, together, union
from worklist.scheduling.search import Found
from worklist.scheduling.unused import unused
from worklist.scheduling.wording import duration, moment


def before_any_room(
    assessment: Assessment, found: Found, wanted_at: datetime | None, now: datetime
) -> list[str]:
    """Say what keeps the exam from every room until the earliest time looked at.

    ``wanted_at`` is when the order asks for the exam, None where at once.
    """
    sentences: list[str] = [
        _(
            "Not before %(moment)s: %(text)s",
            moment=moment(one.not_before, assessment.zone),
            text=one.text,
        )
        for one in assessment.findings
        if isinstance(one, Delay) and one.not_before > now
    ]
    ready = found.earliest - timedelta(minutes=assessment.plan.minutes_before)
    if not sentences and ready > now:
        ordered = wanted_at is not None and wanted_at >= ready
        sentences.append(_not_ready(moment(ready, assessment.zone), ordered=ordered))
    if assessment.plan.minutes_before:
        length = duration(timedelta(minutes=assessment.plan.minutes_before))
        sentences.append(
            _("The patient is prepared for %(length)s before going into the room.", length=length)
        )
    sentences += [
        _(
            "No start between %(moment)s and %(until)s: %(text)s",
            moment=moment(one.after, assessment.zone),
            until=moment(one.before, assessment.zone),
            text=one.text,
        )
        for one in assessment.findings
        if isinstance(one, Avoid) and one.before > found.earliest
    ]
    sentences += [one.text for one in assessment.findings if isinstance(one, DailyWindows)]
    return sentences


def _not_ready(when: str, *, ordered: bool) -> str:
    if ordered:
        return _("Not before %(when)s: the order asks for a time from then on.", when=when)
    return _("Not before %(when)s: the patient needs that long to get here.", when=when)


def before_slot(
    room_id: int,
    windows: Sequence[Window],
    stretch: Interval,
    assessment: Assessment,
    *,
    kept: bool,
) -> list[str]:
    """Say what took the room, and the patient, in a stretch in which the exam found no place.

    Args:
        room_id: Which room.
        windows: The parts of the calendar that were read.
        stretch: From the earliest time looked at to the first slot.
        assessment: Of the exam.
        kept: Whether time of the room is kept for more urgent exams.
    """
    # Exams start on a grid: what is shorter than its step held nobody up.
    if stretch.end - stretch.start < timedelta(minutes=assessment.policy.step_minutes):
        return []
    calendars = [one.resources[room_id] for one in windows if room_id in one.resources]
    if not calendars:
        return []
    patient = union(one for window in windows for one in window.patient_taken)
    free = together(one.free for one in calendars)
    found = [*_taken(calendars, stretch), *_patient(patient, stretch)]
    found += unused(free, stretch, assessment, kept=kept, patient_taken=patient)
    if not found:
        return []
    zone = calendars[0].zone
    looked = _(
        "We looked for a time in %(code)s from %(first)s to %(last)s.",
        code=calendars[0].code,
        first=moment(stretch.start, zone),
        last=moment(stretch.end, zone),
    )
    return [looked, *found]


def _taken(calendars: Sequence[ResourceCalendar], stretch: Interval) -> Iterator[str]:
    """Say how long the room is shut, and for how long of its hours each cause takes it."""
    open_time = clipped(together(one.opening for one in calendars), stretch)
    shut = (stretch.end - stretch.start) - summed(open_time)
    if shut:
        yield _("It is outside its opening hours for %(shut)s of that.", shut=duration(shut))
    if length := common(together(one.booked for one in calendars), open_time):
        yield _("Other patients are booked there for %(length)s.", length=duration(length))
    by_cause: dict[tuple[Cause, str], list[Interval]] = defaultdict(list)
    for calendar in calendars:
        for during, cause, text in calendar.taken:
            if during.overlaps(stretch):
                by_cause[cause, text].append(during)
    for (cause, text), intervals in sorted(by_cause.items()):
        if length := common(union(intervals), open_time):
            yield _sentence(cause, text, duration(length))


def _patient(taken: Sequence[Interval], stretch: Interval) -> Iterator[str]:
    if length := common(taken, [stretch]):
        yield _("The patient has another exam for %(length)s of that.", length=duration(length))


def _sentence(cause: Cause, text: str, length: str) -> str:
    if cause is Cause.CLOSED:
        return _("It is closed for %(length)s (%(reason)s).", length=length, reason=text)
    if cause is Cause.BLOCKED:
        return _(
            "%(length)s of its time are kept for %(purpose)s.",
            length=length,
            purpose=_purpose(text),
        )
    return _("It has the hours of a public holiday (%(name)s).", name=text)


_PURPOSES = {
    "E": _("emergencies"),
    "I": _("inpatients"),
    "O": _("outpatients"),
    "screening": _("screening exams"),
}


def _purpose(text: str) -> str:
    if text.startswith("referrer:"):
        return _("patients of %(referrer)s", referrer=text.removeprefix("referrer:"))
    return _PURPOSES.get(text, text)
