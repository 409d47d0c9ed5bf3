"""The statements of the waiting list and its offers, to be read page by page."""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, select
from sqlalchemy.orm import contains_eager, joinedload

from worklist.orders.models import RequestedProcedure, ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling.waiting.models import OfferStatus, SlotOffer, WaitingEntry

Row = TypeVar("Row")

_LOADED = (
    contains_eager(ScheduledProcedureStep.patient),
    contains_eager(ScheduledProcedureStep.requested_procedure).contains_eager(
        RequestedProcedure.order
    ),
    joinedload(ScheduledProcedureStep.room),
)


def waiting_list() -> Select[WaitingEntry]:
    """Return the statement of who waits, joined with exam, order and patient, and the room."""
    exam = ScheduledProcedureStep
    return (
        _of_exam(select(WaitingEntry).join(WaitingEntry.exam))
        .where(
            WaitingEntry.ended_at.is_(None),
            exam.status.in_([StepStatus.SCHEDULED, StepStatus.UNSCHEDULED]),
        )
        .options(contains_eager(WaitingEntry.exam).options(*_LOADED))
    )


def open_offers(*, now: datetime) -> Select[SlotOffer]:
    """Return the statement of the offers to call about, joined in the same way, and the rooms."""
    return (
        _of_exam(select(SlotOffer).join(SlotOffer.exam))
        .where(SlotOffer.status == OfferStatus.OPEN, SlotOffer.expires_at > now)
        .options(joinedload(SlotOffer.room), contains_eager(SlotOffer.exam).options(*_LOADED))
    )


def _of_exam(statement: Select[Row]) -> Select[Row]:
    exam = ScheduledProcedureStep
    return (
        statement.join(exam.requested_procedure).join(RequestedProcedure.order).join(exam.patient)
    )
