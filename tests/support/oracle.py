"""The invariants of scheduling, written once more as plainly as can be, to check the engine by.

Nothing here uses the engine's calendar: rows are read and every minute is looked at by itself.
"""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from worklist.catalogue.models import Block, Closure, OpeningHours, Resource, ResourceKind
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.assessment import assess
from worklist.scheduling.candidates import Candidate
from worklist.scheduling.models import Reservation
from worklist.scheduling.phases import ROOM_PHASE, Plan
from worklist.vocabulary import Priority

_MINUTE = timedelta(minutes=1)


class Oracle:
    """Rows of one moment."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.reservations = session.scalars(select(Reservation)).all()
        self.closures = session.scalars(select(Closure)).all()
        self.blocks = session.scalars(select(Block)).all()
        self.hours = session.scalars(select(OpeningHours)).all()
        self.resources = session.scalars(select(Resource)).all()

    def is_open(self, resource_id: int, start: datetime, end: datetime) -> bool:
        """Return whether every minute lies in a line of hours and in no closure (UTC site)."""
        moment = start
        while moment < end:
            if not any(
                line.resource_id == resource_id
                and line.weekday == moment.isoweekday()
                and line.opens <= moment.time()
                and (line.closes == time(0) or moment.time() < line.closes)
                for line in self.hours
            ):
                return False
            moment += _MINUTE
        return not any(
            one.resource_id == resource_id and _shares(one.during, start, end)
            for one in self.closures
        )

    def is_kept(self, resource_id: int, start: datetime, end: datetime, *, stat: bool) -> bool:
        """Return whether a part is kept for emergencies, which STAT exams count as."""
        return not stat and any(
            one.resource_id == resource_id and _shares(one.during, start, end)
            for one in self.blocks
        )

    def is_free(self, column: str, owner: int, start: datetime, end: datetime) -> bool:
        """Return whether no reservation of the resource or patient overlaps."""
        return not any(
            getattr(one, column) == owner and _shares(one.during, start, end)
            for one in self.reservations
        )

    def could_start(
        self, candidate: Candidate, plan: Plan, patient: int, start: datetime, *, stat: bool
    ) -> bool:
        """Return whether the exam could enter this room at this time."""
        room = candidate.room.id
        end = start + timedelta(minutes=plan.room_minutes)
        turned = end + timedelta(minutes=candidate.turnover_minutes)
        if not self._is_usable(room, start, end, stat=stat):
            return False
        if not self.is_free("resource_id", room, start, end):
            return False
        if self._is_usable(room, end, end + _MINUTE, stat=stat) and not self.is_free(
            "resource_id", room, start, turned
        ):
            return False
        return all(
            self.is_free("patient_id", patient, *interval)
            for interval in plan.patient_intervals(start)
        ) and all(self._has(need.kind, *need.during(start)) for need in plan.needs)

    def _is_usable(self, room: int, start: datetime, end: datetime, *, stat: bool) -> bool:
        return self.is_open(room, start, end) and not self.is_kept(room, start, end, stat=stat)

    def _has(self, kind: ResourceKind, start: datetime, end: datetime) -> bool:
        return any(
            one.kind is kind
            and self.is_open(one.id, start, end)
            and self.is_free("resource_id", one.id, start, end)
            for one in self.resources
        )

    def _attending(self, plan: Plan, start: datetime) -> set[ResourceKind]:
        """Return the kinds of which, where the site has any, somebody is at work each minute."""
        found = set()
        for kind in plan.on_duty:
            staff = [one.id for one in self.resources if one.kind is kind]
            if not staff or all(
                any(self.is_open(one, moment, moment + _MINUTE) for one in staff)
                for moment in (start + number * _MINUTE for number in range(plan.room_minutes))
            ):
                found.add(kind)
        return found

    def violations(self, now: datetime) -> Iterator[str]:
        """Yield every broken invariant in words."""
        doubles = text(
            "SELECT a.id, b.id FROM reservations a JOIN reservations b ON a.id < b.id"
            " AND a.during && b.during"
            " AND (a.resource_id = b.resource_id OR a.patient_id = b.patient_id)"
        )
        for first, second in self.session.execute(doubles):
            yield f"reservations {first} and {second} overlap"
        for exam in self.session.scalars(select(ScheduledProcedureStep)):
            own = [one for one in self.reservations if one.exam_id == exam.id]
            if exam.status is not StepStatus.SCHEDULED:
                if own or exam.room_id is not None or exam.starts_at is not None:
                    yield f"exam {exam.id} is {exam.status} and has a slot"
                continue
            yield from self._of_booked(exam, own, now)

    def _of_booked(
        self, exam: ScheduledProcedureStep, own: list[Reservation], now: datetime
    ) -> Iterator[str]:
        assert exam.starts_at is not None
        kinds = {one.id: one.kind for one in self.resources}
        assessment = assess(self.session, exam, now=now)
        if assessment.blocks:
            yield f"exam {exam.id} is booked although {assessment.blocks[0].rule} forbids it"
        if exam.room_id not in {one.room.id for one in assessment.eligible}:
            yield f"exam {exam.id} is in a room that cannot take it"
        for one in own:
            start, end = one.during.lower, one.during.upper
            assert start is not None
            assert end is not None
            if one.resource_id is not None and not self.is_open(one.resource_id, start, end):
                yield f"exam {exam.id} has {one.phase} while {one.resource_id} is shut"
            stat = exam.order.priority is Priority.STAT
            if one.resource_id is not None and self.is_kept(one.resource_id, start, end, stat=stat):
                yield f"exam {exam.id} has {one.phase} in time that is kept for others"
        yield from _of_room(exam, own)
        plan = assessment.plan
        for kind in plan.on_duty - self._attending(plan, exam.starts_at):
            yield f"exam {exam.id} has no {kind} at work at its site"
        for need in assessment.plan.needs:
            held = {
                (one.during.lower, one.during.upper)
                for one in own
                if one.resource_id is not None and kinds[one.resource_id] is need.kind
            }
            if need.during(exam.starts_at) not in held:
                yield f"exam {exam.id} lacks {need.phase}"
        present = {
            (one.during.lower, one.during.upper) for one in own if one.patient_id == exam.patient_id
        }
        if present != set(assessment.plan.patient_intervals(exam.starts_at)):
            yield f"exam {exam.id} does not have its patient"


def _shares(during: Range[datetime], start: datetime, end: datetime) -> bool:
    assert during.lower is not None
    assert during.upper is not None
    return during.lower < end and start < during.upper


def _of_room(exam: ScheduledProcedureStep, own: list[Reservation]) -> Iterator[str]:
    rooms = [one for one in own if one.phase == ROOM_PHASE]
    if [one.resource_id for one in rooms] != [exam.room_id]:
        yield f"exam {exam.id} does not have its room"
        return
    start, end = rooms[0].during.lower, rooms[0].during.upper
    if start != exam.starts_at or end is None or exam.ends_at is None or end < exam.ends_at:
        yield f"exam {exam.id} does not have its room for its time"
