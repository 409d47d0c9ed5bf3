"""What stood in the way of an earlier time, in sentences that a clerk can read to a patient."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from worklist.language.text import _
from worklist.rules.findings import Avoid, DailyWindows, Delay
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.availability import Cause, ResourceCalendar, Window
from worklist.scheduling.intervals import Interval, subtract, total, union
from worklist.scheduling.search import Found
from worklist.scheduling.wording import duration, moment


def before_any_room(assessment: Assessment, found: Found, now: datetime) -> list[str]:
    """Say what keeps the exam from every room until the earliest time looked at."""
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
        when = moment(ready, assessment.zone)
        sentences.append(_("Not before %(when)s: so long the patient needs to come.", when=when))
    if assessment.plan.minutes_before:
        length = duration(timedelta(minutes=assessment.plan.minutes_before))
        sentences.append(
            _("The exam begins %(length)s before the room, with preparation.", length=length)
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


def before_slot(room_id: int, windows: Sequence[Window], stretch: Interval) -> list[str]:
    """Say what took the room, and the patient, in a stretch in which the exam found no place.

    Args:
        room_id: Which room.
        windows: The parts of the calendar that were read.
        stretch: From the earliest time looked at to the first slot.
    """
    if stretch.start >= stretch.end:
        return []
    calendars = [one.resources[room_id] for one in windows if room_id in one.resources]
    parts = [*_parts(calendars, stretch), *_patient(windows, stretch)]
    free = union(one for calendar in calendars for one in calendar.free)
    left = timedelta(seconds=total(free, stretch))
    if left:
        parts.append(
            _("free %(duration)s, in pieces that do not hold the exam", duration=duration(left))
        )
    if not parts or not calendars:
        return []
    zone = calendars[0].zone
    first, last = moment(stretch.start, zone), moment(stretch.end, zone)
    return [
        _(
            "From %(first)s to %(last)s %(code)s is %(parts)s.",
            first=first,
            last=last,
            code=calendars[0].code,
            parts=", ".join(parts),
        )
    ]


def _parts(calendars: Sequence[ResourceCalendar], stretch: Interval) -> Iterator[str]:
    by_words: dict[str, list[Interval]] = defaultdict(list)
    for calendar in calendars:
        for taken in calendar.taken:
            by_words[_words(taken.cause, taken.text)].append(taken.during)
    open_time = union(one for calendar in calendars for one in _open(calendar))
    shut = subtract([stretch], open_time)
    if shut:
        yield _("shut %(duration)s", duration=duration(_length(shut, stretch)))
    for words, intervals in sorted(by_words.items()):
        within_hours = subtract(open_time, subtract([stretch], intervals))
        length = _length(within_hours, stretch)
        if length:
            yield f"{words} {duration(length)}"


def _open(calendar: ResourceCalendar) -> Iterable[Interval]:
    """Return the opening hours again: usable time, and what closures and blocks took of it."""
    taken = [one.during for one in calendar.taken if one.cause in {Cause.CLOSED, Cause.BLOCKED}]
    return [*calendar.usable, *taken]


def _patient(windows: Sequence[Window], stretch: Interval) -> Iterator[str]:
    own = union(one for window in windows for one in window.patient_taken)
    length = _length(own, stretch)
    if length:
        yield _(
            "not to be had while the patient has another exam (%(duration)s)",
            duration=duration(length),
        )


def _length(intervals: Iterable[Interval], stretch: Interval) -> timedelta:
    return timedelta(seconds=total(union(intervals), stretch))


def _words(cause: Cause, text: str) -> str:
    if cause is Cause.CLOSED:
        return _("closed (%(text)s)", text=text)
    if cause is Cause.BLOCKED:
        return _("kept for %(purpose)s", purpose=_purpose(text))
    if cause is Cause.HOLIDAY:
        return _("on holiday hours (%(text)s)", text=text)
    return "booked"


_PURPOSES = {"E": _("emergencies"), "I": _("inpatients"), "O": _("outpatients")}


def _purpose(text: str) -> str:
    if text.startswith("referrer:"):
        return _("patients of %(referrer)s", referrer=text.removeprefix("referrer:"))
    return _PURPOSES.get(text, text)
