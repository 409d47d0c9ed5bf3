"""A search for a status that few have looks at few rows, however many others there are.

Rows are counted in the plans that PostgreSQL carried out, not times.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, event, text
from sqlalchemy.orm import Session

from tests.support.department import make_patient, make_procedure
from worklist.fhir import sorting
from worklist.fhir.asked import Asked
from worklist.fhir.capability import KINDS

MANY, MOST_ROWS = 20_000, 500
# Performed long ago, but for ten canceled in the middle; the last ten wait for an answer. All were
# read, but for one that was withdrawn; the last ten are to be read.
_ROWS = (
    """
    INSERT INTO imaging_service_requests (patient_id, placer_issuer, placer_group_number,
        filler_order_number, accession_number, priority, patient_class, ordering_physician,
        referring_physician, reason, clinical_information, danger_code, transport,
        current_location, admission_id, ordered_at, created_at)
    SELECT :patient, '', '', 'F' || n, 'A' || n, 'ROUTINE', 'O', '', '', '', '', '', '', '', '',
        timestamptz '2026-01-01' + n * interval '1 min', timestamptz '2026-01-01'
    FROM generate_series(1, :many) n
    """,
    """
    INSERT INTO requested_procedures (order_id, procedure_id, requested_procedure_id,
        placer_procedure_id, study_instance_uid, description, laterality)
    SELECT id, :procedure, 'R' || id, '', '2.25.' || id, '', '' FROM imaging_service_requests
    """,
    """
    INSERT INTO scheduled_procedure_steps (requested_procedure_id, patient_id, placer_step_id,
        scheduled_procedure_step_id, description, modality, status, status_reason,
        status_changed_at, starts_at, performing_physician, automatic_placement, version)
    SELECT p.id, :patient, '', 'S' || n, '', 'CT', CASE WHEN n > :many - 10 THEN 'HELD'
            WHEN n BETWEEN 9000 AND 9009 THEN 'CANCELED' ELSE 'COMPLETED' END, '',
        ordered_at, ordered_at, '', true, 1
    FROM (SELECT *, row_number() OVER (ORDER BY id) AS n FROM requested_procedures) p
    JOIN imaging_service_requests o ON o.id = order_id
    """,
    """
    INSERT INTO reading_tasks (requested_procedure_id, status, priority, priority_rank,
        reading_group, ready_at, due_at)
    SELECT requested_procedure_id, CASE WHEN n > :many - 10 THEN 'READY'
            WHEN n = 9000 THEN 'WITHDRAWN' ELSE 'READ' END, 'ROUTINE', 3, 'general', at, at
    FROM (SELECT requested_procedure_id, status_changed_at AS at, row_number() OVER (ORDER BY id)
        AS n FROM scheduled_procedure_steps) e
    """,
    "ANALYZE",
)
SEARCHES = [
    ("Appointment?status=proposed", 10),
    ("Appointment?status=proposed&_sort=date", 10),
    ("Appointment?status=proposed&date=ge2026-01-01&_total=accurate", 10),
    ("Appointment?status=cancelled", 10),
    ("Appointment?status=cancelled&_sort=-date", 10),
    ("Appointment?status=noshow&date=ge2026-01-01", 0),
    ("ServiceRequest?status=on-hold&_sort=authored", 10),
    ("ServiceRequest?status=on-hold&_sort=-authored", 10),
    ("ServiceRequest?status=active", 0),
    ("ServiceRequest?status=revoked&_sort=-authored", 10),
    ("ServiceRequest?status=completed", 50),
    ("Task?status=ready", 10),
    ("Task?status=ready,in-progress&_sort=authored-on", 10),
    ("Task?status=cancelled&_sort=authored-on", 1),
    ("Task?status=on-hold&authored-on=ge2026-01-01", 0),
]


@pytest.fixture
def department(session: Session) -> Session:
    """Twenty thousand exams, most of them done and read."""
    values = {"patient": make_patient(session).id, "procedure": make_procedure(session).id}
    for statement in _ROWS:
        used = {name: one for name, one in (values | {"many": MANY}).items() if name in statement}
        session.execute(text(statement), used)
    return session


@pytest.fixture
def looked_at(department: Session) -> Iterator[list[float]]:
    """How many rows each statement looked at."""
    counts: list[float] = []
    connection = department.connection()

    def explain(_: Connection, cursor: Any, statement: str, parameters: Any, *__: object) -> None:
        if statement.startswith(("SELECT", "WITH")):
            cursor.execute(f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}", parameters)
            (((plan,),),) = cursor.fetchall()
            counts.append(rows_of(plan["Plan"]))

    event.listen(connection, "before_cursor_execute", explain)
    yield counts
    event.remove(connection, "before_cursor_execute", explain)


def rows_of(node: dict[str, Any]) -> float:
    """Return how many rows the scans of a plan looked at."""
    below = sum(rows_of(one) for one in node.get("Plans", ()))
    if "Relation Name" not in node:
        return below
    seen = sum(node.get(name, 0) for name in ("Actual Rows", "Rows Removed by Filter"))
    return below + float(seen * node["Actual Loops"])


def test_a_rare_status_is_found_among_many_others(
    department: Session, looked_at: list[float]
) -> None:
    for search, hits in SEARCHES:
        looked_at.clear()
        assert (search, len(found(department, search))) == (search, hits)
        assert max(looked_at) < MOST_ROWS, (search, looked_at)


@pytest.mark.parametrize("quickly_sorted", [10, 9])
def test_the_newest_come_first_of_few_and_of_many(
    department: Session, monkeypatch: pytest.MonkeyPatch, quickly_sorted: int
) -> None:
    monkeypatch.setattr(sorting, "_QUICKLY_SORTED", quickly_sorted)
    authored = [
        one["resource"]["authoredOn"]
        for one in found(department, "ServiceRequest?status=on-hold&_sort=-authored&_count=4")
    ]
    # Ordered every minute from the first day of 2026 on: the last is of the fourteenth, 21:20.
    assert authored == [f"2026-01-14T21:{minute}:00+00:00" for minute in (20, 19, 18, 17)]


def found(session: Session, search: str) -> list[dict[str, Any]]:
    """Return the entries of what a search finds."""
    kind, _, query = search.partition("?")
    pairs = [(name, value) for name, _, value in (one.partition("=") for one in query.split("&"))]
    entries: list[dict[str, Any]] = (
        KINDS[kind].search(session, Asked.of(pairs, address=kind)).get("entry", [])
    )
    return entries
