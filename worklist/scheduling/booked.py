"""The calendar of a stretch with all that is booked in it, to be seen without some of the exams."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.assessment import Assessment
from worklist.scheduling.availability import Window, as_range
from worklist.scheduling.intervals import Interval, subtract
from worklist.scheduling.models import Reservation
from worklist.scheduling.walk import booked_window

_EXAMS = select(ScheduledProcedureStep).options(
    joinedload(ScheduledProcedureStep.patient, innerjoin=True),
    joinedload(ScheduledProcedureStep.requested_procedure, innerjoin=True).options(
        joinedload(RequestedProcedure.order, innerjoin=True),
        joinedload(RequestedProcedure.procedure, innerjoin=True),
    ),
    selectinload(ScheduledProcedureStep.holds),
)


class Booked:
    """What an exam's rooms and all else that it needs have booked around some starts.

    Args:
        session: Read at once here, a few statements.
        exam: Its own booking stands in nobody's way.
        assessment: Of the exam.
        starts: From the first to the last start that is asked about.
        now: The time.
    """

    def __init__(
        self,
        session: Session,
        exam: ScheduledProcedureStep,
        assessment: Assessment,
        starts: Interval,
        *,
        now: datetime,
    ) -> None:
        rooms = assessment.eligible
        turnover = max((one.turnover_minutes for one in rooms), default=0)
        after = timedelta(minutes=assessment.plan.minutes_after + turnover + 1)
        around = Interval(starts.start, starts.end + after)
        self._rank = exam.order.priority.rank
        self._patient_id = exam.patient_id
        self._window = booked_window(session, exam, assessment, around, now=now)
        in_rooms = select(Reservation.exam_id).where(
            Reservation.resource_id.in_([one.room.id for one in rooms]),
            Reservation.during.overlaps(as_range(around)),
            Reservation.exam_id != exam.id,
        )
        exams = session.scalars(_EXAMS.where(ScheduledProcedureStep.id.in_(in_rooms)))
        self._exams = {one.id: one for one in exams}
        self._held = _held_by(session, self._exams, exam.patient_id)

    def movable(self, room_id: int, during: Interval) -> list[ScheduledProcedureStep] | None:
        """Return the exams that hold the room then; None where one of them must stay."""
        found = [
            self._exams[exam_id]
            for exam_id, held in self._held.items()
            if any(one.resource_id == room_id and one.during.overlaps(during) for one in held)
        ]
        stays = any(
            one.status is not StepStatus.SCHEDULED or one.order.priority.rank <= self._rank
            for one in found
        )
        return None if stays else found

    def without(self, exams: Sequence[ScheduledProcedureStep]) -> "Vacated":
        """Return the calendar as it would be without these exams."""
        freed: dict[int | None, list[Interval]] = defaultdict(list)
        for exam in exams:
            for one in self._held[exam.id]:
                freed[one.resource_id].append(one.during)
        patient = subtract(self._window.patient_taken, freed.pop(None, []))
        resources = dict(self._window.resources)
        for resource_id, stretches in freed.items():
            calendar = resources.get(resource_id or 0)
            if calendar is not None:
                # What is left of the usable time once all that stays taken is gone.
                taken = subtract(calendar.usable, [*calendar.free, *stretches])
                free = tuple(subtract(calendar.usable, taken))
                resources[calendar.id] = replace(calendar, free=free)
        return Vacated(Window(resources, tuple(patient)))


@dataclass(frozen=True, slots=True)
class _Held:
    """A resource, or the patient (None), for a stretch."""

    resource_id: int | None
    during: Interval


def _held_by(
    session: Session, exam_ids: Iterable[int], patient_id: int
) -> defaultdict[int, list[_Held]]:
    """Return what each of the exams holds of resources, and of the patient where it is theirs."""
    rows = session.execute(
        select(
            Reservation.exam_id,
            Reservation.resource_id,
            func.lower(Reservation.during),
            func.upper(Reservation.during),
        ).where(
            Reservation.exam_id.in_(exam_ids),
            or_(Reservation.resource_id.is_not(None), Reservation.patient_id == patient_id),
        )
    )
    held: defaultdict[int, list[_Held]] = defaultdict(list)
    for exam_id, resource_id, start, end in rows:
        held[exam_id].append(_Held(resource_id, Interval(start, end)))
    return held


@dataclass(frozen=True, slots=True)
class Vacated:
    """A calendar that was read already; see `walk.Calendar`."""

    window: Window

    def within(self, _window: Interval) -> Window:
        """Return what was read: it holds every window that is asked for."""
        return self.window
