"""An exam's page: what it tells, what may be done, its questions and its slots."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_contrast_ct,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders import service as orders
from worklist.orders import trail
from worklist.orders.models import ExamHold, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients.models import ClinicalFact
from worklist.performing import hand_doses, pauses
from worklist.performing import service as performing
from worklist.performing.reports import Dose
from worklist.rulebook import service as rulebook
from worklist.scheduling import placement
from worklist.scheduling import service as scheduling


@pytest.fixture
def exam_id(session_factory: db.SessionFactory) -> int:
    """An exam that a worker has placed; there is another room."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        make_room(session, site, "CT01")
        make_room(session, site, "CT02", capabilities=())
        make_procedure(session)
        exam = make_exam(session)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        return exam.id


@pytest.fixture
def held_exam_id(session_factory: db.SessionFactory) -> int:
    """An exam with iodinated contrast of a man of 70 whose kidneys nobody knows (IC-01)."""
    with db.transaction(session_factory) as session:
        make_room(session, make_site(session), "CT01")
        make_contrast_ct(session)
        patient = make_patient(session, birth_date=datetime(1956, 1, 2, tzinfo=UTC).date())
        exam = make_exam(session, patient=patient)
        placement.place(session, exam.id, actor=ACTOR, now=NOW)
        assert exam.status is StepStatus.HELD
        return exam.id


AtPage = Callable[..., tuple[FlaskClient, str, Callable[[], StepStatus]]]


@pytest.fixture
def at_page(signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int) -> AtPage:
    """Sign in at the exam's page; gives the browser, the address and a look at the status."""

    def open_page(role: UserRole) -> tuple[FlaskClient, str, Callable[[], StepStatus]]:
        client = signed_in(role)
        return client, f"/exams/{exam_id}", lambda: status_of(session_factory, exam_id)

    return open_page


def status_of(sessions: db.SessionFactory, exam_id: int) -> StepStatus:
    with db.transaction(sessions) as session:
        return session.get_one(ScheduledProcedureStep, exam_id).status


def test_the_page_tells_patient_room_reason_and_story(signed_in: SignIn, exam_id: int) -> None:
    text = signed_in(UserRole.FRONT_DESK).get(f"/exams/{exam_id}").text
    assert "ROE, RICHARD" in text
    assert "CT01" in text
    assert "Why this room and this time" in text
    assert "Ordered: 71250, priority URGENT." in text


@pytest.mark.parametrize(
    ("moved_to", "told"),
    [
        ((1, 30), "Its end is 10:30 now instead of 10:15."),
        ((2, 15), "Moved to another room, still at 10:00."),
    ],
)
def test_a_move_that_keeps_the_beginning_tells_what_is_other(
    signed_in: SignIn,
    session_factory: db.SessionFactory,
    exam_id: int,
    moved_to: tuple[int, int],
    told: str,
) -> None:
    begins = datetime(2026, 11, 24, 10, tzinfo=UTC)

    def slot(room_id: int, minutes: int) -> dict[str, Any]:
        ends = begins + timedelta(minutes=minutes)
        times = {"starts_at": begins.isoformat(), "ends_at": ends.isoformat()}
        return {"room_id": room_id, "station_id": None, **times}

    with db.transaction(session_factory) as session:
        trail.record(
            session,
            orders.get_exam(session, exam_id),
            "exam.moved",
            actor=ACTOR,
            now=NOW,
            previous_slot=slot(1, 15),
            slot=slot(*moved_to),
        )
    assert told in signed_in(UserRole.FRONT_DESK).get(f"/exams/{exam_id}").text


def test_a_dose_that_was_written_down_is_on_the_page_with_its_writer(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, exam_id)
        hand_doses.enter(session, exam, Dose(dlp_mgy_cm=312.5), actor="user:terry", now=NOW)
    page = signed_in(UserRole.TECHNOLOGIST).get(f"/exams/{exam_id}").text
    (told,) = re.findall(r"<p>(DLP 312.5 mGy·cm .*)</p>", page)
    assert "terry" in told
    assert "What the scanner reported" not in page


@pytest.mark.usefixtures("exam_id")
def test_an_exam_that_does_not_exist_is_told(signed_in: SignIn) -> None:
    answer = signed_in(UserRole.FRONT_DESK).get("/exams/999")
    assert answer.status_code == 404
    assert "There is no exam 999." in answer.text


@pytest.mark.parametrize(
    ("action", "reason", "wanted"),
    [
        ("check-in", "", StepStatus.ARRIVED),
        ("make-ready", "", StepStatus.READY),
        ("no-show", "not reached", StepStatus.NO_SHOW),
        ("cancel", "recovered", StepStatus.CANCELED),
        ("unschedule", "asked for another day", StepStatus.UNSCHEDULED),
    ],
)
def test_a_button_moves_the_exam(
    at_page: AtPage, action: str, reason: str, wanted: StepStatus
) -> None:
    client, page, status = at_page(UserRole.FRONT_DESK)
    answer = web.submit(client, f"{page}/{action}", page, reason=reason)
    assert (answer.status_code, answer.location) == (303, page)
    assert status() is wanted


def test_an_exam_is_started_and_completed_or_discontinued_for_a_reason(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    client, page = signed_in(UserRole.TECHNOLOGIST), f"/exams/{exam_id}"
    web.submit(client, f"{page}/start", page)
    refused = web.submit(client, f"{page}/discontinue", page, reason=" ")
    assert refused.status_code == 422
    assert "Say why" in refused.text
    web.submit(client, f"{page}/discontinue", page, reason="the patient moved")
    assert status_of(session_factory, exam_id) is StepStatus.DISCONTINUED
    assert "the patient moved" in client.get(page).text


def test_who_may_not_is_refused(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    client, page = signed_in(UserRole.RADIOLOGIST), f"/exams/{exam_id}"
    assert web.submit(client, f"{page}/start", page).status_code == 403
    assert web.submit(client, f"{page}/cancel", page, reason="x").status_code == 403
    assert client.get(f"{page}/slots").status_code == 403
    assert status_of(session_factory, exam_id) is StepStatus.SCHEDULED


def test_a_page_that_is_out_of_date_changes_nothing(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{exam_id}"
    with db.transaction(session_factory) as session:
        version = session.get_one(ScheduledProcedureStep, exam_id).version
    web.submit(client, f"{page}/check-in", page, version=version)
    answer = web.submit(client, f"{page}/cancel", page, version=version, reason="x")
    assert answer.status_code == 409
    assert "it is ARRIVED now" in answer.text
    assert status_of(session_factory, exam_id) is StepStatus.ARRIVED


def test_a_part_of_a_page_gets_a_notice_and_no_page(signed_in: SignIn, exam_id: int) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{exam_id}"
    done = web.submit(client, f"{page}/check-in", page, htmx=True)
    assert done.status_code == 204
    assert '"text": "Checked in."' in done.headers["HX-Trigger"]
    refused = web.submit(client, f"{page}/cancel", page, htmx=True, reason="")
    assert refused.headers["HX-Retarget"] == "#answer"
    assert "<html" not in refused.text


def test_an_answered_question_is_a_fact_with_its_day(
    signed_in: SignIn, session_factory: db.SessionFactory, held_exam_id: int
) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{held_exam_id}"
    text = client.get(page).text
    assert "What is the newest eGFR" in text
    found = re.search(r"/questions/(\d+)/answer", text)
    assert found
    address = f"{page}/questions/{found[1]}/answer"
    wrong = web.submit(client, address, page, kind="egfr", number="lots")
    assert wrong.status_code == 422
    assert "is not a number: write it as 58 or 1.2." in wrong.text
    web.submit(client, address, page, kind="egfr", number="71,5", observed_on="2026-11-20")
    with db.transaction(session_factory) as session:
        fact = session.query(ClinicalFact).one()
        assert fact.value == {"number": 71.5}
        assert fact.observed_at == datetime(2026, 11, 20, 12, tzinfo=UTC)
        assert fact.recorded_by == "user:dana"
        placement.place(session, held_exam_id, actor=ACTOR, now=NOW)
    assert status_of(session_factory, held_exam_id) is StepStatus.SCHEDULED
    text = client.get(page).text
    assert "eGFR 71.5 mL/min/1.73 m²" in text
    assert "What was known of the patient (1)" in text
    assert "of 20 Nov 2026 · desk · dana" in text


def test_a_question_is_overridden_for_a_reason_by_whom_it_asks(
    signed_in: SignIn, session_factory: db.SessionFactory, held_exam_id: int
) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{held_exam_id}"
    with db.transaction(session_factory) as session:
        hold_id = session.query(ExamHold).one().id
    address = f"{page}/questions/{hold_id}/override"
    assert web.submit(client, address, page, reason="").status_code == 422
    web.submit(client, address, page, reason="seen on paper")
    assert "was overridden, as front desk. seen on paper" in client.get(page).text
    with db.transaction(session_factory) as session:
        assert session.query(ExamHold).one().resolution == "overridden"


def test_a_question_is_not_for_everybody(
    signed_in: SignIn, session_factory: db.SessionFactory, held_exam_id: int
) -> None:
    client, page = signed_in(UserRole.TECHNOLOGIST), f"/exams/{held_exam_id}"
    with db.transaction(session_factory) as session:
        hold_id = session.query(ExamHold).one().id
    answer = web.submit(client, f"{page}/questions/{hold_id}/answer", page, number="70")
    assert answer.status_code == 403


def test_a_slot_is_chosen_from_free_ones(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{exam_id}"
    listed = client.get(f"{page}/slots?day=2026-11-26").text
    found = re.search(
        r'name="room_id" value="(\d+)"><input type="hidden" name="starts_at" '
        r'value="(2026-11-26T[^"]+)"',
        listed,
    )
    assert found
    web.submit(client, f"{page}/slots", page, room_id=found[1], starts_at=found[2])
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_id)
        assert exam.starts_at == datetime.fromisoformat(found[2])
        assert exam.starts_at == datetime(2026, 11, 26, tzinfo=UTC)


def test_a_slot_taken_meanwhile_gives_fresh_ones_and_keeps_what_was_typed(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    wanted = NOW + timedelta(hours=5)
    with db.transaction(session_factory) as session:
        other = make_exam(session)
        room_id = session.get_one(ScheduledProcedureStep, exam_id).room_id
        exam = orders.get_exam(session, other.id)

        assert room_id
        scheduling.book(session, exam, room_id=room_id, starts_at=wanted, actor=ACTOR, now=NOW)
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{exam_id}"
    answer = web.submit(
        client, f"{page}/slots", page, room_id=room_id, starts_at="2026-11-24T14:00"
    )
    assert answer.status_code == 409
    assert "is not free then" in answer.text
    assert 'value="2026-11-24T14:00"' in answer.text
    assert "2026-11-24T14:15:00+00:00" in answer.text


def test_a_time_that_cannot_be_read_is_named(signed_in: SignIn, exam_id: int) -> None:
    client, page = signed_in(UserRole.FRONT_DESK), f"/exams/{exam_id}"
    answer = web.submit(client, f"{page}/slots", page, room_id=1, starts_at="noon")
    assert answer.status_code == 422
    assert "&#39;noon&#39; is not a time" in answer.text


def test_what_nobody_may_override_offers_no_way_to(
    signed_in: SignIn, session_factory: db.SessionFactory, held_exam_id: int
) -> None:
    page = f"/exams/{held_exam_id}"
    client = signed_in(UserRole.FRONT_DESK)
    assert "Approve without an answer" in client.get(page).text
    with db.transaction(session_factory) as session:
        change = {"never_overridden": ["IC-01"]}
        rulebook.change(session, change, reason="Audit", actor=ACTOR, now=NOW)
    assert "Approve without an answer" not in client.get(page).text


def test_one_thing_stands_out_as_what_comes_next(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_id: int
) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    page = client.get(f"/exams/{exam_id}").text
    assert main_buttons(page) == ["Check in"]
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, exam_id)
        performing.start(session, exam, actor=ACTOR, now=NOW)
        exam.order.transport = "WHLC"  # HL7 table 0124
    page = client.get(f"/exams/{exam_id}").text
    assert main_buttons(page) == ["Complete"]
    assert "wheelchair" in page
    with db.transaction(session_factory) as session:
        exam = orders.get_exam(session, exam_id)
        pauses.pause(session, exam, reason="Injector is being filled", actor=ACTOR, now=NOW)
    page = client.get(f"/exams/{exam_id}").text
    assert main_buttons(page) == ["Resume"]


def main_buttons(page: str) -> list[str]:
    return re.findall(r'<button class="main" data-key[^>]*>([^<]+)<', page)
