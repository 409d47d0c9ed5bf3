"""How much the simulated hospital may ask for at once: what open rooms can do within the hour."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from worklist.catalogue.file import CatalogueFile
from worklist.simulator.scanner import WaitingExam

# Fewer than a room could do, and fewer still of what lies ahead: the next emergency finds a gap.
_HORIZONS = ((timedelta(hours=1), 1.0), (timedelta(hours=3), 2.0))
_EXAMS_AN_HOUR = {"DX": 3}
_USUAL_EXAMS_AN_HOUR = 2


def open_rooms(department: CatalogueFile, now: datetime) -> Counter[str]:
    """Return how many rooms of each modality are open; ``now`` is in the site's zone."""
    return Counter(
        modality
        for room in department.rooms
        if _is_open(department, room.hours, now)
        for modality in room.modalities
    )


def full_modalities(
    department: CatalogueFile, waiting: Iterable[WaitingExam], now: datetime
) -> frozenset[str]:
    """Return the modalities that can take nobody more who must be seen at once."""
    exams = list(waiting)
    rooms = open_rooms(department, now)
    full = {modality for room in department.rooms for modality in room.modalities} - set(rooms)
    for horizon, hours_full in _HORIZONS:
        soon = Counter(one.modality for one in exams if one.starts_at < now + horizon)
        full |= {one for one in rooms if soon[one] >= rooms[one] * _an_hour(one) * hours_full}
    return frozenset(full)


def _an_hour(modality: str) -> int:
    return _EXAMS_AN_HOUR.get(modality, _USUAL_EXAMS_AN_HOUR)


def _is_open(department: CatalogueFile, hours: str | None, now: datetime) -> bool:
    lines = department.hours.get(hours or "", ())
    at = now.time()
    return any(
        now.isoweekday() in line.days
        and line.opens <= at
        and (line.closes == time(0) or at < line.closes)
        for line in lines
    )
