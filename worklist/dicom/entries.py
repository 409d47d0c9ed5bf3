"""Read worklist entries from the database, with one statement a query."""

from typing import Any

from sqlalchemy import Label, ScalarSelect, Select, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from worklist.catalogue.models import Room, Site
from worklist.catalogue.procedures import Procedure
from worklist.dicom.entry import Entry
from worklist.dicom.matching import Match, RoomResource
from worklist.dicom.stations import StationList
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients.models import ClinicalFact, Patient, PatientIdentifier


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
        "placer_issuer",
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
    func.coalesce(RoomResource.code, "").label("room_code"),
    func.coalesce(RoomResource.name, "").label("room_name"),
    func.coalesce(Site.name, "").label("institution"),
    func.coalesce(Site.code, "").label("site_code"),
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
        .join(RoomResource, Room.id == RoomResource.id, isouter=True)
        .join(Site, RoomResource.site_id == Site.id, isouter=True)
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
