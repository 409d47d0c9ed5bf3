"""The department's numbers: how soon exams are wanted and read, and how a slot is chosen."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from worklist.orders.models import ImagingServiceRequest
from worklist.vocabulary import Category, PatientClass, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Numbers of placement and reading. Every cost of a slot is in minutes of waiting.

    Attributes:
        target: Within which time of the order an exam of each priority should begin.
        notice: How long an outpatient needs to come, by priority.
        patience: How many minutes of waiting one unit of the preferences is worth.
        overdue_factor: How many times a minute beyond the target counts.
        missed_preference: Units for a room without a capability that a rule prefers.
        spare_capability: Units for a capability that is spent on an exam without need, times the
            share of the modality's rooms that do not have it.
        fragment: Units for leaving a gap in the room that no exam fits into.
        fragment_minutes: Gaps shorter than this are of no use.
        other_day: Units for having an outpatient come on a different day from their other exams.
        kept_free: By priority, shares of a room's time that are kept for more urgent exams while
            that time is still so far off: pairs of time before the slot and share.
        kept_hours: The share is kept of every stretch of so many hours.
        other_site: Units for sending a patient to a site other than the one they prefer or are at.
        other_time: Units for a start at a time of day that a rule would rather not have.
        daytime: Between which wall-clock times ASAP and ROUTINE exams start, and URGENT ones of
            outpatients.
        step_minutes: Exams start at multiples of this.
        horizon: How far ahead to look.
        read_within: From "exam performed" to "read", by priority.
        told_within: From a critical finding raised to somebody told of it, by category.
        used_percent: How much of their open time rooms should be used at least. No guideline
            says it: a number to begin with, for the department to set.
        missed_percent: How many of the patients expected may stay away; likewise.
        remind_hours: How long before their appointment outpatients are reminded, longest first.
        remind_least_hours: Nobody is reminded later than so long before.
    """

    target: dict[Priority, timedelta] = field(
        default_factory=lambda: {
            Priority.STAT: timedelta(hours=1),
            Priority.URGENT: timedelta(hours=24),
            Priority.ASAP: timedelta(days=7),
            Priority.ROUTINE: timedelta(days=28),
        }
    )
    notice: dict[Priority, timedelta] = field(
        default_factory=lambda: {
            Priority.STAT: timedelta(0),
            Priority.URGENT: timedelta(minutes=30),
            Priority.ASAP: timedelta(hours=2),
            Priority.ROUTINE: timedelta(hours=24),
        }
    )
    patience: dict[Priority, int] = field(
        default_factory=lambda: {
            Priority.STAT: 0,
            Priority.URGENT: 15,
            Priority.ASAP: 60,
            Priority.ROUTINE: 120,
        }
    )
    overdue_factor: float = 10.0
    missed_preference: float = 2.0
    spare_capability: float = 1.0
    fragment: float = 0.25
    fragment_minutes: int = 15
    other_day: float = 24.0
    other_site: float = 12.0
    other_time: float = 10.0
    kept_free: dict[Priority, tuple[tuple[timedelta, float], ...]] = field(default_factory=dict)
    kept_hours: int = 2
    daytime: tuple[time, time] = (time(7), time(20))
    step_minutes: int = 5
    horizon: timedelta = timedelta(days=60)
    read_within: dict[Priority, timedelta] = field(
        default_factory=lambda: {
            Priority.STAT: timedelta(minutes=30),
            Priority.URGENT: timedelta(hours=1),
            Priority.ASAP: timedelta(hours=4),
            Priority.ROUTINE: timedelta(hours=24),
        }
    )
    told_within: dict[Category, timedelta] = field(
        default_factory=lambda: {
            Category.MINUTES: timedelta(minutes=30),
            Category.HOURS: timedelta(hours=6),
            Category.DAYS: timedelta(days=3),
        }
    )

    used_percent: int = 80
    missed_percent: int = 5
    remind_hours: tuple[int, ...] = ()
    remind_least_hours: int = 2

    def reminder_due(self, ahead: timedelta) -> int:
        """Return the lead, in hours, of the reminder that is due ``ahead`` of a slot; 0: none."""
        hours = ahead / timedelta(hours=1)
        return min((lead for lead in self.remind_hours if hours <= lead), default=0)

    def day_part(self, priority: Priority, patient_class: PatientClass) -> tuple[time, time] | None:
        """Return between which wall-clock times such an exam may start; None: at any."""
        outpatient = patient_class is PatientClass.OUTPATIENT
        at_any = priority is Priority.STAT or (priority is Priority.URGENT and not outpatient)
        return None if at_any else self.daytime

    def kept_share(self, priority: Priority, ahead: timedelta) -> float:
        """Return the share of a room's day that such an exam leaves free, ``ahead`` of the slot."""
        kept = 0.0
        for before, share in self.kept_free.get(priority, ()):
            if ahead >= before and share > kept:
                kept = share
        return kept

    def earliest(self, order: ImagingServiceRequest, now: datetime) -> datetime:
        """Return the first moment at which the patient can be there.

        Inpatients and emergencies are in the house; an outpatient gets notice. A time wanted by
        the orderer is never undercut.
        """
        outpatient = order.patient_class is PatientClass.OUTPATIENT
        notice = self.notice[order.priority] if outpatient else timedelta(0)
        return max(now + notice, order.wanted_at or now)
