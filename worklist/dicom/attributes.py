"""The return keys of the Modality Worklist and where their values come from.

PS3.4 Table K.6-1; the values follow IHE RAD TF-2 Appendix B.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from pydicom.datadict import tag_for_keyword
from pydicom.tag import BaseTag

from worklist.dicom import clinical, times
from worklist.dicom.entry import Entry
from worklist.dicom.text import person_name
from worklist.vocabulary import Contrast, ContrastRoute, Priority


class Items(list["Sources"]):
    """The items of a sequence attribute, each the sources of its attributes."""


class Answering:
    """One entry on its way to one station: the entry, and the clock of the answer.

    Times are told in the site's zone, or at the offset that the query names.
    """

    def __init__(self, entry: Entry, offset: timedelta | None) -> None:
        self.entry = entry
        zone = ZoneInfo(entry.time_zone) if offset is None else timezone(offset)
        self.starts_at: datetime = entry.starts_at.astimezone(zone)


Value = str | int | list[str] | Items | None
Source = Callable[[Answering], Value]
Sources = Mapping[BaseTag, Source]

_PRIORITY = {
    Priority.STAT: "STAT",
    Priority.URGENT: "HIGH",
    Priority.ASAP: "HIGH",
    Priority.ROUTINE: "ROUTINE",
}
_CONTRAST = {
    Contrast.NONE: "",
    Contrast.IODINATED: "Iodinated contrast",
    Contrast.GADOLINIUM_GROUP_1: "Gadolinium, group I agent",
    Contrast.GADOLINIUM_GROUP_2: "Gadolinium, group II agent",
    Contrast.GADOLINIUM_GROUP_3: "Gadolinium, group III agent",
    Contrast.BARIUM: "Barium",
    Contrast.MICROBUBBLES: "Microbubbles",
}
# HL7 table 0124, Transportation Mode.
_TRANSPORT = {"CART": "Cart", "PORT": "Portable", "WALK": "Walking", "WHLC": "Wheelchair"}


def _by_tag(**sources: Source) -> Sources:
    tags = {keyword: tag_for_keyword(keyword) for keyword in sources}
    return {BaseTag(tag): sources[keyword] for keyword, tag in tags.items() if tag is not None}


def _of(name: str) -> Source:
    """The entry's field as it is."""
    return lambda answering: getattr(answering.entry, name) or ""


def _contrast(answering: Answering) -> str:
    entry = answering.entry
    route = "" if entry.contrast_route == ContrastRoute.NONE else entry.contrast_route
    words = [_CONTRAST[entry.contrast], route.replace("_", " "), entry.radiopharmaceutical or ""]
    return ", ".join(word for word in words if word)


def _clinical(tell: Callable[[Entry], Value]) -> Source:
    return lambda answering: tell(answering.entry)


_CODE = _by_tag(
    CodeValue=_of("procedure_code"),
    CodingSchemeDesignator=_of("coding_scheme"),
    CodeMeaning=_of("procedure_name"),
)
STEP = _by_tag(
    Modality=_of("modality"),
    ScheduledStationAETitle=lambda one: (
        list(one.entry.station_ae_titles) or one.entry.room_code or "UNKNOWN"
    ),
    ScheduledProcedureStepStartDate=lambda one: one.starts_at.strftime("%Y%m%d"),
    ScheduledProcedureStepStartTime=lambda one: one.starts_at.strftime("%H%M%S"),
    ScheduledPerformingPhysicianName=_of("performing_physician"),
    ScheduledProcedureStepDescription=_of("step_description"),
    ScheduledProtocolCodeSequence=lambda _: Items([_CODE]),
    ScheduledProcedureStepID=_of("scheduled_procedure_step_id"),
    ScheduledStationName=lambda one: list(one.entry.station_names),
    ScheduledProcedureStepLocation=_of("room_code"),
    PreMedication=lambda one: "Sedation" if one.entry.needs_sedation else "",
    RequestedContrastAgent=_contrast,
    ScheduledProcedureStepStatus=_of("status"),
    CommentsOnTheScheduledProcedureStep=_of("preparation"),
)


def _issued_by(name: str) -> Source:
    """The issuer as an HL7 Order Identifier Sequence item, no item where it is not known."""
    issuer = _by_tag(LocalNamespaceEntityID=_of(name))
    return lambda answering: Items([issuer] if getattr(answering.entry, name) else [])


SOURCES = _by_tag(
    AccessionNumber=_of("accession_number"),
    IssuerOfAccessionNumberSequence=_issued_by("site_code"),
    OrderPlacerIdentifierSequence=_issued_by("placer_issuer"),
    OrderFillerIdentifierSequence=_issued_by("site_code"),
    WorklistLabel=_of("site_code"),
    InstitutionName=_of("institution"),
    InstitutionalDepartmentName=_of("department"),
    ReferringPhysicianName=_of("referring_physician"),
    RequestingPhysician=_of("ordering_physician"),
    PatientName=lambda one: person_name(one.entry.patient_name_groups),
    PatientID=lambda one: one.entry.patient_id or f"P{one.entry.internal_patient_number}",
    IssuerOfPatientID=_of("patient_id_issuer"),
    PatientBirthDate=lambda one: (
        one.entry.birth_date.strftime("%Y%m%d") if one.entry.birth_date else ""
    ),
    PatientSex=_of("sex"),
    PatientSize=_clinical(clinical.size),
    PatientWeight=_clinical(clinical.weight),
    PregnancyStatus=_clinical(clinical.pregnancy_status),
    MedicalAlerts=_clinical(clinical.alerts),
    Allergies=_clinical(clinical.allergies),
    SpecialNeeds=_clinical(clinical.needs),
    PatientState=_of("danger_code"),
    StudyInstanceUID=_of("study_instance_uid"),
    RequestedProcedureID=_of("requested_procedure_id"),
    RequestedProcedureDescription=_of("requested_description"),
    RequestedProcedureCodeSequence=lambda _: Items([_CODE]),
    RequestedProcedurePriority=lambda one: _PRIORITY[one.entry.priority],
    RequestedProcedureComments=_of("clinical_information"),
    ReasonForTheRequestedProcedure=_of("reason"),
    PatientTransportArrangements=lambda one: _TRANSPORT.get(
        one.entry.transport, one.entry.transport
    ),
    AdmissionID=_of("admission_id"),
    CurrentPatientLocation=_of("current_location"),
    PlacerOrderNumberImagingServiceRequest=_of("placer_order_number"),
    FillerOrderNumberImagingServiceRequest=_of("filler_order_number"),
    BodyPartExamined=_of("body_part"),
    # What is kept nowhere: empty, so that no value matches.
    ConfidentialityConstraintOnPatientDataDescription=lambda _: "",
    ReferencedStudySequence=lambda _: Items([]),
    ReferencedPatientSequence=lambda _: Items([]),
    ScheduledProcedureStepSequence=lambda _: Items([STEP]),
    TimezoneOffsetFromUTC=lambda one: times.format_offset(one.starts_at.utcoffset() or timedelta()),
)
FROM_FACTS = frozenset(
    _by_tag(
        **dict.fromkeys(
            (
                "PatientSize",
                "PatientWeight",
                "PregnancyStatus",
                "MedicalAlerts",
                "Allergies",
                "SpecialNeeds",
            ),
            _of("facts"),
        )
    )
)
