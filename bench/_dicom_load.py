"""Ask a worklist server as many scanners would, at next to no cost of the client's own.

The association request, the query and the release are encoded once by pynetdicom and replayed
over plain sockets. Every answer is counted; a query that ends in anything but success is an error.
"""

import multiprocessing
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO

from pydicom import Dataset
from pynetdicom import build_context
from pynetdicom.dimse_messages import C_FIND_RQ
from pynetdicom.dimse_primitives import C_FIND
from pynetdicom.dsutils import encode
from pynetdicom.pdu import A_ASSOCIATE_RQ, A_RELEASE_RQ, P_DATA_TF
from pynetdicom.pdu_primitives import (
    A_ASSOCIATE,
    A_RELEASE,
    ImplementationClassUIDNotification,
    ImplementationVersionNameNotification,
    MaximumLengthNotification,
)

from worklist.dicom.sop_classes import MODALITY_WORKLIST_FIND

HOST = "127.0.0.1"
_SECONDS = 60
_PENDING = frozenset({0xFF00, 0xFF01})
_STATUS = (0x0000, 0x0900)
_RETURN_KEYS = (
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientWeight",
    "MedicalAlerts",
    "Allergies",
    "PregnancyStatus",
    "StudyInstanceUID",
    "RequestingPhysician",
    "RequestedProcedureDescription",
    "AdmissionID",
    "SpecialNeeds",
    "CurrentPatientLocation",
    "RequestedProcedureID",
    "RequestedProcedurePriority",
)
_STEP_KEYS = (
    "ScheduledProcedureStepStartTime",
    "ScheduledPerformingPhysicianName",
    "ScheduledProcedureStepDescription",
    "ScheduledProcedureStepID",
    "ScheduledStationName",
    "ScheduledProcedureStepLocation",
    "PreMedication",
    "RequestedContrastAgent",
)


@dataclass(frozen=True)
class Load:
    """Who asks what: one station's day, ``clients`` at a time."""

    port: int
    day: str
    station: str = "CT01"
    modality: str = "CT"
    called: str = "WORKLIST"
    clients: int = 2
    seconds: float = 5.0
    keep_open: bool = False


@dataclass
class Outcome:
    """What the server sustained: seconds of each query, and answers of the last."""

    seconds: list[float] = field(default_factory=list)
    answers: set[int] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    wall: float = 0.0

    @property
    def per_second(self) -> float:
        """Queries in a second."""
        return len(self.seconds) / self.wall


def measure(load: Load) -> Outcome:
    """Ask for a while with all clients at once.

    Raises:
        RuntimeError: a query failed, or answers were not always as many.
    """
    context = multiprocessing.get_context("fork")
    results: multiprocessing.Queue[Outcome] = context.Queue()
    clients = [context.Process(target=_client, args=(load, results)) for _ in range(load.clients)]
    began = time.perf_counter()
    for client in clients:
        client.start()
    outcomes = [results.get() for _ in clients]
    whole = Outcome(wall=time.perf_counter() - began)
    for client, outcome in zip(clients, outcomes, strict=True):
        client.join()
        whole.seconds += outcome.seconds
        whole.answers |= outcome.answers
        whole.errors += outcome.errors
    if whole.errors or len(whole.answers) != 1:
        raise RuntimeError(f"{whole.errors[:3]}, answers {sorted(whole.answers)[:5]}")
    return whole


def _client(load: Load, results: "multiprocessing.Queue[Outcome]") -> None:
    outcome = Outcome()
    request, query, release = units(load)
    connection: socket.socket | None = None
    end = time.perf_counter() + load.seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        try:
            connection = connection or associate(load.port, request)
            outcome.answers.add(find(connection, query))
            if not load.keep_open:
                _release(connection, release)
                connection = None
            outcome.seconds.append(time.perf_counter() - began)
        except (OSError, ValueError) as error:
            outcome.errors.append(repr(error))
            connection = None
    results.put(outcome)


def units(load: Load) -> tuple[bytes, bytes, bytes]:
    """Return A-ASSOCIATE-RQ, the query's P-DATA-TF units and A-RELEASE-RQ."""
    primitive = A_ASSOCIATE()
    primitive.application_context_name = "1.2.840.10008.3.1.1.1"
    primitive.calling_ae_title, primitive.called_ae_title = load.station, load.called
    context = build_context(MODALITY_WORKLIST_FIND, ["1.2.840.10008.1.2"])
    context.context_id = 1
    primitive.presentation_context_definition_list = [context]
    longest = MaximumLengthNotification()
    longest.maximum_length_received = 131072
    implementation = ImplementationClassUIDNotification()
    implementation.implementation_class_uid = "1.2.826.0.1.3680043.10.9999"
    version = ImplementationVersionNameNotification()
    version.implementation_version_name = "LOAD"
    primitive.user_information = [longest, implementation, version]
    request = A_ASSOCIATE_RQ()
    request.from_primitive(primitive)
    release = A_RELEASE_RQ()
    release.from_primitive(A_RELEASE())
    return request.encode(), encoded(_query(load)), release.encode()


def _query(load: Load) -> Dataset:
    step = Dataset()
    step.Modality = load.modality
    step.ScheduledStationAETitle = load.station
    step.ScheduledProcedureStepStartDate = load.day
    for keyword in _STEP_KEYS:
        setattr(step, keyword, None)
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _RETURN_KEYS:
        setattr(dataset, keyword, None)
    dataset.ScheduledProcedureStepSequence = [step]
    return dataset


def encoded(query: Dataset) -> bytes:
    """Return a query's P-DATA-TF units, for the one presentation context of `units`."""
    return b"".join(_data_units(query))


def _data_units(query: Dataset) -> Iterator[bytes]:
    primitive = C_FIND()
    primitive.MessageID, primitive.Priority = 1, 2
    primitive.AffectedSOPClassUID = MODALITY_WORKLIST_FIND
    primitive.Identifier = BytesIO(encode(query, is_implicit_vr=True, is_little_endian=True) or b"")
    message = C_FIND_RQ()
    message.primitive_to_message(primitive)
    for data in message.encode_msg(1, 16382):
        unit = P_DATA_TF()
        unit.from_primitive(data)
        yield unit.encode()


def associate(port: int, request: bytes) -> socket.socket:
    """Open an association."""
    connection = socket.create_connection((HOST, port), timeout=_SECONDS)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(request)
    kind, _ = _unit(connection)
    if kind != 2:  # noqa: PLR2004 - A-ASSOCIATE-AC
        raise ConnectionError(f"the association is refused: unit {kind}")
    return connection


def find(connection: socket.socket, query: bytes) -> int:
    """Send a query and return how many answers came."""
    connection.sendall(query)
    answers, command = 0, b""
    while True:
        kind, body = _unit(connection)
        if kind != 4:  # noqa: PLR2004 - P-DATA-TF
            raise ConnectionError(f"unit {kind} instead of data")
        for flags, part in _values(body):
            if not flags & 1:
                continue
            command += part
            if flags & 2:
                status = _status(command)
                command = b""
                if status not in _PENDING:
                    if status:
                        raise ValueError(f"status {status:04X}")
                    return answers
                answers += 1


def _release(connection: socket.socket, release: bytes) -> None:
    connection.sendall(release)
    _unit(connection)
    connection.close()


def _unit(connection: socket.socket) -> tuple[int, bytes]:
    head = _exactly(connection, 6)
    return head[0], _exactly(connection, struct.unpack(">I", head[2:])[0])


def _exactly(connection: socket.socket, length: int) -> bytes:
    received = bytearray()
    while len(received) < length:
        part = connection.recv(length - len(received))
        if not part:
            raise ConnectionError("closed")
        received += part
    return bytes(received)


def _values(body: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(body):
        length = struct.unpack_from(">I", body, position)[0]
        yield body[position + 5], body[position + 6 : position + 4 + length]
        position += 4 + length


def _status(command: bytes) -> int:
    position = 0
    while position + 8 <= len(command):
        group, element, length = struct.unpack_from("<HHI", command, position)
        if (group, element) == _STATUS:
            return int(struct.unpack_from("<H", command, position + 8)[0])
        position += 8 + length
    raise ValueError("no status")


def kept_open(load: Load) -> Load:
    """The same load over associations that stay open."""
    return replace(load, keep_open=True)
