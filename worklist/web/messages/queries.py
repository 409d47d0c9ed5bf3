"""Reads of the message browser."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session, defer, selectinload

from worklist.errors import NotFoundError
from worklist.hl7.models import InboundMessage, InboxState
from worklist.orders.models import ImagingServiceRequest, RequestedProcedure
from worklist.patients.models import Patient, PatientIdentifier
from worklist.web.paging import Page, paginate

_MOST_FOUND = 50


class Tab(StrEnum):
    """A part of the inbox."""

    FAILED = "failed"
    WAITING = "waiting"
    ALL = "all"


_STATES = {Tab.FAILED: InboxState.FAILED, Tab.WAITING: InboxState.RECEIVED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the list is narrowed to; patients and orders by our own ids, never by name."""

    control_id: str = ""
    message_type: str = ""
    patient_id: int | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class About:
    """Whom and what a message was about, as far as that is known."""

    patient: Patient | None
    order: ImagingServiceRequest | None
    corrections: Sequence[int]


def messages(session: Session, tab: Tab, wanted: Wanted, *, after: str) -> Page[InboundMessage]:
    """Return a page of received messages, newest first, without their bytes."""
    statement = select(InboundMessage).options(
        defer(InboundMessage.raw), defer(InboundMessage.acknowledgement)
    )
    if tab in _STATES:
        statement = statement.where(InboundMessage.state == _STATES[tab])
    statement = statement.where(*_conditions(session, wanted))
    return paginate(session, statement, (InboundMessage.id,), after=after, descending=True)


def accessions(session: Session, received: Sequence[InboundMessage]) -> dict[int, str]:
    """Return the accession numbers of the orders that the messages were about, by order."""
    ids = {one.order_id for one in received if one.order_id is not None}
    order = ImagingServiceRequest
    rows = session.execute(select(order.id, order.accession_number).where(order.id.in_(ids)))
    return dict(rows.all())


def counts(session: Session) -> dict[Tab, int]:
    """Count what has failed and what waits."""
    return {
        tab: session.scalar(select(func.count()).where(InboundMessage.state == state)) or 0
        for tab, state in _STATES.items()
    }


def message(session: Session, message_id: int) -> InboundMessage:
    """Return a received message.

    Raises:
        NotFoundError: there is none.
    """
    found = session.get(InboundMessage, message_id)
    if found is None:
        raise NotFoundError(f"There is no message {message_id}.")
    return found


def about(session: Session, received: InboundMessage) -> About:
    """Return the message's patient, its order with exams, and the messages that correct it."""
    order = received.order_id and session.scalar(
        select(ImagingServiceRequest)
        .where(ImagingServiceRequest.id == received.order_id)
        .options(
            selectinload(ImagingServiceRequest.requested_procedures).selectinload(
                RequestedProcedure.steps
            )
        )
    )
    patient = received.patient_id and session.get(Patient, received.patient_id)
    corrections = session.scalars(
        select(InboundMessage.id).where(InboundMessage.corrects_id == received.id)
    ).all()
    return About(patient or None, order or None, corrections)


def find(session: Session, text: str) -> Wanted | None:
    """Return what a number means: a patient's, an order's or a message's; None where no one's."""
    patient_id = session.scalar(
        select(PatientIdentifier.patient_id).where(PatientIdentifier.value == text).limit(1)
    )
    if patient_id is not None:
        return Wanted(patient_id=patient_id)
    order_id = session.scalar(
        select(ImagingServiceRequest.id).where(
            or_(
                ImagingServiceRequest.accession_number == text.upper(),
                ImagingServiceRequest.filler_order_number == text.upper(),
                ImagingServiceRequest.id.in_(
                    select(ImagingServiceRequest.id)
                    .where(ImagingServiceRequest.placer_order_number == text)
                    .limit(_MOST_FOUND)
                ),
            )
        )
    )
    if order_id is not None:
        return Wanted(order_id=order_id)
    known = select(InboundMessage.id).where(InboundMessage.control_id == text).limit(1)
    return Wanted(control_id=text) if session.scalar(known) else None


def _conditions(session: Session, wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.control_id:
        conditions.append(InboundMessage.control_id == wanted.control_id)
    if wanted.message_type:
        conditions.append(InboundMessage.message_type == wanted.message_type)
    if wanted.patient_id is not None:
        conditions.append(_of_patient(session, wanted.patient_id))
    if wanted.order_id is not None:
        conditions.append(InboundMessage.order_id == wanted.order_id)
    return conditions


def _of_patient(session: Session, patient_id: int) -> ColumnElement[bool]:
    """A message that failed knows no patient row, only the numbers that it named."""
    lanes = [
        f"patient:{issuer}|{value}"
        for issuer, value in session.execute(
            select(PatientIdentifier.issuer, PatientIdentifier.value).where(
                PatientIdentifier.patient_id == patient_id
            )
        )
    ]
    named = and_(InboundMessage.state == InboxState.FAILED, InboundMessage.lanes.overlap(lanes))
    return or_(InboundMessage.patient_id == patient_id, named)
