"""What becomes of messages to a peer that fails, refuses, is paused, slow or not there."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from tests.support.department import (
    NOW,
)
from tests.support.outbox_department import Department
from tests.support.receiver import ACCEPT, Receiver, acknowledge, hang_up, receiver
from worklist import db
from worklist.hl7.message import Message
from worklist.hl7.models import OutboxState
from worklist.hl7.outbound import compose, delivery
from worklist.hl7.peers.models import Peer


def test_a_failing_peer_is_tried_again_later_and_later_and_holds_its_queue(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port)
    department.book_and_cancel()
    target.default = hang_up
    now, pauses = NOW, []
    for attempt in range(1, 10):
        department.deliver(peer, now)
        head, behind = department.outbox()
        assert (head.attempts, behind.attempts) == (attempt, 0)
        assert "closed the MLLP connection without an answer" in head.error_text
        pauses.append((head.next_attempt_at - now).total_seconds())
        department.deliver(peer, head.next_attempt_at - timedelta(seconds=1))
        now = head.next_attempt_at
    assert pauses == [5, 10, 20, 40, 80, 160, 300, 300, 300]
    assert len(target.received) == 9
    # The very same message each time.
    assert len(set(target.control_ids)) == 1
    target.default = ACCEPT
    department.deliver(peer, now)
    assert [one.type for one in target.received[-2:]] == ["SIU^S12", "SIU^S15"]
    assert [one.error_text for one in department.outbox()] == ["", ""]


def test_a_queue_goes_on_where_the_clock_was_put_back(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port)
    department.book_and_cancel()
    earlier = NOW - timedelta(hours=1)
    with department.sessions() as session:
        assert delivery.peers_to_serve(session, now=earlier) == [peer]
    department.deliver(peer, earlier)
    assert [one.type for one in target.received] == ["SIU^S12", "SIU^S15"]


def test_a_refused_message_is_kept_and_does_not_hold_the_queue(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port)
    department.book_and_cancel()
    target.answers = [acknowledge("AE", "ERR||PID^1^3|204^Unknown key identifier^HL70357|E")]
    department.deliver(peer)
    refused, delivered = department.outbox()
    assert (refused.state, refused.attempts) == (OutboxState.REFUSED, 1)
    assert refused.error_text == "AE: Unknown key identifier (PID 1 3)"
    assert b"MSA|AE|" in (refused.acknowledgement or b"")
    assert delivered.state is OutboxState.DELIVERED


def test_a_peer_that_nobody_answers_for_is_an_error_in_words(department: Department) -> None:
    with receiver() as gone:
        port = gone.port
    peer = department.add_peer(port)
    department.book(department.order())
    department.announce()
    department.deliver(peer)
    message = department.outbox()[0]
    assert message.error_text == (
        f"No answer over MLLP from 127.0.0.1 port {port}: Connection refused."
    )
    assert message.state is OutboxState.WAITING


@pytest.mark.parametrize("change", [{"paused": True}, {"active": False}])
def test_a_paused_or_retired_peer_is_sent_nothing(
    department: Department,
    session_factory: db.SessionFactory,
    target: Receiver,
    change: dict[str, bool],
) -> None:
    peer = department.add_peer(target.port)
    department.book(department.order())
    department.announce()
    with db.transaction(session_factory) as session:
        row = session.get_one(Peer, peer)
        for name, value in change.items():
            setattr(row, name, value)
    department.deliver(peer)
    assert target.received == []
    with db.transaction(session_factory) as session:
        assert delivery.peers_to_serve(session, now=NOW) == []
    assert department.outbox()[0].state is OutboxState.WAITING


def test_the_sweep_finds_peers_whose_head_is_due(
    department: Department, session_factory: db.SessionFactory, target: Receiver
) -> None:
    due, pausing = department.add_peer(target.port), department.add_peer(1, "DOWN")
    department.book(department.order())
    with db.transaction(session_factory) as session:
        assert compose.has_announced(session)
    department.announce()
    department.deliver(pausing)
    with db.transaction(session_factory) as session:
        assert not compose.has_announced(session)
        assert delivery.peers_to_serve(session, now=NOW) == [due]
        later = NOW + timedelta(seconds=5)
        assert delivery.peers_to_serve(session, now=later) == [due, pausing]


def test_two_workers_do_not_send_to_one_peer_at_once(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port)
    for number in range(5):
        department.book(department.order(), NOW + timedelta(hours=1 + number))
    department.announce()
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: department.deliver(peer, at_once=4), range(4)))
    assert len(target.control_ids) == len(set(target.control_ids)) == 5
    assert target.control_ids == [one.control_id for one in department.outbox()]


def test_slow_peers_do_not_take_every_worker(department: Department, target: Receiver) -> None:
    """While one worker waits for its peer, a second one may not send: it has other work."""
    peer, slow = department.add_peer(target.port), department.add_peer(target.port, "SLOW")
    department.book(department.order())
    department.announce()
    arrived, go_on = threading.Event(), threading.Event()

    def dawdle(message: Message) -> bytes | None:
        arrived.set()
        go_on.wait(30)
        return ACCEPT(message)

    target.answers = [dawdle]
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(department.deliver, slow)
        assert arrived.wait(30)
        assert department.deliver(peer) == []
        assert len(target.received) == 1
        go_on.set()
        # Whoever is done tells whom to serve next.
        assert waiting.result() == [peer]
    department.deliver(peer)
    assert len(target.received) == 2
