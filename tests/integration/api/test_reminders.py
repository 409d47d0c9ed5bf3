"""Reminders by telephone for programs: the list of a day, and who was told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.support.api import Program
from tests.support.department import ACTOR, NOW, make_exam, make_patient
from worklist import db
from worklist.catalogue.models import Room
from worklist.scheduling import service as scheduling
from worklist.vocabulary import PatientClass


@pytest.fixture
def exam_id(department: None, session_factory: db.SessionFactory) -> int:  # noqa: ARG001 - is made
    """A CT tomorrow of an outpatient without an address."""
    with db.transaction(session_factory) as session:
        patient = make_patient(session, phone="+43 1 555")
        exam = make_exam(session, patient=patient, patient_class=PatientClass.OUTPATIENT)
        room = session.scalars(select(Room)).one()
        starts_at = NOW + timedelta(days=1)
        scheduling.book(session, exam, room_id=room.id, starts_at=starts_at, actor=ACTOR, now=NOW)
        return exam.id


def test_a_program_reads_whom_to_call_and_notes_who_was_told(desk: Program, exam_id: int) -> None:
    told = desk.get("/reminders")
    assert (told["day"], told["next"]) == ("2026-11-25", None)
    [one] = told["items"]
    assert (one["exam"]["id"], one["phone"]) == (exam_id, "+43 1 555")
    assert one["why"] == "no e-mail address"
    assert desk.get("/reminders?day=2026-11-26")["items"] == []
    desk.post(f"/exams/{exam_id}/reminded")
    assert desk.get("/reminders")["items"] == []
    assert "already" in desk.post(f"/exams/{exam_id}/reminded", status=409)["detail"]


def test_a_program_notes_that_a_patient_wants_none(desk: Program, exam_id: int) -> None:
    patient_id = desk.get(f"/exams/{exam_id}")["patient"]["id"]
    told = desk.patch(f"/patients/{patient_id}", {"declines_reminders": True})
    assert told["declines_reminders"] is True
    assert desk.get("/reminders")["items"] == []
