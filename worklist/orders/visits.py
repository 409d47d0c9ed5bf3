"""Where a patient with open orders is, as the hospital says it: transfers and changes of class."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.orders.changes import record_change
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.orders.status import FINAL
from worklist.vocabulary import PatientClass


def open_orders(
    session: Session, patient_id: int, *, admission_id: str = ""
) -> list[ImagingServiceRequest]:
    """Return the patient's orders with an exam that is not over.

    Of another stay only where both the order and the caller name theirs.
    """
    is_open = (
        select(ScheduledProcedureStep.id)
        .join(RequestedProcedure)
        .where(
            RequestedProcedure.order_id == ImagingServiceRequest.id,
            ScheduledProcedureStep.status.not_in(FINAL),
        )
        .exists()
    )
    found = session.scalars(
        select(ImagingServiceRequest)
        .where(ImagingServiceRequest.patient_id == patient_id, is_open)
        .order_by(ImagingServiceRequest.id)
        .with_for_update()
    )
    return [one for one in found if not admission_id or one.admission_id in {"", admission_id}]


def follow_visit(
    session: Session,
    patient_id: int,
    *,
    admission_id: str,
    location: str | None,
    patient_class: PatientClass | None,
    actor: str,
    now: datetime,
) -> list[ImagingServiceRequest]:
    """Bring the open orders to where the patient is now; returns those that changed."""
    given = {"current_location": location, "patient_class": patient_class}
    values = {name: value for name, value in given.items() if value is not None}
    changed_orders = []
    for order in open_orders(session, patient_id, admission_id=admission_id):
        changed = [name for name, value in values.items() if getattr(order, name) != value]
        if not changed:
            continue
        for name in changed:
            setattr(order, name, values[name])
        record_change(session, order, changed, actor=actor, now=now)
        changed_orders.append(order)
    session.flush()
    return changed_orders
