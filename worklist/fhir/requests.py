"""ServiceRequest (R4 section 12.2): a requested procedure."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Select, and_, exists, false, not_, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from worklist.catalogue.procedures import Procedure
from worklist.fhir.elements import (
    ACCESSION,
    DICOM_UID,
    FILLER,
    PLACER,
    PRIORITIES,
    PROCEDURE,
    Json,
    concept,
    identifier,
    instant,
    reference,
    without_empty,
)
from worklist.fhir.parameters import Condition, Parameter, codes, is_one_of, moments, token
from worklist.fhir.people import PATIENT, of_patient
from worklist.fhir.search import Include, Kind
from worklist.fhir.updated import ByOrder
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import FINAL, OrderStatus, StepStatus, order_status
from worklist.patients import names

_STATUSES = {
    OrderStatus.COMPLETED: "completed",
    OrderStatus.CANCELED: "revoked",
    OrderStatus.DISCONTINUED: "revoked",
}
_CLASSES = {"I": "inpatient", "E": "emergency", "O": "outpatient"}


def to_resources(_session: Session, several: Sequence[RequestedProcedure]) -> list[Json]:
    """Return each as a ServiceRequest."""
    return [_to_resource(one) for one in several]


def _to_resource(requested: RequestedProcedure) -> Json:
    order, procedure = requested.order, requested.procedure
    requester = names.display(order.ordering_physician)
    return without_empty(
        resourceType="ServiceRequest",
        id=str(requested.id),
        identifier=_identifiers(order),
        status=_status(requested),
        intent="order",
        priority=PRIORITIES[order.priority],
        category=[concept("http://snomed.info/sct", "363679005", "Imaging")],
        code=concept(PROCEDURE, procedure.code, procedure.name),
        subject=reference("Patient", order.patient_id),
        encounter={"display": _CLASSES[order.patient_class]},
        authoredOn=instant(order.ordered_at),
        occurrenceDateTime=instant(order.wanted_at),
        requester={"display": requester} if requester else None,
        reasonCode=[{"text": order.reason}] if order.reason else None,
        note=[{"text": order.clinical_information}] if order.clinical_information else None,
    )


def _status(requested: RequestedProcedure) -> str:
    statuses = [step.status for step in requested.steps]
    if StepStatus.HELD in statuses:
        return "on-hold"
    return _STATUSES.get(order_status(statuses), "active")


def _identifiers(order: ImagingServiceRequest) -> list[Json]:
    found = (
        identifier(ACCESSION, order.accession_number, "ACSN"),
        identifier(FILLER, order.filler_order_number, "FILL"),
        identifier(PLACER, order.placer_order_number, "PLAC"),
    )
    return [one for one in found if one]


def rows() -> Select[Any]:
    """Return the requested procedures with their orders and steps."""
    return (
        select(RequestedProcedure)
        .join(RequestedProcedure.order)
        .options(
            joinedload(RequestedProcedure.order),
            joinedload(RequestedProcedure.procedure),
            selectinload(RequestedProcedure.steps),
        )
    )


def has_step(*statuses: StepStatus) -> Condition:
    """Return, for a requested procedure, whether a step of it is in one of the statuses."""
    step = ScheduledProcedureStep
    return exists().where(
        step.requested_procedure_id == RequestedProcedure.id, is_one_of(step.status, statuses)
    )


def _lacks_step(statuses: Iterable[StepStatus]) -> Condition:
    """Return whether no step is in one of the statuses.

    It is asked of one requested procedure after the other (no subquery with an OFFSET is joined):
    a join reads the steps of all of them before the first page is full.
    """
    step = ScheduledProcedureStep
    matching = select(step.id).where(
        step.requested_procedure_id == RequestedProcedure.id, is_one_of(step.status, statuses)
    )
    return not_(matching.offset(0).exists())


def _with_status() -> dict[str, Condition]:
    """Return what each status means: the same as `_status`, for the database."""
    held = has_step(StepStatus.HELD)
    open_ones = [one for one in StepStatus if one not in FINAL]
    unfinished, finished = has_step(*open_ones), _lacks_step(open_ones)
    return {
        "active": and_(unfinished, not_(held)),
        "on-hold": held,
        "completed": and_(has_step(StepStatus.COMPLETED), finished),
        # One of the few that were not done, for each has a step: all others are not looked at.
        "revoked": and_(
            has_step(*(FINAL - {StepStatus.COMPLETED})),
            finished,
            _lacks_step([StepStatus.COMPLETED]),
        ),
    }


def identified(value: str) -> Condition:
    """Match one of the numbers of the order or of the study."""
    order, wanted = ImagingServiceRequest, token(value)
    columns = {
        ACCESSION: order.accession_number,
        FILLER: order.filler_order_number,
        PLACER: order.placer_order_number,
    }
    numbered = [
        column == wanted.code
        for system, column in columns.items()
        if wanted.system in {None, system}
    ]
    # Each table is asked by its own indexes: a condition over both of them reads all rows.
    orders = select(order.id).where(or_(false(), *numbered))
    found = select(RequestedProcedure.id).where(RequestedProcedure.order_id.in_(orders))
    if wanted.system in {None, DICOM_UID}:
        uid = wanted.code.removeprefix("urn:oid:")
        study = select(RequestedProcedure.id).where(RequestedProcedure.study_instance_uid == uid)
        return RequestedProcedure.id.in_(found.union(study))
    return RequestedProcedure.id.in_(found)


def _with_code(value: str) -> Condition:
    wanted = token(value)
    if wanted.system not in {None, PROCEDURE}:
        return false()
    procedures = select(Procedure.id).where(Procedure.code == wanted.code)
    return RequestedProcedure.procedure_id.in_(procedures)


UPDATED = ByOrder(RequestedProcedure.order_id, lambda requested: requested.order_id)
SUBJECT = Include(PATIENT, lambda requested: requested.order.patient_id)

SERVICE_REQUEST = Kind(
    name="ServiceRequest",
    select=rows,
    id=RequestedProcedure.id,
    to_resources=to_resources,
    parameters={
        "identifier": Parameter("token", identified),
        "status": codes("status", _with_status(), few=("active", "on-hold")),
        "intent": codes("intent", {"order": true()}),
        "priority": codes(
            "priority",
            {word: ImagingServiceRequest.priority == one for one, word in PRIORITIES.items()},
        ),
        "code": Parameter("token", _with_code),
        "authored": moments(ImagingServiceRequest.ordered_at),
        **of_patient(ImagingServiceRequest.patient_id, "patient", "subject"),
    },
    updated=UPDATED,
    sorts={"authored": ImagingServiceRequest.ordered_at},
    includes={"patient": SUBJECT, "subject": SUBJECT},
)
