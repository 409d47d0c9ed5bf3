"""Worklist entries for a benchmark: the same in the database and as files for other servers."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydicom import Dataset
from pydicom.filewriter import dcmwrite
from pydicom.uid import UID, ExplicitVRLittleEndian
from sqlalchemy import text
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from bench import servers
from worklist import db
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients.models import ClinicalFact, Patient, PatientIdentifier

ZONE = ZoneInfo("Europe/Vienna")
STATIONS = [f"CT{number:02}" for number in range(1, 21)]
# Beside one station's day, entries fall on the other stations, this many a day on each.
_A_DAY = 40

# The station and the moment of entry number i.
_SOURCE = """
FROM generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS i
"""
_SLOT = """
CROSS JOIN LATERAL (SELECT CASE WHEN i <= :answers THEN 1 ELSE 2 + i % 19 END AS station,
                           CASE WHEN i <= :answers THEN 0 ELSE 1 + i / 760 END AS day) AS p
CROSS JOIN LATERAL (SELECT CAST(:midnight AS timestamptz) + p.day * interval '1 day'
                           + (i % 40) * interval '10 minutes' + interval '8 hours' AS at) AS t
JOIN stations s ON s.ae_title = 'CT' || lpad(p.station::text, 2, '0')
"""
_NOW = "CAST(:now AS timestamptz)"
_ROWS: list[tuple[type[db.Base], dict[str, str], str]] = [
    (
        Patient,
        {
            "name": "'PATIENT' || i || '^BENCH'",
            "search_name": "'patient' || i || ' bench'",
            "birth_date": "DATE '1960-01-01'",
            "sex": "'M'",
            "created_at": _NOW,
            "updated_at": _NOW,
        },
        "",
    ),
    (PatientIdentifier, {"patient_id": "i", "value": "'B' || i", "issuer": "'BENCH'"}, ""),
    (
        ClinicalFact,
        {
            "patient_id": "i",
            "kind": "'weight'",
            "value": """CAST('{"number"\\: 80}' AS jsonb)""",
            "observed_at": _NOW,
            "origin": "'desk'",
            "recorded_by": "'bench'",
            "recorded_at": _NOW,
        },
        "",
    ),
    (
        ImagingServiceRequest,
        {
            "patient_id": "i",
            "filler_order_number": "'F' || i",
            "accession_number": "'A' || i",
            "priority": "'ROUTINE'",
            "patient_class": "'O'",
            "ordering_physician": "'DOCTOR^ONE'",
            "referring_physician": "'DOCTOR^TWO'",
            "current_location": "'WARD'",
            "ordered_at": _NOW,
            "created_at": _NOW,
        },
        "",
    ),
    (
        RequestedProcedure,
        {
            "order_id": "i",
            "procedure_id": "1",
            "requested_procedure_id": "'R' || i",
            "study_instance_uid": "'2.25.' || i",
            "description": "'CT chest'",
        },
        "",
    ),
    (
        ScheduledProcedureStep,
        {
            "requested_procedure_id": "i",
            "patient_id": "i",
            "scheduled_procedure_step_id": "'S' || i",
            "description": "'CT chest'",
            "modality": "'CT'",
            "status": "'SCHEDULED'",
            "status_changed_at": _NOW,
            "room_id": "s.room_id",
            "station_id": "s.id",
            "starts_at": "t.at",
            "ends_at": "t.at + interval '10 minutes'",
        },
        _SLOT,
    ),
]


def _insert(model: type[db.Base], values: dict[str, str], more: str) -> str:
    """Return an INSERT of one row for each number, with the model's own defaults."""
    for column in model.__table__.columns:
        default = column.default
        if column.name not in values and isinstance(default, ScalarElementColumnDefault):
            values = {**values, column.name: _literal(default.arg)}
    names, expressions = ", ".join(values), ", ".join(values.values())
    return f"INSERT INTO {model.__tablename__} ({names}) SELECT {expressions} {_SOURCE} {more}"


def _literal(value: object) -> str:
    if isinstance(value, list):
        return "'{}'"
    return f"'{value}'" if isinstance(value, str) else str(value).lower()


def midnight() -> datetime:
    """The beginning of the day that is asked for."""
    return datetime(2026, 11, 24, tzinfo=ZONE)


def add_rows(sessions: db.SessionFactory, first: int, last: int, answers: int) -> None:
    """Add entries number ``first`` to ``last``; the first ``answers`` are of one station's day."""
    values: dict[str, object] = {"first": first, "last": last, "answers": answers}
    values |= {"now": midnight() - timedelta(days=9), "midnight": midnight()}
    with db.transaction(sessions) as session:
        for model, columns, more in _ROWS:
            statement = _insert(model, columns, more)
            used = {name: one for name, one in values.items() if f":{name}" in statement}
            session.execute(text(statement), used)
    servers.vacuum(sessions)


def write_files(folder: Path, number: int, answers: int) -> None:
    """Write the same entries as worklist files."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "lockfile").touch()
    for index in range(1, number + 1):
        station = 1 if index <= answers else 2 + index % 19
        day = 0 if index <= answers else 1 + index // 760
        at = midnight() + timedelta(days=day, hours=8, minutes=10 * (index % _A_DAY))
        entry = _entry(index, f"CT{station:02}", at)
        dcmwrite(
            folder / f"{index}.wl",
            entry,
            implicit_vr=False,
            little_endian=True,
            enforce_file_format=True,
        )


def _entry(index: int, station: str, at: datetime) -> Dataset:
    step = Dataset()
    step.Modality = "CT"
    step.ScheduledStationAETitle = station
    step.ScheduledStationName = station
    step.ScheduledProcedureStepStartDate = f"{at:%Y%m%d}"
    step.ScheduledProcedureStepStartTime = f"{at:%H%M%S}"
    step.ScheduledPerformingPhysicianName = ""
    step.ScheduledProcedureStepDescription = "CT chest"
    step.ScheduledProcedureStepID = f"S{index}"
    step.ScheduledProcedureStepLocation = station
    entry = Dataset()
    entry.SpecificCharacterSet = "ISO_IR 100"
    entry.AccessionNumber = f"A{index}"
    entry.ReferringPhysicianName = "DOCTOR^TWO"
    entry.RequestingPhysician = "DOCTOR^ONE"
    entry.PatientName = f"PATIENT{index}^BENCH"
    entry.PatientID = f"B{index}"
    entry.PatientBirthDate = "19600101"
    entry.PatientSex = "M"
    entry.PatientWeight = "80"
    entry.MedicalAlerts = ""
    entry.Allergies = ""
    entry.StudyInstanceUID = f"2.25.{index}"
    entry.RequestedProcedureDescription = "CT chest"
    entry.RequestedProcedureID = f"R{index}"
    entry.RequestedProcedurePriority = "ROUTINE"
    entry.CurrentPatientLocation = "WARD"
    entry.ScheduledProcedureStepSequence = [step]
    entry.file_meta = Dataset()  # type: ignore[assignment]
    entry.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    entry.file_meta.MediaStorageSOPClassUID = UID("1.2.276.0.7230010.3.1.0.1")
    entry.file_meta.MediaStorageSOPInstanceUID = UID(f"2.25.{index}")
    return entry
