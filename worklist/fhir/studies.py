"""ImagingStudy (R4 section 12.14): a requested procedure that was begun, and its series."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Select, and_, exists, false, func, not_, select
from sqlalchemy.orm import Session

from worklist.fhir.dates import period, within
from worklist.fhir.elements import (
    ACCESSION,
    DICOM_MODALITY,
    DICOM_UID,
    Json,
    identifier,
    instant,
    reference,
    without_empty,
)
from worklist.fhir.parameters import Condition, Parameter, codes, references, token
from worklist.fhir.people import of_patient
from worklist.fhir.requests import (
    SERVICE_REQUEST,
    SUBJECT,
    UPDATED,
    has_step,
    identified,
    rows,
)
from worklist.fhir.search import Include, Kind
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.performing.models import PerformedFor, PerformedProcedureStep

_BEGUN = (StepStatus.STARTED, StepStatus.DEPARTED, StepStatus.COMPLETED, StepStatus.DISCONTINUED)
# Attributes of a performed step in the DICOM JSON model (PS3.18 annex F).
_SERIES, _IMAGES, _OTHERS = "00400340", "00081140", "00400220"
_SERIES_UID, _SERIES_DESCRIPTION = "0020000E", "0008103E"


def to_resources(session: Session, studies: Sequence[RequestedProcedure]) -> list[Json]:
    """Return each as an ImagingStudy."""
    performed = _performed(session, [one.id for one in studies])
    return [_to_resource(one, performed.get(one.id, ())) for one in studies]


def _to_resource(
    requested: RequestedProcedure, performed: Sequence[PerformedProcedureStep]
) -> Json:
    """Return an ImagingStudy: the series that the scanners told; the archive may know of more."""
    order = requested.order
    started = [step.started_at for step in requested.steps if step.started_at]
    done = any(step.status is StepStatus.COMPLETED for step in requested.steps)
    series = [one for step in performed for one in _series(step)]
    modalities = sorted({step.modality for step in requested.steps})
    return without_empty(
        resourceType="ImagingStudy",
        id=str(requested.id),
        identifier=[
            {"system": DICOM_UID, "value": f"urn:oid:{requested.study_instance_uid}"},
            identifier(ACCESSION, order.accession_number, "ACSN"),
        ],
        status="available" if done else "registered",
        modality=[_modality(one) for one in modalities],
        subject=reference("Patient", order.patient_id),
        started=instant(min(started, default=None)),
        basedOn=[reference("ServiceRequest", requested.id)],
        numberOfSeries=len(series) or None,
        numberOfInstances=sum(one["numberOfInstances"] for one in series) if series else None,
        description=requested.description,
        series=series,
    )


def _series(step: PerformedProcedureStep) -> list[Json]:
    """Return the series of a step that have a UID, as they must."""
    told = [(_value(one, _SERIES_UID), one) for one in _items(step.attributes, _SERIES)]
    return [
        without_empty(
            uid=uid,
            modality=_modality(step.modality),
            description=_value(one, _SERIES_DESCRIPTION),
            numberOfInstances=len(_items(one, _IMAGES)) + len(_items(one, _OTHERS)),
        )
        for uid, one in told
        if uid
    ]


def _items(attributes: Mapping[str, Any], tag: str) -> list[dict[str, Any]]:
    return list(attributes.get(tag, {}).get("Value", ()))


def _value(attributes: Mapping[str, Any], tag: str) -> str:
    return str(next(iter(_items(attributes, tag)), ""))


def _modality(code: str) -> Json:
    return {"system": DICOM_MODALITY, "code": code}


def _performed(
    session: Session, studies: Sequence[int]
) -> Mapping[int, Sequence[PerformedProcedureStep]]:
    """Return the performed steps of each study in the order of their start: one statement."""
    step = ScheduledProcedureStep
    statement = (
        select(step.requested_procedure_id, PerformedProcedureStep)
        .join(PerformedFor, PerformedFor.performed_id == PerformedProcedureStep.id)
        .join(step, step.id == PerformedFor.exam_id)
        .where(step.requested_procedure_id.in_(studies))
        .order_by(PerformedProcedureStep.started_at, PerformedProcedureStep.id)
    )
    found: defaultdict[int, list[PerformedProcedureStep]] = defaultdict(list)
    for study, performed in session.execute(statement):
        if performed not in found[study]:
            found[study].append(performed)
    return found


def _select() -> Select[Any]:
    return rows().where(has_step(*_BEGUN))


def _with_modality(value: str) -> Condition:
    step, wanted = ScheduledProcedureStep, token(value)
    fits = step.modality == wanted.code if wanted.system in {None, DICOM_MODALITY} else false()
    return exists().where(step.requested_procedure_id == RequestedProcedure.id, fits)


def _begun(value: str) -> Condition:
    """Match the start of the first step; the index on steps finds those that may be it."""
    step = ScheduledProcedureStep
    of_study = step.requested_procedure_id == RequestedProcedure.id
    first = select(func.min(step.started_at)).where(of_study).scalar_subquery()
    wanted = period(value)
    return and_(exists().where(of_study, within(step.started_at, *wanted)), within(first, *wanted))


IMAGING_STUDY = Kind(
    name="ImagingStudy",
    select=_select,
    id=RequestedProcedure.id,
    to_resources=to_resources,
    parameters={
        "identifier": Parameter("token", identified),
        "status": codes(
            "status",
            {
                "available": has_step(StepStatus.COMPLETED),
                "registered": not_(has_step(StepStatus.COMPLETED)),
            },
        ),
        "modality": Parameter("token", _with_modality),
        "started": Parameter("date", _begun),
        # Its request is the same row, so a chain needs no search of its own.
        "basedon": replace(
            references(SERVICE_REQUEST, RequestedProcedure.id), chained=SERVICE_REQUEST.condition
        ),
        **of_patient(ImagingServiceRequest.patient_id, "patient", "subject"),
    },
    updated=UPDATED,
    includes={
        "patient": SUBJECT,
        "subject": SUBJECT,
        "basedon": Include(SERVICE_REQUEST, lambda requested: requested.id),
    },
)
