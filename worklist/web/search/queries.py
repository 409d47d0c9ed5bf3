"""Find patients by name, number, birth date or phone, and exams by accession or order number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients import names
from worklist.patients.models import Patient, PatientIdentifier

MOST = 50
_SHORTEST_NAME = 2
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, best first; ``more`` says that there is more than is shown."""

    patients: Sequence[Patient]
    exams: Sequence[ScheduledProcedureStep]
    more: bool


def find(session: Session, text: str) -> Found:
    """Return the patients and exams that fit the text; nothing for an empty one."""
    wanted = text.strip()
    if not wanted:
        return Found([], [], more=False)
    exams = _exams(session, wanted)
    patients = _patients(session, wanted)
    more = max(len(exams), len(patients)) > MOST
    return Found(patients[:MOST], exams[:MOST], more=more)


def as_birth_date(text: str) -> date | None:
    """Read ``1981-05-04``, ``19810504`` or ``4.5.1981``; None where it is no date."""
    try:
        if found := _DAY_FIRST.match(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _COMPACT.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _patients(session: Session, wanted: str) -> Sequence[Patient]:
    """Every word must occur in the name or be near to a part of it: accents and slips forgiven."""
    statement = (
        select(Patient)
        .where(Patient.merged_into_id.is_(None))
        .options(selectinload(Patient.identifiers))
        .limit(MOST + 1)
    )
    born = as_birth_date(wanted)
    if born is not None:
        return session.scalars(
            statement.where(Patient.birth_date == born).order_by(Patient.search_name)
        ).all()
    numbered = session.scalars(statement.where(or_(*_by_number(wanted)))).all()
    return numbered or _by_name(session, wanted)


def _by_number(wanted: str) -> list[ColumnElement[bool]]:
    identified = select(PatientIdentifier.patient_id).where(PatientIdentifier.value == wanted)
    digits = re.sub(r"[\s/()-]", "", wanted)
    return [Patient.id.in_(identified), Patient.phone.in_([wanted, digits])]


def _by_name(session: Session, wanted: str) -> Sequence[Patient]:
    normal = names.normalise(wanted.replace(",", " "))
    if len(normal) < _SHORTEST_NAME:
        return []
    near = func.word_similarity(normal, Patient.search_name)
    contains = [Patient.search_name.contains(word, autoescape=True) for word in normal.split()]
    fits = or_(Patient.search_name.op("%>")(normal), and_(*contains))
    return session.scalars(
        select(Patient)
        .where(Patient.merged_into_id.is_(None), fits)
        .options(selectinload(Patient.identifiers))
        .order_by(near.desc(), Patient.search_name, Patient.id)
        .limit(MOST + 1)
    ).all()


def _exams(session: Session, wanted: str) -> Sequence[ScheduledProcedureStep]:
    order = ImagingServiceRequest
    return (
        session.scalars(
            select(ScheduledProcedureStep)
            .join(ScheduledProcedureStep.requested_procedure)
            .join(RequestedProcedure.order)
            .where(
                or_(
                    order.accession_number == wanted.upper(),
                    order.filler_order_number == wanted.upper(),
                    order.id.in_(
                        select(order.id).where(order.placer_order_number == wanted).limit(MOST)
                    ),
                )
            )
            .options(
                contains_eager(ScheduledProcedureStep.requested_procedure).contains_eager(
                    RequestedProcedure.order
                ),
                joinedload(ScheduledProcedureStep.patient),
            )
            .order_by(ScheduledProcedureStep.id.desc())
            .limit(MOST + 1)
        )
        .unique()
        .all()
    )
