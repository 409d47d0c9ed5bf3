"""Read what a scanner reports of a performed procedure step (PS3.4 section F.7.2)."""

import math
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from pydicom import Dataset
from pydicom.sequence import Sequence

from worklist.dicom import times
from worklist.dicom.performed_dose import read_contrast, read_dose
from worklist.dicom.report_check import (
    INVALID_ATTRIBUTE_VALUE,
    Attributes,
    Problem,
    ReportCheck,
    StepRefusedError,
    first_of,
    items_of,
    tag_of,
)
from worklist.dicom.request import Request
from worklist.dicom.text import UNICODE, legal
from worklist.performing.models import PerformedStatus
from worklist.performing.reports import PerformedChange, PerformedReport, ScheduledLink

_UID_LENGTH = 64
_REASON_LENGTH = 100
# PS3.4 Table F.7.2-1: type 1 and type 2 at N-CREATE, of the step and of each scheduled step.
_TYPE_1_AT_START = (
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "PerformedProcedureStepStatus",
    "Modality",
    "ScheduledStepAttributesSequence",
)
_TYPE_2_AT_START = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "ReferencedPatientSequence",
    "PerformedStationName",
    "PerformedLocation",
    "PerformedProcedureStepDescription",
    "PerformedProcedureTypeDescription",
    "ProcedureCodeSequence",
    "PerformedProcedureStepEndDate",
    "PerformedProcedureStepEndTime",
    "StudyID",
    "PerformedProtocolCodeSequence",
    "PerformedSeriesSequence",
)
_TYPE_2_OF_SCHEDULED_STEP = (
    "ReferencedStudySequence",
    "AccessionNumber",
    "RequestedProcedureID",
    "RequestedProcedureDescription",
    "ScheduledProcedureStepID",
    "ScheduledProcedureStepDescription",
    "ScheduledProtocolCodeSequence",
)
# PS3.4 Table F.7.2-1: fixed once the step is created.
_FIXED_AFTER_START = (
    "ScheduledStepAttributesSequence",
    "PatientName",
    "PatientID",
    "IssuerOfPatientID",
    "PatientBirthDate",
    "PatientSex",
    "ReferencedPatientSequence",
    "AdmissionID",
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedStationName",
    "PerformedLocation",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "Modality",
    "StudyID",
)


def read_start(
    dataset: Dataset, sop_instance_uid: str, zone: tzinfo, check: ReportCheck
) -> PerformedReport:
    """Return the report of an N-CREATE.

    Where a station is served leniently, what is missing is noted and replaced by what is known
    otherwise: the calling AE title, the station's modality, the present time.

    Args:
        dataset: The Attribute List.
        sop_instance_uid: The step's UID.
        zone: The zone in which times without an offset are told.
        check: Judges what is missing.

    Raises:
        StepRefusedError: an attribute is missing (0120), empty (0121) or invalid (0106).
    """
    attributes = to_json(dataset)
    check.type_1(attributes, _TYPE_1_AT_START)
    status = first_of(attributes, "PerformedProcedureStepStatus") or PerformedStatus.IN_PROGRESS
    if status != PerformedStatus.IN_PROGRESS:
        raise _invalid("PerformedProcedureStepStatus", "a step begins IN PROGRESS")
    check.type_2(attributes, _TYPE_2_AT_START)
    started = first_of(attributes, "PerformedProcedureStepStartDate")
    return PerformedReport(
        sop_instance_uid=sop_instance_uid,
        performed_procedure_step_id=_text(attributes, "PerformedProcedureStepID", "SH"),
        station_ae_title=_text(attributes, "PerformedStationAETitle", "AE") or check.calling,
        modality=_text(attributes, "Modality", "CS") or check.modality,
        started_at=(
            _moment(attributes, "PerformedProcedureStepStart", zone) if started else check.now
        ),
        links=tuple(_links(attributes, check)),
        patient_id=_text(attributes, "PatientID", "LO"),
        patient_id_issuer=_text(attributes, "IssuerOfPatientID", "LO"),
        attributes=attributes,
        dose=read_dose(attributes),
        contrast=tuple(read_contrast(attributes)),
    )


def read_change(
    stored: Attributes, dataset: Dataset, zone: tzinfo, check: ReportCheck
) -> PerformedChange:
    """Return what an N-SET makes of the step stored so far.

    Attributes that are fixed once the step is created are passed over and noted.

    Raises:
        StepRefusedError: the status is unknown, or the step is to end without what an end needs.
    """
    sent = to_json(dataset)
    sent.pop(tag_of("SpecificCharacterSet"), None)
    for name in _FIXED_AFTER_START:
        if sent.pop(tag_of(name), None) is not None:
            check.note(name, Problem.MAY_NOT_CHANGE)
    attributes = stored | sent
    word = first_of(attributes, "PerformedProcedureStepStatus") or PerformedStatus.IN_PROGRESS
    if word not in set(PerformedStatus):
        raise _invalid("PerformedProcedureStepStatus", "not a status of a performed step")
    status = PerformedStatus(word)
    is_over = status is not PerformedStatus.IN_PROGRESS
    if is_over:
        _check_end(attributes, status, check)
    told = first_of(attributes, "PerformedProcedureStepEndDate")
    ended_at = _moment(attributes, "PerformedProcedureStepEnd", zone) if told else None
    return PerformedChange(
        status=status,
        ended_at=ended_at or (check.now if is_over else None),
        discontinuation_reason=_reason(attributes) if status == "DISCONTINUED" else "",
        attributes=attributes,
        dose=read_dose(attributes),
        contrast=tuple(read_contrast(attributes)),
    )


def station_of(dataset: Dataset) -> str:
    """Return the Performed Station AE Title, empty where there is none that can be read."""
    try:
        return str(dataset.get("PerformedStationAETitle") or "").strip()
    except Exception:  # noqa: BLE001 - whatever is wrong with it is told when the step is read
        return ""


def own_zone(dataset: Dataset) -> tzinfo | None:
    """Return the zone of a Timezone Offset From UTC, None without one.

    Raises:
        StepRefusedError: it is malformed.
    """
    value = str(dataset.get("TimezoneOffsetFromUTC") or "").strip()
    if not value:
        return None
    try:
        return times.as_zone(times.parse_offset(value))
    except times.TimeValueError as error:
        raise _invalid("TimezoneOffsetFromUTC", str(error)) from error


def data_set(request: Request) -> Dataset:
    """Return the data set of a request.

    Raises:
        StepRefusedError: it cannot be decoded.
    """
    try:
        return request.dataset()
    except Exception as error:
        raise _undecodable() from error


def to_json(dataset: Dataset) -> Attributes:
    """Return the data set in the DICOM JSON model (PS3.18 annex F), in Unicode.

    Raises:
        StepRefusedError: it cannot be decoded.
    """
    try:
        attributes: Attributes = dataset.to_json_dict(suppress_invalid_tags=True)
    except Exception as error:
        raise _undecodable() from error
    if attributes:
        attributes[tag_of("SpecificCharacterSet")] = {"vr": "CS", "Value": [UNICODE]}
    return {tag: _storable(element) for tag, element in attributes.items()}


def _undecodable() -> StepRefusedError:
    return StepRefusedError(INVALID_ATTRIBUTE_VALUE, "Data set", "cannot be decoded")


def _storable(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    """Return what PostgreSQL's jsonb can hold: no NUL character, no number that is none."""
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _storable(one) for key, one in value.items()}
    if isinstance(value, list | Sequence):
        return [_storable(one) for one in value]
    return value


def _check_end(attributes: Attributes, status: PerformedStatus, check: ReportCheck) -> None:
    check.type_1(attributes, ("PerformedProcedureStepEndDate", "PerformedProcedureStepEndTime"))
    if status is PerformedStatus.COMPLETED:
        check.type_1(attributes, ("PerformedSeriesSequence",))
    for item in items_of(attributes, "PerformedSeriesSequence"):
        check.type_1(item, ("SeriesInstanceUID", "ProtocolName"))


def _links(attributes: Attributes, check: ReportCheck) -> Iterator[ScheduledLink]:
    for item in items_of(attributes, "ScheduledStepAttributesSequence"):
        check.type_1(item, ("StudyInstanceUID",))
        check.type_2(item, _TYPE_2_OF_SCHEDULED_STEP)
        study = _text(item, "StudyInstanceUID")
        if len(study) > _UID_LENGTH:
            raise _invalid("StudyInstanceUID", "longer than 64 characters")
        yield ScheduledLink(
            study_instance_uid=study,
            scheduled_procedure_step_id=_text(item, "ScheduledProcedureStepID", "SH"),
            accession_number=_text(item, "AccessionNumber", "SH"),
        )


def _reason(attributes: Attributes) -> str:
    keyword = "PerformedProcedureStepDiscontinuationReasonCodeSequence"
    items = items_of(attributes, keyword)
    codes = (_text(item, "CodeMeaning") or _text(item, "CodeValue") for item in items)
    return ", ".join(filter(None, codes))[:_REASON_LENGTH]


def _moment(attributes: Attributes, prefix: str, zone: tzinfo) -> datetime:
    try:
        return times.parse_date_time(
            _text(attributes, f"{prefix}Date"), _text(attributes, f"{prefix}Time"), zone
        )
    except times.TimeValueError as error:
        raise _invalid(f"{prefix}Date", str(error)) from error


def _invalid(keyword: str, text: str) -> StepRefusedError:
    return StepRefusedError(INVALID_ATTRIBUTE_VALUE, keyword, text)


def _text(attributes: Attributes, keyword: str, vr: str = "") -> str:
    value = str(first_of(attributes, keyword) or "").strip()
    return legal(value, vr) if vr else value
