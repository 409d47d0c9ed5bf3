"""How soon exams are wanted and how a room is chosen: the department's numbers."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from worklist.orders.models import ImagingServiceRequest
from worklist.vocabulary import PatientClass, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Numbers of placement.

    Attributes:
        target: Within which time of the order an exam of each priority should begin.
        notice: How long an outpatient needs to come, by priority.
        step_minutes: Exams start at multiples of this.
        tolerance: How much later than the earliest time a better fitting room may be, by priority.
        horizons: How far ahead to look, nearest first; the next is looked at when one is full.
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
    tolerance: dict[Priority, timedelta] = field(
        default_factory=lambda: {
            Priority.STAT: timedelta(0),
            Priority.URGENT: timedelta(minutes=15),
            Priority.ASAP: timedelta(minutes=60),
            Priority.ROUTINE: timedelta(minutes=120),
        }
    )
    step_minutes: int = 5
    horizons: tuple[timedelta, ...] = (
        timedelta(days=2),
        timedelta(days=14),
        timedelta(days=60),
    )

    def earliest(self, order: ImagingServiceRequest, now: datetime) -> datetime:
        """Return the first moment at which the patient can be there.

        Inpatients and emergencies are in the house; an outpatient gets notice. A time wanted by
        the orderer is never undercut.
        """
        outpatient = order.patient_class is PatientClass.OUTPATIENT
        notice = self.notice[order.priority] if outpatient else timedelta(0)
        return max(now + notice, order.wanted_at or now)
