"""A room's week: closing it, keeping its time, changing its hours."""

from datetime import date, time, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_procedure,
    make_resource,
    make_room,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.catalogue.models import (
    Block,
    Closure,
    OpeningHours,
    PublicHoliday,
    Resource,
    ResourceKind,
)
from worklist.scheduling import service as scheduling
from worklist.vocabulary import PatientClass

PAGE = "/hours/CT01"


@pytest.fixture
def room_id(session_factory: db.SessionFactory) -> int:
    """A room that is open from eight to five in Vienna, an hour before UTC in winter."""
    with db.transaction(session_factory) as session:
        site = make_site(session, time_zone="Europe/Vienna")
        make_procedure(session)
        return make_room(session, site, "CT01", opens=time(8), closes=time(17)).id


def post(client: FlaskClient, address: str, **fields: Any) -> Any:
    return web.submit(client, f"{PAGE}/{address}", PAGE, **fields)


@pytest.mark.usefixtures("room_id")
def test_the_week_shows_its_hours(signed_in: SignIn) -> None:
    page = signed_in(UserRole.RADIOLOGIST).get(f"{PAGE}?day=2026-11-25").text
    assert "Mon 23 Nov 2026" in page
    # Rows of 15 minutes: closed until eight and from five on, on each of seven days.
    assert page.count('class="veil closed at-1 for-32"') == 7
    assert page.count('class="veil closed at-69 for-28"') == 7
    assert "08:00-17:00" in page
    assert "<button>" not in page.partition("<main")[2].partition("</main>")[0]


def test_a_public_holiday_lies_on_its_whole_day_alone(
    signed_in: SignIn, session_factory: db.SessionFactory, room_id: int
) -> None:
    with db.transaction(session_factory) as session:
        site_id = session.get_one(Resource, room_id).site_id
        session.add(PublicHoliday(site_id=site_id, day=date(2026, 11, 25), name="St. Test"))
    page = signed_in(UserRole.RADIOLOGIST).get(f"{PAGE}?day=2026-11-25").text
    assert page.count('class="veil holiday ') == 1
    assert 'class="veil holiday at-1 for-96" title="whole day, holiday: St. Test"' in page


def test_a_closure_shows_who_must_move_and_is_taken_away(
    signed_in: SignIn, session_factory: db.SessionFactory, room_id: int
) -> None:
    with db.transaction(session_factory) as session:
        exam = make_exam(session)
        scheduling.book(
            session,
            exam,
            room_id=room_id,
            starts_at=NOW + timedelta(hours=2),
            actor=ACTOR,
            now=NOW,
        )
    client = signed_in(UserRole.FRONT_DESK)
    times = {"from": "2026-11-24T11:00", "to": "2026-11-24T13:00"}
    closed = post(client, "closures", **times, reason="Tube replaced")
    assert closed.status_code == 303
    page = client.get(PAGE).text
    assert "CT01 is closed then. 1 exam must move." in page
    # Eleven in Vienna is row 45; two hours are eight rows.
    assert 'class="veil closure at-45 for-8"' in page
    assert "Must move" in page
    assert f"/exams/{exam.id}/slots" in page
    with session_factory() as session:
        closure_id = session.query(Closure).one().id
    assert post(client, f"closures/{closure_id}/end").status_code == 303
    assert "Must move" not in client.get(PAGE).text


@pytest.mark.usefixtures("room_id")
def test_time_is_kept_for_a_purpose_and_given_up(
    signed_in: SignIn, session_factory: db.SessionFactory
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    times = {"from": "2026-11-25T08:00", "to": "2026-11-25T10:00"}
    assert post(client, "blocks", **times, purpose="E", release_hours=2).status_code == 303
    page = client.get(PAGE).text
    assert 'class="veil block at-33 for-8"' in page
    assert "emergency" in page
    assert "open to all from Wed 25 Nov 06:00 on" in page
    twice = post(client, "blocks", **times, purpose="I")
    assert twice.status_code == 422
    assert "is kept for something already" in twice.text
    with session_factory() as session:
        block_id = session.query(Block).one().id
    assert post(client, f"blocks/{block_id}/end").status_code == 303
    with session_factory() as session:
        assert session.query(Block).count() == 0


def test_kept_time_shows_who_is_in_it_and_leads_to_a_plan(
    signed_in: SignIn, session_factory: db.SessionFactory, room_id: int
) -> None:
    with db.transaction(session_factory) as session:
        exams = [
            make_exam(session, patient_class=one)
            for one in (PatientClass.INPATIENT, PatientClass.EMERGENCY)
        ]
        for number, exam in enumerate(exams):
            when = NOW + timedelta(hours=2, minutes=30 * number)
            scheduling.book(session, exam, room_id=room_id, starts_at=when, actor=ACTOR, now=NOW)
    client = signed_in(UserRole.FRONT_DESK)
    times = {"from": "2026-11-24T12:00", "to": "2026-11-24T13:00"}
    assert post(client, "blocks", **times, purpose="E").status_code == 303
    page = client.get(PAGE).text
    assert "The time is kept. 1 exam must move." in page
    assert f"/exams/{exams[0].id}/slots" in page
    assert f"/exams/{exams[1].id}/slots" not in page
    assert "CT01: hours, closures or kept time have changed." in page
    replan = client.get("/replan").text
    assert f"/exams/{exams[0].id}/slots" in replan
    made = web.submit(client, "/replan", "/replan", days=2, reason="CT01")
    plan = client.get(made.headers["Location"]).text
    assert f'href="/exams/{exams[0].id}"' in plan
    assert "Move all" in plan


def test_a_member_of_staff_who_is_ill_shows_whose_exams_must_move(
    signed_in: SignIn, session_factory: db.SessionFactory, room_id: int
) -> None:
    with db.transaction(session_factory) as session:
        site = session.get_one(Resource, room_id).site
        make_resource(session, site, "AN01", ResourceKind.ANAESTHETIST)
        phase = ("exam", ResourceKind.ANAESTHETIST, 0, 15)
        make_procedure(session, "77012", phases=(phase,))
        exam = make_exam(session, procedure="77012")
        when = NOW + timedelta(hours=2)
        scheduling.book(session, exam, room_id=room_id, starts_at=when, actor=ACTOR, now=NOW)
    client = signed_in(UserRole.FRONT_DESK)
    page = "/hours/AN01"
    assert "AN01" in client.get(PAGE).text
    times: dict[str, Any] = {"from": "2026-11-24T11:00", "to": "2026-11-24T17:00"}
    web.submit(client, f"{page}/closures", page, **times, reason="Ill")
    text = client.get(page).text
    assert "AN01 is closed then. 1 exam must move." in text
    assert f"/exams/{exam.id}/slots" in text
    assert "Must move" not in client.get(PAGE).text


@pytest.mark.usefixtures("room_id")
@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"from": "2026-11-24T13:00", "to": "2026-11-24T12:00", "reason": "x"}, "must end after"),
        ({"from": "2026-11-24T13:00", "to": "2026-11-24T14:00", "reason": " "}, "needs a reason"),
        ({"from": "soon", "to": "2026-11-24T14:00", "reason": "x"}, "is not a time"),
    ],
)
def test_a_closure_that_cannot_be_is_refused_in_words(
    signed_in: SignIn, fields: dict[str, Any], text: str
) -> None:
    refused = post(signed_in(UserRole.FRONT_DESK), "closures", **fields)
    assert refused.status_code == 422
    assert text in refused.text


@pytest.mark.usefixtures("room_id")
def test_an_administrator_changes_the_hours(signed_in: SignIn) -> None:
    client = signed_in(UserRole.ADMINISTRATOR)
    changed = post(client, "weekly", day_1="07:00-12:00, 13:00-20:00")
    assert changed.status_code == 303
    page = client.get(PAGE).text
    assert 'value="07:00-12:00, 13:00-20:00"' in page
    assert page.count('class="veil closed at-1 for-96"') == 6
    refused = post(client, "weekly", day_1="whenever")
    assert "Monday: &#39;whenever&#39; are not hours" in refused.text


def test_hours_of_a_season_are_shown_in_its_weeks_and_changed_by_season(
    signed_in: SignIn, session_factory: db.SessionFactory, room_id: int
) -> None:
    summer = {"valid_from": date(2027, 7, 1), "valid_until": date(2027, 8, 31)}
    with db.transaction(session_factory) as session:
        session.add(
            OpeningHours(resource_id=room_id, weekday=1, opens=time(18), closes=time(20), **summer)
        )
    client = signed_in(UserRole.ADMINISTRATOR)
    usual, other = (client.get(f"{PAGE}?day={day}").text for day in ("2026-11-24", "2027-07-05"))
    assert "18:00-20:00" not in usual
    assert "08:00-17:00, 18:00-20:00" in other
    assert "Change the hours" not in other
    assert 'href="/administration/hours/CT01"' in other


@pytest.mark.usefixtures("room_id")
def test_the_desk_does_not_change_hours(signed_in: SignIn) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    assert "Change the hours" not in client.get(PAGE).text
    assert post(client, "weekly", day_1="").status_code == 403
    assert client.get("/hours/XX99").status_code == 404
