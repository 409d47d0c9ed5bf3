"""What is kept of a message and what is answered, before anything is done (HL7 v2.5 2.9.2)."""

import pytest
from sqlalchemy.orm import Session

from tests.integration.hl7.conftest import Nudges
from tests.support.department import NOW
from tests.support.inbox import UTC, Inbox
from tests.support.messages import load, order
from worklist.hl7 import intake
from worklist.hl7.models import InboxState


def _segments(answer: bytes) -> dict[str, list[str]]:
    assert answer.endswith(b"\r")
    lines = answer.decode().removesuffix("\r").split("\r")
    return {line[:3]: line.split("|") for line in lines}


def _replaced(raw: bytes, old: bytes, new: bytes) -> bytes:
    assert old in raw
    return raw.replace(old, new)


def test_the_bytes_are_kept_as_they_came(inbox: Inbox, nudges: Nudges) -> None:
    raw = _replaced(load("orm_new_ct_contrast"), b"ROE^JANE", b"M\xdcLLER^J\xd6RG")
    answer = inbox.receive(raw)
    (kept,) = inbox.messages()
    assert kept.raw == raw
    assert kept.state is InboxState.RECEIVED
    assert (kept.sending_application, kept.sending_facility) == ("HIS", "GENERAL")
    assert (kept.control_id, kept.message_type, kept.version) == ("MSG00001", "ORM^O01", "2.3.1")
    assert (kept.channel, kept.peer, kept.received_at) == ("mllp", "192.0.2.1", NOW)
    assert kept.acknowledgement == answer.content
    assert kept.lanes == ["patient:GENERAL|4711", "patient:NATIONAL|999001", "order:HIS|P1001"]
    assert nudges.tasks == [("workers.hl7.process", kept.id)]


def test_the_answer_names_the_message_and_turns_it_round(inbox: Inbox) -> None:
    answer = _segments(inbox.receive(load("orm_new_ct_contrast")).content)
    header = answer["MSH"]
    assert header[2:6] == ["WORKLIST", "RAD", "HIS", "GENERAL"]
    assert header[8] == "ACK^O01^ACK"
    assert header[9] not in {"", "MSG00001"}
    assert header[10:12] == ["P", "2.3.1"]
    assert answer["MSA"] == ["MSA", "AA", "MSG00001"]
    assert set(answer) == {"MSH", "MSA"}


def test_a_resent_message_gets_the_first_answer_and_is_kept_once(
    inbox: Inbox, nudges: Nudges
) -> None:
    raw = load("orm_new_ct_contrast")
    first, second = inbox.receive(raw), inbox.receive(raw)
    assert second.resent
    assert not first.resent
    assert second.content == first.content
    assert len(inbox.messages()) == 1
    assert len(nudges.tasks) == 1


def test_a_resend_of_a_refused_message_is_refused_again(inbox: Inbox) -> None:
    raw = _replaced(load("orm_new_ct_contrast"), b"ORC|NW", b"ORC|QQ")
    first, second = inbox.receive(raw), inbox.receive(raw)
    assert (first.code, second.code) == ("AE", "AE")
    assert second.content == first.content
    assert len(inbox.messages()) == 1


def test_a_used_control_id_with_other_content_is_another_message(inbox: Inbox) -> None:
    # Some senders begin to count anew; dropping an order would be worse than taking it.
    assert not inbox.receive(order("1", control_id="7")).resent
    assert not inbox.receive(order("2", control_id="7")).resent
    assert len(inbox.messages()) == 2


def test_two_senders_may_use_the_same_control_id(inbox: Inbox) -> None:
    raw = order("1", control_id="7")
    inbox.receive(raw)
    assert not inbox.receive(_replaced(raw, b"|HIS|", b"|HIS2|")).resent


@pytest.mark.parametrize(
    ("old", "new", "answer", "code", "location"),
    [
        (b"ORM^O01", b"MFN^M02", "AR", "200", "MSH^1^9^1^1"),
        (b"ORM^O01", b"ORM^O02", "AR", "201", "MSH^1^9^1^2"),
        (b"|P|2.3.1", b"|X|2.3.1", "AR", "202", "MSH^1^11"),
        (b"|P|2.3.1", b"|P|3.0", "AR", "203", "MSH^1^12"),
        (b"|MSG00001|", b"||", "AE", "101", "MSH^1^10"),
        (b"PID|1||4711^^^GENERAL^MR~999001^^^NATIONAL^NI|", b"PID|1|||", "AE", "101", "PID^1^3"),
        (b"|19700315|", b"|19701315|", "AE", "102", "PID^1^7"),
        (b"ORC|NW|P1001^HIS", b"ORC|NW|", "AA", "", ""),  # OBR-2 has the number too
        (b"ORC|NW", b"ORC|", "AE", "101", "ORC^1^1"),
        (b"ORC|NW", b"ORC|QQ", "AE", "103", "ORC^1^1"),
        (b"71260^CT", b"^CT", "AE", "101", "OBR^1^4"),
    ],
)
def test_what_is_wrong_is_answered_and_kept(  # noqa: PLR0917 - columns of a table
    inbox: Inbox, old: bytes, new: bytes, answer: str, code: str, location: str
) -> None:
    given = inbox.receive(_replaced(load("orm_new_ct_contrast"), old, new))
    assert given.code == answer
    (kept,) = inbox.messages()
    assert (kept.acknowledgement_code, kept.error_code) == (answer, code)
    assert kept.error_location == location
    assert (kept.state is InboxState.FAILED) == bool(code)
    assert bool(kept.error_text) == bool(code)


def test_a_missing_segment_is_a_sequence_error(inbox: Inbox) -> None:
    lines = load("orm_new_ct_contrast").split(b"\r")
    without = b"\r".join(line for line in lines if not line.startswith(b"PID"))
    assert inbox.receive(without).code == "AE"
    assert inbox.messages()[0].error_code == "100"


def test_version_2_5_says_where_and_why_in_err(inbox: Inbox) -> None:
    raw = _replaced(load("omg_new"), b"|19590101|", b"|tomorrow|")
    answer = _segments(inbox.receive(raw).content)
    assert answer["MSA"][1] == "AE"
    assert answer["ERR"][2:5] == ["PID^1^7", "102^Data type error^HL70357", "E"]
    assert "tomorrow" in answer["ERR"][8]


@pytest.mark.parametrize("raw", [b"", b"hello", b"\x00\xff\xfe" * 100, b"MSH|", b"PID|1||4711"])
def test_bytes_that_are_no_message_are_kept_and_refused(inbox: Inbox, raw: bytes) -> None:
    assert inbox.receive(raw).code in {"AE", "AR"}
    (kept,) = inbox.messages()
    assert kept.raw == raw
    assert kept.state is InboxState.FAILED
    assert kept.error_text


def test_characters_that_do_not_fit_the_character_set_are_an_error(inbox: Inbox) -> None:
    raw = _replaced(load("omg_new"), "MÜLLER".encode(), b"M\xdcLLER")
    answer = inbox.receive(raw)
    assert answer.code == "AE"
    assert answer.content.split(b"\r")[1].startswith(b"MSA|AE|MSG00004")


def test_nothing_is_kept_when_the_transaction_fails(session: Session, inbox: Inbox) -> None:
    nested = session.begin_nested()
    intake.receive(session, order("1"), channel="mllp", peer="192.0.2.1", now=NOW, zone=UTC)
    nested.rollback()
    assert inbox.messages() == []
