"""One simulated scanner: asks for its worklist, begins and ends exams (C-FIND, MPPS)."""

import math
import random
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from pydicom import Dataset

from worklist.catalogue.file import StationEntry
from worklist.catalogue.procedure_file import ProcedureEntry
from worklist.clock import Clock
from worklist.dicom import client, performed_report, times
from worklist.dicom.client import Peer, PeerError
from worklist.simulator.pace import Pace

_UIDS = uuid.UUID("7c1b0d0e-60c5-4c6a-9a53-3f6b6f6f2a11")
_UNKNOWN_MINUTES = 20
_SPREAD = {"MR": 0.35, "XA": 0.35}
_USUAL_SPREAD = 0.25
_AFTER_TROUBLE = timedelta(seconds=5)
_BETWEEN_EXAMS = timedelta(seconds=5)
_REASON = ("110514", "Incorrect worklist entry selected")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Department:
    """Where the DICOM server is, and the zone of the scanners' clocks."""

    host: str
    port: int
    ae_title: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class WaitingExam:
    """An exam on some scanner's worklist."""

    modality: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class _Exam:
    uid: str
    protocol: str
    until: datetime
    discontinued: bool


class Scanner:
    """Does the exams of the simulated hospital's patients, one after the other.

    Other patients are left to the people at the pages: ``issuer`` tells whose numbers count.
    """

    def __init__(
        self,
        station: StationEntry,
        department: Department,
        procedures: dict[str, ProcedureEntry],
        *,
        issuer: str,
        pace: Pace,
        clock: Clock,
    ) -> None:
        self.ae_title = station.ae_title
        self._department = department
        self._peer = Peer(
            department.host, department.port, calling=station.ae_title, called=department.ae_title
        )
        self._procedures = procedures
        self._issuer = issuer
        self._pace = pace
        self._clock = clock
        self._exam: _Exam | None = None
        self._passed_over: set[str] = set()
        self._found_unfinished = False
        self.due = clock()

    def turn(self) -> None:
        """Do what is due and set when the next turn is; trouble only delays it."""
        try:
            self._turn(self._clock())
        except PeerError as error:
            log.info("simulator.scanner.waits", station=self.ae_title, reason=str(error))
            self.due = self._clock() + _AFTER_TROUBLE

    def _turn(self, now: datetime) -> None:
        if not self._found_unfinished:
            self._finish_what_was_begun(now)
            self._found_unfinished = True
        if self._exam is not None and self._exam.until <= now:
            self._end(self._exam, now)
            self._exam = None
            self.due = now + _BETWEEN_EXAMS
        elif self._exam is None:
            entry = self._next(now)
            if entry is None:
                self.due = now + self._pace.poll
            else:
                self._begin(entry, now)

    def _begin(self, entry: Dataset, now: datetime) -> None:
        step = entry.ScheduledProcedureStepSequence[0]
        step_id = str(step.ScheduledProcedureStepID)
        uid = _uid(step_id)
        report = performed_report.begin(
            entry,
            station=self.ae_title,
            step_id=f"PPS{step_id[-12:]}",
            started_at=self._local(now),
        )
        self._passed_over.add(step_id)
        self._peer.mpps_create(uid=uid, attributes=report)
        self._exam = _Exam(
            uid,
            str(step.get("ScheduledProcedureStepDescription", "")),
            now + self._length(entry, step_id),
            _chance(step_id, "discontinued") < self._pace.discontinued,
        )
        self.due = self._exam.until

    def _end(self, exam: _Exam, now: datetime) -> None:
        ended_at = self._local(now)
        if exam.discontinued:
            code, meaning = _REASON
            changes = performed_report.discontinue(ended_at=ended_at, code=code, meaning=meaning)
        else:
            changes = performed_report.complete(ended_at=ended_at, protocol=exam.protocol)
        self._peer.mpps_set(uid=exam.uid, changes=changes)

    def _next(self, now: datetime) -> Dataset | None:
        """Return the first exam whose patient is here."""
        query = client.worklist_query(station=self.ae_title)
        query.RequestedProcedureCodeSequence = [Dataset()]
        latest = self._local(now + self._pace.early)
        days = f"{self._local(now - timedelta(days=1)):%Y%m%d}-{latest:%Y%m%d}"
        query.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartDate = days
        entries = self._peer.find_worklist(query=query)
        present = [entry for entry in entries if self._is_here(entry, now)]
        return min(present, key=_start, default=None)

    def _is_here(self, entry: Dataset, now: datetime) -> bool:
        step_id = str(entry.ScheduledProcedureStepSequence[0].ScheduledProcedureStepID)
        if str(entry.get("IssuerOfPatientID", "")) != self._issuer or step_id in self._passed_over:
            return False
        if _chance(step_id, "no show") < self._pace.no_show:
            return False
        earliness = self._pace.early * _chance(step_id, "early")
        return _start(entry) - earliness <= self._local(now).replace(tzinfo=None)

    def _finish_what_was_begun(self, now: datetime) -> None:
        """Complete what an earlier run of the simulator left in progress."""
        query = client.worklist_query(station=self.ae_title)
        query.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStatus = "STARTED"
        for entry in self._peer.find_worklist(query=query):
            if str(entry.get("IssuerOfPatientID", "")) != self._issuer:
                continue
            step = entry.ScheduledProcedureStepSequence[0]
            changes = performed_report.complete(
                ended_at=self._local(now),
                protocol=str(step.get("ScheduledProcedureStepDescription", "")),
            )
            try:
                uid = _uid(str(step.ScheduledProcedureStepID))
                self._peer.mpps_set(uid=uid, changes=changes)
            except PeerError as error:
                if error.status is None:
                    raise
                log.info("simulator.scanner.not_mine", station=self.ae_title, reason=str(error))

    def _length(self, entry: Dataset, step_id: str) -> timedelta:
        """Return how long the exam really takes: log-normal around the booked minutes."""
        codes = entry.get("RequestedProcedureCodeSequence") or [Dataset()]
        procedure = self._procedures.get(str(codes[0].get("CodeValue", "")))
        minutes = procedure.minutes if procedure else _UNKNOWN_MINUTES
        spread = _SPREAD.get(procedure.modality, _USUAL_SPREAD) if procedure else _USUAL_SPREAD
        sigma = math.sqrt(math.log(1 + spread**2))
        factor = _random(step_id, "length").lognormvariate(-(sigma**2) / 2, sigma)
        return timedelta(minutes=minutes * factor / self._pace.speed)

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(self._department.zone)


def waiting_exams(department: Department, calling: str, now: datetime) -> list[WaitingExam]:
    """Return the exams of the next 24 hours that wait for any scanner.

    Raises:
        PeerError: the department does not answer.
    """
    query = client.worklist_query()
    first, last = (one.astimezone(department.zone) for one in (now, now + timedelta(days=1)))
    step = query.ScheduledProcedureStepSequence[0]
    step.ScheduledProcedureStepStartDate = f"{first:%Y%m%d}-{last:%Y%m%d}"
    step.ScheduledProcedureStepStartTime = f"{first:%H%M%S}-{last:%H%M%S}"
    peer = Peer(department.host, department.port, calling=calling, called=department.ae_title)
    return [
        WaitingExam(
            str(one.ScheduledProcedureStepSequence[0].Modality),
            _start(one).replace(tzinfo=department.zone),
        )
        for one in peer.find_worklist(query)
    ]


def _start(entry: Dataset) -> datetime:
    step = entry.ScheduledProcedureStepSequence[0]
    return times.parse_date_time(
        str(step.ScheduledProcedureStepStartDate), str(step.ScheduledProcedureStepStartTime)
    )


def _uid(step_id: str) -> str:
    """Return the same UID for the same step, so that a later run can finish what this one began."""
    return f"2.25.{uuid.uuid5(_UIDS, step_id).int}"


def _random(step_id: str, about: str) -> random.Random:
    """Return chance that is always the same for one step."""
    return random.Random(f"{step_id} {about}")  # noqa: S311 - no secret


def _chance(step_id: str, about: str) -> float:
    return _random(step_id, about).random()
