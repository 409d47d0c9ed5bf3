"""A small department that reports to peers, on a database of a test's own."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select

from tests.support.department import ACTOR, NOW, make_exam, make_procedure, make_room, make_site
from tests.support.outbound import make_peer
from worklist import db
from worklist.hl7.models import OutboundMessage
from worklist.hl7.outbound import compose, delivery
from worklist.hl7.peers import service as peers
from worklist.hl7.peers.models import Peer
from worklist.orders import service as orders
from worklist.scheduling import service as scheduling

EARLY, LATE = NOW + timedelta(hours=1), NOW + timedelta(hours=3)


class Department:
    """Acts on a database of its own, each act in a transaction."""

    def __init__(self, sessions: db.SessionFactory) -> None:
        self.sessions = sessions
        with db.transaction(sessions) as session:
            site = make_site(session, time_zone="Europe/Vienna")
            self.rooms = [make_room(session, site, code).id for code in ("CT01", "CT02")]
            make_procedure(session)

    def add_peer(self, port: int, name: str = "HIS", **fields: Any) -> int:
        values = {"sends": ["appointment"], "port": port or None, "name": name} | fields
        with db.transaction(self.sessions) as session:
            peers.save(session, make_peer(**values), actor=ACTOR, now=NOW)
            return session.scalars(select(Peer.id).where(Peer.name == name)).one()

    def order(self, **fields: Any) -> int:
        with db.transaction(self.sessions) as session:
            return make_exam(session, **fields).id

    def book(self, exam_id: int, starts_at: datetime = EARLY, room: int = 0) -> None:
        with db.transaction(self.sessions) as session:
            exam = orders.get_exam(session, exam_id)
            room_id = self.rooms[room]
            scheduling.book(
                session, exam, room_id=room_id, starts_at=starts_at, actor=ACTOR, now=NOW
            )

    def cancel(self, exam_id: int, actor: str = ACTOR) -> None:
        with db.transaction(self.sessions) as session:
            exam = orders.get_exam(session, exam_id)
            scheduling.cancel_exam(session, exam, actor=actor, now=NOW, reason="Not needed")

    def book_and_cancel(self) -> None:
        """Have an exam that got a slot and was cancelled, and each peer's messages of both."""
        exam_id = self.order()
        self.book(exam_id)
        self.cancel(exam_id)
        self.announce()

    def announce(self) -> int:
        return compose.announce(self.sessions, now=NOW, zone=ZoneInfo("UTC"))

    def deliver(self, peer_id: int, now: datetime = NOW, at_once: int = 1) -> list[int]:
        return delivery.deliver(self.sessions, peer_id, clock=lambda: now, at_once=at_once)

    def outbox(self) -> list[OutboundMessage]:
        with db.transaction(self.sessions) as session:
            return list(session.scalars(select(OutboundMessage).order_by(OutboundMessage.id)))

    def controls(self) -> list[str]:
        return [message.control for message in self.outbox()]
