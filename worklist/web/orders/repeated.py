"""Tell a form that is sent twice: the answer to the first may have been lost on its way."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.procedures import Procedure
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.web.orders.draft import Draft

_RECENTLY = timedelta(minutes=10)


def made_already(
    session: Session,
    patient: Patient,
    draft: Draft,
    places: Sequence[tuple[int, int, datetime]],
    *,
    now: datetime,
) -> int | None:
    """Return the first exam where the very same was ordered a moment ago, None where it was not.

    The same are: patient, exams, reason, and the room and time of each; a cancelled one is another
    matter.
    """
    exam, order = ScheduledProcedureStep, ImagingServiceRequest
    rows = session.execute(
        select(exam.id, Procedure.code, exam.room_id, exam.starts_at)
        .join(RequestedProcedure, RequestedProcedure.id == exam.requested_procedure_id)
        .join(Procedure, Procedure.id == RequestedProcedure.procedure_id)
        .join(order, order.id == RequestedProcedure.order_id)
        .where(
            exam.patient_id == patient.id,
            exam.status != StepStatus.CANCELED,
            order.created_at > now - _RECENTLY,
            order.placer_order_number.is_(None),
            order.reason == draft.reason,
        )
        .order_by(exam.id)
    ).all()
    chosen = {index: (room_id, starts_at) for index, room_id, starts_at in places}
    found = [
        next(
            (id_ for id_, its_code, *slot in rows if its_code == code and _fits(slot, wanted)), None
        )
        for code, wanted in (
            (code, chosen.get(index)) for index, code in enumerate(draft.procedure_codes)
        )
    ]
    return None if None in found else found[0]


def _fits(slot: Sequence[object], wanted: tuple[int, datetime] | None) -> bool:
    """Return whether the slot is the one wanted; where none was chosen any will do."""
    return wanted is None or tuple(slot) == wanted
