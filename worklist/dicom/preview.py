"""An exam's worklist entry as text: what a scanner would get that asks for everything."""

from sqlalchemy.orm import Session

from worklist.dicom.answer import Manner, everything
from worklist.dicom.entries import entry_of
from worklist.dicom.stations import read_stations


def entry_lines(session: Session, exam_id: int, *, default_zone: str) -> list[str]:
    """Return the entry line by line, empty where the exam has no slot."""
    stations = read_stations(session)
    entry = entry_of(session, exam_id, stations, default_zone=default_zone)
    return str(everything(entry, Manner())).splitlines() if entry else []
