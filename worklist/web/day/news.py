"""News of exams: which cells of an open board they change.

Thousands of exams a day change several times each, and every change is told to every open board. A
board therefore says what it shows and where, and gets the columns that the exams are or were in;
most news is of other days and sites, and changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from worklist.catalogue.models import Resource, Room
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import UNPLACED
from worklist.scheduling.intervals import Interval
from worklist.web.day import queries
from worklist.web.day.grid import MOST_ROWS, Axis

_MOST_EXAMS = 60


@dataclass(frozen=True, slots=True)
class Seen:
    """What an open board shows of the exams that there is news of.

    ``columns`` are all rooms that it has, ``at`` those with cards of these exams, by their ids.
    """

    exams: frozenset[int]
    columns: tuple[int, ...]
    at: frozenset[int]
    in_tray: bool
    axis: Axis

    @classmethod
    def read(cls, args: MultiDict[str, str], day: Interval) -> Self | None:
        """Read it from an address; None where that does not say it, or is of another day."""
        try:
            start, rows = datetime.fromisoformat(args["start"]), int(args["rows"])
            exams, columns, at = (
                [int(one) for one in args.get(name, "").split(",") if one]
                for name in ("exams", "columns", "at")
            )
        except (KeyError, ValueError):
            return None
        if start.tzinfo is None or not day.start <= start < day.end:
            return None
        if not 0 < rows <= MOST_ROWS or not 0 < len(exams) <= _MOST_EXAMS:
            return None
        axis = Axis.of(start, rows)
        return cls(frozenset(exams), tuple(columns), frozenset(at), "tray" in args, axis)


@dataclass(frozen=True, slots=True)
class Changed:
    """Rooms whose columns are drawn anew, by id, and whether the tray is."""

    rooms: frozenset[int]
    tray: bool

    def __bool__(self) -> bool:
        return bool(self.rooms) or self.tray


def changed(
    session: Session,
    seen: Seen,
    *,
    site_id: int,
    day: Interval,
    modality: str,
    chosen: Sequence[str],
) -> Changed | None:
    """Return what the exams change on the board; None where it needs a column that it has not."""
    exam = ScheduledProcedureStep
    rows = session.execute(
        select(exam.status, exam.modality, exam.room_id, exam.starts_at, exam.ends_at)
        .add_columns(Resource.site_id, Resource.code, Resource.active, Room.modalities)
        .outerjoin(Room, Room.id == exam.room_id)
        .outerjoin(Resource, Resource.id == exam.room_id)
        .where(exam.id.in_(seen.exams))
    ).all()
    now_in = {
        row.room_id
        for row in rows
        if queries.is_on_board(row.status, row.starts_at, row.ends_at, day)
        and (row.site_id == site_id and row.active)
        and (not modality or modality in row.modalities)
        and (not chosen or row.code in chosen)
    }
    if not now_in <= set(seen.columns):
        return None
    waits = any(row.status in UNPLACED and modality in ("", row.modality) for row in rows)
    return Changed((seen.at | now_in) & set(seen.columns), seen.in_tray or waits)
