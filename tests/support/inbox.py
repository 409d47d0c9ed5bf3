"""The HL7 inbox of a small department: messages in, and the work that they ask for, in a row."""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.department import NOW, make_contrast_ct, make_procedure, make_room, make_site
from worklist import db
from worklist.hl7 import intake
from worklist.hl7.acknowledge import Acknowledgement
from worklist.hl7.models import InboundMessage
from worklist.hl7.process import process, waiting
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep

UTC = ZoneInfo("UTC")


def furnish(session: Session) -> None:
    """Give the department one CT and the two procedures that the messages of `tests/hl7` name."""
    make_room(session, make_site(session), "CT01")
    make_procedure(session, "71250")
    make_contrast_ct(session, "71260", required_capabilities=["iodinated_contrast"])


@dataclass
class Inbox:
    """Receives and processes with a clock that stands still."""

    sessions: db.SessionFactory
    now: datetime = NOW
    zone: ZoneInfo = field(default=UTC)

    def receive(self, raw: bytes) -> Acknowledgement:
        """Take one message in, as the MLLP server does."""
        with db.transaction(self.sessions) as session:
            return intake.receive(
                session, raw, channel="mllp", peer="192.0.2.1", now=self.now, zone=self.zone
            )

    def process(self, message_id: int) -> list[int]:
        """Process one message; returns the ids of those that waited for it."""
        return process(self.sessions, message_id, now=self.now, zone=self.zone)

    def sweep(self) -> None:
        """Process what is waiting, oldest first, until nothing is."""
        while ids := self.waiting():
            for message_id in ids:
                self.process(message_id)

    def take(self, raw: bytes) -> InboundMessage:
        """Receive a message, process it and return what became of it."""
        self.receive(raw)
        self.sweep()
        return self.messages()[-1]

    def waiting(self) -> list[int]:
        with self.sessions() as session:
            return list(waiting(session))

    def messages(self) -> list[InboundMessage]:
        with self.sessions() as session:
            return list(session.scalars(select(InboundMessage).order_by(InboundMessage.id)))


def furnished(sessions: db.SessionFactory) -> Inbox:
    """Furnish a department that really commits and return its inbox."""
    with db.transaction(sessions) as session:
        furnish(session)
    return Inbox(sessions)


def order_of(session: Session, placer: str = "P1001") -> ImagingServiceRequest:
    """Return the order with this placer number."""
    statement = select(ImagingServiceRequest).filter_by(placer_order_number=placer)
    return session.scalars(statement).one()


def exam_of(session: Session, placer: str = "P1001") -> ScheduledProcedureStep:
    """Return the one exam of the order with this placer number."""
    (exam,) = order_of(session, placer).requested_procedures[0].steps
    return exam
