"""Stations with what they asked last and what they reported last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload

from worklist.catalogue.models import Resource, Room, Station
from worklist.dicom.models import WorklistQuery, WorklistQueryTime
from worklist.errors import NotFoundError
from worklist.performing.models import PerformedProcedureStep

_NEWEST_QUERIES = 20


@dataclass(frozen=True, slots=True)
class StationLine:
    """A station, the last time it asked for its list, and its last performed step."""

    station: Station
    asked: WorklistQueryTime | None
    performed_at: datetime | None


def stations(session: Session) -> list[StationLine]:
    """Return every station by AE title, those in use first."""
    asked_last = (
        select(WorklistQueryTime.id)
        .join(WorklistQueryTime.query)
        .where(WorklistQuery.calling == Station.ae_title)
        .order_by(WorklistQuery.last_asked_at.desc(), WorklistQueryTime.asked_at.desc())
        .limit(1)
        .correlate(Station)
        .scalar_subquery()
    )
    performed_last = (
        select(PerformedProcedureStep.received_at)
        .where(PerformedProcedureStep.performed_station_ae_title == Station.ae_title)
        .order_by(PerformedProcedureStep.started_at.desc())
        .limit(1)
        .correlate(Station)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Station, WorklistQueryTime, performed_last)
        .join(Station.room)
        .join(Room.resource)
        .outerjoin(WorklistQueryTime, WorklistQueryTime.id == asked_last)
        .options(contains_eager(Station.room).contains_eager(Room.resource))
        .order_by(Station.active.desc(), Station.ae_title)
    )
    return [StationLine(*row) for row in rows]


def station(session: Session, ae_title: str) -> Station:
    """Return a station with its room.

    Raises:
        NotFoundError: there is none with this AE title.
    """
    found = session.scalar(
        select(Station)
        .where(Station.ae_title == ae_title)
        .options(joinedload(Station.room).joinedload(Room.resource).joinedload(Resource.site))
    )
    if found is None:
        raise NotFoundError(f"There is no station with AE title {ae_title}.")
    return found


def newest_queries(session: Session, ae_title: str) -> Sequence[WorklistQueryTime]:
    """Return the last times that a station asked, newest first."""
    return session.scalars(
        select(WorklistQueryTime)
        .join(WorklistQueryTime.query)
        .where(WorklistQuery.calling == ae_title)
        .order_by(WorklistQueryTime.asked_at.desc())
        .limit(_NEWEST_QUERIES)
    ).all()
