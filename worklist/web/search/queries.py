"""Find patients by name, number, birth date or phone, and exams by accession or order number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select, union
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients import names
from worklist.patients.models import PHONE_BACKWARDS, Patient, PatientIdentifier

MOST = 50
_SHORTEST_NAME = 2
_WRITTEN_OUT = re.compile(r"([aou])e")
_SHORTEST_PHONE = 6
_PHONE = re.compile(r"[+\d\s/().-]+")
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
    """A number that was given to the patient, or the end of the phone number however written."""
    identified = select(PatientIdentifier.patient_id).where(PatientIdentifier.value == wanted)
    fits: list[ColumnElement[bool]] = [Patient.id.in_(identified)]
    digits = re.sub(r"\D", "", wanted).lstrip("0")
    if len(digits) >= _SHORTEST_PHONE and _PHONE.fullmatch(wanted):
        backwards = PHONE_BACKWARDS.like(f"{digits[::-1]}%")
        fits.append(Patient.id.in_(select(Patient.id).where(backwards)))
    return fits


def _by_name(session: Session, wanted: str) -> Sequence[Patient]:
    normal = names.normalise(wanted.replace(",", " "))
    if len(normal) < _SHORTEST_NAME:
        return []
    # Umlauts are often written out: Mueller is looked for as Muller too, as names are kept.
    spellings = dict.fromkeys((normal, _WRITTEN_OUT.sub(r"\1", normal)))
    near = func.greatest(*(func.word_similarity(one, Patient.search_name) for one in spellings))
    fits = [Patient.search_name.op("%>")(one) for one in spellings] + [
        and_(*(Patient.search_name.contains(word, autoescape=True) for word in one.split()))
        for one in spellings
    ]
    return session.scalars(
        select(Patient)
        .where(Patient.merged_into_id.is_(None), or_(*fits))
        .options(selectinload(Patient.identifiers))
        .order_by(near.desc(), Patient.search_name, Patient.id)
        .limit(MOST + 1)
    ).all()


def _exams(session: Session, wanted: str) -> Sequence[ScheduledProcedureStep]:
    """Each number is looked up in its own index: together they would read every order."""
    order = ImagingServiceRequest
    numbered = union(
        select(order.id).where(order.accession_number == wanted.upper()),
        select(order.id).where(order.filler_order_number == wanted.upper()),
        select(order.id).where(order.placer_order_number == wanted),
    ).limit(MOST + 1)
    return (
        session.scalars(
            select(ScheduledProcedureStep)
            .join(ScheduledProcedureStep.requested_procedure)
            .join(RequestedProcedure.order)
            .where(order.id.in_(numbered))
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
