"""Performed steps and notices go on to image managers, unchanged and in order."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import AE, evt
from sqlalchemy import select

from config import Settings
from tests.support.department import NOW, make_scanner
from tests.support.dicom import CALLED, HOST, running, schedule
from worklist import db
from worklist.catalogue.image_managers import ImageManager
from worklist.dicom import forwarding, performed_report
from worklist.dicom.client import Peer, PeerError
from worklist.dicom.models import Forward
from worklist.dicom.server import DicomServer
from worklist.dicom.sop_classes import (
    INSTANCE_AVAILABILITY_NOTIFICATION,
    MODALITY_PERFORMED_PROCEDURE_STEP,
)
from worklist.orders.models import ScheduledProcedureStep

PEER: dict[str, Any] = {"calling": "CT01", "called": CALLED}


class Archive:
    """pynetdicom as an image manager that notes what it gets."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str, Dataset]] = []
        self.bytes: list[tuple[str, bytes]] = []
        self.status = 0x0000
        ae = AE("PACS")
        ae.add_supported_context(MODALITY_PERFORMED_PROCEDURE_STEP)
        ae.add_supported_context(INSTANCE_AVAILABILITY_NOTIFICATION)
        handlers: list[Any] = [(evt.EVT_N_CREATE, self._create), (evt.EVT_N_SET, self._set)]
        server = ae.start_server((HOST, 0), block=False, evt_handlers=handlers)
        assert server is not None
        assert server.socket is not None
        self._server = server
        self.port = int(server.socket.getsockname()[1])

    def stop(self) -> None:
        self._server.shutdown()

    def _create(self, event: evt.Event) -> tuple[int, Dataset | None]:
        request: Any = event.request
        sent = request.AttributeList.getvalue()
        self.bytes.append((str(event.context.transfer_syntax), sent))
        return self._note("N-CREATE", str(request.AffectedSOPInstanceUID), event.attribute_list)

    def _set(self, event: evt.Event) -> tuple[int, Dataset | None]:
        request: Any = event.request
        return self._note("N-SET", str(request.RequestedSOPInstanceUID), event.modification_list)

    def _note(self, operation: str, uid: str, dataset: Dataset) -> tuple[int, Dataset | None]:
        if self.status == 0x0000:
            self.got.append((operation, uid, dataset))
        return self.status, None


@pytest.fixture
def archive() -> Iterator[Archive]:
    archive = Archive()
    yield archive
    archive.stop()


@pytest.fixture
def server(
    settings: Settings, session_factory: db.SessionFactory, archive: Archive
) -> Iterator[DicomServer]:
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        schedule(session, room, NOW)
        session.add(
            ImageManager(ae_title="PACS", host=HOST, port=archive.port, forward_availability=True)
        )
    with running(settings, session_factory) as server:
        yield server


def send(sessions: db.SessionFactory, hours: float = 0) -> int:
    now = NOW + timedelta(hours=hours)
    with db.transaction(sessions) as session:
        sent = [
            forwarding.send(session, one, calling="WORKLIST", now=now)
            for one in forwarding.due(session, now=now)
        ]
    return sum(sent)


def test_steps_go_on_in_order_when_the_archive_is_back(
    server: DicomServer, session_factory: db.SessionFactory, archive: Archive
) -> None:
    [entry] = Peer(HOST, server.port, **PEER).find_worklist()
    report = performed_report.begin(entry, station="CT01", step_id="P1", started_at=NOW)
    Peer(HOST, server.port, **PEER).mpps_create(uid="2.25.9", attributes=report)
    changes = performed_report.complete(ended_at=NOW, protocol="Chest")
    Peer(HOST, server.port, **PEER).mpps_set(uid="2.25.9", changes=changes)
    archive.status = 0x0213  # resource limitation: it will do later
    assert send(session_factory) == 0
    assert send(session_factory) == 0  # its time has not come
    archive.status = 0x0000
    assert send(session_factory, hours=1) == 2
    assert [(operation, uid) for operation, uid, _ in archive.got] == [
        ("N-CREATE", "2.25.9"),
        ("N-SET", "2.25.9"),
    ]
    assert archive.got[0][2] == report
    assert archive.got[1][2] == changes
    assert send(session_factory, hours=2) == 0


def test_what_is_refused_for_good_does_not_hold_up_the_rest(
    server: DicomServer, session_factory: db.SessionFactory, archive: Archive
) -> None:
    [entry] = Peer(HOST, server.port, **PEER).find_worklist()
    report = performed_report.begin(entry, station="CT01", step_id="P1", started_at=NOW)
    Peer(HOST, server.port, **PEER).mpps_create(uid="2.25.9", attributes=report)
    archive.status = 0x0111
    assert send(session_factory) == 1
    with session_factory() as session:
        assert "0111" in session.scalars(select(Forward.refused)).one()


def test_an_image_manager_tells_of_images_and_may_do_nothing_else(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    with session_factory() as session:
        exam = session.scalars(select(ScheduledProcedureStep)).one()
        study = exam.requested_procedure.study_instance_uid
    instance, series, notice = Dataset(), Dataset(), Dataset()
    instance.ReferencedSOPClassUID = "1.2.840.10008.5.1.4.1.1.2"
    instance.ReferencedSOPInstanceUID = "2.25.3"
    instance.InstanceAvailability = "ONLINE"
    instance.RetrieveAETitle = "PACS"
    series.SeriesInstanceUID = "2.25.2"
    series.ReferencedSOPSequence = [instance]
    notice.ReferencedPerformedProcedureStepSequence = []
    notice.StudyInstanceUID = study
    notice.ReferencedSeriesSequence = [series]
    peer: dict[str, Any] = {"calling": "PACS", "called": CALLED}
    Peer(HOST, server.port, **peer).notify_available(uid="2.25.8", attributes=notice)
    with session_factory() as session:
        assert session.scalars(select(ScheduledProcedureStep.status)).one() == "COMPLETED"
    with pytest.raises(PeerError) as caught:
        Peer(HOST, server.port, **peer).notify_available(uid="2.25.8", attributes=notice)
    assert caught.value.status == 0x0111
    with pytest.raises(PeerError, match="does not offer"):
        Peer(HOST, server.port, **peer).find_worklist()


@pytest.mark.parametrize("syntax", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"])
def test_a_report_goes_on_byte_for_byte(
    server: DicomServer, session_factory: db.SessionFactory, archive: Archive, syntax: str
) -> None:
    [entry] = Peer(HOST, server.port, **PEER).find_worklist()
    report = performed_report.begin(entry, station="CT01", step_id="P1", started_at=NOW)
    report.add_new(0x00091010, "UN", b"private \x00\xff")
    report.PerformedLocation = "Müller"
    Peer(HOST, server.port, **PEER, transfer_syntax=syntax).mpps_create(
        uid="2.25.9", attributes=report
    )
    assert send(session_factory) == 1
    with session_factory() as session:
        [forward] = session.scalars(select(Forward))
        assert archive.bytes == [(syntax, forward.data)]
