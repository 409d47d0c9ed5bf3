"""A department of a million exams with everything that pages read about them."""

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench import _busy_department
from bench._busy_department import NOW

_PAST, _PAST_DAYS = 940_000, 870  # beside those to come: a million in all
_SITES = 4  # of a dozen rooms, with 300 exams a day each
_MESSAGES, _PERFORMED = 200_000, 100_000

# Syllables make some 2,500 family names and 100 given ones: searched as real ones are.
_PEOPLE = (
    """
    UPDATE patients SET name = upper(family) || '^' || upper(given),
        search_name = family || ' ' || given, phone = '+43 1 ' || (1000000 + id * 37 % 8999999)
    FROM (SELECT id AS number,
        (ARRAY['ber','stein','hof','wald','kir','mu','schu','ga','lin','ro','fel','kel','win','neu',
            'alt','ho','bra','kru','pet','jo','mar','sim','ad','ols','nor','sand','lar','han','eri',
            'gus','ku','wag','zim','hart','lang','vo','bau','ro','kö','fi','we','ja','no','du','mo',
            'la','cos','fer','gon','sil'])[1 + id % 50] ||
        (ARRAY['ger','mann','er','ler','ner','ich','sen','son','feld','berg','bach','hold','wig',
            'ling','ke','ka','ov','ski','ez','es','ira','ana','eau','ier','ton','ham','ley','ford',
            'ster','meier','huber','bauer','ter','rich','mut','win','old','ard','bert','fried','gart',
            'hard','land','lich','nau','rath','schek','stetter','thal','wanger'])[1 + id / 50 % 50]
        AS family,
        (ARRAY['anna','eva','maria','lena','clara','ida','rosa','nora','mia','julia','paul','karl',
            'hans','otto','emil','felix','max','leo','jonas','peter'])[1 + id / 2500 % 20] ||
        (ARRAY['',' a',' m',' j',' b'])[1 + id / 50000 % 5] AS given FROM patients) AS made
    WHERE id = number
    """,
    """
    INSERT INTO patient_identifiers (patient_id, value, issuer)
    SELECT id, 'MRN' || lpad(id::text, 7, '0'), 'HOSPITAL' FROM patients
    """,
)
_PLACES = (
    """
    INSERT INTO sites (code, name, department, time_zone)
    SELECT 'SITE' || n, 'Site ' || n, 'Radiology', 'UTC' FROM generate_series(2, :sites) n
    """,
    """
    UPDATE resources SET site_id = (SELECT array_agg(id ORDER BY id) FROM sites)[1 + id % :sites]
    """,
)
_TODAY = (
    """
    UPDATE scheduled_procedure_steps SET status = CASE WHEN ends_at < :now THEN 'COMPLETED'
            WHEN starts_at < :now THEN 'STARTED' ELSE 'ARRIVED' END,
        arrived_at = starts_at - interval '15 min',
        started_at = CASE WHEN starts_at < :now THEN starts_at END,
        ended_at = CASE WHEN ends_at < :now THEN ends_at END
    WHERE status = 'SCHEDULED' AND starts_at < :now + interval '20 min'
    """,
    """
    UPDATE scheduled_procedure_steps SET arrived_at = starts_at - interval '20 min',
        started_at = starts_at, ended_at = ends_at
    WHERE status = 'COMPLETED' AND arrived_at IS NULL AND starts_at > :now - interval '100 days'
    """,
    """
    UPDATE scheduled_procedure_steps SET status = 'UNSCHEDULED', room_id = NULL, station_id = NULL,
        starts_at = NULL, ends_at = NULL, status_reason = 'No slot within the time wanted.'
    WHERE status = 'SCHEDULED' AND id % 100 = 0
    """,
    """
    DELETE FROM reservations USING scheduled_procedure_steps e
    WHERE e.id = exam_id AND e.status = 'UNSCHEDULED'
    """,
)
_AFTERWARDS = (
    """
    INSERT INTO reading_tasks (requested_procedure_id, status, priority, priority_rank,
        reading_group, ready_at, due_at, read_at)
    SELECT requested_procedure_id, CASE WHEN ended < :now - interval '3 hours' THEN 'READ'
            ELSE 'READY' END, 'ROUTINE', 3, 'general', ended, ended + interval '1 day',
        CASE WHEN ended < :now - interval '3 hours' THEN ended + interval '2 hours' END
    FROM (SELECT requested_procedure_id, coalesce(ended_at, ends_at) AS ended
        FROM scheduled_procedure_steps e WHERE e.status = 'COMPLETED') AS finished
    """,
    """
    INSERT INTO reports (requested_procedure_id, kind, content, reader, written_at)
    SELECT requested_procedure_id, 'FINAL', 'No acute finding.', 'READER^ROBIN', read_at
    FROM reading_tasks WHERE status = 'READ'
    """,
    """
    INSERT INTO audit_events (occurred_at, actor, action, patient_id, order_id, exam_id, detail)
    SELECT coalesce(e.ended_at, e.ends_at), 'station:CT01', 'exam.completed', e.patient_id,
        p.order_id, e.id, '{}'
    FROM scheduled_procedure_steps e JOIN requested_procedures p ON p.id = e.requested_procedure_id
    WHERE e.status = 'COMPLETED'
    """,
    """
    INSERT INTO hl7_inbox (received_at, channel, peer, sending_application, sending_facility,
        control_id, message_type, version, digest, raw, lanes, state, acknowledgement_code,
        acknowledgement, patient_id, order_id, attempts, error_code, error_location, error_text)
    SELECT ordered_at, 'mllp', 'hospital', 'HIS', 'MAIN', id, 'ORM^O01', '2.5.1', md5(id::text),
        'MSH|', ARRAY['o' || id], CASE WHEN id % 5000 = 0 THEN 'FAILED' ELSE 'PROCESSED' END, 'AA',
        'MSH|', patient_id, id, 1, '', '', ''
    FROM imaging_service_requests ORDER BY id DESC LIMIT :messages
    """,
    """
    INSERT INTO hl7_outbox (event_id, destination, replay, choice, control, message_type,
        control_id, payload, state, attempts, created_at, next_attempt_at, delivered_at, error_text)
    SELECT id, 'hospital', 0, 'order_status', 'SC', 'ORM^O01', 'C' || id, 'MSH|', 'DELIVERED', 1,
        occurred_at, occurred_at, occurred_at, ''
    FROM audit_events WHERE exam_id IS NOT NULL ORDER BY id DESC LIMIT :messages
    """,
    """
    INSERT INTO performed_procedure_steps (sop_instance_uid, status, performed_procedure_step_id,
        performed_station_ae_title, modality, study_instance_uid, patient_id, started_at, ended_at,
        discontinuation_reason, attributes, received_at, accession_numbers, waits, rejected_by,
        rejection_reason)
    SELECT '1.2.3.' || e.id, 'COMPLETED', 'PPS' || e.id, s.ae_title, e.modality,
        p.study_instance_uid, e.patient_id, e.starts_at, e.ends_at, '', '{}', e.ends_at, '{}',
        false, '', ''
    FROM scheduled_procedure_steps e JOIN stations s ON s.id = e.station_id
        JOIN requested_procedures p ON p.id = e.requested_procedure_id
    WHERE e.status = 'COMPLETED' ORDER BY e.starts_at DESC LIMIT :performed
    """,
    """
    INSERT INTO performed_for (performed_id, exam_id)
    SELECT id, split_part(sop_instance_uid, '.', 4)::bigint FROM performed_procedure_steps
    """,
)


def build(session: Session) -> None:
    """Make the busy department with its past, its people, and what was written of each exam."""
    _busy_department.build(session)
    _busy_department.add_past(session, _PAST, _PAST_DAYS)
    _enrich(session)


def _enrich(session: Session) -> None:
    """Add sites, people's names, today's progress, readings, reports, events and messages."""
    values = {"now": NOW, "messages": _MESSAGES, "performed": _PERFORMED, "sites": _SITES}
    for statement in (*_PLACES, *_PEOPLE, *_TODAY, *_AFTERWARDS):
        used = {name: value for name, value in values.items() if f":{name}" in statement}
        session.execute(text(statement), used)
