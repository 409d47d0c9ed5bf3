"""Orders coming, changing and going, and what that does to their exams' slots."""

from datetime import datetime

from sqlalchemy.orm import Session

from worklist import nudge
from worklist.language.text import _
from worklist.orders import service as orders
from worklist.orders.details import OrderDetails
from worklist.orders.models import ImagingServiceRequest
from worklist.orders.status import UNPLACED, StepStatus
from worklist.patients.models import Patient
from worklist.scheduling import booking
from worklist.scheduling import service as scheduling


def make_order(
    session: Session, patient: Patient, details: OrderDetails, *, actor: str, now: datetime
) -> ImagingServiceRequest:
    """Make an order that nobody has placed before and have it placed.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        NumberTakenError: one of its numbers is another order's already.
    """
    order = orders.create_order(session, patient, details, actor=actor, now=now)
    for exam in order.exams:
        nudge.task(session, scheduling.PLACE_TASK, exam.id)
    return order


def change_order(
    session: Session,
    order: ImagingServiceRequest,
    details: OrderDetails,
    *,
    actor: str,
    now: datetime,
) -> None:
    """Bring the order up to date; what its slot depends on makes its exams be placed anew.

    Raises:
        UnknownProcedureError: the catalogue has no such procedure.
        OrderStateError: the procedure is to change although the exam has started.
    """
    changed = orders.update_order(session, order, details, actor=actor, now=now)
    moves = {"procedure", "wanted_at", "priority"} & set(changed)
    for exam in order.exams:
        if moves and exam.status is StepStatus.SCHEDULED:
            reason = _("The order changed: %(moves)s.", moves=", ".join(sorted(moves)))
            booking.unschedule(session, exam, actor=actor, now=now, reason=reason)
        if exam.status in UNPLACED:
            nudge.task(session, scheduling.PLACE_TASK, exam.id)


def cancel_order(
    session: Session,
    order: ImagingServiceRequest,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> None:
    """Cancel every exam of the order that is not cancelled already.

    Raises:
        OrderStateError: an exam has started or is finished; nothing is cancelled.
    """
    for exam in order.exams:
        if exam.status is not StepStatus.CANCELED:
            scheduling.cancel_exam(session, exam, actor=actor, now=now, reason=reason)
