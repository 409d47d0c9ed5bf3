"""The waiting list, messages and performed steps, open in a browser that hears news."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from tests.support.department import ACTOR, NOW, make_exam, make_patient, make_scanner
from tests.support.dicom import schedule
from tests.support.inbox import Inbox
from tests.support.messages import order
from tests.support.open_lists import drawn, kept, opened
from tests.support.performed import make_report
from tests.support.web import SignIn
from worklist import db, nudge
from worklist.auth.roles import UserRole
from worklist.hl7 import process
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing import performed
from worklist.performing.reports import ScheduledLink
from worklist.scheduling import service as scheduling
from worklist.scheduling.waiting import service as waiting


@pytest.fixture
def client(signed_in: SignIn) -> FlaskClient:
    return signed_in(*UserRole)


class Listener:
    """Keeps the news that pages would hear."""

    def __init__(self) -> None:
        self.news: list[str] = []

    def send_task(self, name: str, argument: int) -> None:
        """Nobody works."""

    def publish(self, channel: str, message: str) -> None:
        assert channel == nudge.LIVE_CHANNEL
        self.news.append(message)


def test_a_message_that_failed_comes_to_the_list_and_one_replayed_leaves_it(
    client: FlaskClient, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = inbox.take(order("1", code="99999"))
    page = opened(client, "/messages")
    assert page.rows == [first.id]
    listener = Listener()
    monkeypatch.setattr(nudge, "_transport", listener)
    second = inbox.take(order("2", code="99999"))
    assert f'{{"topic": "message", "id": {second.id}}}' in listener.news
    answer = page.hear(second.id)
    assert (drawn(answer), kept(answer)) == ([second.id], [first.id])
    assert re.search(r'id="message-tabs"[^>]* data-mark="2\.0"', answer.text)
    done = inbox.take(order("3"))
    page.look()
    assert page.hear(done.id).status_code == 204
    with db.transaction(inbox.sessions) as session:
        process.replay(session, first.id, actor=ACTOR, now=NOW, zone=inbox.zone)
    answer = page.hear(first.id)
    assert (drawn(answer), kept(answer)) == ([], [second.id])


def test_the_waiting_list_takes_whom_it_gets_and_nothing_of_others(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    with db.transaction(session_factory) as session:
        make_scanner(session)
        ids = [
            make_exam(session, patient=make_patient(session, f"{one}OE^PAT")).id for one in "ABC"
        ]
        first = session.get_one(ScheduledProcedureStep, ids[0])
        waiting.enrol(session, first, note="Any time", actor=ACTOR, now=NOW)
    page = opened(client, "/waiting")
    [entry] = page.rows
    assert page.hear(ids[2]).status_code == 204
    with db.transaction(session_factory) as session:
        second = session.get_one(ScheduledProcedureStep, ids[1])
        waiting.enrol(session, second, note="Mornings", actor=ACTOR, now=NOW + timedelta(hours=1))
    answer = page.hear(ids[1])
    assert kept(answer) == [entry]
    assert len(drawn(answer)) == 1
    assert "Mornings" in answer.text
    assert "Any time" not in answer.text
    page.look()
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, ids[0])
        scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Well")
    answer = page.hear(ids[0])
    assert (drawn(answer), len(kept(answer))) == ([], 1)


def test_a_performed_step_is_drawn_for_exams_that_it_may_be_of(
    client: FlaskClient, session_factory: db.SessionFactory
) -> None:
    links = (ScheduledLink(study_instance_uid="2.25.99"),)
    with db.transaction(session_factory) as session:
        room = make_scanner(session)
        step = performed.create(
            session, make_report(links=links, attributes={}), actor="station:CT01", now=NOW
        )
        assert step.waits
        near = schedule(session, room, NOW, patient=make_patient(session, "DOE^JANE"))
        other = make_exam(session, patient=make_patient(session, "POE^ANN"))
        other.modality = "MR"
        ids = step.id, near.id, other.id
    step_id, near_id, other_id = ids
    page = opened(client, "/performed")
    assert page.rows == [step_id]
    assert page.hear(other_id).status_code == 204
    with db.transaction(session_factory) as session:
        exam = session.get_one(ScheduledProcedureStep, near_id)
        scheduling.cancel_exam(session, exam, actor=ACTOR, now=NOW, reason="Well")
    answer = page.hear(near_id)
    assert f'hx-target="#performed-{step_id}" hx-swap="outerMorph"' in answer.text
    assert "No exam fits." in answer.text
