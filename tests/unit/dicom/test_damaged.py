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
from pynetdicom.dsutils import decode, encode

from worklist.dicom import identifier, performed_report, performed_step
from worklist.dicom.client import worklist_query
from worklist.dicom.identifier import IdentifierError
from worklist.dicom.report_check import ReportCheck, StepRefusedError

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
