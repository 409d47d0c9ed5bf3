"""Lists of the desks as files: all pages of them, as they are filtered and sorted."""

import csv
import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support import web
from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from tests.support.performed import make_report
from tests.support.reading import make_reader, make_task
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Room
from worklist.performing import performed, unscheduled
from worklist.performing import service as performing
from worklist.performing.reports import ScheduledLink
from worklist.reading.critical import service as critical
from worklist.scheduling import service as scheduling
from worklist.scheduling.replanning.models import ProposalStatus, ReplanMove, ReplanProposal
from worklist.scheduling.waiting import service as waiting
from worklist.vocabulary import Category, Priority
from worklist.web import spreadsheet

LATER = NOW + timedelta(hours=3)


@pytest.fixture
def room(session_factory: db.SessionFactory) -> Room:
    """A CT and its procedure."""
    with db.transaction(session_factory) as session:
        return make_scanner(session)


@pytest.fixture
def admin(signed_in: SignIn) -> FlaskClient:
    """An administrator."""
    return signed_in(UserRole.ADMINISTRATOR)


def lines(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.content_type == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.mark.usefixtures("room")
def test_the_inbox_is_written_whole_as_its_tab_is_filtered_and_sorted(
    signed_in: SignIn, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    with db.transaction(session_factory) as session:
        for name in ("Adams^A", "Baker^B", "Clark^C"):
            make_exam(session, patient=make_patient(session, name), reason="cough")
        make_exam(session, priority=Priority.STAT)
    desk = signed_in(UserRole.FRONT_DESK)
    rows = lines(desk.get("/orders/list.csv?priority=URGENT&sort=-patient"))
    assert [one["Patient"] for one in rows] == ["Clark, C", "Baker, B", "Adams, A"]
    assert {one["Why"] for one in rows} == {"cough"}
    assert {one["Status"] for one in rows} == {"No slot yet"}
    assert lines(desk.get("/orders/list.csv?tab=held")) == []
    page = desk.get("/orders?priority=URGENT").text
    assert 'href="/orders/list.csv?priority=URGENT"' in page


@pytest.mark.usefixtures("room")
def test_what_a_search_finds_is_written_whole_and_names_nobody_in_its_address(
    signed_in: SignIn, session_factory: db.SessionFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 2)
    with db.transaction(session_factory) as session:
        patients = [make_patient(session, f"Roe^{given}", phone="5551234") for given in "ABC"]
        exam = make_exam(session, patient=patients[0])
        accession = exam.order.accession_number
    desk = signed_in(UserRole.FRONT_DESK)
    found = web.submit(desk, "/search/patients.csv", "/search", q="roe", sort="-name")
    rows = lines(found)
    assert [one["Name"] for one in rows] == ["Roe, C", "Roe, B", "Roe, A"]
    assert {one["Phone"] for one in rows} == {"5551234"}
    assert found.headers["Content-Disposition"] == 'attachment; filename="patients.csv"'
    (one,) = lines(web.submit(desk, "/search/exams.csv", "/search", q=accession))
    assert (one["Accession"], one["Patient"]) == (accession, "Roe, A")
    page = web.submit(desk, "/search", "/search", q="roe").text
    assert 'action="/search/patients.csv"' in page


def test_who_waits_and_what_is_offered(
    signed_in: SignIn, session_factory: db.SessionFactory, room: Room
) -> None:
    with db.transaction(session_factory) as session:
        exam = make_exam(session, patient=make_patient(session, "Adams^A", phone="555"))
        scheduling.book(session, exam, room_id=room.id, starts_at=LATER, actor=ACTOR, now=NOW)
        waiting.enrol(session, exam, note="Sooner.", actor=ACTOR, now=NOW)
    desk = signed_in(UserRole.FRONT_DESK)
    (one,) = lines(desk.get("/waiting/list.csv"))
    assert (one["Patient"], one["Phone"], one["Why"]) == ("Adams, A", "555", "Sooner.")
    assert one["Has"] == LATER.isoformat()
    assert lines(desk.get("/waiting/list.csv?modality=MR")) == []
    assert lines(desk.get("/waiting/offers.csv")) == []


def test_plans_and_whom_each_would_move(
    signed_in: SignIn, session_factory: db.SessionFactory, room: Room
) -> None:
    with db.transaction(session_factory) as session:
        exam = make_exam(session, patient=make_patient(session, "Adams^A", phone="555"))
        plan = ReplanProposal(
            made_at=NOW, made_by=ACTOR, reason="CT 1 is broken.", starts_at=NOW, ends_at=LATER,
            considered=1, cost_before=2.0, cost_after=1.0, status=ProposalStatus.OPEN,
            moves=[
                ReplanMove(
                    exam_id=exam.id, exam_version=1, room_before_id=room.id, starts_before=NOW,
                    room_after_id=room.id, starts_after=LATER, must_call=True,
                )
            ],
        )  # fmt: skip
        session.add(plan)
        session.flush()
        number = plan.id
    desk = signed_in(UserRole.FRONT_DESK)
    (one,) = lines(desk.get("/replan/list.csv?status=open"))
    assert (one["Reason"], one["To call"]) == ("CT 1 is broken.", "1")
    text = desk.get(f"/replan/{number}/moves.csv").data.decode("utf-8-sig")
    assert text.splitlines()[1] == (
        '"Adams, A",555,CT,Procedure 71250,URGENT,2026-11-24T09:00:00+00:00,CT01,'
        "2026-11-24T12:00:00+00:00,CT01,yes"
    )
    assert lines(desk.get("/replan/list.csv?status=applied")) == []


@pytest.mark.usefixtures("room")
def test_the_reading_queue_and_critical_findings(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        reader = make_reader(session)
        task = make_task(session, patient=make_patient(session, "Adams^A"))
        make_task(session, Priority.STAT, patient=make_patient(session, "Baker^B"))
        findings = [
            critical.raise_finding(
                session, task.requested_procedure_id, reader, category=Category.MINUTES,
                content=text, recipient="Ward 3", now=NOW,
            )
            for text in ("Bleeding.", "Fracture.")
        ]  # fmt: skip
        critical.withdraw(session, findings[1].id, reader, reason="Old one.", now=NOW)
    client = signed_in(UserRole.RADIOLOGIST)
    rows = lines(client.get("/reading/list.csv"))
    assert [one["Patient"] for one in rows] == ["Baker, B", "Adams, A"]
    rows = lines(client.get("/reading/list.csv?priority=URGENT"))
    assert [one["Patient"] for one in rows] == ["Adams, A"]
    (one,) = lines(client.get("/reading/critical/open.csv"))
    assert (one["Finding"], one["To be told"], one["Raised by"]) == (
        "Bleeding.", "Ward 3", "Robin",
    )  # fmt: skip
    (one,) = lines(client.get("/reading/critical/closed.csv"))
    assert (one["Finding"], one["Why"]) == ("Fracture.", "Old one.")


def test_who_is_awaited_and_who_is_here(
    signed_in: SignIn, session_factory: db.SessionFactory, room: Room
) -> None:
    with db.transaction(session_factory) as session:
        for hours, name in enumerate(("Adams^A", "Baker^B", "Clark^C"), 1):
            exam = make_exam(session, patient=make_patient(session, name, phone="555"))
            start = NOW + timedelta(hours=hours)
            scheduling.book(session, exam, room_id=room.id, starts_at=start, actor=ACTOR, now=NOW)
        performing.check_in(session, exam, actor=ACTOR, now=NOW)
    desk = signed_in(UserRole.FRONT_DESK)
    rows = lines(desk.get("/arrivals/awaited.csv?sort=-patient"))
    assert [one["Patient"] for one in rows] == ["Baker, B", "Adams, A"]
    assert (rows[0]["Time"], rows[0]["Phone"], rows[0]["Room"]) == (
        (NOW + timedelta(hours=2)).isoformat(), "555", "CT01",
    )  # fmt: skip
    (one,) = lines(desk.get("/arrivals/here.csv"))
    assert (one["Patient"], one["Arrived"]) == ("Clark, C", NOW.isoformat())
    assert lines(desk.get("/arrivals/awaited.csv?modality=MR")) == []
    assert 'href="/arrivals/here.csv?modality=CT"' in desk.get("/arrivals?modality=CT").text


@pytest.mark.usefixtures("room")
def test_performed_steps_that_wait_and_that_were_rejected(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        for number in ("PPS1", "PPS2"):
            links = (ScheduledLink(study_instance_uid="2.25.99"),)
            report = make_report(performed_procedure_step_id=number, links=links)
            step = performed.create(session, report, actor="station:CT01", now=NOW)
        unscheduled.reject(session, step, reason="Phantom", actor="user:tess", now=NOW)
    client = signed_in(UserRole.TECHNOLOGIST)
    (one,) = lines(client.get("/performed/list.csv"))
    assert (one["Scanner"], one["Began"], one["Status"]) == (
        "CT01", NOW.isoformat(), "in progress",
    )  # fmt: skip
    (one,) = lines(client.get("/performed/rejected.csv"))
    assert (one["Why"], one["By"], one["When"]) == ("Phantom", "tess", NOW.isoformat())
    assert lines(client.get("/performed/list.csv?modality=MR")) == []


def test_every_rule_is_written_with_its_thresholds_and_sources(admin: FlaskClient) -> None:
    rows = {one["Rule"]: one for one in lines(admin.get("/rules/list.csv"))}
    assert rows["IC-02"]["Area"] == "Iodinated contrast"
    assert "egfr_low" in rows["IC-02"]["Thresholds"]
    assert all(one["What it does"] and one["Source"] for one in rows.values())


def test_files_of_desks_are_for_those_who_see_the_page(signed_in: SignIn) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    for address in (
        "/waiting/list.csv",
        "/waiting/offers.csv",
        "/replan/list.csv",
        "/replan/1/moves.csv",
        "/reading/list.csv",
        "/reading/critical/open.csv",
        "/reading/critical/closed.csv",
    ):
        assert client.get(address).status_code == 403, address
