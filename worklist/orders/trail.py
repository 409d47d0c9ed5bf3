"""Events about exams in the audit trail."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worklist.audit import service as audit
from worklist.orders.models import ScheduledProcedureStep


def record(
    session: Session,
    exam: ScheduledProcedureStep,
    action: str,
    *,
    actor: str,
    now: datetime,
    **detail: Any,  # noqa: ANN401 - whatever JSON can hold
) -> None:
    """Add one event that names the exam, its order and its patient; see `audit.service.record`."""
    audit.record(
        session,
        action,
        actor=actor,
        now=now,
        patient_id=exam.patient_id,
        order_id=exam.requested_procedure.order_id,
        exam_id=exam.id,
        **detail,
    )
