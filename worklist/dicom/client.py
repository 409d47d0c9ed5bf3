"""A small scanner: verification, worklist queries and performed procedure steps as an SCU.

The tour, the simulator and the tests speak to the server with it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydicom import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association

from worklist.dicom.connection import send_at_once
from worklist.dicom.dimse import PENDING
from worklist.dicom.sop_classes import (
    INSTANCE_AVAILABILITY_NOTIFICATION,
    MODALITY_PERFORMED_PROCEDURE_STEP,
    MODALITY_WORKLIST_FIND,
    VERIFICATION,
)

_SECONDS = 10
_SUCCESS = 0x0000
_REJECTIONS = {
    3: "it does not know the calling AE title",
    7: "it is not the called AE title",
}
_STEP_KEYS = (
    "Modality",
    "ScheduledStationAETitle",
    "ScheduledProcedureStepStartDate",
    "ScheduledProcedureStepStartTime",
    "ScheduledPerformingPhysicianName",
    "ScheduledProcedureStepDescription",
    "ScheduledProcedureStepID",
    "ScheduledProcedureStepStatus",
)
_KEYS = (
    "AccessionNumber",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    "ReferringPhysicianName",
)


class PeerError(Exception):
    """The peer cannot be reached, refuses the association, or answers with a failure.

    ``status`` is the DIMSE status, where there is one.
    """

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Peer:
    """A DICOM server, and as whom it is spoken with: the calling and the called AE title.

    ``transfer_syntax`` is the one that is preferred, if any. Each method opens an association of
    its own and raises PeerError where the server cannot be reached, refuses, or fails.
    """

    host: str
    port: int
    calling: str
    called: str
    transfer_syntax: str = ""

    def echo(self) -> None:
        """Verify the connection (C-ECHO)."""
        with self._association(VERIFICATION) as association:
            _check(association.send_c_echo(), "C-ECHO")

    def find_worklist(self, query: Dataset | None = None) -> list[Dataset]:
        """Return the worklist entries that match (C-FIND), by default the station's own."""
        query = worklist_query(station=self.calling) if query is None else query
        entries = []
        with self._association(MODALITY_WORKLIST_FIND) as association:
            for status, entry in association.send_c_find(query, MODALITY_WORKLIST_FIND):
                if status and status.Status in PENDING and entry is not None:
                    entries.append(entry)
                else:
                    _check(status, "C-FIND")
        return entries

    def mpps_create(self, *, uid: str, attributes: Dataset) -> None:
        """Report that a step has begun (N-CREATE) under a UID of the scanner's choice."""
        self._create(MODALITY_PERFORMED_PROCEDURE_STEP, uid, attributes)

    def mpps_set(self, *, uid: str, changes: Dataset) -> None:
        """Report a change or the end of a step (N-SET)."""
        sop_class = MODALITY_PERFORMED_PROCEDURE_STEP
        with self._association(sop_class) as association:
            _check(association.send_n_set(changes, sop_class, uid)[0], "N-SET")

    def notify_available(self, *, uid: str, attributes: Dataset) -> None:
        """Tell that images are available (N-CREATE of an Instance Availability Notification)."""
        self._create(INSTANCE_AVAILABILITY_NOTIFICATION, uid, attributes)

    def _create(self, sop_class: str, uid: str, attributes: Dataset) -> None:
        with self._association(sop_class) as association:
            _check(association.send_n_create(attributes, sop_class, uid)[0], "N-CREATE")

    @contextmanager
    def _association(self, sop_class: str) -> Iterator[Association]:
        """Open an association, with a context of its own for the preferred transfer syntax."""
        ae = AE(self.calling)
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = _SECONDS
        ae.connection_timeout = _SECONDS
        if self.transfer_syntax:
            ae.add_requested_context(sop_class, self.transfer_syntax)
        ae.add_requested_context(sop_class)
        association = ae.associate(
            self.host,
            self.port,
            ae_title=self.called,
            evt_handlers=[(evt.EVT_CONN_OPEN, send_at_once)],
        )
        if not association.is_established:
            raise PeerError(_why_not(association, self))
        try:
            yield association
        finally:
            association.release()


def worklist_query(
    *,
    station: str = "",
    modality: str = "",
    day: date | None = None,
    accession_number: str = "",
    patient_id: str = "",
    patient_name: str = "",
) -> Dataset:
    """Return an Identifier with the usual return keys; what is left out matches everything."""
    step = Dataset()
    for keyword in _STEP_KEYS:
        setattr(step, keyword, "")
    step.ScheduledStationAETitle = station
    step.Modality = modality
    step.ScheduledProcedureStepStartDate = day.strftime("%Y%m%d") if day else ""
    query = Dataset()
    query.SpecificCharacterSet = "ISO_IR 192"
    for keyword in _KEYS:
        setattr(query, keyword, "")
    query.AccessionNumber = accession_number
    query.PatientID = patient_id
    query.PatientName = patient_name
    query.ScheduledProcedureStepSequence = [step]
    return query


def _why_not(association: Association, called: Peer) -> str:
    peer = f"{called.called} at {called.host}:{called.port}"
    if association.is_rejected:
        answer: Any = association.acceptor.primitive
        reason = _REJECTIONS.get(answer.diagnostic, f"diagnostic {answer.diagnostic}")
        return f"{peer} refuses the association: {reason}."
    if association.rejected_contexts:
        return f"{peer} does not offer this service to the calling AE title."
    return f"{peer} does not answer as a DICOM server."


def _check(status: Dataset | None, operation: str) -> None:
    if not status:
        raise PeerError(f"{operation}: the peer gave no answer.")
    if status.Status != _SUCCESS:
        comment = status.get("ErrorComment", "")
        raise PeerError(
            f"{operation} failed with status {status.Status:04X}. {comment}".strip(),
            status.Status,
        )
