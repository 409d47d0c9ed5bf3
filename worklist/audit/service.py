"""Write the audit trail and tell open pages of what happened."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worklist import nudge
from worklist.audit.announced import ANNOUNCE_TASK, ANNOUNCED
from worklist.audit.models import AnnouncedEvent, AuditEvent


def record(
    session: Session,
    action: str,
    *,
    actor: str,
    now: datetime,
    patient_id: int | None = None,
    order_id: int | None = None,
    exam_id: int | None = None,
    **detail: Any,  # noqa: ANN401 - whatever JSON can hold
) -> AuditEvent:
    """Add one event in the caller's transaction; open pages hear of it after the commit.

    ``action`` is ``<topic>.<past participle>``; its topic and one id are all that a page is told:
    the topic's own where the detail has it (``message_id`` of ``message.failed``), else the
    exam's, the order's or the patient's. What other systems may have to be told of is kept for
    whoever writes their messages.
    """
    event = AuditEvent(
        occurred_at=now,
        actor=actor,
        action=action,
        patient_id=patient_id,
        order_id=order_id,
        exam_id=exam_id,
        detail=detail,
    )
    session.add(event)
    if action in ANNOUNCED:
        session.add(AnnouncedEvent(event=event))
        nudge.task(session, ANNOUNCE_TASK, 0)
    topic = action.partition(".")[0]
    own_id = detail.get(f"{topic}_id")
    nudge.live(session, topic, own_id or exam_id or order_id or patient_id or 0)
    return event
