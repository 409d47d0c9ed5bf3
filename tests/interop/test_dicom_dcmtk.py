"""DCMTK's echoscu and findscu against the running server."""

import re
import subprocess

import pytest

from tests.support import programs
from tests.support.dicom import CALLED, HOST
from worklist.dicom.server import DicomServer

STEP = "ScheduledProcedureStepSequence[0]."


def run(
    program: str, server: DicomServer, *arguments: str, calling: str = "CT01", called: str = CALLED
) -> subprocess.CompletedProcess[str]:
    path = programs.need(program)
    return subprocess.run(
        [path, "-v", "-aet", calling, "-aec", called, *arguments, HOST, str(server.port)],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def find(server: DicomServer, *keys: str, calling: str = "CT01") -> list[str]:
    """The patients' names that findscu prints, in order."""
    asked = [
        "PatientName",
        f"{STEP}ScheduledProcedureStepStartDate",
        f"{STEP}ScheduledProcedureStepStartTime",
        *keys,
    ]
    arguments = [part for key in asked for part in ("-k", key)]
    done = run("findscu", server, "-W", *arguments, calling=calling)
    output = done.stdout + done.stderr
    assert done.returncode == 0, output
    assert "Received Final Find Response (Success)" in output
    answers = output.split("Find Response: ")[1:]
    names = [re.search(r"\(0010,0010\) PN \[(.*?)\s*\]", answer) for answer in answers]
    return [name[1] for name in names if name]


def test_echo(server: DicomServer) -> None:
    done = run("echoscu", server)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("calling", "called", "reason"),
    [
        ("STRANGER", CALLED, "Calling AE Title Not Recognized"),
        ("CT01", "SOMEBODY", "Called AE Title Not Recognized"),
    ],
)
def test_wrong_ae_titles_are_rejected(
    server: DicomServer, calling: str, called: str, reason: str
) -> None:
    done = run("echoscu", server, calling=calling, called=called)
    assert done.returncode != 0
    assert reason in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ((), ["Müller^Anna", "Miller^Bob", "Smith^Carl", "Novak^Dora"]),
        (("PatientName=SMITH^CARL",), ["Smith^Carl"]),
        (("PatientName=M?ller*",), ["Müller^Anna", "Miller^Bob"]),
        (("PatientName=muller*",), ["Müller^Anna"]),
        ((f"{STEP}Modality=MR",), ["Novak^Dora"]),
        ((f"{STEP}ScheduledStationAETitle=CT02",), ["Smith^Carl"]),
        (
            (f"{STEP}ScheduledProcedureStepStartDate=20261124",),
            ["Müller^Anna", "Miller^Bob", "Smith^Carl"],
        ),
        ((f"{STEP}ScheduledProcedureStepStartDate=20261125-20261130",), ["Novak^Dora"]),
        (
            (
                f"{STEP}ScheduledProcedureStepStartDate=20261124-20261125",
                f"{STEP}ScheduledProcedureStepStartTime=1100-1000",
            ),
            ["Miller^Bob", "Smith^Carl", "Novak^Dora"],
        ),
        (
            (f"{STEP}ScheduledStationAETitle=CT0*", f"{STEP}ScheduledProcedureStepStartTime=12-"),
            ["Miller^Bob", "Smith^Carl"],
        ),
        (("PatientID=NOBODY",), []),
        # A list of values, a list of UIDs, universal matching, sequence matching, optional keys.
        ((f"{STEP}ScheduledStationAETitle=CT02\\MR01",), ["Smith^Carl", "Novak^Dora"]),
        (("StudyInstanceUID=2.25.1\\2.25.2",), []),
        (("AccessionNumber=*",), ["Müller^Anna", "Miller^Bob", "Smith^Carl", "Novak^Dora"]),
        (("RequestedProcedureCodeSequence[0].CodeValue=70551",), ["Novak^Dora"]),
        (
            (f"{STEP}ScheduledProtocolCodeSequence[0].CodeValue=7125?",),
            ["Müller^Anna", "Miller^Bob", "Smith^Carl"],
        ),
        ((f"{STEP}ScheduledStationName=MR01",), ["Novak^Dora"]),
        (("WorklistLabel=MAIN", f"{STEP}Modality=MR"), ["Novak^Dora"]),
        (("InstitutionName=MAIN*", f"{STEP}Modality=MR"), ["Novak^Dora"]),
        ((f"{STEP}ScheduledProcedureStepStatus=STARTED",), []),
        (("RequestedProcedurePriority=HIGH", f"{STEP}Modality=MR"), ["Novak^Dora"]),
        # 09:00 UTC is 10:00 in Vienna: without the offset it would be 10:00 that is asked for.
        (
            (
                "TimezoneOffsetFromUTC=+0000",
                f"{STEP}ScheduledProcedureStepStartDate=20261124",
                f"{STEP}ScheduledProcedureStepStartTime=0830-0930",
            ),
            ["Müller^Anna"],
        ),
    ],
)
def test_find(server: DicomServer, keys: tuple[str, ...], expected: list[str]) -> None:
    replaced = {key.partition("=")[0] for key in keys}
    assert find(server, *keys) == expected, replaced


def test_every_usual_key_is_answered(server: DicomServer) -> None:
    keys = (
        "AccessionNumber",
        "ReferringPhysicianName",
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
        "RequestedProcedureCodeSequence",
        "AdmissionID",
        "RequestedProcedureID",
        "RequestedProcedurePriority",
        "PatientTransportArrangements",
        "ReferencedStudySequence",
    )
    arguments = [part for key in keys for part in ("-k", key)]
    done = run("findscu", server, "-W", *arguments, "-k", "ScheduledProcedureStepSequence")
    output = done.stdout + done.stderr
    first = output.split("Find Response: 1")[1].split("Find Response: 2")[0]
    missing = [key for key in keys if key not in first]
    assert missing == []
    for required in (
        "Modality",
        "ScheduledStationAETitle",
        "ScheduledProcedureStepStartDate",
        "ScheduledProcedureStepStartTime",
        "ScheduledProcedureStepID",
    ):
        line = next(line for line in first.splitlines() if required in line)
        assert "(no value available)" not in line
