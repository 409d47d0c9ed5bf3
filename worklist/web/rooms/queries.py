"""Reads of the technologists' pages."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.catalogue.models import Resource, Room, Site
from worklist.dicom.models import WorklistQueryTime
from worklist.dicom.query_log import last_asked
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import FINAL, UNDER_WAY, WITH_SLOT
from worklist.patients.models import ClinicalFact, Patient
from worklist.performing.models import PerformedFor, PerformedProcedureStep
from worklist.web.day.queries import LONGEST_STAY

Exam = ScheduledProcedureStep


@dataclass(frozen=True, slots=True)
class Scanner:
    """A scanner by its AE title: its last question, and the steps it reported, newest first."""

    ae_title: str
    asked: WorklistQueryTime | None
    reported: Sequence[PerformedProcedureStep]


def room(session: Session, code: str) -> Room:
    """Return the room with its site and stations.

    Raises:
        NotFoundError: there is none.
    """
    found = session.scalar(
        select(Room)
        .join(Room.resource)
        .where(Resource.code == code)
        .options(
            contains_eager(Room.resource).joinedload(Resource.site), selectinload(Room.stations)
        )
    )
    if found is None:
        raise NotFoundError(
            _("There is no room %(code)s: see all rooms at /rooms.", code=repr(code))
        )
    return found


def sites(session: Session) -> Sequence[Site]:
    """Return the sites in use."""
    return session.scalars(select(Site).where(Site.active).order_by(Site.id)).all()


def open_exams(
    session: Session, room_ids: Collection[int], start: datetime, end: datetime
) -> Mapping[int, Sequence[Exam]]:
    """Return each room's exams between two moments that are not over yet."""
    found: dict[int, list[Exam]] = defaultdict(list)
    unfinished = _on(start, end).where(
        Exam.room_id.in_(room_ids), Exam.status.in_(WITH_SLOT | UNDER_WAY)
    )
    for exam in session.scalars(unfinished):
        if exam.room_id is not None:
            found[exam.room_id].append(exam)
    return found


def count_done(
    session: Session, room_ids: Collection[int], start: datetime, end: datetime
) -> Mapping[int, int]:
    """Return how many exams of each room are over."""
    statement = (
        select(Exam.room_id, func.count())
        .where(
            Exam.room_id.in_(room_ids),
            Exam.starts_at >= start,
            Exam.starts_at < end,
            Exam.status.in_(FINAL),
        )
        .group_by(Exam.room_id)
    )
    return {room_id: number for room_id, number in session.execute(statement) if room_id}


def exams_of_room(session: Session, room_id: int, start: datetime, end: datetime) -> Sequence[Exam]:
    """Return one room's exams between two moments with all that its page shows."""
    return session.scalars(
        _on(start, end)
        .where(Exam.room_id == room_id)
        .options(
            selectinload(Exam.holds),
            joinedload(Exam.station),
            joinedload(Exam.patient).selectinload(Patient.identifiers),
        )
    ).all()


def performed(
    session: Session, exams: Sequence[Exam]
) -> Mapping[int, Sequence[PerformedProcedureStep]]:
    """Return what the scanners reported for each exam, in the order it began."""
    found: dict[int, list[PerformedProcedureStep]] = defaultdict(list)
    rows = session.execute(
        select(PerformedFor.exam_id, PerformedProcedureStep)
        .join(PerformedProcedureStep, PerformedProcedureStep.id == PerformedFor.performed_id)
        .where(PerformedFor.exam_id.in_([exam.id for exam in exams]))
        .order_by(PerformedProcedureStep.started_at, PerformedProcedureStep.id)
    )
    for exam_id, step in rows:
        found[exam_id].append(step)
    return found


def facts(session: Session, exams: Sequence[Exam]) -> Mapping[int, Sequence[ClinicalFact]]:
    """Return the facts that hold now about the exams' patients, by patient."""
    found: dict[int, list[ClinicalFact]] = defaultdict(list)
    newest = (ClinicalFact.patient_id, ClinicalFact.kind, ClinicalFact.subject)
    for fact in session.scalars(
        select(ClinicalFact)
        .where(
            ClinicalFact.patient_id.in_({exam.patient_id for exam in exams}),
            ClinicalFact.ended_at.is_(None),
        )
        .ext(distinct_on(*newest))
        .order_by(*newest, ClinicalFact.observed_at.desc(), ClinicalFact.id.desc())
    ):
        found[fact.patient_id].append(fact)
    return found


def scanners(session: Session, room: Room, start: datetime, end: datetime) -> list[Scanner]:
    """Return each scanner of a room: when it asked last, and what it reported between two moments.

    Steps that somebody rejected are left out.
    """
    titles = [station.ae_title for station in room.stations]
    step = PerformedProcedureStep
    reported: dict[str, list[PerformedProcedureStep]] = defaultdict(list)
    for one in session.scalars(
        select(step)
        .where(
            step.started_at >= start,
            step.started_at < end,
            step.performed_station_ae_title.in_(titles),
            step.rejected_at.is_(None),
        )
        .options(
            selectinload(step.exams)
            .joinedload(Exam.requested_procedure)
            .joinedload(RequestedProcedure.order),
            joinedload(step.patient),
        )
        .order_by(step.started_at.desc(), step.id.desc())
    ):
        reported[one.performed_station_ae_title].append(one)
    asked = last_asked(session, titles)
    return [Scanner(title, asked.get(title), reported[title]) for title in titles]


def belongs_to_day(
    start: datetime, end: datetime, *, site_id: int | None = None, room_id: int | None = None
) -> ColumnElement[bool]:
    """Return the condition of exams that pages of a site's rooms, or of one room, show of a day."""
    if room_id is not None:
        return (Exam.room_id == room_id) & _planned(start, end)
    rooms = select(Resource.id).where(Resource.site_id == site_id)
    return Exam.room_id.in_(rooms) & _planned(start, end)


def _on(start: datetime, end: datetime) -> Select[Exam]:
    """Select exams that are planned or go on between two moments, with order and patient."""
    requested = contains_eager(Exam.requested_procedure)
    return (
        select(Exam)
        .join(Exam.requested_procedure)
        .where(_planned(start, end))
        .options(
            requested.joinedload(RequestedProcedure.order),
            requested.joinedload(RequestedProcedure.procedure),
            joinedload(Exam.patient),
        )
        .order_by(Exam.starts_at, Exam.id)
    )


def _planned(start: datetime, end: datetime) -> ColumnElement[Any]:
    return (
        (Exam.starts_at < end)
        & (Exam.starts_at > start - LONGEST_STAY)
        & or_(Exam.ends_at > start, Exam.status.in_(UNDER_WAY))
    )
