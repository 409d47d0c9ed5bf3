"""What became of a message, told to its sender once it is known: refused orders, enhanced mode."""

from typing import Any

import pytest

from tests.support.department import ACTOR, NOW
from tests.support.inbox import UTC, Inbox
from tests.support.messages import order
from tests.support.outbox_department import Department
from tests.support.receiver import acknowledge, receiver
from worklist import db
from worklist.hl7 import correction
from worklist.hl7.message import Message, parse
from worklist.hl7.models import InboxState, OutboxState
from worklist.hl7.process import replay

SENDERS = [{"application": "HIS", "facility": "GENERAL"}]


@pytest.fixture
def inbox(session_factory: db.SessionFactory) -> Inbox:
    return Inbox(session_factory)


def told(department: Department) -> list[Message]:
    department.announce()
    return [parse(one.payload.decode()) for one in department.outbox()]


def enhanced(raw: bytes, accept: str, application: str) -> bytes:
    return raw.replace(b"|P|2.3.1", f"|P|2.3.1|||{accept}|{application}".encode())


def add_his(department: Department, port: int = 1, **fields: Any) -> int:
    return department.add_peer(port, senders=SENDERS, **({"sends": ["order_refused"]} | fields))


def test_an_order_that_cannot_be_done_is_told_back(department: Department, inbox: Inbox) -> None:
    """HL7 table 0119: unable to cancel, change, discontinue, hold, release."""
    add_his(department)
    unable = {"CA": "UC", "XO": "UX", "DC": "UD", "HD": "UH", "RL": "UR"}
    for control in unable:
        inbox.take(order("P404", control=control))
    messages = told(department)
    assert [one.require("ORC").text(1) for one in messages] == list(unable.values())
    for message in messages:
        orc = message.require("ORC")
        assert message.type == "OMG^O19"
        assert (orc.text(2), orc.text(2, 2)) == ("P404", "HIS")
        assert orc.text(16, 2).startswith("There is no order P404 (HIS)")
        assert message.require("OBR").text(4) == "71250"
        assert message.require("PID").text(3) == "4711"
        assert (message.header.text(5), message.header.text(6)) == ("HIS", "GENERAL")


def test_a_new_order_that_cannot_be_done_is_unable_to_accept(
    department: Department, inbox: Inbox
) -> None:
    add_his(department, order_message="ORM", version="2.3.1")
    inbox.take(order("P1", code="NOSUCH"))
    (message,) = told(department)
    assert (message.type, message.require("ORC").text(1)) == ("ORM^O01", "UA")
    assert "NOSUCH" in message.require("ORC").text(16, 2)


def test_a_refusal_is_told_once_and_taken_back_once(
    department: Department, inbox: Inbox, session_factory: db.SessionFactory
) -> None:
    add_his(department)
    failed = inbox.take(order("P5", control="CA"))
    told(department)
    for _ in range(2):
        with db.transaction(session_factory) as session:
            replay(session, failed.id, actor=ACTOR, now=NOW, zone=UTC)
        inbox.sweep()
    assert len(told(department)) == 1
    inbox.take(order("P5"))
    with db.transaction(session_factory) as session:
        replay(session, failed.id, actor=ACTOR, now=NOW, zone=UTC)
    inbox.sweep()
    controls = [one.require("ORC").text(1) for one in told(department)]
    assert controls == ["UC", "CR"], "cancelled as asked, in the end"


def test_a_corrected_order_is_told_as_accepted(
    department: Department, inbox: Inbox, session_factory: db.SessionFactory
) -> None:
    add_his(department)
    failed = inbox.take(order("P6", code="NOSUCH"))
    with db.transaction(session_factory) as session:
        text = failed.raw.decode().replace("NOSUCH", "71250").replace("\r", "\n")
        correction.correct(session, failed.id, text, actor=ACTOR, now=NOW, zone=UTC)
    inbox.sweep()
    assert [one.require("ORC").text(1) for one in told(department)] == ["UA", "OK"]


def test_only_the_sender_hears_and_only_where_it_wants(
    department: Department, inbox: Inbox
) -> None:
    add_his(department, sends=["order_status"])
    department.add_peer(2, "OTHER", sends=["order_refused"], senders=[{"application": "OTHER"}])
    inbox.take(order("P7", control="CA"))
    assert told(department) == []


def test_enhanced_mode_accepts_at_once_and_answers_later(
    department: Department, inbox: Inbox
) -> None:
    """HL7 v2.5 section 2.9.3.2: the application acknowledgement is a message of its own."""
    with receiver(acknowledge("CA")) as target:
        peer = add_his(department, target.port)
        raw = enhanced(order("P1", control_id="CID-1"), "AL", "AL")
        assert b"MSA|CA|CID-1" in inbox.receive(raw).content
        assert told(department) == []
        inbox.sweep()
        department.announce()
        department.deliver(peer)
        (answer,) = target.received
    assert answer.type == "ACK^O01"
    assert [answer.require("MSA").text(number) for number in (1, 2)] == ["AA", "CID-1"]
    assert [answer.header.text(number) for number in (5, 6, 15, 16)] == [
        *("HIS", "GENERAL"),
        *("AL", "NE"),
    ]
    assert [one.state for one in department.outbox()] == [OutboxState.DELIVERED]


def test_the_later_answer_is_what_msh_16_asks_for(department: Department, inbox: Inbox) -> None:
    add_his(department, sends=[])
    cases = (
        ("AL", "AL", "NOSUCH", "AE"),
        ("AL", "ER", "NOSUCH", "AE"),
        ("AL", "SU", "NOSUCH", None),
        ("AL", "ER", "71250", None),
        ("AL", "SU", "71250", "AA"),
        ("ER", "AL", "71250", "AA"),
        ("AL", "NE", "NOSUCH", None),
        ("NE", "AL", "NOSUCH", None),
    )
    for number, (accept, application, code, _) in enumerate(cases):
        inbox.take(enhanced(order(f"P{number}", code=code), accept, application))
    answers = told(department)
    expected = [(f"P{number}", one[3]) for number, one in enumerate(cases) if one[3]]
    given = [(one.require("MSA").text(2)[2:4], one.require("MSA").text(1)) for one in answers]
    assert given == expected
    err = answers[0].require("ERR")
    assert (err.text(2), err.text(3), "NOSUCH" in err.text(8)) == ("OBR", "103", True)


def test_a_peer_gets_orr_later_and_one_answer_only(department: Department, inbox: Inbox) -> None:
    """Where the application acknowledgement tells of the refusal, nothing else does."""
    add_his(department, acknowledgement="application")
    inbox.take(enhanced(order("P1", code="NOSUCH"), "AL", "AL"))
    (answer,) = told(department)
    assert answer.type == "ORR^O02"
    assert (answer.require("MSA").text(1), answer.require("ORC").text(1)) == ("AE", "UA")


def test_delimiters_of_the_sender_are_not_taken_over(department: Department, inbox: Inbox) -> None:
    add_his(department)
    raw = (
        order("P9", control="CA")
        .decode()
        .replace("ROE", "R@T@E")
        .translate(str.maketrans("|^~\\&", "#*%@!"))
    )
    inbox.take(raw.encode())
    (message,) = told(department)
    assert message.require("PID").text(5) == "R!E"
    assert message.require("ORC").text(2) == "P9"


def test_a_sender_without_an_address_is_remarked(department: Department, inbox: Inbox) -> None:
    done = inbox.take(enhanced(order("P1"), "AL", "AL"))
    assert done.state is InboxState.PROCESSED
    assert "no way to the sender" in done.error_text
    assert told(department) == []
