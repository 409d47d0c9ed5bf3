"""A department with exams on the worklist, and a DICOM server that serves it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from config import Settings
from tests.support.department import ACTOR, NOW, make_exam
from worklist import db
from worklist.catalogue.image_managers import ImageManager
from worklist.catalogue.models import Room
from worklist.clock import Clock, system_clock
from worklist.dicom.models import Forward
from worklist.dicom.server import DicomServer, listen
from worklist.dicom.sop_classes import MODALITY_PERFORMED_PROCEDURE_STEP
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus

CALLED = "WORKLIST"
HOST = "127.0.0.1"


def make_forward(session: Session, ae_title: str, host: str = "127.0.0.1", **of: Any) -> Forward:
    """Make an image manager, and a message that waits for it."""
    manager = ImageManager(ae_title=ae_title, host=host, port=104)
    session.add(manager)
    session.flush()
    forward = Forward(
        image_manager_id=manager.id,
        sop_class=MODALITY_PERFORMED_PROCEDURE_STEP,
        operation="N-CREATE",
        sop_instance_uid="1.2.3",
        transfer_syntax="1.2.840.10008.1.2.1",
        data=b"",
        created_at=NOW,
        **of,
    )
    session.add(forward)
    return forward


def schedule(
    session: Session,
    room: Room,
    starts_at: datetime,
    *,
    status: StepStatus = StepStatus.SCHEDULED,
    minutes: int = 15,
    **fields: Any,
) -> ScheduledProcedureStep:
    """Make an exam that has a slot in the room; ``fields`` go to `make_exam`."""
    exam = make_exam(session, **fields)
    station = next((one for one in room.stations if one.modality == exam.modality), None)
    exam.room, exam.station = room, station
    exam.starts_at, exam.ends_at = starts_at, starts_at + timedelta(minutes=minutes)
    orders.set_status(session, exam, StepStatus.SCHEDULED, actor=ACTOR, now=NOW)
    if status is not StepStatus.SCHEDULED:
        exam.status = status
    session.flush()
    return exam


def start(
    settings: Settings, sessions: db.SessionFactory, clock: Clock = system_clock
) -> DicomServer:
    """Start a server on the ports of the settings."""
    doors = listen(settings)
    server = DicomServer(settings, sessions, clock=clock)
    server.start(doors)
    return server


@contextmanager
def running(
    settings: Settings, sessions: db.SessionFactory, now: datetime = NOW
) -> Iterator[DicomServer]:
    """Run a server on a free port."""
    server = start(settings, sessions, lambda: now)
    try:
        yield server
    finally:
        server.stop()
