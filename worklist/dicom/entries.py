"""Read worklist entries from the database, with one statement a query."""

import json
from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Any

from sqlalchemy import Label, ScalarSelect, Select, Text, cast, func, select, true
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.orm import Session
from sqlalchemy.sql.selectable import LateralFromClause

from worklist.catalogue.models import Site
from worklist.catalogue.procedures import Procedure
from worklist.dicom.entry import Entry
from worklist.dicom.listing import ASKED_AT
from worklist.dicom.matching import Condition, Match, RoomResource
from worklist.dicom.reader import Statement
from worklist.dicom.stations import StationList
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients.models import ClinicalFact, Patient, PatientIdentifier
from worklist.vocabulary import Contrast, ContrastRoute, Priority

_DIALECT = PGDialect_psycopg()  # type: ignore[no-untyped-call]


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
    *_same(RequestedProcedure, "requested_procedure_id", "study_instance_uid"),
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
        "ordering_physician",
        "referring_physician",
        "reason",
        "clinical_information",
        "danger_code",
        "transport",
        "current_location",
        "admission_id",
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
    func.coalesce(Site.name, "").label("institution"),
    func.coalesce(Site.code, "").label("site_code"),
    func.coalesce(Site.department, "").label("department"),
]

_NAMES = [
    *(column.name for column in _COLUMNS),
    "time_zone",
    "patient_id",
    "patient_id_issuer",
    "facts",
]
_TYPES: dict[str, Callable[[Any], Any]] = {
    "status": StepStatus,
    "starts_at": datetime.fromisoformat,
    "contrast": Contrast,
    "contrast_route": ContrastRoute,
    "priority": Priority,
    "birth_date": date.fromisoformat,
}


def compiled(
    match: Match, *, default_zone: str, with_facts: bool, most: int | None = None
) -> Statement:
    """Return the statement of a query, compiled once for as often as it is asked.

    Each row is one text: a JSON array of all that is known of an entry, which `decode` reads.
    ``most`` limits the rows.
    """
    select_ = statement(match, default_zone=default_zone, with_facts=with_facts).limit(most)
    done = select_.compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
    parameters = {
        name: value.value if isinstance(value, Enum) else value
        for name, value in done.params.items()
    }
    return Statement.of(str(done), parameters, planned_once=match.planned_once)


def verdicts(exam_id: int, match: Match) -> Select[Any]:
    """Return a SELECT of whether each condition holds for one exam, in the conditions' order."""
    holds: list[Any] = [condition.holds for condition in match.conditions]
    return _joined(select(*holds), _identifier(match)).where(ScheduledProcedureStep.id == exam_id)


def statement(match: Match, *, default_zone: str, with_facts: bool) -> Select[str]:
    """Return the one SELECT of a query, earliest entry first."""
    number = _identifier(match)
    columns = [
        *_COLUMNS,
        func.coalesce(Site.time_zone, default_zone),
        number.c.value,
        number.c.issuer,
        *([_facts()] if with_facts else []),
    ]
    return (
        _joined(
            select(cast(func.json_build_array(*columns), Text)),
            number,
            with_number=bool(match.identifier_conditions),
        )
        .where(
            ScheduledProcedureStep.starts_at.is_not(None),
            *(condition.holds for condition in match.conditions),
        )
        .order_by(ScheduledProcedureStep.starts_at, ScheduledProcedureStep.id)
    )


def _joined(
    selected: Select[Any], number: LateralFromClause, *, with_number: bool = False
) -> Select[Any]:
    return (
        selected.select_from(ScheduledProcedureStep)
        .join(ScheduledProcedureStep.requested_procedure)
        .join(RequestedProcedure.procedure)
        .join(RequestedProcedure.order)
        .join(ScheduledProcedureStep.patient)
        .join(number, true(), isouter=not with_number)
        .join(RoomResource, ScheduledProcedureStep.room_id == RoomResource.id, isouter=True)
        .join(Site, RoomResource.site_id == Site.id, isouter=True)
    )


def read_entries(
    session: Session,
    match: Match,
    stations: StationList,
    *,
    default_zone: str,
    with_facts: bool,
    asked_at: datetime | None = None,
    most: int | None = None,
) -> list[Entry]:
    """Return the entries that match, earliest first, with one statement.

    ``asked_at`` is needed where the match has a window or lets exams linger.
    """
    texts = session.scalars(
        statement(match, default_zone=default_zone, with_facts=with_facts).limit(most),
        {ASKED_AT: asked_at},
    )
    entries = (decode(text, stations) for text in texts)
    return [entry for entry in entries if match.keeps(entry)]


def entry_of(
    session: Session, exam_id: int, stations: StationList, *, default_zone: str
) -> Entry | None:
    """Return one exam as an entry, whatever its status; None where it has no slot."""
    match = Match([Condition("exam", ScheduledProcedureStep.id == exam_id)])
    found = read_entries(session, match, stations, default_zone=default_zone, with_facts=True)
    return next(iter(found), None)


def decode(text: str, stations: StationList) -> Entry:
    """Return the entry of a row."""
    row = dict(zip(_NAMES, json.loads(text), strict=False))
    of_exam = stations.of_exam(row.pop("station_id"), row.pop("room_id"), row["modality"])
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for fact in row.pop("facts", ()):
        newest.setdefault((fact["kind"], fact["subject"]), fact)
    typed = {name: kind(row[name]) for name, kind in _TYPES.items() if row[name] is not None}
    return Entry(
        **row | typed,
        facts=tuple(newest.values()),
        thresholds=stations.thresholds,
        station_ae_titles=tuple(one.ae_title for one in of_exam),
        station_names=tuple(one.name for one in of_exam),
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
