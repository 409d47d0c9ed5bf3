"""What every handler of the DICOM server has at hand."""

from dataclasses import dataclass

from worklist import db
from worklist.clock import Clock
from worklist.dicom.stations import Directory


@dataclass(frozen=True, slots=True)
class ServerContext:
    """Sessions, the stations, the clock, and the zone where no site says one."""

    sessions: db.SessionFactory
    directory: Directory
    clock: Clock
    time_zone: str
