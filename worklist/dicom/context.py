"""What every service of the DICOM server has at hand."""

from dataclasses import dataclass, field
from typing import Any

from worklist import db
from worklist.clock import Clock
from worklist.dicom.bounded_memory import Kept
from worklist.dicom.query_log import QueryLog
from worklist.dicom.reader import Reader
from worklist.dicom.stations import Directory

_PREPARED = 2_000
_TOLD = 40_000


@dataclass(frozen=True, slots=True)
class ServerContext:
    """Sessions, the stations, the clock, and the zone where no site says one.

    ``reader`` reads worklist entries; ``prepared`` keeps queries as they are understood, ``told``
    encoded answers.
    """

    sessions: db.SessionFactory
    reader: Reader
    directory: Directory
    clock: Clock
    time_zone: str
    query_log: QueryLog
    prepared: Kept[Any] = field(default_factory=lambda: Kept(_PREPARED))
    told: Kept[bytes] = field(default_factory=lambda: Kept(_TOLD))
