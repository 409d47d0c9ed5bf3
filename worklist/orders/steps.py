"""Requested procedures and steps of an order: made from what is asked for, brought up to date."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute, Session

from worklist import identifiers
from worklist.catalogue.procedures import Procedure
from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders import status
from worklist.orders.details import OrderDetails, StepDetails
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)

_SHORT_STRING = 16  # DICOM VR SH


class UnknownProcedureError(DomainError):
    """The catalogue has no such procedure."""

    def __init__(self, code: str) -> None:
        super().__init__(
            _(
                "The procedure code %(code)s is not in the catalogue: add it under Administration.",
                code=repr(code),
            )
        )
        self.code = code


class OrderStateError(DomainError):
    """The order is too far along for what was asked."""


class NumberTakenError(DomainError):
    """A number that the sender gives belongs to another order already."""

    def __init__(self, kind: str, value: str) -> None:
        super().__init__(
            _(
                "The %(kind)s %(value)s belongs to another order already: correct it, or leave it "
                "empty to be given one.",
                kind=kind,
                value=value,
            )
        )
        self.kind = kind


@dataclass(slots=True)
class Changes:
    """What bringing steps up to date did.

    ``steps`` are those asked for, in that order; ``missing`` are living ones not asked for;
    ``changed`` are all of a requested procedure that became another one.
    """

    steps: list[ScheduledProcedureStep] = field(default_factory=list)
    added: list[ScheduledProcedureStep] = field(default_factory=list)
    missing: list[ScheduledProcedureStep] = field(default_factory=list)
    changed: list[ScheduledProcedureStep] = field(default_factory=list)


def find_procedure(session: Session, code: str) -> Procedure:
    """Return the active procedure with this code.

    Raises:
        UnknownProcedureError: there is none.
    """
    procedure = session.scalar(select(Procedure).where(Procedure.code == code, Procedure.active))
    if procedure is None:
        raise UnknownProcedureError(code)
    return procedure


def add_procedures(
    session: Session,
    order: ImagingServiceRequest,
    details: OrderDetails,
    wanted: Sequence[StepDetails],
    *,
    now: datetime,
) -> list[ScheduledProcedureStep]:
    """Add one requested procedure for each that the steps are of; returns the steps in order.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        NumberTakenError: the study belongs to another order.
    """
    made: list[ScheduledProcedureStep] = []
    for (_key, code), steps in groupby(wanted, key=lambda one: _procedure_key(one, details)):
        group = list(steps)
        first = not order.requested_procedures
        uid = group[0].study_instance_uid or (details.study_instance_uid if first else None)
        requested = _new_procedure(session, details, group[0], code, uid)
        order.requested_procedures.append(requested)
        made += [_add_step(session, order, requested, step, now=now) for step in group]
    return made


def synchronise(
    session: Session, order: ImagingServiceRequest, details: OrderDetails, *, now: datetime
) -> Changes:
    """Match the steps asked for with those there are; make what is new, leave what is missing.

    A step is known by the sender's id, else by its place among those without one. An order made
    with one step of ours takes the first step asked for as that one.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        OrderStateError: the procedure of a step is to change although it has started.
        NumberTakenError: the study of a new procedure belongs to another order.
    """
    changes = Changes()
    present = order.exams
    free = [step for step in present if not step.placer_step_id]
    by_id = {step.placer_step_id: step for step in present if step.placer_step_id}
    for one in details.steps:
        step = by_id.get(one.step_id) if one.step_id else None
        if step is None and free:
            step = free.pop(0)
            step.placer_step_id = one.step_id
        if step is None:
            step = _add_to_order(session, order, details, one, now=now)
            changes.added.append(step)
        elif _update(session, step, one, details):
            changes.changed += step.requested_procedure.steps
        changes.steps.append(step)
    changes.missing = [
        step
        for step in present
        if step not in changes.steps and step.status is not status.StepStatus.CANCELED
    ]
    session.flush()
    return changes


def change_procedure(session: Session, requested: RequestedProcedure, code: str) -> None:
    """Give the requested procedure another of the catalogue's.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        OrderStateError: a step has started.
    """
    procedure = find_procedure(session, code)
    begun = [step for step in requested.steps if step.status in status.UNDER_WAY | status.FINAL]
    if begun:
        raise OrderStateError(
            _(
                "The exam is %(status)s: its procedure cannot change any more. Place a new "
                "order for the other procedure.",
                status=begun[0].status,
            )
        )
    requested.procedure = procedure
    requested.description = procedure.name
    for step in requested.steps:
        step.description = procedure.name
        step.modality = procedure.modality


def check_unused(
    session: Session, kind: str, column: InstrumentedAttribute[str], value: str
) -> None:
    """Raise NumberTakenError where the column holds the value already."""
    if session.scalar(select(select(column).where(column == value).exists())):
        raise NumberTakenError(kind, value)


def _procedure_key(step: StepDetails, details: OrderDetails) -> tuple[str, str]:
    return step.requested_procedure_id, step.procedure_code or details.procedure_code


def _new_procedure(
    session: Session, details: OrderDetails, step: StepDetails, code: str, uid: str | None
) -> RequestedProcedure:
    procedure = find_procedure(session, code)
    if uid:
        column = RequestedProcedure.study_instance_uid
        check_unused(session, _("Study Instance UID"), column, uid)
    own = code == details.procedure_code
    return RequestedProcedure(
        procedure=procedure,
        procedure_id=procedure.id,
        requested_procedure_id=_theirs(
            session, RequestedProcedure.requested_procedure_id, step.requested_procedure_id
        )
        or identifiers.new_requested_procedure_id(session),
        placer_procedure_id=step.requested_procedure_id,
        study_instance_uid=uid or identifiers.new_uid(),
        description=((details.description if own else "") or procedure.name)[:64],
        laterality=details.laterality,
    )


def _add_step(
    session: Session,
    order: ImagingServiceRequest,
    requested: RequestedProcedure,
    step: StepDetails,
    *,
    now: datetime,
) -> ScheduledProcedureStep:
    made = ScheduledProcedureStep(
        patient_id=order.patient_id,
        scheduled_procedure_step_id=_theirs(
            session, ScheduledProcedureStep.scheduled_procedure_step_id, step.step_id
        )
        or identifiers.new_scheduled_procedure_step_id(session),
        placer_step_id=step.step_id,
        description=step.description or requested.procedure.name,
        modality=requested.procedure.modality,
        performing_physician=step.performing_physician,
        status_changed_at=now,
    )
    requested.steps.append(made)
    return made


def _add_to_order(
    session: Session,
    order: ImagingServiceRequest,
    details: OrderDetails,
    step: StepDetails,
    *,
    now: datetime,
) -> ScheduledProcedureStep:
    """Add a step to the requested procedure that it is of, or to a new one."""
    code = step.procedure_code or details.procedure_code
    for requested in order.requested_procedures:
        if (
            requested.placer_procedure_id == step.requested_procedure_id
            and requested.procedure.code == code
        ):
            return _add_step(session, order, requested, step, now=now)
    return add_procedures(session, order, details, [step], now=now)[0]


def _update(
    session: Session, step: ScheduledProcedureStep, wanted: StepDetails, details: OrderDetails
) -> bool:
    """Bring a known step to what is asked for; tells whether its procedure changed."""
    requested = step.requested_procedure
    code = wanted.procedure_code or details.procedure_code
    moved = requested.procedure.code != code
    if moved:
        change_procedure(session, requested, code)
    if wanted.description:
        step.description = wanted.description
    if wanted.performing_physician:
        step.performing_physician = wanted.performing_physician
    return moved


def _theirs(session: Session, column: InstrumentedAttribute[str], value: str) -> str | None:
    """Return the sender's own id where it fits DICOM and nobody else has it."""
    if not value or len(value) > _SHORT_STRING:
        return None
    taken = session.scalar(select(select(column).where(column == value).exists()))
    return None if taken else value
