"""ServiceRequest (R4 section 12.2) and ImagingStudy (section 12.9), one a requested procedure."""

from typing import Any

from sqlalchemy import Select, exists, false, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from worklist.fhir.elements import (
    ACCESSION,
    DICOM_MODALITY,
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
from worklist.fhir.parameters import Condition, moments, references, token
from worklist.fhir.search import Kind
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import OrderStatus, StepStatus, order_status
from worklist.patients import names

_BEGUN = (StepStatus.STARTED, StepStatus.DEPARTED, StepStatus.COMPLETED, StepStatus.DISCONTINUED)
_STATUSES = {
    OrderStatus.COMPLETED: "completed",
    OrderStatus.CANCELED: "revoked",
    OrderStatus.DISCONTINUED: "revoked",
}
_CLASSES = {"I": "inpatient", "E": "emergency", "O": "outpatient"}


def service_request(_session: Session, requested: RequestedProcedure) -> Json:
    """Return a ServiceRequest."""
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


def imaging_study(_session: Session, requested: RequestedProcedure) -> Json:
    """Return an ImagingStudy; which images there are, the archive knows."""
    order = requested.order
    started = [step.started_at for step in requested.steps if step.started_at]
    done = any(step.status is StepStatus.COMPLETED for step in requested.steps)
    modalities = sorted({step.modality for step in requested.steps})
    return without_empty(
        resourceType="ImagingStudy",
        id=str(requested.id),
        identifier=[
            {"system": DICOM_UID, "value": f"urn:oid:{requested.study_instance_uid}"},
            identifier(ACCESSION, order.accession_number, "ACSN"),
        ],
        status="available" if done else "registered",
        modality=[{"system": DICOM_MODALITY, "code": code} for code in modalities],
        subject=reference("Patient", order.patient_id),
        started=instant(min(started, default=None)),
        basedOn=[reference("ServiceRequest", requested.id)],
        description=requested.description,
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


def _select() -> Select[Any]:
    return (
        select(RequestedProcedure)
        .join(RequestedProcedure.order)
        .options(
            joinedload(RequestedProcedure.order),
            joinedload(RequestedProcedure.procedure),
            selectinload(RequestedProcedure.steps),
        )
    )


def _select_begun() -> Select[Any]:
    begun = exists().where(
        ScheduledProcedureStep.requested_procedure_id == RequestedProcedure.id,
        ScheduledProcedureStep.status.in_(_BEGUN),
    )
    return _select().where(begun)


def _identified(value: str) -> Condition:
    order, wanted = ImagingServiceRequest, token(value)
    columns = {
        ACCESSION: order.accession_number,
        FILLER: order.filler_order_number,
        PLACER: order.placer_order_number,
    }
    matches = [
        column == wanted.code
        for system, column in columns.items()
        if wanted.system in {None, "", system}
    ]
    if wanted.system in {None, DICOM_UID}:
        uid = wanted.code.removeprefix("urn:oid:")
        matches.append(RequestedProcedure.study_instance_uid == uid)
    return or_(false(), *matches)


_PATIENT = references("Patient", ImagingServiceRequest.patient_id)

SERVICE_REQUEST = Kind(
    name="ServiceRequest",
    select=_select,
    id=RequestedProcedure.id,
    to_resource=service_request,
    parameters={
        "identifier": _identified,
        "patient": _PATIENT,
        "subject": _PATIENT,
        "authored": moments(ImagingServiceRequest.ordered_at),
    },
)
IMAGING_STUDY = Kind(
    name="ImagingStudy",
    select=_select_begun,
    id=RequestedProcedure.id,
    to_resource=imaging_study,
    parameters={
        "identifier": _identified,
        "patient": _PATIENT,
        "subject": _PATIENT,
        "basedon": references("ServiceRequest", RequestedProcedure.id),
    },
)
