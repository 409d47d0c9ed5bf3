"""The steps of the tour, each checked against what the standard or the database says."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from pydicom import Dataset
from sqlalchemy.orm import Session

from config import Settings
from worklist import db
from worklist.clock import system_clock
from worklist.dicom import performed_report, times
from worklist.dicom.client import Peer
from worklist.hl7.message import parse
from worklist.hl7.mllp_client import MllpClient
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED, StepStatus
from worklist.scheduling.models import Placement
from worklist.simulator import messages
from worklist.simulator.demand import SimulatedOrder
from worklist.stack.probes import reachable_address
from worklist.tour import rows
from worklist.tour.errors import TourError
from worklist.tour.order import SENDER
from worklist.tour.screen import check, quote, tell, title

WORKER_SECONDS = 30.0
_OUTCOMES = {"chosen": "chosen", "later": "later ", "possible": "could ", "left_out": "not   "}


@dataclass(frozen=True, slots=True)
class Slot:
    """Where and when the exam was put."""

    exam_id: int
    requested_procedure_id: int
    accession_number: str
    station: str
    room: str
    starts_at: datetime
    zone: ZoneInfo


def send_order(settings: Settings, order: SimulatedOrder) -> str:
    """Send the order by MLLP; returns its control id."""
    host, port = reachable_address(settings), settings.mllp_port
    title(f"1. The hospital orders {order.procedure.name} (ORM^O01 by MLLP, {host} port {port})")
    raw = messages.order(messages.ORM, "NW", order, SENDER, order.ordered_at)
    quote(raw)
    with MllpClient(host, port) as connection:
        answer = connection.send(raw)
    tell("The answer:")
    quote(answer)
    control_id = parse(raw.decode()).header.text(10)
    received = parse(answer.decode())
    msa, error = received.require("MSA"), received.first("ERR")
    reason = error.text(8) if error else "no reason given"
    check(
        msa.text(1) == "AA",
        "accepted: MSA-1 is AA",
        f"The order was answered with {msa.text(1)}: {reason}",
        "the page /messages",
    )
    check(
        msa.text(2) == control_id,
        "in answer to this very message: MSA-2 is our MSH-10",
        "MSA-2 of the answer is not our MSH-10.",
        "logs/mllp.log",
    )
    return control_id


def wait_for_slot(sessions: db.SessionFactory, order: SimulatedOrder, control_id: str) -> Slot:
    """Wait until a worker has placed the exam; print where, when and why."""
    title("2. A worker gives the exam a room and a time")

    def exam_id(session: Session) -> int | None:
        exam = rows.exam_of_order(session, SENDER.facility, order.number)
        return exam.id if exam else None

    found = rows.wait_for(
        sessions,
        exam_id,
        seconds=WORKER_SECONDS,
        otherwise=lambda session: rows.why_no_order(session, control_id),
    )
    slot, placement = rows.wait_for(
        sessions,
        lambda session: _placed(session, found),
        seconds=WORKER_SECONDS,
        otherwise=lambda session: rows.why_no_slot(session, found),
    )
    tell(placement.summary)
    _tell_rooms(placement.explanation["rooms"])
    with db.transaction(sessions) as session:
        reserved = rows.reserves_room(session, slot.exam_id)
    check(
        slot.room.startswith("CT") and reserved,
        f"{slot.room}, {slot.starts_at.astimezone(slot.zone):%a %d %b %H:%M}, reserved",
        f"{slot.room} is not a CT room, or it is not reserved for the exam.",
        f"the page /exams/{slot.exam_id}",
    )
    return slot


def find_on_worklist(settings: Settings, order: SimulatedOrder, slot: Slot) -> Dataset:
    """Ask for the worklist as the scanner of the chosen room; returns the exam's entry."""
    title(f"3. The scanner {slot.station} asks for its worklist (C-FIND)")
    entries = _peer(settings, slot).find_worklist()
    mine = [entry for entry in entries if entry.AccessionNumber == slot.accession_number]
    check(
        len(mine) == 1,
        f"{slot.accession_number} is on its list, of {len(entries)} in all",
        f"{len(mine)} of {len(entries)} entries have the accession number.",
        f"the page /exams/{slot.exam_id} and logs/dicom.log",
    )
    entry = mine[0]
    step = entry.ScheduledProcedureStepSequence[0]
    begins = times.parse_date_time(
        str(step.ScheduledProcedureStepStartDate),
        str(step.ScheduledProcedureStepStartTime),
        slot.zone,
    )
    tell(f"{entry.PatientName}, {entry.PatientID}, {step.ScheduledProcedureStepDescription}")
    check(
        str(entry.PatientID) == order.person.number and begins == slot.starts_at,
        f"the right patient, at {begins:%H:%M} in the time of the site",
        "The entry has another patient or another time than the exam.",
        f"the page /exams/{slot.exam_id}",
    )
    return entry


def begin(
    settings: Settings, sessions: db.SessionFactory, slot: Slot, entry: Dataset, uid: str
) -> None:
    """Report the beginning as the scanner does."""
    title(f"4. {slot.station} begins the exam (MPPS N-CREATE)")
    report = performed_report.begin(
        entry,
        station=slot.station,
        step_id=f"PPS{slot.exam_id}",
        started_at=system_clock().astimezone(slot.zone),
    )
    _peer(settings, slot).mpps_create(uid=uid, attributes=report)
    _check_status(sessions, slot, StepStatus.STARTED)
    entries = _peer(settings, slot).find_worklist()
    check(
        all(entry.AccessionNumber != slot.accession_number for entry in entries),
        "no longer offered to the scanner",
        "The exam is still on the worklist though it has begun.",
        "logs/dicom.log",
    )


def complete(settings: Settings, sessions: db.SessionFactory, slot: Slot, uid: str) -> None:
    """Report the end as the scanner does."""
    title(f"5. {slot.station} completes the exam (MPPS N-SET)")
    changes = performed_report.complete(
        ended_at=system_clock().astimezone(slot.zone), protocol="Chest with contrast"
    )
    _peer(settings, slot).mpps_set(uid=uid, changes=changes)
    _check_status(sessions, slot, StepStatus.COMPLETED)


def show_in_queue(sessions: db.SessionFactory, slot: Slot) -> None:
    """Wait until the exam can be read; print where in the queue."""
    title("6. The radiologist sees the exam in the reading queue")
    missing = TourError(
        "The exam is completed and not in the reading queue.",
        "the page /reading; worklist status tells whether a worker runs",
    )

    def queued(session: Session) -> tuple[int, str] | None:
        task = rows.open_reading_task(session, slot.requested_procedure_id)
        if task is None:
            return None
        due = task.due_at.astimezone(slot.zone)
        return rows.place_in_queue(session, task), f"{task.priority}, to be read by {due:%H:%M}"

    place, wanted = rows.wait_for(
        sessions, queued, seconds=WORKER_SECONDS, otherwise=lambda _: missing
    )
    check(place > 0, f"number {place} in the queue: {wanted}", "", "")


def _placed(session: Session, exam_id: int) -> tuple[Slot, Placement] | None:
    exam = session.get_one(ScheduledProcedureStep, exam_id)
    placement = rows.newest_placement(session, exam_id)
    if exam.status in UNPLACED or placement is None or exam.room is None or exam.starts_at is None:
        return None
    station = exam.station or exam.room.stations[0]
    return Slot(
        exam_id=exam.id,
        requested_procedure_id=exam.requested_procedure_id,
        accession_number=exam.order.accession_number,
        station=station.ae_title,
        room=exam.room.code,
        starts_at=exam.starts_at,
        zone=ZoneInfo(exam.room.resource.site.time_zone),
    ), placement


def _tell_rooms(rooms: Iterable[dict[str, Any]]) -> None:
    for room in rooms:
        outcome = _OUTCOMES[room["outcome"]]
        tell(f"{outcome} {room['room']}: {' '.join(room['reasons'])}")


def _check_status(sessions: db.SessionFactory, slot: Slot, wanted: StepStatus) -> None:
    with db.transaction(sessions) as session:
        status = session.get_one(ScheduledProcedureStep, slot.exam_id).status
    check(
        status is wanted,
        f"the exam is {wanted}",
        f"The exam is {status}, not {wanted}.",
        f"the page /exams/{slot.exam_id} and logs/dicom.log",
    )


def _peer(settings: Settings, slot: Slot) -> Peer:
    return Peer(
        reachable_address(settings),
        settings.dicom_port,
        calling=slot.station,
        called=settings.ae_title,
    )
