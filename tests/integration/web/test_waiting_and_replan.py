"""The desk answers offers and decides on plans."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from tests.support import web
from tests.support.department import (
    ACTOR,
    NOW,
    make_exam,
    make_patient,
    make_procedure,
    make_room,
    make_site,
)
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.orders.models import ScheduledProcedureStep
from worklist.scheduling import closing, service
from worklist.scheduling.intervals import Interval
from worklist.scheduling.replanning.models import ProposalStatus, ReplanProposal
from worklist.scheduling.waiting import service as waiting
from worklist.scheduling.waiting.models import OfferStatus, SlotOffer
from worklist.vocabulary import PatientClass, Priority

DAY = NOW + timedelta(days=2)


@pytest.fixture
def exam_ids(session_factory: db.SessionFactory) -> list[int]:
    """Two exams in CT01 at 09:00 and 12:00 in two days; CT02 is free."""
    with db.transaction(session_factory) as session:
        site = make_site(session)
        make_procedure(session)
        room = make_room(session, site, "CT01", opens=time(8), closes=time(18))
        make_room(session, site, "CT02", opens=time(8), closes=time(18))
        made = []
        for hour in range(2):
            patient = make_patient(session, f"DOE^N{hour}", phone=f"555 010{hour}")
            exam = make_exam(
                session,
                patient=patient,
                priority=Priority.ROUTINE,
                patient_class=PatientClass.OUTPATIENT,
            )
            when = DAY + timedelta(hours=3 * hour)
            service.book(session, exam, room_id=room.id, starts_at=when, actor=ACTOR, now=NOW)
            made.append(exam.id)
        return made


def offered(session_factory: db.SessionFactory, exam_ids: list[int]) -> int:
    """Let the second wait, cancel the first, and sweep."""
    with db.transaction(session_factory) as session:
        first, second = (session.get_one(ScheduledProcedureStep, one) for one in exam_ids)
        waiting.enrol(session, second, note="Any time", actor=ACTOR, now=NOW)
        service.cancel_exam(session, first, actor=ACTOR, now=NOW, reason="Well")
        (offer,) = waiting.offer_freed_slots(session, actor=ACTOR, now=NOW)
        return offer.id


def test_desk_sees_whom_to_call_and_accepts(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_ids: list[int]
) -> None:
    offer_id = offered(session_factory, exam_ids)
    client = signed_in(UserRole.FRONT_DESK)
    page = client.get("/waiting").text
    assert "555 0101" in page
    assert "Any time" in page
    answer = web.submit(client, f"/waiting/offers/{offer_id}/accept", "/waiting")
    assert answer.status_code == 303
    with session_factory() as session:
        assert session.get_one(ScheduledProcedureStep, exam_ids[1]).starts_at == DAY
    assert "No slot is offered" in client.get("/waiting").text


def test_declined_offer_is_noted(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_ids: list[int]
) -> None:
    offer_id = offered(session_factory, exam_ids)
    client = signed_in(UserRole.FRONT_DESK)
    web.submit(client, f"/waiting/offers/{offer_id}/decline", "/waiting")
    with session_factory() as session:
        assert session.get_one(SlotOffer, offer_id).status is OfferStatus.DECLINED


def test_exam_goes_on_the_list_and_off_it(signed_in: SignIn, exam_ids: list[int]) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    web.submit(client, f"/waiting/exams/{exam_ids[0]}", "/waiting")
    assert "Put on the list by the desk" in client.get("/waiting").text
    web.submit(client, f"/waiting/exams/{exam_ids[0]}/leave", "/waiting")
    assert "Nobody waits" in client.get("/waiting").text


def test_plan_is_asked_for_looked_at_and_applied(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_ids: list[int]
) -> None:
    with db.transaction(session_factory) as session:
        room = session.get_one(ScheduledProcedureStep, exam_ids[0]).room_id
        assert room is not None
        day = Interval(DAY, DAY + timedelta(hours=8))
        closing.close(session, room, day, "Broken", actor=ACTOR, now=NOW)
    client = signed_in(UserRole.FRONT_DESK)
    made = web.submit(client, "/replan", "/replan", days=4, reason="CT01 is broken")
    page = client.get(made.headers["Location"]).text
    assert "CT01 is broken" in page
    assert "Move all 2 exams" in page
    with session_factory() as session:
        proposal = session.scalars(select(ReplanProposal)).one()
        assert session.get_one(ScheduledProcedureStep, exam_ids[0]).room_id == room
    address = f"/replan/{proposal.id}"
    assert web.submit(client, f"{address}/apply", address).status_code == 303
    with session_factory() as session:
        moved = session.get_one(ScheduledProcedureStep, exam_ids[0])
        assert (moved.room_id != room, moved.starts_at) == (True, DAY)
        assert session.get_one(ReplanProposal, proposal.id).status is ProposalStatus.APPLIED
    assert "Applied" in client.get("/replan").text


def test_plan_that_no_longer_fits_is_marked(
    signed_in: SignIn, session_factory: db.SessionFactory, exam_ids: list[int]
) -> None:
    with db.transaction(session_factory) as session:
        room = session.get_one(ScheduledProcedureStep, exam_ids[0]).room_id
        assert room is not None
        day = Interval(DAY, DAY + timedelta(hours=8))
        closing.close(session, room, day, "Broken", actor=ACTOR, now=NOW)
    client = signed_in(UserRole.FRONT_DESK)
    address = web.submit(client, "/replan", "/replan", days=4).headers["Location"]
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, exam_ids[0])
        service.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Well")
    assert web.submit(client, f"{address}/apply", address).status_code == 409
    page = client.get(address).text
    assert "Stale" in page
    assert "was changed meanwhile" in page
    assert "Look for a better plan" in page
    with session_factory() as session:
        assert session.scalars(select(ReplanProposal)).one().status is ProposalStatus.STALE
        other = session.get_one(ScheduledProcedureStep, exam_ids[1])
        assert other.room_id == room


def test_technologists_do_not_decide(signed_in: SignIn) -> None:
    client = signed_in(UserRole.TECHNOLOGIST)
    assert client.get("/waiting").status_code == 403
    assert client.get("/replan").status_code == 403
