"""Worklist queries as scanners ask them, and what they find in the database."""

from datetime import datetime
from zoneinfo import ZoneInfo

from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from sqlalchemy.orm import Session

from worklist.dicom import identifier, matching
from worklist.dicom.entries import read_entries
from worklist.dicom.entry import Entry
from worklist.dicom.stations import read_stations

VIENNA = ZoneInfo("Europe/Vienna")
DAY = datetime(2026, 11, 24, tzinfo=VIENNA)


def query_of(keys: dict[str, object]) -> Dataset:
    """Keys of the step sequence are those that start with ``step.``."""
    dataset, step = Dataset(), Dataset()
    for name, value in keys.items():
        target = step if name.startswith("step.") else dataset
        tag = tag_for_keyword(name.removeprefix("step."))
        assert tag is not None
        target.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=IGNORE))
    dataset.ScheduledProcedureStepSequence = [step]
    return dataset


def find(session: Session, **keys: object) -> list[Entry]:
    return find_of(session, {name.replace("step_", "step."): one for name, one in keys.items()})


def find_of(session: Session, keys: dict[str, object]) -> list[Entry]:
    known = read_stations(session)
    match = matching.build(identifier.read(query_of(keys)), known, default_zone="UTC")
    return read_entries(session, match, known, default_zone="UTC", with_facts=True)


def found(session: Session, **keys: object) -> str:
    """The letters with which the patients' names begin, in order."""
    return "".join(entry.patient_name[0] for entry in find(session, **keys))
