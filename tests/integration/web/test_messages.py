"""The message browser, asked without a browser."""

import re

import pytest
from flask.testing import FlaskClient

from tests.support import web
from tests.support.department import make_procedure
from tests.support.inbox import Inbox, order_of
from tests.support.messages import load, order
from tests.support.outbox_department import Department
from tests.support.web import SignIn
from worklist import db
from worklist.auth.roles import UserRole
from worklist.hl7.models import InboxState, OutboxState
from worklist.web import paging


@pytest.fixture
def admin(signed_in: SignIn) -> FlaskClient:
    return signed_in(UserRole.ADMINISTRATOR)


def rows(page: str, name: str = "message") -> list[int]:
    return [int(one) for one in re.findall(rf'id="{name}-(\d+)"', page)]


def test_the_tabs(admin: FlaskClient, inbox: Inbox) -> None:
    done = inbox.take(order("1"))
    failed = inbox.take(order("2", code="99999"))
    inbox.receive(order("3"))
    waiting = inbox.messages()[-1]
    assert rows(admin.get("/messages").text) == [failed.id]
    assert rows(admin.get("/messages?tab=waiting").text) == [waiting.id]
    assert rows(admin.get("/messages?tab=all").text) == [waiting.id, failed.id, done.id]


@pytest.mark.parametrize(
    ("said", "found"),
    [("4711", ["1", "2"]), ("P1001", ["1"]), ("accession", ["1"]), ("CONTROL9", ["3"])],
)
def test_a_number_leads_to_its_messages_and_stays_out_of_the_address(
    admin: FlaskClient,
    inbox: Inbox,
    session_factory: db.SessionFactory,
    said: str,
    found: list[str],
) -> None:
    inbox.take(load("orm_new_ct_contrast"))
    inbox.take(order("55", code="99999"))  # of the same patient; it fails
    inbox.take(order("56", patient="4712", control_id="CONTROL9"))
    with db.transaction(session_factory) as session:
        number = order_of(session).accession_number if said == "accession" else said
    answer = web.submit(admin, "/messages/find", "/messages", q=number)
    assert answer.status_code == 303
    assert "4711" not in answer.location
    shown = rows(admin.get(answer.location).text)
    assert sorted(shown) == [int(one) for one in found]


def test_a_number_of_nobody_is_told(admin: FlaskClient, inbox: Inbox) -> None:
    assert not inbox.messages()
    answer = web.submit(admin, "/messages/find", "/messages", q="nobody")
    assert answer.status_code == 404
    assert "No patient number, accession" in answer.text


def test_a_list_by_type_goes_on_where_it_stopped(
    admin: FlaskClient, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "ROWS", 2)
    made = [inbox.take(order(str(number))).id for number in range(3)]
    inbox.take(load("adt_a08"))
    first = admin.get("/messages?tab=all&type=ORM^O01").text
    following = re.search(r'href="([^"]+after=[^"]+)"', first)
    assert following is not None
    second = admin.get(following[1].replace("&amp;", "&")).text
    assert rows(first) + rows(second) == made[::-1]


def test_a_message_tells_what_it_did(
    admin: FlaskClient, inbox: Inbox, session_factory: db.SessionFactory
) -> None:
    message = inbox.take(load("orm_new_ct_contrast"))
    with db.transaction(session_factory) as session:
        placed = order_of(session)
        exam = placed.requested_procedures[0].steps[0]
    page = admin.get(f"/messages/{message.id}").text
    for told in (
        "Patient identifier list",
        "4711^^^GENERAL^MR~999001^^^NATIONAL^NI",
        f'href="/patients/{placed.patient_id}"',
        f'href="/exams/{exam.id}"',
        placed.accession_number,
        "MSA|AA|MSG00001",
    ):
        assert told in page
    assert f"/messages/{message.id}/replay" not in page


def test_a_failed_message_tells_why_and_is_replayed(
    admin: FlaskClient, inbox: Inbox, session_factory: db.SessionFactory
) -> None:
    failed = inbox.take(order("2", code="99999"))
    address = f"/messages/{failed.id}"
    page = admin.get(address).text
    assert "The procedure code" in page
    assert "is not in the catalogue" in page
    with db.transaction(session_factory) as session:
        make_procedure(session, "99999")
    answer = web.submit(admin, f"{address}/replay", address, open="1")
    assert answer.location == address
    inbox.sweep()
    assert inbox.messages()[-1].state is InboxState.PROCESSED
    again = web.submit(admin, f"{address}/replay", address, htmx=True)
    assert again.status_code == 409
    assert "only a failed one can be replayed" in again.text


def test_a_failed_message_is_corrected_and_kept(admin: FlaskClient, inbox: Inbox) -> None:
    failed = inbox.take(order("2", code="99999"))
    address = f"/messages/{failed.id}"
    text = order("2", code="71250").decode().replace("\r", "\r\n")
    answer = web.submit(admin, f"{address}/correct", address, text=text)
    original, corrected = inbox.messages()
    assert answer.location == f"/messages/{corrected.id}"
    inbox.sweep()
    states = [one.state for one in inbox.messages()]
    assert states == [InboxState.CORRECTED, InboxState.PROCESSED]
    assert original.raw == order("2", code="99999")
    assert f'href="/messages/{corrected.id}"' in admin.get(address).text
    assert f'href="{address}"' in admin.get(answer.location).text


def test_a_correction_that_is_still_wrong_is_told(admin: FlaskClient, inbox: Inbox) -> None:
    failed = inbox.take(order("2", code="99999"))
    address = f"/messages/{failed.id}"
    text = order("2").decode().replace("2.3.1", "3.0")
    answer = web.submit(admin, f"{address}/correct", address, htmx=True, text=text)
    assert answer.status_code == 422
    assert "Still wrong (MSH-12)" in answer.text
    assert [one.state for one in inbox.messages()] == [InboxState.FAILED]


def test_a_message_is_tried_and_nothing_stored(admin: FlaskClient, inbox: Inbox) -> None:
    text = load("orm_new_ct_contrast").decode("latin-1").replace("\r", "\n")
    page = web.submit(admin, "/messages/try", "/messages/try", text=text).text
    assert "MSA|AA|MSG00001" in page
    assert "P1001" in page
    assert "order received" in page
    wrong = order("1", code="99999").decode()
    page = web.submit(admin, "/messages/try", "/messages/try", text=wrong).text
    assert "OBR^1^4" in page
    assert inbox.messages() == []


def test_what_is_no_message_is_shown_as_it_came(admin: FlaskClient, inbox: Inbox) -> None:
    inbox.receive(b"no message <at> all")
    message = inbox.messages()[-1]
    page = admin.get(f"/messages/{message.id}").text
    assert "This cannot be taken apart" in page
    assert "no message &lt;at&gt; all" in page


def test_a_manager_looks_but_replays_nothing(signed_in: SignIn, inbox: Inbox) -> None:
    failed = inbox.take(order("2", code="99999"))
    client = signed_in(UserRole.MANAGER)
    assert "Replay" not in client.get("/messages").text
    answer = web.submit(client, f"/messages/{failed.id}/replay", "/messages")
    assert answer.status_code == 403


def test_messages_are_not_for_the_front_desk(signed_in: SignIn) -> None:
    client = signed_in(UserRole.FRONT_DESK)
    for address in ("/messages", "/messages/1", "/messages/outbox", "/messages/outbox/1"):
        assert client.get(address).status_code == 403


def test_the_outbox_shows_peers_and_what_waits_for_them(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    department = Department(session_factory)
    department.add_peer(1)  # nothing listens there
    department.book(department.order())
    department.announce()
    (message,) = department.outbox()
    page = admin.get("/messages/outbox").text
    assert rows(page, "sent") == [message.id]
    assert "Try now" in page
    assert rows(admin.get("/messages/outbox?state=DELIVERED").text, "sent") == []
    assert rows(admin.get("/messages/outbox?peer=HIS").text, "sent") == [message.id]
    shown = admin.get(f"/messages/outbox/{message.id}").text
    assert "SIU^S12" in shown
    assert "Patient identifier list" in shown


def test_an_outgoing_message_is_given_up_and_written_anew(
    admin: FlaskClient, session_factory: db.SessionFactory
) -> None:
    department = Department(session_factory)
    department.add_peer(1)
    department.book(department.order())
    department.announce()
    (message,) = department.outbox()
    address = f"/messages/outbox/{message.id}"
    waits = web.submit(admin, f"{address}/replay", address, htmx=True)
    assert waits.status_code == 409
    tried = web.submit(admin, "/messages/outbox/retry", "/messages/outbox", htmx=True, peer="HIS")
    assert "1 message for HIS is tried now." in tried.headers["HX-Trigger"]
    web.submit(admin, f"{address}/discard", address)
    anew = web.submit(admin, f"{address}/replay", address)
    given_up, again = department.outbox()
    assert anew.location == f"/messages/outbox/{again.id}"
    assert (given_up.state, again.state) == (OutboxState.DISCARDED, OutboxState.WAITING)
