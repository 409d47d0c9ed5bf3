"""Answers judged by dciodvfy (dicom3tools), which knows nothing of us: VR, length and characters.

findscu writes each answer to a file as it came. What dciodvfy says of a whole image, for it takes
the file for one, is left out. It measures a name's component groups together, where PS3.5 section
6.2 allows each 64 characters: no name here is both long and in two groups.
"""

import subprocess
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from tests.support import programs
from tests.support.department import NOW, make_patient
from tests.support.dicom import CALLED, HOST, schedule
from worklist import db
from worklist.catalogue.models import Room, Station
from worklist.dicom.server import DicomServer

_OF_AN_IMAGE = (
    "MediaStorageSOP",
    "DICOMDIR",
    "Information Object Not found",
    "missing SOPClassUID",
    "missing SOPInstanceUID",
)
_TOP = [
    "AccessionNumber", "ReferringPhysicianName", "PatientName", "PatientID", "IssuerOfPatientID",
    "PatientBirthDate", "PatientSex", "PatientSize", "PatientWeight", "PregnancyStatus",
    "MedicalAlerts", "Allergies", "SpecialNeeds", "PatientState", "StudyInstanceUID",
    "RequestingPhysician", "RequestedProcedureID", "RequestedProcedureDescription",
    "RequestedProcedureCodeSequence", "RequestedProcedurePriority",
    "ReasonForTheRequestedProcedure", "RequestedProcedureComments",
    "PatientTransportArrangements", "AdmissionID", "CurrentPatientLocation", "InstitutionName",
    "InstitutionalDepartmentName", "WorklistLabel", "PlacerOrderNumberImagingServiceRequest",
    "FillerOrderNumberImagingServiceRequest", "IssuerOfAccessionNumberSequence",
    "ReferencedStudySequence", "ReferencedPatientSequence", "TimezoneOffsetFromUTC",
    "ScheduledProcedureStepSequence",
]  # fmt: skip


def answers(server: DicomServer, folder: Path) -> Sequence[Path]:
    """Ask for everything as CT01 and return the files that findscu wrote."""
    keys = [part for key in _TOP for part in ("-k", key)]
    subprocess.run(
        [programs.need("findscu"), "-W", "-X", "-od", str(folder), "-aet", "CT01", "-aec", CALLED,
         *keys, "-k", "ScheduledProcedureStepSequence[0].ScheduledStationAETitle=CT01",
         HOST, str(server.port)],
        check=True, capture_output=True, timeout=30,
    )  # fmt: skip
    return sorted(folder.glob("rsp*.dcm"))


def complaints(path: Path) -> list[str]:
    """Return what dciodvfy finds wrong with a data set."""
    done = subprocess.run(
        [programs.need("dciodvfy"), str(path)],
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        timeout=30,
        check=False,
    )
    lines = (done.stdout + done.stderr).splitlines()
    return [line for line in lines if line and not any(part in line for part in _OF_AN_IMAGE)]


@pytest.mark.parametrize("character_set", ["ISO_IR 100", "ISO_IR 192", "\\ISO 2022 IR 87"])
def test_answers_are_legal_whatever_was_ordered(
    server: DicomServer, session_factory: db.SessionFactory, tmp_path: Path, character_set: str
) -> None:
    with db.transaction(session_factory) as session:
        station = session.scalars(select(Station).where(Station.ae_title == "CT01")).one()
        station.character_set = character_set
        room = session.get_one(Room, station.room_id)
        exam = schedule(session, room, NOW + timedelta(hours=3))
        order = exam.order
        order.reason = "Pain \\ fever\r\n" + "very long " * 30
        order.clinical_information = "Ödem\ttab " * 20
        order.current_location = "WARD 7\\ROOM 12 " * 4
        order.admission_id = "9" * 64
        exam.patient = order.patient = make_patient(session, "Long^" + "X" * 80)
        other = schedule(session, room, NOW + timedelta(hours=4))
        other.patient = make_patient(session, "Øre^Åse")
        other.patient.name_ideographic = "山田^太郎"
    files = answers(server, tmp_path)
    assert len(files) == 4
    assert {path.name: complaints(path) for path in files} == {path.name: [] for path in files}


def test_the_validator_sees_what_is_wrong(tmp_path: Path) -> None:
    """A date that is too short, so that its silence above means something."""
    source = tmp_path / "wrong.txt"
    source.write_text("(0008,0050) SH [AAAAAAAAAAAAAAAAAAAAAAAA]\n(0010,0030) DA [19611]\n")
    subprocess.run(
        [programs.need("dump2dcm"), "+te", str(source), str(tmp_path / "wrong.dcm")],
        check=True,
        capture_output=True,
        timeout=30,
    )
    found = " ".join(complaints(tmp_path / "wrong.dcm"))
    assert "Accession Number" in found
    assert "Birth Date" in found
