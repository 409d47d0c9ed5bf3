"""Write down that an order changed: once for people, and once for each exam that it concerns."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.orders import trail
from worklist.orders.models import ImagingServiceRequest, ScheduledProcedureStep
from worklist.orders.slots import slot_detail
from worklist.orders.status import FINAL


def record_change(
    session: Session,
    order: ImagingServiceRequest,
    changed: Collection[str],
    *,
    actor: str,
    now: datetime,
    only: Collection[ScheduledProcedureStep] | None = None,
) -> None:
    """Record ``order.changed``, and ``exam.changed`` for each exam that is not over.

    Args:
        session: In a transaction.
        order: The order.
        changed: The names of what changed.
        actor: Who changed it.
        now: When.
        only: The steps that it concerns; None is all of the order's.

    ``first`` marks the first changed exam of a requested procedure: what is told of procedures is
    told by that one alone.
    """
    audit.record(
        session,
        "order.changed",
        actor=actor,
        now=now,
        patient_id=order.patient_id,
        order_id=order.id,
        changed=list(changed),
    )
    for requested in order.requested_procedures:
        concerned = [
            step
            for step in requested.steps
            if step.status not in FINAL and (only is None or step in only)
        ]
        for number, step in enumerate(concerned):
            trail.record(
                session,
                step,
                "exam.changed",
                actor=actor,
                now=now,
                changed=list(changed),
                first=number == 0,
                **slot_detail(step),
            )
