"""The queue of performed steps without an exam: suggested, linked, ordered, rejected."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support import web
from tests.support.department import (
    NOW,
    make_patient,
    make_scanner,
)
from tests.support.dicom import schedule
from tests.support.performed import make_report
from tests.support.web import SignIn
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.performing import performed
from worklist.performing.models import PerformedProcedureStep
from worklist.performing.reports import ScheduledLink

PAGE = "/performed"
NAME = {"00100010": {"vr": "PN", "Value": [{"Alphabetic": "Stranger^Sam"}]}}


@pytest.fixture
def exam(session_factory: db.SessionFactory) -> ScheduledProcedureStep:
    """Richard Roe's CT at nine."""
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        return schedule(session, room, NOW, patient=make_patient(session, "Roe^Richard"))


@pytest.fixture
def tech(signed_in: SignIn) -> FlaskClient:
    """A technologist's browser."""
    return signed_in(UserRole.TECHNOLOGIST)


def begin(factory: db.SessionFactory, **fields: Any) -> int:
    """Have CT01 begin a step that names no exam of ours."""
    links = (ScheduledLink(study_instance_uid="2.25.99"),)
    with db.transaction(factory) as session:
        report = make_report(links=links, attributes=NAME, **fields)
        return performed.create(session, report, actor="station:CT01", now=NOW).id


def number_of(factory: db.SessionFactory, exam: ScheduledProcedureStep) -> str:
    with factory() as session:
        return session.get_one(ScheduledProcedureStep, exam.id).patient.identifiers[0].value


def actions(session: Session, performed_id: int) -> list[str]:
    events = select(AuditEvent).order_by(AuditEvent.id)
    return [
        one.action
        for one in session.scalars(events)
        if one.detail.get("performed_id") == performed_id and one.actor.startswith("user:")
    ]


def test_a_step_is_shown_with_what_it_may_be_of(
    tech: FlaskClient, session_factory: db.SessionFactory, exam: ScheduledProcedureStep
) -> None:
    begin(session_factory, patient_id=number_of(session_factory, exam))
    page = tech.get(PAGE).text
    assert "Stranger, Sam" in page
    assert "same patient, same modality, same station, within a day" in page
    assert "1 performed step is of no exam" in tech.get("/rooms").text


def test_a_suggestion_is_taken(
    tech: FlaskClient, session_factory: db.SessionFactory, exam: ScheduledProcedureStep
) -> None:
    step_id = begin(session_factory)
    answer = web.submit(tech, f"{PAGE}/{step_id}/link", PAGE, exam=exam.id, htmx=True)
    assert "performed" in answer.headers["HX-Trigger"]
    assert "No performed step waits" in tech.get(PAGE).text
    with session_factory() as session:
        assert session.get_one(ScheduledProcedureStep, exam.id).status is StepStatus.STARTED
        assert actions(session, step_id) == ["performed.linked"]


def test_another_exam_is_named_by_its_accession_number(
    tech: FlaskClient, session_factory: db.SessionFactory, exam: ScheduledProcedureStep
) -> None:
    address = f"{PAGE}/{begin(session_factory)}/link"
    with session_factory() as session:
        accession = session.get_one(ScheduledProcedureStep, exam.id).order.accession_number
    wrong = web.submit(tech, address, PAGE, accession="nowhere", htmx=True)
    assert wrong.status_code == 422
    assert "No one exam has the accession number" in wrong.text
    linked = web.submit(tech, address, PAGE, accession=accession.lower())
    assert linked.location == PAGE
    again = web.submit(tech, address, PAGE, accession=accession, htmx=True)
    assert again.status_code == 409


def test_what_was_done_is_ordered_for_the_patient_whose_number_is_typed(
    tech: FlaskClient, session_factory: db.SessionFactory, exam: ScheduledProcedureStep
) -> None:
    step_id = begin(session_factory)
    address = f"{PAGE}/{step_id}/order"
    wrong = web.submit(tech, address, PAGE, number="nobody", procedure="71250", htmx=True)
    assert wrong.status_code == 422
    assert "No one patient has the number" in wrong.text
    number = number_of(session_factory, exam)
    made = web.submit(tech, address, PAGE, number=number, procedure="71250")
    with session_factory() as session:
        step = session.get_one(PerformedProcedureStep, step_id)
        [ordered] = step.exams
        assert made.location == f"/exams/{ordered.id}"
        assert ordered.patient_id == exam.patient_id
        assert ordered.requested_procedure.study_instance_uid == "2.25.99"
        assert actions(session, step_id) == ["performed.linked"]


def test_a_step_is_rejected_with_a_reason(
    tech: FlaskClient, session_factory: db.SessionFactory, exam: ScheduledProcedureStep
) -> None:
    step_id = begin(session_factory)
    address = f"{PAGE}/{step_id}/reject"
    assert web.submit(tech, address, PAGE, reason=" ", htmx=True).status_code == 422
    web.submit(tech, address, PAGE, reason="Phantom")
    page = tech.get(PAGE).text
    assert "No performed step waits" in page
    assert "Phantom" in page
    linked = web.submit(tech, f"{PAGE}/{step_id}/link", PAGE, exam=exam.id, htmx=True)
    assert linked.status_code == 409
    with session_factory() as session:
        assert actions(session, step_id) == ["performed.rejected"]


@pytest.mark.usefixtures("exam")
def test_who_only_looks_cannot_act(signed_in: SignIn, session_factory: db.SessionFactory) -> None:
    desk = signed_in(UserRole.FRONT_DESK)
    address = f"{PAGE}/{begin(session_factory)}/reject"
    assert "Reject" not in desk.get(PAGE).text
    assert web.submit(desk, address, PAGE, reason="Phantom").status_code == 403
