"""The order of work, failures that keep their reason, replay, and many workers at once."""

import random
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from tests.support.department import NOW, make_procedure
from tests.support.inbox import UTC, Inbox, exam_of, furnish, order_of
from tests.support.messages import order
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.errors import ConflictError, NotFoundError
from worklist.hl7 import effects
from worklist.hl7 import process as processing
from worklist.hl7.models import InboundMessage, InboxState
from worklist.orders.models import ImagingServiceRequest
from worklist.orders.status import StepStatus
from worklist.vocabulary import Priority


def _receive(inbox: Inbox, *raws: bytes) -> list[int]:
    for raw in raws:
        assert inbox.receive(raw).code == "AA"
    return [message.id for message in inbox.messages()]


def _replay(inbox: Inbox, message_id: int) -> None:
    with db.transaction(inbox.sessions) as session:
        processing.replay(session, message_id, actor="user:test", now=NOW, zone=UTC)


def test_a_message_waits_for_an_earlier_one_of_its_order(inbox: Inbox, session: Session) -> None:
    new, cancel = _receive(inbox, order("1"), order("1", control="CA"))
    assert inbox.process(cancel) == []
    assert inbox.waiting() == [new, cancel]
    assert inbox.process(new) == [cancel]
    assert inbox.process(cancel) == []
    assert inbox.waiting() == []
    assert exam_of(session, "1").status is StepStatus.CANCELED


def test_a_message_waits_for_an_earlier_one_of_its_patient(inbox: Inbox) -> None:
    first, second = _receive(inbox, order("1"), order("2"))
    assert inbox.process(second) == []
    assert inbox.waiting() == [first, second]


def test_others_do_not_wait(inbox: Inbox) -> None:
    first, second = _receive(inbox, order("1"), order("2", patient="4712"))
    inbox.process(second)
    assert inbox.waiting() == [first]


def test_a_failed_message_holds_nobody_up(inbox: Inbox) -> None:
    bad, good = _receive(inbox, order("1", code="99999"), order("2"))
    assert inbox.process(bad) == [good]
    inbox.process(good)
    assert [message.state for message in inbox.messages()] == [
        InboxState.FAILED,
        InboxState.PROCESSED,
    ]


def test_processing_again_changes_nothing(inbox: Inbox, session: Session) -> None:
    (one,) = _receive(inbox, order("1"))
    inbox.process(one)
    before = session.scalar(select(func.count()).select_from(AuditEvent))
    assert inbox.process(one) == []
    assert session.scalar(select(func.count()).select_from(AuditEvent)) == before
    assert inbox.messages()[0].attempts == 1


def test_a_failed_message_is_replayed_when_its_cause_is_mended(
    inbox: Inbox, session: Session
) -> None:
    failed = inbox.take(order("1", code="76700"))
    assert failed.state is InboxState.FAILED
    assert "add it under Administration" in failed.error_text
    make_procedure(session, "76700")
    session.commit()
    _replay(inbox, failed.id)
    inbox.sweep()
    (done,) = inbox.messages()
    assert (done.state, done.error_code, done.error_text) == (InboxState.PROCESSED, "", "")
    assert order_of(session, "1").requested_procedures[0].procedure.code == "76700"


def test_a_message_that_still_cannot_be_done_fails_again(inbox: Inbox) -> None:
    failed = inbox.take(order("1", code="76700"))
    _replay(inbox, failed.id)
    inbox.sweep()
    assert inbox.messages()[0].state is InboxState.FAILED


def test_an_unreadable_message_can_be_replayed_too(inbox: Inbox) -> None:
    inbox.receive(order("1").replace(b"ORC|NW", b"ORC|QQ"))
    _replay(inbox, inbox.messages()[0].id)
    inbox.sweep()
    (still,) = inbox.messages()
    assert (still.state, still.error_code) == (InboxState.FAILED, "103")


def test_only_a_failed_message_can_be_replayed(inbox: Inbox) -> None:
    done = inbox.take(order("1"))
    with pytest.raises(ConflictError, match="PROCESSED"):
        _replay(inbox, done.id)
    with pytest.raises(NotFoundError):
        _replay(inbox, done.id + 1)


def test_an_error_of_ours_leaves_nothing_half_done(
    inbox: Inbox, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:

    def crash(*arguments: Any, **named: Any) -> None:
        effects.apply(*arguments, **named)
        raise ZeroDivisionError

    monkeypatch.setattr(processing, "apply", crash)
    failed = inbox.take(order("1"))
    assert (failed.state, failed.error_code) == (InboxState.FAILED, "207")
    assert "Replay" in failed.error_text
    assert session.scalar(select(func.count()).select_from(ImagingServiceRequest)) == 0
    monkeypatch.undo()
    _replay(inbox, failed.id)
    inbox.sweep()
    assert inbox.messages()[0].state is InboxState.PROCESSED


def test_a_passing_trouble_of_the_database_is_tried_again_and_given_up_in_the_end(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deadlock(*_: Any, **__: Any) -> None:
        raise OperationalError("", {}, Exception("deadlock detected"))

    (one,) = _receive(inbox, order("1"))
    monkeypatch.setattr(processing, "apply", deadlock)
    for attempt in range(1, processing.MOST_ATTEMPTS):
        inbox.process(one)
        (message,) = inbox.messages()
        assert (message.state, message.attempts) == (InboxState.RECEIVED, attempt)
    inbox.process(one)
    (message,) = inbox.messages()
    assert message.state is InboxState.FAILED
    assert "OperationalError" in message.error_text


def test_many_workers_do_each_message_once_and_in_order(
    session_factory: db.SessionFactory,
) -> None:
    """Six orders of six patients, each placed, changed twice and cancelled or kept."""
    with db.transaction(session_factory) as session:
        furnish(session)
    inbox = Inbox(session_factory)
    numbers = [str(number) for number in range(1, 7)]
    for number in numbers:
        patient = f"47{number}"
        inbox.receive(order(number, patient=patient, sent="20261124080000"))
        for minute, priority in ((1, "S"), (2, "A")):
            sent, timing = f"202611240800{minute:02}", f"^^^^^{priority}"
            inbox.receive(order(number, control="XO", patient=patient, sent=sent, timing=timing))
        if number in {"2", "4"}:
            inbox.receive(order(number, control="CA", patient=patient, sent="20261124080003"))
    jobs = inbox.waiting() * 4
    random.Random(7).shuffle(jobs)

    def work(message_id: int) -> None:
        nudged = [message_id]
        while nudged:
            nudged.extend(inbox.process(nudged.pop()))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, jobs))
    assert [message.error_text for message in inbox.messages() if message.error_text] == []
    assert {message.state for message in inbox.messages()} == {InboxState.PROCESSED}
    with session_factory() as session:
        for number in numbers:
            made = order_of(session, number)
            cancelled = exam_of(session, number).status is StepStatus.CANCELED
            assert made.priority is Priority.ASAP
            assert cancelled == (number in {"2", "4"})
        received = session.scalar(
            select(func.count()).select_from(AuditEvent).filter_by(action="order.received")
        )
    assert received == len(numbers)


def test_a_worker_leaves_a_message_that_another_has_in_hand(
    session_factory: db.SessionFactory,
) -> None:
    with db.transaction(session_factory) as session:
        furnish(session)
    inbox = Inbox(session_factory)
    (one,) = _receive(inbox, order("1"))
    with db.transaction(session_factory) as other:
        other.execute(select(InboundMessage.id).where(InboundMessage.id == one).with_for_update())
        other.execute(text("SELECT 1"))
        assert inbox.process(one) == []
    assert inbox.waiting() == [one]
    inbox.sweep()
    assert inbox.messages()[0].state is InboxState.PROCESSED
