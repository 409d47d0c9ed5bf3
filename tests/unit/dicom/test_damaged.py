"""Damaged data sets are refused in words, never with an error of our own."""

import warnings
from contextlib import suppress
from datetime import UTC, datetime
from io import BytesIO

import pydicom.config
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom.dsutils import decode, encode

from worklist.dicom import identifier, performed_report, performed_step
from worklist.dicom.client import worklist_query
from worklist.dicom.dimse import N_CREATE, Command
from worklist.dicom.identifier import IdentifierError
from worklist.dicom.report_check import ReportCheck, StepRefusedError
from worklist.dicom.request import Request
from worklist.dicom.sop_classes import MODALITY_PERFORMED_PROCEDURE_STEP

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
CHECK = ReportCheck(calling="CT01", modality="CT", now=NOW)


def entry() -> Dataset:
    dataset = worklist_query(station="CT01", modality="CT", patient_name="Müller^Anna")
    dataset.StudyInstanceUID = "2.25.1"
    return dataset


def bytes_of(dataset: Dataset, *, implicit: bool) -> bytes:
    encoded = encode(dataset, implicit, True)  # noqa: FBT003 - little endian
    assert encoded is not None
    return encoded


REPORT = performed_report.begin(entry(), station="CT01", step_id="P1", started_at=NOW)
SAMPLES = [
    (bytes_of(dataset, implicit=implicit), implicit)
    for dataset in (entry(), REPORT)
    for implicit in (True, False)
]


@pytest.fixture(autouse=True)
def _as_in_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pydicom.config.settings, "reading_validation_mode", pydicom.config.IGNORE)


damage = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=4)


def damaged(sample: bytes, changes: list[tuple[int, int]], length: int) -> bytes:
    data = bytearray(sample)
    for position, value in changes:
        data[position % len(data)] = value
    return bytes(data[: max(8, len(data) - length)])


@given(st.sampled_from(SAMPLES), damage, st.sampled_from([0, 0, 1, 30]))
def test_damaged_data_sets(
    sample: tuple[bytes, bool], changes: list[tuple[int, int]], length: int
) -> None:
    data, implicit = sample
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = decode(
                BytesIO(damaged(data, changes, length)),
                is_implicit_vr=implicit,
                is_little_endian=True,
            )
        except Exception:  # noqa: BLE001 - the handlers answer what the library cannot decode
            return
        for read in (query, start, change):
            read(dataset)


def query(dataset: Dataset) -> None:
    with suppress(IdentifierError):
        identifier.read(dataset)


def start(dataset: Dataset) -> None:
    with suppress(StepRefusedError):
        zone = performed_step.own_zone(dataset) or UTC
        performed_step.read_start(dataset, "2.25.1", zone, CHECK)


def change(dataset: Dataset) -> None:
    with suppress(StepRefusedError):
        performed_step.read_change(performed_step.to_json(REPORT), dataset, UTC, CHECK)


def test_a_report_whose_sequence_has_no_end_is_invalid_not_to_be_sent_again() -> None:
    """An invalid value (PS3.7 annex C.5.10): the same bytes would never be taken."""
    unended = b"\x40\x00\x40\x03SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff"
    request = Request(
        command=Command(
            field=N_CREATE,
            message_id=1,
            has_data=True,
            sop_class=MODALITY_PERFORMED_PROCEDURE_STEP,
            sop_instance="2.25.1",
        ),
        data=unended,
        sop_class=MODALITY_PERFORMED_PROCEDURE_STEP,
        transfer_syntax=ExplicitVRLittleEndian,
        calling="CT01",
        address="127.0.0.1",
        fuzzy_names=False,
    )
    with pytest.raises(StepRefusedError, match="cannot be decoded") as caught:
        performed_step.data_set(request)
    assert caught.value.status == 0x0106
