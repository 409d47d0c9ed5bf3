"""Time and order between the exam that is judged and another one of the same patient."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from worklist.language.text import _
from worklist.rules.common import clock, is_emergency
from worklist.rules.facts import ExamFacts, PastExam
from worklist.rules.findings import Avoid, Delay, Finding, Sequence, Warn


@dataclass(frozen=True, slots=True)
class Gap:
    """Time to keep from another exam: ``after`` it, and ``before`` it where it is still to come."""

    rule: str
    why: str
    source: str
    after: timedelta
    before: timedelta


def keep(gap: Gap, exam: ExamFacts, other: PastExam, now: datetime) -> Iterable[Finding]:
    """Keep the gap from a done exam by a delay, from a booked one by leaving its time out."""
    opens, ends = other.starts_at - gap.before, other.starts_at + gap.after
    if ends <= now or opens == ends:
        return
    text = _(
        "The other exam is on %(clock)s: %(why)s.", clock=clock(local(other, now)), why=gap.why
    )
    if is_emergency(exam):
        if opens <= now:
            yield Warn(
                rule=gap.rule,
                text=_("%(text)s The emergency goes on.", text=text),
                source=gap.source,
            )
    elif other.starts_at <= now:
        yield Delay(rule=gap.rule, text=text, source=gap.source, not_before=ends)
    else:
        yield Avoid(rule=gap.rule, text=text, source=gap.source, after=opens, before=ends)


@dataclass(frozen=True, slots=True)
class Order:
    """A rule on which of two exams comes first, and why, as words after a colon."""

    rule: str
    why: str
    source: str


def comes_before(
    order: Order, exam: ExamFacts, other: PastExam, until: datetime, now: datetime
) -> Iterable[Finding]:
    """Let the exam end before a booked other one begins, or start after ``until``."""
    if other.starts_at <= now:
        return
    after = other.starts_at - timedelta(minutes=exam.duration_minutes)
    yield _sequence(order, exam, other, now, after=after, before=until, comes="before")


def comes_after(
    order: Order, exam: ExamFacts, other: PastExam, *, since: datetime, now: datetime
) -> Iterable[Finding]:
    """Let no exam start from ``since`` until a booked other one is over."""
    if other.starts_at <= now:
        return
    before = other.starts_at + timedelta(minutes=other.duration_minutes)
    yield _sequence(order, exam, other, now, after=since, before=before, comes="after")


def _sequence(
    order: Order,
    exam: ExamFacts,
    other: PastExam,
    now: datetime,
    *,
    after: datetime,
    before: datetime,
    comes: str,
) -> Finding:
    text = _(
        "The other exam is on %(clock)s; this one comes %(comes)s it: %(why)s.",
        clock=clock(local(other, now)),
        comes=comes,
        why=order.why,
    )
    if is_emergency(exam):
        return Warn(
            rule=order.rule,
            text=_("%(text)s The emergency goes on.", text=text),
            source=order.source,
        )
    return Sequence(
        rule=order.rule,
        text=text,
        source=order.source,
        after=after,
        before=before,
        comes=comes,
        other=other.procedure_code,
    )


def local(other: PastExam, now: datetime) -> datetime:
    """Return when the other exam is, in the zone of ``now``."""
    return other.starts_at.astimezone(now.tzinfo)


def day_of(other: PastExam, now: datetime) -> tuple[datetime, datetime]:
    """Return the midnights before and after the other exam, in the zone of ``now``."""
    start = datetime.combine(local(other, now).date(), time(0), tzinfo=now.tzinfo)
    end = datetime.combine(local(other, now).date() + timedelta(days=1), time(0), tzinfo=now.tzinfo)
    return start, end
