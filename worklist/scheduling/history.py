"""What is stored of patients: facts, exams and contrast, of several in one read."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any, cast

from sqlalchemy import (
    CompoundSelect,
    Row,
    Table,
    and_,
    any_,
    bindparam,
    func,
    null,
    or_,
    select,
    type_coerce,
    union_all,
)
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

# The tables, whose statements cost less than those of the classes.
_steps = cast("Table", ScheduledProcedureStep.__table__)
_requested = cast("Table", RequestedProcedure.__table__)
_resources = cast("Table", Resource.__table__)
_contrast = cast("Table", ContrastAdministration.__table__)
_step, _given = _steps.c, _contrast.c
_patients = db.ids("patients")
_moment = func.coalesce(_step.started_at, _step.starts_at)
_EXAMS = (
    select(
        _step.patient_id,
        _step.id,
        _step.requested_procedure_id,
        _moment.label("moment"),
        type_coerce(null(), _given.medium.type).label("medium"),
        _step.status,
        _step.measured_dose_msv,
        _step.starts_at,
        _requested.c.procedure_id,
        _requested.c.laterality,
        _resources.c.site_id,
    )
    .join(_requested)
    .outerjoin(_resources, _resources.c.id == _step.room_id)
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
)
_CONTRAST_GIVEN = (
    select(
        _given.patient_id,
        _given.exam_id,
        _step.requested_procedure_id,
        func.max(_given.given_at),
        _given.medium,
        *(null() for _ in _EXAMS.selected_columns.keys()[5:]),  # from the status on: of exams
    )
    .outerjoin(_steps, _step.id == _given.exam_id)
    .where(
        _given.patient_id == any_(_patients),
        _given.medium.is_not(None),
        _given.given_at > bindparam("remembered"),
    )
    .group_by(_given.patient_id, _given.exam_id, _step.requested_procedure_id, _given.medium)
)
_EXAMS_AND_CONTRAST: CompoundSelect[*tuple[Any, ...]] = union_all(_EXAMS, _CONTRAST_GIVEN).order_by(
    "id"
)

_Rows = list[Row[*tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class History:
    """Of one patient: the facts that hold, the exams of the last years, the contrast given.

    ``exams`` are in order of ``id``. ``given`` has a row for each ``medium`` and the exam (``id``,
    None without one) that it was given in, with the last ``moment`` of that; in order of it.
    """

    facts: list[ClinicalFact] = field(default_factory=list)
    exams: _Rows = field(default_factory=list)
    given: _Rows = field(default_factory=list)


def read(
    session: Session, patient_ids: Iterable[int], now: datetime, *, as_of: datetime | None = None
) -> dict[int, History]:
    """Return the history of each patient, in two statements however many they are.

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
    for row in session.execute(_EXAMS_AND_CONTRAST, values):
        one = found[row.patient_id]
        (one.exams if row.medium is None else one.given).append(row)
    for one in found.values():
        one.given.sort(key=attrgetter("moment"))
    return found
