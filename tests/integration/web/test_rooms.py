"""The technologists' pages, asked without a browser."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from pydicom import Dataset
from sqlalchemy.dialects.postgresql import Range
from sqlalchemy.orm import Session

from tests.support import web
from tests.support.department import (
    NOW,
    make_contrast_ct,
    make_patient,
    make_room,
    make_site,
)
from tests.support.dicom import schedule
from tests.support.performed import make_report
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import Closure, Room
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin
from worklist.performing import performed
from worklist.performing.reports import ScheduledLink


def at(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def make_ct(session: Session, time_zone: str = "UTC") -> Room:
    make_contrast_ct(session, preparation="Drink half a litre of water.")
    return make_room(session, make_site(session, time_zone=time_zone), "CT01")


@pytest.fixture
def tech(signed_in: SignIn) -> FlaskClient:
    return signed_in(UserRole.TECHNOLOGIST)


def lane(page: str, name: str) -> list[int]:
    """Return the exams under a heading of the room's page."""
    part = re.search(rf'aria-labelledby="lane-{name}">(.*?)</section>', page, re.DOTALL)
    return [int(one) for one in re.findall(r'id="exam-(\d+)"', part[1])] if part else []


def test_a_rooms_day_is_now_next_later_and_done(
    tech: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        room = make_ct(session)
        done = schedule(session, room, at(-60), status=StepStatus.COMPLETED)
        now = schedule(session, room, at(-40), status=StepStatus.STARTED)
        now.started_at = at(-40)
        here = schedule(session, room, at(-15), status=StepStatus.ARRIVED)
        here.arrived_at = at(-20)
        later = schedule(session, room, at(20))
        schedule(session, room, at(60 * 24))
    page = tech.get("/rooms/CT01").text
    shown = [lane(page, name) for name in ("Now", "Next", "Later", "Done")]
    assert shown == [[now.id], [here.id], [later.id], [done.id]]
    assert "25 min longer than planned" in page
    assert "15 min after the time" in page
    state = re.search(r'class="room-state">(.*?)</p>', page, re.DOTALL)
    assert state is not None
    told = " ".join(state[1].split())
    assert told == '<span class="late">25 min late</span> · 1 waiting · 1 to come · 1 done'


def test_a_technologist_sees_what_must_be_known_of_the_next_patient(
    tech: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        exam = schedule(session, make_ct(session), at(10), reason="Cough & fever")
        fact = FactDetails(
            kind=FactKind.EGFR, value={"number": 41}, observed_at=NOW, origin=FactOrigin.LABORATORY
        )
        facts.record(session, exam.patient_id, [fact], actor="system:test", now=NOW)
        session.add(
            ExamHold(
                exam_id=exam.id, rule="IC-01", role="technologist", question="Is the line in?",
                finding={}, raised_at=NOW,
            )
        )  # fmt: skip
        link = ScheduledLink(
            study_instance_uid=exam.requested_procedure.study_instance_uid,
            scheduled_procedure_step_id=exam.scheduled_procedure_step_id,
        )
        series = Dataset()
        series.SeriesDescription = "Thorax native"
        step = Dataset()
        step.PerformedSeriesSequence = [series]
        performed.create(
            session,
            make_report(links=(link,), attributes=step.to_json_dict()),
            actor="station:CT01",
            now=NOW,
        )
    page = tech.get("/rooms/CT01").text
    for told in (
        "iodinated, intravenous",
        "Drink half a litre of water.",
        "Cough &amp; fever",
        "eGFR 41 mL/min/1.73 m²",
        "Begun while this is open: Is the line in?",
        "CT01: in progress since 09:00, 1 series: Thorax native",
    ):
        assert told in page


def test_a_technologist_takes_a_patient_through_the_room(
    tech: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        exam_id = schedule(session, make_ct(session), at(10)).id
    for action, status in (
        ("check-in", StepStatus.ARRIVED),
        ("make-ready", StepStatus.READY),
        ("start", StepStatus.STARTED),
        ("discontinue", StepStatus.DISCONTINUED),
    ):
        page = tech.get("/rooms/CT01").text
        version = re.search(r'name="version" value="(\d+)"', page)
        assert version is not None
        assert f"/exams/{exam_id}/{action}" in page
        answer = web.submit(
            tech, f"/exams/{exam_id}/{action}", "/rooms/CT01", version=version[1], reason="Pain"
        )
        assert answer.location == "/rooms/CT01"
        with db.transaction(session_factory) as session:
            assert session.get_one(ScheduledProcedureStep, exam_id).status is status


def test_another_day_is_the_rooms_own_day(
    tech: FlaskClient, session_factory: db.SessionFactory
) -> None:
    # 23:30 UTC on the 24th is half past midnight of the 25th in Vienna.
    with db.transaction(session_factory) as session:
        room = make_ct(session, time_zone="Europe/Vienna")
        exam = schedule(session, room, datetime(2026, 11, 24, 23, 30, tzinfo=UTC))
    assert lane(tech.get("/rooms/CT01").text, "Next") == []
    page = tech.get("/rooms/CT01?day=2026-11-25").text
    assert lane(page, "Next") == [exam.id]
    assert re.search(r"00:30.00:45", page)


def test_every_room_is_a_tile(tech: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        room = make_ct(session)
        now = schedule(session, room, at(-20), patient=make_patient(session, "NOWAK^NINA"))
        now.status, now.started_at = StepStatus.STARTED, at(-20)
        here = schedule(session, room, at(5), patient=make_patient(session, "HERE^HUGO"))
        here.status, here.arrived_at = StepStatus.READY, at(-5)
        closed = make_room(session, room.resource.site, "CT02")
        during = Range(at(-60), at(60))
        session.add(Closure(resource_id=closed.id, during=during, reason="service"))
    page = tech.get("/rooms").text
    busy, other = re.findall(r'id="room-CT0\d">(.*?)</article>', page, re.DOTALL)
    assert "NOWAK, NINA" in busy
    assert "HERE, HUGO" in busy
    assert "1 waiting · 0 to come · 0 done" in busy
    assert "5 min late" in busy
    assert "closed: service" in other


def test_tiles_take_few_queries_however_many_exams(
    tech: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        room = make_ct(session)
        for number in range(12):
            schedule(session, room, at(20 * number))
    with web.statements(tech) as statements:
        tech.get("/rooms")
        tech.get("/rooms/CT01")
    assert len([one for one in statements if one.startswith("SELECT")]) <= 33


def test_the_wall_names_nobody(tech: FlaskClient, session_factory: db.SessionFactory) -> None:
    with db.transaction(session_factory) as session:
        room = make_ct(session)
        exam = schedule(session, room, at(-40), patient=make_patient(session, "NOWAK^NINA"))
        exam.status, exam.started_at = StepStatus.STARTED, at(-40)
        following = schedule(session, room, at(5), patient=make_patient(session, "HERE^HUGO"))
        names = [exam.order.accession_number, following.order.accession_number, "NOWAK", "HERE"]
        names += [one.patient.identifiers[0].value for one in (exam, following)]
    page = tech.get("/rooms/wall").text
    assert "Occupied" in page
    assert "the 09:05 appointment" in page
    assert "About 25 min late" in page
    assert not [name for name in names if name in page]


def test_a_room_that_does_not_exist_is_told(
    tech: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_ct(session)
    answer = tech.get("/rooms/XX99")
    assert answer.status_code == 404
    assert "There is no room" in answer.text
