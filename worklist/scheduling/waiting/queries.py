"""The statements of the waiting list and its offers, to be read page by page."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.waiting.models import OfferStatus, SlotOffer, WaitingEntry


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


def open_offers(*, now: datetime) -> Select[SlotOffer]:
    """Return the statement of the offers to call about, with exam, patient and room."""
    return (
        select(SlotOffer)
        .where(SlotOffer.status == OfferStatus.OPEN, SlotOffer.expires_at > now)
        .options(
            joinedload(SlotOffer.room),
            joinedload(SlotOffer.exam).options(
                joinedload(ScheduledProcedureStep.patient),
                joinedload(ScheduledProcedureStep.room),
            ),
        )
    )
