"""What a worklist entry is made of, read from the database with one statement a query."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Label, ScalarSelect, Select, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.selectable import LateralFromClause

from worklist.catalogue.models import Resource, Room, Site
from worklist.catalogue.procedures import Procedure
from worklist.dicom.matching import Match
from worklist.dicom.stations import StationList
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients.models import ClinicalFact, Patient, PatientIdentifier
from worklist.vocabulary import Contrast, ContrastRoute, PatientClass, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One scheduled procedure step with all that the worklist can tell of it.

    ``facts`` are the newest of each kind and subject, as ``{"kind", "subject", "value",
    "observed_at"}``, and only there when asked for.
    """

    scheduled_procedure_step_id: str
    step_description: str
    modality: str
    status: StepStatus
    starts_at: datetime
    performing_physician: str = ""
    station_id: int | None = None
    room_id: int | None = None
    room_code: str = ""
    room_name: str = ""
    institution: str = ""
    department: str = ""
    time_zone: str = "UTC"
    requested_procedure_id: str
    study_instance_uid: str
    requested_description: str
    laterality: str = ""
    procedure_code: str
    coding_scheme: str
    procedure_name: str
    body_part: str = ""
    contrast: Contrast = Contrast.NONE
    contrast_route: ContrastRoute = ContrastRoute.NONE
    needs_sedation: bool = False
    radiopharmaceutical: str | None = None
    preparation: str = ""
    accession_number: str
    placer_order_number: str | None = None
    filler_order_number: str = ""
    priority: Priority = Priority.ROUTINE
    patient_class: PatientClass = PatientClass.OUTPATIENT
    ordering_physician: str = ""
    referring_physician: str = ""
    reason: str = ""
    clinical_information: str = ""
    danger_code: str = ""
    transport: str = ""
    current_location: str = ""
    admission_id: str = ""
    ordered_at: datetime | None = None
    internal_patient_number: int
    patient_name: str
    patient_name_ideographic: str = ""
    patient_name_phonetic: str = ""
    birth_date: date | None = None
    sex: str | None = None
    patient_id: str | None = None
    patient_id_issuer: str | None = None
    facts: Sequence[dict[str, Any]] = field(default_factory=tuple)
    station_ae_titles: Sequence[str] = field(default_factory=tuple)
    station_names: Sequence[str] = field(default_factory=tuple)

    @property
    def patient_name_groups(self) -> tuple[str, str, str]:
        """The component groups of Patient's Name."""
        return (self.patient_name, self.patient_name_ideographic, self.patient_name_phonetic)


_RoomResource = aliased(Resource)


def _named(source: type[Any], **names: str) -> list[Label[Any]]:
    return [getattr(source, column).label(name) for name, column in names.items()]


def _same(source: type[Any], *names: str) -> list[Label[Any]]:
    return _named(source, **{name: name for name in names})


_COLUMNS = [
    *_same(
        ScheduledProcedureStep,
        "scheduled_procedure_step_id",
        "modality",
        "status",
        "starts_at",
        "performing_physician",
        "station_id",
        "room_id",
    ),
    *_named(ScheduledProcedureStep, step_description="description"),
    *_same(RequestedProcedure, "requested_procedure_id", "study_instance_uid", "laterality"),
    *_named(RequestedProcedure, requested_description="description"),
    *_named(Procedure, procedure_code="code", procedure_name="name"),
    *_same(
        Procedure,
        "coding_scheme",
        "body_part",
        "contrast",
        "contrast_route",
        "needs_sedation",
        "radiopharmaceutical",
        "preparation",
    ),
    *_same(
        ImagingServiceRequest,
        "accession_number",
        "placer_order_number",
        "filler_order_number",
        "priority",
        "patient_class",
        "ordering_physician",
        "referring_physician",
        "reason",
        "clinical_information",
        "danger_code",
        "transport",
        "current_location",
        "admission_id",
        "ordered_at",
    ),
    *_named(
        Patient,
        internal_patient_number="id",
        patient_name="name",
        patient_name_ideographic="name_ideographic",
        patient_name_phonetic="name_phonetic",
        birth_date="birth_date",
        sex="sex",
    ),
    func.coalesce(_RoomResource.code, "").label("room_code"),
    func.coalesce(_RoomResource.name, "").label("room_name"),
    func.coalesce(Site.name, "").label("institution"),
    func.coalesce(Site.department, "").label("department"),
]


def read_entries(
    session: Session,
    match: Match,
    stations: StationList,
    *,
    default_zone: str,
    with_facts: bool,
) -> list[Entry]:
    """Return the entries that match, earliest first, with one statement."""
    rows = session.execute(statement(match, default_zone=default_zone, with_facts=with_facts))
    entries = (_entry(dict(row), stations) for row in rows.mappings())
    return [entry for entry in entries if all(keep(entry) for keep in match.predicates)]


def statement(match: Match, *, default_zone: str, with_facts: bool) -> Select[Any]:
    """Return the one SELECT of a query."""
    number = _identifier(match)
    columns = [
        *_COLUMNS,
        func.coalesce(Site.time_zone, default_zone).label("time_zone"),
        number.c.value.label("patient_id"),
        number.c.issuer.label("patient_id_issuer"),
    ]
    if with_facts:
        columns.append(_facts().label("facts"))
    return (
        select(*columns)
        .select_from(ScheduledProcedureStep)
        .join(ScheduledProcedureStep.requested_procedure)
        .join(RequestedProcedure.procedure)
        .join(RequestedProcedure.order)
        .join(ScheduledProcedureStep.patient)
        .join(number, true(), isouter=not match.identifier_conditions)
        .join(Room, ScheduledProcedureStep.room_id == Room.id, isouter=True)
        .join(_RoomResource, Room.id == _RoomResource.id, isouter=True)
        .join(Site, _RoomResource.site_id == Site.id, isouter=True)
        .where(ScheduledProcedureStep.starts_at.is_not(None), *match.conditions)
        .order_by(ScheduledProcedureStep.starts_at, ScheduledProcedureStep.id)
    )


def _identifier(match: Match) -> LateralFromClause:
    """The patient's first active number; where numbers are asked for, the first that matches."""
    return (
        select(PatientIdentifier.value, PatientIdentifier.issuer)
        .where(
            PatientIdentifier.patient_id == ScheduledProcedureStep.patient_id,
            PatientIdentifier.active,
            *match.identifier_conditions,
        )
        .order_by(PatientIdentifier.id)
        .limit(1)
        .lateral("number")
    )


def _facts() -> ScalarSelect[Any]:
    fact = func.jsonb_build_object(
        "kind",
        ClinicalFact.kind,
        "subject",
        ClinicalFact.subject,
        "value",
        ClinicalFact.value,
        "observed_at",
        ClinicalFact.observed_at,
    )
    newest_first = aggregate_order_by(fact, ClinicalFact.observed_at.desc(), ClinicalFact.id.desc())
    return (
        select(func.coalesce(func.jsonb_agg(newest_first), func.jsonb_build_array()))
        .where(
            ClinicalFact.patient_id == ScheduledProcedureStep.patient_id,
            ClinicalFact.ended_at.is_(None),
        )
        .correlate(ScheduledProcedureStep)
        .scalar_subquery()
    )


def _entry(row: dict[str, Any], stations: StationList) -> Entry:
    of_exam = stations.of_exam(row["station_id"], row["room_id"], row["modality"])
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for fact in row.pop("facts", ()):
        newest.setdefault((fact["kind"], fact["subject"]), fact)
    return Entry(
        **row,
        facts=tuple(newest.values()),
        station_ae_titles=tuple(one.ae_title for one in of_exam),
        station_names=tuple(one.name for one in of_exam),
    )
