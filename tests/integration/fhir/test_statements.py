"""A search takes as many statements however much it finds, and holds nobody up."""

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import ACTOR, NOW, make_exam
from tests.support.fhir import FhirProgram, found
from tests.support.reading import make_task
from worklist import db
from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import placement

# Of each search: its token, the ids, the rows with what is loaded with them, when they changed;
# then the same of what comes along.
BOUNDS = [
    ("Patient?birthdate=1981-05-04", 4),
    ("ServiceRequest?status=active,completed&_include=ServiceRequest:subject", 7),
    ("Appointment?date=2026-11-24", 4),
    ("Appointment?date=2026-11-24&_include=Appointment:patient&_include=Appointment:based-on", 9),
    ("Appointment?patient.birthdate=1981-05-04&_sort=date&_total=accurate", 5),
    ("ImagingStudy?_include=ImagingStudy:patient", 8),
    ("Task?status=ready&_include=Task:focus", 7),
    ("Schedule", 3),
]


@pytest.fixture
def many(session_factory: db.SessionFactory, exam_id: int) -> None:
    """Nine exams more, two of them performed, and three to read."""
    assert exam_id
    with db.transaction(session_factory) as session:
        for _ in range(9):
            placement.place(session, make_exam(session).id, actor=ACTOR, now=NOW)
        for exam in session.query(ScheduledProcedureStep).limit(2):
            exam.status, exam.started_at = StepStatus.COMPLETED, NOW
        for _ in range(3):
            make_task(session)


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(("search", "bound"), BOUNDS)
def test_a_search_takes_as_many_statements_as_are_told(
    client: FlaskClient, ask: FhirProgram, search: str, bound: int
) -> None:
    ask("Patient")  # the token's use is noted once a minute
    with web.statements(client) as statements:
        _, bundle = ask(search)
    assert found(bundle)
    assert len(statements) <= bound, "\n".join(statements)


@pytest.mark.usefixtures("many")
def test_the_ids_of_a_page_are_found_before_what_is_told_of_them(
    client: FlaskClient, ask: FhirProgram
) -> None:
    """PostgreSQL orders up to eight tables (``join_collapse_limit``): rows alone are that many."""
    with web.statements(client) as statements:
        ask("Appointment?based-on.patient.identifier=1&_lastUpdated=ge2026-11-24")
    (narrow,) = (one for one in statements if "LIMIT" in one and "imaging" in one)
    assert narrow.count("JOIN") <= 4


def test_looking_for_slots_waits_for_nobody(
    ask: FhirProgram, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with session_factory() as other:
        exam = orders.get_exam(other, exam_id)  # somebody is about to change it
        status, _ = ask(f"Slot?service-request=ServiceRequest/{exam.requested_procedure_id}")
    assert status == 200
