"""The server over real sockets: who may associate, what is answered, how it ends."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.pdu_primitives import SOPClassExtendedNegotiation
from structlog.testing import capture_logs

from config import Settings
from tests.support.department import NOW, make_patient, make_procedure, make_room, make_site
from tests.support.dicom import CALLED, HOST, running, schedule
from tests.support.ports import free_port
from tests.support.stack import wait_until
from worklist import db
from worklist.dicom import find as find_module
from worklist.dicom import negotiation
from worklist.dicom.answer import encoded
from worklist.dicom.client import Peer, PeerError, worklist_query
from worklist.dicom.server import DicomServer
from worklist.dicom.services import PROBE_AE_TITLE
from worklist.dicom.sop_classes import (
    MODALITY_PERFORMED_PROCEDURE_STEP,
    MODALITY_WORKLIST_FIND,
    VERIFICATION,
)


@pytest.fixture
def server(settings: Settings, session_factory: db.SessionFactory) -> Iterator[DicomServer]:
    """A server of a department with three exams in CT01 and a station without any."""
    with db.transaction(session_factory) as session:
        site = make_site(session, time_zone="Europe/Vienna")
        room = make_room(session, site, "CT01")
        old = make_room(session, site, "CT02")
        old.stations[0].active = False
        latin = make_room(session, site, "CT03")
        latin.stations[0].character_set = "ISO_IR 100"
        make_procedure(session)
        for hour, name in enumerate(["Müller^Anna", "Novák^Petr", "Roe^Richard"]):
            schedule(
                session, room, NOW + timedelta(hours=hour), patient=make_patient(session, name)
            )
    with running(settings, session_factory) as server:
        yield server


def find(server: DicomServer, calling: str = "CT01", query: Dataset | None = None) -> list[Dataset]:
    return Peer(HOST, server.port, calling=calling, called=CALLED).find_worklist(query=query)


def names(entries: list[Dataset]) -> list[str]:
    return [str(entry.PatientName) for entry in entries]


def test_a_station_verifies_and_finds_its_day(server: DicomServer) -> None:
    Peer(HOST, server.port, calling="CT01", called=CALLED).echo()
    entries = find(server)
    assert names(entries) == ["Müller^Anna", "Novák^Petr", "Roe^Richard"]
    step = entries[0].ScheduledProcedureStepSequence[0]
    # 09:00 UTC is 10:00 in Vienna in November.
    assert step.ScheduledProcedureStepStartTime == "100000"
    assert find(server, "CT03") == []


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_both_transfer_syntaxes(server: DicomServer, syntax: str) -> None:
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_WORKLIST_FIND, syntax)
    association = ae.associate(HOST, server.port, ae_title=CALLED)
    assert association.is_established
    answers = list(association.send_c_find(worklist_query(), MODALITY_WORKLIST_FIND))
    association.release()
    assert [status.Status for status, _ in answers] == [0xFF00, 0xFF00, 0xFF00, 0x0000]


def test_a_station_reads_names_in_its_own_character_set_where_it_can(server: DicomServer) -> None:
    entries = find(server, "CT03", worklist_query())
    assert names(entries) == ["Müller^Anna", "Novák^Petr", "Roe^Richard"]
    sets = [entry.SpecificCharacterSet for entry in entries]
    assert sets == ["ISO_IR 100", "ISO_IR 100", "ISO_IR 100"]


@pytest.mark.parametrize("calling", ["STRANGER", "CT02"])
def test_unknown_and_inactive_callers_are_rejected_and_logged(
    server: DicomServer, calling: str
) -> None:
    with capture_logs() as logs, pytest.raises(PeerError, match="calling AE title"):
        Peer(HOST, server.port, calling=calling, called=CALLED).echo()
    events = [line for line in logs if line["event"] == "dicom.association.rejected"]
    assert [(line["calling"], line["called"]) for line in events] == [(calling, CALLED)]


def test_the_called_ae_title_is_checked(server: DicomServer) -> None:
    with pytest.raises(PeerError, match="not the called AE title"):
        Peer(HOST, server.port, calling="CT01", called="SOMEBODY").echo()


def test_the_probe_may_only_verify(server: DicomServer) -> None:
    Peer(HOST, server.port, calling=PROBE_AE_TITLE, called=CALLED).echo()
    with pytest.raises(PeerError, match="does not offer"):
        find(server, PROBE_AE_TITLE)
    ae = AE(PROBE_AE_TITLE)
    for sop_class in (VERIFICATION, MODALITY_WORKLIST_FIND, MODALITY_PERFORMED_PROCEDURE_STEP):
        ae.add_requested_context(sop_class)
    association = ae.associate(HOST, server.port, ae_title=CALLED)
    accepted = [context.abstract_syntax for context in association.accepted_contexts]
    association.release()
    assert accepted == [VERIFICATION]


def test_before_the_database_has_ever_answered_a_caller_is_to_try_again(
    settings: Settings, session_factory: db.SessionFactory
) -> None:
    """PS3.8 Table 9-21: rejected-transient, temporary-congestion; never an unknown AE title."""

    def refused_by(server: DicomServer) -> str:
        with capture_logs() as logs, pytest.raises(PeerError, match="refuses the association"):
            Peer(HOST, server.port, calling="CT01", called=CALLED).echo()
        return next(str(line["hint"]) for line in logs if "hint" in line)

    nowhere = db.make_engine(f"postgresql+psycopg://nobody@127.0.0.1:{free_port()}/none")
    refusal = negotiation.CATALOGUE_NOT_READ
    assert (refusal.result, refusal.source, refusal.diagnostic) == (2, 3, 1)
    with running(settings, db.make_session_factory(nowhere)) as server:
        assert refused_by(server) == refusal.hint
    with running(settings, session_factory) as server:  # of a department without any station
        assert refused_by(server) == negotiation.CALLING_NOT_RECOGNISED.hint


def test_an_unsupported_matching_key_is_told_by_ff01(server: DicomServer) -> None:
    assert statuses(server, EthnicGroup="X") == [0xFF01, 0xFF01, 0xFF01, 0x0000]


def statuses(server: DicomServer, **keys: object) -> list[int]:
    query = worklist_query()
    for keyword, value in keys.items():
        setattr(query, keyword, value)
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_WORKLIST_FIND)
    association = ae.associate(HOST, server.port, ae_title=CALLED)
    found = [status.Status for status, _ in association.send_c_find(query, MODALITY_WORKLIST_FIND)]
    association.release()
    return found


@pytest.mark.parametrize(("asked", "found"), [(1, ["Müller^Anna"]), (0, [])])
def test_fuzzy_names_match_when_negotiated(
    server: DicomServer, asked: int, found: list[str]
) -> None:
    """PS3.4 section K.5.1.1: the third byte; the answer accepts what is supported."""
    item = SOPClassExtendedNegotiation()
    item.sop_class_uid = MODALITY_WORKLIST_FIND
    item.service_class_application_information = bytes([1, 1, asked, 1])
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_WORKLIST_FIND)
    association = ae.associate(HOST, server.port, ae_title=CALLED, ext_neg=[item])
    answered = association.acceptor.sop_class_extended[MODALITY_WORKLIST_FIND]
    query = worklist_query(patient_name="Mueller^Ana")
    answers = association.send_c_find(query, MODALITY_WORKLIST_FIND)
    names = [str(entry.PatientName) for _, entry in answers if entry is not None]
    association.release()
    assert answered == bytes([1, 1, asked, 1])
    assert names == found


def test_a_malformed_date_is_refused_with_its_element(server: DicomServer) -> None:
    query = worklist_query()
    step = query.ScheduledProcedureStepSequence[0]
    step[0x00400002] = DataElement(0x00400002, "DA", "2026", validation_mode=IGNORE)
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_WORKLIST_FIND)
    association = ae.associate(HOST, server.port, ae_title=CALLED)
    [(status, entry)] = association.send_c_find(query, MODALITY_WORKLIST_FIND)
    association.release()
    assert status.Status == 0xA900
    assert status.OffendingElement == 0x00400002
    assert "malformed" in status.ErrorComment
    assert entry is None


def test_a_cancelled_query_ends_early(server: DicomServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server makes its second answer only when the C-CANCEL has arrived; it is not sent."""
    made: list[bytes] = []

    def slow(*arguments: Any, **options: Any) -> bytes:
        if made:
            [request] = [one._current for one in server.connections if one._current is not None]
            wait_until(lambda: request.cancelled)
        made.append(encoded(*arguments, **options))
        return made[-1]

    monkeypatch.setattr(find_module, "encoded", slow)
    monkeypatch.setattr(find_module, "_BATCH", 1)
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_WORKLIST_FIND)
    association = ae.associate(HOST, server.port, ae_title=CALLED)
    found: list[int] = []
    for status, _ in association.send_c_find(worklist_query(), MODALITY_WORKLIST_FIND, msg_id=7):
        if not found:
            association.send_c_cancel(7, query_model=MODALITY_WORKLIST_FIND)
        found.append(status.Status)
    association.release()
    assert found == [0xFF00, 0xFE00]


def test_a_long_list_comes_whole(server: DicomServer, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        room = make_room(session, make_site(session, "SOUTH"), "CT04")
        patient = make_patient(session)
        for minute in range(60):
            schedule(session, room, NOW + timedelta(minutes=minute), patient=patient)
    entries = find(server, query=worklist_query(station="CT04"))
    assert len({entry.AccessionNumber for entry in entries}) == 60


def test_an_internal_error_is_a_status_and_a_log_line_without_patient_data(
    server: DicomServer, session_factory: db.SessionFactory
) -> None:
    assert len(find(server)) == 3
    with db.transaction(session_factory) as session:
        session.connection().exec_driver_sql("ALTER TABLE patients RENAME TO lost")
    with capture_logs() as logs, pytest.raises(PeerError) as caught:
        find(server, query=worklist_query(patient_name="Secret^*"))
    assert caught.value.status == 0xC001
    assert "dicom.find.failed" in [line["event"] for line in logs]
    told = [line for line in logs if line["event"] == "dicom.find"]
    assert told[0]["outcome"] == "failed"
    assert "Secret" not in str(told)


def test_a_query_is_logged_by_its_keys_without_their_values(server: DicomServer) -> None:
    with capture_logs() as logs:
        find(server, query=worklist_query(station="CT01", patient_name="Müller*"))
    [line] = [line for line in logs if line["event"] == "dicom.find"]
    assert line["calling"] == "CT01"
    assert line["keys"] == [
        "PatientName",
        "ScheduledProcedureStepSequence.ScheduledStationAETitle",
    ]
    assert line["answers"] == 1
    assert "Müller" not in str(logs)


def test_small_packets_do_not_wait(server: DicomServer) -> None:
    """Ask the server's own sockets."""
    ae = AE("CT01")
    ae.add_requested_context(VERIFICATION)
    association = ae.associate(HOST, server.port, ae_title=CALLED)
    [accepted] = server.connections
    own = accepted.transport.get_extra_info("socket")
    option = own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    association.release()
    assert option != 0


def test_a_new_station_is_let_in_within_seconds(
    server: DicomServer, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PeerError):
        Peer(HOST, server.port, calling="MR01", called=CALLED).echo()
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session, "WEST"), "MR01", modality="MR")
    monkeypatch.setattr(server.directory, "_max_age", 0.0)
    Peer(HOST, server.port, calling="MR01", called=CALLED).echo()


def test_without_the_database_the_stations_of_before_are_let_in(
    server: DicomServer, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    Peer(HOST, server.port, calling="CT01", called=CALLED).echo()
    with db.transaction(session_factory) as session:
        session.connection().exec_driver_sql("ALTER TABLE stations RENAME TO lost")
    monkeypatch.setattr(server.directory, "_max_age", 0.0)
    with capture_logs() as logs:
        Peer(HOST, server.port, calling="CT01", called=CALLED).echo()
    assert "dicom.stations.unreadable" in [line["event"] for line in logs]
    with pytest.raises(PeerError):
        Peer(HOST, server.port, calling="STRANGER", called=CALLED).echo()


def test_a_port_in_use_is_an_error(
    server: DicomServer, settings: Settings, session_factory: db.SessionFactory
) -> None:
    taken = settings.model_copy(update={"dicom_port": server.port})
    with pytest.raises(OSError), running(taken, session_factory):  # noqa: PT011 - any errno
        pass


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_stops_cleanly(database: str, redis_url: str, number: int) -> None:
    """A process of its own, with a scanner that stays associated."""
    code = (
        "import config\n"
        "from worklist.dicom import processes\n"
        "from workers.app import RedisTransport\n"
        "from worklist import logs, tables\n"
        "settings = config.load_settings()\n"
        "logs.configure(settings, 'dicom')\n"
        "processes.serve(settings, RedisTransport(settings))\n"
    )
    port = free_port()
    environment = os.environ | {
        "WORKLIST_DATABASE_URL": database,
        "WORKLIST_REDIS_URL": redis_url,
        "WORKLIST_DICOM_PORT": str(port),
    }
    with subprocess.Popen(
        [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        assert "dicom.listening" in process.stderr.readline()
        ae = AE(PROBE_AE_TITLE)
        ae.add_requested_context(VERIFICATION)
        association = ae.associate(HOST, port, ae_title=CALLED)
        assert association.is_established
        process.send_signal(number)
        assert process.wait(timeout=60) == 0
        rest = process.stderr.read()
        association.abort()
    assert "dicom.stopped" in rest
    assert "Traceback" not in rest
