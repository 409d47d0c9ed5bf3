"""A patient's page: facts, exams, merges."""

from datetime import date
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_room,
    make_scanner,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import ClinicalFact, Patient
from worklist.scheduling import merged_patients
from worklist.scheduling.placement import place


@pytest.fixture
def patient_id(session_factory: db.SessionFactory) -> int:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        return make_patient(session, "DOE^JANE", phone="0123").id


def add(client: FlaskClient, patient_id: int, **fields: Any) -> int:
    address = f"/patients/{patient_id}/facts"
    return web.submit(client, address, f"{address}?kind=weight", **fields).status_code


def test_a_fact_is_added_with_its_day_and_ended(
    signed_in: SignIn, session_factory: db.SessionFactory, patient_id: int
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    assert add(client, patient_id, kind="egfr", number="58", observed_on="2026-11-20") == 303
    page = client.get(f"/patients/{patient_id}").text
    assert "eGFR 58 mL/min/1.73 m²" in page
    assert "Fri 20 Nov 2026 · desk" in page
    with session_factory() as session:
        fact = session.scalar(select(ClinicalFact))
        assert fact
    address = f"/patients/{patient_id}/facts/{fact.id}/end"
    ended = web.submit(client, address, f"/patients/{patient_id}")
    assert ended.location == f"/patients/{patient_id}"
    page = client.get(f"/patients/{patient_id}").text
    assert "Nothing yet." in page
    assert "Former ones" in page
    assert "ended Tue 24 Nov 2026" in page


def test_a_fact_that_cannot_be_read_is_refused(signed_in: SignIn, patient_id: int) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    assert add(client, patient_id, kind="egfr", number="much") == 422
    assert add(client, patient_id, kind="egfr", number="60", observed_on="2026-12-24") == 422


def test_exams_are_listed_newest_first_with_the_dose_of_what_was_done(
    signed_in: SignIn, session_factory: db.SessionFactory, patient_id: int
) -> None:
    with db.transaction(session_factory) as session:
        patient = session.get_one(Patient, patient_id)
        done = make_exam(session, patient=patient)
        done.status, done.started_at = StepStatus.COMPLETED, NOW
        waiting = make_exam(session, patient=patient)
        waiting.status = StepStatus.UNSCHEDULED
    client = signed_in(UserRole.RADIOLOGIST)
    page = client.get(f"/patients/{patient_id}").text
    assert page.index(f"/exams/{waiting.id}") < page.index(f"/exams/{done.id}")
    assert "five years: 6.0 mSv. It is estimated by the catalogue" in page
    with db.transaction(session_factory) as session:
        session.get_one(ScheduledProcedureStep, done.id).measured_dose_msv = 2.5
    page = client.get(f"/patients/{patient_id}").text
    assert "five years: 2.5 mSv. 2.5 mSv of it was measured" in page


def test_a_merge_is_shown_on_both_records_and_undone(
    signed_in: SignIn, session_factory: db.SessionFactory, patient_id: int
) -> None:
    with db.transaction(session_factory) as session:
        other = make_patient(session, "DOE^J")
        exam_id, other_id = make_exam(session, patient=other).id, other.id
        merge_id = merged_patients.merge(
            session, survivor_id=patient_id, merged_id=other_id, actor=ACTOR, now=NOW
        ).id
    client = signed_in(UserRole.FRONT_DESK)
    assert f"/exams/{exam_id}" in client.get(f"/patients/{patient_id}").text
    gone = client.get(f"/patients/{other_id}").text
    assert "was merged into" in gone
    assert "New order" not in gone
    address = f"/patients/{patient_id}/merges/{merge_id}/undo"
    assert web.submit(client, address, f"/patients/{patient_id}").status_code == 303
    with session_factory() as session:
        back = session.get_one(ScheduledProcedureStep, exam_id)
        assert back.patient_id == other_id
    assert "undone" in client.get(f"/patients/{patient_id}").text


def test_the_desk_finds_the_other_record_of_a_person_and_merges_it(
    signed_in: SignIn, session_factory: db.SessionFactory, patient_id: int
) -> None:
    with db.transaction(session_factory) as session:
        other_id = make_patient(session, "DOE^JANET").id
        make_patient(session, "POE^EDGAR", birth_date=date(1950, 1, 1))
    client = signed_in(UserRole.FRONT_DESK)
    page = f"/patients/{patient_id}/merge"
    told = client.get(page).text
    assert f"/patients/{other_id}" in told
    assert "POE" not in told
    found = web.submit(client, f"{page}/find", page, q="poe")
    assert "POE, EDGAR" in found.text
    assert web.submit(client, page, page, other=patient_id).status_code == 422
    merged = web.submit(client, page, page, other=other_id)
    assert merged.location == f"/patients/{patient_id}"
    with session_factory() as session:
        assert session.get_one(Patient, other_id).merged_into_id == patient_id
    assert client.get(f"/patients/{other_id}/merge").status_code == 409


def test_contact_and_language_are_kept_up_to_date(
    signed_in: SignIn, session_factory: db.SessionFactory, patient_id: int
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    address = f"/patients/{patient_id}/contact"

    def change(email: str, language: str) -> Any:
        told = {"phone": "0664 1", "email": email, "language": language}
        token = web.token_of(client.get(address).text)
        return client.post(address, data={"csrf_token": token, **told})

    assert change("jane@example.org", "tr").location == f"/patients/{patient_id}"
    assert "Turkish" in client.get(f"/patients/{patient_id}").text
    assert change("jane", "tr").status_code == 422
    assert "is not a known language" in change("jane@example.org", "xx").text
    with session_factory() as session:
        patient = session.get_one(Patient, patient_id)
        assert (patient.phone, patient.email, patient.language) == (
            "0664 1", "jane@example.org", "tr",
        )  # fmt: skip


def test_who_may_not_write_sees_no_buttons(signed_in: SignIn, patient_id: int) -> None:
    client = signed_in(UserRole.RADIOLOGIST)
    page = client.get(f"/patients/{patient_id}").text
    assert "New order" not in page
    assert "<button>Add</button>" not in page
    assert add(client, patient_id, kind="weight", number="70") == 403


def test_a_patient_who_is_not_there_is_told(signed_in: SignIn, patient_id: int) -> None:
    answer = signed_in(UserRole.FRONT_DESK).get(f"/patients/{patient_id + 100}")
    assert answer.status_code == 404
    assert "There is no patient" in answer.text


def test_the_site_that_a_patient_prefers_is_noted_and_weighs(
    signed_in: SignIn, session_factory: db.SessionFactory, patient_id: int
) -> None:
    """The other site's room is free as well; without the preference the first by name is taken."""
    client = signed_in(UserRole.FRONT_DESK)
    assert "Prefers the site" not in client.get(f"/patients/{patient_id}").text
    with db.transaction(session_factory) as session:
        west = make_site(session, "WEST")
        make_room(session, west, "CT02")
        west_id = west.id
    address = f"/patients/{patient_id}/site"
    web.submit(client, address, f"/patients/{patient_id}", site_id=west_id)
    page = client.get(f"/patients/{patient_id}").text
    assert f'<option value="{west_id}" selected>' in page
    assert "The site that the patient prefers was noted." in page
    with db.transaction(session_factory) as session:
        exam = make_exam(session, patient=session.get_one(Patient, patient_id))
        place(session, exam.id, actor=ACTOR, now=NOW)
        assert exam.room is not None
        assert exam.room.code == "CT02"
    web.submit(client, address, f"/patients/{patient_id}", site_id="")
    with session_factory() as session:
        assert session.get_one(Patient, patient_id).preferred_site_id is None
    assert web.submit(client, address, f"/patients/{patient_id}", site_id=9999).status_code == 404
