"""Reads of the waiting list for its page."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.waiting.models import OfferStatus, SlotOffer, WaitingEntry

_ON_A_PAGE = 200


def waiting_list() -> Select[WaitingEntry]:
    """Return the statement of who waits, with exam, patient and room."""
    return (
        select(WaitingEntry)
        .join(ScheduledProcedureStep)
        .where(
            WaitingEntry.ended_at.is_(None),
            ScheduledProcedureStep.status.in_([StepStatus.SCHEDULED, StepStatus.UNSCHEDULED]),
        )
        .options(
            joinedload(WaitingEntry.exam).options(
                joinedload(ScheduledProcedureStep.patient),
                joinedload(ScheduledProcedureStep.room),
                joinedload(ScheduledProcedureStep.requested_procedure).joinedload(
                    RequestedProcedure.order
                ),
            )
        )
    )


def open_offers(session: Session, *, now: datetime) -> Sequence[SlotOffer]:
    """Return the offers to call about, those that expire first first."""
    return session.scalars(
        select(SlotOffer)
        .where(SlotOffer.status == OfferStatus.OPEN, SlotOffer.expires_at > now)
        .options(
            joinedload(SlotOffer.room),
            joinedload(SlotOffer.exam).options(
                joinedload(ScheduledProcedureStep.patient),
                joinedload(ScheduledProcedureStep.room),
            ),
        )
        .order_by(SlotOffer.expires_at, SlotOffer.id)
        .limit(_ON_A_PAGE)
    ).all()
