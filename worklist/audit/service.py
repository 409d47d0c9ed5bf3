"""Write the audit trail and tell open pages of what happened."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, bindparam, text
from sqlalchemy.orm import Session

from worklist import nudge
from worklist.audit.announced import ANNOUNCE_TASK, ANNOUNCED
from worklist.audit.models import AnnouncedEvent, AuditEvent

_TOGETHER = "audit.together"

_WRITE = text("""
WITH written AS (
    INSERT INTO audit_events (occurred_at, actor, action, patient_id, order_id, exam_id, detail)
    SELECT occurred_at, actor, action, patient_id, order_id, exam_id, detail::jsonb
    FROM unnest(:occurred_at, :actor, :action, :patient_id, :order_id, :exam_id, :detail)
        AS recorded (occurred_at, actor, action, patient_id, order_id, exam_id, detail)
    RETURNING id, action
)
INSERT INTO announced_events (event_id) SELECT id FROM written WHERE action = ANY(:announced)
""").bindparams(
    bindparam("occurred_at", type_=ARRAY(DateTime(timezone=True))),
    bindparam("actor", type_=ARRAY(Text)),
    bindparam("action", type_=ARRAY(Text)),
    bindparam("patient_id", type_=ARRAY(BigInteger)),
    bindparam("order_id", type_=ARRAY(BigInteger)),
    bindparam("exam_id", type_=ARRAY(BigInteger)),
    bindparam("detail", type_=ARRAY(Text)),
    bindparam("announced", sorted(ANNOUNCED), type_=ARRAY(Text)),
)


@contextmanager
def together(session: Session) -> Iterator[None]:
    """Write all events that are recorded meanwhile at the end, with one statement.

    For what is done many times a second: nobody can read them before. After an exception none is
    written; the caller rolls back what they tell of.
    """
    recorded: list[dict[str, Any]] = []
    session.info[_TOGETHER] = recorded
    try:
        yield
    finally:
        del session.info[_TOGETHER]
    if recorded:
        values = {name: [one[name] for one in recorded] for name in recorded[0]}
        values["detail"] = [json.dumps(one) for one in values["detail"]]
        session.execute(_WRITE, values)


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
) -> None:
    """Add one event in the caller's transaction; open pages hear of it after the commit.

    ``action`` is ``<topic>.<past participle>``; its topic and one id are all that a page is told:
    the topic's own where the detail has it (``message_id`` of ``message.failed``), else the
    exam's, the order's or the patient's. What other systems may have to be told of is kept for
    whoever writes their messages.
    """
    values = {
        "occurred_at": now,
        "actor": actor,
        "action": action,
        "patient_id": patient_id,
        "order_id": order_id,
        "exam_id": exam_id,
        "detail": detail,
    }
    is_announced = action in ANNOUNCED
    if _TOGETHER in session.info:
        session.info[_TOGETHER].append(values)
    else:
        event = AuditEvent(**values)
        session.add(event)
        if is_announced:
            session.add(AnnouncedEvent(event=event))
    if is_announced:
        nudge.task(session, ANNOUNCE_TASK, 0)
    topic = action.partition(".")[0]
    own_id = detail.get(f"{topic}_id")
    nudge.live(session, topic, own_id or exam_id or order_id or patient_id or 0)
