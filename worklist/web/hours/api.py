"""Hours, closures and blocks for programs."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.models import Block, Closure, OpeningHours, Resource
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import closing
from worklist.scheduling.intervals import Interval, WeeklyHours
from worklist.web import context
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import Day, Done, Input, Moment, Output, Reason, Sentence, TimeOfDay
from worklist.web.api.operations import Operations
from worklist.web.hours import lines
from worklist.web.hours.page import resource_of
from worklist.web.hours.week import Strip, week_of

api = Operations("Hours", "When rooms, bays and staff can be used: hours, closures, blocks.")

Purpose = Literal["E", "I", "O", "screening"]
_CLOSES = r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$"


class WeekQuery(Input):
    """The week is that of the day, by default this one."""

    day: Day | None = None


class HoursLine(Input):
    """A stretch of weekly hours in the site's zone: ``weekday`` 1 is Monday, 0 a holiday."""

    weekday: Annotated[int, Field(ge=0, le=7)]
    opens: TimeOfDay
    closes: Annotated[str, StringConstraints(pattern=_CLOSES)]
    valid_from: Day | None = None
    valid_until: Day | None = None


class WeeklyPlan(Input):
    """All the weekly hours: they take the place of those before."""

    lines: Annotated[list[HoursLine], Field(max_length=200)]


class ResourceClosure(Output):
    """A stretch in which a resource cannot be used."""

    id: int
    starts_at: datetime | None
    ends_at: datetime | None
    reason: str


class ResourceBlock(Output):
    """Time kept for a purpose until ``release_hours`` before it begins."""

    id: int
    starts_at: datetime | None
    ends_at: datetime | None
    purpose: str
    release_hours: int


class Stretch(Output):
    """A stretch of a day that is closed, busy, or kept: see ``kind``."""

    kind: str
    text: str
    starts_at: datetime
    ends_at: datetime


class DayPlan(Output):
    """One day of the week."""

    day: date
    exams: int
    stretches: list[Stretch]


class Week(Output):
    """A resource's week; ``displaced`` are exams that must leave their slot in it."""

    code: str
    name: str
    time_zone: str
    days: list[DayPlan]
    hours: list[HoursLine]
    closures: list[ResourceClosure]
    blocks: list[ResourceBlock]
    displaced: list[ExamSummary]


class NewClosure(Input):
    """A stretch to close, and why: patients are told."""

    starts_at: Moment
    ends_at: Moment
    reason: Annotated[Reason, StringConstraints(max_length=200)]


class NewBlock(Input):
    """A stretch to keep, what for, and how many hours before it everybody may have it."""

    starts_at: Moment
    ends_at: Moment
    purpose: Purpose
    release_hours: Annotated[int, Field(ge=0, le=24 * 366)] = 0


class Leaving(Output):
    """What was done, and the booked exams that must have other slots now."""

    text: Sentence
    exams: list[ExamSummary]

    @classmethod
    def of(cls, text: str, exams: Sequence[ScheduledProcedureStep]) -> Self:
        """Describe what was done."""
        return cls(text=text, exams=[ExamSummary.of(one) for one in exams])


@api.get("/resources/<code>/week", Permission.SEE_SCHEDULE, twins="hours.week")
def read_week(session: Session, code: str, query: WeekQuery) -> Week:
    """Return the week of a room, bay or member of staff."""
    resource = resource_of(session, code)
    day = query.day or context.today()
    monday = date.fromisocalendar(*day.isocalendar()[:2], 1)
    shown = week_of(session, resource, monday, now=context.now())
    return Week(
        code=resource.code,
        name=resource.name,
        time_zone=resource.site.time_zone,
        days=[
            DayPlan(
                day=one.day, exams=one.exams, stretches=[_stretch(strip) for strip in one.strips]
            )
            for one in shown.days
        ],
        hours=[_line(one) for one in shown.hours],
        closures=[_closure(one) for one in shown.closures],
        blocks=[_block(one) for one in shown.blocks],
        displaced=[ExamSummary.of(one) for one in shown.displaced],
    )


@api.put(
    "/resources/<code>/hours",
    Permission.ADMINISTER,
    twins="hours.change administration.change_hours administration.hours",
)
def change_hours(session: Session, code: str, body: WeeklyPlan) -> Leaving:
    """Give a resource other weekly hours."""
    resource = resource_of(session, code)
    leaving = closing.change_hours(
        session, resource.id, _read(body), actor=context.actor(), now=context.now()
    )
    return Leaving.of(_("The hours are changed."), leaving)


@api.post("/resources/<code>/closures", Permission.BOOK, twins="hours.close")
def close_resource(session: Session, code: str, body: NewClosure) -> Leaving:
    """Close a resource for a stretch; nobody is moved without a person's word."""
    leaving = closing.close(
        session,
        resource_of(session, code).id,
        Interval(body.starts_at, body.ends_at),
        body.reason,
        actor=context.actor(),
        now=context.now(),
    )
    return Leaving.of(_("%(code)s is closed then.", code=code), leaving)


@api.post("/resources/<code>/closures/<int:closure_id>/end", Permission.BOOK, twins="hours.reopen")
def reopen_resource(session: Session, code: str, closure_id: int) -> Done:
    """Take a closure away; one that has begun ends now."""
    _require_own(resource_of(session, code), session.get(Closure, closure_id))
    closing.reopen(session, closure_id, actor=context.actor(), now=context.now())
    return Done(text=_("%(code)s is open again.", code=code))


@api.post("/resources/<code>/blocks", Permission.BOOK, twins="hours.keep")
def keep_time(session: Session, code: str, body: NewBlock) -> Leaving:
    """Keep time for a purpose."""
    leaving = closing.keep_for(
        session,
        resource_of(session, code).id,
        Interval(body.starts_at, body.ends_at),
        body.purpose,
        release_hours=body.release_hours,
        actor=context.actor(),
        now=context.now(),
    )
    return Leaving.of(_("The time is kept."), leaving)


@api.post("/resources/<code>/blocks/<int:block_id>/end", Permission.BOOK, twins="hours.give_up")
def give_time_up(session: Session, code: str, block_id: int) -> Done:
    """Take a block away: its time is everybody's."""
    _require_own(resource_of(session, code), session.get(Block, block_id))
    closing.give_up(session, block_id, actor=context.actor(), now=context.now())
    return Done(text=_("The time in %(code)s is everybody's again.", code=code))


def _require_own(resource: Resource, found: Closure | Block | None) -> None:
    if found is None or found.resource_id != resource.id:
        raise NotFoundError(f"{resource.code} has none with this number.")


def _read(body: WeeklyPlan) -> list[WeeklyHours]:
    """Return the lines, those of each day and season checked against each other."""

    def season(line: HoursLine) -> tuple[date, date, int]:
        return line.valid_from or date.min, line.valid_until or date.max, line.weekday

    found: list[WeeklyHours] = []
    for (first, last, weekday), group in groupby(sorted(body.lines, key=season), key=season):
        if last < first:
            raise DomainError(f"valid_until {last} lies before valid_from {first}.")
        stretches = ", ".join(f"{one.opens}-{one.closes}" for one in group)
        found += [
            one._replace(
                valid_from=None if first == date.min else first,
                valid_until=None if last == date.max else last,
            )
            for one in lines.read_day(weekday, stretches)
        ]
    if len({(one.weekday, one.opens, one.valid_from) for one in found}) < len(found):
        raise DomainError("Two lines of a weekday open at one time in seasons that begin together.")
    return found


def _line(hours: OpeningHours) -> HoursLine:
    closes = hours.closes.strftime("%H:%M")
    return HoursLine(
        weekday=hours.weekday,
        opens=hours.opens.strftime("%H:%M"),
        closes="24:00" if closes == "00:00" else closes,
        valid_from=hours.valid_from,
        valid_until=hours.valid_until,
    )


def _stretch(strip: Strip) -> Stretch:
    return Stretch(
        kind=strip.kind, text=strip.text, starts_at=strip.during.start, ends_at=strip.during.end
    )


def _closure(closure: Closure) -> ResourceClosure:
    return ResourceClosure(
        id=closure.id,
        starts_at=closure.during.lower,
        ends_at=closure.during.upper,
        reason=closure.reason,
    )


def _block(block: Block) -> ResourceBlock:
    return ResourceBlock(
        id=block.id,
        starts_at=block.during.lower,
        ends_at=block.during.upper,
        purpose=block.purpose,
        release_hours=block.release_hours,
    )
