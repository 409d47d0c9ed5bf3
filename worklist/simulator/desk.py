"""What the desk of the demonstration does: for a STAT exam that would be late it moves others."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from worklist.orders import service as orders
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.scheduling import placement
from worklist.scheduling import service as scheduling
from worklist.scheduling.displacement import whom_to_move
from worklist.scheduling.policies import queries as policies
from worklist.vocabulary import Priority

WORKER, DESK = "system:worker", "user:desk"


def place(session: Session, exam_id: int, *, now: datetime) -> Sequence[ScheduledProcedureStep]:
    """Place an exam as workers do, and anew whoever had to move for it; gives all of them."""
    placement.place(session, exam_id, actor=WORKER, now=now)
    exam = orders.get_exam(session, exam_id)
    moved = _make_room(session, exam, now)
    for one in moved:
        placement.place(session, one, actor=WORKER, now=now)
    return [exam, *(orders.get_exam(session, one) for one in moved)]


def _make_room(session: Session, exam: ScheduledProcedureStep, now: datetime) -> Sequence[int]:
    """Take the way of the least harm for a STAT exam beyond its target; gives whom it moves."""
    if exam.order.priority is not Priority.STAT or exam.status is not StepStatus.SCHEDULED:
        return []
    due = exam.order.ordered_at + policies.in_use(session).target[Priority.STAT]
    if exam.starts_at is None or exam.starts_at <= due:
        return []
    ways = whom_to_move(session, exam, now=now, limit=1)
    if not ways or ways[0].slot.starts_at >= exam.starts_at:
        return []
    moved = [one.id for one in ways[0].exams]
    slot = ways[0].slot
    scheduling.displace(
        session,
        exam.id,
        moved,
        room_id=slot.room_id,
        starts_at=slot.starts_at,
        actor=DESK,
        now=now,
    )
    return moved
