"""Every way in which a desk looks for a slot, on the exam's own page and for a new order."""

import re
from datetime import UTC, datetime, time
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_scanner,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.rulebook import service as rulebook
from worklist.scheduling.placement import place
from worklist.vocabulary import PatientClass, Priority


@pytest.fixture
def department(session_factory: db.SessionFactory) -> dict[str, int]:
    """A CT at each of two sites, an MR; an exam without a slot of each. Ids by name."""
    with db.transaction(session_factory) as session:
        main, west = make_site(session), make_site(session, "WEST")
        make_room(session, main, "CT01", opens=time(8), closes=time(20))
        make_room(session, west, "CT02", opens=time(8), closes=time(20))
        make_room(session, main, "MR01", modality="MR", capabilities=())
        make_procedure(session)
        make_procedure(session, "74176", body_part="ABDOMEN")
        make_procedure(session, "70551", modality="MR", ionising=False, body_part="HEAD")
        patient = make_patient(session)
        scan = make_exam(session, patient=patient)
        mr = make_exam(session, patient=make_patient(session), procedure="70551")
        return {"scan": scan.id, "mr": mr.id, "patient": patient.id, "west": west.id}


def starts(page: str) -> list[datetime]:
    found = re.findall(r'name="starts_at" value="([^"]+)"', page)
    return [datetime.fromisoformat(one).astimezone(UTC) for one in found if one]


def rooms(page: str) -> set[str]:
    return set(re.findall(r"</strong> <span>(\w+)</span>", page))


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ("day=2026-11-25", "25 08:00", "25 09:15"),
        ("day=2026-11-25&part=afternoon", "25 12:00", "25 13:15"),
        ("day=2026-11-25&part=evening", "25 17:00", "25 18:15"),
        ("part=morning", "24 09:00", "24 10:15"),
    ],
)
def test_first_free_from_a_day_and_in_a_part_of_it(
    signed_in: SignIn, department: dict[str, int], *, query: str, first: str, last: str
) -> None:
    page = signed_in(UserRole.FRONT_DESK).get(f"/exams/{department['scan']}/slots?{query}").text
    found = starts(page)
    assert len(found) == 12
    assert (f"{min(found):%d %H:%M}", f"{max(found):%d %H:%M}") == (first, last)


def test_around_a_time_the_nearest_come_first(
    signed_in: SignIn, department: dict[str, int]
) -> None:
    address = f"/exams/{department['scan']}/slots?day=2026-11-25&around=14:00"
    client = signed_in(UserRole.FRONT_DESK)
    found = starts(client.get(address).text)
    wanted = datetime(2026, 11, 25, 14, tzinfo=UTC)
    assert found[0] == wanted
    distances = [abs(one - wanted) for one in found]
    assert distances == sorted(distances)
    assert "is not a time of day" in client.get(f"{address}x").text


def test_at_one_site(signed_in: SignIn, department: dict[str, int]) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    address = f"/exams/{department['scan']}/slots"
    assert rooms(client.get(address).text) == {"CT01", "CT02"}
    assert rooms(client.get(f"{address}?site_id={department['west']}").text) == {"CT02"}


def test_a_form_that_may_wait_is_asked_for_while_booking(
    signed_in: SignIn, department: dict[str, int]
) -> None:
    page = signed_in(UserRole.FRONT_DESK).get(f"/exams/{department['mr']}/slots").text
    assert "To be asked before the exam: What does the patient answer on the MR" in page
    assert f"/exams/{department['mr']}/screening" in page
    assert starts(page)


def test_a_form_that_the_department_wants_first_holds_the_booking(
    signed_in: SignIn, department: dict[str, int], session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        wanted = {"mr_form_before_booking": True}
        rulebook.change(session, wanted, reason="MR safety", actor=ACTOR, now=NOW)
        place(session, department["mr"], actor=ACTOR, now=NOW)
    client = signed_in(UserRole.FRONT_DESK)
    page = client.get(f"/exams/{department['mr']}/slots").text
    assert "To be answered first: What does the patient answer on the MR" in page
    refused = web.submit(
        client,
        f"/exams/{department['mr']}/slots",
        f"/exams/{department['mr']}",
        room_id=1,
        starts_at="2026-11-25T10:00",
    )
    assert refused.status_code == 422
    # The desk itself asks: the form is open to it, though MR safety decides.
    assert "Fill the screening form" in client.get(f"/exams/{department['mr']}").text
    address = f"/orders/new?patient={department['patient']}&procedure=70551"
    assert "To be asked first" in client.get(address).text


def offers(client: FlaskClient, department: dict[str, int], **fields: Any) -> list[list[str]]:
    """Return of each visit offered the place in the draft and the start of each exam."""
    page = f"/orders/new?patient={department['patient']}&procedure=71250&procedure=74176"
    typed = {
        "patient": department["patient"],
        "procedure": ["71250", "74176"],
        "priority": "URGENT",
    }
    text = web.submit(
        client,
        "/orders/new/slots",
        page,
        htmx=True,
        patient_class=PatientClass.INPATIENT,
        **typed,
        **fields,
    ).text
    return [one.split(";") for one in re.findall(r'name="slot" value="([^"]+)"', text)]


def test_a_visit_keeps_its_order_and_its_rests(
    signed_in: SignIn, department: dict[str, int]
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    visits = offers(client, department, in_order="yes", rest_least=30, rest_most=60)
    assert visits
    for first, second in visits:
        assert (first[0], second[0]) == ("0", "1")
        begins = [datetime.fromisoformat(one.split(" ")[2]) for one in (first, second)]
        rest = (begins[1] - begins[0]).total_seconds() / 60 - 15  # the first takes 15 minutes
        assert 30 <= rest <= 60


@pytest.mark.parametrize("rest", [(60, 30), (0, 10_000)])
def test_a_rest_that_cannot_be_is_refused(
    signed_in: SignIn, department: dict[str, int], rest: tuple[int, int]
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    assert offers(client, department, rest_least=rest[0], rest_most=rest[1]) == []


def test_a_new_order_is_searched_for_around_a_time(
    signed_in: SignIn, department: dict[str, int]
) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    address = f"/orders/new?patient={department['patient']}&procedure=71250"
    page = client.get(f"{address}&wanted_on=2026-11-26&around=15:00").text
    found = re.findall(r'name="slot" value="0 \d+ ([^"]+)"', page)
    assert found[0] == "2026-11-26T15:00:00+00:00"


@pytest.mark.parametrize(
    ("priority", "part", "first"),
    [
        (Priority.ROUTINE, "", "25 07:00"),
        (Priority.ROUTINE, "&part=usual", "25 07:00"),
        (Priority.ROUTINE, "&part=", "25 00:00"),
        (Priority.STAT, "", "25 00:00"),
    ],
)
def test_nobody_is_offered_the_night_whom_the_policy_gives_none(
    signed_in: SignIn,
    session_factory: db.SessionFactory,
    *,
    priority: Priority,
    part: str,
    first: str,
) -> None:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        exam_id = make_exam(session, priority=priority).id
    address = f"/exams/{exam_id}/slots?day=2026-11-25{part}"
    found = starts(signed_in(UserRole.FRONT_DESK).get(address).text)
    assert f"{min(found):%d %H:%M}" == first
