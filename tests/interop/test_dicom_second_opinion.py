"""The same entries and queries, asked of this server and of DCMTK's wlmscpfs.

Where they differ, the test says why; every other answer has to be the same.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian

from tests.support import programs
from tests.support.dicom import CALLED, HOST
from tests.support.ports import free_port, listens
from tests.support.stack import wait_until
from worklist.dicom.client import Peer, worklist_query
from worklist.dicom.server import DicomServer

STEP = "ScheduledProcedureStepSequence[0]."
NAME_RULE = "names match without regard to case and accents here, literally there"
BYTE_RULE = "the question mark is one character here, one byte of it there"
NUMBER_RULE = "wild cards match in Patient ID here, only whole values there (both are allowed)"


@pytest.fixture
def other(server: DicomServer, tmp_path: Path) -> Iterator[int]:
    """The port of a wlmscpfs that has this server's own answers as its files."""
    folder = tmp_path / CALLED
    folder.mkdir()
    (folder / "lockfile").touch()
    query = worklist_query()
    query.SpecificCharacterSet = "ISO_IR 100"
    for number, entry in enumerate(
        Peer(HOST, server.port, calling="CT01", called=CALLED).find_worklist(query=query)
    ):
        write(folder / f"{number}.wl", entry)
    port = free_port()
    program = programs.need("wlmscpfs")
    with subprocess.Popen(
        [program, "-dfp", str(tmp_path), "-csk", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        wait_until(lambda: listens(port))
        yield port
        process.terminate()
    shutil.rmtree(folder)


def write(path: Path, entry: Dataset) -> None:
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID = UID("1.2.276.0.7230010.3.1.0.1")
    meta.MediaStorageSOPInstanceUID = UID("2.25.1")
    entry.file_meta = meta
    dcmwrite(path, entry, enforce_file_format=True)


def find(port: int, keys: tuple[str, ...]) -> list[str]:
    """The accession numbers of the answers, sorted."""
    asked = ["AccessionNumber", f"{STEP}ScheduledProcedureStepStartDate", *keys]
    arguments = [part for key in asked for part in ("-k", key)]
    done = subprocess.run(
        [programs.need("findscu"), "-v", "-W", "-aet", "CT01", "-aec", CALLED, *arguments,
         HOST, str(port)],
        capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    output = (done.stdout + done.stderr).decode("latin-1")
    assert done.returncode == 0, output
    answers = output.split("Find Response: ")[1:]
    found = [re.search(r"\(0008,0050\) SH \[(.*?)\s*\]", answer) for answer in answers]
    return sorted(one[1] for one in found if one)


@pytest.mark.parametrize(
    ("keys", "why_they_differ"),
    [
        ((), ""),
        ((f"{STEP}Modality=CT",), ""),
        ((f"{STEP}Modality=MR",), ""),
        ((f"{STEP}ScheduledStationAETitle=CT01",), ""),
        ((f"{STEP}ScheduledStationAETitle=NOBODY",), ""),
        ((f"{STEP}ScheduledProcedureStepStartDate=20261124",), ""),
        ((f"{STEP}ScheduledProcedureStepStartDate=20261125-",), ""),
        ((f"{STEP}ScheduledProcedureStepStartDate=-20261124",), ""),
        ((f"{STEP}ScheduledProcedureStepStartDate=20261124-20261125",), ""),
        ((f"{STEP}ScheduledProcedureStepStartTime=1100-1300",), ""),
        (("PatientName=Smith^Carl",), ""),
        (("PatientName=Mil?er*",), ""),
        (("PatientName=M?ller*",), BYTE_RULE),
        (("PatientName=*^Dora",), ""),
        (("PatientID=T*",), NUMBER_RULE),
        (("AccessionNumber=*",), ""),
        (("AccessionNumber=X?",), ""),
        (("PatientSex=M",), ""),
        (("PatientName=SMITH^CARL",), NAME_RULE),
        (("PatientName=muller*",), NAME_RULE),
    ],
)
def test_both_find_the_same(
    server: DicomServer, other: int, keys: tuple[str, ...], why_they_differ: str
) -> None:
    ours, theirs = find(server.port, keys), find(other, keys)
    if why_they_differ:
        assert set(theirs) < set(ours)
    else:
        assert ours == theirs
