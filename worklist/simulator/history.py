"""The days before the start: what the department did, so that no page of a demonstration is empty.

Orders come, are placed, performed and read at their own times through the same services that do it
in earnest; only the sockets are left out. It is played once, into a database without orders.
"""

import contextlib
import heapq
import itertools
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from worklist import db
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.errors import ConflictError
from worklist.hl7 import intake, process
from worklist.hl7.models import InboundMessage
from worklist.orders import service as orders
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.performing import service as performing
from worklist.reading import entering, reports
from worklist.reading import service as reading
from worklist.scheduling import questions
from worklist.scheduling import service as scheduling
from worklist.simulator import desk, messages
from worklist.simulator.demand import Demand, SimulatedOrder, seconds_between_orders
from worklist.simulator.hospital import SENDER
from worklist.vocabulary import Priority

_TECHNOLOGIST, _READER = "user:tech", "user:reader"
_A_DAY = timedelta(days=1)
_FRIDAY = 5
_NORMAL = "No finding that explains the complaint. No earlier images to compare with."
_APPROVED = "Seen the record: the benefit outweighs the risk."
_ASKED = "Asked the patient: nothing speaks against it."

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Numbers of the past.

    Attributes:
        days: How far back it begins.
        busiest_seconds: Between two orders in the busiest hour.
        appointments: How many outpatients had arranged a day before that.
        days_booked: How far ahead of the start their days reach.
        no_show: Share of patients who did not come.
        approved: Share of questions that somebody has answered since.
        read_within: The mean time to reading, by priority.
    """

    days: float = 2.5
    busiest_seconds: float = 300.0
    appointments: int = 110
    days_booked: int = 3
    no_show: float = 0.04
    approved: float = 0.8
    read_within: dict[Priority, timedelta]


PAST = Past(
    read_within={
        Priority.STAT: timedelta(minutes=20),
        Priority.URGENT: timedelta(minutes=45),
        Priority.ASAP: timedelta(hours=3),
        Priority.ROUTINE: timedelta(hours=9),
    }
)


def is_needed(sessions: db.SessionFactory) -> bool:
    """Return whether the department has never had an order."""
    with db.transaction(sessions) as session:
        return not session.scalar(select(exists(select(ImagingServiceRequest.id))))


class History:
    """Plays what happened before ``now``, in the order of time.

    Args:
        sessions: The department's database.
        demand: Makes orders up.
        rng: Where chance comes from.
        zone: The hospital's time zone.
        now: Where the past ends.
        past: How much happened.
    """

    def __init__(
        self,
        sessions: db.SessionFactory,
        demand: Demand,
        *,
        rng: random.Random,
        zone: ZoneInfo,
        now: datetime,
        past: Past = PAST,
    ) -> None:
        self._sessions = sessions
        self._demand = demand
        self._rng = rng
        self._zone = zone
        self._now = now
        self._past = past
        self._events: list[tuple[datetime, int, Callable[[datetime], None]]] = []
        self._numbers = itertools.count()

    def play(self, stop: threading.Event) -> int:
        """Play all of it, or until ``stop`` is set; returns how many orders came."""
        came = 0
        at = self._now - timedelta(days=self._past.days)
        for wanted_at in self._appointments(at):
            self._later(at, partial(self._take_in, self._demand.appointment(at, wanted_at)))
            came += 1
        while at < self._now:
            self._later(at, self._order)
            came += 1
            mean = seconds_between_orders(at.astimezone(self._zone), self._past.busiest_seconds)
            at += timedelta(seconds=self._rng.expovariate(1 / mean))
        while self._events and not stop.is_set():
            when, _, event = heapq.heappop(self._events)
            event(when)
        log.info("simulator.history.played", orders=came)
        return came

    def _later(self, when: datetime, event: Callable[[datetime], None]) -> None:
        """Remember what happens then; what would happen after the past's end never does."""
        if when < self._now:
            heapq.heappush(self._events, (when, next(self._numbers), event))

    def _appointments(self, since: datetime) -> list[datetime]:
        """Return when outpatients want to come: on working days, in the hours of the day."""
        first = since.astimezone(self._zone).replace(minute=0, second=0, microsecond=0)
        ahead = (self._now - since) // _A_DAY + self._past.days_booked
        days = [first + number * _A_DAY for number in range(ahead + 1)]
        working = [one for one in days if one.isoweekday() <= _FRIDAY]
        return [
            self._rng.choice(working).replace(hour=self._rng.randrange(8, 17))
            for _ in range(self._past.appointments if working else 0)
        ]

    def _order(self, when: datetime) -> None:
        self._take_in(self._demand.order(when.astimezone(self._zone)), when)

    def _take_in(self, one: SimulatedOrder, when: datetime) -> None:
        """Take an order in as a message and place its exams at once, as the workers do."""
        raw = messages.order(messages.OMG, "NW", one, SENDER, when.astimezone(self._zone))
        with db.transaction(self._sessions) as session:
            intake.receive(
                session, raw, channel="mllp", peer="127.0.0.1", now=when, zone=self._zone
            )
            message_id = session.scalars(
                select(InboundMessage.id).order_by(InboundMessage.id.desc()).limit(1)
            ).one()
        process.process(self._sessions, message_id, now=when, zone=self._zone)
        with db.transaction(self._sessions) as session:
            message = session.get_one(InboundMessage, message_id)
            if message.order_id is None:
                return
            order = session.get_one(ImagingServiceRequest, message.order_id)
            for exam in order.exams:
                self._place(session, exam.id, when)

    def _place(self, session: Session, exam_id: int, when: datetime) -> None:
        for exam in desk.place(session, exam_id, now=when):
            if exam.status is StepStatus.HELD and self._rng.random() < self._past.approved:
                answered = when + timedelta(minutes=self._rng.uniform(5, 120))
                self._later(answered, partial(self._approve, exam.id))
            if exam.status is StepStatus.SCHEDULED and exam.starts_at:
                self._later(exam.starts_at, partial(self._perform, exam.id))

    def _approve(self, exam_id: int, when: datetime) -> None:
        with db.transaction(self._sessions) as session:
            exam = orders.get_exam(session, exam_id)
            _answer(session, exam, _APPROVED, actor=_READER, when=when)
            self._place(session, exam_id, when)

    def _perform(self, exam_id: int, when: datetime) -> None:
        """Do the exam that begins then; what would still go on is left to the scanners."""
        with db.transaction(self._sessions) as session:
            exam = orders.get_exam(session, exam_id)
            if exam.status is not StepStatus.SCHEDULED or exam.starts_at != when:
                return
            if self._rng.random() < self._past.no_show:
                missed = min(when + timedelta(minutes=20), self._now)
                scheduling.mark_no_show(session, exam, actor=desk.DESK, now=missed)
                return
            self._do(session, exam, when)

    def _do(self, session: Session, exam: ScheduledProcedureStep, when: datetime) -> None:
        begun = when + timedelta(minutes=self._rng.uniform(0, 9))
        booked = (exam.ends_at or when) - when
        ended = begun + booked * self._rng.uniform(0.7, 1.1)
        if ended >= self._now:
            return
        came = when - timedelta(minutes=self._rng.uniform(2, 25))
        performing.check_in(session, exam, actor=desk.DESK, now=came)
        _answer(session, exam, _ASKED, actor=_TECHNOLOGIST, when=came)
        performing.start(session, exam, actor=_TECHNOLOGIST, now=begun)
        performing.complete(session, exam, actor=_TECHNOLOGIST, now=ended)
        task = entering.admit(session, exam.requested_procedure_id, now=ended)
        if task is None:
            return
        task_id = task.id
        mean = self._past.read_within[exam.order.priority]
        read = ended + mean * self._rng.expovariate(1.0) + timedelta(minutes=4)
        self._later(read, lambda at: self._read(task_id, at))

    def _read(self, task_id: int, when: datetime) -> None:
        """Report the exam, unless a person or a scanner has done something with it meanwhile."""
        with contextlib.suppress(ConflictError), db.transaction(self._sessions) as session:
            readers = select(User).where(User.roles.contains([str(UserRole.RADIOLOGIST)]))
            reader = session.scalars(readers.order_by(User.id).limit(1)).one()
            reading.claim(session, task_id, reader, now=when - timedelta(minutes=4))
            reports.sign(session, task_id, reader, _NORMAL, now=when)


def _answer(
    session: Session, exam: ScheduledProcedureStep, reason: str, *, actor: str, when: datetime
) -> None:
    """Answer what rules ask about the exam."""
    for hold in exam.open_holds:
        questions.override_hold(session, hold, reason=reason, role=hold.role, actor=actor, now=when)
