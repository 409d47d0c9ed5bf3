"""What people may do with outgoing messages, and what pages show of them."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.support.department import ACTOR, NOW
from tests.support.outbound import VIENNA
from tests.support.outbox_department import EARLY, LATE, Department
from tests.support.receiver import Receiver, acknowledge, hang_up
from worklist import db
from worklist.audit.models import AuditEvent
from worklist.errors import ConflictError, DomainError, NotFoundError
from worklist.hl7.models import OutboxState
from worklist.hl7.outbound import queries, service
from worklist.hl7.outbound.queries import OutboxLine
from worklist.hl7.peers import service as peers
from worklist.web.connections import peers as shown_peers
from worklist.web.messages import queries as pages
from worklist.web.paging import Page

REFUSE = acknowledge("AE", "ERR||PID^1^3|204^Unknown key identifier^HL70357|E")


def replay(department: Department, message_id: int) -> int:
    with db.transaction(department.sessions) as session:
        again = service.replay(session, message_id, actor=ACTOR, now=NOW, zone=VIENNA)
        return again.id


def test_a_refused_message_is_replayed_by_the_present_profile(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port)
    department.book(department.order())
    department.announce()
    target.answers = [REFUSE]
    department.deliver(peer)
    department.add_peer(target.port, sent_values={"AIL-3.2": {"CT01": "ROOM 1"}})
    replay(department, department.outbox()[0].id)
    department.deliver(peer)
    first, second = department.outbox()
    assert (first.state, first.replay) == (OutboxState.REFUSED, 0)
    assert (second.state, second.replay) == (OutboxState.DELIVERED, 1)
    assert len(set(target.control_ids)) == 2
    rooms = [one.require("AIL").text(3, 2) for one in target.received]
    assert rooms == ["CT01", "ROOM 1"]
    replay(department, first.id)
    assert [one.replay for one in department.outbox()] == [0, 1, 2]
    with db.transaction(department.sessions) as session:
        events = session.scalars(
            select(AuditEvent).where(AuditEvent.action == "outbox.replayed")
        ).all()
        assert [one.detail["again"] for one in events] == [second.id, second.id + 1]


def test_a_message_that_could_not_be_written_is_replayed_when_its_peer_can_have_it(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port, character_set="ASCII")
    department.book(department.order(reason="Müde"))
    department.announce()
    failed = department.outbox()[0]
    with pytest.raises(DomainError, match="'ü' is not in the character set ASCII"):
        replay(department, failed.id)
    department.add_peer(target.port, character_set="8859/1")
    replay(department, failed.id)
    department.deliver(peer)
    assert department.outbox()[1].state is OutboxState.DELIVERED
    assert b"M\xfcde" in department.outbox()[1].payload


def test_what_cannot_be_replayed_says_why(department: Department) -> None:
    department.add_peer(1)
    department.book(department.order())
    department.announce()
    message = department.outbox()[0]
    with pytest.raises(ConflictError, match="still waits"):
        replay(department, message.id)
    with pytest.raises(NotFoundError):
        replay(department, message.id + 99)
    with db.transaction(department.sessions) as session:
        service.discard(session, message.id, actor=ACTOR, now=NOW)
    department.add_peer(1, direction="inbound")
    with pytest.raises(ConflictError, match="not sent to any more"):
        replay(department, message.id)


def test_a_message_that_blocks_the_queue_is_given_up(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port)
    department.book_and_cancel()
    target.answers = [hang_up]
    department.deliver(peer)
    head = department.outbox()[0]
    with db.transaction(department.sessions) as session:
        service.discard(session, head.id, actor=ACTOR, now=NOW)
    department.deliver(peer)
    states = [one.state for one in department.outbox()]
    assert states == [OutboxState.DISCARDED, OutboxState.DELIVERED]
    with db.transaction(department.sessions) as session, pytest.raises(ConflictError):
        service.discard(session, head.id, actor=ACTOR, now=NOW)


def test_nobody_need_wait_for_the_next_attempt(department: Department, target: Receiver) -> None:
    peer = department.add_peer(target.port)
    department.book(department.order())
    department.announce()
    target.answers = [hang_up]
    department.deliver(peer)
    department.deliver(peer)
    assert len(target.received) == 1
    with db.transaction(department.sessions) as session:
        assert service.retry_now(session, "HIS", actor=ACTOR, now=NOW) == 1
    department.deliver(peer)
    assert department.outbox()[0].state is OutboxState.DELIVERED
    with db.transaction(department.sessions) as session:
        assert service.retry_now(session, "HIS", actor=ACTOR, now=NOW) == 0
        with pytest.raises(NotFoundError):
            service.retry_now(session, "NOBODY", actor=ACTOR, now=NOW)


def test_the_outbox_is_listed_page_by_page_and_filtered(
    department: Department, target: Receiver
) -> None:
    his = department.add_peer(target.port)
    department.add_peer(1, "PACS", sends=["procedure"])
    first, second = department.order(), department.order()
    department.book(first)
    department.book(second, LATE)
    department.announce()
    department.deliver(his)
    with db.transaction(department.sessions) as session:

        def listed(**wanted: Any) -> list[OutboxLine]:
            statement = queries.outbox(queries.OutboxFilter(**wanted))
            return [OutboxLine.of(one) for one in session.scalars(statement)]

        def page(after: str) -> Page[OutboxLine]:
            newest = pages.sent_by("")
            return pages.outbox(session, queries.OutboxFilter(), newest, after=after, rows=3)

        newest = page("")
        rest = page(newest.after or "")
        assert [one.id for one in (*newest.rows, *rest.rows)] == [4, 3, 2, 1]
        waiting = listed(state=OutboxState.WAITING)
        assert [(one.destination, one.control) for one in waiting] == [("PACS", "NW")] * 2
        to_his = listed(destination="HIS")
        assert {one.control_id for one in to_his} == set(target.control_ids)
        one = next(one for one in to_his if one.exam_id == first)
        assert (one.action, one.message_type, one.state) == (
            "exam.scheduled",
            "SIU^S12",
            OutboxState.DELIVERED,
        )
        by_control_id = listed(control_id=one.control_id)
        assert [found.id for found in by_control_id] == [one.id]
        assert listed(control_id="OF-NOBODY") == []


def test_one_message_is_shown_with_its_answer_and_replays(
    department: Department, target: Receiver
) -> None:
    peer = department.add_peer(target.port)
    department.book(department.order())
    department.announce()
    target.answers = [REFUSE]
    department.deliver(peer)
    message_id = department.outbox()[0].id
    again = replay(department, message_id)
    with db.transaction(department.sessions) as session:
        shown = queries.message(session, message_id)
        assert shown.text.startswith("MSH|^~\\&|WORKLIST|RADIOLOGY|HIS|GENERAL|")
        assert "MSA|AE|" in shown.answer
        assert [one.id for one in shown.others] == [again]
        with pytest.raises(NotFoundError):
            queries.message(session, 999)


def test_peers_are_shown_with_how_deliveries_go(department: Department, target: Receiver) -> None:
    his = department.add_peer(target.port)
    department.add_peer(1, "LATER", sends=["report"])
    exam = department.order()
    department.book(exam, EARLY)
    department.announce()
    department.deliver(his)
    target.answers = [REFUSE, hang_up, hang_up]  # a kept connection is replaced once
    for starts_at in (LATE, LATE + timedelta(hours=1), LATE + timedelta(hours=2)):
        department.book(exam, starts_at)
    department.announce()
    department.deliver(his, NOW + timedelta(minutes=1))
    with db.transaction(department.sessions) as session:
        peers.pause(session, "LATER", paused=True, actor=ACTOR, now=NOW)
        one, later = shown_peers.page(session, shown_peers.sorting("")).rows
    assert (one.name, one.address, one.active, one.paused) == (
        "HIS",
        f"127.0.0.1:{target.port}",
        True,
        False,
    )
    assert (one.waiting, one.attempts, one.refused, one.failed) == (2, 1, 1, 0)
    assert one.last_delivered_at == NOW
    assert one.waiting_since == NOW
    assert one.next_attempt_at == NOW + timedelta(minutes=1, seconds=5)
    assert "without an answer" in one.last_error
    assert (later.name, later.paused, later.waiting, later.last_error) == ("LATER", True, 0, "")
    assert later.last_delivered_at is None
