"""A large department with a full calendar and a long past, written straight into the tables."""

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from worklist.catalogue.models import OpeningHours, Resource, ResourceKind, Room, Site, Station
from worklist.catalogue.procedures import Procedure
from worklist.db import Base

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ROOMS = {"DX": 12, "CT": 12, "US": 12, "MR": 9, "MG": 3, "PT": 1, "NM": 1}
_WITH_TRACERS = frozenset({"PT", "NM"})
DAYS = 60
OPENS, CLOSES = time(7), time(19)
PAST_DAYS = 2000
_SLOTS_A_DAY = 24  # of 30 minutes
_NEAR_DAYS, _NEAR_FILL, _FAR_FILL = 15, 0.99, 0.803  # 85 % on average

_BOOKINGS = """
INSERT INTO {name}
SELECT row_number() OVER () AS number, 1 + (random() * 99999)::int AS patient, room, station,
       modality, cast(:first_day AS timestamptz) + day * interval '1 day' + slot * interval '30 min'
FROM (
    -- Each slot has its own draw: in the condition it would be made once a day.
    SELECT r.id AS room, s.id AS station, r.modalities[1] AS modality, day, slot, random() AS drawn
    FROM rooms r JOIN stations s ON s.room_id = r.id,
         generate_series(0, :days - 1) day, generate_series(0, {slots} - 1) slot
) AS slots
WHERE drawn < CASE WHEN :fill > 0 THEN :fill
    WHEN day < {near} THEN {near_fill} ELSE {far_fill} END
LIMIT :bookings
"""

_TABLES = (
    """
    INSERT INTO patients (name, name_ideographic, name_phonetic, search_name, birth_date, sex,
        phone, email, address, created_at, updated_at)
    SELECT 'DOE^N' || n, '', '', 'doe n' || n, date '1940-01-01' + n % 25000,
        CASE n % 2 WHEN 0 THEN 'F' ELSE 'M' END, '', '', '', now(), now()
    FROM generate_series(1, 100000) n WHERE NOT EXISTS (SELECT FROM patients)
    """,
    """
    INSERT INTO imaging_service_requests (patient_id, placer_issuer, placer_group_number,
        filler_order_number, accession_number, priority, patient_class, ordering_physician,
        referring_physician, reason, clinical_information, danger_code, transport,
        current_location, admission_id, ordered_at, created_at)
    SELECT patient, '', '', '{name}' || number, '{letter}' || number, 'ROUTINE', 'O', '', '', '',
        '', '', '', '', '', starts, starts FROM {name} ORDER BY number
    """,
    """
    INSERT INTO requested_procedures (order_id, procedure_id, requested_procedure_id,
        study_instance_uid, description, laterality)
    SELECT o.id, p.id, '{letter}' || number, '{name}' || number, '', ''
    FROM {name} b JOIN imaging_service_requests o ON o.accession_number = '{letter}' || number
    JOIN procedures p ON p.modality = b.modality
    """,
    """
    INSERT INTO scheduled_procedure_steps (requested_procedure_id, patient_id,
        scheduled_procedure_step_id, description, modality, status, status_reason,
        status_changed_at, room_id, station_id, starts_at, ends_at, performing_physician,
        automatic_placement, version)
    SELECT p.id, patient, '{letter}' || number, '', b.modality, '{status}', '', starts, room,
        station, starts, starts + interval '25 min', '', true, 1
    FROM {name} b JOIN requested_procedures p ON p.requested_procedure_id = '{letter}' || number
    """,
    """
    INSERT INTO reservations (exam_id, resource_id, phase, during)
    SELECT e.id, room, 'exam', tstzrange(starts, starts + interval '30 min')
    FROM {name} b JOIN scheduled_procedure_steps e
        ON e.scheduled_procedure_step_id = '{letter}' || number
    """,
    """
    INSERT INTO reservations (exam_id, patient_id, phase, during)
    SELECT DISTINCT ON (patient, starts) e.id, patient, 'patient',
        tstzrange(starts, starts + interval '25 min')
    FROM {name} b JOIN scheduled_procedure_steps e
        ON e.scheduled_procedure_step_id = '{letter}' || number
    """,
)


def build(session: Session) -> None:
    """Make the rooms, a procedure for each modality, and the bookings of the next 60 days."""
    _give_defaults(session)
    site = Site(code="MAIN", name="Main", time_zone="UTC")
    session.add(site)
    session.flush()
    for modality, number in ROOMS.items():
        for index in range(number):
            _add_room(session, site, f"{modality}{index + 1:02d}", modality)
        session.add(
            Procedure(
                code=f"{modality}1",
                name=f"{modality} exam",
                modality=modality,
                body_part="CHEST",
                duration_minutes=25,
                ionising=modality not in {"US", "MR"},
                synonyms=[],
                required_capabilities=[],
            )
        )
    session.flush()
    _insert(session, "coming", "C", "SCHEDULED", days=DAYS, first_day=NOW.replace(hour=7), fill=0.0)


def _give_defaults(session: Session) -> None:
    """Let the tables fill in what the models would, whatever columns are added later."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.default, ScalarElementColumnDefault):
                value = column.default.arg
                literal = "'{}'" if isinstance(value, list | dict) else f"'{value}'"
                statement = f"ALTER TABLE {table.name} ALTER {column.name} SET DEFAULT {literal}"
                session.execute(text(statement))


def add_past(session: Session, bookings: int, days: int = PAST_DAYS) -> None:
    """Add completed exams of the years before, the oldest days first."""
    first_day = NOW.replace(hour=7) - timedelta(days=days)
    _insert(
        session,
        "past",
        "P",
        "COMPLETED",
        days=days,
        first_day=first_day,
        fill=0.9,
        bookings=bookings,
    )


def _add_room(session: Session, site: Site, code: str, modality: str) -> None:
    resource = Resource(site_id=site.id, code=code, name=code, kind=ResourceKind.ROOM)
    session.add(resource)
    session.flush()
    capabilities = ["shielded", *(["isotope_licence"] if modality in _WITH_TRACERS else [])]
    session.add(Room(id=resource.id, modalities=[modality], capabilities=capabilities))
    session.flush()
    session.add(Station(room_id=resource.id, ae_title=code, name=code, modality=modality))
    session.add_all(
        OpeningHours(resource_id=resource.id, weekday=day, opens=OPENS, closes=CLOSES)
        for day in range(1, 8)
    )


def _insert(
    session: Session,
    name: str,
    letter: str,
    status: str,
    *,
    days: int,
    first_day: datetime,
    fill: float,
    bookings: int = 10_000_000,
) -> None:
    """Write the bookings with the reservations' constraints taken off and put back afterwards."""
    definitions = session.execute(
        text(
            "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'reservations'::regclass AND contype = 'x'"
        )
    ).all()
    for constraint, _ in definitions:
        session.execute(text(f"ALTER TABLE reservations DROP CONSTRAINT {constraint}"))
    session.execute(text("SET LOCAL maintenance_work_mem = '1GB'"))
    session.execute(text("SELECT setseed(0.5)"))
    session.execute(
        text(
            f"CREATE TEMP TABLE {name} (number bigint, patient bigint, room bigint,"
            " station bigint, modality text, starts timestamptz)"
        )
    )
    values = {"slots": _SLOTS_A_DAY, "near": _NEAR_DAYS}
    fills = {"near_fill": _NEAR_FILL, "far_fill": _FAR_FILL}
    session.execute(
        text(_BOOKINGS.format(name=name, **values, **fills)),
        {"first_day": first_day, "days": days, "fill": fill, "bookings": bookings},
    )
    session.execute(text(f"ANALYZE {name}"))
    for statement in _TABLES:
        session.execute(text(statement.format(name=name, letter=letter, status=status)))
    for constraint, definition in definitions:
        session.execute(text(f"ALTER TABLE reservations ADD CONSTRAINT {constraint} {definition}"))
    session.execute(text("ANALYZE"))
