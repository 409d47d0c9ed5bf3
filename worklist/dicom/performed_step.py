"""Read what a scanner reports of a performed procedure step (PS3.4 section F.7.2).

What identifies the step must be there and legal; what is merely missing is told in the log, since
a refused report helps nobody on a busy day.
"""

import math
from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

import structlog
from pydicom import Dataset
from pydicom.datadict import tag_for_keyword
from pydicom.sequence import Sequence

from worklist.dicom import times
from worklist.dicom.text import UNICODE, legal
from worklist.performing.models import PerformedStatus
from worklist.performing.reports import PerformedChange, PerformedReport, ScheduledLink

INVALID_ATTRIBUTE_VALUE = 0x0106
MISSING_ATTRIBUTE = 0x0120
MISSING_ATTRIBUTE_VALUE = 0x0121

_UID_LENGTH = 64
_REASON_LENGTH = 100
_REQUIRED_AT_START = (
    "PerformedProcedureStepID",
    "PerformedStationAETitle",
    "PerformedProcedureStepStartDate",
    "PerformedProcedureStepStartTime",
    "PerformedProcedureStepStatus",
    "Modality",
    "ScheduledStepAttributesSequence",
)
_EXPECTED_AT_START = (
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PerformedProcedureStepEndDate",
    "PerformedProcedureStepEndTime",
    "PerformedSeriesSequence",
    "StudyID",
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

log = structlog.get_logger(__name__)

Attributes = dict[str, Any]


class StepRefusedError(Exception):
    """A report cannot be taken; ``status`` is the DIMSE status that says why."""

    def __init__(self, status: int, keyword: str, text: str) -> None:
        super().__init__(f"{keyword}: {text}")
        self.status = status
        self.keyword = keyword


def read_start(dataset: Dataset, sop_instance_uid: str, zone: tzinfo) -> PerformedReport:
    """Return the report of an N-CREATE.

    Args:
        dataset: The Attribute List.
        sop_instance_uid: The step's UID.
        zone: The zone in which times without an offset are told.

    Raises:
        StepRefusedError: an attribute is missing (0120), empty (0121) or invalid (0106).
    """
    attributes = to_json(dataset)
    for keyword in _REQUIRED_AT_START:
        _require(attributes, keyword)
    if _first(attributes, "PerformedProcedureStepStatus") != PerformedStatus.IN_PROGRESS:
        raise _invalid("PerformedProcedureStepStatus", "a step begins IN PROGRESS")
    missing = [name for name in _EXPECTED_AT_START if _tag(name) not in attributes]
    if missing:
        log.info("dicom.mpps.incomplete", missing=missing)
    return PerformedReport(
        sop_instance_uid=sop_instance_uid,
        performed_procedure_step_id=_text(attributes, "PerformedProcedureStepID", "SH"),
        station_ae_title=_text(attributes, "PerformedStationAETitle", "AE"),
        modality=_text(attributes, "Modality", "CS"),
        started_at=_moment(attributes, "PerformedProcedureStepStart", zone),
        links=tuple(_links(attributes)),
        patient_id=_text(attributes, "PatientID", "LO"),
        patient_id_issuer=_text(attributes, "IssuerOfPatientID", "LO"),
        attributes=attributes,
    )


def read_change(stored: Attributes, dataset: Dataset, zone: tzinfo) -> PerformedChange:
    """Return what an N-SET makes of the step stored so far.

    Attributes that are fixed once the step is created are passed over and logged.

    Raises:
        StepRefusedError: the status is unknown, or the step is to end without what an end needs.
    """
    sent = to_json(dataset)
    sent.pop(_tag("SpecificCharacterSet"), None)
    repeated = [name for name in _FIXED_AFTER_START if sent.pop(_tag(name), None) is not None]
    if repeated:
        log.info("dicom.mpps.fixed_attributes_ignored", attributes=repeated)
    attributes = stored | sent
    word = _first(attributes, "PerformedProcedureStepStatus")
    if word not in set(PerformedStatus):
        raise _invalid("PerformedProcedureStepStatus", "not a status of a performed step")
    status = PerformedStatus(word)
    if status is not PerformedStatus.IN_PROGRESS:
        _check_end(attributes, status)
    ended = _first(attributes, "PerformedProcedureStepEndDate") and _first(
        attributes, "PerformedProcedureStepEndTime"
    )
    return PerformedChange(
        status=status,
        ended_at=_moment(attributes, "PerformedProcedureStepEnd", zone) if ended else None,
        discontinuation_reason=_reason(attributes) if status == "DISCONTINUED" else "",
        attributes=attributes,
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


def to_json(dataset: Dataset) -> Attributes:
    """Return the data set in the DICOM JSON model (PS3.18 annex F), in Unicode.

    Raises:
        StepRefusedError: it cannot be decoded.
    """
    try:
        attributes: Attributes = dataset.to_json_dict(suppress_invalid_tags=True)
    except Exception as error:
        raise StepRefusedError(INVALID_ATTRIBUTE_VALUE, "Data set", "cannot be decoded") from error
    if attributes:
        attributes[_tag("SpecificCharacterSet")] = {"vr": "CS", "Value": [UNICODE]}
    return {tag: _storable(element) for tag, element in attributes.items()}


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


def _check_end(attributes: Attributes, status: PerformedStatus) -> None:
    _require(attributes, "PerformedProcedureStepEndDate")
    _require(attributes, "PerformedProcedureStepEndTime")
    series = attributes.get(_tag("PerformedSeriesSequence"), {}).get("Value", [])
    if status is PerformedStatus.COMPLETED:
        _require(attributes, "PerformedSeriesSequence")
    for item in series:
        missing = [name for name in ("SeriesInstanceUID", "ProtocolName") if not _first(item, name)]
        if missing:
            log.info("dicom.mpps.incomplete", missing=missing)


def _links(attributes: Attributes) -> Iterator[ScheduledLink]:
    for item in attributes[_tag("ScheduledStepAttributesSequence")]["Value"]:
        _require(item, "StudyInstanceUID")
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
    items = attributes.get(_tag(keyword), {}).get("Value", [])
    codes = (_text(item, "CodeMeaning") or _text(item, "CodeValue") for item in items)
    return ", ".join(filter(None, codes))[:_REASON_LENGTH]


def _moment(attributes: Attributes, prefix: str, zone: tzinfo) -> datetime:
    try:
        return times.parse_date_time(
            _text(attributes, f"{prefix}Date"), _text(attributes, f"{prefix}Time"), zone
        )
    except times.TimeValueError as error:
        raise _invalid(f"{prefix}Date", str(error)) from error


def _require(attributes: Attributes, keyword: str) -> None:
    if _tag(keyword) not in attributes:
        raise StepRefusedError(MISSING_ATTRIBUTE, keyword, "missing")
    if not _first(attributes, keyword):
        raise StepRefusedError(MISSING_ATTRIBUTE_VALUE, keyword, "empty")


def _invalid(keyword: str, text: str) -> StepRefusedError:
    return StepRefusedError(INVALID_ATTRIBUTE_VALUE, keyword, text)


def _first(attributes: Attributes, keyword: str) -> Any:  # noqa: ANN401 - whatever JSON holds
    values = attributes.get(_tag(keyword), {}).get("Value") or [None]
    return values[0]


def _text(attributes: Attributes, keyword: str, vr: str = "") -> str:
    value = str(_first(attributes, keyword) or "").strip()
    return legal(value, vr) if vr else value


def _tag(keyword: str) -> str:
    return f"{tag_for_keyword(keyword):08X}"
