"""The simulated hospital: registers patients, orders exams, changes its mind, over MLLP."""

import heapq
import itertools
import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog

from worklist.catalogue.file import CatalogueFile
from worklist.clock import Clock
from worklist.dicom.client import PeerError
from worklist.hl7.message import parse
from worklist.hl7.mllp_client import MllpClient, MllpError
from worklist.simulator import messages
from worklist.simulator.capacity import full_modalities
from worklist.simulator.demand import Demand, SimulatedOrder, seconds_between_orders
from worklist.simulator.messages import Sender
from worklist.simulator.pace import Pace
from worklist.simulator.scanner import WaitingExam
from worklist.vocabulary import PatientClass, Priority

SENDER = Sender("SIMULATOR", "LAKESIDE-SIM")

_FORMS = (messages.ORM, messages.OMG, messages.OMI)
_FORM_WEIGHTS = (50, 35, 15)
_ACCEPTED = "AA"
_FIRST_WAIT_SECONDS = 1.0
_LONGEST_WAIT_SECONDS = 15.0

log = structlog.get_logger(__name__)


class Hospital:
    """Sends one message after the other until it is stopped.

    Args:
        client: Where messages go.
        demand: Makes orders up.
        waiting: Returns the exams that wait for scanners in the next 24 hours.
        department: Whose rooms and hours it knows.
        pace: How much and how fast.
        rng: Where chance comes from.
        zone: The hospital's time zone.
        clock: The time.
    """

    def __init__(
        self,
        client: MllpClient,
        demand: Demand,
        *,
        waiting: Callable[[], Sequence[WaitingExam]],
        department: CatalogueFile,
        pace: Pace,
        rng: random.Random,
        zone: ZoneInfo,
        clock: Clock,
    ) -> None:
        self._client = client
        self._demand = demand
        self._waiting = waiting
        self._department = department
        self._pace = pace
        self._rng = rng
        self._zone = zone
        self._clock = clock
        self._second_thoughts: list[tuple[datetime, int, bytes]] = []
        self._numbers = itertools.count()

    def run(self, stop: threading.Event) -> None:
        """Order what should wait at the start, then one exam after the other."""
        with self._client:
            while (waiting := self._ask()) is None:
                if stop.wait(_FIRST_WAIT_SECONDS):
                    return
            self._order_what_is_missing(list(waiting), stop)
            while not stop.wait(self._pause()):
                self._send_second_thoughts(stop)
                waiting = self._ask()
                if waiting is not None and len(waiting) < self._pace.most_waiting:
                    self.order_one(stop, full=self._full(waiting))

    def order_one(
        self,
        stop: threading.Event,
        *,
        at_the_start: bool = False,
        full: frozenset[str] = frozenset(),
    ) -> SimulatedOrder:
        """Register a patient and send an order; maybe think again a little later."""
        now = self._now()
        one = self._demand.order(now, at_the_start=at_the_start, full=full)
        form = self._rng.choices(_FORMS, weights=_FORM_WEIGHTS)[0]
        self._send(messages.registration(one.person, SENDER, now), stop)
        self._send(messages.order(form, "NW", one, SENDER, now), stop)
        self._think_again(form, one, now)
        return one

    def _now(self) -> datetime:
        return self._clock().astimezone(self._zone)

    def _ask(self) -> Sequence[WaitingExam] | None:
        """Return what waits for scanners, None while nobody answers."""
        try:
            return self._waiting()
        except PeerError as error:
            log.info("simulator.hospital.waits", reason=str(error))
            return None

    def _order_what_is_missing(self, waiting: list[WaitingExam], stop: threading.Event) -> None:
        """Order what is missing for a lively start, each for a room that can take it."""
        for _ in range(self._pace.opening_orders - len(waiting)):
            if stop.is_set():
                return
            one = self.order_one(stop, at_the_start=True, full=self._full(waiting))
            if one.patient_class is not PatientClass.OUTPATIENT:
                waiting.append(WaitingExam(one.procedure.modality, one.ordered_at))

    def _full(self, waiting: Sequence[WaitingExam]) -> frozenset[str]:
        return full_modalities(self._department, waiting, self._now())

    def _pause(self) -> float:
        """Return the seconds to the next order: chance around the hour's mean."""
        mean = seconds_between_orders(self._now(), self._pace.order_seconds)
        return min(self._rng.expovariate(1 / mean), 4 * mean)

    def _think_again(self, form: messages.OrderForm, one: SimulatedOrder, now: datetime) -> None:
        first, last = self._pace.second_thought
        due = now + timedelta(
            seconds=self._rng.uniform(*(t.total_seconds() for t in (first, last)))
        )
        chance = self._rng.random()
        if chance < self._pace.cancelled:
            self._later(due, messages.cancellation(one, "Ordered by mistake", SENDER, due))
        elif chance < self._pace.cancelled + self._pace.changed:
            raised = replace(one, priority=_raised(one.priority))
            self._later(due, messages.order(form, "XO", raised, SENDER, due))

    def _later(self, due: datetime, message: bytes) -> None:
        heapq.heappush(self._second_thoughts, (due, next(self._numbers), message))

    def _send_second_thoughts(self, stop: threading.Event) -> None:
        while self._second_thoughts and self._second_thoughts[0][0] <= self._now():
            _, _, message = heapq.heappop(self._second_thoughts)
            self._send(message, stop)

    def _send(self, message: bytes, stop: threading.Event) -> None:
        """Send until there is an answer: the department may be starting again."""
        wait = _FIRST_WAIT_SECONDS
        while not stop.is_set():
            try:
                answer = self._client.send(message)
            except MllpError as error:
                log.info("simulator.hospital.waits", reason=str(error))
                stop.wait(wait)
                wait = min(wait * 2, _LONGEST_WAIT_SECONDS)
            else:
                _note(answer)
                return


def _note(answer: bytes) -> None:
    """Log what was not accepted, by its codes alone."""
    message = parse(answer.decode())
    code = message.require("MSA").text(1)
    if code != _ACCEPTED:
        error = message.first("ERR")
        log.warning("simulator.hospital.refused", answer=code, code=error and error.text(3))


def _raised(priority: Priority) -> Priority:
    return list(Priority)[max(0, priority.rank - 1)]
