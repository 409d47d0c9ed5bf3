"""What is stored of patients: facts, exams and contrast, of several in one read."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, any_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from worklist import db
from worklist.catalogue.models import Resource
from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import UNDER_WAY, WITH_SLOT, StepStatus
from worklist.patients import facts as clinical_facts
from worklist.patients.contrast import ContrastAdministration
from worklist.patients.models import ClinicalFact

_REMEMBERED = timedelta(days=5 * 366)
_NO_SHOWS_REMEMBERED = timedelta(days=2 * 365)

_step, _given = ScheduledProcedureStep, ContrastAdministration
_patients = db.ids("patients")
_moment = func.coalesce(_step.started_at, _step.starts_at)
_EXAMS = (
    select(
        _step.patient_id,
        _step.id,
        _step.status,
        _step.requested_procedure_id,
        _step.measured_dose_msv,
        _step.starts_at,
        RequestedProcedure.procedure_id,
        RequestedProcedure.laterality,
        Resource.site_id,
        _moment.label("moment"),
    )
    .join(RequestedProcedure)
    .outerjoin(Resource, Resource.id == _step.room_id)
    .where(
        _step.patient_id == any_(_patients),
        or_(
            and_(
                _step.status.in_(WITH_SLOT | UNDER_WAY | {StepStatus.COMPLETED}),
                _moment > bindparam("remembered"),
            ),
            and_(
                _step.status == StepStatus.NO_SHOW,
                _step.status_changed_at > bindparam("missed"),
            ),
        ),
    )
    .order_by(_step.id)
)
_CONTRAST_GIVEN = (
    select(
        _given.patient_id,
        _given.exam_id,
        _step.requested_procedure_id,
        _given.medium,
        func.max(_given.given_at).label("given_at"),
    )
    .outerjoin(_step, _step.id == _given.exam_id)
    .where(
        _given.patient_id == any_(_patients),
        _given.medium.is_not(None),
        _given.given_at > bindparam("remembered"),
    )
    .group_by(_given.patient_id, _given.exam_id, _step.requested_procedure_id, _given.medium)
    .order_by(func.max(_given.given_at))
)

_Rows = list[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class History:
    """Of one patient: the facts that hold, the exams of the last years, the contrast given."""

    facts: list[ClinicalFact] = field(default_factory=list)
    exams: _Rows = field(default_factory=list)
    given: _Rows = field(default_factory=list)


def read(
    session: Session, patient_ids: Iterable[int], now: datetime, *, as_of: datetime | None = None
) -> dict[int, History]:
    """Return the history of each patient, in three statements however many they are.

    ``as_of`` leaves out facts that were recorded later.
    """
    wanted = sorted(set(patient_ids))
    values = {
        "patients": wanted,
        "remembered": now - _REMEMBERED,
        "missed": now - _NO_SHOWS_REMEMBERED,
    }
    found: dict[int, History] = defaultdict(History)
    for fact in clinical_facts.current_of(session, wanted, as_of=as_of):
        found[fact.patient_id].facts.append(fact)
    for row in session.execute(_EXAMS, values):
        found[row.patient_id].exams.append(row)
    for given in session.execute(_CONTRAST_GIVEN, values):
        found[given.patient_id or 0].given.append(given)
    return found
