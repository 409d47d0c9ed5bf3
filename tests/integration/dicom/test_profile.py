"""What a station's profile changes, over real sockets."""

import hashlib
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom import AE
from sqlalchemy import select

from config import Settings
from tests.support.certificates import make as make_certificate
from tests.support.department import NOW, make_patient, make_procedure, make_room, make_site
from tests.support.dicom import CALLED, HOST, running, schedule
from worklist import db
from worklist.catalogue.models import Station
from worklist.catalogue.profiles import Connections, LeavesList, OverLimit, StationProfile
from worklist.dicom.client import Peer, PeerError, worklist_query
from worklist.dicom.server import DicomServer
from worklist.dicom.sop_classes import MODALITY_WORKLIST_FIND, VERIFICATION
from worklist.orders.status import StepStatus


@pytest.fixture
def department(session_factory: db.SessionFactory) -> db.SessionFactory:
    """Six exams in CT01 around now, one in CT02."""
    rows = [
        ("Early^E", -30, StepStatus.SCHEDULED),
        ("Běžný^Petr", 1, StepStatus.SCHEDULED),
        ("Going^On", -1, StepStatus.STARTED),
        ("Ended^Now", -2, StepStatus.COMPLETED),
        ("Ended^Long", -9, StepStatus.COMPLETED),
        ("Late^L", 100, StepStatus.SCHEDULED),
    ]
    with db.transaction(session_factory) as session:
        site = make_site(session)
        ct1, ct2 = make_room(session, site, "CT01"), make_room(session, site, "CT02")
        make_procedure(session)
        for name, hours, status in rows:
            exam = schedule(
                session,
                ct1,
                NOW + timedelta(hours=hours),
                status=status,
                patient=make_patient(session, name),
            )
            if status is StepStatus.COMPLETED:
                exam.ended_at = exam.starts_at
        schedule(session, ct2, NOW, patient=make_patient(session, "Other^Room"))
    return session_factory


@pytest.fixture
def server(settings: Settings, department: db.SessionFactory) -> Iterator[DicomServer]:
    with running(settings, department) as server:
        server.directory._max_age = 0.0
        yield server


def give(sessions: db.SessionFactory, **fields: Any) -> None:
    with db.transaction(sessions) as session:
        station = session.scalars(select(Station).where(Station.ae_title == "CT01")).one()
        session.add(StationProfile(station_id=station.id, **fields))


def names(server: DicomServer, query: Dataset | None = None) -> list[str]:
    entries = Peer(HOST, server.port, calling="CT01", called=CALLED).find_worklist(query=query)
    return [str(entry.PatientName) for entry in entries]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["Early^E", "Běžný^Petr", "Late^L"]),
        ({"window_hours_before": 24}, ["Běžný^Petr", "Late^L"]),
        ({"window_hours_before": 48, "window_hours_after": 99}, ["Early^E", "Běžný^Petr"]),
        ({"leaves_list": LeavesList.AT_END}, ["Early^E", "Going^On", "Běžný^Petr", "Late^L"]),
        (
            {"leaves_list": LeavesList.HOURS_AFTER_END, "linger_hours": 4},
            ["Early^E", "Ended^Now", "Going^On", "Běžný^Petr", "Late^L"],
        ),
    ],
)
def test_window_and_lingering(
    server: DicomServer, department: db.SessionFactory, fields: dict[str, Any], expected: list[str]
) -> None:
    give(department, **fields)
    assert names(server) == expected


def test_the_own_title_is_forced_as_station(
    server: DicomServer, department: db.SessionFactory
) -> None:
    everything = worklist_query()
    assert "Other^Room" in names(server, everything)
    give(department, forced_keys={"ScheduledStationAETitle": "{calling}"})
    assert names(server, everything) == ["Early^E", "Běžný^Petr", "Late^L"]


def test_a_list_over_the_limit_is_cut_and_said_so_or_refused(
    server: DicomServer, department: db.SessionFactory
) -> None:
    give(department, answer_limit=2)
    assert names(server) == ["Early^E", "Běžný^Petr"]
    with db.transaction(department) as session:
        session.scalars(select(StationProfile)).one().over_limit = OverLimit.REFUSE
    with pytest.raises(PeerError, match="More than 2 entries") as caught:
        names(server)
    assert caught.value.status == 0xA700
    with db.transaction(department) as session:
        session.scalars(select(StationProfile)).one().answer_limit = 3
    assert len(names(server)) == 3


def test_a_limit_ends_the_reading_of_names_early(
    server: DicomServer, department: db.SessionFactory
) -> None:
    give(department, answer_limit=1)
    for _ in range(3):  # the connection serves the next query too
        assert names(server, worklist_query(patient_name="*^*")) == ["Early^E"]
        assert names(server, worklist_query(patient_name="Late*")) == ["Late^L"]


def test_a_console_of_few_letters_reads_a_name(
    server: DicomServer, department: db.SessionFactory
) -> None:
    with db.transaction(department) as session:
        for station in session.scalars(select(Station)):
            station.character_set = "ISO_IR 100"
    assert names(server, worklist_query(patient_name="Be*")) == ["Bezný^Petr"]


def test_only_allowed_addresses_get_in(server: DicomServer, department: db.SessionFactory) -> None:
    give(department, addresses=["10.0.0.0/8"])
    with pytest.raises(PeerError, match="calling AE title"):
        names(server)
    with db.transaction(department) as session:
        session.scalars(select(StationProfile)).one().addresses = ["127.0.0.0/8"]
    assert names(server)


def test_the_maximum_pdu_is_announced_and_kept(
    server: DicomServer, department: db.SessionFactory
) -> None:
    give(department, maximum_pdu=4096)
    ae = AE("CT01")
    ae.add_requested_context(MODALITY_WORKLIST_FIND)
    association = ae.associate(HOST, server.port, ae_title=CALLED, max_pdu=0)
    assert association.acceptor.maximum_length == 4096
    query = worklist_query(station="CT01")
    found = list(association.send_c_find(query, MODALITY_WORKLIST_FIND))
    association.release()
    assert len(found) == 4


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A server's and two clients' certificates, each its own authority."""
    for name in ("server", "ct01", "stranger"):
        make_certificate(tmp_path, name)
    known = "".join((tmp_path / f"{name}.pem").read_text() for name in ("ct01", "stranger"))
    (tmp_path / "ca.pem").write_text(known)
    return tmp_path


def test_tls_with_the_stations_own_certificate(
    settings: Settings, department: db.SessionFactory, certificates: Path
) -> None:
    safe = settings.model_copy(
        update={
            "dicom_tls_port": 0,
            "dicom_tls_certificate": certificates / "server.pem",
            "dicom_tls_key": certificates / "server.key",
            "dicom_tls_client_ca": certificates / "ca.pem",
        }
    )
    own = ssl.PEM_cert_to_DER_cert((certificates / "ct01.pem").read_text())
    give(
        department,
        connections=Connections.TLS,
        client_certificate=hashlib.sha256(own).hexdigest(),
    )
    with running(safe, department) as server:
        with pytest.raises(PeerError, match="calling AE title"):
            names(server)
        assert echoes(server.tls_port, certificates, "ct01")
        assert not echoes(server.tls_port, certificates, "stranger")
        assert not shakes_hands_without_a_certificate(server.tls_port, certificates)


def shakes_hands_without_a_certificate(port: int, certificates: Path) -> bool:
    context = client_tls(certificates)
    try:
        with (
            socket.create_connection((HOST, port), timeout=30) as plain,
            context.wrap_socket(plain) as tls,
        ):
            return bool(tls.recv(1))
    except OSError:
        return False


def client_tls(certificates: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=certificates / "server.pem")
    context.check_hostname = False
    return context


def echoes(port: int, certificates: Path, name: str) -> bool:
    context = client_tls(certificates)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    ae = AE("CT01")
    ae.add_requested_context(VERIFICATION)
    association = ae.associate(HOST, port, ae_title=CALLED, tls_args=(context, "server"))
    if not association.is_established:
        own = association.dul.socket
        if own is not None:
            own.close()
        return False
    status = association.send_c_echo()
    association.release()
    return bool(status.Status == 0)
