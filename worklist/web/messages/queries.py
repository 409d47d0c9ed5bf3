"""Reads of the message browser beside those of ``hl7.browser``."""

from collections.abc import Collection
from functools import partial

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from worklist.hl7 import browser
from worklist.hl7.browser import MessageFilter
from worklist.hl7.models import InboundMessage, InboxState, OutboundMessage
from worklist.hl7.outbound import queries as outbound
from worklist.hl7.outbound.queries import OutboxFilter, OutboxLine
from worklist.orders.models import ImagingServiceRequest
from worklist.patients.models import PatientIdentifier
from worklist.web.paging import Key, Page, Sorting, sorted_page

_MOST_FOUND = 50
_RECEIVED: dict[str, Key] = {
    "received": InboundMessage.id,
    "from": InboundMessage.sending_application,
    "type": InboundMessage.message_type,
    "control": InboundMessage.control_id,
}
_SENT: dict[str, Key] = {
    "written": OutboundMessage.id,
    "to": OutboundMessage.destination,
    "type": OutboundMessage.message_type,
    "state": OutboundMessage.state,
}
# How what came in is sorted, as the address says it: else the newest first.
received_by = partial(Sorting.of, columns=_RECEIVED, unique=InboundMessage.id, usual="-received")
# How what goes out is sorted, as the address says it: else the newest first.
sent_by = partial(Sorting.of, columns=_SENT, unique=OutboundMessage.id, usual="-written")


def inbox(
    session: Session,
    wanted: MessageFilter,
    sorting: Sorting,
    *,
    after: str,
    rows: int | None = None,
) -> Page[InboundMessage]:
    """Return a page of the messages that came in, without their content.

    Raises:
        DomainError: there is no such page.
    """
    return sorted_page(session, browser.search(session, wanted), sorting, after=after, rows=rows)


def accessions(session: Session, received: Collection[InboundMessage]) -> dict[int, str]:
    """Return the accession numbers of the orders that the messages were about, by order."""
    ids = {one.order_id for one in received if one.order_id is not None}
    if not ids:
        return {}
    order = ImagingServiceRequest
    rows = session.execute(select(order.id, order.accession_number).where(order.id.in_(ids)))
    return dict(rows.all())


def count(session: Session, state: InboxState) -> int:
    """Count the messages in this state, of which there are few."""
    return session.scalar(select(func.count()).where(InboundMessage.state == state)) or 0


def outbox(
    session: Session,
    wanted: OutboxFilter,
    sorting: Sorting,
    *,
    after: str,
    rows: int | None = None,
) -> Page[OutboxLine]:
    """Return a page of the messages that go out.

    Raises:
        DomainError: there is no such page.
    """
    page = sorted_page(session, outbound.outbox(wanted), sorting, after=after, rows=rows)
    return Page([OutboxLine.of(one) for one in page.rows], page.after)


def find(session: Session, text: str) -> MessageFilter | None:
    """Return what a number means: a patient's, an order's or a message's; None where no one's."""
    patient_id = session.scalar(
        select(PatientIdentifier.patient_id).where(PatientIdentifier.value == text).limit(1)
    )
    if patient_id is not None:
        return MessageFilter(patient_id=patient_id)
    order = ImagingServiceRequest
    of_placer = select(order.id).where(order.placer_order_number == text).limit(_MOST_FOUND)
    order_id = session.scalar(
        select(order.id).where(
            or_(
                order.accession_number == text.upper(),
                order.filler_order_number == text.upper(),
                order.id.in_(of_placer),
            )
        )
    )
    if order_id is not None:
        return MessageFilter(order_id=order_id)
    known = select(InboundMessage.id).where(InboundMessage.control_id == text).limit(1)
    return MessageFilter(control_id=text) if session.scalar(known) else None
