"""Clinical facts: the shape of each kind, recording them, and reading those that hold now."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import ColumnElement, Select, any_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.orm import Session

from worklist import db
from worklist.audit import service as audit
from worklist.errors import DomainError
from worklist.language import value_errors
from worklist.language.text import Text, _
from worklist.patients.details import FactDetails, FactStatus
from worklist.patients.models import ClinicalFact, FactKind


class _Value(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantity(_Value):
    """A measured number in the one unit of its kind.

    eGFR mL/min/1.73 m², creatinine and glucose mg/dL, weight kg, height and girth cm, platelets
    10⁹/L; the INR has none.
    """

    number: float = Field(gt=0, lt=100_000)


class YesNo(_Value):
    """An answer: pregnant, acute kidney injury, dialysis, eye injury by metal, screening done."""

    answer: bool
    weeks: int | None = Field(default=None, ge=0, le=45)


class Reaction(_Value):
    """A former reaction to a contrast medium; the subject is the agent."""

    severity: str = Field(pattern="^(mild|moderate|severe|unknown)$")


class Allergy(_Value):
    """An allergy to something else than contrast media; the subject is the substance."""

    severity: str = Field(default="unknown", pattern="^(mild|moderate|severe|unknown)$")


class ImplantValue(_Value):
    """An implant; the subject is its name.

    The limits of its label: whole-body SAR in W/kg, B1+rms in µT, the gradients' slew rate in
    T/m/s and the field's spatial gradient in T/m; None where it names none.
    """

    safety: str = Field(pattern="^(safe|conditional|unsafe|unknown)$")
    conditional_tesla: tuple[float, ...] = ()
    excluded_parts: tuple[str, ...] = ()
    cardiac: bool = False
    card_seen: bool = False
    sar_w_kg: float | None = Field(default=None, gt=0, le=10)
    b1_rms_ut: float | None = Field(default=None, gt=0, le=20)
    slew_rate_t_m_s: float | None = Field(default=None, gt=0, le=1000)
    spatial_gradient_t_m: float | None = Field(default=None, gt=0, le=1000)


class Word(_Value):
    """A condition, medicine, need, isolation or treatment: the subject is the word itself.

    A treatment's time is its last day, a last period's its first day, a premedication's its first
    dose; the two have no subject.
    """


UNITS: dict[FactKind, Text] = {
    FactKind.EGFR: _("mL/min/1.73 m²"),
    FactKind.CREATININE: _("mg/dL"),
    FactKind.GLUCOSE: _("mg/dL"),
    FactKind.WEIGHT: _("kg"),
    FactKind.HEIGHT: _("cm"),
    FactKind.GIRTH: _("cm"),
    FactKind.INR: _("ratio"),
    FactKind.PLATELETS: _("10⁹/L"),
}

SHAPES: dict[FactKind, type[_Value]] = {
    FactKind.EGFR: Quantity,
    FactKind.CREATININE: Quantity,
    FactKind.GLUCOSE: Quantity,
    FactKind.WEIGHT: Quantity,
    FactKind.HEIGHT: Quantity,
    FactKind.GIRTH: Quantity,
    FactKind.INR: Quantity,
    FactKind.PLATELETS: Quantity,
    FactKind.PREGNANCY: YesNo,
    FactKind.ACUTE_KIDNEY_INJURY: YesNo,
    FactKind.DIALYSIS: YesNo,
    FactKind.MR_SCREENING: YesNo,
    FactKind.METAL_EYE_INJURY: YesNo,
    FactKind.CONTRAST_SCREENING: YesNo,
    FactKind.CONTRAST_REACTION: Reaction,
    FactKind.ALLERGY: Allergy,
    FactKind.IMPLANT: ImplantValue,
    FactKind.CONDITION: Word,
    FactKind.MEDICATION: Word,
    FactKind.NEED: Word,
    FactKind.ISOLATION: Word,
    FactKind.TREATMENT: Word,
    FactKind.LAST_PERIOD: Word,
    FactKind.PREMEDICATION: Word,
}


class FactError(DomainError):
    """A clinical fact does not have the shape of its kind."""


def check(details: FactDetails) -> dict[str, object]:
    """Return the fact's value in its stored form.

    Raises:
        FactError: the value does not fit the kind.
    """
    try:
        value = SHAPES[details.kind].model_validate(details.value)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise FactError(
            _(
                "The fact %(kind)s: %(place)s: %(msg)s.",
                kind=details.kind,
                place=place,
                msg=value_errors.words(first),
            )
        ) from error
    return value.model_dump(mode="json")


def record(
    session: Session, patient_id: int, facts: Iterable[FactDetails], *, actor: str, now: datetime
) -> int:
    """Add the facts that are not known yet and return how many were new or changed.

    The same kind, subject, time and origin again is the same fact: nothing is added, unless it is
    a correction or takes the fact back.

    Raises:
        FactError: a value does not fit its kind; nothing is added.
    """
    given = list(facts)
    changed = 0
    for fact in given:
        if fact.status is not FactStatus.TOLD:
            changed += _revise(session, patient_id, fact, actor=actor, now=now)
    rows = [
        {
            "patient_id": patient_id,
            "kind": fact.kind,
            "subject": fact.subject,
            "value": check(fact),
            "observed_at": fact.observed_at,
            "origin": fact.origin,
            "recorded_by": actor,
            "recorded_at": now,
        }
        for fact in given
        if fact.status is not FactStatus.TAKEN_BACK
    ]
    if not rows:
        return changed
    statement = insert(ClinicalFact).on_conflict_do_nothing().returning(ClinicalFact.kind)
    added = [str(kind) for kind in session.scalars(statement, rows)]
    if added:
        audit.record(
            session, "fact.recorded", actor=actor, now=now, patient_id=patient_id, kinds=added
        )
    return len(added) + changed


def find(session: Session, patient_id: int, fact: FactDetails) -> ClinicalFact | None:
    """Return the row of the fact, locked; None where it was never told."""
    return session.scalar(
        select(ClinicalFact)
        .filter_by(
            patient_id=patient_id,
            kind=fact.kind,
            subject=fact.subject,
            observed_at=fact.observed_at,
            origin=fact.origin,
        )
        .with_for_update()
    )


def _revise(
    session: Session, patient_id: int, fact: FactDetails, *, actor: str, now: datetime
) -> bool:
    """Correct or end the fact that was told before; the trail keeps what it had said."""
    known = find(session, patient_id, fact)
    if known is None:
        return False
    if fact.status is FactStatus.TAKEN_BACK:
        if known.ended_at is not None:
            return False
        end(session, known, actor=actor, now=now)
        return True
    value = check(fact)
    if known.value == value and known.ended_at is None:
        return False
    audit.record(
        session, "fact.corrected", actor=actor, now=now, patient_id=patient_id,
        kinds=[fact.kind], previous=known.value,
    )  # fmt: skip
    known.value, known.recorded_by, known.recorded_at, known.ended_at = value, actor, now, None
    session.flush()
    return True


def end(session: Session, fact: ClinicalFact, *, actor: str, now: datetime) -> None:
    """Say that a fact no longer holds (an implant removed, an entry made in error)."""
    fact.ended_at = now
    audit.record(
        session, "fact.ended", actor=actor, now=now, patient_id=fact.patient_id, kinds=[fact.kind]
    )


def current(
    session: Session, patient_id: int, *, as_of: datetime | None = None
) -> Sequence[ClinicalFact]:
    """Return the facts that hold: the newest of each kind and subject.

    ``as_of`` tells what was known then: nothing that was recorded later, and what ended later.
    """
    return current_of(session, [patient_id], as_of=as_of)


def current_of(
    session: Session, patient_ids: Sequence[int], *, as_of: datetime | None = None
) -> Sequence[ClinicalFact]:
    """Return the facts that hold of several patients; see `current`."""
    patients = {"patients": list(patient_ids)}
    if as_of is None:
        return session.scalars(_CURRENT, patients).all()
    not_ended = or_(ClinicalFact.ended_at.is_(None), ClinicalFact.ended_at > as_of)
    return session.scalars(_newest(not_ended, ClinicalFact.recorded_at <= as_of), patients).all()


def _newest(*holding: ColumnElement[bool]) -> Select[ClinicalFact]:
    return (
        select(ClinicalFact)
        .where(ClinicalFact.patient_id == any_(db.ids("patients")), *holding)
        .ext(distinct_on(ClinicalFact.patient_id, ClinicalFact.kind, ClinicalFact.subject))
        .order_by(
            ClinicalFact.patient_id,
            ClinicalFact.kind,
            ClinicalFact.subject,
            ClinicalFact.observed_at.desc(),
            ClinicalFact.id.desc(),
        )
    )


_CURRENT = _newest(ClinicalFact.ended_at.is_(None))
